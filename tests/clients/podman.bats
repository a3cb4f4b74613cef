#!/usr/bin/env bats
# ACC-08 Podman with conmon, ocirun as its runtime.

load lib
load podman

setup_file() { podman_start; }
teardown_file() { podman_end; }
teardown() { podman rm -f -t 0 "c$BATS_TEST_NUMBER" "d$BATS_TEST_NUMBER" >/dev/null 2>&1 || true; }

# A foreground container without network; `up`: in the background, named NAME.
prun() { podman run --rm --network none "$@"; }
up() { # [OPTIONS...] IMAGE CMD...
	NAME=c$BATS_TEST_NUMBER
	ok podman run -d --name "$NAME" --network none "$@"
}
pid() { podman inspect -f '{{.State.Pid}}' "${1:-$NAME}"; }
state() { podman inspect -f "{{.State.Status}}" "$NAME"; }
is_state() { [ "$(state)" = "$1" ]; }

@test "podman info names the runtime and its version" {
	ok podman info -f '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Version}}'
	has "ocirun version"
	has "spec: 1.3.0"
}

# features: run, exit statuses
@test "podman run: output, standard input, exit status" {
	ok prun "$IMAGE" echo hello
	[ "$output" = hello ]
	run prun -i "$IMAGE" cat <<<"through stdin"
	[ "$output" = "through stdin" ]
	fails 7 prun "$IMAGE" sh -c 'exit 7'
}

# features: errors
@test "podman run: a missing program is 127, one that is none 126 (CLIENTS rule 8)" {
	fails 127 prun "$IMAGE" no-such-program
	has "no-such-program"
	fails 127 prun "$IMAGE" /no/such/program
	fails 126 prun "$IMAGE" /etc/no-program
	fails 126 prun "$IMAGE" /etc
}

@test "podman run: environment, working directory, entry point" {
	ok prun -e A=b -e 'C=d e' -w /home --entrypoint sh "$IMAGE" -c 'echo $A,$C,$PWD'
	[ "$output" = "b,d e,/home" ]
}

# features: -d, logs
@test "podman run -d, ps, logs, wait, inspect, rm" {
	up "$IMAGE" sh -c 'echo begun; while [ ! -e /stop ]; do sleep 0.05; done; echo ended; exit 3'
	ok podman ps --format '{{.Names}} {{.Status}}'
	has "$NAME Up"
	wait_for sh -c "podman logs $NAME | grep -q begun"
	ok podman exec -d "$NAME" touch /stop # it may be ended with the container
	ok podman wait "$NAME"
	[ "$output" = 3 ]
	ok podman logs "$NAME"
	[ "$output" = $'begun\nended' ]
	ok podman inspect -f '{{.State.Status}} {{.State.ExitCode}}' "$NAME"
	[ "$output" = "exited 3" ]
	ok podman rm "$NAME"
}

# features: exec
@test "podman exec: output, status, input, user, environment, -d, missing program" {
	up "$IMAGE" sleep 1000
	ok podman exec "$NAME" echo inside
	[ "$output" = inside ]
	fails 9 podman exec "$NAME" sh -c 'exit 9'
	run podman exec -i "$NAME" cat <<<"in"
	[ "$output" = in ]
	ok podman exec -u 1000:2000 -w /tmp -e X=y "$NAME" sh -c 'id -u; id -g; pwd; echo $X'
	[ "$output" = $'1000\n2000\n/tmp\ny' ]
	fails 127 podman exec "$NAME" no-such-program
	fails 126 podman exec "$NAME" /etc/no-program
	ok podman exec -d "$NAME" touch /tmp/detached
	wait_for podman exec "$NAME" ls /tmp/detached
	ok podman exec --privileged "$NAME" grep CapEff /proc/self/status
	[ "$(sed 's/.*0*\([1-9a-f]\)/\1/' <<<"${output: -4}")" != 0 ]
}

# features: exec
@test "podman exec: 10 at once" {
	up "$IMAGE" sleep 1000
	local i pids=()
	for i in 0 1 2 3 4 5 6 7 8 9; do
		podman exec "$NAME" sh -c "exit $i" & pids+=($!)
	done
	for i in 0 1 2 3 4 5 6 7 8 9; do
		local got=0
		wait "${pids[i]}" || got=$?
		[ "$got" = "$i" ]
	done
}

