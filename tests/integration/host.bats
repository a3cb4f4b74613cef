#!/usr/bin/env bats
# What depends on the host: mounts that it shares, kernels before mount_setattr (5.12), AppArmor, capabilities
# that not every host gives. A shared host is made where there is none, in a mount namespace of the test's.

load lib

test_setup() { needs_root; new_bundle sleep 100; }

# Run SCRIPT in a mount namespace of its own, all of it shared, as systemd has it.
on_shared_host() { # SCRIPT
	export DIR ROOT BUNDLE ID OCIRUN
	run unshare -m --propagation private bash -euc "
		mount --make-rshared /
		ocirun() { \"\$OCIRUN\" --root \"\$ROOT\" \"\$@\"; }
		create() { ocirun create --bundle \"\$BUNDLE\" \"\$ID\" </dev/null >\"\$DIR/out\" 2>&1 || { cat \"\$DIR/out\"; false; }; }
		pid_of() { ocirun state \"\$ID\" | jq .pid; }
		table() { cut -d' ' -f4- /proc/self/mountinfo; }
		$1"
	[ "$status" = 0 ] || { echo "$output" >&2; return 1; }
}

# Options (field 6) of the mount on $1 in the container's own view.
options_of() { awk -v at="$1" '$5 == at {print $6}' "/proc/$(pid_of)/mountinfo" | tail -n 1; }

@test "R9 MNT-24 a host that shares its mounts sees none of the container's, at any time" {
	mkdir "$DIR/v"
	config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])'
	on_shared_host '
		before=$(table)
		same() { [ "$(table)" = "$before" ] || { echo "$1: the host has changed"; diff <(echo "$before") <(table); exit 1; }; }
		cp "$BUNDLE/config.json" "$DIR/plain.json"
		for how in "" private rprivate slave rslave shared rshared; do
			jq ".linux.rootfsPropagation = \"$how\" | .mounts += [{destination: \"/v\", type: \"bind\", source: \"$DIR/v\", options: [\"rbind\", (\"$how\" | select(. != \"\"))]}]" <"$DIR/plain.json" >"$BUNDLE/config.json"
			create; same "created $how"
			ocirun start "$ID"; same "started $how"
			ocirun delete -f "$ID"; same "deleted $how"
		done'
}

@test "R9 the same with a user namespace" {
	mkdir "$DIR/v"
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$DIR" "$BUNDLE"
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	on_shared_host '
		before=$(table)
		same() { [ "$(table)" = "$before" ] || { echo "$1: the host has changed"; diff <(echo "$before") <(table); exit 1; }; }
		cp "$BUNDLE/config.json" "$DIR/plain.json"
		for how in rprivate rslave; do
			jq ".linux.rootfsPropagation = \"$how\" | .mounts += [{destination: \"/v\", type: \"bind\", source: \"$DIR/v\", options: [\"rbind\", \"$how\"]}]" <"$DIR/plain.json" >"$BUNDLE/config.json"
			create; same "created $how"
			nsenter -t "$(pid_of)" -U -m -r /bin/busybox mount -t tmpfs inside /tmp; same "mounted inside $how"
			ocirun delete -f "$ID"; same "deleted $how"
		done'
}

@test "MNT-24 MNT-25 MNT-26 rprivate, rslave, rshared: which mounts pass, which way" {
	mkdir -p "$DIR"/v/{host,inside}
	cp "$BUNDLE/config.json" "$DIR/plain.json"
	on_shared_host '
		for how in rprivate rslave rshared; do
			jq ".linux.rootfsPropagation = \"${how/rprivate/}\" | .mounts += [{destination: \"/v\", type: \"bind\", source: \"$DIR/v\", options: [\"rbind\", \"$how\"]}]" <"$DIR/plain.json" >"$BUNDLE/config.json"
			create
			pid=$(pid_of)
			mount -t tmpfs host "$DIR/v/host"
			nsenter -t "$pid" -m -r /bin/busybox mount -t tmpfs inside /v/inside
			echo "$how in:$(grep -c " /v/host " "/proc/$pid/mountinfo" || :) out:$(grep -c " $DIR/v/inside " /proc/self/mountinfo || :)"
			ocirun delete -f "$ID"
			umount "$DIR/v/host"
			if mountpoint -q "$DIR/v/inside"; then umount "$DIR/v/inside"; fi
		done'
	[ "$output" = $'rprivate in:0 out:0\nrslave in:1 out:0\nrshared in:1 out:1' ] || { echo "$output" >&2; false; }
}

@test "LNX-08 rootfsPropagation on the container's root" {
	on_shared_host '
		cp "$BUNDLE/config.json" "$DIR/plain.json"
		for how in private slave shared unbindable; do
			jq ".linux.rootfsPropagation = \"$how\"" <"$DIR/plain.json" >"$BUNDLE/config.json"
			create
			echo "$how: $(awk "\$5 == \"/\" {for (i = 7; \$i != \"-\"; i++) printf \"%s \", \$i}" "/proc/$(pid_of)/mountinfo" | sed "s/:[0-9]*//g")"
			ocirun delete -f "$ID"
		done'
	[[ ${lines[0]} == "private: " ]]
	[[ ${lines[1]} == "slave: "* ]]
	[[ ${lines[1]} != *shared* ]]
	[[ ${lines[2]} == *shared* ]]
	[[ ${lines[3]} == *unbindable* ]]
}

