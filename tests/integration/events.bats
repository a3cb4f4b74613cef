#!/usr/bin/env bats
# events: rows EVT, EJS, BAT-59, BAT-60. Numbers are compared with the group's files.

load lib
load cgroup

test_setup() { needs_limits; new_bundle sleep 100; }

dir_of() { # CONTROLLER: the container's group
	jq -r --arg c "$1" '.cgroup_paths | to_entries | map(select(.key == "" or (.key | split(",") | index($c))))[0].value' "$ROOT/$ID/state.json"
}
running() { create && ocirun start "$ID"; }
needs_v1() { if v2; then skip "cgroup v1 only"; fi; [ -e "/sys/fs/cgroup/$1/cgroup.procs" ] || skip "no $1 controller in cgroup v1 here"; }

@test "EVT-01 EVT-02 BAT-59 --stats: one line, and its beginning" {
	running
	run_ok ocirun events --stats "$ID"
	[ "${#lines[@]}" = 1 ]
	[[ $output == "{\"type\":\"stats\",\"id\":\"$ID\",\"data\":{\"cpu\":{\"usage\":{"* ]]
}

@test "EJS-01 EJS-12 EJS-29 EJS-36 EVT-08 keys that are always there, in runc's order" {
	running
	ocirun events --stats "$ID" >"$DIR/e"
	[ "$(jq -c '.data | keys_unsorted' "$DIR/e")" = '["cpu","cpuset","memory","pids","blkio","hugetlb","intel_rdt","network_interfaces"]' ]
	[ "$(jq -c '.data.memory | keys_unsorted - ["cache","raw","psi"]' "$DIR/e")" = '["usage","swap","kernel","kernelTCP"]' ]
	jq -e '.data.cpu.usage | has("kernel") and has("user")' "$DIR/e"
	jq -e '.data.cpuset | has("cpu_exclusive") and has("sched_relax_domain_level")' "$DIR/e"
	jq -e '.data.memory.usage | has("limit") and has("failcnt")' "$DIR/e"
	jq -e '(.data.intel_rdt | type) == "object"' "$DIR/e"
	jq -e '.data.network_interfaces == null and (.data.hugetlb | type) == "object"' "$DIR/e"
}

# The sum over the container's life, after a load of each kind; then frozen, so that numbers stand still.
busy_and_paused() {
	set_args sh -c 'dd if=/dev/urandom of=/f bs=64k count=32 conv=fsync 2>/dev/null; i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done
		sleep 100 & echo ready; wait'
	config '.root.readonly = false'
	running
	wait_for grep -q ready "$DIR/out"
	ocirun pause "$ID"
	ocirun events --stats "$ID" >"$DIR/e"
}
# A frozen group's memory may still sink: the kernel gives back charges that it kept for each processor. So the files
# are copied before and after the reading, until both copies are the same. The copies are in $DIR/m.
memory_and_stats() {
	local from name i
	from=$(dir_of memory)
	copy_memory() {
		rm -rf "${1:?}" && mkdir "$1"
		for name in "$from"/memory.*; do cat "$name" >"$1/${name##*/}" 2>/dev/null || rm "$1/${name##*/}"; done
	}
	for ((i = 0; i < 50; i++)); do
		copy_memory "$DIR/m"
		ocirun events --stats "$ID" >"$DIR/e"
		copy_memory "$DIR/m2"
		if diff -r -x memory.pressure "$DIR/m" "$DIR/m2" >"$DIR/moved"; then return; fi
	done
	echo "the memory of a frozen group does not stand still" >&2 && cat "$DIR/moved" >&2
	return 1
}
stat_of() { jq -r "$1" "$DIR/e"; }
# The same number in both, and not the 0 of a key that nobody filled in.
same() { # JQ-PATH NUMBER
	[ "$(stat_of "$1")" = "$2" ] || { echo "$1 is $(stat_of "$1") and not $2" >&2; return 1; }
}

