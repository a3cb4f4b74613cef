#!/usr/bin/env bats
# ACC-10 Docker: dockerd and containerd of our own, ocirun as the default runtime, no network set up.

load lib
load containerd

setup_file() {
	containerd_start
	local PARENT=/ocirun-docker
	[ "$DRIVER" != systemd ] || PARENT=ocirun-docker.slice
	dockerd --containerd "$SCRATCH/containerd.sock" --data-root "$SCRATCH/docker" --exec-root "$SCRATCH/docker-run" \
		--pidfile "$SCRATCH/docker.pid" -H "unix://$SCRATCH/docker.sock" --bridge none --iptables=false --ip6tables=false \
		--ip-forward=false --ip-masq=false --storage-driver vfs --add-runtime "ocirun=$OCIRUN" --default-runtime ocirun \
		--exec-opt "native.cgroupdriver=$DRIVER" --cgroup-parent "$PARENT" --default-ulimit nofile=1024:4096 >"$SCRATCH/dockerd.log" 2>&1 3>&- &
	export DOCKER_PID=$! DOCKER_HOST=unix://$SCRATCH/docker.sock DOCKER_CONFIG=$SCRATCH DOCKER_BUILDKIT=0
	wait_for docker version
	make_terminal
	make_rootfs "$SCRATCH/rootfs"
	tar -C "$SCRATCH/rootfs" -c . | docker import - "$IMAGE" >/dev/null
}
teardown_file() {
	docker ps -aq | xargs -r docker rm -f >/dev/null 2>&1
	daemon_end "$DOCKER_PID"
	daemon_end "$(containerd_pid)"
	scratch_end "/ocirun-docker"
}
setup() { NAME=c$BATS_TEST_NUMBER; }
teardown() { docker rm -f "$NAME" >/dev/null 2>&1 || true; }

drun() { docker run --rm --network none "$@"; }
up() { ok docker run -d --name "$NAME" --network none "$@"; }
inspect() { docker inspect -f "{{$1}}" "$NAME"; }
is_state() { [ "$(inspect .State.Status)" = "$1" ]; }

@test "docker info: the runtime" {
	ok docker info -f '{{.DefaultRuntime}} {{json .Runtimes}}'
	has "ocirun"
	has "$OCIRUN"
}

# features: run, exit statuses
@test "docker run: output, input, exit status" {
	ok drun "$IMAGE" echo hello
	[ "$output" = hello ]
	take drun -i "$IMAGE" cat <<<"in"
	[ "$output" = "in" ]
	fails 9 drun "$IMAGE" sh -c 'exit 9'
}

# features: errors
@test "docker run: statuses 127, 126 and 128 by the error's text (CLIENTS rule 8)" {
	fails 127 drun "$IMAGE" no-such-program
	has "executable file not found"
	fails 127 drun "$IMAGE" /no/such
	has "no such file or directory"
	fails 126 drun "$IMAGE" /etc/no-program
	has "permission denied"
	mkdir -p "$SCRATCH/d"
	take drun -v "$SCRATCH/d:/etc/passwd" "$IMAGE" true
	[ "$status" = 127 ] || [ "$status" = 126 ] || [ "$status" = 125 ]
	has "ot a directory"
}

# features: -d, logs, exec
@test "docker run -d, ps, logs, exec, wait, rm" {
	up "$IMAGE" sh -c 'echo begun; while [ ! -e /stop ]; do sleep 0.05; done; exit 3'
	ok docker ps --format '{{.Names}} {{.Status}}'
	has "$NAME Up"
	wait_for sh -c "docker logs $NAME | grep -q begun"
	ok docker exec -u 1000 -w /tmp -e X=y "$NAME" sh -c 'id -u; pwd; echo $X'
	[ "$output" = $'1000\n/tmp\ny' ]
	fails 8 docker exec "$NAME" sh -c 'exit 8'
	take docker exec "$NAME" no-such-program # 126 before Docker 23
	[ "$status" = 127 ] || [ "$status" = 126 ]
	has "executable file not found"
	fails 126 docker exec "$NAME" /etc/no-program
	take docker exec -i "$NAME" cat <<<"in"
	[ "$output" = "in" ]
	ok docker exec -d "$NAME" touch /stop
	ok docker wait "$NAME"
	[ "$output" = 3 ]
	ok docker rm "$NAME"
}

