#!/usr/bin/env bats
# update: rows UPD, and LIM-42. Each limit is read back from the kernel.

load lib
load cgroup

test_setup() { needs_limits; new_bundle sleep 100; }

running() { create && ocirun start "$ID"; }
saved() { jq -c "$1" "$ROOT/$ID/state.json"; }
update() { run_ok ocirun update "$@" "$ID"; }
# With a file of resources.
update_to() { jq -n "$1" >"$DIR/resources.json" && run_ok ocirun update --resources "$DIR/resources.json" "$ID"; }

@test "UPD-01 what is created, running or paused can be updated; what is stopped or missing cannot" {
	needs_controller pids
	run_fail ocirun update --pids-limit 9 "$ID"
	has "container does not exist"
	create
	update --pids-limit 11
	value pids pids.max pids.max 11 11
	ocirun start "$ID"
	update --pids-limit 12
	value pids pids.max pids.max 12 12
	[ "$(status_of)" = running ]
	ocirun kill "$ID" KILL
	wait_status stopped
	run_fail ocirun update --pids-limit 13 "$ID"
	has "container not running"
}

@test "LIM-42 BAT-49 a paused container is updated and stays paused" {
	needs_controller pids
	running
	ocirun pause "$ID"
	update --pids-limit 12
	value pids pids.max pids.max 12 12
	[ "$(status_of)" = paused ]
	ocirun resume "$ID"
	[ "$(status_of)" = running ]
}

@test "UPD-02 --resources: a file, standard input, a pipe; other options are then ignored" {
	needs_controller pids memory
	running
	update_to '{pids: {limit: 21}, memory: {limit: 67108864}}'
	value pids pids.max pids.max 21 21
	value memory memory.limit_in_bytes memory.max 67108864 67108864
	run_ok ocirun update -r - --pids-limit 5 "$ID" <<<'{"pids":{"limit":22}}'
	has "the options for limits are ignored"
	value pids pids.max pids.max 22 22
	run_ok ocirun update --resources=<(echo '{"pids":{"limit":23}, "unknown": 1}') "$ID"
	value pids pids.max pids.max 23 23
	update_to '{}'
	value pids pids.max pids.max 23 23
}

@test "UPD-02 --resources: what is no JSON, no object, no file, or has a wrong value is refused with its pointer" {
	running
	local before
	before=$(cat "$ROOT/$ID/state.json")
	run_fail ocirun update -r - "$ID" <<<'{"pids":'
	has "invalid JSON at byte"
	run_fail ocirun update -r - "$ID" <<<'[]'
	has "the resources must be an object, not an array"
	run_fail ocirun update -r - "$ID" <<<'{"pids":{"limit":"x"}}'
	has "/pids/limit: must be a number"
	run_fail ocirun update -r - "$ID" </dev/null
	has "invalid JSON"
	run_fail ocirun update -r "$DIR/nothing" "$ID"
	has "cannot open $DIR/nothing"
	run_fail ocirun update -r "$DIR" "$ID"
	[ "$(cat "$ROOT/$ID/state.json")" = "$before" ]
}

@test "UPD-03 --blkio-weight: a weight, or an error that names the file; 10 to 1000" {
	running
	run ocirun update --blkio-weight 200 "$ID"
	if v2 && [ -e "$(group)/io.bfq.weight" ]; then
		grep -q '200$' "$(group)/io.bfq.weight"
	elif v2 && [ -e "$(group)/io.weight" ]; then
		grep -q 'default 1920' "$(group)/io.weight"
	elif ! v2 && [ -e "$(group blkio)/blkio.bfq.weight" ]; then
		[ "$(cat "$(group blkio)/blkio.bfq.weight")" = 200 ]
	else
		[ "$status" -ne 0 ]
		has "/blockIO"
	fi
	local bad
	for bad in 9 1001 x -1; do
		run_fail ocirun update --blkio-weight="$bad" "$ID"
		has "invalid value for blkio-weight"
	done
}