@test "EJS-01 EJS-02 EJS-03 EJS-04 EJS-05 EJS-06 EJS-11 v1: processors, of a busy container, as the files have them" {
	needs_v1 cpuacct
	busy_and_paused
	local cpu all
	cpu=$(dir_of cpuacct)
	all=$(tail -n +2 "$cpu/cpuacct.usage_all")
	same .data.cpu.usage.total "$(cat "$cpu/cpuacct.usage")"
	same '.data.cpu.usage.percpu | map(tostring) | join(" ")' "$(sed 's/ *$//' "$cpu/cpuacct.usage_percpu")"
	same '.data.cpu.usage.percpu_user | map(tostring) | join(" ")' "$(awk '{print $2}' <<<"$all" | paste -sd' ')"
	same '.data.cpu.usage.percpu_kernel | map(tostring) | join(" ")' "$(awk '{print $3}' <<<"$all" | paste -sd' ')"
	same .data.cpu.usage.user "$(awk '$1 == "user" {print $2 * 10000000}' "$cpu/cpuacct.stat")"
	same .data.cpu.usage.kernel "$(awk '$1 == "system" {print $2 * 10000000}' "$cpu/cpuacct.stat")"
	[ "$(stat_of .data.cpu.usage.total)" -gt 1000000 ]
	same '.data.cpuset.cpus | length' "$(awk -F, '{n = 0; for (i = 1; i <= NF; i++) {split($i, r, "-"); n += (r[2] == "" ? r[1] : r[2]) - r[1] + 1} print n}' "$(dir_of cpuset)/cpuset.cpus")"
	same '.data.cpuset.mems[0]' "$(cut -c1 "$(dir_of cpuset)/cpuset.mems")"
	ocirun resume "$ID"
}

@test "EJS-14 EJS-15 EJS-16 EJS-17 EJS-19 v1: memory and processes of a busy container" {
	needs_v1 memory
	config '.linux.resources.memory.limit = 67108864 | .linux.resources.pids.limit = 31'
	busy_and_paused
	local memory row key
	memory_and_stats
	memory=$DIR/m
	while read -r key row; do
		[ -e "$memory/$row.limit_in_bytes" ] || continue # this kernel does not count it
		same ".data.memory.$key.limit" "$(jq . "$memory/$row.limit_in_bytes")" # jq rounds both: "none" has 63 bits
		same ".data.memory.$key.usage // 0" "$(cat "$memory/$row.usage_in_bytes")"
		same ".data.memory.$key.max // 0" "$(cat "$memory/$row.max_usage_in_bytes")"
		same ".data.memory.$key.failcnt" "$(cat "$memory/$row.failcnt")"
	done <<-'E'
		usage memory
		swap memory.memsw
		kernel memory.kmem
		kernelTCP memory.kmem.tcp
	E
	same .data.memory.usage.limit 67108864
	[ "$(stat_of .data.memory.usage.usage)" -gt 65536 ]
	same '.data.memory.raw | keys[]' "$(cut -d' ' -f1 "$memory/memory.stat" | LC_ALL=C sort)"
	same .data.memory.raw.hierarchical_memory_limit 67108864
	same '.data.memory.cache // 0' "$(awk '$1 == "cache" {print $2}' "$memory/memory.stat")"
	same '.data.pids | tojson' '{"current":2,"limit":31}'
	ocirun resume "$ID"
}

@test "EJS-20 EJS-21 blkio: bytes and operations of a busy container, as the kernel's file has them" {
	local blkio files file
	if v2; then
		needs_controller io
		busy_and_paused
		blkio=$(dir_of io)
		same '[.data.blkio.ioServiceBytesRecursive[]? | select(.op == "Write") | .value // 0] | add // 0' \
			"$(tr ' ' '\n' <"$blkio/io.stat" | awk -F= '$1 == "wbytes" {n += $2} END {print n + 0}')"
		same '[.data.blkio.ioServicedRecursive[]? | select(.op == "Read") | .value // 0] | add // 0' \
			"$(tr ' ' '\n' <"$blkio/io.stat" | awk -F= '$1 == "rios" {n += $2} END {print n + 0}')"
	else
		needs_v1 blkio
		busy_and_paused
		blkio=$(dir_of blkio)
		for file in "ioServiceBytesRecursive io_service_bytes" "ioServicedRecursive io_serviced"; do
			files=("$blkio/blkio.bfq.${file#* }_recursive" "$blkio/blkio.throttle.${file#* }_recursive")
			grep -hE '^[0-9]+:[0-9]+ ' "${files[0]}" 2>/dev/null >"$DIR/lines" || grep -hE '^[0-9]+:[0-9]+ ' "${files[1]}" >"$DIR/lines" || true
			same ".data.blkio.${file% *}[]? | \"\(.major // 0):\(.minor // 0) \(.op) \(.value // 0)\"" "$(cat "$DIR/lines")"
		done
	fi
	ocirun resume "$ID"
}

