#!/usr/bin/env bats
# Paths of a hostile root file system, and false procfs: the rows of classes "symlink / path race" and "fake
# /proc" as they can be shown without a race. The races are in security_race.bats.

load lib
load security

test_setup() { security_setup; }

# The ways in which a link can lead out: each is put at the path named.
ways_out() { # CANARY-PATH
	local up=../../../../../../../../../..
	printf '%s\n' "$1" "$up$1" "..$1" "/proc/self/root$1" "/proc/1/root$1" "/proc/self/cwd" "/proc/self/fd/3" "/../..$1" "./../$1/."
}

@test "CVE-2015-3629 CVE-2019-18837 CVE-2019-19921 CVE-2021-30465 destinations that are links of every kind" {
	local target vol=$DIR/vol
	mkdir "$vol"
	echo inside >"$vol/mark"
	cp "$BUNDLE/config.json" "$DIR/clean.json"
	set_args sh -c 'cat /l/mark /l/deep/mark 2>/dev/null; touch /l/w /l/deep/w /f 2>/dev/null; true'
	cp "$BUNDLE/config.json" "$DIR/clean.json"
	while read -r target; do
		ln -sfn "$target" "$BUNDLE/rootfs/l"
		ln -sfn "$target/file" "$BUNDLE/rootfs/f"
		cp "$DIR/clean.json" "$BUNDLE/config.json"
		add_mount /l bind "$vol" bind
		attack
		cp "$DIR/clean.json" "$BUNDLE/config.json"
		add_mount /l/deep tmpfs tmpfs
		attack
		cp "$DIR/clean.json" "$BUNDLE/config.json"
		add_mount /l/../l/new/dir bind "$vol" rbind
		attack
		cp "$DIR/clean.json" "$BUNDLE/config.json"
		add_mount /f bind "$vol/mark" bind
		attack
		cp "$DIR/clean.json" "$BUNDLE/config.json"
		config '.process.cwd = "/l/made/here"'
		attack
		cp "$DIR/clean.json" "$BUNDLE/config.json"
		config '.linux.devices = [{path: "/l/null", type: "c", major: 1, minor: 3, uid: 5, gid: 5}, {path: "/f", type: "p", uid: 5, gid: 5}]'
		attack
		cp "$DIR/clean.json" "$BUNDLE/config.json"
		config '.linux.maskedPaths += ["/l", "/f"] | .linux.readonlyPaths += ["/l/dir", "/f"]'
		attack
	done < <(ways_out "$CANARY")
}

@test "CVE-2015-3629 a link that is absolute, relative or dangling leads to a place in the root" {
	mkdir "$BUNDLE/rootfs/real"
	ln -s /real "$BUNDLE/rootfs/absolute"
	ln -s ../../real/../real "$BUNDLE/rootfs/relative"
	ln -s "$CANARY/not/there" "$BUNDLE/rootfs/dangling"
	local name
	for name in absolute relative dangling; do add_mount "/$name/$name" tmpfs tmpfs size=64k; done
	set_args sh -c "for n in real/absolute real/relative dangling/dangling; do stat -f -c %T /\$n; done; ls $CANARY/not/there"
	attack_contained
	[ "$output" = $'tmpfs\ntmpfs\ntmpfs\ndangling' ]
}

@test "CVE-2015-3629 links in a loop, and chains that are too long" {
	ln -s b "$BUNDLE/rootfs/a"
	ln -s a "$BUNDLE/rootfs/b"
	add_mount /a/x tmpfs tmpfs
	attack_refused
	has /mounts/
	local i
	for ((i = 0; i < 60; i++)); do ln -s "c$((i + 1))" "$BUNDLE/rootfs/c$i"; done
	config '.mounts[-1].destination = "/c0/x"'
	attack_refused
	config '.mounts |= .[:-1]' '.linux.maskedPaths += ["/a"]'
	attack_refused
	has /linux/maskedPaths/
}