# features: terminal, attach
# Without a new size: Docker's client gives up to pass one on after 50 ms.
@test "docker: a terminal for the container, and for a process in it; attach" {
	take person 'expect:/dev/pts/0' 'send:4\r' -- \
		docker run -it --name "$NAME" --network none "$IMAGE" sh -c 'tty; read status; exit $status'
	[ "$status" = 4 ] || { echo "$status: $output" >&2; return 1; }
	docker rm "$NAME"
	up "$IMAGE" sleep 1000
	take person 'expect:/dev/pts/0' 'send:6\r' -- \
		docker exec -it "$NAME" sh -c 'tty; read status; exit $status'
	[ "$status" = 6 ] || { echo "$status: $output" >&2; return 1; }
	docker rm -f "$NAME"
	ok docker run -d -i --name "$NAME" --network none "$IMAGE" sh -c 'read line; echo "got $line"; exit 8'
	take docker attach "$NAME" <<<word
	[ "$status" = 8 ]
	ok docker logs "$NAME" # the client may leave before it has shown it
	[ "$output" = "got word" ]
}

# features: update
@test "docker update: new limits, in the cgroup of the running container" {
	needs_controller memory
	up -m 64m --memory-swap 64m "$IMAGE" sleep 1000
	ok docker update -m 32m --memory-swap 32m --pids-limit 55 "$NAME"
	local pid
	pid=$(inspect .State.Pid)
	[ "$(group_file "$pid" memory memory.limit_in_bytes memory.max)" = 33554432 ]
	[ "$(group_file "$pid" pids pids.max)" = 55 ]
}

# features: namespaces of another container
@test "docker: pid and network of another container; a group namespace of its own and the host's" {
	up "$IMAGE" sleep 1000
	ok docker run --rm --network "container:$NAME" --pid "container:$NAME" "$IMAGE" sh -c 'readlink /proc/self/ns/net; ps -o args | grep sleep'
	has "$(readlink "/proc/$(inspect .State.Pid)/ns/net")"
	has "sleep 1000"
	ok drun --cgroupns private "$IMAGE" grep -c -v ':/$' /proc/self/cgroup || [ "$output" = 0 ]
	ok drun --cgroupns host "$IMAGE" cat /proc/self/cgroup
	has ocirun-docker
}

# features: stop, kill, restart, pause, top
@test "docker stop, kill, restart, pause, top" {
	up "$IMAGE" sh -c 'trap "exit 5" TERM; while :; do sleep 0.05; done'
	ok docker top "$NAME"
	has "trap"
	ok docker pause "$NAME"
	is_state paused
	ok docker unpause "$NAME"
	is_state running
	ok docker stop -t 10 "$NAME"
	[ "$(inspect .State.ExitCode)" = 5 ]
	ok docker start "$NAME"
	ok docker restart -t 0 "$NAME"
	is_state running
	ok docker kill -s KILL "$NAME"
	wait_for is_state exited
	[ "$(inspect .State.ExitCode)" = 137 ]
}

# features: limits, stats
@test "docker: limits are in the cgroup, stats sees them" {
	needs_controller memory
	up -m 64m --pids-limit 77 --cpus 0.5 --cpuset-cpus 0 "$IMAGE" sleep 1000
	local pid
	pid=$(inspect .State.Pid)
	[ "$(group_file "$pid" memory memory.limit_in_bytes memory.max)" = 67108864 ]
	[ "$(group_file "$pid" pids pids.max)" = 77 ]
	[[ $(group_file "$pid" cpu cpu.cfs_quota_us cpu.max) == 50000* ]]
	[ "$(group_file "$pid" cpuset cpuset.cpus)" = 0 ]
	ok docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' "$NAME"
	has "64MiB"
}

# features: out of memory
@test "docker: out of memory is told" {
	needs_controller memory
	up -m 16m "$IMAGE" sh -c 'x=0123456789abcdef; while :; do x=$x$x; done'
	ok docker wait "$NAME"
	[ "$output" = 137 ]
}

