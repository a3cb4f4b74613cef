#!/usr/bin/env bats
# events: rows EVT, EJS, BAT-59, BAT-60. Numbers are compared with the group's files.

load lib

test_setup() { needs_root; new_bundle sleep 100; }

v2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }
dir_of() { # CONTROLLER: the container's group
	jq -r --arg c "$1" '.cgroup_paths | to_entries | map(select(.key == "" or (.key | split(",") | index($c))))[0].value' "$ROOT/$ID/state.json"
}
running() { create && ocirun start "$ID"; }
needs_v1() { if v2; then skip "cgroup v1 only"; fi; [ -d "/sys/fs/cgroup/$1" ] || skip "no $1 controller in cgroup v1 here"; }

@test "EVT-01 EVT-02 BAT-59 --stats: one line, and its beginning" {
	running
	run_ok ocirun events --stats "$ID"
	[ "${#lines[@]}" = 1 ]
	[[ $output == "{\"type\":\"stats\",\"id\":\"$ID\",\"data\":{\"cpu\":{\"usage\":{"* ]]
}

@test "EJS-01 EJS-12 EJS-29 EJS-36 keys that are always there, in runc's order" {
	running
	ocirun events --stats "$ID" >"$DIR/e"
	[ "$(jq -c '.data | keys_unsorted' "$DIR/e")" = '["cpu","cpuset","memory","pids","blkio","hugetlb","intel_rdt","network_interfaces"]' ]
	[ "$(jq -c '.data.memory | keys_unsorted - ["cache","raw","psi"]' "$DIR/e")" = '["usage","swap","kernel","kernelTCP"]' ]
	jq -e '.data.cpu.usage | has("kernel") and has("user")' "$DIR/e"
	jq -e '.data.cpuset | has("cpu_exclusive") and has("sched_relax_domain_level")' "$DIR/e"
	jq -e '.data.memory.usage | has("limit") and has("failcnt")' "$DIR/e"
	jq -e '.data.network_interfaces == null and (.data.hugetlb | type) == "object"' "$DIR/e"
}

@test "EJS-01..19 numbers of cgroup v1 are those of the files" {
	needs_v1 memory
	config '.linux.resources.memory.limit = 67108864 | .linux.resources.pids.limit = 31'
	running
	ocirun pause "$ID"
	ocirun events --stats "$ID" >"$DIR/e"
	[ "$(jq .data.cpu.usage.total "$DIR/e")" = "$(cat "$(dir_of cpuacct)/cpuacct.usage")" ]
	[ "$(jq -r '.data.cpu.usage.percpu | map(tostring) | join(" ")' "$DIR/e")" = "$(sed 's/ *$//' "$(dir_of cpuacct)/cpuacct.usage_percpu")" ]
	[ "$(jq '.data.cpu.usage.percpu_user | length' "$DIR/e")" = "$(jq '.data.cpu.usage.percpu_kernel | length' "$DIR/e")" ]
	[ "$(jq .data.memory.usage.limit "$DIR/e")" = 67108864 ]
	[ "$(jq .data.memory.usage.max "$DIR/e")" = "$(cat "$(dir_of memory)/memory.max_usage_in_bytes")" ]
	[ "$(jq -r '.data.memory.raw | keys[]' "$DIR/e")" = "$(cut -d' ' -f1 "$(dir_of memory)/memory.stat" | LC_ALL=C sort)" ]
	[ "$(jq -c .data.pids "$DIR/e")" = '{"current":1,"limit":31}' ]
	[ "$(jq '.data.cpuset.cpus | length' "$DIR/e")" -ge 1 ]
	ocirun resume "$ID"
}

@test "EJS-01 EJS-10 BAT-60 numbers of cgroup v2" {
	v2 || skip "cgroup v2 only"
	running
	ocirun pause "$ID"
	ocirun events --stats "$ID" >"$DIR/e"
	# every group has cpu.stat, with or without the controller
	[ "$(jq .data.cpu.usage.total "$DIR/e")" = "$(awk '$1 == "usage_usec" {print $2 * 1000}' "$(dir_of cpu)/cpu.stat")" ]
	if [ -e "$(dir_of cpu)/cpu.pressure" ]; then
		[ "$(jq -c '.data.cpu.psi.some | keys_unsorted' "$DIR/e")" = '["avg10","avg60","avg300","total"]' ]
		jq -e '.data.cpu.psi.full.total | type == "number"' "$DIR/e"
	fi
	ocirun resume "$ID"
}

@test "EVT-03 --interval: Go's durations, and no other" {
	running
	local bad
	for bad in 0 0s -1s 0ms; do
		run_fail ocirun events --interval="$bad" "$ID"
		has "duration interval must be greater than 0"
	done
	for bad in 5 s 1x 1e3s 0x1s ""; do
		run_fail ocirun events --interval="$bad" "$ID"
		has "invalid value \"$bad\" for flag -interval: parse error"
	done
	ocirun events --interval=100ms "$ID" >"$DIR/stream" &
	three() { [ "$(wc -l <"$DIR/stream")" -ge 3 ]; }
	wait_for three
	ocirun kill "$ID" KILL
	wait $!
	jq -e '.type == "stats"' "$DIR/stream" >/dev/null
	for bad in 1m 1m30s 1.5h 500us; do
		run_fail timeout 0.3 "$OCIRUN" --root "$ROOT" events --interval "$bad" "$ID"
		has "container with id $ID is not running"
	done
}

@test "EVT-05 EVT-06 BAT-59 the stream ends by itself; a stopped container has none" {
	running
	ocirun events --interval 1h "$ID" >"$DIR/stream" &
	local events=$! start
	sleep 0.3
	start=$(date +%s%N)
	ocirun delete --force "$ID"
	wait "$events"
	[ $((($(date +%s%N) - start) / 1000000)) -lt 3000 ]
	run_fail ocirun events "$ID"
	has "container does not exist"
	create
	ocirun kill "$ID" KILL
	wait_status stopped
	run_fail ocirun events --stats "$ID"
	has "container with id $ID is not running"
}

@test "EVT-04 BAT-59 an oom event, at once" {
	if v2; then grep -qw memory /sys/fs/cgroup/cgroup.controllers || skip "no memory controller in cgroup v2 here"; fi
	config '.linux.resources.memory.limit = 16777216 | .linux.resources.memory.swap = 16777216'
	set_args sh -c 'sleep 0.5; x=$(tr "\0" x </dev/zero | head -c 60000000); sleep 1'
	create
	ocirun events --interval 1h "$ID" >"$DIR/stream" &
	local events=$!
	sleep 0.2
	ocirun start "$ID"
	wait_for grep -qxF "{\"type\":\"oom\",\"id\":\"$ID\"}" "$DIR/stream"
	ocirun kill --all "$ID" KILL
	wait "$events"
	run grep -c stats "$DIR/stream"
	[ "$output" = 0 ]
}