@test "EJS-28 v2: blkio.psi is the group's io.pressure, total by total" {
	v2 || skip "cgroup v2 only"
	local file kind
	busy_and_paused
	file=$(dir_of io)/io.pressure
	cat "$file" >"$DIR/pressure" 2>/dev/null || skip "this kernel keeps no pressure"
	same '.data.blkio.psi | keys_unsorted | tojson' '["some","full"]'
	for kind in some full; do
		same ".data.blkio.psi.$kind | keys_unsorted | tojson" '["avg10","avg60","avg300","total"]'
		same ".data.blkio.psi.$kind.total" "$(sed -n "s/^$kind .*total=//p" "$DIR/pressure")"
	done
	ocirun resume "$ID"
}

@test "EJS-07 EJS-08 EJS-09 throttling of a container that wants more than its quota" {
	needs_controller cpu
	config '.linux.resources.cpu = {quota: 20000, period: 100000}'
	running
	ocirun exec -d --pid-file "$DIR/pid" "$ID" sh -c 'while :; do :; done' </dev/null >/dev/null 2>&1
	throttled() { [ "$(awk '$1 == "nr_throttled" {print $2}' "$(dir_of cpu)/cpu.stat")" -ge 2 ]; }
	wait_for throttled
	kill -KILL "$(cat "$DIR/pid")"
	local stat
	stat=$(dir_of cpu)/cpu.stat
	# the period that was begun ends later
	unchanged() {
		local before
		before=$(cat "$stat")
		ocirun events --stats "$ID" >"$DIR/e"
		sleep 0.12
		[ "$(cat "$stat")" = "$before" ]
	}
	wait_for unchanged
	same .data.cpu.throttling.periods "$(awk '$1 == "nr_periods" {print $2}' "$stat")"
	same .data.cpu.throttling.throttledPeriods "$(awk '$1 == "nr_throttled" {print $2}' "$stat")"
	same .data.cpu.throttling.throttledTime "$(awk '$1 == "throttled_time" {print $2} $1 == "throttled_usec" {print $2 "000"}' "$stat")"
}

@test "EJS-01 EJS-02 EJS-03 EJS-10 BAT-60 v2: processors of a busy container" {
	v2 || skip "cgroup v2 only"
	busy_and_paused
	# every group has cpu.stat, with or without the controller
	local stat
	stat=$(dir_of cpu)/cpu.stat
	same .data.cpu.usage.total "$(awk '$1 == "usage_usec" {print $2 * 1000}' "$stat")"
	same .data.cpu.usage.user "$(awk '$1 == "user_usec" {print $2 * 1000}' "$stat")"
	same .data.cpu.usage.kernel "$(awk '$1 == "system_usec" {print $2 * 1000}' "$stat")"
	if [ -e "$(dir_of cpu)/cpu.pressure" ]; then
		same '.data.cpu.psi.some | keys_unsorted | tojson' '["avg10","avg60","avg300","total"]'
		jq -e '.data.cpu.psi.full.total | type == "number"' "$DIR/e"
	fi
	ocirun resume "$ID"
}

@test "EJS-14 EJS-15 EJS-17 EJS-18 EJS-19 v2: memory and processes of a busy container" {
	v2 || skip "cgroup v2 only"
	needs_controller memory
	config '.linux.resources.memory = {limit: 67108864, swap: 100663296} | .linux.resources.pids.limit = 31'
	busy_and_paused
	local memory
	memory_and_stats
	memory=$DIR/m
	same .data.memory.usage.limit 67108864
	same .data.memory.usage.usage "$(cat "$memory/memory.current")"
	[ ! -e "$memory/memory.peak" ] || same .data.memory.usage.max "$(cat "$memory/memory.peak")"
	if [ -e "$memory/memory.swap.max" ]; then
		same .data.memory.swap.limit 100663296
		same .data.memory.swap.usage $(($(cat "$memory/memory.current") + $(cat "$memory/memory.swap.current")))
	fi
	same '.data.memory.raw | keys[]' "$(cut -d' ' -f1 "$memory/memory.stat" | LC_ALL=C sort)"
	same '.data.memory.cache // 0' "$(awk '$1 == "file" {print $2}' "$memory/memory.stat")"
	[ ! -s "$memory/memory.pressure" ] || same .data.memory.psi.some.total "$(sed -n 's/some.*total=//p' "$memory/memory.pressure")"
	same '.data.pids | tojson' '{"current":2,"limit":31}'
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
	needs_controller memory
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
