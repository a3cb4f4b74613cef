#!/usr/bin/env bats
# Buildah with ocirun: it polls state, kills without naming a signal and deletes without --force. It asks for ambient
# capabilities that it does not let be inherited: a line on standard error tells of them (BAT-39).

load lib
load podman

setup_file() { podman_start; }
teardown_file() { podman_end; }
setup() { CONTAINER=$(b from "$IMAGE"); }
teardown() { b rm "$CONTAINER" >/dev/null; }

b() { buildah "$@"; }
brun() { buildah run --runtime "$OCIRUN" --isolation oci --network none "$@"; }

# features: run, exit statuses, errors
@test "buildah run: output, input, exit status" {
	ok brun "$CONTAINER" -- echo hello
	[ "${lines[-1]}" = hello ]
	take brun "$CONTAINER" -- cat <<<"in"
	[ "${lines[-1]}" = "in" ]
	fails 6 brun "$CONTAINER" -- sh -c 'exit 6'
	fails 1 brun "$CONTAINER" -- no-such-program
	has "executable file not found"
}

# features: volumes, user, capabilities, hostname
@test "buildah run: mount, user, capabilities, hostname, directory" {
	mkdir -p "$SCRATCH/shared"
	echo host >"$SCRATCH/shared/f"
	ok brun -v "$SCRATCH/shared:/data:ro" --workingdir /data "$CONTAINER" -- cat f
	[ "${lines[-1]}" = host ]
	ok brun --user 1000 --hostname box --cap-add CAP_SYS_TIME "$CONTAINER" -- sh -c 'id -u; hostname'
	[ "$output" = $'1000\nbox' ]
	ok brun "$CONTAINER" -- touch /made
	ok brun "$CONTAINER" -- ls /made
}

# features: tmpfs, no network, network of the host, terminal
@test "buildah run: tmpfs, networks, a terminal" {
	ok brun --mount type=tmpfs,destination=/scratch,tmpfs-size=1048576 "$CONTAINER" -- grep " /scratch " /proc/mounts
	has "size=1024k"
	ok brun "$CONTAINER" -- readlink /proc/self/ns/net
	[ "${lines[-1]}" != "$(readlink /proc/self/ns/net)" ]
	ok buildah run --runtime "$OCIRUN" --isolation oci --network host "$CONTAINER" -- readlink /proc/self/ns/net
	[ "${lines[-1]}" = "$(readlink /proc/self/ns/net)" ]
	take person 'expect:/dev/pts/0' 'send:4\r' -- buildah run -t --runtime "$OCIRUN" --isolation oci --network none \
		"$CONTAINER" -- sh -c 'tty; read status; exit $status'
	[ "$status" = 4 ] || { echo "$status: $output" >&2; return 1; }
}

# features: ulimit, devices, seccomp, limits
@test "buildah: what a container is begun with: ulimit, device, seccomp profile, memory" {
	needs_controller memory
	local made
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}' >"$SCRATCH/profile.json"
	made=$(buildah from --ulimit nofile=100:200 --device /dev/zero:/dev/nil:rw --security-opt "seccomp=$SCRATCH/profile.json" --memory 64m "$IMAGE")
	ok brun "$made" -- sh -c 'ulimit -n; stat -c %t:%T /dev/nil; mkdir /x; cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes || cat memory.max'
	buildah rm "$made" >/dev/null
	has $'100\n1:5\n'
	has "Permission denied"
	has 67108864
}

# features: 20 starts at once
@test "buildah run: 20 at once in one container" {
	local i pids=()
	for ((i = 0; i < 20; i++)); do
		brun "$CONTAINER" -- sh -c "exit $i" 3>&- & pids+=($!)
	done
	end_as_numbered "${pids[@]}"
}

# features: build
@test "buildah build with RUN, as another user" {
	mkdir -p "$SCRATCH/build"
	printf 'FROM %s\nRUN echo built >/built\nUSER user\nRUN id -un >/tmp/who\n' "$IMAGE" >"$SCRATCH/build/Containerfile"
	ok buildah build --runtime "$OCIRUN" --isolation oci --network none -q -t made "$SCRATCH/build"
	local made
	made=$(buildah from made)
	ok brun "$made" -- cat /built /tmp/who
	[ "$output" = $'built\nuser' ]
	buildah rm "$made" >/dev/null
}