@test "UPD-04 UPD-05 --cpu-period and --cpu-quota: one leaves the other at its saved value; -1" {
	needs_controller cpu
	config '.linux.resources.cpu = {quota: 40000, period: 80000}'
	running
	update --cpu-quota 20000
	value cpu cpu.cfs_quota_us cpu.max 20000 "20000 80000"
	update --cpu-period 50000
	value cpu cpu.cfs_quota_us cpu.max 20000 "20000 50000"
	value cpu cpu.cfs_period_us cpu.max 50000 "20000 50000"
	update --cpu-quota -1
	value cpu cpu.cfs_quota_us cpu.max -1 "max 50000"
	update --cpu-quota 30000 --cpu-period 100000
	value cpu cpu.cfs_quota_us cpu.max 30000 "30000 100000"
	update_to '{cpu: {quota: 60000}}'
	value cpu cpu.cfs_quota_us cpu.max 60000 "60000 100000"
}

@test "UPD-06 --cpu-burst: whatever the order that the kernel wants, quota and burst up and down" {
	needs_controller cpu
	kernel_has cpu cpu.cfs_burst_us cpu.max.burst || skip "this kernel has no burst"
	running
	update --cpu-quota 20000 --cpu-burst 10000
	value cpu cpu.cfs_burst_us cpu.max.burst 10000 10000
	update --cpu-quota 80000 --cpu-burst 50000
	value cpu cpu.cfs_burst_us cpu.max.burst 50000 50000
	update --cpu-quota 10000 --cpu-burst 5000
	value cpu cpu.cfs_burst_us cpu.max.burst 5000 5000
	value cpu cpu.cfs_quota_us cpu.max 10000 "10000 100000"
	run_fail ocirun update --cpu-burst 60000 "$ID"
	has /cpu/burst
	value cpu cpu.cfs_burst_us cpu.max.burst 5000 5000
	update --cpu-burst 0
	value cpu cpu.cfs_burst_us cpu.max.burst 0 0
}

@test "UPD-07 --cpu-share" {
	needs_controller cpu
	running
	update --cpu-share 512
	value cpu cpu.shares cpu.weight 512 59
}

@test "UPD-08 UPD-09 LIM-20 LIM-21 realtime limits: cgroup v1 has them, v2 does not" {
	needs_controller cpu
	running
	if v2; then
		run_fail ocirun update --cpu-rt-runtime 1000 "$ID"
		has "realtime limits do not exist in cgroup v2"
		run_fail ocirun update --cpu-rt-period 100000 "$ID"
		has "realtime limits do not exist in cgroup v2"
		return
	fi
	[ -e "$(group cpu)/cpu.rt_period_us" ] || skip "this kernel has no realtime groups"
	update --cpu-rt-period 500000
	value cpu cpu.rt_period_us - 500000 -
	# the parent group has no realtime to give: the kernel's refusal is told, and the period is as it was
	run_fail ocirun update --cpu-rt-period 400000 --cpu-rt-runtime 1000 "$ID"
	has "cannot write \"1000\" to $(group cpu)/cpu.rt_runtime_us"
	value cpu cpu.rt_period_us - 500000 -
	again_with() { ocirun delete -f "$ID" && config "$1" && create; }
	again_with '.linux.resources.cpu = {realtimePeriod: 700000}'
	value cpu cpu.rt_period_us - 700000 -
	config '.linux.resources.cpu = {realtimeRuntime: 1000}'
	ocirun delete -f "$ID"
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "/linux/resources/cpu/realtimeRuntime"
}

@test "UPD-10 UPD-11 --cpuset-cpus and --cpuset-mems; an empty list leaves them" {
	needs_controller cpuset
	running
	update --cpuset-cpus 0 --cpuset-mems 0
	value cpuset cpuset.cpus cpuset.cpus 0 0
	value cpuset cpuset.mems cpuset.mems 0 0
	[ "$(awk '/^Cpus_allowed_list/ {print $2}' "/proc/$(pid_of)/status")" = 0 ]
	update --cpuset-cpus ""
	value cpuset cpuset.cpus cpuset.cpus 0 0
	if [ "$(nproc)" -gt 1 ]; then
		update --cpuset-cpus 0-1
		value cpuset cpuset.cpus cpuset.cpus 0-1 0-1
	fi
	run_fail ocirun update --cpuset-cpus 4000 "$ID"
	has /cpu/cpus
}

