#!/usr/bin/env bats
# Control groups: where the group is, and each limit as the kernel has it (rows CGR, LIM). The same tests on
# cgroup v1, hybrid and v2; what a host has no controller for is skipped, and the reason says so.

load lib
load cgroup

test_setup() { needs_limits; new_bundle sleep 100; }

with() { # RESOURCES...: a container that has them
	config ".linux.resources = ($1)"
	create
}

again() { ocirun delete -f "$ID"; }

groups_left() { find /sys/fs/cgroup -type d -path "*$CGROUP*"; }

# ---- the group ----

@test "CGR-01 an absolute path counts from the mount's root, cleaned as text" {
	needs_cgroupfs
	config ".linux.cgroupsPath = \"//$OCIRUN_TEST_GROUP/x/.././$ID\""
	create
	local line
	while IFS=: read -r _ controllers line; do
		[ "$line" = "$CGROUP" ] || { v2 || [ -z "$controllers" ] || [ "$line" = "$CGROUP" ]; }
	done <"/proc/$(pid_of)/cgroup"
	[ -n "$(groups_left)" ]
	ocirun delete -f "$ID"
	[ -z "$(groups_left)" ]
}

@test "CGR-01 CGR-02 a relative path, and none, begin at the runtime's own group" {
	needs_cgroupfs
	local own pid path
	for path in "$ID-relative" ""; do
		config "if \"$path\" == \"\" then del(.linux.cgroupsPath) else .linux.cgroupsPath = \"$path\" end"
		create
		pid=$(pid_of)
		while IFS=: read -r _ controllers own; do
			# v2 forbids groups below one with processes: there it is a neighbour
			if v2; then own=$(dirname "$own"); fi
			grep -qxF "$(grep ":$controllers:" "/proc/$pid/cgroup" | cut -d: -f1,2):${own%/}/${path:-$ID}" "/proc/$pid/cgroup"
		done < <(if v2; then grep '^0::' /proc/self/cgroup; else grep -E ':(memory|pids|cpu):' /proc/self/cgroup; fi)
		again
	done
}

@test "CGR-01 a path never leaves the mount" {
	needs_cgroupfs
	config ".linux.cgroupsPath = \"/../../../$OCIRUN_TEST_GROUP/$ID\""
	create
	[ -n "$(groups_left)" ]
	grep -q ":$CGROUP\$" "/proc/$(pid_of)/cgroup"
}

@test "CGR-11 CGR-01 v2: controllers are enabled on the way down to a nested group; delete removes it" {
	needs_cgroupfs
	v2 || skip "cgroup v1 has no controllers to enable"
	needs_controller memory pids
	config ".linux.cgroupsPath = \"$CGROUP/a/b\"" '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 50}}'
	create
	local dir
	for dir in "/$OCIRUN_TEST_GROUP" "$CGROUP" "$CGROUP/a"; do
		grep -qw memory "/sys/fs/cgroup$dir/cgroup.subtree_control"
		grep -qw pids "/sys/fs/cgroup$dir/cgroup.subtree_control"
	done
	[ "$(cat "/sys/fs/cgroup$CGROUP/a/b/memory.max" "/sys/fs/cgroup$CGROUP/a/b/pids.max")" = $'67108864\n50' ]
	ocirun delete -f "$ID"
	[ ! -e "/sys/fs/cgroup$CGROUP/a/b" ]
	rmdir "/sys/fs/cgroup$CGROUP/a" "/sys/fs/cgroup$CGROUP"
}

@test "CGR-13 PKG-21 every hierarchy of the host is joined, v2 beside v1 too" {
	create
	local line count=0
	while IFS=: read -r _ controllers line; do
		if [ -n "$controllers" ] && ! awk '{print $1}' /proc/cgroups | grep -qxF "${controllers%%,*}" &&
			[ ! -d "/sys/fs/cgroup/${controllers#name=}" ]; then continue; fi
		# a v2 view of a host whose controllers are with v1
		if [ -n "$controllers" ] && v2; then continue; fi
		if [ -z "$controllers" ] && ! v2 && [ ! -d /sys/fs/cgroup/unified ]; then continue; fi
		[ "$line" = "$CGROUP" ] || { echo "$controllers: $line" >&2; return 1; }
		count=$((count + 1))
	done <"/proc/$(pid_of)/cgroup"
	[ "$count" -gt 0 ]
}

