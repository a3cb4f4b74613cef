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
	group_of cpuset >/dev/null || skip "no cpuset controller here"
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

@test "PRC-33 PRC-34 PRC-35 execCPUAffinity does not bind the first process; what is for Windows is ignored, or refused" {
	config '.process.execCPUAffinity = {initial: "0", final: "0"} | .process.commandLine = "" | .process.user.username = "y"'
	set_args grep Cpus_allowed_list /proc/self/status
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$output" = "$(grep Cpus_allowed_list /proc/1/status)" ] ||
		[ "$output" = "$(grep Cpus_allowed_list /proc/self/status)" ]
	config '.process.commandLine = "x"'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "/process/commandLine: is for Windows: use args"
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

# ---- seccomp: notifications ----

start_agent() { # [gone]
	helper agent "$DIR/agent"
	timeout 60 "$DIR/agent" "$DIR/sock" "$DIR/message" "$@" >/dev/null 2>&1 3>&- &
	AGENT=$!
	wait_for test -S "$DIR/sock"
}
test_teardown() { [ -z "${AGENT-}" ] || kill "$AGENT" 2>/dev/null || :; }

notify() { # MEMBERS
	config ".linux.seccomp = ({defaultAction: \"SCMP_ACT_ALLOW\", listenerPath: \"$DIR/sock\", syscalls: [{names: [\"mkdir\", \"mkdirat\"], action: \"SCMP_ACT_NOTIFY\"}]} + $1)" '.root.readonly = false'
}

@test "LNX-06 LNX-07 PRO-40 seccomp notify: the agent gets state, metadata and listener, and its answer counts" {
	start_agent
	notify '{listenerMetadata: "a \"b\"\n/c"}'
	config '.annotations = {x: "y"}'
	set_args sh -c 'mkdir /tmp/x; echo after'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	has "No medium found"
	has after
	[ ! -e "$BUNDLE/rootfs/tmp/x" ]
	[ "$(jq -r '.fds | join(",")' "$DIR/message")" = seccompFd ]
	[ "$(jq -r .metadata "$DIR/message")" = $'a "b"\n/c' ]
	[ "$(jq -r .state.id "$DIR/message")" = "$ID" ]
	[ "$(jq -r .state.status "$DIR/message")" = creating ]
	[ "$(jq -r .state.annotations.x "$DIR/message")" = y ]
	[ "$(jq -r .state.bundle "$DIR/message")" = "$(realpath "$BUNDLE")" ]
	[ "$(jq -r '.pid == .state.pid and .pid > 1 and (.ociVersion | length) > 3' "$DIR/message")" = true ]
}

@test "LNX-06 seccomp notify through create and start; the pid is the container's; WAIT_KILLABLE_RECV" {
	needs_kernel 5 19
	start_agent
	notify '{flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}'
	run_ok ocirun plan "$BUNDLE"
	has "seccomp    seccomp"
	has "flags=new-listener,wait-killable"
	set_args sh -c 'mkdir /tmp/x; echo $? >/tmp/status; exec sleep 100'
	create
	[ "$(jq .pid "$DIR/message")" = "$(pid_of)" ]
	ocirun start "$ID"
	wait_for test -s "$BUNDLE/rootfs/tmp/status"
	[ "$(cat "$BUNDLE/rootfs/tmp/status")" = 1 ]
}

@test "BAT-43 seccomp notify, the agent is gone: the call returns ENOSYS in the container" {
	start_agent gone
	notify '{}'
	set_args sh -c 'sleep 0.2; mkdir /tmp/x'
	run ocirun run --bundle "$BUNDLE" "$ID"
	has "Function not implemented"
}

@test "BAT-40 seccomp notify, nobody listens: nothing is made" {
	notify '{}'
	set_args true
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "failed to connect with seccomp agent"
	[ ! -e "$ROOT/$ID" ]
	: >"$DIR/sock"
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "failed to connect with seccomp agent"
}

@test "LNX-06 a listenerPath without a rule that notifies asks nobody" {
	config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", listenerPath: \"$DIR/none\", flags: [\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]}"
	set_args true
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
}

# ---- seccomp: what the filter does, call by call ----

need_probe() {
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of the calls are those of x86-64"
	helper probe "$BUNDLE/rootfs/bin/probe"
}
SECCOMP_MKDIR=83 # of x86-64; 39 in the 32-bit table

@test "LNX-02 LNX-08 seccomp: each action does what its name says" {
	need_probe
	set_args probe $SECCOMP_MKDIR
	local action want
	while read -r action want; do
		config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: [\"mkdir\"], action: \"SCMP_ACT_$action\"}]}"
		[ "$action" != ALLOW ] || config '.linux.seccomp.defaultAction = "SCMP_ACT_LOG"'
		run_ok ocirun run --bundle "$BUNDLE" "$ID"
		[ "$output" = "$SECCOMP_MKDIR $want" ] || { echo "$action: $output, not $want"; false; }
	done <<-'E'
		ALLOW errno 14
		LOG errno 14
		ERRNO errno 1
		TRACE errno 38
		TRAP trap
		KILL signal 31
		KILL_THREAD signal 31
		KILL_PROCESS signal 31
	E
}

@test "LNX-03 seccomp: defaultErrnoRet is what a call gets that no rule names; EPERM without" {
	need_probe
	set_args probe $SECCOMP_MKDIR
	# Docker's list, which allows this program what it needs, without mkdir
	jq '.linux.seccomp | del(.defaultErrnoRet) | .syscalls |= map(.names -= ["mkdir"])' \
		"$BATS_TEST_DIRNAME/../data/clients/docker-run.json" >"$DIR/seccomp"
	local value want
	while read -r value want; do
		jq --slurpfile s "$DIR/seccomp" ".linux.seccomp = (\$s[0] + $value)" "$BUNDLE/config.json" >"$DIR/new"
		mv "$DIR/new" "$BUNDLE/config.json"
		run_ok ocirun run --bundle "$BUNDLE" "$ID"
		[ "$output" = "$SECCOMP_MKDIR $want" ] || { echo "$value: $output, not $want"; false; }
	done <<-'E'
		{} errno 1
		{"defaultErrnoRet":38} errno 38
		{"defaultErrnoRet":133} errno 133
		{"defaultErrnoRet":0} errno 0
	E
}

@test "BAT-12 BAT-45 LNX-05 seccomp: flags as the kernel's numbers, absent and empty are two things" {
	local flags want
	set_args true
	while read -r flags want; do
		config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: [\"mkdir\"], action: \"SCMP_ACT_ERRNO\"}]}"
		[ "$flags" = absent ] || config ".linux.seccomp.flags = $flags"
		run_ok ocirun plan "$BUNDLE"
		if [ "$want" = - ]; then
			run_fail grep -E '^seccomp .*flags=' <<<"$output"
		else
			has "flags=$want "
		fi
		run_ok ocirun run --bundle "$BUNDLE" "$ID"
	done <<-'E'
		absent spec-allow
		[] -
		["SECCOMP_FILTER_FLAG_TSYNC"] -
		["SECCOMP_FILTER_FLAG_LOG"] log
		["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW"] log,spec-allow
	E
}

@test "LNX-04 seccomp: rules of the 32-bit architecture, and calls of one that is not listed" {
	need_probe
	"$BUNDLE/rootfs/bin/probe" 20i | grep -q "errno" || skip "this kernel has no 32-bit calls"
	set_args probe $SECCOMP_MKDIR 39i
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 77}]}'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$output" = $'83 errno 77\n39 errno 77' ]
	config '.linux.seccomp.architectures = ["SCMP_ARCH_X86_64"]'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$output" = $'83 errno 77\n39 signal 31' ]
}

