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

# features: run, exit statuses
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