# features: terminal
@test "podman: a terminal for the container, and for a process in it" {
	NAME=c$BATS_TEST_NUMBER
	take person 'expect:/dev/pts/0' 'size:30x100' 'expect:30 100' 'send:4\r' -- \
		podman run -it --name "$NAME" --network none "$IMAGE" sh -c "$AT_TERMINAL" sh "30 100"
	[ "$status" = 4 ] || { echo "$status: $output" >&2; return 1; }
	podman rm "$NAME"
	up "$IMAGE" sleep 1000
	take person 'expect:/dev/pts/0' 'size:31x101' 'expect:31 101' 'send:6\r' -- \
		podman exec -it "$NAME" sh -c "$AT_TERMINAL" sh "31 101"
	[ "$status" = 6 ] || { echo "$status: $output" >&2; return 1; }
}

# features: attach
@test "podman attach: output, input, exit status" {
	NAME=c$BATS_TEST_NUMBER
	ok podman run -d -i --name "$NAME" --network none "$IMAGE" sh -c 'read line; echo "got $line"; exit 8'
	take podman attach "$NAME" <<<word # its own status: that of the container, or 0 when this one has ended before it
	has "got word"
	ok podman wait "$NAME"
	[ "$output" = 8 ]
}

# features: update
@test "podman update: new limits, in the cgroup of the running container" {
	needs_controller memory
	podman update --help >/dev/null 2>&1 || skip "this Podman cannot update"
	up --memory 64m "$IMAGE" sleep 1000
	ok podman update --memory 32m --cpu-shares 256 "$NAME"
	[ "$(group_file "$(pid)" memory memory.limit_in_bytes memory.max)" = 33554432 ]
	[[ $(group_file "$(pid)" cpu cpu.shares cpu.weight) =~ ^(256|10|30|35)$ ]]
}

# features: stop, kill, restart
@test "podman stop, kill, restart, start" {
	up "$IMAGE" sh -c 'trap "exit 5" TERM; trap "echo usr1" USR1; while :; do sleep 0.05; done'
	ok podman kill -s USR1 "$NAME"
	wait_for sh -c "podman logs $NAME | grep -q usr1"
	ok podman stop -t 10 "$NAME"
	ok podman inspect -f '{{.State.ExitCode}}' "$NAME"
	[ "$output" = 5 ]
	ok podman start "$NAME"
	[ "$(state)" = running ]
	local before
	before=$(pid)
	ok podman restart -t 1 "$NAME"
	[ "$(state)" = running ]
	[ "$(pid)" != "$before" ]
	ok podman kill "$NAME"
	wait_for is_state exited
	ok podman inspect -f '{{.State.ExitCode}}' "$NAME"
	[ "$output" = 137 ]
}

@test "podman rm -f of a running container leaves nothing" {
	up "$IMAGE" sleep 1000
	local pid
	pid=$(pid)
	ok podman rm -f -t 0 "$NAME"
	[ ! -e "/proc/$pid" ] || grep -q '^State:.Z' "/proc/$pid/status"
	ok find /sys/fs/cgroup -type d -name "libpod-$(cut -c1-12 <<<"${lines[0]}")*"
	[ -z "$output" ]
}

# features: pause
@test "podman pause, unpause" {
	needs_controller freezer
	up "$IMAGE" sleep 1000
	ok podman pause "$NAME"
	[ "$(state)" = paused ]
	run podman exec "$NAME" true
	[ "$status" -ne 0 ]
	ok podman unpause "$NAME"
	[ "$(state)" = running ]
	ok podman exec "$NAME" true
}

# features: limits
@test "podman: limits are in the cgroup" {
	needs_controller memory
	needs_controller pids
	up --memory 64m --pids-limit 77 --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 "$IMAGE" sleep 1000
	local pid
	pid=$(pid)
	[ "$(group_file "$pid" memory memory.limit_in_bytes memory.max)" = 67108864 ]
	[ "$(group_file "$pid" pids pids.max)" = 77 ]
	[[ $(group_file "$pid" cpu cpu.cfs_quota_us cpu.max) == 50000* ]]
	[[ $(group_file "$pid" cpu cpu.shares cpu.weight) =~ ^(512|20|59)$ ]]
	[ "$(group_file "$pid" cpuset cpuset.cpus)" = 0 ]
}

# features: out of memory
@test "podman: out of memory ends the container" {
	needs_controller memory
	up --memory 16m "$IMAGE" sh -c 'x=0123456789abcdef; while :; do x=$x$x; done'
	ok podman wait "$NAME"
	[ "$output" = 137 ]
}

