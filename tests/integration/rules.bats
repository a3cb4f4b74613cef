#!/usr/bin/env bats
# Rules of config.md and config-linux.md that need a container, or its absence, to be seen (CFG, PRC, NSP, MNT, HOK).
# What the reader alone refuses stands in tests/reject, case by case.

load lib

test_setup() { needs_root; new_bundle true; }
test_teardown() { [ -z "${HOLDER-}" ] || kill "$HOLDER" 2>/dev/null || :; }

nothing_was_made() {
	[ ! -e "$ROOT/$ID" ]
	[ -z "$(find /sys/fs/cgroup -type d -name "$ID*" ! -name "$ID-first" 2>/dev/null)" ]
}
refused() { # TEXT
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "$1"
	nothing_was_made
}

@test "CFG-02 PRC-08 a container without a process cannot be created" {
	config 'del(.process)'
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "/process: process property must not be empty"
	nothing_was_made
}

@test "CFG-03 root.path: absolute, relative to the bundle, below a directory that only root may enter; never a file or a link" {
	local path
	for path in rootfs ./rootfs "$(realpath "$BUNDLE/rootfs")"; do
		config ".root.path = \"$path\""
		run_ok ocirun run --bundle "$BUNDLE" "$ID"
	done
	mkdir -m 0 "$BUNDLE/closed"
	mv "$BUNDLE/rootfs" "$BUNDLE/closed/"
	config '.root.path = "closed/rootfs"'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	config '.root.path = "config.json"'
	refused "/root/path"
	ln -s closed "$BUNDLE/link"
	config '.root.path = "link/rootfs"'
	refused "/root/path: invalid rootfs"
}

@test "PRC-02 PRC-03 consoleSize counts for a terminal only: without one any size is ignored" {
	config '.process.consoleSize = {height: 70000, width: 1}'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	config '.process.terminal = true'
	run_fail ocirun create --console-socket "$DIR/none" --bundle "$BUNDLE" "$ID"
	has "/process/consoleSize: height and width must be at most 65535"
}

@test "PRC-16 without capabilities the sets stay those of the runtime" {
	config 'del(.process.capabilities)' '.process.noNewPrivileges = false'
	set_args grep -E '^Cap(Prm|Eff|Bnd)' /proc/self/status
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$output" = "$(grep -E '^Cap(Prm|Eff|Bnd)' /proc/self/status)" ]
	run_ok setpriv --bounding-set=-sys_time --inh-caps=-sys_time "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "$output" = "$(setpriv --bounding-set=-sys_time --inh-caps=-sys_time grep -E '^Cap(Prm|Eff|Bnd)' /proc/self/status)" ]
	# an ordinary user has none of them all the same
	config '.process.user = {uid: 1000, gid: 1000}'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$(grep -cE '^Cap(Prm|Eff):.0+$' <<<"$output")" = 2 ]
}

@test "PRC-21 PRC-22 a profile or label of an LSM that this host has not is refused, not left out" {
	if ! grep -q selinux /sys/kernel/security/lsm 2>/dev/null; then
		config '.process.selinuxLabel = "system_u:system_r:container_t:s0"'
		refused "/process/selinuxLabel: selinux is not enabled on this host"
		config 'del(.process.selinuxLabel)'
	fi
	if ! grep -q apparmor /sys/kernel/security/lsm 2>/dev/null; then
		config '.process.apparmorProfile = "web"'
		refused "/process/apparmorProfile: apparmor is not enabled on this host"
	else
		config '.process.apparmorProfile = "no-such-profile-as-this"'
		refused "no such AppArmor profile is loaded"
	fi
}

@test "NSP-11 maps beside a user namespace joined by path are that namespace's own, or nothing is made" {
	local maps='[{containerID: 0, hostID: 100000, size: 1000}]' pid row
	chown -R 100000:200000 "$BUNDLE/rootfs"
	set_args sleep 100
	config '.linux.namespaces += [{type: "user"}]' ".linux.uidMappings = $maps" ".linux.gidMappings = ($maps | .[0].hostID = 200000)"
	config ".linux.cgroupsPath = \"$CGROUPS_PATH-first\""
	create "$ID-first"
	pid=$(pid_of "$ID-first")
	config ".linux.cgroupsPath = \"$CGROUPS_PATH\"" \
		".linux.namespaces |= map(if .type == \"user\" then .path = \"/proc/$pid/ns/user\" else . end)"
	set_args cat /proc/self/uid_map /proc/self/gid_map
	# the same; the same in two pieces; either alone; none
	for row in . '.linux.uidMappings = [{containerID: 10, hostID: 100010, size: 990}, {containerID: 0, hostID: 100000, size: 10}]' \
		'del(.linux.gidMappings)' 'del(.linux.uidMappings)'; do
		config "$row"
		run_ok ocirun run --bundle "$BUNDLE" "$ID"
		[ "$(awk '{ print $1, $2, $3 }' <<<"$output")" = "0 100000 1000"$'\n'"0 200000 1000" ]
	done
	# another id on the host, another size, one more
	for row in '.linux.uidMappings = [{containerID: 0, hostID: 100001, size: 1000}]' \
		'.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 999}]' \
		'.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}, {containerID: 1000, hostID: 0, size: 1}]'; do
		config "$row"
		run_fail ocirun create --bundle "$BUNDLE" "$ID"
		has "/linux/uidMappings: is not the map of the user namespace that is joined (/proc/$pid/ns/user): give the same or none"
		nothing_was_made
	done
	config 'del(.linux.uidMappings)' ".linux.gidMappings = $maps"
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "/linux/gidMappings: is not the map of the user namespace"
	# no user namespace there: told by whoever joins it
	config ".linux.namespaces |= map(if .type == \"user\" then .path = \"/proc/$pid/ns/uts\" else . end)"
	refused "it is not a user namespace"
}