@test "CVE-2021-30465 nested volumes whose links lead out" {
	local one=$DIR/one two=$DIR/two target
	mkdir -p "$one" "$two"
	echo two >"$two/mark"
	set_args sh -c 'ls / /one /one/sub; cat /one/sub/mark; touch /one/sub/mine; true'
	add_mount /one bind "$one" rbind
	add_mount /one/sub bind "$two" rbind
	add_mount /one/sub/below tmpfs tmpfs
	while read -r target; do
		rm -rf "${one:?}"/*
		ln -s "$target" "$one/sub"
		attack
	done < <(ways_out "$CANARY")
	# a volume's link to the root: what is seen is the container's
	rm -f "$one/sub"
	ln -s / "$one/sub"
	config '.mounts |= .[:-2]' '.mounts += [{destination: "/one/sub/tmp/x", type: "tmpfs", source: "tmpfs"}]'
	set_args sh -c 'stat -f -c %T /tmp/x'
	attack_contained
	[ "$output" = tmpfs ]
	[ ! -e "$BUNDLE/../tmp/x" ]
}

@test "CVE-2024-45310 missing mount points are made inside, with links at each of their parents" {
	local target
	add_mount /p/q/r/file bind /bin/busybox bind
	add_mount /p/q/s/dir bind "$BUNDLE/rootfs/etc" bind
	cp "$BUNDLE/config.json" "$DIR/clean.json"
	while read -r target; do
		rm -rf "$BUNDLE/rootfs/p"
		ln -s "$target" "$BUNDLE/rootfs/p"
		attack
		rm -rf "$BUNDLE/rootfs/p"
		mkdir "$BUNDLE/rootfs/p"
		ln -s "$target" "$BUNDLE/rootfs/p/q"
		attack
	done < <(ways_out "$CANARY/empty")
}

@test "CVE-2019-19921 CVE-2023-27561 CVE-2023-28642 CVE-2025-54867 /proc or /sys of the root is a link: refused" {
	local name target
	for name in proc sys; do
		for target in /tmp "$CANARY/empty" ../tmp /nowhere; do
			rm -rf "${BUNDLE:?}/rootfs/$name"
			ln -s "$target" "$BUNDLE/rootfs/$name"
			attack_refused
			has "must be mounted on ordinary directory"
		done
		rm "$BUNDLE/rootfs/$name"
		mkdir "$BUNDLE/rootfs/$name"
	done
}

@test "CVE-2019-19921 the host's procfs, bound, does not go through a link either: masks would miss it" {
	# as of a container that shares the host's pid namespace
	config '.linux.namespaces |= map(select(.type != "pid"))' \
		'.mounts |= map(if .destination == "/proc" then {destination: "/proc", type: "bind", source: "/proc", options: ["rbind"]} else . end)'
	rmdir "$BUNDLE/rootfs/proc"
	mkdir "$BUNDLE/rootfs/elsewhere"
	ln -s elsewhere "$BUNDLE/rootfs/proc"
	attack_refused
	has "must be mounted on ordinary directory"
	rm "$BUNDLE/rootfs/proc"
	mkdir "$BUNDLE/rootfs/proc"
	attack_contained
}

@test "CVE-2023-28642 the same with a user namespace that gets the host's procfs and sysfs" {
	config '.linux.namespaces |= map(select(.type != "pid" and .type != "network"))'
	if [ $EUID = 0 ]; then # else the bundle has one
		config '.linux.namespaces += [{type: "user"}]
			| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
		chown -R 100000:100000 "$BUNDLE/rootfs"
		chmod 755 "$DIR" "$BUNDLE"
	fi
	local name
	for name in proc sys; do
		rmdir "$BUNDLE/rootfs/$name"
		mkdir -p "$BUNDLE/rootfs/elsewhere"
		ln -s elsewhere "$BUNDLE/rootfs/$name"
		attack_refused
		has "must be mounted on ordinary directory"
		rm "$BUNDLE/rootfs/$name"
		mkdir "$BUNDLE/rootfs/$name"
	done
}

@test "CVE-2015-3631 CVE-2019-16884 nothing but procfs on /proc, nothing below it, however it is written" {
	local path
	mkdir "$DIR/fake"
	mkdir -p "$DIR/fake/self/attr"
	touch "$DIR/fake/self/attr/exec"
	for path in /proc //proc/ /x/../proc /./proc /proc/ /proc/self /proc/self/attr /proc/sys /proc//sys/kernel /proc/1/../2; do
		config "del(.mounts[] | select(.source == \"$DIR/fake\"))"
		add_mount "$path" bind "$DIR/fake" bind
		attack_refused
		has "cannot be mounted because it is"
	done
	config "del(.mounts[] | select(.source == \"$DIR/fake\"))"
	add_mount /proc tmpfs tmpfs
	attack_refused
	config '.mounts |= .[:-1]'
	add_mount / tmpfs tmpfs
	attack_refused
}

@test "CVE-2019-16884 a volume that reaches /proc through a link of the image" {
	mkdir -p "$DIR/fake/self/attr" "$DIR/fake/sys/kernel"
	local link
	for link in proc /proc ../../proc ./bin/../proc; do
		ln -sfn "$link" "$BUNDLE/rootfs/data"
		config "del(.mounts[] | select(.source == \"$DIR/fake\"))"
		add_mount /data bind "$DIR/fake" bind
		attack_refused
		has "inside /proc"
		config '.mounts[-1].destination = "/data/self"'
		attack_refused
		config '.mounts[-1].destination = "/data/sys/kernel"'
		attack_refused
	done
	config "del(.mounts[] | select(.source == \"$DIR/fake\"))"
	add_mount /data tmpfs tmpfs
	attack_refused
}

@test "CVE-2025-52881 sysctls land in the container's namespaces, whatever its /proc looks like" {
	# no procfs in the config at all: /proc is a directory of the image that holds links to the host's files
	config 'del(.mounts[] | select(.destination == "/proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)
		| .linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "77", "kernel.shmmni": "123"}'
	# of IPC, a user namespace's root may set what the kernel of 6.2 and later gives it
	[ $EUID = 0 ] || config 'del(.linux.sysctl["kernel.shmmni"]) | .linux.namespaces += [{type: "network"}]'
	mkdir -p "$BUNDLE/rootfs/proc/sys/net/ipv4" "$BUNDLE/rootfs/proc/sys/kernel"
	ln -s "$CANARY/file" "$BUNDLE/rootfs/proc/sys/net/ipv4/ip_unprivileged_port_start"
	ln -s /proc/sys/kernel/core_pattern "$BUNDLE/rootfs/proc/sys/kernel/shmmni"
	set_args sleep 100
	create
	untouched
	local pid
	pid=$(pid_of)
	ocirun start "$ID"
	[ "$(inside_of "$pid" -n cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" = 77 ]
	[ $EUID != 0 ] || [ "$(inside_of "$pid" -i cat /proc/sys/kernel/shmmni)" = 123 ]
	[ "$(cat "$CANARY/file")" = "$SECRET" ]
}

@test "CVE-2025-52881 sysctl names do not leave their place" {
	local name
	for name in net.ipv4/../../kernel/core_pattern 'net/ipv4/../../kernel/core_pattern' net//ipv4 /net/ipv4/ip_forward net/ \
		net/. net.. kernel.shmmni/../core_pattern kernel.core_pattern kernel/sysrq vm.overcommit_memory kernel.shmmnix \
		netx.ipv4 ../net/ipv4/ip_forward kernel.hostname fs.mqueue/../file-max; do
		config "del(.linux.sysctl) | .linux.sysctl = {\"$name\": \"1\"}"
		attack_refused
		has sysctl
	done
}

@test "LNX-01 CVE-2025-52881 a namespace by path that is the host's is no namespace of the container's" {
	local type name
	for type in network ipc uts; do
		case $type in
		network) name=net.ipv4.ip_forward path=net ;;
		ipc) name=kernel.shmmni path=ipc ;;
		uts) name=kernel.domainname path=uts ;;
		esac
		new_bundle true
		config "del(.hostname) | .linux.namespaces |= map(if .type == \"$type\" then .path = \"/proc/self/ns/$path\" else . end)" \
			".linux.sysctl = {\"$name\": \"1234\"}"
		attack_refused
		has "is not in a separate kernel namespace"
	done
}

@test "CVE-2025-31133 masks: no /dev/null of the image is needed, and none is used" {
	echo hidden >"$BUNDLE/rootfs/plain"
	config 'del(.mounts[] | select(.destination | startswith("/dev"))) | .linux.maskedPaths = ["/plain", "/proc/keys"]' \
		'del(.linux.devices)'
	set_args sh -c 'cat /plain; cat /proc/keys; echo x >/plain; stat -c %t:%T /plain'
	# absent; a directory; a link to a file of procfs; a file; a device that is not null
	local step
	for step in : 'mkdir null' 'ln -s /proc/sys/kernel/core_pattern null' 'cp ../plain null' 'mknod null c 1 5'; do
		[[ $step != mknod* ]] || may_make_nodes || continue
		rm -rf "$BUNDLE/rootfs/dev"
		mkdir "$BUNDLE/rootfs/dev"
		(cd "$BUNDLE/rootfs/dev" && $step)
		attack
		lacks hidden
		if [ "$status" -eq 0 ]; then [ "$output" = 1:3 ]; fi
	done
	rm -rf "$BUNDLE/rootfs/dev"
	mkdir "$BUNDLE/rootfs/dev"
	attack_contained
	[ "$output" = 1:3 ]
}

@test "DEV-20 CVE-2026-41579 CVE-2026-47766 CVE-2026-88264 /dev and its entries as links out of the root" {
	local target name
	while read -r target; do
		for name in "" console ptmx null fd stdin pts shm mqueue; do
			rm -rf "$BUNDLE/rootfs/dev"
			if [ -z "$name" ]; then
				ln -s "$target" "$BUNDLE/rootfs/dev"
			else
				mkdir "$BUNDLE/rootfs/dev"
				ln -s "$target/dev/null" "$BUNDLE/rootfs/dev/$name"
			fi
			cp "$BUNDLE/config.json" "$DIR/with.json"
			[ -n "$name" ] || attack
			config 'del(.mounts[] | select(.destination == "/dev"))'
			attack
			config 'del(.mounts[] | select(.destination | startswith("/dev")))'
			attack
			cp "$DIR/with.json" "$BUNDLE/config.json"
		done
	done < <(ways_out "$CANARY" | sed -n '1,2p;4p')
}

@test "CVE-2026-88265 /dev/null of the image: a file, a link, another device; nothing is chowned" {
	local step
	config 'del(.mounts[] | select(.destination | startswith("/dev"))) | del(.linux.devices)'
	[ $EUID != 0 ] || config '.process.user = {uid: 1000, gid: 1000}'
	set_args sh -c 'stat -L -c %t:%T /proc/self/fd/0'
	for step in "ln -s $CANARY/file null" "ln $CANARY/file null" 'mknod null c 1 5' 'mkfifo null' 'ln -s /proc/self/fd/1 null'; do
		[[ $step != mknod* ]] || may_make_nodes || continue
		rm -rf "$BUNDLE/rootfs/dev"
		mkdir "$BUNDLE/rootfs/dev"
		(cd "$BUNDLE/rootfs/dev" && $step)
		CANARY_BEFORE=$(list_tree "$CANARY")
		attack
		if [ "$status" -eq 0 ]; then [ "$output" = 1:3 ]; fi
	done
}

@test "CVE-2025-24965 tmpcopyup of a hostile directory: links are copied as links, no name leaves it" {
	mkdir -p "$BUNDLE/rootfs/up/sub"
	ln -s "$CANARY/file" "$BUNDLE/rootfs/up/link"
	ln -s "$CANARY/dir" "$BUNDLE/rootfs/up/sub/dir"
	mkfifo "$BUNDLE/rootfs/up/fifo"
	! may_make_nodes || mknod "$BUNDLE/rootfs/up/dev" c 1 3
	add_mount /up tmpfs tmpfs tmpcopyup
	set_args sh -c 'readlink /up/link; cat /up/link; cat /up/sub/dir/file; echo x >/up/link; stat -c %F /up/fifo'
	attack
	has "$CANARY/file"
	has fifo
}

@test "CVE-2016-3697 R15 /etc/passwd of the image: a link out, a fifo, a device, a huge line, numbers that overflow" {
	local step
	config '.process.env = ["PATH=/bin"] | .process.user = {uid: 0, gid: 0}'
	set_args sh -c 'echo $HOME'
	for step in "ln -s $CANARY/etc/passwd passwd" "ln -s /proc/self/environ passwd" 'mkfifo passwd' 'mknod passwd c 1 5' 'mkdir passwd'; do
		[[ $step != mknod* ]] || may_make_nodes || continue
		rm -rf "$BUNDLE/rootfs/etc"
		mkdir "$BUNDLE/rootfs/etc"
		(cd "$BUNDLE/rootfs/etc" && $step)
		attack_contained
		[ "$output" = / ]
	done
	rm -rf "$BUNDLE/rootfs/etc"
	mkdir "$BUNDLE/rootfs/etc"
	{ printf 'a:x:4294967296:0::/evil:/bin/sh\nb:x:-0:0::/evil:/bin/sh\nc:x: 0:0::/evil:/bin/sh\nd:x:0x0:0::/evil:/bin/sh\ne:x::0::/evil:/bin/sh\nf:x:0:0::evil:/bin/sh\n'; head -c 3000000 /dev/zero | tr '\0' a; } \
		>"$BUNDLE/rootfs/etc/passwd"
	attack_contained
	[ "$output" = / ]
}
