#!/usr/bin/env bats
# ACC-08 Podman of an ordinary user, ocirun as its runtime. As root the tests drop to uid 1000 (as-user); by an ordinary
# user they run as that one, with the systemd cgroup driver where that user's systemd answers.

# shellcheck disable=SC2154,SC2016 # bats' variables; the inner shells'

load lib

setup_file() {
	scratch
	export OCIRUN_OF_USER=$SCRATCH/ocirun BASE=$SCRATCH/user
	chmod 755 "$SCRATCH"
	mkdir -p "$BASE"
	cp "$OCIRUN" "$OCIRUN_OF_USER"
	[ ! -e "${OCIRUN%/*}/ocirun-systemd" ] || cp "${OCIRUN%/*}/ocirun-systemd" "$SCRATCH/"
	make_rootfs "$SCRATCH/rootfs"
	tar -C "$SCRATCH/rootfs" -cf "$SCRATCH/image.tar" .
	[ "$(id -u)" != 0 ] || chown -R 1000:1000 "$BASE"
	export MANAGER=cgroupfs
	! systemctl --user show-environment >/dev/null 2>&1 || MANAGER=systemd
	configuration | in_shell 'mkdir -p .config/containers && cd .config/containers && sh -s'
	podman import -q "$SCRATCH/image.tar" "$IMAGE" >/dev/null
}
teardown_file() {
	podman pod rm -a -f -t 0 >/dev/null 2>&1
	podman rm -a -f -t 0 >/dev/null 2>&1
	podman unshare rm -rf "$BASE/graph" "$BASE/runroot" >/dev/null 2>&1
	end_pause
	rm -rf "$SCRATCH"
}
end_pause() { # the process that holds Podman's user namespace
	local file
	for file in "$BASE/tmp/pause.pid" "$BASE/run/libpod/tmp/pause.pid"; do
		[ ! -s "$file" ] || kill "$(cat "$file")"
	done
}
teardown() { podman rm -f -t 0 "c$BATS_TEST_NUMBER" "d$BATS_TEST_NUMBER" >/dev/null 2>&1 || true; }

# A login of that user: its home, and a directory for its session.
login() {
	local session=$BASE/home/session
	[ "$MANAGER" != systemd ] || session=$XDG_RUNTIME_DIR
	if [ "$(id -u)" = 0 ]; then
		"$BATS_TEST_DIRNAME/../integration/as-user" "$BASE" "$@"
	else
		mkdir -p "$BASE/home/session" && chmod 700 "$BASE/home/session" && cd "$BASE/home" && env HOME="$BASE/home" XDG_RUNTIME_DIR="$session" "$@"
	fi
}
in_shell() { login sh -c "$1"; }
podman() { login podman "$@"; }

configuration() { # the script that writes it
	cat <<-END
		cat >containers.conf <<-EOF
			[containers]
			default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]
			[engine]
			cgroup_manager = "$MANAGER"
			events_logger = "file"
			runtime = "ocirun"
			runtime_supports_json = ["ocirun"]
			runtime_supports_nocgroups = ["ocirun"]
			tmp_dir = "$BASE/tmp"
			[engine.runtimes]
			ocirun = ["$OCIRUN_OF_USER"]
		EOF
		cat >storage.conf <<-EOF
			[storage]
			driver = "vfs"
			graphroot = "$BASE/graph"
			runroot = "$BASE/runroot"
		EOF
		echo '{"default": [{"type": "insecureAcceptAnything"}]}' >policy.json
	END
}

prun() { podman run --rm --network none "$@"; }
up() { # [OPTIONS...] IMAGE CMD...
	NAME=c$BATS_TEST_NUMBER
	ok podman run -d --name "$NAME" --network none "$@"
}
pid() { podman inspect -f '{{.State.Pid}}' "$NAME"; }
own() { login id "$1"; } # -u, -g

@test "podman info: rootless, with ocirun" {
	ok podman info -f '{{.Host.Security.Rootless}} {{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Version}}'
	has "true ocirun"
	has "spec: 1.3.0"
}

@test "rootless podman run: ids, output, input, exit status, programs that are none" {
	ok prun "$IMAGE" sh -c 'id -u; cat /proc/self/uid_map'
	[ "${lines[-3]}" = 0 ]
	[ "$(xargs <<<"${lines[-2]}")" = "0 $(own -u) 1" ]
	ok prun -u 1000 "$IMAGE" id -u
	[ "${lines[-1]}" = 1000 ]
	take prun -i "$IMAGE" cat <<<"through stdin"
	[ "${lines[-1]}" = "through stdin" ]
	fails 7 prun "$IMAGE" sh -c 'exit 7'
	fails 127 prun "$IMAGE" no-such-program
	fails 126 prun "$IMAGE" /etc/no-program
}

@test "rootless podman run -d, ps, exec, logs, stop, wait, inspect, rm" {
	up "$IMAGE" sh -c 'trap "echo ended; exit 3" TERM; echo begun; while :; do sleep 0.05; done'
	ok podman ps --format '{{.Names}} {{.Status}}'
	has "$NAME Up"
	ok podman exec "$NAME" sh -c 'echo inside; id -u'
	has inside
	fails 9 podman exec "$NAME" sh -c 'exit 9'
	ok podman exec -u 1000:1000 -w /tmp -e X=y "$NAME" sh -c 'id -u; pwd; echo $X'
	has $'1000\n/tmp\ny'
	ok podman exec -d "$NAME" touch /tmp/detached
	wait_for podman exec "$NAME" ls /tmp/detached
	ok podman stop -t 20 "$NAME"
	ok podman inspect -f '{{.State.Status}} {{.State.ExitCode}}' "$NAME"
	has "exited 3"
	ok podman logs "$NAME"
	has $'begun\nended'
	ok podman start "$NAME"
	ok podman kill "$NAME"
	ok podman wait "$NAME"
	has 137
	ok podman rm "$NAME"
}

