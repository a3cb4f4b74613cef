#!/usr/bin/env bats
# exec: rows EXE (terminals aside), BAT-15..21, and the security rows of exec.
# shellcheck disable=SC2005,SC2010,SC2012,SC2016 # names of tasks and ids; $ of the container's shell

load lib

test_setup() { needs_containers; new_bundle sleep 100; }

start() {
	create
	ocirun start "$ID"
}
v2_only() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }

# Refused by ocirun itself: 255 and one line.
refused() {
	run ocirun exec "$@"
	[ "$status" = 255 ] || { printf 'status %s of exec %s: %s\n' "$status" "$*" "$output" >&2; return 1; }
	[ "${#lines[@]}" = 1 ] || { printf 'not one line: %s\n' "$output" >&2; return 1; }
}

process() { # JQ-FILTER...: a process file from the config's process
	local filter all='.process | .args = ["sh", "-c", "id -u; pwd; env"]'
	for filter in "$@"; do all+=" | ($filter)"; done
	jq "$all" "$BUNDLE/config.json" >"$DIR/process.json"
}

@test "EXE-01 GLB-38 the process's exit status, output and input; 128 + signal" {
	start
	run_ok ocirun exec "$ID" cat /proc/self/comm
	[ "$output" = cat ]
	[ "$(echo hello | ocirun exec "$ID" cat)" = hello ]
	local code
	for code in 0 1 42 255; do
		run ocirun exec "$ID" sh -c "exit $code"
		[ "$status" = "$code" ]
	done
	run ocirun exec "$ID" sh -c 'kill -9 $$'
	[ "$status" = 137 ]
	[ "$(status_of)" = running ]
}

@test "EXE-01 flags behind the id belong to the command; -- ends ours" {
	start
	run_ok ocirun exec "$ID" echo -e --cwd
	[ "$output" = "--cwd" ]
	run_ok ocirun exec "$ID" -- echo x
	[ "$output" = x ]
}

@test "EXE-01 the config is create's copy, whatever becomes of the bundle's" {
	start
	config '.process.env = ["PATH=/none"]'
	run_ok ocirun exec "$ID" true
}

@test "EXE-01 in all namespaces of the container" {
	start
	local pid name
	pid=$(pid_of)
	for name in mnt uts ipc net pid cgroup; do
		run_ok ocirun exec "$ID" readlink "/proc/self/ns/$name"
		[ "$output" = "$(readlink "/proc/$pid/ns/$name")" ]
	done
}

@test "EXE-06 EXE-07 EXE-33 cwd, env, HOME" {
	needs_root
	start
	run_ok ocirun exec --cwd /tmp -e A=1 --env B=2 -e A=3 "$ID" sh -c 'pwd; echo $A $B $HOME; env | grep -c ^A='
	[ "${lines[0]}" = /tmp ]
	[ "${lines[1]}" = "3 2 /root" ]
	[ "${lines[2]}" = 1 ]
	run_ok ocirun exec -u 1000 "$ID" sh -c 'echo $HOME'
	[ "$output" = /home/user ]
	run_ok ocirun exec -u 4711 "$ID" sh -c 'echo $HOME'
	[ "$output" = / ]
	refused --cwd relative "$ID" true
	has "Cwd must be an absolute path"
	refused --env novalue "$ID" true
	refused --env =x "$ID" true
	refused --cwd /nonexistent "$ID" true
	has "no such file or directory"
}

