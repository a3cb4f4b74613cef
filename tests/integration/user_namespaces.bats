#!/usr/bin/env bats
# User namespaces made by root: large maps, namespaces of other owners, and who owns what a container gets. What an
# ordinary user may do is in rootless.bats.
# shellcheck disable=SC2154,SC2016

load lib

test_setup() {
	needs_root
	new_bundle true
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 1000}] | .root.readonly = false'
	chown -R 100000:200000 "$BUNDLE/rootfs"
	chmod 755 "$DIR" "$BUNDLE"
}
test_teardown() { [ -z "${HOLDER-}" ] || kill "$HOLDER" 2>/dev/null || true; }

sh_inside() {
	set_args sh -c "$1"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
}
# A process in a new user namespace, with the ids of the config, that owns the other new namespaces named.
holder() { # UNSHARE-OPTION...
	unshare -U "$@" sleep 100 3>&- >/dev/null 2>&1 &
	HOLDER=$!
	wait_for sh -c "[ \$(readlink /proc/$HOLDER/ns/user) != \$(readlink /proc/self/ns/user) ]"
	echo '0 100000 1000' >"/proc/$HOLDER/uid_map"
	echo '0 200000 1000' >"/proc/$HOLDER/gid_map"
}

@test "NSP-14 NSP-15 CVE-2021-43784 340 extents of uids and of gids, as many as the kernel takes; one more is refused" {
	# every line as short as it has to be for one page, none that could be joined to the next
	config '.linux.uidMappings = [range(340) | {containerID: (. * 2), hostID: (1000 + . * 2), size: 1}]
		| .linux.gidMappings = [range(340) | {containerID: (. * 2), hostID: (3000 + . * 2), size: 1}]
		| .process.user = {uid: 678, gid: 676, additionalGids: [2, 674]}'
	chown -R 1000:3000 "$BUNDLE/rootfs"
	# an id that is not mapped is refused where it is written, before anything is made
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has '/mounts/2: the option "gid=5" names an id that the user namespace does not map'
	config '.mounts |= map(if .type == "devpts" then .options -= ["gid=5"] else . end)'
	sh_inside 'cat /proc/self/uid_map | wc -l; cat /proc/self/gid_map | wc -l; id -u; id -G; tail -n 1 /proc/self/uid_map'
	[ "${lines[0]}" = 340 ]
	[ "${lines[1]}" = 340 ]
	[ "${lines[2]}" = 678 ]
	[ "${lines[3]}" = "676 2 674" ]
	[ "$(xargs <<<"${lines[4]}")" = "678 1678 1" ]
	config '.linux.uidMappings += [{containerID: 681, hostID: 1681, size: 1}]'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has /linux/uidMappings
	has 340
	[ "${#lines[@]}" = 1 ]
}

@test "NSP-11 NSP-22 a user namespace by path: its maps hold, those of the config must be the same" {
	holder
	config ".linux.namespaces |= map(if .type == \"user\" then .path = \"/proc/$HOLDER/ns/user\" else . end)" 'del(.linux.uidMappings, .linux.gidMappings)'
	sh_inside 'readlink /proc/self/ns/user; cat /proc/self/uid_map /proc/self/gid_map; id -u; touch /made'
	[ "${lines[0]}" = "$(readlink "/proc/$HOLDER/ns/user")" ]
	[ "$(xargs <<<"${lines[1]} ${lines[2]}")" = "0 100000 1000 0 200000 1000" ]
	[ "$(stat -c %u:%g "$BUNDLE/rootfs/made")" = 100000:200000 ]
	config '.process.user = {uid: 1000, gid: 0}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	[ "${#lines[@]}" = 1 ]
}

