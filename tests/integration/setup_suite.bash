# Once around the whole suite: the host is left as it was found (mounts, cgroups, processes of ours).

snapshot() {
	cut -d' ' -f4- /proc/self/mountinfo
	# the upper levels, and anything of ours at any depth: other programs' groups come and go below theirs
	find /sys/fs/cgroup -maxdepth 2 -type d | sort
	find /sys/fs/cgroup -type d -path '*ocirun*' | sort
	pgrep -a ociinit || test $? -eq 1
}

setup_suite() {
	snapshot >"$BATS_SUITE_TMPDIR/host-before"
}

teardown_suite() {
	# the tests' common parent group, which runtimes leave
	find /sys/fs/cgroup -type d -name ocirun-test | while read -r group; do rmdir "$group"; done
	snapshot >"$BATS_SUITE_TMPDIR/host-after"
	diff "$BATS_SUITE_TMPDIR/host-before" "$BATS_SUITE_TMPDIR/host-after" >&2 || {
		echo "the suite has changed the host" >&2
		return 1
	}
}