@test "EXE-09 CVE-2026-30892 -u is exact or refused" {
	needs_root
	start
	local bad
	for bad in "" "1:" ":1" "1x" "-1" "4294967295" "4294967296" " 1" "1:1x" "0x1" "1:4294967295" "1:2:3" "root"; do
		refused "--user=$bad" "$ID" true
		has "bad "
	done
	local ids='grep -E "^(Uid|Gid|Groups)" /proc/self/status'
	run_ok ocirun exec -u 1 "$ID" sh -c "$ids"
	[[ ${lines[0]} =~ ^Uid:[[:space:]]1[[:space:]]1[[:space:]]1[[:space:]]1$ ]]
	[[ ${lines[1]} =~ ^Gid:[[:space:]]0[[:space:]] ]]
	run_ok ocirun exec -u 4294967294:7 -g 8 -g 9 "$ID" sh -c "$ids"
	[[ ${lines[0]} =~ ^Uid:[[:space:]]4294967294[[:space:]] ]]
	[[ ${lines[1]} =~ ^Gid:[[:space:]]7[[:space:]]7[[:space:]]7[[:space:]]7$ ]]
	[[ ${lines[2]} =~ ^Groups:[[:space:]]8\ 9 ]]
	refused -g -1 "$ID" true
	has "bad gid"
}

@test "EXE-16 CVE-2022-29162 --cap: bounding, permitted, effective, never inheritable" {
	config '.process.capabilities |= map_values([])'
	start
	run_ok ocirun exec -c CAP_CHOWN --cap CAP_KILL "$ID" grep ^Cap /proc/self/status
	[[ ${lines[0]} == CapInh:*0000000000000000 ]]
	[[ ${lines[1]} == CapPrm:*0000000000000021 ]]
	[[ ${lines[2]} == CapEff:*0000000000000021 ]]
	[[ ${lines[3]} == CapBnd:*0000000000000021 ]]
	[[ ${lines[4]} == CapAmb:*0000000000000000 ]]
	refused --cap CAP_NONSENSE "$ID" true
	has "unknown capability"
}

@test "EXE-15 EXE-30 no-new-privs, seccomp" {
	config '.process.noNewPrivileges = false' '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 1}]}' '.root.readonly = false'
	start
	run_ok ocirun exec "$ID" grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status
	[[ $output == *NoNewPrivs:*0*Seccomp:*2* ]]
	run_ok ocirun exec --no-new-privs "$ID" grep NoNewPrivs /proc/self/status
	[[ $output == *1 ]]
	run ocirun exec "$ID" mkdir /tmp/x
	[ "$status" = 1 ]
	has "Operation not permitted"
	# a failing execve is told although the filter stands
	printf '#!/no/interpreter\n' >"$BUNDLE/rootfs/bin/script"
	chmod +x "$BUNDLE/rootfs/bin/script"
	refused "$ID" script
	has "no such file or directory"
}

@test "EXE-24 EXE-25 EXE-22 EXE-23 not found, not executable, nothing: 255 and the texts" {
	touch "$BUNDLE/rootfs/tmp/plain"
	start
	refused "$ID" nonsense
	has 'exec: "nonsense": executable file not found in $PATH'
	refused "$ID" /no/such
	has "no such file or directory"
	refused "$ID" /tmp/plain
	has "permission denied"
	refused "$ID" /tmp
	has "is a directory"
	refused "$ID"
	has "exec args cannot be empty"
	refused missing-container true
	has "container does not exist"
	run ocirun exec --nonsense "$ID" true
	[ "$status" = 255 ]
}

@test "EXE-02 EXE-03 EXE-29 --process: the whole process; what it leaves out is the container's" {
	needs_root
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 77}]' '.process.env += ["MINE=1"]'
	start
	process '.user = {uid: 5, gid: 6, additionalGids: [7]}' '.cwd = "/tmp"' '.env = ["PATH=/bin", "OTHER=1"]' 'del(.capabilities, .rlimits)' \
		'.args = ["sh", "-c", "id -u; pwd; env; ulimit -n; grep CapBnd /proc/self/status"]'
	run_ok ocirun exec --process "$DIR/process.json" "$ID"
	[ "${lines[0]}" = 5 ]
	[ "${lines[1]}" = /tmp ]
	has OTHER=1
	lacks MINE=1
	has 77
	[ "$(grep CapBnd <<<"$output")" = "$(grep CapBnd "/proc/$(pid_of)/status")" ]
	run_ok ocirun exec -p "$DIR/process.json" -u 9 "$ID"
	has "--user is ignored"
	echo '{"args": []}' >"$DIR/process.json"
	refused -p "$DIR/process.json" "$ID"
	has "args must not be empty"
	has "exec $ID: $DIR/process.json: /args: " # not the container's config.json
	echo '[1' >"$DIR/process.json"
	refused -p "$DIR/process.json" "$ID"
	has "exec $ID: $DIR/process.json: invalid JSON at byte"
	refused -p "$DIR/none" "$ID"
	has "no such file or directory"
}