@test "NSP-09 NSP-22 a network namespace of the host's, and one that another user namespace owns, with a user namespace" {
	# the host's: no sysfs of it can be mounted by this container's root; the host's can be bound
	unshare -n sleep 100 3>&- >/dev/null 2>&1 &
	HOLDER=$!
	wait_for sh -c "[ \$(readlink /proc/$HOLDER/ns/net) != \$(readlink /proc/self/ns/net) ]"
	config ".linux.namespaces |= map(if .type == \"network\" then .path = \"/proc/$HOLDER/ns/net\" else . end)"
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has '/mounts/5: error mounting sysfs'
	has 'only when it owns the network namespace'
	has 'bind /sys'
	config '.mounts |= map(if .type == "sysfs" then . + {type: "none", source: "/sys", options: ["rbind", "ro", "nosuid"]} else . end)'
	sh_inside 'readlink /proc/self/ns/net; ls /sys/class >/dev/null && echo sys; ip link set lo up 2>/dev/null && echo CHANGED; true'
	has "$(readlink "/proc/$HOLDER/ns/net")"
	has sys
	lacks CHANGED
	kill "$HOLDER"
	# as of a pod: both are the same owner's
	config '.mounts |= map(if .source == "/sys" then {destination: "/sys", type: "sysfs", source: "sysfs"} else . end)'
	holder -n
	config ".linux.namespaces |= map(if .type == \"network\" then .path = \"/proc/$HOLDER/ns/net\" elif .type == \"user\" then .path = \"/proc/$HOLDER/ns/user\" else . end)" \
		'del(.linux.uidMappings, .linux.gidMappings)' '.process.capabilities |= map_values(["CAP_NET_ADMIN"])'
	sh_inside 'readlink /proc/self/ns/net; ls /sys/class/net; ip link set lo up && echo CHANGED; true'
	has "$(readlink "/proc/$HOLDER/ns/net")"
	has lo
	has CHANGED
	# a new user namespace has no right over it
	config '.mounts |= map(select(.type != "sysfs"))'
	config '.linux.namespaces |= map(if .type == "user" then del(.path) else . end)
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 1000}]'
	sh_inside 'readlink /proc/self/ns/net; ip link set lo down 2>/dev/null && echo CHANGED; true'
	has "$(readlink "/proc/$HOLDER/ns/net")"
	lacks CHANGED
}