# ---- annotations ----

@test "ANN-09 FJS-14 run.oci.keep_original_groups: the caller's groups stay; features names it" {
	set_args id -G
	config '.process.user.additionalGids = [7]'
	run_ok setpriv --groups 1234,5678 "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "$output" = "0 7" ]
	config '.annotations = {"run.oci.keep_original_groups": "1"}'
	run_ok setpriv --groups 1234,5678 "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "$output" = "0 1234 5678" ]
	config '.annotations = {"run.oci.keep_original_groups": "0"}'
	run_ok setpriv --groups 1234,5678 "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "$output" = "0 7" ]
	ocirun features | jq -e '.potentiallyUnsafeConfigAnnotations | index("run.oci.keep_original_groups")'
}

@test "ANN-07 run.oci.seccomp_fail_unknown_syscall: a name that nobody knows is an error" {
	set_args true
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "no_such_call"], action: "SCMP_ACT_ERRNO"}]}'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	config '.annotations = {"run.oci.seccomp_fail_unknown_syscall": "1"}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has '/linux/seccomp/syscalls/0/names/1: unknown syscall "no_such_call"'
}

@test "ANN-18 annotations of others are in the state and change nothing" {
	config '.annotations = {"io.kubernetes.cri.container-type": "sandbox", "io.podman.annotations.x": "1", "org.opencontainers.image.os": "plan9"}'
	started
	[ "$(ocirun state "$ID" | jq -r '.annotations | length')" = 3 ]
	[ "$(ocirun state "$ID" | jq -r '.annotations["org.opencontainers.image.os"]')" = plan9 ]
}

# ---- resources ----

group_of() { # CONTROLLER
	if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
		grep -qw "$1" /sys/fs/cgroup/cgroup.controllers || return 1
		echo "/sys/fs/cgroup$CGROUP"
	else
		local name=$1
		[ "$name" != io ] || name=blkio
		[ -e "/sys/fs/cgroup/$name/cgroup.procs" ] || return 1
		echo "/sys/fs/cgroup/$name$CGROUP"
	fi
}

