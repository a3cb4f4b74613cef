#!/usr/bin/env bats
# Kubernetes' side of a node: containerd's CRI plug-in, configured by the lines of README, and pods that name the handler
# ocirun, as a pod with `runtimeClassName: ocirun` does. The calls are a kubelet's (cri).

load lib
load containerd
load cri

setup_file() { cri_start; }
teardown_file() {
	daemon_end "$(containerd_pid)"
	if [ "$DRIVER" = systemd ]; then systemctl stop ocirunpods.slice; fi
	scratch_end /ocirun-pods
}
setup() { NAME=p$BATS_TEST_NUMBER; }
teardown() {
	local pod
	[ -e "$SCRATCH/pods.$BATS_TEST_NUMBER" ] || return 0
	while read -r pod; do
		cri StopPodSandbox "{\"pod_sandbox_id\": \"$pod\"}" >/dev/null
		cri RemovePodSandbox "{\"pod_sandbox_id\": \"$pod\"}" >/dev/null
	done <"$SCRATCH/pods.$BATS_TEST_NUMBER"
}
new_generation() { # of containerd: it asks a runtime for its features
	[[ $(containerd --version) =~ \ v?2\. ]]
}

@test "CRI: the handler ocirun is known; containerd 2 has read its features (CLIENTS rules 9, 10)" {
	ok cri Status '{"verbose": 1}'
	if new_generation; then
		ok jq -er '.runtime_handlers[] | select(.name == "ocirun") | .features | .recursive_read_only_mounts, .user_namespaces' <<<"$output"
		[ "$output" = $'1\n1' ]
	else
		ok jq -er '.info.config | fromjson | .containerd.runtimes.ocirun.options.BinaryName' <<<"$output"
		[ "$output" = "$OCIRUN" ]
	fi
}

