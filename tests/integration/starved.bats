# Too little of something: files, processes, memory, space. Either it works, or one line says what is missing,
# and nothing stays.

load lib

test_setup() { needs_root; new_bundle echo begun; }

refused() { # WORD
	[ "$status" = 1 ] || { echo "status $status: $output" >&2; return 1; }
	has "$1"
	[ "${#lines[@]}" = 1 ]
	[ ! -e "$ROOT/$ID" ]
}

@test "a file size limit of 0 is an error, not a death, and the program gets its own signal back" {
	run bash -c "ulimit -f 0; exec '$OCIRUN' --root '$ROOT' run -b '$BUNDLE' '$ID' 2>&1 | cat"
	has "file too large"
	[ ! -e "$ROOT/$ID" ]
	set_args sh -c 'grep SigIgn /proc/self/status'
	run_ok ocirun run -b "$BUNDLE" "$ID"
	[ $((0x${output##*[[:space:]]} & 1 << 24)) = 0 ] # SIGXFSZ
}

@test "twenty descriptors are enough, or the error says that they are too few" {
	run bash -c "ulimit -Sn 20; exec '$OCIRUN' --root '$ROOT' run -b '$BUNDLE' '$ID'"
	[ "$status" = 0 ] || refused "too many open files"
}

@test "a state root without space" {
	needs_root
	run unshare -m --propagation private bash -c "mkdir '$DIR/full'; mount -t tmpfs -o size=4k tmpfs '$DIR/full' && : >'$DIR/full/x' &&
		dd if=/dev/zero of='$DIR/full/x' bs=4k count=1 2>/dev/null; '$OCIRUN' --root '$DIR/full/s' run -b '$BUNDLE' '$ID'"
	refused "no space left on device"
}

@test "a read-only state root" {
	needs_root
	run unshare -m --propagation private bash -c "mkdir '$DIR/ro'; mount -t tmpfs -o ro tmpfs '$DIR/ro';
		'$OCIRUN' --root '$DIR/ro' run -b '$BUNDLE' '$ID'"
	refused "read-only file system"
}

@test "a limit of one process starts a program that needs no more" {
	needs_root
	[ -e /sys/fs/cgroup/pids ] || grep -qs pids /sys/fs/cgroup/cgroup.controllers || skip "no pids controller"
	config '.linux.resources.pids = {limit: 1} | .hooks = {createContainer: [{path: "/bin/true"}]}'
	run_ok ocirun run -b "$BUNDLE" "$ID"
	has begun
}
