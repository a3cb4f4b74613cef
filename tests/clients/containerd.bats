#!/usr/bin/env bats
# ACC-06 containerd with ctr: the shim io.containerd.runc.v2 with ocirun as its binary.

load lib
load containerd

setup_file() {
	containerd_start
	make_rootfs "$SCRATCH/rootfs"
}
teardown_file() {
	daemon_end "$CONTAINERD_PID"
	scratch_end "/ocirun-ctr"
}
setup() { NAME=t$BATS_TEST_NUMBER; }
teardown() {
	c tasks kill -s KILL -a "$NAME" >/dev/null 2>&1 || true
	c tasks rm -f "$NAME" >/dev/null 2>&1 || true
	c containers rm "$NAME" >/dev/null 2>&1 || true
}

c() { ctr -a "$SCRATCH/containerd.sock" "$@"; }
ctr_run() { # [OPTIONS...] -- CMD...: in the foreground, from the directory
	local options=()
	while [ "$1" != -- ]; do options+=("$1") && shift; done
	shift
	[ "${options[0]}" = -d ] || options+=(--rm)
	c run --runc-binary "$OCIRUN" --cgroup "/ocirun-ctr/$NAME" "${options[@]}" --rootfs "$SCRATCH/rootfs" "$NAME" "$@"
}
up() { # [OPTIONS...] -- CMD...: in the background
	ok ctr_run -d "$@" 3>&-
}
pid() { c tasks ls | awk -v n="$NAME" '$1 == n {print $2}'; }
is_status() { c tasks ls | awk -v n="$NAME" '$1 == n {print $3}' | grep -qx "$1"; }

@test "ctr run: output, input, exit status" {
	ok ctr_run -- echo hello
	[ "$output" = hello ]
	take ctr_run -- head -n 1 <<<"in" # not cat: ctr's news of the end may come before the task
	[ "$output" = "in" ]
	fails 5 ctr_run -- sh -c 'exit 5'
}

@test "ctr run: why a container could not be made (CLIENTS rules 2, 3, 8)" {
	fails 1 ctr_run -- no-such-program
	has "OCI runtime create failed"
	has "executable file not found"
	fails 1 ctr_run -- /etc/no-program
	has "permission denied"
}

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

@test "ctr tasks: pause, resume" {
	up -- sleep 1000
	ok c tasks pause "$NAME"
	wait_for is_status PAUSED
	ok c tasks resume "$NAME"
	wait_for is_status RUNNING
}

@test "ctr tasks metrics: the task's group is found" {
	grep -q '^memory[[:space:]]*[1-9]' /proc/cgroups || grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null || skip "no memory controller"
	up --memory-limit 33554432 -- sleep 1000
	ok c tasks metrics "$NAME"
	has "$NAME"
	[ "$(group_file "$(pid)" memory memory.limit_in_bytes memory.max)" = 33554432 ]
}

@test "ctr run: kill of a task that has ended" {
	up -- true
	wait_for is_status STOPPED
	take c tasks kill "$NAME"
	ok c tasks rm "$NAME"
}

@test "ctr run: mounts, environment, user, directory, read-only, seccomp, capabilities" {
	mkdir -p "$SCRATCH/shared"
	ok ctr_run --mount "type=bind,src=$SCRATCH/shared,dst=/tmp,options=rbind:rw" --env A=b --cwd /home -- sh -c 'echo $A $PWD'
	[ "$output" = "b /home" ]
	take ctr_run --read-only -- touch /x
	has "Read-only file system"
	ok ctr_run --seccomp -- grep Seccomp: /proc/self/status
	[[ $output == *2 ]]
	ok ctr_run --privileged -- sh -c 'grep -c ffff /proc/self/status'
	ok ctr_run --cap-drop CAP_CHOWN -- grep CapEff /proc/self/status
	has 00000000a80425fa # ...fb without bit 0
}

@test "ctr run: network of the host, a device, a config of one's own" {
	ok ctr_run --net-host -- readlink /proc/self/ns/net
	[ "$output" = "$(readlink /proc/self/ns/net)" ]
	ok ctr_run --device /dev/full -- sh -c 'stat -c %t:%T /dev/full'
	[ "$output" = 1:7 ]
}

@test "containerd: 20 tasks at once" {
	local i pids=() got
	for ((i = 0; i < 20; i++)); do
		NAME=m$i ctr_run -- sh -c "exit $i" >/dev/null 2>&1 3>&- & pids+=($!)
	done
	for ((i = 0; i < 20; i++)); do
		got=0
		wait "${pids[i]}" || got=$?
		[ "$got" = "$i" ]
	done
}