@test "v2: the container is born in its group, nothing waits for a write to cgroup.procs" {
	needs_cgroupfs # systemd moves the shim into its scope
	v2 || skip "cgroup v1: tasks by the shim"
	command -v strace >/dev/null || skip "no strace"
	set_args true
	strace -f -o "$DIR/trace" -e trace=clone3,openat "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	grep -q 'clone3.*CLONE_INTO_CGROUP' "$DIR/trace"
	run_fail grep -E 'cgroup.procs", O_(WRONLY|RDWR)' "$DIR/trace"
}

@test "v2: a group with a cgroup namespace of its own, mounted, shows itself as the root" {
	v2 || skip "not a pure cgroup v2 host"
	config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])' \
		'.mounts |= (map(select(.destination != "/sys/fs/cgroup")) + [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "ro"]}])'
	set_args sh -c 'grep ^0:: /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs; mkdir /sys/fs/cgroup/x'
	run ocirun run --bundle "$BUNDLE" "$ID"
	[ "${lines[0]}" = "0::/" ]
	[ "${lines[1]}" = 1 ]
	has "Read-only file system"
}

# ---- devices ----

# 120 and 121 are the kernel's numbers for local use: nothing answers, so that an open that the rules let
# through ends in ENXIO, and any other in EPERM.
in_device_container() { # RULES SCRIPT
	needs_device_rules
	config ".linux.resources.devices = $1" '.root.readonly = false' \
		'.process.capabilities |= with_entries(.value += ["CAP_MKNOD"])'
	set_args sh -c "cd /tmp
		try() { (eval \"\$2\") 2>&1 | grep -q 'No such device or address' && echo \"\$1 yes\" || echo \"\$1 no\"; }
		mknod c7 c 120 7; mknod c8 c 120 8; mknod d33 c 121 33; mknod b1 b 120 1
		$2"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
}
needs_device_rules() { needs_root; v2 || [ -e /sys/fs/cgroup/devices/cgroup.procs ] || skip "no devices controller in cgroup v1 here"; }

@test "LIM-01 LIM-02 LIM-03 LIM-04 device rules: type, number, wildcard and access hold at open" {
	in_device_container '[{allow: false, access: "rwm"}, {allow: true, type: "c", major: 120, minor: 7, access: "r"},
		{allow: true, type: "c", major: 121, access: "rw"}, {allow: true, type: "b", major: 120, minor: 1, access: "w"}]' \
		'try c7r "cat <c7"; try c7w "echo >c7"; try c8r "cat <c8"; try d33r "cat <d33"; try d33w "echo >d33"
		try b1r "cat <b1"; try b1w "echo >b1"'
	[ "$output" = $'c7r yes\nc7w no\nc8r no\nd33r yes\nd33w yes\nb1r no\nb1w yes' ]
}

@test "LIM-01 the last rule that matches wins; v1, which cannot hold it, says so" {
	if ! v2; then
		config '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 120, access: "rw"},
			{allow: false, type: "c", major: 120, minor: 8, access: "rw"}]'
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has "/linux/resources/devices/2: cgroup v1 cannot make an exception"
		return
	fi
	in_device_container '[{allow: false, access: "rwm"}, {allow: true, type: "c", major: 120, access: "rw"},
		{allow: false, type: "c", major: 120, minor: 8, access: "rw"}]' \
		'try c7r "cat <c7"; try c8r "cat <c8"'
	[ "$output" = $'c7r yes\nc8r no' ]
}

@test "LIM-01 LIM-06 random lists of rules hold as a model has them (tests/faults/device-rules runs 500)" {
	needs_cgroupfs # its containers are of its own
	needs_device_rules
	command -v python3 >/dev/null || skip "no python3"
	command -v cc >/dev/null || skip "no compiler"
	run_ok "$BATS_TEST_DIRNAME/../faults/device-rules" "$OCIRUN" 30 7
	has " 0 wrong"
}

