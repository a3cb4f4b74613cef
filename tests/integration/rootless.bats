#!/usr/bin/env bats
# Containers of an ordinary user: no right over the host, ids of its own (as-user). Run as root the tests drop to uid 1000
# with ranges of subordinate ids; run by an ordinary user they take what the host gives that one.
# shellcheck disable=SC2154,SC2016

load lib

test_setup() {
	needs_containers
	USERDIR=$(mktemp -d /tmp/ocirun-user.XXXXXX)
	chmod 755 "$USERDIR"
	BUNDLE=$USERDIR/bundle
	cp "$OCIRUN" "$USERDIR/ocirun"
	mkdir "$BUNDLE"
	new_rootfs "$BUNDLE/rootfs"
	[ $EUID != 0 ] || chown -R 1000:1000 "$BUNDLE"
	user spec --rootless --bundle "$BUNDLE"
	config '.process.terminal = false' '.process.args = ["sleep", "100"]' '.linux.namespaces |= map(select(.type != "cgroup"))'
	# a limit that every host of the kind has
	LIMIT='.linux.resources = {pids: {limit: 20}}'
	[ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ] || LIMIT='.linux.resources = {unified: {"cgroup.max.depth": "3"}}'
	OWN_UID=$(as_user id -u)
}

test_teardown() {
	local left
	for left in $(user list -q 2>/dev/null); do user delete -f "$left"; done
	[ -z "${GROUP-}" ] || find "$GROUP" -depth -type d -exec rmdir {} \;
	rm -rf "$USERDIR"
}

as_user() { "$BATS_TEST_DIRNAME/as-user" "$USERDIR" "$@"; }
user() { as_user "$USERDIR/ocirun" "$@"; }
config() { # the bundle stays the user's
	local filter all=.
	for filter in "$@"; do all+=" | ($filter)"; done
	jq "$all" "$BUNDLE/config.json" >"$USERDIR/config.new"
	cat "$USERDIR/config.new" >"$BUNDLE/config.json"
}
sh_args() { # SCRIPT
	jq --arg script "$1" '.process.args = ["sh", "-c", $script]' "$BUNDLE/config.json" >"$USERDIR/config.new"
	cat "$USERDIR/config.new" >"$BUNDLE/config.json"
}
start() { # a created and started container
	user create --bundle "$BUNDLE" "$ID" </dev/null >"$DIR/out" 2>"$DIR/err" || { cat "$DIR/err" >&2; return 1; }
	user start "$ID"
}
# A user's group is delegated where a systemd of that user runs; most hosts give none, and nobody to ask for one.
is_delegated() { as_user test -w "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/cgroup.procs"; }
needs_no_delegation() { ! is_delegated || skip "this user's group is delegated"; }
user_status() { user state "$ID" | jq -r .status; }
stopped() { [ "$(user_status)" = stopped ]; }
with_range() { # the own id, then those of /etc/subuid
	local uids gids
	uids=$(as_user sh -c 'grep -E "^($(id -un)|$(id -u)):" /etc/subuid' | head -n 1)
	gids=$(as_user sh -c 'grep -E "^($(id -un)|$(id -u)):" /etc/subgid' | head -n 1)
	[ -n "$uids" ] && [ -n "$gids" ] || skip "this user has no subordinate ids"
	FIRST=$(cut -d: -f2 <<<"$uids")
	config ".linux.uidMappings += [{containerID: 1, hostID: $FIRST, size: 1000}]" \
		".linux.gidMappings += [{containerID: 1, hostID: $(cut -d: -f2 <<<"$gids"), size: 1000}]"
}

@test "SPC-03 NSP-06 an ordinary user's container through create, state, start, exec, ps, list, kill, delete" {
	user create --bundle "$BUNDLE" --pid-file "$USERDIR/run/pid" "$ID" </dev/null >"$DIR/out" 2>&1 || { cat "$DIR/out" >&2; return 1; }
	[ "$(user_status)" = created ]
	[ "$(cat "$USERDIR/run/pid")" = "$(user state "$ID" | jq .pid)" ]
	user start "$ID"
	[ "$(user_status)" = running ]
	run_ok user exec "$ID" sh -c 'id -u; cat /proc/self/uid_map /proc/self/setgroups'
	[ "${lines[0]}" = 0 ]
	[ "$(echo "${lines[1]}" | xargs)" = "0 $OWN_UID 1" ]
	[ "${lines[2]}" = deny ]
	user exec -d "$ID" sleep 99
	run_ok user ps "$ID"
	has 'sleep 100'
	has 'sleep 99'
	run_ok user list
	has "$ID"
	run_fail user delete "$ID"
	has 'that is not stopped'
	user kill "$ID" KILL
	wait_for stopped
	user delete "$ID"
	run_fail user state "$ID"
	has 'container does not exist'
}