@test "UPD-12 BAT-46 --cpu-idle: 1 wins over shares, 0 gives them back" {
	needs_controller cpu
	kernel_has cpu cpu.idle cpu.idle || skip "this kernel has no idle groups"
	config '.linux.resources.cpu = {shares: 512}'
	running
	update --cpu-idle 1
	value cpu cpu.idle cpu.idle 1 1
	update --cpu-idle 1 --cpu-share 2048
	has "unable to apply both cpu.shares and cpu.idle: cpu.idle wins"
	update --cpu-idle 0
	value cpu cpu.idle cpu.idle 0 0
	value cpu cpu.shares cpu.weight 2048 174
	update --cpu-idle 1
	update --cpu-share 1024 # alone: they are to count
	lacks "unable to apply both"
	value cpu cpu.idle cpu.idle 0 0
	value cpu cpu.shares cpu.weight 1024 100
	run_fail ocirun update --cpu-idle 2 "$ID"
	has "invalid value for cpu-idle"
}

@test "UPD-12 BAT-46 cpu.idle and cpu.weight of unified: the first wins, the second alone ends it (v2)" {
	v2 || skip "needs cgroup v2"
	needs_controller cpu
	kernel_has cpu cpu.idle cpu.idle || skip "this kernel has no idle groups"
	running
	update -r - <<<'{"unified": {"cpu.idle": "1", "cpu.weight": "8"}}'
	has "unable to apply both cpu.shares and cpu.idle: cpu.idle wins"
	value cpu cpu.idle cpu.idle 1 1
	update -r - <<<'{"unified": {"cpu.weight": "8"}}'
	lacks "unable to apply both"
	value cpu cpu.idle cpu.idle 0 0
	value cpu cpu.shares cpu.weight 8 8
}

@test "UPD-13 UPD-14 --memory and --memory-reservation: bytes and units" {
	needs_controller memory
	running
	local size bytes
	while read -r size bytes; do
		update --memory "$size" --memory-reservation "$size"
		value memory memory.limit_in_bytes memory.max "$bytes" "$bytes"
		value memory memory.soft_limit_in_bytes memory.low "$bytes" "$bytes"
	done <<-'E'
		33554432 33554432
		64m 67108864
		0.25G 268435456
		100MiB 104857600
		65536kb 67108864
	E
	update --memory -1
	value memory memory.limit_in_bytes memory.max 9223372036854771712 max
	for size in 1x m 1e6 0x10 -2x 1mm 99999999p; do
		run_fail ocirun update --memory "$size" "$ID"
		has "invalid value for memory: \"$size\""
	done
}

@test "UPD-15 UPD-13 --memory-swap: the total; -1; and a memory limit of -1 frees both" {
	needs_controller memory
	kernel_has memory memory.memsw.limit_in_bytes memory.swap.max || skip "this kernel does not count swap"
	running
	update --memory 64m --memory-swap 96m
	value memory memory.memsw.limit_in_bytes memory.swap.max 100663296 33554432
	# up: memory+swap has to be first; down: last
	update --memory 128m --memory-swap 192m
	value memory memory.memsw.limit_in_bytes memory.swap.max 201326592 67108864
	update --memory 32m --memory-swap 48m
	value memory memory.memsw.limit_in_bytes memory.swap.max 50331648 16777216
	value memory memory.limit_in_bytes memory.max 33554432 33554432
	# alone, it is the same total next to the saved limit
	update --memory-swap 40m
	value memory memory.memsw.limit_in_bytes memory.swap.max 41943040 8388608
	update --memory 16m
	value memory memory.memsw.limit_in_bytes memory.swap.max 41943040 25165824
	run_fail ocirun update --memory 64m "$ID"
	has "memory+swap limit should be >= memory limit"
	update --memory-swap -1
	value memory memory.memsw.limit_in_bytes memory.swap.max 9223372036854771712 max
	update --memory 16m --memory-swap 16m
	value memory memory.memsw.limit_in_bytes memory.swap.max 16777216 0
	update --memory -1
	value memory memory.limit_in_bytes memory.max 9223372036854771712 max
	value memory memory.memsw.limit_in_bytes memory.swap.max 9223372036854771712 max
}