@test "LIM-01 v1: a wider rule takes back narrower ones, and what two rules allow is allowed together" {
	in_device_container '[{allow: false, access: "rwm"}, {allow: true, type: "c", major: 120, minor: 7, access: "rw"},
		{allow: false, type: "c", major: 120, access: "w"}, {allow: true, type: "c", minor: 8, access: "r"},
		{allow: true, type: "c", major: 120, minor: 8, access: "w"}]' \
		'try c7r "cat <c7"; try c7w "echo >c7"; try c8b "exec 3<>c8"'
	[ "$output" = $'c7r yes\nc7w no\nc8b yes' ]
}

@test "LIM-05 v1 refuses a list in which the default devices could not be excepted" {
	! v2 || skip "cgroup v2 can hold it"
	needs_device_rules
	config '.linux.resources.devices = [{allow: true, access: "rwm"}, {allow: false, type: "c", major: 1, access: "rwm"}]'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "cgroup v1 cannot make exceptions for the default devices"
}

@test "LIM-01 a rule that allows all" {
	in_device_container '[{allow: true, access: "rwm"}]' 'try c7r "cat <c7"; try b1w "echo >b1"'
	[ "$output" = $'c7r yes\nb1w yes' ]
}

@test "LIM-04 a rule without access" {
	config '.linux.resources.devices = [{allow: true, type: "c", major: 1, minor: 3, access: ""}]'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "/linux/resources/devices/0"
	has "device access at 0 field cannot be empty"
}

@test "LIM-05 the default devices work whatever the rules, and any node may be made" {
	in_device_container '[{allow: false, access: "rwm"}]' 'echo x >/dev/null && head -c 2 /dev/zero | wc -c
		head -c 2 /dev/urandom | wc -c; mknod n c 1 3 && echo made; echo x >/dev/full || echo full; try c7r "cat <c7"'
	has $'2\n2\nmade'
	has full
	has "c7r no"
}

# ---- memory ----

@test "LIM-07 memory.limit, and -1" {
	needs_controller memory
	with '{memory: {limit: 67108864}}'
	value memory memory.limit_in_bytes memory.max 67108864 67108864
	again
	with '{memory: {limit: -1}}'
	value memory memory.limit_in_bytes memory.max 9223372036854771712 max
}

@test "LIM-08 memory.reservation" {
	needs_controller memory
	with '{memory: {limit: 67108864, reservation: 33554432}}'
	value memory memory.soft_limit_in_bytes memory.low 33554432 33554432
}

@test "LIM-09 memory.swap: with memory in v1, alone in v2" {
	needs_controller memory
	kernel_has memory memory.memsw.limit_in_bytes memory.swap.max || skip "this kernel does not count swap"
	with '{memory: {limit: 67108864, swap: 100663296}}'
	value memory memory.memsw.limit_in_bytes memory.swap.max 100663296 33554432
	again
	with '{memory: {limit: 67108864, swap: 67108864}}'
	value memory memory.memsw.limit_in_bytes memory.swap.max 67108864 0
	again
	with '{memory: {limit: 67108864, swap: -1}}'
	value memory memory.memsw.limit_in_bytes memory.swap.max 9223372036854771712 max
}

@test "LIM-09 memory.swap below the limit" {
	needs_controller memory
	config '.linux.resources.memory = {limit: 67108864, swap: 67108863}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "memory+swap limit should be >= memory limit"
}

@test "LIM-07 BAT-23 a program above its memory limit is killed, and the group counts it" {
	needs_controller memory
	# init stays: with it systemd would take the group away, and the count in it
	set_args sh -c '(exec dd if=/dev/zero of=/dev/null bs=100M count=1); echo status $?; sleep 100'
	with '{memory: {limit: 33554432, swap: 33554432}}' 2>/dev/null || with '{memory: {limit: 33554432}}'
	ocirun start "$ID"
	wait_for grep -qx "status 137" "$DIR/out"
	local file=memory.oom_control
	if v2; then file=memory.events; fi
	[ "$(awk '$1 == "oom_kill" {print $2}' "$(group memory)/$file")" -ge 1 ]
}