# features: run, -d, exit statuses, logs, pods
@test "CRI: a pod by its handler, a container in it, its log, its status" {
	pod "$NAME"
	[ "$(cri PodSandboxStatus "{\"pod_sandbox_id\": \"$POD\"}" | jq -r .status.runtime_handler)" = ocirun ]
	begin web '.working_dir = "/home" | .envs = [{key: "A", value: "b"}]' sh -c 'echo "$A $PWD"; echo second; exit 7'
	wait_for is_exited
	[ "$(status_of '.exit_code, .reason')" = $'7\nError' ]
	[ "$(log_of "$NAME" web)" = $'b /home\nsecond' ]
	# the pod's own process and this one's stand in states of ocirun's
	[ -n "$(find /run/containerd/runc/k8s.io "$SCRATCH" -path "*/$POD/state.json" 2>/dev/null)" ]
}

# features: errors
@test "CRI: why a container could not be started; a handler that is none" {
	pod "$NAME"
	make web . no-such-program
	fails 1 cri StartContainer "$(by_id)"
	has "executable file not found"
	make other . /etc/no-program
	fails 1 cri StartContainer "$(by_id)"
	has "permission denied"
	fails 1 cri RunPodSandbox "$(jq -n --argjson c "$POD_CONFIG" '{config: ($c | .metadata.name = "none"), runtime_handler: "none"}')"
	has "no runtime for"
}

# features: exec, terminal
@test "CRI: ExecSync, its time limit; Exec with and without a terminal" {
	pod "$NAME"
	begin web . sleep 1000
	inside sh -c 'echo inside; echo told >&2; exit 9'
	[ "$output" = $'inside\ntold' ]
	[ "$status" = 9 ]
	fails 1 cri ExecSync "$(by_id '.cmd = ["sleep", "1000"] | .timeout = 1')"
	has "timeout 1s exceeded"
	fails 1 cri ExecSync "$(by_id '.cmd = ["no-such-program"]')"
	has "executable file not found"
	fails 6 cri exec "$ID" 0 sh -c 'tty; echo said; exit 6'
	has "not a tty"
	has said
	fails 5 cri exec "$ID" 1 sh -c 'tty; exit 5'
	has /dev/pts/
}

# features: stop, kill, restart
@test "CRI: a container is stopped, killed, started anew; containerd starts anew, the pod goes on" {
	pod "$NAME"
	begin web . sh -c 'trap "exit 5" TERM; echo up; while :; do sleep 0.05; done'
	wait_for grep -q up "$SCRATCH/logs/$NAME/web.log"
	ok cri StopContainer "$(by_id '.timeout = 20')"
	[ "$(status_of .exit_code)" = 5 ]
	ok cri RemoveContainer "$(by_id)"
	begin web '.metadata.attempt = 1' sleep 1000
	local pid
	pid=$(pid_of)
	daemon_end "$(containerd_pid)"
	containerd_run
	wait_for cri ContainerStatus "$(by_id)"
	[ "$(status_of .state)" = 1 ]
	[ "$(pid_of)" = "$pid" ]
	ok cri StopContainer "$(by_id)" # no time: KILL
	[ "$(status_of .exit_code)" = 137 ]
}

# features: limits, update, stats
@test "CRI: limits are in the cgroup, under the pod's; update; stats" {
	needs_controller memory
	pod "$NAME"
	begin web '.linux.resources = {memory_limit_in_bytes: 67108864, cpu_period: 100000, cpu_quota: 50000, cpu_shares: 512, cpuset_cpus: "0"}' sleep 1000
	local pid
	pid=$(pid_of)
	[[ $(group_dir "$pid" memory) == *ocirun*pods* ]]
	[ "$(group_file "$pid" memory memory.limit_in_bytes memory.max)" = 67108864 ]
	[[ $(group_file "$pid" cpu cpu.cfs_quota_us cpu.max) == 50000* ]]
	[[ $(group_file "$pid" cpu cpu.shares cpu.weight) =~ ^(512|20|59)$ ]]
	[ "$(group_file "$pid" cpuset cpuset.cpus)" = 0 ]
	ok cri UpdateContainerResources "$(by_id '.linux = {memory_limit_in_bytes: 33554432, cpu_quota: 25000}')"
	[ "$(group_file "$pid" memory memory.limit_in_bytes memory.max)" = 33554432 ]
	[[ $(group_file "$pid" cpu cpu.cfs_quota_us cpu.max) == 25000* ]]
	[ "$(cri ContainerStats "$(by_id)" | jq '.stats.memory.working_set_bytes.value > 0 and .stats.cpu.usage_core_nano_seconds.value > 0')" = true ]
}

# features: out of memory
@test "CRI: out of memory is the reason that is told" {
	needs_controller memory
	local attempt
	pod "$NAME"
	for ((attempt = 0; ; attempt++)); do
		begin web ".metadata.attempt = $attempt | .linux.resources = {memory_limit_in_bytes: 16777216}" \
			sh -c 'x=0123456789abcdef; while :; do x=$x$x; done'
		wait_for is_exited
		[ "$(status_of .exit_code)" = 137 ]
		[ "$DRIVER" = systemd ] && [ "$attempt" -lt 7 ] || break # the event may be lost, as in containerd.bats
		sleep 1
		! is_told OOMKilled || break
	done
	wait_for is_told OOMKilled # the event of the cgroup and the end come by two ways
}
is_told() { [ "$(status_of .reason)" = "$1" ]; }

# features: volumes, read-only, devices
@test "CRI: volumes, read-only and not, a root that is read-only, devices" {
	mkdir -p "$SCRATCH/shared"
	echo from-host >"$SCRATCH/shared/file"
	pod "$NAME"
	begin web ".linux.security_context.readonly_rootfs = 1 | .devices = [{container_path: \"/dev/nil\", host_path: \"/dev/zero\", permissions: \"rwm\"}]
		| .mounts = [{container_path: \"/data\", host_path: \"$SCRATCH/shared\"}, {container_path: \"/fixed\", host_path: \"$SCRATCH/shared\", readonly: 1}]" sleep 1000
	inside sh -c 'cat /data/file; echo back >/data/new; touch /fixed/x /x; stat -c %t:%T /dev/nil; head -c 3 /dev/nil | od -An -tx1'
	has from-host
	has "/fixed/x: Read-only file system"
	has "/x: Read-only file system"
	has $'1:5\n 00 00 00'
	[ "$(cat "$SCRATCH/shared/new")" = back ]
}

@test "CRI: a volume that is read-only with all below it" {
	new_generation || skip "containerd $(containerd --version | cut -d' ' -f3) does not ask for that"
	mkdir -p "$SCRATCH/tree/below"
	mount -t tmpfs tree "$SCRATCH/tree/below"
	pod "$NAME"
	begin web ".mounts = [{container_path: \"/fixed\", host_path: \"$SCRATCH/tree\", readonly: 1, recursive_read_only: 1}]" sleep 1000
	inside touch /fixed/below/x
	umount "$SCRATCH/tree/below"
	has "Read-only file system"
}

# features: capabilities, privileged, seccomp, no-new-privileges, user
@test "CRI: capabilities, seccomp profiles, no-new-privileges, users, privileged" {
	pod "$NAME" '.linux.security_context.privileged = 1'
	local status_lines='grep -E "^(CapPrm|NoNewPrivs|Seccomp):" /proc/self/status'
	begin some '.linux.security_context = {capabilities: {drop_capabilities: ["ALL"], add_capabilities: ["CHOWN"]}, no_new_privs: 1, seccomp: {profile_type: 0}}' sleep 1000
	inside sh -c "$status_lines"
	[ "$output" = $'CapPrm:\t0000000000000001\nNoNewPrivs:\t1\nSeccomp:\t2' ]
	begin user '.linux.security_context = {run_as_username: "user", supplemental_groups: [2000], seccomp: {profile_type: 1}}' sleep 1000
	inside sh -c "id -u; id -G; $status_lines"
	[ "${lines[0]}" = 1000 ]
	[[ ${lines[1]} == "1000 "*2000* ]]
	has $'CapPrm:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t0'
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}' >"$SCRATCH/profile.json"
	begin own ".linux.security_context.seccomp = {profile_type: 2, localhost_ref: \"localhost/$SCRATCH/profile.json\"}" sleep 1000
	inside mkdir /x
	has "Permission denied"
	begin all '.linux.security_context.privileged = 1' sleep 1000
	inside sh -c 'ls /dev/full; grep -E "^(CapPrm|Seccomp):" /proc/self/status'
	[ "$output" = "/dev/full"$'\n'"$(grep CapPrm: "/proc/$(containerd_pid)/status")"$'\nSeccomp:\t0' ]
}

# features: hostname, sysctl, no network, namespaces of another container
@test "CRI: what containers of a pod share: network, ipc, hostname; processes when they are to" {
	pod "$NAME" '.hostname = "podbox" | .linux.security_context.namespace_options = {pid: 0} | .linux.sysctls = {"net.ipv4.ip_unprivileged_port_start": "80"}'
	local pid_of_pod='.linux.security_context.namespace_options = {pid: 0}' names='for n in net ipc uts pid; do readlink /proc/self/ns/$n; done'
	begin one "$pid_of_pod" sleep 1001
	inside sh -c "hostname; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; $names"
	[ "${lines[0]}" = podbox ]
	[ "${lines[1]}" = 80 ]
	local first=$output
	begin two "$pid_of_pod" sleep 1002
	inside sh -c "hostname; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; $names; ls /sys/class/net"
	[ "${output%$'\n'lo*}" = "$first" ]
	inside ps -o args
	has "sleep 1001"
	has "sleep 1002"
	begin apart '.linux.security_context.namespace_options = {pid: 1}' sleep 1003
	inside ps -o args
	lacks "sleep 1001"
	local target=$ID
	begin debug ".linux.security_context.namespace_options = {pid: 3, target_id: \"$target\"}" sleep 1004 # as kubectl debug
	inside ps -o args
	has "sleep 1003"
}

# features: network of the host, pid and ipc of the host
@test "CRI: a pod in the host's network, ipc and processes" {
	local of_host='.linux.security_context.namespace_options = {network: 2, pid: 2, ipc: 2}'
	pod "$NAME" "$of_host"
	begin web "$of_host" sleep 1000
	inside sh -c 'for n in net ipc pid; do readlink /proc/self/ns/$n; done'
	[ "$output" = "$(for n in net ipc pid; do readlink "/proc/$(containerd_pid)/ns/$n"; done)" ]
}

# features: user namespace
@test "CRI: a pod in a user namespace" {
	new_generation || skip "containerd $(containerd --version | cut -d' ' -f3) does not ask for that"
	local ids='[{container_id: 0, host_id: 200000, length: 65536}]'
	local own=".linux.security_context.namespace_options = {pid: 1, userns_options: {mode: 0, uids: $ids, gids: $ids}}"
	mkdir -p "$SCRATCH/owned"
	pod "$NAME" "$own"
	begin web "$own | .mounts = [{container_path: \"/data\", host_path: \"$SCRATCH/owned\", uidMappings: $ids, gidMappings: $ids}]" sleep 1000
	inside sh -c 'id -u; cat /proc/self/uid_map; touch /x /data/x && stat -c %u /x /data/x'
	[ "${lines[0]}" = 0 ]
	[[ ${lines[1]} =~ 0\ +200000\ +65536 ]]
	[ "${lines[2]},${lines[3]}" = 0,0 ]
	[ "$(stat -c %u "/proc/$(pid_of)")" = 200000 ]
	[ "$(stat -c %u "$SCRATCH/owned/x")" = 0 ] # the volume is mapped
}

# features: 20 starts at once
@test "CRI: 20 containers of a pod started at once" {
	local create start=()
	pod "$NAME"
	mapfile -t create < <(jq -nc --arg p "$POD" --argjson s "$POD_CONFIG" --arg image "$IMAGE" 'range(20) | {pod_sandbox_id: $p, sandbox_config: $s,
		config: {metadata: {name: "c\(.)"}, image: {image: $image}, command: ["sh", "-c", "exit \(.)"], log_path: "c\(.).log"}}')
	mapfile -t start < <(cri CreateContainer "${create[@]}")
	[ "${#start[@]}" = 20 ]
	cri StartContainer "${start[@]}" >/dev/null
	wait_for all_are_exited "${start[@]}"
	[ "$(cri ContainerStatus "${start[@]}" | jq '.status.exit_code // 0')" = "$(seq 0 19)" ]
}
all_are_exited() { [ "$(cri ContainerStatus "$@" | jq -s 'map(select(.status.state == 2)) | length')" = $# ]; }