@test "EXE-11 EXE-12 EXE-34 --detach and --pid-file; a session of its own" {
	start
	ocirun exec -d --pid-file "$DIR/pid" "$ID" sleep 50 </dev/null >/dev/null 2>&1
	local pid
	pid=$(cat "$DIR/pid")
	grep -q sleep "/proc/$pid/cmdline"
	[ "$(readlink "/proc/$pid/ns/pid")" = "$(readlink "/proc/$(pid_of)/ns/pid")" ]
	[ "$(cut -d' ' -f6 "/proc/$pid/stat")" = "$pid" ] || awk '{print $5, $6}' "/proc/$pid/stat"
	ocirun kill "$ID" KILL
	wait_for is_gone "$pid"
	run ocirun exec --pid-file "$DIR/pid2" "$ID" nonsense
	[ ! -e "$DIR/pid2" ]
}

@test "EXE-17 CVE-2024-21626 the descriptors are 0, 1, 2 and those preserved; no cwd or program through one" {
	start
	run_ok ocirun exec "$ID" sh -c 'ls /proc/self/fd | sort -n | tr "\n" " "' 7</etc 9</
	[ "$output" = "0 1 2 3 " ]
	echo three >"$DIR/three"
	run_ok ocirun exec --preserve-fds=1 "$ID" sh -c 'cat <&3' 3<"$DIR/three"
	[ "$output" = three ]
	refused --preserve-fds=60 "$ID" true
	has "preserved-fd"
	local n
	for n in {0..24}; do
		refused --cwd "/proc/self/fd/$n" "$ID" true
		refused --cwd "/proc/self/fd/$n/../.." "$ID" true
		refused "$ID" "/proc/self/fd/$n/bin/busybox"
	done 7</ 8</etc
}

@test "EXE-20 EXE-21 BAT-21 stopped, paused, created" {
	needs_root
	create
	run_ok ocirun exec "$ID" echo in created
	has "in created"
	ocirun start "$ID"
	freeze "$ID"
	refused "$ID" true
	has "cannot exec in a paused container (use --ignore-paused to override)"
	ocirun exec --ignore-paused "$ID" touch /tmp/thawed >/dev/null 2>&1 &
	local pid=$!
	sleep 0.3
	is_gone $pid && return 1
	ocirun resume "$ID"
	wait $pid || [ $? -lt 128 ]
	ocirun kill "$ID" KILL
	wait_status stopped
	refused "$ID" true
	has "cannot exec in a stopped container"
}

@test "EXE-26 a process of exec is in all groups of the container" {
	start
	ocirun exec "$ID" cat /proc/1/cgroup >/dev/null
	ocirun exec -d --pid-file "$DIR/pid" "$ID" sleep 50 </dev/null >/dev/null 2>&1
	diff "/proc/$(pid_of)/cgroup" "/proc/$(cat "$DIR/pid")/cgroup"
}