@test "LIM-12 LIM-13 LIM-14 swappiness, disableOOMKiller and useHierarchy: v1 has the first two, v2 none" {
	needs_controller memory
	with '{memory: {limit: 67108864, swappiness: 20, disableOOMKiller: true, useHierarchy: false}}'
	if v2; then
		[ "$(cat "$(group)/memory.max")" = 67108864 ]
		[ "$(cat "$(group)/memory.swappiness" 2>/dev/null || echo none)" = none ]
		return
	fi
	value memory memory.swappiness - 20 -
	grep -qx "oom_kill_disable 1" "$(group memory)/memory.oom_control"
	[ "$(cat "$(group memory)/memory.use_hierarchy")" = 1 ]
	again
	with '{memory: {disableOOMKiller: false}}'
	grep -qx "oom_kill_disable 0" "$(group memory)/memory.oom_control"
}

@test "LIM-12 a swappiness that no kernel takes" {
	config '.linux.resources.memory.swappiness = 300'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "/linux/resources/memory/swappiness"
}

# ---- cpu, cpuset, pids ----

@test "LIM-16 cpu.shares; v2: the curve through 2, 1024 and 262144" {
	needs_controller cpu
	local shares weight
	while read -r shares weight; do
		with "{cpu: {shares: $shares}}"
		value cpu cpu.shares cpu.weight "$shares" "$weight"
		again
	done <<-'E'
		2 1
		512 59
		1024 100
		262144 10000
	E
}

@test "LIM-17 LIM-18 cpu.quota and cpu.period" {
	needs_controller cpu
	with '{cpu: {quota: 50000, period: 200000}}'
	value cpu cpu.cfs_quota_us cpu.max 50000 "50000 200000"
	value cpu cpu.cfs_period_us cpu.max 200000 "50000 200000"
	again
	with '{cpu: {quota: -1, period: 200000}}'
	value cpu cpu.cfs_quota_us cpu.max -1 "max 200000"
	again
	with '{cpu: {quota: 20000}}'
	value cpu cpu.cfs_quota_us cpu.max 20000 "20000 100000"
}

@test "LIM-19 cpu.burst, or an error that names it" {
	needs_controller cpu
	config '.linux.resources.cpu = {quota: 50000, period: 100000, burst: 20000}'
	if kernel_has cpu cpu.cfs_burst_us cpu.max.burst; then
		create
		value cpu cpu.cfs_burst_us cpu.max.burst 20000 20000
	else
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has "/linux/resources/cpu/burst"
		has 5.14
	fi
}

@test "LIM-22 LIM-23 cpuset.cpus and cpuset.mems" {
	needs_controller cpuset
	with '{cpu: {cpus: "0", mems: "0"}}'
	value cpuset cpuset.cpus cpuset.cpus 0 0
	value cpuset cpuset.mems cpuset.mems 0 0
	[ "$(awk '/^Cpus_allowed_list/ {print $2}' "/proc/$(pid_of)/status")" = 0 ]
}

@test "LIM-24 cpu.idle, or an error that names it" {
	needs_controller cpu
	config '.linux.resources.cpu = {idle: 1}'
	if kernel_has cpu cpu.idle cpu.idle; then
		create
		value cpu cpu.idle cpu.idle 1 1
	else
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has "/linux/resources/cpu/idle"
		has 5.15
	fi
}

@test "LIM-25 pids.limit: a number, 0 and -1" {
	needs_controller pids
	local limit wanted
	while read -r limit wanted; do
		with "{pids: {limit: $limit}}"
		value pids pids.max pids.max "$wanted" "$wanted"
		again
	done <<-'E'
		33 33
		0 1
		-1 max
	E
}