@test "RUN-01 run of an ordinary user: exit status, output; signals of the host do not pass" {
	sh_args 'echo out; echo err >&2; exit 7'
	run user run --bundle "$BUNDLE" "$ID"
	[ "$status" = 7 ]
	has out
	has err
	[ -z "$(user list -q)" ]
}

@test "GLB-01 GLB-03 the state stands in XDG_RUNTIME_DIR, with the sticky bit; without it the error says what to do" {
	start
	[ "$(stat -c %a "$USERDIR/run/ocirun")" = 1700 ]
	[ -e "$USERDIR/run/ocirun/$ID/state.json" ]
	[ ! -e "/run/ocirun/$ID" ]
	run_fail as_user env -u XDG_RUNTIME_DIR "$USERDIR/ocirun" run --bundle "$BUNDLE" other
	has 'cannot make the state root /run/ocirun' || has 'cannot open the state root /run/ocirun'
	has 'export XDG_RUNTIME_DIR=/run/user/'
	run_fail as_user env XDG_RUNTIME_DIR=/nowhere "$USERDIR/ocirun" run --bundle "$BUNDLE" other
	has 'is XDG_RUNTIME_DIR right?'
}

@test "PRO-37 PRO-38 NSP-14 NSP-15 a range of ids by newuidmap; groups can be set then" {
	with_range
	config '.process.user = {uid: 5, gid: 6, additionalGids: [7]}'
	sh_args 'id; cat /proc/self/uid_map; cat /proc/self/setgroups'
	run_ok user run --bundle "$BUNDLE" "$ID"
	has 'uid=5 gid=6 groups=7'
	has allow
	[ "$(echo "${lines[2]}" | xargs)" = "1 $FIRST 1000" ]
	# and in exec
	sh_args 'sleep 100'
	start
	run_ok user exec -u 3:4 -g 8 "$ID" id
	has 'uid=3 gid=4 groups=7,8'
}

@test "PRO-37 newuidmap that is not in PATH, or grants less: the error names it and the file" {
	with_range
	run_fail as_user env PATH=/nowhere "$USERDIR/ocirun" run --bundle "$BUNDLE" "$ID"
	has '/linux/uidMappings: more ids than the own one can be mapped only with newuidmap, which is not in PATH'
	config '.linux.uidMappings[1].hostID = 2000000'
	run_fail user run --bundle "$BUNDLE" "$ID"
	has '/linux/uidMappings: newuidmap failed: '
	has 'not allowed (it grants what /etc/subuid lists for this user)'
	[ -z "$(user list -q)" ]
	# relative parts of PATH are never searched: the current directory may be anybody's
	printf '#!/bin/sh\necho fooled >%s/run/fooled\n' "$USERDIR" >"$USERDIR/home/newuidmap"
	chmod 755 "$USERDIR/home/newuidmap"
	run_fail as_user env PATH=. "$USERDIR/ocirun" run --bundle "$BUNDLE" "$ID"
	[ ! -e "$USERDIR/run/fooled" ]
}

@test "PRO-38 PRC-07 groups that nobody can set are refused before anything is made" {
	config '.process.user.additionalGids = [0]'
	run_fail user run --bundle "$BUNDLE" "$ID"
	has 'cannot set any additional groups in a rootless container'
}

@test "NSP-23 NSP-12 NSP-13 without a user namespace: refused in words that help, none is invented" {
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	run_fail user run --bundle "$BUNDLE" "$ID"
	has 'user namespaces enabled, but no namespace path to join nor mappings to apply specified'
	config '.linux.namespaces |= map(select(.type != "user"))'
	run_fail user run --bundle "$BUNDLE" "$ID"
	has 'rootless container requires user namespaces'
	has 'spec --rootless'
	config '.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}] | .linux.gidMappings = .linux.uidMappings'
	run_fail user run --bundle "$BUNDLE" "$ID"
	has "user namespace mappings specified, but user namespace isn't enabled"
}