# features: volumes, tmpfs, read-only
@test "podman: volumes, binds, tmpfs, read-only" {
	mkdir -p "$SCRATCH/shared"
	echo from-host >"$SCRATCH/shared/file"
	ok prun -v "$SCRATCH/shared:/data" "$IMAGE" sh -c 'cat /data/file; echo back >/data/new'
	[ "$output" = from-host ]
	[ "$(cat "$SCRATCH/shared/new")" = back ]
	run prun -v "$SCRATCH/shared:/data:ro" "$IMAGE" touch /data/x
	has "Read-only file system"
	ok prun -v "v$BATS_TEST_NUMBER:/vol" "$IMAGE" sh -c 'echo kept >/vol/f'
	ok prun -v "v$BATS_TEST_NUMBER:/vol" "$IMAGE" cat /vol/f
	[ "$output" = kept ]
	ok prun --tmpfs /scratch:size=1m,mode=700,noexec "$IMAGE" sh -c 'grep " /scratch " /proc/mounts; stat -c %a /scratch'
	has "noexec"
	has "size=1024k"
	[ "${lines[1]}" = 700 ]
	run prun --read-only "$IMAGE" touch /x
	has "Read-only file system"
	ok prun --read-only "$IMAGE" touch /tmp/x /run/x
	ok prun -v "$SCRATCH/shared/file:/etc/motd" "$IMAGE" cat /etc/motd
	[ "$output" = from-host ]
	fails 126 prun -v "$SCRATCH/shared/file:/home" "$IMAGE" true
	has "ot a directory"
}

# features: capabilities, privileged
@test "podman: capabilities" {
	ok prun --cap-drop all "$IMAGE" grep CapEff /proc/self/status
	[[ $output == *0000000000000000 ]]
	ok prun --cap-drop all --cap-add chown "$IMAGE" grep CapPrm /proc/self/status
	[[ $output == *0000000000000001 ]]
	ok prun -u 1000 "$IMAGE" grep CapEff /proc/self/status
	[[ $output == *0000000000000000 ]]
	ok prun --privileged "$IMAGE" sh -c 'grep -c 00000000000000 /proc/self/status; ls /dev/null'
}

# features: seccomp, no-new-privileges
@test "podman: seccomp, no-new-privileges" {
	ok prun "$IMAGE" grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
	[ "$output" = $'NoNewPrivs:\t0\nSeccomp:\t2' ]
	ok prun --security-opt seccomp=unconfined --security-opt no-new-privileges "$IMAGE" grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
	[ "$output" = $'NoNewPrivs:\t1\nSeccomp:\t0' ]
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}' >"$SCRATCH/profile.json"
	run prun --security-opt "seccomp=$SCRATCH/profile.json" "$IMAGE" mkdir /x
	has "Permission denied"
}

# features: user, hostname
@test "podman: user, groups, hostname, hosts" {
	ok prun -u user "$IMAGE" id
	has "uid=1000(user) gid=1000(user)"
	ok prun -u user --group-add 2000 "$IMAGE" id -G
	[ "$output" = "1000 2000" ]
	ok prun --hostname box "$IMAGE" hostname
	[ "$output" = box ]
	ok podman run --rm --network none --uts host "$IMAGE" hostname
	[ "$output" = "$(hostname)" ]
	ok prun --add-host other:192.0.2.1 "$IMAGE" grep other /etc/hosts
	has 192.0.2.1
}

# features: no network, network of the host, namespaces of another container
@test "podman: networks none and host, another container's" {
	ok prun "$IMAGE" ip -o link
	[ "${#lines[@]}" = "$(unshare -n ip -o link | wc -l)" ]
	has "lo"
	ok podman run --rm --network host "$IMAGE" readlink /proc/self/ns/net
	[ "$output" = "$(readlink /proc/self/ns/net)" ]
	up "$IMAGE" sleep 1000
	ok podman run --rm --network "container:$NAME" --pid "container:$NAME" "$IMAGE" sh -c 'readlink /proc/self/ns/net; ps -o args | grep sleep'
	[ "${lines[0]}" = "$(readlink "/proc/$(pid)/ns/net")" ]
	has "sleep 1000"
}

# features: devices, ulimit, sysctl
@test "podman: devices, ulimit, sysctl, shm size" {
	ok prun --device /dev/zero:/dev/nil:rw "$IMAGE" sh -c 'stat -c %t:%T /dev/nil; head -c 3 /dev/nil | od -An -tx1'
	[ "$output" = $'1:5\n 00 00 00' ]
	ok prun --ulimit nofile=100:200 --ulimit nproc=1000:2000 --ulimit core=0 "$IMAGE" sh -c 'ulimit -n; ulimit -Hn; ulimit -c'
	[ "$output" = $'100\n200\n0' ]
	ok prun --sysctl net.ipv4.ip_unprivileged_port_start=80 "$IMAGE" cat /proc/sys/net/ipv4/ip_unprivileged_port_start
	[ "$output" = 80 ]
	ok prun --shm-size 2m "$IMAGE" grep /dev/shm /proc/mounts
	has size=2048k
}

