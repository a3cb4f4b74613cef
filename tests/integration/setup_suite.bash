# Once around the whole suite: the host is left as it was found (mounts, cgroups, processes of ours).

snapshot() {
	cut -d' ' -f4- /proc/self/mountinfo
	# the upper levels, and anything of ours at any depth: other programs' groups come and go below theirs
	find /sys/fs/cgroup -maxdepth 2 -type d ! -path '*/ocirun-*' | sort
	find /sys/fs/cgroup -type d -path "*/$OCIRUN_TEST_GROUP*"
	pgrep -r R,S,D,T -a ociinit || test $? -eq 1
}

setup_suite() {
	export OCIRUN_TEST_GROUP=ocirun-test-$$ # of this run: several may go on at once
	export OCIRUN_TEST_SLICE=ocirun_test_$$
	snapshot >"$BATS_SUITE_TMPDIR/host-before"
}

teardown_suite() {
	# the tests' common parent group, which runtimes leave; it must be empty
	find /sys/fs/cgroup -type d -name "$OCIRUN_TEST_GROUP" | while read -r group; do rmdir "$group"; done
	if [ "${OCIRUN_TEST_DRIVER:-cgroupfs}" = systemd ]; then
		# the slice stays when its last scope has gone
		if [ $EUID = 0 ]; then systemctl stop "$OCIRUN_TEST_SLICE.slice"; else systemctl --user stop "$OCIRUN_TEST_SLICE.slice"; fi
	fi
	snapshot >"$BATS_SUITE_TMPDIR/host-after"
	diff "$BATS_SUITE_TMPDIR/host-before" "$BATS_SUITE_TMPDIR/host-after" >&2 || {
		echo "the suite has changed the host" >&2
		return 1
	}
}