@test "UPD-16 UPD-17 LIM-10 LIM-11 kernel memory is accepted and ignored with a warning" {
	config '.linux.resources.memory = {kernel: 1048576, kernelTCP: 1048576}'
	create
	grep -q "kernel memory are ignored" "$DIR/err"
	update --kernel-memory 1m
	has "--kernel-memory is ignored"
	update --kernel-memory-tcp 1m
	has "--kernel-memory-tcp is ignored"
	update_to '{memory: {kernel: 1048576, kernelTCP: 1048576}}'
	has "limits of kernel memory are ignored"
	run_fail ocirun update --kernel-memory x "$ID"
	has "invalid value for kernel-memory"
}

@test "UPD-18 --pids-limit: a number, 0 and -1" {
	needs_controller pids
	running
	local limit wanted
	while read -r limit wanted; do
		update --pids-limit "$limit"
		value pids pids.max pids.max "$wanted" "$wanted"
	done <<-'E'
		33 33
		0 1
		-1 max
	E
	run_fail ocirun update --pids-limit many "$ID"
	has "invalid value for pids-limit"
}

@test "UPD-19 UPD-20 RDT schemas for a container without intelRdt" {
	running
	local option
	for option in --l3-cache-schema --mem-bw-schema; do
		run_fail ocirun update "$option" "L3:0=f" "$ID"
		has "updating a non-existent Intel RDT configuration is not supported"
	done
}

# A block device whose rates the kernel will limit: a whole disk, none of the made-up ones.
disk() {
	local dev
	for dev in /sys/block/*; do
		case $dev in */loop* | */ram* | */zram* | */nbd* | */fd*) continue ;; esac
		cat "$dev/dev" && return
	done
	skip "no disk here"
}