@test "NSP-12 a user namespace with neither maps nor path, or with one map" {
	config '.linux.namespaces += [{type: "user"}]'
	refused "/linux/namespaces: user namespaces enabled, but no namespace path to join nor mappings to apply specified"
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1}]'
	refused "/linux/gidMappings: must be present"
}

@test "NSP-13 maps without a user namespace" {
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1}]' '.linux.gidMappings = .linux.uidMappings'
	refused "/linux/uidMappings: user namespace mappings specified, but user namespace isn't enabled in the config"
}

@test "NSP-16 a cgroup namespace is made when the process is in its group: it sees itself at the root of each hierarchy" {
	config '.linux.namespaces += [{type: "cgroup"}] | .linux.namespaces |= unique_by(.type)'
	set_args cat /proc/self/cgroup
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "${#lines[@]}" -ge 1 ]
	run_fail grep -v ':/$' <<<"$output"
	# without one the paths are the host's
	config 'del(.linux.namespaces[] | select(.type == "cgroup"))'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	has "$CGROUP"
}

@test "MNT-08 a NUL byte in a field of a mount" {
	local field
	for field in destination type source; do
		(cd "$BUNDLE" && rm -f config.json && "$OCIRUN" spec)
		config '.process.terminal = false' ".mounts[0].$field = \"/a\\u0000b\""
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has "string contains null byte"
		nothing_was_made
	done
}

@test "HOK-07 the path of a hook of each kind must be absolute" {
	local kind
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		config 'del(.hooks)' ".hooks.$kind = [{path: \"/bin/true\"}, {path: \"bin/true\"}]"
		refused "/hooks/$kind/1/path: must be an absolute path"
	done
}

@test "HOK-08 a hook that cannot be run says why" {
	local kind
	for kind in prestart createRuntime createContainer startContainer poststart; do
		config "del(.hooks) | .hooks.$kind = [{path: \"/nothing/hook\"}]"
		refused "error running $kind hook #0: exec /nothing/hook: no such file or directory"
	done
	config "del(.hooks) | .hooks.prestart = [{path: \"/etc/passwd\"}]"
	refused "/hooks/prestart/0: error running prestart hook #0: exec /etc/passwd: permission denied"
	config 'del(.hooks) | .hooks.poststop = [{path: "/nothing/hook"}]'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	has "error running poststop hook #0: exec /nothing/hook: no such file or directory"
	nothing_was_made
}

@test "PRC-24 LIM-14 what no kernel can do says so: a reserved policy, memory without its hierarchy" {
	config '.process.scheduler = {policy: "SCHED_ISO"}'
	refused "SCHED_ISO is a number that Linux keeps free"
	config 'del(.process.scheduler)' '.linux.resources.memory = {useHierarchy: true}'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ -z "$output" ]
	config '.linux.resources.memory = {useHierarchy: false}'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	has "memory.useHierarchy false is ignored"
}

@test "HOK-13 HOK-14 state on the stdin of hooks is one line without escaped slashes; their output goes to the files of run.oci.hooks" {
	config ".hooks = {createRuntime: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"cat; echo; echo bad >&2\"]}],
		poststop: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"cat; echo\"]}]}" \
		".annotations = {\"a/b\": \"c/d\", \"run.oci.hooks.stdout\": \"$DIR/out\", \"run.oci.hooks.stderr\": \"$DIR/bad\"}"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$(wc -l <"$DIR/out")" = 2 ]
	run_fail grep -F '\/' "$DIR/out"
	[ "$(sed -n 1p "$DIR/out" | jq -r '.status + .annotations["a/b"]')" = creatingc/d ]
	[ "$(sed -n 2p "$DIR/out" | jq -r '.status + (.pid | tostring)')" = stopped0 ]
	[ "$(cat "$DIR/bad")" = bad ]
}
