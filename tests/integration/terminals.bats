#!/usr/bin/env bats
# Terminals: a person's, a manager's, and none. terminal.c plays the other side.
load lib

setup_file() {
	cc -O1 -static -o "$BATS_FILE_TMPDIR/terminal" "$BATS_TEST_DIRNAME/terminal.c"
}

test_setup() {
	needs_root
	T=$BATS_FILE_TMPDIR/terminal
	new_bundle
	config '.process.terminal = true'
	cp "$T" "$BUNDLE/rootfs/bin/terminal"
	ln -sf busybox "$BUNDLE/rootfs/bin/stty"
}

# A person runs the container: STEP... of terminal.c
human() { run timeout 60 "$T" human "$@" -- "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"; }

@test "RUN-14 RUN-15 PRO-08 a person: raw while it runs, its size is the terminal's, a new size arrives" {
	set_args sh -c 'stty size; trap "stty size; exit 7" WINCH; echo ready; while :; do sleep 0.05; done'
	human 'expect:24 80' raw expect:ready size:33x99 'expect:33 99'
	[ "$status" = 7 ]
}