@test "rootless podman: owners of volumes, keep-id, tmpfs, read-only" {
	in_shell 'mkdir -p shared && echo from-host >shared/file'
	ok prun -v "$BASE/home/shared:/data" "$IMAGE" sh -c 'cat /data/file; echo back >/data/new; stat -c %u /data/file'
	has $'from-host\n0'
	[ "$(stat -c %u "$BASE/home/shared/new")" = "$(own -u)" ]
	# another user of the container is a subordinate id outside
	ok prun -v "$BASE/home/shared:/data" "$IMAGE" sh -c 'chmod 777 /data; chown 5:5 /data/new'
	[ "$(stat -c %u "$BASE/home/shared/new")" -gt 65535 ]
	ok prun --userns keep-id -v "$BASE/home/shared:/data" "$IMAGE" sh -c 'id -u; stat -c %u /data/file'
	[ "${lines[-1]}" = "$(own -u)" ]
	ok prun --tmpfs /scratch:size=1m,mode=700 "$IMAGE" grep " /scratch " /proc/mounts
	has "size=1024k"
	take prun --read-only "$IMAGE" touch /x
	has "Read-only file system"
}

@test "rootless podman: capabilities, seccomp, no-new-privileges; what an ordinary user may not" {
	ok prun "$IMAGE" grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
	has $'NoNewPrivs:\t0\nSeccomp:\t2'
	ok prun --cap-drop all --security-opt no-new-privileges "$IMAGE" grep -E '^(CapEff|NoNewPrivs)' /proc/self/status
	has $'0000000000000000\nNoNewPrivs:\t1'
	take prun --privileged "$IMAGE" sh -c 'mknod /tmp/d b 8 0; echo 1 >/proc/sys/kernel/panic; ls /dev/null'
	has "/tmp/d: Operation not permitted"
	has "/proc/sys/kernel/panic: Permission denied"
	has /dev/null
}

@test "rootless podman: a pod shares its namespaces" {
	local pod=p$BATS_TEST_NUMBER
	ok podman pod create --name "$pod" --network none --hostname podbox --infra-image "$IMAGE" --infra-command "/bin/sleep 1000"
	ok podman run -d --name "c$BATS_TEST_NUMBER" --pod "$pod" "$IMAGE" sleep 1000
	ok podman run --rm --pod "$pod" "$IMAGE" sh -c 'hostname; readlink /proc/self/ns/net; readlink /proc/self/ns/ipc'
	has podbox
	local net=${lines[-2]} ipc=${lines[-1]}
	ok podman exec "c$BATS_TEST_NUMBER" sh -c 'readlink /proc/self/ns/net; readlink /proc/self/ns/ipc'
	has "$net"
	has "$ipc"
	ok podman pod stop -t 0 "$pod"
	wait_for podman pod rm -f "$pod"
}

@test "rootless podman build with RUN, as root and as another user" {
	in_shell "mkdir -p build && printf 'FROM %s\nRUN echo built >/built && id -u\nUSER 1000\nRUN id -u >/tmp/who\nCMD [\"cat\",\"/built\",\"/tmp/who\"]\n' $IMAGE >build/Containerfile"
	ok podman build --isolation oci --network none -q -t built "$BASE/home/build"
	ok prun built
	has $'built\n1000'
	in_shell "printf 'FROM %s\nRUN exit 42\n' $IMAGE >build/Containerfile"
	take podman build --isolation oci --network none -q "$BASE/home/build"
	[ "$status" -ne 0 ]
	has 42
}

@test "rootless podman: limits stand in the delegated cgroup, pause and unpause, stats" {
	[ "$MANAGER" = systemd ] || skip "no systemd of this user's, so no cgroup is delegated"
	up --memory 64m --pids-limit 77 "$IMAGE" sleep 1000
	local group
	group=/sys/fs/cgroup$(cut -d: -f3 "/proc/$(pid)/cgroup")
	[[ $group == *user@*.service/* ]]
	[ "$(cat "$group/memory.max")" = 67108864 ]
	[ "$(cat "$group/pids.max")" = 77 ]
	ok podman pause "$NAME"
	ok podman inspect -f '{{.State.Status}}' "$NAME"
	has paused
	ok podman unpause "$NAME"
	ok podman stats --no-stream --format '{{.Name}} {{.PIDs}}' "$NAME"
	has "$NAME 1"
}

@test "rootless podman: ten at once, rm -f leaves no process" {
	local i pids=()
	for i in 0 1 2 3 4 5 6 7 8 9; do prun "$IMAGE" sh -c "exit $i" & pids+=($!); done
	for i in 0 1 2 3 4 5 6 7 8 9; do
		local got=0
		wait "${pids[i]}" || got=$?
		[ "$got" = "$i" ]
	done
	up "$IMAGE" sleep 1000
	local pid
	pid=$(pid)
	ok podman rm -f -t 0 "$NAME"
	[ ! -e "/proc/$pid" ] || grep -q '^State:.Z' "/proc/$pid/status"
}