@test "LIM-29 LIM-30 LIM-31 LIM-32 blockIO: four throttles of a device" {
	local group device
	group=$(group_of io) || skip "no I/O controller here"
	for device in /sys/block/*/dev none; do
		[[ $device == *loop* || $device == *ram* ]] || break
	done
	[ -e "$device" ] || device=$(compgen -G '/sys/block/*/dev' | head -1)
	[ -e "$device" ] || skip "no block device here"
	device=$(cat "$device")
	config ".linux.resources.blockIO = ({major: ${device%:*}, minor: ${device#*:}} as \$d | {throttleReadBpsDevice: [\$d + {rate: 1048576}],
		throttleWriteBpsDevice: [\$d + {rate: 2097152}], throttleReadIOPSDevice: [\$d + {rate: 100}], throttleWriteIOPSDevice: [\$d + {rate: 200}]})"
	create
	if [ -e "$group/io.max" ]; then
		[ "$(cat "$group/io.max")" = "$device rbps=1048576 wbps=2097152 riops=100 wiops=200" ]
	else
		[ "$(cat "$group"/blkio.throttle.{read_bps,write_bps,read_iops,write_iops}_device)" = "$device 1048576
$device 2097152
$device 100
$device 200" ]
	fi
}

@test "LIM-26 LIM-28 blockIO.weight: by BFQ, by io.weight, or an error that names the file" {
	local group
	group=$(group_of io) || skip "no I/O controller here"
	config '.linux.resources.blockIO = {weight: 100}'
	if create 2>/dev/null; then
		grep -qsE '^(default )?100$' "$group"/{io,blkio}.bfq.weight "$group/blkio.weight" ||
			grep -qsE '^default 910$' "$group/io.weight"
	else
		grep -qE 'weight: no such file or directory' "$DIR/err"
	fi
}

@test "LIM-33 LIM-34 hugepageLimits" {
	local group
	group=$(group_of hugetlb) || skip "no hugetlb controller here"
	config '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
	create
	[ "$(cat "$group"/hugetlb.2MB.{max,limit_in_bytes} 2>/dev/null)" = 4194304 ]
}

@test "LIM-35 LIM-36 LIM-37 a controller that this host lacks is an error that names it" {
	[ ! -e /sys/fs/cgroup/net_cls/cgroup.procs ] || skip "this host has net_cls"
	config '.linux.resources.network = {classID: 1048577}'
	run_fail create
	has "net_cls"
	[ ! -e "$ROOT/$ID" ]
}

@test "ANN-08 FJS-14 run.oci.seccomp_bpf_data: a ready-made filter in place of the section" {
	need_probe
	# load the number; is it mkdir's? errno 77, else allow
	local filter
	filter=$(printf '\x20\0\0\0\0\0\0\0\x15\0\0\x01\x53\0\0\0\x06\0\0\0\x4d\0\x05\0\x06\0\0\0\0\0\xff\x7f' | base64 -w0)
	set_args probe $SECCOMP_MKDIR 84
	config ".annotations = {\"run.oci.seccomp_bpf_data\": \"$filter\"}" 'del(.linux.seccomp)'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$output" = $'83 errno 77\n84 errno 14' ]
	config '.process.noNewPrivileges = false' '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["rmdir"], action: "SCMP_ACT_ERRNO"}]}'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$output" = $'83 errno 77\n84 errno 14' ]
	for filter in 'AAAA' '*' 'AAAAAAAAAA=='; do
		config ".annotations[\"run.oci.seccomp_bpf_data\"] = \"$filter\""
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has "must be base64 of 1 to 4096 filter instructions"
	done
	ocirun features | jq -e '.potentiallyUnsafeConfigAnnotations | index("run.oci.seccomp_bpf_data")'
}

@test "ANN-14 HOK-13 FJS-14 run.oci.hooks.stdout, .stderr: two files to which the output of the host's hooks is appended" {
	set_args true
	config ".annotations = {\"run.oci.hooks.stdout\": \"$DIR/hooks.out\", \"run.oci.hooks.stderr\": \"$DIR/hooks.err\"}"
	local kind
	for kind in prestart createRuntime poststart poststop; do
		config ".hooks.$kind = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo out $kind; echo err $kind >&2\"]}]"
	done
	echo before >"$DIR/hooks.out"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$(cat "$DIR/hooks.out")" = $'before\nout prestart\nout createRuntime\nout poststart\nout poststop' ]
	[ "$(cat "$DIR/hooks.err")" = $'err prestart\nerr createRuntime\nerr poststart\nerr poststop' ]
	config "del(.annotations[\"run.oci.hooks.stdout\"])"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$(wc -l <"$DIR/hooks.out")" = 5 ]
	[ "$(wc -l <"$DIR/hooks.err")" = 8 ]
	config ".annotations[\"run.oci.hooks.stderr\"] = \"$DIR/none/file\""
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "error running prestart hook #0"
	config '.annotations["run.oci.hooks.stderr"] = "file"'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has 'must be an absolute path, not "file"'
}