# features: volumes, tmpfs, read-only
@test "docker: binds, tmpfs, read-only, volumes" {
	mkdir -p "$SCRATCH/shared"
	ok drun -v "$SCRATCH/shared:/data" "$IMAGE" sh -c 'echo back >/data/new'
	[ "$(cat "$SCRATCH/shared/new")" = back ]
	take drun -v "$SCRATCH/shared:/data:ro" "$IMAGE" touch /data/x
	has "Read-only file system"
	ok drun --tmpfs /scratch:size=1m,mode=700 "$IMAGE" sh -c 'stat -c %a /scratch; grep " /scratch " /proc/mounts'
	[ "${lines[0]}" = 700 ]
	has size=1024k
	take drun --read-only "$IMAGE" touch /x
	has "Read-only file system"
	ok drun -v "v$BATS_TEST_NUMBER:/vol" "$IMAGE" sh -c 'echo kept >/vol/f'
	ok drun -v "v$BATS_TEST_NUMBER:/vol" "$IMAGE" cat /vol/f
	[ "$output" = kept ]
}

# features: capabilities, seccomp, no-new-privileges, privileged
@test "docker: capabilities, seccomp, no-new-privileges, privileged" {
	ok drun --cap-drop ALL --cap-add CHOWN "$IMAGE" grep CapPrm /proc/self/status
	[[ $output == *0000000000000001 ]]
	ok drun --security-opt seccomp=unconfined --security-opt no-new-privileges "$IMAGE" grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
	[ "$output" = $'NoNewPrivs:\t1\nSeccomp:\t0' ]
	ok drun "$IMAGE" grep Seccomp: /proc/self/status
	[[ $output == *2 ]]
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}' >"$SCRATCH/profile.json"
	take drun --security-opt "seccomp=$SCRATCH/profile.json" "$IMAGE" mkdir /x
	has "not permitted"
	ok drun --privileged "$IMAGE" sh -c 'ls /dev/full && grep Seccomp: /proc/self/status'
	[[ $output == *0 ]]
}

# features: user, hostname, no network, network of the host, pid and ipc of the host, devices, ulimit, sysctl
@test "docker: user, hostname, host namespaces, device, ulimit, sysctl" {
	ok drun -u user --group-add 2000 "$IMAGE" id -G
	[[ $output == "1000 "*2000* ]]
	ok drun --hostname box "$IMAGE" hostname
	[ "$output" = box ]
	ok docker run --rm --network host --pid host --ipc host --uts host "$IMAGE" sh -c 'for n in net pid ipc uts; do readlink /proc/self/ns/$n; done'
	[ "$output" = "$(for n in net pid ipc uts; do readlink /proc/self/ns/$n; done)" ]
	ok drun --device /dev/zero:/dev/nil "$IMAGE" stat -c %t:%T /dev/nil
	[ "$output" = 1:5 ]
	ok drun --ulimit nofile=100:200 "$IMAGE" sh -c 'ulimit -n; ulimit -Hn'
	[ "$output" = $'100\n200' ]
	ok drun --sysctl net.ipv4.ping_group_range="0 5" "$IMAGE" cat /proc/sys/net/ipv4/ping_group_range
	[[ $output =~ 0[[:space:]]+5 ]]
}

# features: --init
@test "docker: --init" {
	ok drun --init "$IMAGE" cat /proc/1/comm
	[[ $output == *init* || $output == tini* ]]
}

# features: health checks
@test "docker: a health check" {
	up --health-cmd 'test -e /tmp/well' --health-interval 100ms --health-retries 1 "$IMAGE" sleep 1000
	wait_for sh -c "docker inspect -f '{{.State.Health.Status}}' $NAME | grep -qx unhealthy"
	ok docker exec "$NAME" touch /tmp/well
	wait_for sh -c "docker inspect -f '{{.State.Health.Status}}' $NAME | grep -qx healthy"
}

# features: build
@test "docker build with RUN" {
	mkdir -p "$SCRATCH/build"
	printf 'FROM %s\nRUN echo built >/built\nCMD ["cat","/built"]\n' "$IMAGE" >"$SCRATCH/build/Dockerfile"
	ok docker build --network none -q -t built "$SCRATCH/build"
	ok drun built
	[ "$output" = built ]
}

# features: 20 starts at once
@test "docker: 20 starts at once" {
	local i pids=()
	for ((i = 0; i < 20; i++)); do
		drun "$IMAGE" sh -c "exit $i" 3>&- & pids+=($!)
	done
	end_as_numbered "${pids[@]}"
}