# features: --init, pid and ipc of the host
@test "podman: --init reaps; pid and ipc of the host" {
	ok prun --init "$IMAGE" sh -c 'cat /proc/1/comm'
	[[ $output =~ ^(tini|catatonit|podman-init) ]] || { echo "$output"; false; }
	ok podman run --rm --network none --pid host --ipc host "$IMAGE" sh -c 'readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc'
	[ "$output" = "$(readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc)" ]
}

# features: user namespace
@test "podman: a user namespace" {
	ok prun --uidmap 0:100000:3000 --gidmap 0:100000:3000 "$IMAGE" sh -c 'id -u; cat /proc/self/uid_map; touch /x && stat -c %u /x'
	[ "${lines[0]}" = 0 ]
	[[ ${lines[1]} =~ 0\ +100000\ +3000 ]]
	[ "${lines[2]}" = 0 ]
	local name=c$BATS_TEST_NUMBER
	NAME=$name
	ok podman run -d --name "$name" --network none --uidmap 0:100000:3000 --gidmap 0:100000:3000 "$IMAGE" sleep 1000
	[ "$(stat -c %u "/proc/$(pid)")" = 100000 ]
	ok podman exec -u 1000 "$name" id -u
	[ "$output" = 1000 ]
}

# features: pods
@test "podman: a pod shares its namespaces" {
	ok podman pod create --name "p$BATS_TEST_NUMBER" --network none --hostname podbox --infra-image "$IMAGE" --infra-command "/bin/sleep 1000"
	ok podman run -d --name "c$BATS_TEST_NUMBER" --pod "p$BATS_TEST_NUMBER" "$IMAGE" sleep 1000
	ok podman run --rm --pod "p$BATS_TEST_NUMBER" "$IMAGE" sh -c 'hostname; readlink /proc/self/ns/net'
	[ "${lines[0]}" = podbox ]
	[ "${lines[1]}" = "$(readlink "/proc/$(pid "c$BATS_TEST_NUMBER")/ns/net")" ]
	ok podman pod pause "p$BATS_TEST_NUMBER"
	ok podman pod unpause "p$BATS_TEST_NUMBER"
	ok podman pod stop -t 0 "p$BATS_TEST_NUMBER"
	wait_for podman pod rm -f "p$BATS_TEST_NUMBER" # Podman does not wait for conmon to leave the pod's group
}

# features: health checks
@test "podman: health checks" {
	up --health-cmd 'test -e /tmp/well' --health-interval disable "$IMAGE" sleep 1000
	fails 1 podman healthcheck run "$NAME"
	ok podman exec "$NAME" touch /tmp/well
	ok podman healthcheck run "$NAME"
}

# features: top, stats
@test "podman top, stats, diff, cp, events" {
	needs_controller memory
	up "$IMAGE" sleep 1000
	ok podman top "$NAME" pid args
	has "sleep 1000"
	ok podman stats --no-stream --format '{{.Name}} {{.PIDs}}' "$NAME"
	[ "$output" = "$NAME 1" ]
	echo copied >"$SCRATCH/copied"
	ok podman cp "$SCRATCH/copied" "$NAME:/tmp/copied"
	ok podman exec "$NAME" cat /tmp/copied
	[ "$output" = copied ]
	ok podman diff "$NAME"
	has "/tmp/copied"
}

# features: build
@test "podman build with RUN" {
	mkdir -p "$SCRATCH/build"
	printf 'FROM %s\nRUN echo built >/built && id -u\nUSER 1000\nRUN id -u >/tmp/who\nCMD ["cat","/built"]\n' "$IMAGE" >"$SCRATCH/build/Containerfile"
	ok podman build --network none -q -t built "$SCRATCH/build"
	ok prun built
	[ "$output" = built ]
	ok prun built cat /tmp/who
	[ "$output" = 1000 ]
	printf 'FROM %s\nRUN exit 42\n' "$IMAGE" >"$SCRATCH/build/Containerfile"
	run podman build --network none -q "$SCRATCH/build"
	[ "$status" -ne 0 ]
	has "42"
}

# features: 20 starts at once
@test "podman: 20 starts at once" {
	local i pids=()
	for ((i = 0; i < 20; i++)); do
		prun "$IMAGE" sh -c "exit $i" & pids+=($!)
	done
	for ((i = 0; i < 20; i++)); do
		local got=0
		wait "${pids[i]}" || got=$?
		[ "$got" = "$i" ]
	done
}

@test "podman: --rootfs, --preserve-fds" {
	make_rootfs "$SCRATCH/own"
	ok podman run --rm --network none --rootfs "$SCRATCH/own" cat /etc/no-program
	[ "$output" = text ]
	run bash -c 'podman run --rm --network none --preserve-fds 1 "$1" sh -c "cat <&3" 3<<<"from descriptor 3"' _ "$IMAGE"
	has "from descriptor 3"
}