@test "CFG-16 PRO-20 the terminal, devpts, mqueue and /dev belong to the container's root" {
	config '.process.terminal = true'
	set_args sh -c 'stat -c "%n %u:%g" /dev/console /dev/pts /dev/pts/0 /dev/pts/ptmx /dev/shm /dev/mqueue /dev; tty; echo x >/dev/tty && echo wrote'
	run_ok script -qec "$OCIRUN --root $ROOT run --bundle $BUNDLE $ID" /dev/null
	output=${output//$'\r'/}
	has '/dev/console 0:5'
	has '/dev/pts/0 0:5'
	has '/dev/pts 0:0'
	has '/dev/mqueue 0:0'
	has '/dev 0:0'
	has /dev/pts/0
	has wrote
	lacks 65534
}

@test "LNX-28 the session keyring is the container's own, and its root may use it" {
	config 'del(.linux.maskedPaths)'
	sh_inside 'grep -c "keyring.*_ses" /proc/keys; grep "keyring.*_ses" /proc/keys'
	[ "${lines[0]}" = 1 ]
	has "_ses.$ID"
	# its owner, as the container sees it, is its root: the sixth and seventh column
	[ "$(awk '/_ses/ {print $6 ":" $7; exit}' <<<"${lines[1]}")" = 0:0 ]
}

@test "CGR-13 a writable cgroup in a user namespace belongs to its root; the host's files of it do not" {
	grep -q . /sys/fs/cgroup/cgroup.controllers 2>/dev/null || skip "needs cgroup v2 alone (run --v2)"
	config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])' \
		'.mounts |= (map(select(.destination != "/sys/fs/cgroup")) + [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev"]}])'
	sh_inside 'stat -c "%n %u" /sys/fs/cgroup /sys/fs/cgroup/cgroup.procs; mkdir /sys/fs/cgroup/sub && echo made; echo 0 >/sys/fs/cgroup/sub/cgroup.procs && echo moved; cd /sys/fs/cgroup && echo 0 >cgroup.procs; rmdir sub; echo 5 >/sys/fs/cgroup/pids.max && echo RAISED; true'
	has '/sys/fs/cgroup 0'
	has '/sys/fs/cgroup/cgroup.procs 0'
	has made
	has moved
	lacks RAISED
}

@test "DEV-19 devices of the config are bound where mknod is refused; what the host does not have is an error that says so" {
	config '.linux.devices = [{path: "/dev/nil", type: "c", major: 1, minor: 5}, {path: "/dev/full2", type: "c", major: 1, minor: 7, uid: 3}]'
	run ocirun run --bundle "$BUNDLE" "$ID"
	echo "$output"
	[ "$status" = 1 ]
	has /linux/devices/
	[ "${#lines[@]}" = 1 ]
	config '.linux.devices = [{path: "/dev/zero", type: "c", major: 1, minor: 5}]'
	sh_inside 'stat -c %t:%T /dev/zero; head -c 3 /dev/zero | wc -c; mknod /x c 1 3 2>/dev/null && echo MADE; true'
	[ "${lines[0]}" = 1:5 ]
	[ "${lines[1]}" = 3 ]
	lacks MADE
}

@test "MNT-85 a root file system on an id-mapped mount: the container's root owns it, the files keep their owner" {
	command -v perl >/dev/null || skip "no perl"
	local pid
	chown -R 0:0 "$BUNDLE/rootfs"
	set_args sh -c 'stat -c %u:%g /bin/busybox /etc; touch /made && stat -c %u:%g /made'
	holder
	pid=$HOLDER
	# open_tree, mount_setattr (5.12), move_mount: their numbers are those of every architecture
	cat >"$DIR/idmap.pl" <<-'P'
		my ($dir, $pid) = @ARGV;
		open(my $user, "<", "/proc/$pid/ns/user") or die;
		my $tree = syscall(428, -100, $dir, 1 | 02000000 | 0x8000);
		die "open_tree: $!" if $tree < 0;
		my ($empty, $attr) = ("", pack("QQQQ", 0x100000, 0, 0, fileno($user)));
		syscall(442, $tree, $empty, 0x1000, $attr, 32) == 0 or exit($! == 22 || $! == 38 ? 77 : 1);
		syscall(429, $tree, $empty, -100, $dir, 4) == 0 or die "move_mount: $!";
	P
	run unshare -m --propagation private sh -c "perl '$DIR/idmap.pl' '$BUNDLE/rootfs' $pid || exit; exec '$OCIRUN' --root '$ROOT' run --bundle '$BUNDLE' '$ID'"
	[ "$status" != 77 ] || skip "this kernel or file system has no id-mapped mounts"
	[ "$status" = 0 ]
	[ "$output" = $'0:0\n0:0\n0:0' ]
	[ "$(stat -c %u:%g "$BUNDLE/rootfs/made")" = 0:0 ]
}

@test "MNT-18 sysfs and proc that the kernel refuses (mount_too_revealing): which mount, why, and what to do" {
	# in a container whose /sys and /proc are covered, another user namespace's root mounts none of its own
	mkdir -p "$BUNDLE/rootfs/inner/rootfs/"{bin,proc,sys,dev,tmp}
	cp "$OCIRUN" "$BUNDLE/rootfs/bin/ocirun"
	cp /bin/busybox "$BUNDLE/rootfs/inner/rootfs/bin/sh"
	jq '.process.args = ["sh", "-c", "echo innermost"] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] | .linux.gidMappings = .linux.uidMappings
		| .mounts |= map(select(.destination != "/sys/fs/cgroup") | if .type == "devpts" then .options -= ["gid=5"] else . end) | del(.linux.cgroupsPath, .linux.resources, .linux.maskedPaths, .linux.readonlyPaths)' \
		"$BUNDLE/config.json" >"$BUNDLE/rootfs/inner/config.json"
	config '.process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_ADMIN"])' '.process.noNewPrivileges = false' \
		'.linux.maskedPaths = ["/sys/firmware"] | .linux.readonlyPaths = []'
	chown -R 100000:200000 "$BUNDLE/rootfs"
	set_args ocirun --root /tmp/state run --bundle /inner in
	run ocirun run --bundle "$BUNDLE" "$ID"
	echo "$output"
	[ "$status" = 1 ]
	has /mounts/
	has sysfs
	has "bind"
	config '.linux.maskedPaths = ["/proc/keys"]'
	run ocirun run --bundle "$BUNDLE" "$ID"
	echo "$output"
	[ "$status" = 1 ]
	has "error mounting proc"
	has 'nothing covers parts of the /proc outside'
	config '.linux.maskedPaths = []'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	has innermost
}

@test "CVE-2023-25809 root's containers: below a read-only /sys/fs/cgroup nothing is writable, with and without a cgroup and a user namespace" {
	local users groups rows=0
	config '.mounts |= (map(select(.destination != "/sys/fs/cgroup")) + [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "relatime", "ro"]}])' \
		'.process.capabilities |= map_values(["CAP_DAC_OVERRIDE", "CAP_FOWNER"])'
	set_args sh -c 'find /sys/fs/cgroup -type d | while read -r dir; do mkdir "$dir/evil" 2>/dev/null && echo "MADE $dir/evil"
		for file in cgroup.procs tasks release_agent notify_on_release; do [ ! -e "$dir/$file" ] || ! (echo 0 >"$dir/$file") 2>/dev/null || echo "WROTE $dir/$file"; done; done; echo done'
	cp "$BUNDLE/config.json" "$DIR/clean.json"
	for users in '.' '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'; do
		for groups in '.linux.namespaces |= map(select(.type != "cgroup"))' '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])'; do
			cp "$DIR/clean.json" "$BUNDLE/config.json"
			config "$users" "$groups"
			run_ok ocirun run --bundle "$BUNDLE" "$ID"
			has done
			lacks MADE
			lacks WROTE
			rows=$((rows + 1))
		done
	done
	[ "$rows" = 4 ]
}