@test "MNT-20 flags of a bind mount, with or without mount_setattr" {
	mkdir "$DIR/v"
	config ".mounts += [{destination: \"/v\", type: \"bind\", source: \"$DIR/v\", options: [\"bind\", \"ro\", \"nosuid\", \"nodev\", \"noexec\", \"noatime\"]}, {destination: \"/w\", type: \"bind\", source: \"$DIR/v\", options: [\"bind\", \"nosuid\"]}]"
	create
	[[ $(options_of /v) == "ro,nosuid,nodev,noexec,noatime"* ]]
	[[ $(options_of /w) == "rw,nosuid"* ]]
}

@test "MNT-30 recursive flags: on every mount of the tree, or an error that names the kernel" {
	mkdir -p "$DIR/v/sub"
	config ".mounts += [{destination: \"/v\", type: \"bind\", source: \"$DIR/v\", options: [\"rbind\", \"rro\"]}]"
	on_shared_host '
		mount -t tmpfs sub "$DIR/v/sub"
		if create >"$DIR/error" 2>&1; then grep -E " /v(/sub)? " "/proc/$(pid_of)/mountinfo" | cut -d" " -f6 | cut -d, -f1; ocirun delete -f "$ID"; else cat "$DIR/error"; fi
		umount "$DIR/v/sub"'
	[[ $output == $'ro\nro' || ($output == *"5.12"* && $output == */mounts/*) ]] || { echo "$output" >&2; false; }
}

@test "MNT-98 read-only paths, file and directory, in a container without a /proc of its own" {
	mkdir "$BUNDLE/rootfs/fixed"
	touch "$BUNDLE/rootfs/fixed-file"
	config '.mounts |= map(select(.destination == "/dev")) | .linux.readonlyPaths = ["/fixed", "/fixed-file"] | .linux.maskedPaths = [] | .root.readonly = false'
	set_args sh -c 'touch /fixed/x; echo x >/fixed-file; touch /y && echo writable'
	run ocirun run --bundle "$BUNDLE" "$ID"
	if [ -n "$output" ] && [[ $output != *writable* ]]; then
		# before 5.12 a file needs a /proc: refused, never left open
		has /fixed-file
	else
		has "/fixed/x: Read-only file system"
		has writable
		[ ! -s "$BUNDLE/rootfs/fixed-file" ]
	fi
}

@test "MNT-12 an overlay whose options are longer than fsconfig takes" {
	local layers='' i
	mkdir "$DIR/base"
	mount -t tmpfs layers "$DIR/base"
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		mkdir -p "$DIR/base/layer-with-a-rather-long-name-$i"
		touch "$DIR/base/layer-with-a-rather-long-name-$i/file$i"
		layers+=":$DIR/base/layer-with-a-rather-long-name-$i"
	done
	config ".mounts += [{destination: \"/o\", type: \"overlay\", source: \"overlay\", options: [\"lowerdir=${layers#:}\"]}]"
	set_args sh -c 'ls /o | wc -l'
	run ocirun run --bundle "$BUNDLE" "$ID"
	umount "$DIR/base"
	[ "$output" = 12 ] || { echo "$output" >&2; false; }
}

@test "LIM-01 the device filter, with no locked memory allowed (kernels before 5.11 count it)" {
	set_args sh -c 'ulimit -l; echo x >/dev/null && echo fine'
	run bash -c 'ulimit -l 0 && "$1" --root "$2" run --bundle "$3" "$4"' - "$OCIRUN" "$ROOT" "$BUNDLE" "$ID"
	[ "$output" = $'0\nfine' ] || { echo "$output" >&2; false; }
}

@test "PRC-18 a hard limit above the caller's own, with CAP_SYS_RESOURCE, also into a user namespace" {
	(($((0x$(awk '/^CapEff/ {print $2}' /proc/self/status))) >> 24 & 1)) || skip "no CAP_SYS_RESOURCE here"
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 300000, hard: 600000}]'
	set_args sh -c 'ulimit -Sn; ulimit -Hn'
	run bash -c 'ulimit -Hn 4096 && "$1" --root "$2" run --bundle "$3" "$4"' - "$OCIRUN" "$ROOT" "$BUNDLE" "$ID"
	[ "$output" = $'300000\n600000' ] || { echo "$output" >&2; false; }
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$DIR" "$BUNDLE"
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	run bash -c 'ulimit -Hn 4096 && "$1" --root "$2" run --bundle "$3" "$4"' - "$OCIRUN" "$ROOT" "$BUNDLE" "$ID"
	[ "$output" = $'300000\n600000' ] || { echo "$output" >&2; false; }
}

apparmor() { [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; }

@test "PRC-21 AppArmor: the profile is the program's; one that is not loaded, and a host without, are errors" {
	set_args cat /proc/self/attr/current
	config '.process.apparmorProfile = "ocirun-test"'
	if ! apparmor; then
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has apparmor
		has "/process/apparmorProfile"
		return
	fi
	command -v apparmor_parser >/dev/null || skip "no apparmor_parser"
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has ocirun-test
	has "/process/apparmorProfile"
	has "no such AppArmor profile is loaded"
	echo 'profile ocirun-test flags=(attach_disconnected,mediate_deleted) { file, capability, signal, ptrace, mount, umount, pivot_root, unix, network, deny /denied rwx, }' | apparmor_parser -r
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$output" = "ocirun-test (enforce)" ]
	echo secret >"$BUNDLE/rootfs/denied"
	set_args cat /denied
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "Permission denied"
	echo 'profile ocirun-test {}' | apparmor_parser -R
}