@test "NSP-11 NSP-22 BAT-68 an ordinary user joins the namespaces of another container, pid and user among them" {
	config '.linux.namespaces += [{type: "network"}, {type: "cgroup"}]'
	start
	local pid
	pid=$(user state "$ID" | jq .pid)
	config ".linux.namespaces |= map(if .type == \"mount\" then . else .path = \"/proc/$pid/ns/\" + ({network: \"net\"}[.type] // .type) end)" \
		'del(.linux.uidMappings, .linux.gidMappings, .hostname)'
	sh_args 'ls /proc/1/ >/dev/null && cat /proc/1/cmdline | tr "\0" " "; for ns in net user pid; do readlink /proc/self/ns/$ns; done'
	run_ok user run --bundle "$BUNDLE" "$ID-b"
	has 'sleep 100'
	has "$(as_user readlink "/proc/$pid/ns/net")"
	has "$(as_user readlink "/proc/$pid/ns/user")"
	has "$(as_user readlink "/proc/$pid/ns/pid")"
}

@test "EXE-01 a container that waits for start is hidden from its own user; exec says so" {
	user create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	run user exec "$ID" true
	[ "$status" = 255 ]
	has 'a rootless container that waits for start is hidden'
}

@test "DEV-01 devices are the host's, bound; mknod, mounts of the host's disks, raising limits and priorities fail" {
	config '.process.capabilities |= with_entries(.value = ["CAP_MKNOD", "CAP_SYS_ADMIN", "CAP_SYS_RESOURCE", "CAP_SYS_NICE", "CAP_DAC_OVERRIDE", "CAP_SYS_MODULE", "CAP_SYS_RAWIO"])' '.root.readonly = false'
	sh_args 'echo x >/dev/null && head -c 1 /dev/zero | wc -c
		mknod /tmp/disk b 8 0 && echo MADE
		mount -t ext4 /dev/vda /tmp && echo MOUNTED
		echo 1 >/proc/sys/kernel/panic && echo WROTE
		echo b >/proc/sysrq-trigger && echo TRIGGERED
		cat /proc/kcore >/dev/null && echo READ
		true' # every one of them without a word but the first
	run_ok user run --bundle "$BUNDLE" "$ID"
	[ "${lines[0]}" = 1 ]
	lacks MADE
	lacks MOUNTED
	lacks WROTE
	lacks TRIGGERED
}

@test "CGR-12 BAT-25 without permission for cgroups: none when nothing is limited, else an error; --rootless decides" {
	needs_no_delegation
	# as on most hosts: this user may make no group
	start
	[ "$(jq -c .cgroup_paths "$USERDIR/run/ocirun/$ID/state.json")" = '{}' ]
	run_fail user pause "$ID"
	has 'freezer'
	user delete -f "$ID"
	run_fail user --rootless=false run --bundle "$BUNDLE" "$ID"
	has 'unable to apply cgroup configuration'
	has 'permission denied'
	# rules for devices ask for rights that such a user never has: they limit nothing here
	config '.linux.resources = {devices: [{allow: false, access: "rwm"}]}' '.process.args = ["true"]'
	run_ok user run --bundle "$BUNDLE" "$ID"
	run_ok user --rootless=true run --bundle "$BUNDLE" "$ID"
	config "$LIMIT"
	run_fail user run --bundle "$BUNDLE" "$ID"
	has 'rootless needs no limits + no cgrouppath when no permission is granted for cgroups'
	config 'del(.linux.resources)' '.linux.cgroupsPath = "/some/where"'
	run_fail user run --bundle "$BUNDLE" "$ID"
	has 'rootless needs no limits + no cgrouppath when no permission is granted for cgroups'
	[ -z "$(user list -q)" ]
}

@test "CGR-12 the systemd driver where no systemd of this user's runs: what was looked for, and how to get one" {
	needs_no_delegation
	[ -x "${OCIRUN%/*}/ocirun-systemd" ] || skip "built without the systemd driver"
	cp "${OCIRUN%/*}/ocirun-systemd" "$USERDIR/"
	run_fail user --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	has 'the user bus'
	has 'does a systemd of this user run'
	has 'loginctl enable-linger'
	[ -z "$(user list -q)" ]
}

@test "CGR-12 BAT-51 without a cgroup and a pid namespace: a warning" {
	needs_no_delegation
	config '.linux.namespaces |= map(select(.type != "pid"))' '.mounts |= map(if .destination == "/proc" then {destination: "/proc", type: "bind", source: "/proc", options: ["rbind"]} else . end)' '.process.args = ["true"]' '.linux.maskedPaths = []' '.linux.readonlyPaths = []'
	run_ok user run --bundle "$BUNDLE" "$ID"
	has 'Such configuration is strongly discouraged'
}