@test "EXE-18 BAT-15 BAT-16 BAT-17 BAT-18 --cgroup" {
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	start
	local dir
	if v2_only; then
		dir=/sys/fs/cgroup$CGROUP
		refused --cgroup .. "$ID" true
		has "bad sub cgroup path: .."
		refused --cgroup nonexistent "$ID" true
		[[ $output == *" cgroup"*"no such file or directory"* ]]
		mkdir "$dir/sub"
		run_ok ocirun exec --cgroup sub "$ID" cat /proc/self/cgroup
		[[ $output == *"$CGROUP/sub" ]]
		run_ok ocirun exec --cgroup / "$ID" cat /proc/self/cgroup
		[[ $output == *"$CGROUP" ]]
		refused --cgroup a --cgroup b "$ID" true
		has "(missing <controller>: prefix)"
		rmdir "$dir/sub"
	else
		dir=$(jq -r '.cgroup_paths | to_entries[] | select(.key | test("memory")) | .value' "$ROOT/$ID/state.json")
		[ -n "$dir" ] || skip "no memory controller"
		refused --cgroup memory:.. "$ID" true
		has "bad sub cgroup path: .."
		refused --cgroup memory:nonexistent "$ID" true
		[[ $output == *" adding pid "*"no such file or directory"* ]]
		refused --cgroup nonsense:x "$ID" true
		has "unknown controller "
		refused --cgroup :x "$ID" true
		has "(empty <controller> prefix)"
		refused --cgroup memory:a --cgroup memory:b "$ID" true
		has "controller memory specified multiple times"
		mkdir "$dir/sub"
		run_ok ocirun exec --cgroup memory:sub "$ID" cat /proc/self/cgroup
		[[ $output == *":memory:"*"/sub"* ]]
		rmdir "$dir/sub"
	fi
}

@test "EXE-19 BAT-19 BAT-20 a group that takes no process: init's, but not with --cgroup (v2)" {
	v2_only || skip "needs cgroup v2"
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	start
	local dir=/sys/fs/cgroup$CGROUP controllers
	controllers=$(cat "$dir/cgroup.controllers")
	[ -n "$controllers" ] || skip "no controller in the v2 tree of this host"
	mkdir "$dir/inner"
	echo "$(pid_of)" >"$dir/inner/cgroup.procs"
	echo "+${controllers%% *}" >"$dir/cgroup.subtree_control"
	run_ok ocirun exec "$ID" cat /proc/self/cgroup
	[[ $output == *"$CGROUP/inner" ]]
	refused --cgroup / "$ID" true
	[[ $output == *" adding pid "*" to cgroups"*"device or resource busy"* ]]
	ocirun kill "$ID" KILL
	wait_status stopped
}

@test "EXE-19 BAT-20 init has moved away, and its group is gone: init's, but not with --cgroup (v2)" {
	v2_only || skip "needs cgroup v2"
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	start
	local dir=/sys/fs/cgroup$CGROUP
	local other=$dir-other
	mkdir "$other"
	echo "$(pid_of)" >"$other/cgroup.procs"
	rmdir "$dir" 2>/dev/null || [ ! -e "$dir" ] # systemd does it, too
	run_ok ocirun exec "$ID" cat /proc/self/cgroup
	[[ $output == *"0::$CGROUP-other" ]]
	refused --cgroup / "$ID" true
	has "no such file or directory"
	ocirun kill "$ID" KILL
	wait_status stopped
	ocirun delete "$ID"
	rmdir "$other"
}

@test "EXE-31 EXE-28 umask, rlimits, oom_score_adj, personality, keyring of the container" {
	config '.process.user.umask = 63' '.process.oomScoreAdj = 321' '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 88, hard: 99}]' '.linux.maskedPaths = []'
	start
	run_ok ocirun exec "$ID" sh -c 'umask; ulimit -n; cat /proc/self/oom_score_adj; cat /proc/keys'
	[ "${lines[0]}" = 0077 ]
	[ "${lines[1]}" = 88 ]
	[ "${lines[2]}" = 321 ]
	[ ! -e /proc/keys ] || has "_ses.$ID"
	ocirun delete -f "$ID"
	create --no-new-keyring "$ID-bare"
	ocirun start "$ID-bare"
	run_ok ocirun exec "$ID-bare" cat /proc/keys
	lacks "_ses.$ID-bare"
}

