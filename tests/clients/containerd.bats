#!/usr/bin/env bats
# ACC-06 containerd with ctr: the shim io.containerd.runc.v2 with ocirun as its binary.

load lib
load containerd

setup_file() {
	containerd_start
	make_terminal
	make_rootfs "$SCRATCH/rootfs"
}
teardown_file() {
	daemon_end "$(containerd_pid)"
	scratch_end "/ocirun-ctr"
}
setup() { NAME=t$BATS_TEST_NUMBER; }
teardown() {
	local name
	for name in "$NAME" "$NAME-t"; do # a shim that is left would hold bats' own descriptors
		c tasks kill -s KILL -a "$name" >/dev/null 2>&1 || true
		c tasks rm -f "$name" >/dev/null 2>&1 || true
		c containers rm "$name" >/dev/null 2>&1 || true
	done
}

c() { ctr -a "$SCRATCH/containerd.sock" "$@"; }
ctr_run() { # [OPTIONS...] -- CMD...: in the foreground, from the directory
	local options=()
	while [ "$1" != -- ]; do options+=("$1") && shift; done
	shift
	[ "${options[0]}" = -d ] || options+=(--rm)
	[ "$DRIVER" != systemd ] || options+=(--runc-systemd-cgroup)
	c run --runc-binary "$OCIRUN" --cgroup "$(group "$NAME")" "${options[@]}" --rootfs "$SCRATCH/rootfs" "$NAME" "$@"
}
up() { # [OPTIONS...] -- CMD...: in the background
	ok ctr_run -d "$@" 3>&-
}
# As the driver in use writes it.
group() { if [ "$DRIVER" = systemd ]; then echo "system.slice:ocirun-ctr:$1"; else echo "/ocirun-ctr/$1"; fi; } # NAME
pid() { c tasks ls | awk -v n="$NAME" '$1 == n {print $2}'; }
is_status() { c tasks ls | awk -v n="$NAME" '$1 == n {print $3}' | grep -qx "$1"; }

# features: run, exit statuses
@test "ctr run: output, input, exit status" {
	ok ctr_run -- echo hello
	[ "$output" = hello ]
	take ctr_run -- head -n 1 <<<"in" # not cat: ctr's news of the end may come before the task
	[ "$output" = "in" ]
	fails 5 ctr_run -- sh -c 'exit 5'
}

# features: errors
@test "ctr run: why a container could not be made (CLIENTS rules 2, 3, 8)" {
	fails 1 ctr_run -- no-such-program
	has "OCI runtime create failed"
	has "executable file not found"
	fails 1 ctr_run -- /etc/no-program
	has "permission denied"
}

# features: -d, exec, stop, kill, top
@test "ctr tasks: ls, exec, kill, wait, rm" {
	up -- sh -c 'trap "exit 4" TERM; while :; do sleep 0.05; done'
	is_status RUNNING
	ok c tasks exec --exec-id e1 "$NAME" sh -c 'echo inside; id -u'
	[ "$output" = $'inside\n0' ]
	fails 6 c tasks exec --exec-id e2 --user 1000 "$NAME" sh -c 'exit 6'
	fails 1 c tasks exec --exec-id e3 "$NAME" no-such-program
	has "executable file not found"
	ok c tasks ps "$NAME"
	has "$(pid)"
	ok c tasks kill -s TERM "$NAME"
	wait_for is_status STOPPED
	ok c tasks rm "$NAME"
	has "exit code 4"
}

# features: attach
@test "ctr tasks attach: output, exit status" {
	up -- sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done; echo attached; while [ ! -e /tmp/end ]; do sleep 0.05; done; exit 8'
	local status=0
	c tasks attach "$NAME" >"$SCRATCH/attached" 2>&1 3>&- &
	local client=$!
	touch "$SCRATCH/rootfs/tmp/go"
	wait_for grep -q attached "$SCRATCH/attached"
	touch "$SCRATCH/rootfs/tmp/end"
	wait "$client" || status=$?
	rm "$SCRATCH"/rootfs/tmp/{go,end}
	[ "$status" = 8 ]
}