@test "UPD-21 devices of blockIO: changed or added by number, the later of two wins, the others stay" {
	local disk major minor
	disk=$(disk)
	major=${disk%:*} minor=${disk#*:}
	if v2; then needs_controller io; else needs_controller blkio; fi
	rates() { # BPS IOPS
		if v2; then
			[ "$(cat "$(group)/io.max")" = "$disk rbps=$1 wbps=max riops=$2 wiops=max" ]
		else
			[ "$(cat "$(group blkio)/blkio.throttle.read_bps_device")" = "$disk $1" ]
			[ "$(cat "$(group blkio)/blkio.throttle.read_iops_device")" = "$disk $2" ]
		fi
	}
	config ".linux.resources.blockIO = {throttleReadBpsDevice: [{major: $major, minor: $minor, rate: 1048576}]}"
	running
	update_to "{blockIO: {throttleReadIOPSDevice: [{major: $major, minor: $minor, rate: 100}]}}"
	rates 1048576 100
	update_to "{blockIO: {throttleReadBpsDevice: [{major: $major, minor: $minor, rate: 1}, {major: $major, minor: $minor, rate: 2097152}]}}"
	rates 2097152 100
	[ "$(saved .resources.blockIO.throttleReadBpsDevice)" = "[{\"major\":$major,\"minor\":$minor,\"rate\":2097152}]" ]
	[ "$(saved '.resources.blockIO.throttleReadIOPSDevice | length')" = 1 ]
	# taken back: the line of this device, with the other rates in it
	run_fail ocirun update -r - "$ID" <<<"{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": $major, \"minor\": $minor, \"rate\": 4096},
		{\"major\": 4095, \"minor\": 9, \"rate\": 5}]}}"
	rates 2097152 100
}

@test "UPD-22 unified: its files are written, and it replaces the saved one as a whole" {
	running
	if ! v2; then
		run_fail ocirun update -r - "$ID" <<<'{"unified": {"pids.max": "33"}}'
		has "/unified: unified resources need a cgroup v2 host"
		return
	fi
	needs_controller memory pids
	update_to '{unified: {"memory.high": "104857600", "pids.max": "33"}}'
	[ "$(cd "$(group)" && cat memory.high pids.max)" = $'104857600\n33' ]
	update_to '{unified: {"memory.high": "max"}}'
	[ "$(cat "$(group)/memory.high" "$(group)/pids.max")" = $'max\n33' ]
	[ "$(saved .resources.unified)" = '{"memory.high":"max"}' ]
	run_fail ocirun update -r - "$ID" <<<'{"unified": {"../pids.max": "1"}}'
	has unified
	run_fail ocirun update -r - "$ID" <<<'{"unified": {"nothing.max": "1"}}'
	has 'unified resource "nothing.max" can'\''t be set: controller "nothing" not available'
}

@test "UPD-23 BAT-50 devices are never touched: neither by what is given nor to what the config said" {
	if ! v2; then
		needs_controller devices pids
		running
		# somebody else widens the rules, as hooks for graphics cards do
		echo "c 120:* rwm" >"$(group devices)/devices.allow"
		local before
		before=$(cat "$(group devices)/devices.list")
		update_to '{pids: {limit: 12}, devices: [{allow: false, access: "rwm"}]}'
		[ "$(cat "$(group devices)/devices.list")" = "$before" ]
		return
	fi
	needs_controller pids
	command -v strace >/dev/null || skip "no strace"
	running
	echo '{"pids": {"limit": 12}, "devices": [{"allow": false, "access": "rwm"}]}' >"$DIR/r.json"
	strace -f -e trace=bpf -o "$DIR/trace" "$OCIRUN" --root "$ROOT" update -r "$DIR/r.json" "$ID"
	run_fail grep bpf "$DIR/trace"
	value pids pids.max pids.max 12 12
}

@test "UPD-24 a refusal in the middle: every limit and the state are as before" {
	needs_controller pids memory cpuset
	config '.linux.resources = {pids: {limit: 40}, memory: {limit: 134217728}}'
	running
	# not of any config: it is what the kernel has that comes back
	if v2; then echo 77 >"$(group)/pids.max"; else echo 77 >"$(group pids)/pids.max"; fi
	local before
	before=$(cat "$ROOT/$ID/state.json")
	run_fail ocirun update --pids-limit 5 --memory 64m --memory-reservation 16m --cpuset-cpus 4000 "$ID"
	has "/cpu/cpus: cannot write \"4000\""
	lacks "could not be set again"
	value memory memory.limit_in_bytes memory.max 134217728 134217728
	value memory memory.soft_limit_in_bytes memory.low 9223372036854771712 0
	value pids pids.max pids.max 77 77
	[ "$(cat "$ROOT/$ID/state.json")" = "$before" ]
	# before anything is touched
	run_fail ocirun update -r - "$ID" <<<'{"pids": {"limit": 6}, "memory": {"limit": 67108864, "swap": 1024}}'
	has "memory+swap limit should be >= memory limit"
	value pids pids.max pids.max 77 77
}

@test "UPD-25 LIM-15 BAT-47 memory.checkBeforeUpdate refuses a limit at or below usage, and nothing else happens" {
	v2 || skip "cgroup v1 refuses such a limit itself"
	needs_controller memory
	set_args sh -c 'x=$(head -c 20000000 /dev/zero | tr "\0" x); sleep 100; :'
	running
	big() { [ "$(cat "$(group)/memory.current")" -gt 20000000 ]; }
	wait_for big
	run_fail ocirun update -r - "$ID" <<<'{"memory": {"limit": 16777216, "checkBeforeUpdate": true}}'
	has "rejecting memory limit 16777216 <= usage "
	[ "$(cat "$(group)/memory.max")" = max ]
	run_fail ocirun update -r - "$ID" <<<'{"memory": {"limit": 16777216, "swap": 16777216, "checkBeforeUpdate": true}}'
	has "rejecting memory+swap limit 16777216 <= usage "
	[ "$(status_of)" = running ]
	update_to '{memory: {limit: 536870912, checkBeforeUpdate: true}}'
	[ "$(cat "$(group)/memory.max")" = 536870912 ]
	# as the config or an update before has it
	run_fail ocirun update --memory 10m "$ID"
	has "rejecting memory limit 10485760 <= usage "
}

@test "BAT-48 a limit that is far too small: refused, or the container ends" {
	needs_controller memory
	running
	if ocirun update --memory 4096 "$ID"; then
		wait_status stopped
	elif by_systemd; then
		# systemd took the limit, the kernel killed init, and the group is gone before it is looked at
		wait_status stopped
	else
		[ "$(status_of)" = running ]
	fi
}

@test "UPD-26 the new limits are saved, the next update starts from them, and the rest of the state is the same" {
	needs_controller pids memory
	config '.linux.resources = {pids: {limit: 40}, memory: {limit: 134217728}}' '.annotations = {"a.b": "c\"d"}'
	running
	local before
	before=$(jq -S . "$ROOT/$ID/state.json")
	[ "$(saved .resources)" = null ]
	update --memory 64m
	[ "$(saved .resources)" = '{"memory":{"limit":67108864},"pids":{"limit":40}}' ]
	update_to '{pids: {limit: 50}, cpu: {shares: 512}}'
	[ "$(saved .resources)" = '{"memory":{"limit":67108864},"cpu":{"shares":512},"pids":{"limit":50}}' ]
	[ "$(jq -S 'del(.resources)' "$ROOT/$ID/state.json")" = "$before" ]
	[ "$(stat -c %a "$ROOT/$ID/state.json")" = 600 ]
	ocirun exec "$ID" true
	ocirun delete -f "$ID"
}

@test "UPD-26 many updates at once: the last state has them all" {
	needs_controller pids memory cpu
	running
	local i
	for i in 1 2 3 4 5 6; do
		ocirun update --pids-limit $((100 + i)) "$ID" &
		ocirun update --memory $((100 + i))m "$ID" &
		ocirun update --cpu-share $((100 + i)) "$ID" &
	done
	wait
	value pids pids.max pids.max "$(saved .resources.pids.limit)" "$(saved .resources.pids.limit)"
	value memory memory.limit_in_bytes memory.max "$(saved .resources.memory.limit)" "$(saved .resources.memory.limit)"
	[ "$(saved '.resources.cpu.shares > 100')" = true ]
}

@test "UPD-01 LIM-27 a limit whose controller is not there, or that v2 does not have" {
	running
	if v2; then
		run_fail ocirun update -r - "$ID" <<<'{"network": {"classID": 5}}'
		has "/network/classID: cannot be set: cgroup v2 has no controller \"net_cls\""
		run_fail ocirun update -r - "$ID" <<<'{"blockIO": {"leafWeight": 50}}'
		has "/blockIO"
	else
		[ -e /sys/fs/cgroup/net_cls/cgroup.procs ] || {
			run_fail ocirun update -r - "$ID" <<<'{"network": {"classID": 5}}'
			has "/network/classID: cannot be set: controller \"net_cls\" not available"
		}
		needs_controller blkio
		[ ! -e "$(group blkio)/blkio.leaf_weight" ] || skip "this kernel knows weights of leaves"
		run_fail ocirun update -r - "$ID" <<<'{"blockIO": {"leafWeight": 50}}'
		has "/blockIO/leafWeight: cannot write \"50\" to $(group blkio)/blkio.leaf_weight"
	fi
}