@test "EXE-27 execCPUAffinity: initial, final after the cgroup, none" {
	start
	[ "$(nproc --all)" -gt 1 ] || skip "one processor"
	local allowed='grep Cpus_allowed_list /proc/self/status'
	process '.args = ["sh", "-c", "grep Cpus_allowed_list /proc/self/status"]' '.execCPUAffinity = {initial: "0", final: "1"}'
	run_ok ocirun exec -p "$DIR/process.json" "$ID"
	[[ $output =~ [[:space:]]1$ ]]
	process '.args = ["sh", "-c", "grep Cpus_allowed_list /proc/self/status"]' '.execCPUAffinity = {initial: "0"}'
	run_ok ocirun exec -p "$DIR/process.json" "$ID"
	[[ $output =~ [[:space:]]0$ ]]
	run_ok taskset 1 "$OCIRUN" --root "$ROOT" exec "$ID" sh -c "$allowed"
	[ "$output" = "$(grep Cpus_allowed_list "/proc/$(pid_of)/status")" ]
	process '.execCPUAffinity = {final: "8000"}'
	refused -p "$DIR/process.json" "$ID"
	has "execCPUAffinity.final"
}

@test "NSP-22 a container with a user namespace; ids are the container's" {
	needs_root
	config '.linux.namespaces += [{type: "user"}]' \
		'.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]' \
		'.linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]' '.process.oomScoreAdj = 5'
	chown -R 100000:200000 "$BUNDLE/rootfs"
	chmod 755 "$DIR" "$BUNDLE"
	start
	run_ok ocirun exec "$ID" sh -c 'id -u; readlink /proc/self/ns/user; cat /proc/self/uid_map; cat /proc/self/oom_score_adj'
	[ "${lines[0]}" = 0 ]
	[ "${lines[1]}" = "$(readlink "/proc/$(pid_of)/ns/user")" ]
	[[ ${lines[2]} == *100000*65536 ]]
	[ "${lines[3]}" = 5 ]
	ocirun exec -d -u 1000:1000 --pid-file "$DIR/pid" "$ID" sleep 50 </dev/null >/dev/null 2>&1
	[ "$(stat -c %u:%g "/proc/$(cat "$DIR/pid")")" = 101000:201000 ]
	refused -u 70000 "$ID" true
	has "unmapped uid 70000"
}

@test "EXE-01 without a pid, a network or a mount namespace of its own" {
	needs_root
	config '.linux.namespaces |= map(select(.type != "pid" and .type != "network"))'
	start
	run_ok ocirun exec "$ID" sh -c 'readlink /proc/self/ns/pid; readlink /proc/self/ns/net'
	[ "${lines[0]}" = "$(readlink /proc/self/ns/pid)" ]
	[ "${lines[1]}" = "$(readlink /proc/self/ns/net)" ]
	ocirun delete -f "$ID"
	config '.linux.namespaces = [{type: "pid"}]' '.mounts = []' 'del(.hostname)' '.linux.maskedPaths = []' '.linux.readonlyPaths = []' '.root.readonly = false' '.linux.rootfsPropagation = ""'
	start
	run_ok ocirun exec "$ID" ls /
	lacks boot
	has bin
}

@test "RUN-16 signals are passed on to the process of exec" {
	start
	ocirun exec "$ID" sh -c 'trap "echo got term; exit 9" TERM; echo ready; while :; do sleep 0.1; done' >"$DIR/out" 2>&1 &
	local pid=$! status=0
	wait_for grep -q ready "$DIR/out"
	pkill -TERM -P $pid -f 'ocirun.* exec'
	wait $pid || status=$?
	[ "$status" = 9 ]
	grep -q 'got term' "$DIR/out"
}

@test "EXE-35 init ends while exec is under way: refused clearly, or killed with it" {
	local n
	for n in 1 2 3 4 5 6; do
		new_bundle_again sleep 0.2
		start
		while run ocirun exec "$ID" true; [ "$status" = 0 ]; do :; done
		[ "$status" = 137 ] || { [ "$status" = 255 ] && has "container"; }
		ocirun delete -f "$ID"
	done
}
new_bundle_again() { set_args "$@"; }

