#!/usr/bin/env bats
# Properties of config.json that few use, each read back from the kernel (rows PRC, LNX, DEV, ANN, PRO).

load lib

test_setup() { needs_root; new_bundle sleep 100; }

# The policy and nice value of the container as the kernel has them (fields 41 and 19 of stat).
stat_field() { sed 's/.*) //' "/proc/$(pid_of)/stat" | cut -d' ' -f$(($1 - 2)); }

started() {
	create
	ocirun start "$ID"
}

@test "PRC-24 PRC-25 scheduler: SCHED_BATCH with a nice value" {
	config '.process.scheduler = {policy: "SCHED_BATCH", nice: 7}'
	started
	[ "$(stat_field 41)" = 3 ]
	[ "$(stat_field 19)" = 7 ]
}

@test "PRC-24 each policy that needs no right: OTHER, BATCH, IDLE; one that no kernel has is an error" {
	local policy number
	while read -r policy number; do
		config ".process.scheduler = {policy: \"$policy\"}"
		started
		[ "$(stat_field 41)" = "$number" ]
		ocirun delete -f "$ID"
	done <<-'E'
		SCHED_OTHER 0
		SCHED_BATCH 3
		SCHED_IDLE 5
	E
	config '.process.scheduler = {policy: "SCHED_ISO"}'
	run_fail create
	has "/process/scheduler: cannot set scheduler: invalid argument"
}

@test "PRC-26 PRC-27 scheduler: a realtime policy with its priority and a flag" {
	chrt -f 1 true 2>/dev/null || skip "this host gives no realtime policy, not even to root"
	config '.process.scheduler = {policy: "SCHED_RR", priority: 3, flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
	if ! create 2>/dev/null; then
		grep -q "realtime time in its cgroup" "$DIR/err" && skip "realtime needs a share of the cgroup's time here"
		cat "$DIR/err"
		false
	fi
	ocirun start "$ID"
	[ "$(stat_field 41)" = 2 ]
	[ "$(stat_field 40)" = 3 ]
	chrt -p "$(pid_of)" | grep -q RESET_ON_FORK
}

@test "PRC-28 PRC-29 PRC-30 scheduler: a deadline" {
	chrt -d --sched-runtime 1000000 --sched-deadline 5000000 --sched-period 10000000 0 true 2>/dev/null ||
		skip "this host gives no deadline policy, not even to root"
	config '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 1000000, deadline: 5000000, period: 10000000}'
	started
	[ "$(stat_field 41)" = 6 ]
	chrt -p "$(pid_of)" | grep -q 1000000/5000000/10000000
}

@test "BAT-38 PRC-28 a deadline with a cpuset: the error says what does not go together" {
	[ "$(nproc)" -gt 1 ] || skip "one processor: a cpuset of it limits nothing"
	chrt -d --sched-runtime 1000000 --sched-deadline 5000000 --sched-period 10000000 0 true 2>/dev/null ||
		skip "this host gives no deadline policy, not even to root"
	config '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 1000000, deadline: 5000000, period: 10000000}' \
		'.linux.resources = {cpu: {cpus: "0"}}'
	run_fail create
	[ "$status" = 1 ]
	has "process scheduler can't be used together with AllowedCPUs"
}

@test "PRC-24 with a user namespace: what needs the host's rights is set before it is entered" {
	config '.process.scheduler = {policy: "SCHED_OTHER", nice: -3} | .process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 2}
		| .linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	chmod 755 "$DIR" "$BUNDLE"
	nice -n -3 true 2>/dev/null && [ "$(nice -n -3 nice)" = -3 ] || skip "this host's root may not go below nice 0"
	started
	[ "$(stat_field 19)" = -3 ]
	[ "$(ionice -p "$(pid_of)")" = "realtime: prio 2" ]
}

@test "PRC-31 PRC-32 ioPriority: class and level" {
	local class level want
	while read -r class level want; do
		config ".process.ioPriority = {class: \"IOPRIO_CLASS_$class\", priority: $level}"
		started
		[ "$(ionice -p "$(pid_of)")" = "$want" ]
		ocirun delete -f "$ID"
	done <<-'E'
		BE 6 best-effort: prio 6
		RT 1 realtime: prio 1
		IDLE 0 idle
	E
}

@test "PRC-31 ioPriority is the container's alone: the caller keeps its own" {
	config '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}'
	local before
	before=$(ionice -p $$)
	started
	[ "$(ionice -p $$)" = "$before" ]
}

@test "PRC-33 PRC-34 PRC-35 execCPUAffinity does not bind the first process; Windows members are ignored" {
	config '.process.execCPUAffinity = {initial: "0", final: "0"} | .process.commandLine = "x" | .process.user.username = "y"'
	set_args grep Cpus_allowed_list /proc/self/status
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$output" = "$(grep Cpus_allowed_list /proc/1/status)" ] ||
		[ "$output" = "$(grep Cpus_allowed_list /proc/self/status)" ]
}

@test "LNX-24 LNX-25 memoryPolicy: each mode as the kernel has it" {
	[ -e /proc/self/numa_maps ] || skip "the kernel has no NUMA"
	local mode nodes want
	while read -r mode nodes want; do
		config ".linux.memoryPolicy = {mode: \"MPOL_$mode\"} | if \"$nodes\" == \"-\" then . else .linux.memoryPolicy.nodes = \"$nodes\" end"
		started
		grep -q "\[stack\]\|stack" "/proc/$(pid_of)/numa_maps"
		[ "$(awk '/stack/ {print $2}' "/proc/$(pid_of)/numa_maps")" = "$want" ] ||
			{ cat "/proc/$(pid_of)/numa_maps"; echo "$mode: not $want"; false; }
		ocirun delete -f "$ID"
	done <<-'E'
		DEFAULT - default
		BIND 0 bind:0
		INTERLEAVE 0 interleave:0
		PREFERRED 0 prefer:0
		LOCAL - local
	E
}

@test "LNX-26 BAT-37 memoryPolicy: a flag; nodes that are not there" {
	[ -e /proc/self/numa_maps ] || skip "the kernel has no NUMA"
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}'
	started
	grep -q "bind=static:0" "/proc/$(pid_of)/numa_maps"
	ocirun delete -f "$ID"
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "1000"}'
	run_fail create
	has "/linux/memoryPolicy: cannot set memory policy: invalid argument"
}

@test "LNX-28 personality flags are said to be ignored" {
	config '.linux.personality = {domain: "LINUX32", flags: ["ADDR_NO_RANDOMIZE"]}'
	set_args uname -m
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	has "ignoring unsupported personality flags"
}

@test "FJS-11 features lists the memory policies" {
	run_ok ocirun features
	[ "$(jq -c '.linux.memoryPolicy | [(.modes | length), (.flags | length)]' <<<"$output")" = "[7,3]" ]
}