# A v2 group that belongs to the user, with the test's own shell in a child of it: as systemd delegates one. A new group
# is made beside that child in a pure v2 view ($PARENT), below it on a hybrid host.
delegate() { # FILE...: what of it the user may write
	local tree file
	needs_root
	tree=$(findmnt -nt cgroup2 -o TARGET | head -n 1)
	[ -n "$tree" ] || skip "no cgroup v2 tree is mounted"
	GROUP=$tree/$ID-user
	PARENT=$GROUP/session
	[ "$tree" != /sys/fs/cgroup ] || PARENT=$GROUP
	mkdir "$GROUP" "$GROUP/session"
	chown 1000:1000 "$GROUP" "$GROUP/session"
	for file; do chown 1000:1000 "$GROUP/$file" "$GROUP/session/$file"; done
}
in_session() { # COMMAND...: run in $GROUP/session
	bash -c 'echo $$ >"$0/session/cgroup.procs" && exec "$@"' "$GROUP" "$BATS_TEST_DIRNAME/as-user" "$USERDIR" "$USERDIR/ocirun" "$@"
}

@test "CGR-12 a delegated group: the container gets one of its own in it, which pause and delete know" {
	delegate cgroup.procs cgroup.subtree_control cgroup.threads
	in_session create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	[ "$(jq -r '.cgroup_paths[""]' "$USERDIR/run/ocirun/$ID/state.json")" = "$PARENT/$ID" ]
	user start "$ID"
	[ "$(cat "$PARENT/$ID/cgroup.procs")" = "$(user state "$ID" | jq .pid)" ]
	user pause "$ID"
	[ "$(user_status)" = paused ]
	user resume "$ID"
	run_ok in_session exec "$ID" sh -c 'cat /proc/self/cgroup'
	has "${PARENT#"${GROUP%/*}"}/$ID"
	# from elsewhere it may not be moved there, and nothing is limited: it runs all the same
	run_ok user exec "$ID" echo outside
	has outside
	user delete -f "$ID"
	[ ! -e "$PARENT/$ID" ]
}

@test "CGR-12 partial rights: a group can be made, but nobody moved there; it is removed and done without" {
	delegate cgroup.subtree_control
	config '.process.args = ["sleep", "100"]'
	in_session create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	[ ! -e "$PARENT/$ID" ]
	[ "$(jq -c .cgroup_paths "$USERDIR/run/ocirun/$ID/state.json")" = '{}' ]
	user delete -f "$ID"
	config "$LIMIT"
	if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
		run_fail in_session run --bundle "$BUNDLE" "$ID"
		has 'rootless needs no limits'
		[ ! -e "$PARENT/$ID" ]
	fi
}

@test "CVE-2023-25809 nothing below /sys/fs/cgroup is writable, with every form of mount and of cgroup namespace" {
	delegate cgroup.procs cgroup.subtree_control cgroup.threads
	local namespaces mounts
	# the group that the user may write to is the bait
	sh_args 'find /sys/fs/cgroup -type d | while read -r dir; do [ -e "$dir/cgroup.procs" ] || continue; mkdir "$dir/evil" 2>/dev/null && echo "MADE $dir/evil"; (echo 0 >"$dir/cgroup.procs") 2>/dev/null && echo "MOVED $dir"; done; echo done'
	for namespaces in '.' '.linux.namespaces += [{type: "cgroup"}]'; do
		for mounts in '.' \
			'.mounts |= map(select(.destination != "/sys/fs/cgroup"))'; do
			cp "$BUNDLE/config.json" "$USERDIR/config.kept"
			config "$namespaces" "$mounts"
			run_ok in_session run --bundle "$BUNDLE" "$ID"
			has done
			lacks MADE
			lacks MOVED
			cat "$USERDIR/config.kept" >"$BUNDLE/config.json"
		done
	done
	# asked for writable: without a cgroup namespace it is read-only still
	config '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end)'
	run_ok in_session run --bundle "$BUNDLE" "$ID"
	lacks MADE
	lacks MOVED
	[ -z "$(find "$GROUP" -name evil)" ]
}

@test "MNT-18 a bind that would uncover what the host has covered is refused, with the way out" {
	config '.mounts |= map(if .destination == "/sys" then .options = ["bind", "ro"] else . end)'
	run_fail user run --bundle "$BUNDLE" "$ID"
	has '/mounts/5: cannot clone the mount at /sys: invalid argument'
	has 'use rbind'
}

@test "CVE-2023-25809 who may unmount finds nothing writable below what covers /sys/fs/cgroup" {
	delegate cgroup.procs cgroup.subtree_control cgroup.threads
	config '.process.capabilities |= with_entries(.value = ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"])'
	sh_args 'while umount /sys/fs/cgroup/unified /sys/fs/cgroup 2>/dev/null; do :; done; mount -o remount,rw,bind /sys 2>/dev/null && echo REMOUNTED
		find /sys/fs/cgroup -type d | while read -r dir; do mkdir "$dir/evil" 2>/dev/null && echo "MADE $dir/evil"; done; echo done'
	ln -sf busybox "$BUNDLE/rootfs/bin/umount"
	run_ok in_session run --bundle "$BUNDLE" "$ID"
	has done
	lacks MADE
	[ -z "$(find "$GROUP" -name evil)" ]
}

@test "CGR-12 a writable cgroup file system needs a group of its own" {
	needs_no_delegation
	config '.linux.namespaces += [{type: "cgroup"}]' '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end)'
	run_fail user run --bundle "$BUNDLE" "$ID"
	has 'mount no cgroup writable without'
}

@test "GLB-17 nested: root of a user namespace, with and without a mount namespace of its own" {
	config '.linux.uidMappings[0].hostID = 0' '.linux.gidMappings[0].hostID = 0'
	sh_args 'id -u; echo inside'
	local flags
	for flags in -Urm -Ur; do
		run_ok as_user unshare $flags env -u USER "$USERDIR/ocirun" run --bundle "$BUNDLE" "$ID"
		has inside
	done
	# no user namespace of its own: that of the caller serves
	config '.linux.namespaces |= map(select(.type != "user"))' 'del(.linux.uidMappings, .linux.gidMappings)'
	for flags in -Urm -Ur; do
		run_ok as_user unshare $flags env -u USER "$USERDIR/ocirun" run --bundle "$BUNDLE" "$ID"
		has inside
	done
}

# As rootless Podman does: root of a user namespace that came with the host's pid namespace, to which it may not return.
@test "EXE-01 NSP-09 nested: exec, and a pid namespace joined by path, by root of a user namespace" {
	config '.linux.namespaces |= map(select(.type != "user"))' 'del(.linux.uidMappings, .linux.gidMappings)'
	jq '.process.args = ["sh", "-c", "echo joined; cat /proc/1/cmdline"] | .linux.namespaces |= map(if .type == "pid" then .path = "PIDNS" else . end)' \
		"$BUNDLE/config.json" >"$USERDIR/join.json"
	run_ok as_user unshare -Urm env -u USER O="$USERDIR/ocirun" B="$BUNDLE" J="$USERDIR/join.json" sh -ec '
		$O create --bundle "$B" one </dev/null >/dev/null 2>&1
		$O start one
		$O exec one sh -c "echo exec in; readlink /proc/1/exe"
		pid=$($O state one | jq .pid)
		sed "s|PIDNS|/proc/$pid/ns/pid|" "$J" >"$B/config.json"
		$O run --bundle "$B" two
		$O delete -f one'
	has 'exec in'
	has joined
	has "sleep"
}

@test "nested: a container of an ordinary user's in one, and what a masked /proc forbids" {
	mkdir -p "$BUNDLE/rootfs/inner/rootfs/bin" "$BUNDLE/rootfs/inner/rootfs/"{proc,sys,dev,tmp}
	cp "$USERDIR/ocirun" "$BUNDLE/rootfs/bin/ocirun"
	cp /bin/busybox "$BUNDLE/rootfs/inner/rootfs/bin/sh"
	jq '.process.args = ["sh", "-c", "echo innermost; echo $$"] | .linux.uidMappings[0].hostID = 0 | .linux.gidMappings[0].hostID = 0
		| .mounts |= map(select(.destination != "/sys/fs/cgroup"))' "$BUNDLE/config.json" >"$BUNDLE/rootfs/inner/config.json"
	config '.process.capabilities |= with_entries(.value = ["CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_SETFCAP", "CAP_SETPCAP"])' '.process.noNewPrivileges = false' '.root.readonly = false'
	sh_args 'ocirun --root /tmp/state run --bundle /inner in'
	run_fail user run --bundle "$BUNDLE" "$ID"
	has 'error mounting proc'
	has 'nothing covers parts of the /proc outside'
	config '.linux.maskedPaths = []' '.linux.readonlyPaths = []'
	run_ok user run --bundle "$BUNDLE" "$ID"
	has innermost
	[ "${lines[-1]}" = 1 ]
}

@test "NSP-16 a new cgroup namespace is that of the container's own group" {
	delegate cgroup.procs cgroup.subtree_control cgroup.threads
	config '.linux.namespaces += [{type: "cgroup"}]'
	sh_args 'cat /proc/self/cgroup'
	run_ok in_session run --bundle "$BUNDLE" "$ID"
	has '0::/'
	lacks "$ID"
}

@test "check: what an ordinary user may not is named before create meets it" {
	config '.mounts += [{destination: "/x", type: "ext4", source: "/dev/vda"}]' '.process.oomScoreAdj = -500' \
		'.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 1}' '.process.scheduler = {policy: "SCHED_FIFO", priority: 5}'
	run user check "$BUNDLE"
	[ "$status" = 1 ]
	has 'cannot   file system        /mounts/7: ext4: root of a user namespace may not mount this type'
	has 'mount it on the host, and bind it here'
	has 'cannot   I/O priority       /process/ioPriority: the realtime class needs CAP_SYS_NICE'
	has 'cannot   scheduler          /process/scheduler: a realtime policy needs CAP_SYS_NICE'
	has 'limited  oom score          /process/oomScoreAdj: lowering it needs CAP_SYS_RESOURCE'
	# and create says the same of the first that it meets
	config 'del(.process.ioPriority, .process.scheduler)'
	run_fail user run --bundle "$BUNDLE" "$ID"
	has '/mounts/7: error mounting ext4 on /x: operation not permitted (root of a user namespace may not mount this type'
	# what no host could do has its place in the config too
	config 'del(.mounts[7])' '.linux.sysctl = {"vm.swappiness": "1"}'
	user check --json "$BUNDLE" >"$DIR/report" || true
	jq -e '.verdict == "cannot" and any(.findings[]; .topic == "config" and (.pointer | startswith("/linux/sysctl")) and (.text | contains("vm.swappiness")))' "$DIR/report"
}

@test "check: an ordinary user's host and bundle, what to type, as text and JSON; nothing is made" {
	run_ok user check
	has 'an ordinary user: rootless'
	has 'user namespaces    can be made'
	run_ok user check "$BUNDLE"
	user check --json "$BUNDLE" | jq -e '.verdict != "cannot" and (.findings | length > 0)'
	config '.linux.uidMappings[0].hostID = 3' '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1, hard: 4000000000}]' \
		'.mounts += [{destination: "/x", type: "bind", source: "/no/such", options: ["bind"]}]' "$LIMIT" \
		'.hooks = {createRuntime: [{path: "/no/hook"}]}'
	run user check "$BUNDLE"
	[ "$status" = 1 ]
	has 'cannot   id map             /linux/uidMappings: 1 ids from 3 on: /etc/subuid does not grant them'
	has 'cannot   source             /mounts/7: /no/such: no such file or directory'
	has 'cannot   rlimit             /process/rlimits/0'
	has 'cannot   hook               /hooks/createRuntime/0: /no/hook'
	is_delegated || has 'rootless needs no limits + no cgrouppath'
	user check --json "$BUNDLE" | jq -e '.verdict == "cannot" and any(.findings[]; .pointer == "/mounts/7")'
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	run user check "$BUNDLE"
	[ "$status" = 1 ]
	has 'cannot   config             /linux/namespaces: user namespaces enabled, but no namespace path'
	[ -z "$(user list -q)" ]
	run as_user env PATH=/nowhere "$USERDIR/ocirun" check
	has 'sudo apt-get install uidmap'
	run as_user env -u XDG_RUNTIME_DIR "$USERDIR/ocirun" check
	has 'XDG_RUNTIME_DIR'
}

@test "CHK-21 checkpoint by an ordinary user: a warning, in runc's words, before anything else" {
	start
	run user checkpoint --image-path "$USERDIR/image" "$ID"
	[ "$status" = 1 ]
	[ "${lines[0]}" = "ocirun: checkpoint is untested with rootless containers" ]
	[[ "${lines[1]}" == "ocirun: checkpoint $ID: "* ]]
	[ "$(user_status)" = running ]
}