# features: pause
@test "ctr tasks: pause, resume" {
	up -- sleep 1000
	ok c tasks pause "$NAME"
	wait_for is_status PAUSED
	ok c tasks resume "$NAME"
	wait_for is_status RUNNING
}

# features: limits, stats
@test "ctr tasks metrics: the task's group is found" {
	grep -q '^memory[[:space:]]*[1-9]' /proc/cgroups || grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null || skip "no memory controller"
	up --memory-limit 33554432 -- sleep 1000
	ok c tasks metrics "$NAME"
	has "$NAME"
	[ "$(group_file "$(pid)" memory memory.limit_in_bytes memory.max)" = 33554432 ]
}

# features: kill
@test "ctr run: kill of a task that has ended" {
	up -- true
	wait_for is_status STOPPED
	take c tasks kill "$NAME"
	ok c tasks rm "$NAME"
}

# features: volumes, tmpfs, read-only, seccomp, no-new-privileges, capabilities, privileged
@test "ctr run: mounts, environment, user, directory, read-only, seccomp, capabilities" {
	mkdir -p "$SCRATCH/shared"
	ok ctr_run --mount "type=bind,src=$SCRATCH/shared,dst=/tmp,options=rbind:rw" --env A=b --cwd /home -- sh -c 'echo $A $PWD'
	[ "$output" = "b /home" ]
	take ctr_run --read-only -- touch /x
	has "Read-only file system"
	ok ctr_run --mount "type=tmpfs,src=tmpfs,dst=/home,options=size=1m:mode=700" -- sh -c 'stat -c %a /home; grep " /home " /proc/mounts'
	[ "${lines[0]}" = 700 ]
	has size=1024k
	ok ctr_run --seccomp -- grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
	[ "$output" = $'NoNewPrivs:\t1\nSeccomp:\t2' ]
	ok ctr_run --allow-new-privs -- grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
	[ "$output" = $'NoNewPrivs:\t0\nSeccomp:\t0' ]
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}' >"$SCRATCH/profile.json"
	fails 1 ctr_run --seccomp --seccomp-profile "$SCRATCH/profile.json" -- mkdir /tmp/x
	has "not permitted"
	ok ctr_run --privileged -- sh -c 'grep -c ffff /proc/self/status'
	ok ctr_run --cap-drop CAP_CHOWN -- grep CapEff /proc/self/status
	has 00000000a80425fa # ...fb without bit 0
}

# features: no network, network of the host, devices
@test "ctr run: network of the host, a device, a config of one's own" {
	ok ctr_run -- ip -o link
	[ "${#lines[@]}" = "$(unshare -n ip -o link | wc -l)" ]
	ok ctr_run --net-host -- readlink /proc/self/ns/net
	[ "$output" = "$(readlink /proc/self/ns/net)" ]
	ok ctr_run --device /dev/full -- sh -c 'stat -c %t:%T /dev/full'
	[ "$output" = 1:7 ]
}

# features: terminal
# The first size alone: ctr listens for new ones only a while after it has passed that one on.
@test "ctr: a terminal for the task, and for a process in it" {
	local driver=()
	[ "$DRIVER" != systemd ] || driver=(--runc-systemd-cgroup)
	take person 'expect:/dev/pts/0' 'expect:24 80' 'send:4\r' -- ctr -a "$SCRATCH/containerd.sock" \
		run --rm -t --runc-binary "$OCIRUN" "${driver[@]}" --cgroup "$(group "$NAME-t")" --rootfs "$SCRATCH/rootfs" "$NAME-t" sh -c "$AT_TERMINAL" sh "24 80"
	[ "$status" = 4 ] || { echo "$status: $output" >&2; return 1; }
	up -- sleep 1000
	take person 'expect:/dev/pts/0' 'expect:24 80' 'send:6\r' -- \
		ctr -a "$SCRATCH/containerd.sock" tasks exec -t --exec-id e1 "$NAME" sh -c "$AT_TERMINAL" sh "24 80"
	[ "$status" = 6 ] || { echo "$status: $output" >&2; return 1; }
}