@test "EXE-01 200 execs, ten at a time, leave nothing" {
	start
	local i k pids before
	before=$(ls /proc/"$(pid_of)"/task | wc -l)
	for ((i = 0; i < ${OCIRUN_EXECS:-200} / 10; i++)); do
		pids=()
		for ((k = 0; k < 10; k++)); do
			"$OCIRUN" --root "$ROOT" exec "$ID" true &
			pids+=($!)
		done
		for k in "${pids[@]}"; do wait "$k"; done
	done
	[ "$(ls /proc/"$(pid_of)"/task | wc -l)" = "$before" ]
	run_ok ocirun exec "$ID" ps
	[ "$(grep -c . <<<"$output")" = 3 ]
	[ "$(ls -A "$ROOT" | grep -v '^@seccomp$')" = "$ID" ]
}

@test "CVE-2016-9962 root of the container reads no descriptor of a process that enters it" {
	# what it could read of a process that was the entering one before and after
	cat >"$BUNDLE/rootfs/bin/look" <<-'EOF'
		while :; do
			for p in /proc/[0-9]*; do
				read -r c <$p/comm || continue
				[ "$c" = ociinit ] || continue
				for f in $p/exe $p/cwd $p/root $p/fd/*; do
					l=$(readlink $f) && read -r c <$p/comm && [ "$c" = ociinit ] && echo "$f $l" >>/tmp/seen
				done
				echo >>/tmp/met
			done
		done 2>/dev/null
	EOF
	set_args sh /bin/look
	config '.root.readonly = false' '.process.capabilities |= map_values(. - ["CAP_SYS_PTRACE"])'
	start
	local i
	for ((i = 0; i < 60; i++)); do ocirun exec "$ID" true; done
	[ -s "$BUNDLE/rootfs/tmp/met" ] || skip "never met one"
	[ ! -s "$BUNDLE/rootfs/tmp/seen" ] || { cat "$BUNDLE/rootfs/tmp/seen" >&2; return 1; }
}

@test "CVE-2019-5736 /proc/self/exe of the entering program is no file of the host" {
	# the known way: hold it open while the runtime enters, write when it has gone on and is not busy any more. With
	# CAP_SYS_PTRACE, which opens what is not dumpable too.
	config '.root.readonly = false' '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
	printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/bin/evil"
	cat >"$BUNDLE/rootfs/bin/hold" <<-'EOF'
		#!/bin/sh
		while :; do for p in /proc/[0-9]*; do
			read -r c <$p/comm && [ "$c" = ociinit ] || continue
			{
				readlink /proc/self/fd/9 >>/met
				while read -r c <$p/comm && [ "$c" = ociinit ]; do :; done
				echo evil >>/proc/self/fd/9 && echo evil >>/written
			} 9<$p/exe
		done; done 2>/dev/null
	EOF
	chmod +x "$BUNDLE/rootfs/bin/evil" "$BUNDLE/rootfs/bin/hold"
	start
	local before i
	before=$(sha256sum "$OCIRUN")
	ocirun exec -d "$ID" hold </dev/null >/dev/null 2>&1
	# an ordinary user's container has no right over what is not dumpable: it never holds one
	[ $EUID = 0 ] || echo "/memfd:ociinit (deleted)" | tee -a "$BUNDLE/rootfs/met"{,,,,} >/dev/null
	for ((i = 0; i < 600 && (i < 20 || $(cat "$BUNDLE/rootfs/met" 2>/dev/null | wc -l) < 5); i++)); do
		run ocirun exec "$ID" evil </dev/null
		run_ok ocirun exec "$ID" true
	done
	# or, too late, the container's own program
	[ "$(grep -vx /bin/busybox "$BUNDLE/rootfs/met" | sort -u)" = "/memfd:ociinit (deleted)" ] || { sort "$BUNDLE/rootfs/met" | uniq -c >&2; return 1; }
	[ ! -e "$BUNDLE/rootfs/written" ]
	[ "$(sha256sum "$OCIRUN")" = "$before" ]
}