@test "LIM-25 the limit of processes holds" {
	needs_controller pids
	config '.linux.resources.pids.limit = 4'
	set_args sh -c 'for i in 1 2 3 4 5 6; do sleep 5 & done; wait'
	run ocirun run --bundle "$BUNDLE" "$ID"
	has "can't fork"
}

# ---- unified ----

@test "LIM-39 unified: files by their names, lines one by one" {
	if ! v2; then
		config '.linux.resources.unified = {"pids.max": "33"}'
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has "/linux/resources/unified"
		return
	fi
	needs_controller memory pids
	with '{unified: {"memory.high": "104857600", "pids.max": "33", "memory.oom.group": "1"}}'
	[ "$(cd "$(group)" && cat memory.high pids.max memory.oom.group)" = $'104857600\n33\n1' ]
}

@test "LIM-39 unified: an unknown controller, a path, a missing file" {
	v2 || skip "cgroup v1: refused as a whole"
	config '.linux.resources.unified = {"nothing.max": "1"}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has 'unified resource "nothing.max" can'\''t be set: controller "nothing" not available'
	config '.linux.resources.unified = {"../pids.max": "1"}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has unified
	config '.linux.resources.unified = {"cgroup.nothing": "1"}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has cgroup.nothing
	[ -z "$(groups_left)" ]
}

@test "CGR-14 oom.group by unified: one is killed, and all of the container are" {
	v2 || skip "cgroup v1 has no oom groups"
	needs_controller memory
	set_args sh -c 'sleep 100 & x=$(tr "\0" x </dev/zero | head -c 80000000); sleep 100; :'
	with '{memory: {limit: 33554432, swap: 33554432}, unified: {"memory.oom.group": "1"}}' 2>/dev/null ||
		with '{memory: {limit: 33554432}, unified: {"memory.oom.group": "1"}}'
	[ "$(cat "$(group)/memory.oom.group")" = 1 ]
	ocirun start "$ID"
	wait_status stopped
	# systemd takes the empty group away
	empty() { [ -z "$(cat "$(group)/cgroup.procs")" ] || { by_systemd && [ ! -e "$(group)" ]; }; }
	wait_for empty
	[ ! -e "$(group)" ] || [ "$(awk '$1 == "oom_group_kill" {print $2}' "$(group)/memory.events")" -ge 1 ] ||
		! grep -q oom_group_kill "$(group)/memory.events"
}

@test "LIM-41 misc by unified: its file is there, or the controller is named" {
	config '.linux.resources.unified = {"misc.max": "nothing 1"}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	if v2 && grep -qw misc "/sys/fs/cgroup$(systemd_group)/cgroup.controllers"; then
		# the controller was enabled: it is the kernel that knows no such resource
		has "/linux/resources/unified/misc.max: cannot write \"nothing 1\""
		has "misc.max: invalid argument"
	else
		has "/linux/resources/unified"
	fi
	[ -z "$(groups_left)" ]
}

@test "LIM-37 LIM-38 rdma: a line with both numbers, which the kernel refuses for a device that is not there" {
	config '.linux.resources.rdma = {mlx5_9: {hcaHandles: 3, hcaObjects: 10000}}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	if v2 && grep -qw rdma "/sys/fs/cgroup$(systemd_group)/cgroup.controllers"; then
		has "/linux/resources/rdma/mlx5_9: cannot write \"mlx5_9 hca_handle=3 hca_object=10000\""
	elif v2 && grep -qw rdma /sys/fs/cgroup/cgroup.controllers; then
		# the kernel has it, but who made the groups above did not give it on
		has "/linux/resources/rdma/mlx5_9: cannot write \"mlx5_9 hca_handle=3 hca_object=10000\""
		has "no such file or directory (controllers available in this group: "
	elif v2 || [ ! -e /sys/fs/cgroup/rdma/cgroup.procs ]; then
		has "/linux/resources/rdma/mlx5_9: cannot be set: controller \"rdma\" not available"
	fi
	[ -z "$(groups_left)" ]
}

# ---- what is contained ----

