#!/usr/bin/env bats
# What runc's own suite reads in a runtime's answers, where a row of ours does not show it elsewhere.

load lib

test_setup() { needs_root; }

@test "BAT-24 unified resources on a cgroup v1 host: invalid configuration" {
	[ ! -e /sys/fs/cgroup/cgroup.controllers ] || skip "cgroup v2"
	new_bundle true
	config '.linux.resources.unified = {"memory.min": "131072"}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "invalid configuration"
}

@test "BAT-39 an ambient capability that is not inheritable: a warning, and the container runs without" {
	new_bundle grep CapAmb /proc/self/status
	config '.process.capabilities.ambient = ["CAP_KILL", "CAP_CHOWN"]' '.process.capabilities.permitted += ["CAP_CHOWN", "CAP_KILL"]' \
		'.process.capabilities.inheritable = ["CAP_KILL"]'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	has "can't raise ambient capability CAP_CHOWN: "
	lacks "CAP_KILL"
	has "CapAmb:	0000000000000020"
	config '.process.capabilities.inheritable = []'
	run_ok ocirun run --bundle "$BUNDLE" "$ID" # as Buildah asks: one line tells of all
	has "can't raise ambient capability CAP_CHOWN, CAP_KILL: operation not permitted"
}
