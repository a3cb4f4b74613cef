#!/usr/bin/env bats
# exec: groups, labels, the seccomp agent, out of memory, and many at once.
# shellcheck disable=SC2016 # $ of the container's shell

load lib
load cgroup

test_setup() { needs_root; new_bundle sleep 100; }
test_teardown() { [ -z "${AGENT-}" ] || kill "$AGENT" 2>/dev/null || :; }

start() {
	create
	ocirun start "$ID"
}
refused() {
	run ocirun exec "$@"
	[ "$status" = 255 ] || { printf 'status %s of exec %s: %s\n' "$status" "$*" "$output" >&2; return 1; }
	[ "${#lines[@]}" = 1 ] || { printf 'not one line: %s\n' "$output" >&2; return 1; }
}

@test "EXE-10 --additional-gids: added to the container's, in order; what is no number is refused" {
	config '.process.user.additionalGids = [50, 60]'
	start
	run_ok ocirun exec "$ID" grep Groups /proc/self/status
	[[ $output =~ ^Groups:[[:space:]]50\ 60 ]]
	run_ok ocirun exec -g 70 --additional-gids 4294967294 --additional-gids=8 "$ID" grep Groups /proc/self/status
	[[ $output =~ ^Groups:[[:space:]]8\ 50\ 60\ 70\ 4294967294 ]]
	local bad
	for bad in -1 "" x 1x 4294967295 4294967296 " 1" 1,2; do
		refused "--additional-gids=$bad" "$ID" true
		has "bad gid"
	done
}

@test "EXE-13 --process-label: the label of the process, or an error where SELinux is off" {
	start
	if [ -d /sys/fs/selinux/booleans ]; then
		run_ok ocirun exec --process-label "$(tr -d '\0' </proc/self/attr/current)" "$ID" cat /proc/self/attr/current
		[ "$(tr -d '\0' <<<"$output")" = "$(tr -d '\0' </proc/self/attr/current)" ]
	else
		refused --process-label system_u:system_r:container_t:s0 "$ID" true
		has "/process/selinuxLabel: selinux is not enabled on this host"
	fi
}

@test "EXE-14 --apparmor: the profile of the process, or an error where AppArmor is off" {
	start
	if grep -q Y /sys/module/apparmor/parameters/enabled 2>/dev/null; then
		refused --apparmor no-such-profile "$ID" true
		has no-such-profile
		command -v apparmor_parser >/dev/null || skip "no apparmor_parser to load a profile"
		printf 'profile ocirun-%s flags=(attach_disconnected,mediate_deleted) { file, capability, network, signal, ptrace, unix, mount, umount, }\n' "$ID" >"$DIR/profile"
		apparmor_parser -r "$DIR/profile"
		run ocirun exec --apparmor "ocirun-$ID" "$ID" cat /proc/self/attr/current
		apparmor_parser -R "$DIR/profile"
		[ "$output" = "ocirun-$ID (enforce)" ]
	else
		refused --apparmor some-profile "$ID" true
		has "/process/apparmorProfile: apparmor is not enabled on this host"
	fi
}

agent() { # HOW
	helper agent "$DIR/agent"
	rm -f "$DIR/sock" "$DIR/message"
	timeout 60 "$DIR/agent" "$DIR/sock" "$DIR/message" "$@" >/dev/null 2>&1 3>&- &
	AGENT=$!
	wait_for test -S "$DIR/sock"
}

@test "EXE-30 PRO-40 LNX-06 exec in a container with a seccomp agent: asked again, status running, both pids" {
	config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", listenerPath: \"$DIR/sock\", listenerMetadata: \"m\", syscalls: [{names: [\"mkdir\", \"mkdirat\"], action: \"SCMP_ACT_NOTIFY\"}]}" '.root.readonly = false'
	agent
	start
	kill "$AGENT"
	rm "$DIR/sock"
	refused "$ID" true
	has "failed to connect with seccomp agent"
	agent
	run ocirun exec --pid-file "$DIR/pid" "$ID" mkdir /tmp/x
	[ "$status" = 1 ]
	has "No medium found"
	[ "$(jq -r .state.status "$DIR/message")" = running ]
	[ "$(jq -r .pid "$DIR/message")" = "$(cat "$DIR/pid")" ]
	[ "$(jq -r .state.pid "$DIR/message")" = "$(pid_of)" ]
	[ "$(jq -r '"\(.metadata) \(.fds[0]) \(.state.id)"' "$DIR/message")" = "m seccompFd $ID" ]
}