# delete --force within a second of what the container has become (five on a machine without KVM)
deleted_at_once() {
	local start=$EPOCHREALTIME
	ocirun delete --force "$ID"
	start=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
	[ "$start" -lt "${OCIRUN_DELETE_MS:-1000}" ] || { echo "delete --force took $start ms" >&2; return 1; }
	[ -z "$(groups_left)" ]
	[ ! -e "$ROOT/$ID" ]
}

@test "LIM-25 DEL-02 a fork bomb under pids.limit is contained, and gone within a second" {
	needs_controller pids
	config '.linux.resources.pids.limit = 60'
	# init needs no fork of its own, and stays when the bombs fail for want of one
	set_args sh -c 'bomb() { while :; do bomb & done; }; bomb 2>/dev/null & exec sleep 1000'
	create
	# on one processor the sixty would leave a sixtieth to this test
	renice -n 19 -p "$(pid_of)" >/dev/null
	ocirun start "$ID"
	full() { [ "$(awk '$1 == "max" {print $2}' "$(group pids)/pids.events")" -gt 20 ]; }
	wait_for full
	[ "$(cat "$(group pids)/pids.current")" -le 60 ]
	deleted_at_once
}

@test "LIM-07 EVT-04 DEL-02 memory hogs under memory.limit are contained, the event arrives, delete takes less than a second" {
	needs_controller memory
	config '.linux.resources.memory = {limit: 33554432, swap: 33554432} | .process.oomScoreAdj = 0'
	# init lives on: hogs that are killed are followed by others
	set_args sh -c 'while :; do (x=$(tr "\0" x </dev/zero | head -c 90000000); sleep 1; :) & (exec dd if=/dev/zero of=/dev/null bs=80M count=1 2>/dev/null); wait; done'
	create 2>/dev/null
	ocirun events --interval 1h "$ID" >"$DIR/stream" &
	local events=$!
	ocirun start "$ID"
	wait_for grep -qxF "{\"type\":\"oom\",\"id\":\"$ID\"}" "$DIR/stream"
	[ "$(cat "$(group memory)/$(if v2; then echo memory.current; else echo memory.usage_in_bytes; fi)")" -le 33554432 ]
	deleted_at_once
	wait "$events"
}

@test "DEL-01 CGR-01 forty containers at once, started and deleted: no group is left" {
	local i
	set_args true
	cycle() {
		mkdir "$DIR/$1"
		jq ".linux.cgroupsPath = \"${CGROUPS_PATH/$ID/$ID-$1}\" | .root.path = \"$BUNDLE/rootfs\"" "$BUNDLE/config.json" >"$DIR/$1/config.json"
		ocirun create -b "$DIR/$1" "$ID-$1" </dev/null >/dev/null 2>"$DIR/$1/err" &&
			ocirun start "$ID-$1" && ocirun delete -f "$ID-$1"
	}
	local pids=()
	for ((i = 0; i < ${OCIRUN_PARALLEL:-40}; i++)); do cycle "$i" & pids+=($!); done
	for i in "${pids[@]}"; do wait "$i" || { cat "$DIR"/*/err >&2; return 1; }; done
	[ -z "$(groups_left)" ]
	[ -z "$(ocirun list -q)" ]
}

# ---- delegation ----

@test "CGR-09 BAT-63 v2: root of a user namespace may make groups below its own, and not change its own limits" {
	needs_root
	v2 || skip "cgroup v1 is not delegated"
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$DIR" "$BUNDLE"
	config '.linux.namespaces += [{type: "user"}] | .linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])' \
		'.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' \
		'.mounts |= (map(select(.destination != "/sys/fs/cgroup")) + [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "rw"]}])'
	set_args sh -c 'cd /sys/fs/cgroup && mkdir x && echo $$ >x/cgroup.procs && grep ^0:: /proc/self/cgroup
		echo 1 >cgroup.max.depth || echo refused; echo $$ >cgroup.procs && rmdir x'
	run ocirun run --bundle "$BUNDLE" "$ID"
	has "0::/x"
	has refused
	[ "$status" = 0 ]
}