# features: logs
@test "ctr run -d --log-uri: what the task writes is in the file" {
	# one stream alone: containerd 1.6 closes the file when the first of two has ended
	up --log-uri "file://$SCRATCH/log" -- sh -c 'exec 2>&1; echo one; echo two >&2'
	wait_for is_status STOPPED
	wait_for grep -q two "$SCRATCH/log"
	grep -q one "$SCRATCH/log"
}

# features: pid and ipc of the host, hostname, user, ulimit
@test "ctr run: namespaces of the host, a configuration of one's own" {
	ok ctr_run --with-ns "pid:/proc/$$/ns/pid" --with-ns "ipc:/proc/$$/ns/ipc" -- sh -c 'readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc'
	[ "$output" = "$(readlink "/proc/$$/ns/pid" "/proc/$$/ns/ipc")" ]
	mkdir -p "$SCRATCH/own"
	(cd "$SCRATCH/own" && rm -f config.json && "$OCIRUN" spec)
	jq --arg root "$SCRATCH/rootfs" --arg group "$(group "$NAME")" '.process.terminal = false | .hostname = "box" | .linux.cgroupsPath = $group
		| .root = {path: $root} | .process.user = {uid: 1000, gid: 1000} | .process.args = ["sh", "-c", "hostname; id -u; ulimit -n"]
		| .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}]' "$SCRATCH/own/config.json" >"$SCRATCH/own/task.json"
	local driver=()
	[ "$DRIVER" != systemd ] || driver=(--runc-systemd-cgroup)
	ok c run --rm --runc-binary "$OCIRUN" "${driver[@]}" --cgroup "$(group "$NAME")" --config "$SCRATCH/own/task.json" "$NAME"
	[ "$output" = $'box\n1000\n100' ]
}

# features: out of memory
# Under systemd the shim reads memory.events in a race with systemd, which removes the group as soon as it is empty: side by
# side in one machine of tests/vm, runc's event came 2 times of 6, ocirun's 5 of 6; with cgroupfs it always comes.
@test "ctr: out of memory ends the task, and is an event" {
	needs_controller memory
	local watcher tries=1
	[ "$DRIVER" != systemd ] || tries=8
	c events >>"$SCRATCH/events" 3>&- &
	watcher=$!
	while [ $((tries--)) -gt 0 ] && ! is_told /tasks/oom; do
		: >"$SCRATCH/events"
		up --memory-limit 16777216 -- sh -c 'x=0123456789abcdef; while :; do x=$x$x; done'
		wait_for is_status STOPPED
		ok c tasks rm "$NAME"
		has "exit code 137"
		c containers rm "$NAME"
		wait_for is_told /containers/delete
	done
	wait_for is_told /tasks/oom
	kill "$watcher"
}
is_told() { grep -q "$1.*\"$NAME\"" "$SCRATCH/events"; } # TOPIC, of the events

# features: restart
@test "ctr: containerd restarts, the task goes on under its shim" {
	up -- sh -c 'trap "exit 4" TERM; while :; do sleep 0.05; done'
	local before
	before=$(pid)
	daemon_end "$(containerd_pid)"
	containerd_run
	is_status RUNNING
	[ "$(pid)" = "$before" ]
	ok c tasks kill -s TERM "$NAME"
	wait_for is_status STOPPED
	ok c tasks rm "$NAME"
	has "exit code 4"
}

# features: 20 starts at once
@test "containerd: 20 tasks at once" {
	local i pids=()
	for ((i = 0; i < 20; i++)); do
		NAME=m$i ctr_run -- sh -c "exit $i" >/dev/null 2>&1 3>&- & pids+=($!)
	done
	end_as_numbered "${pids[@]}"
}