memory_group() { jq -r '.cgroup_paths | to_entries[] | select(.key | test("memory")) | .value' "$ROOT/$ID/state.json"; }
oom_kills() {
	local dir=$1
	cat "$dir/memory.oom_control" "$dir/memory.events" 2>/dev/null | awk '$1 == "oom_kill" {n += $2} END {print n + 0}'
}

@test "EXE-32 a process that is killed before its program began, in a group where memory ran out: that is said" {
	needs_controller memory
	local dir exec shim
	config '.linux.resources.memory = {limit: 16777216}'
	create
	dir=$(memory_group)
	[ -n "$dir" ] || dir=/sys/fs/cgroup$CGROUP
	[ -e "$dir/memory.oom_control" ] || [ -e "$dir/memory.events" ] || skip "this host has no memory controller here"
	ocirun start "$ID"
	run ocirun exec "$ID" sh -c 'exec dd if=/dev/zero of=/dev/null bs=64M count=1'
	wait_for test "$(oom_kills "$dir")" != 0
	[ "$(status_of)" = running ]
	# held in a frozen group before anything of it has run, and killed there
	freeze "$ID"
	"$OCIRUN" --root "$ROOT" exec --ignore-paused "$ID" true >"$DIR/out" 2>&1 3>&- &
	exec=$!
	wait_for pgrep -P $exec
	shim=$(pgrep -P $exec)
	sleep 0.2
	kill -9 "$shim"
	ocirun resume "$ID"
	local code=0
	wait $exec || code=$?
	[ "$code" = 255 ]
	grep -q "killed by signal 9.*(possibly OOM-killed)" "$DIR/out" || { cat "$DIR/out" >&2; return 1; }
}

@test "EXE-01 EXE-26 200 processes by exec, 20 at a time: no process, descriptor, group or file is left; each has its status" {
	local before i
	start
	snapshot() {
		ls "/proc/$(pid_of)/fd" "$ROOT" "$ROOT/$ID"
		find /sys/fs/cgroup -type d -path "*/$ID*" | sort
		find /sys/fs/cgroup -path "*/$ID*" -name cgroup.procs -exec cat {} + | sort -u
		ls -d "/proc/$(pid_of)/task"/*
	}
	before=$(snapshot)
	seq "${OCIRUN_EXECS:-200}" | xargs -P 20 -I{} sh -c '"$0" --root "$1" exec "$2" sh -c "exit $(({} % 100))"; test $? = $(({} % 100)) || echo "{}"' \
		"$OCIRUN" "$ROOT" "$ID" >"$DIR/wrong" 2>&1
	[ ! -s "$DIR/wrong" ] || { head "$DIR/wrong" >&2; return 1; }
	[ "$(snapshot)" = "$before" ] || { diff <(echo "$before") <(snapshot) >&2; return 1; }
	seq 40 | xargs -P 20 -I{} "$OCIRUN" --root "$ROOT" exec -d "$ID" true </dev/null >/dev/null 2>&1
	for i in {1..50}; do [ "$(snapshot)" != "$before" ] || return 0; sleep 0.1; done
	diff <(echo "$before") <(snapshot) >&2
	return 1
}

@test "EXE-35 exec while the container ends, over and over: its status, or one line that it is not running" {
	local i
	for i in 1 2 3 4 5; do
		start
		for n in 1 2 3 4 5 6; do
			"$OCIRUN" --root "$ROOT" exec "$ID" true >"$DIR/out.$n" 2>&1 3>&- &
		done
		ocirun delete -f "$ID"
		wait
		for n in 1 2 3 4 5 6; do
			[ "$(wc -l <"$DIR/out.$n")" -le 1 ]
			[ ! -s "$DIR/out.$n" ] || grep -qE "not running|does not exist|stopped container" "$DIR/out.$n" || { cat "$DIR/out.$n" >&2; return 1; }
		done
	done
}

@test "EXE-35 an init that is ending, held by a zombie whose parent is outside: not running, once it has ended" {
	start
	# no process of ours reaps while it is stopped
	"$OCIRUN" --root "$ROOT" exec "$ID" sleep 100 3>&- &
	local parent=$!
	for i in {1..50}; do [ -z "$(pgrep -P "$parent" -x sleep)" ] || break; sleep 0.1; done
	kill -STOP "$parent"
	kill -KILL "$(pid_of)"
	{ sleep 0.3; kill -CONT "$parent"; } 3>&- &
	refused "$ID" true
	[[ "$output" == *"container not running"* ]]
	wait "$parent" || [ $? = 137 ]
}
