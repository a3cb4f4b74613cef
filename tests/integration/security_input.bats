#!/usr/bin/env bats
# Names, numbers and sizes that come from the command line and config.json (rules R10, R11, R12): all refused in
# one line or done right, never cut.

load lib
load security

test_setup() { security_setup; }

@test "R12 ids: no path, no name of ours, no control byte, no length beyond a name" {
	local id long
	long=$(printf 'a%.0s' {1..256})
	for id in a/b ../x . .. / '' '@new.1' '@seccomp' 'a b' $'a\nb' 'a;b' 'a%b' 'é' "$long" '*' '~'; do
		run_fail ocirun run --bundle "$BUNDLE" -- "$id"
		[ "${#lines[@]}" -eq 1 ]
		for command in state start delete kill; do run_fail ocirun "$command" -- "$id"; done
	done
	untouched
	run_ok ocirun run --bundle "$BUNDLE" "${long:0:200}-$ID"
}

@test "R12 cgroupsPath with .. stays below the mount, of every form" {
	needs_cgroupfs
	local path
	for path in ../../../../../../ocirun-test/$ID /../../../$ID "a/../../../$ID" "/ocirun-test/../../../ocirun-test/$ID"; do
		config ".linux.cgroupsPath = \"$path\""
		set_args sleep 100
		if [ $EUID != 0 ]; then # CGR-12: who may make no group is given none
			run_fail ocirun run --bundle "$BUNDLE" "$ID"
			has 'rootless needs no limits + no cgrouppath'
			[ -z "$(find /sys/fs/cgroup / -maxdepth 2 -name "$ID" 2>/dev/null)" ]
			continue
		fi
		create
		! grep -q '\.\.' "/proc/$(pid_of)/cgroup"
		grep -q "$ID" "/proc/$(pid_of)/cgroup"
		ocirun delete -f "$ID"
		[ -z "$(find / -maxdepth 2 -name "$ID" 2>/dev/null)" ]
	done
}

@test "R12 delete does not follow links that were put into the state directory" {
	set_args sleep 100
	create
	ln -s "$CANARY" "$ROOT/$ID/notify2"
	ln -s "$CANARY/file" "$ROOT/$ID/file"
	mkdir "$ROOT/$ID/sub"
	ln -s "$CANARY/dir" "$ROOT/$ID/sub/dir"
	ocirun delete -f "$ID"
	[ ! -e "$ROOT/$ID" ]
	untouched
	# nor an id that is a link
	ln -s "$CANARY" "$ROOT/linked"
	for command in state delete "delete -f" kill start; do
		# shellcheck disable=SC2086
		run_fail ocirun $command linked
	done
	untouched
}

@test "R12 the state of another user, or of another id, is none: nothing in it is done" {
	local command dir=$ROOT/evil
	umask 022 # some users' is 002
	mkdir -p "$dir"
	echo '{}' >"$dir/config.json"
	printf '{"id": "%s", "init_process_pid": 0, "poststop": [{"path": "/usr/bin/touch", "args": ["touch", "%s"]}]}\n' evil "$DIR/hooked" >"$dir/state.json"
	cp "$dir/state.json" "$DIR/state.json"
	# what hooks of our own do, so that the silence below means something
	run_ok ocirun delete evil
	[ -e "$DIR/hooked" ]
	rm "$DIR/hooked"
	mkdir "$dir" && echo '{}' >"$dir/config.json"
	sed 's/"evil"/"$(touch x)"/' "$DIR/state.json" >"$dir/state.json"
	for command in state start delete kill; do
		run_fail ocirun "$command" evil
		has "state.json of evil names another id"
		[ "${#lines[@]}" -eq 1 ]
	done
	run_ok ocirun list
	has "load container evil: state.json of evil names another id"
	lacks touch
	[ $EUID = 0 ] || return 0 # an ordinary user cannot make another's
	cp "$DIR/state.json" "$dir/state.json"
	chown -R 1000 "$dir"
	for command in state start delete kill; do
		run_fail ocirun "$command" evil
		has "container evil belongs to user 1000"
		[ "${#lines[@]}" -eq 1 ]
	done
	run_fail ocirun delete -f evil
	has "container evil belongs to user 1000, who alone can delete it with its processes"
	run_ok ocirun list
	has "load container evil: container evil belongs to user 1000"
	# seen by root of a user namespace that has no number for the owner
	run_fail unshare -Ur "$OCIRUN" --root "$ROOT" delete evil
	has "container evil belongs to user 65534"
	[ -e "$dir/state.json" ] && [ ! -e "$DIR/hooked" ]
}

@test "R12 a default state root that another user made, or could write, is refused with what to do" {
	needs_root
	local xdg=$DIR/xdg # as root of a user namespace, whose default it is
	mkdir -p "$xdg/ocirun" && chown 1000 "$xdg/ocirun"
	run_fail env -u USER XDG_RUNTIME_DIR="$xdg" unshare -Ur "$OCIRUN" list
	has "the state root $xdg/ocirun belongs to user 65534, not to 0 (remove it, or give --root"
	chown 0 "$xdg/ocirun" && chmod 777 "$xdg/ocirun"
	run_fail env -u USER XDG_RUNTIME_DIR="$xdg" unshare -Ur "$OCIRUN" list
	has "the state root $xdg/ocirun can be written by others"
	chmod 700 "$xdg/ocirun"
	run_ok env -u USER XDG_RUNTIME_DIR="$xdg" unshare -Ur "$OCIRUN" list
}

@test "R12 LNX-16 a cache of filters that is a link, or that others can write, is no cache; foreign files stay" {
	local i
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO"}]}'
	mkdir "$DIR/victim"
	for i in {1..200}; do echo "$i" >"$DIR/victim/$(printf '%016x' "$i")"; done
	mkdir -p "$ROOT" && ln -s "$DIR/victim" "$ROOT/@seccomp"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$(find "$DIR/victim" -type f | wc -l)" = 200 ]
	rm "$ROOT/@seccomp" && mv "$DIR/victim" "$ROOT/@seccomp" && chmod 777 "$ROOT/@seccomp"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$(find "$ROOT/@seccomp" -type f | wc -l)" = 200 ]
	# ours alone: what has the name of an entry goes, and nothing else
	chmod 700 "$ROOT/@seccomp" && touch "$ROOT/@seccomp"/{other,0123,0123456789abcdefx}
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$(find "$ROOT/@seccomp" -type f | wc -l)" = 4 ]
	[ -e "$ROOT/@seccomp/other" ] && [ -e "$ROOT/@seccomp/0123" ] && [ -e "$ROOT/@seccomp/0123456789abcdefx" ]
}

@test "check and plan make nothing: no state root, no cache" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO"}]}'
	run "$OCIRUN" --root "$DIR/fresh" check "$BUNDLE"
	[ "$status" -le 1 ]
	run_ok "$OCIRUN" --root "$DIR/fresh" plan "$BUNDLE"
	has seccomp
	[ ! -e "$DIR/fresh" ]
}

@test "R10 annotations, hostname and env with every kind of byte: as they are, in state and hooks" {
	config '.annotations = {"a\"b\\c\u0001\u007f": "\"},\"pid\":1,\n\ud83d\ude00", "": "empty"} | .hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "cat >'"$DIR"'/hook"]}]}'
	set_args sleep 100
	run ocirun create --bundle "$BUNDLE" "$ID" </dev/null
	if [ "$status" -eq 0 ]; then
		[ "$(ocirun state "$ID" | jq -c .annotations)" = "$(jq -c .annotations "$BUNDLE/config.json")" ]
		[ "$(jq -c .annotations "$DIR/hook")" = "$(jq -c .annotations "$BUNDLE/config.json")" ]
		[ "$(jq .pid "$DIR/hook")" = "$(pid_of)" ]
	else
		[ "${#lines[@]}" -eq 1 ]
	fi
	local member
	for member in .hostname .process.args[0] .process.cwd .process.env[0] .root.path .linux.cgroupsPath .mounts[0].destination '.linux.maskedPaths[0]'; do
		cp "$BUNDLE/config.json" "$DIR/clean.json"
		config "$member = \"/x\\u0000y\""
		run_fail ocirun run --bundle "$BUNDLE" "$ID-nul"
		[ "${#lines[@]}" -eq 1 ]
		cp "$DIR/clean.json" "$BUNDLE/config.json"
	done
}

most_of_a_page() { # of an id map
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1}] + [range(1;190) | {containerID: (. * 2), hostID: (100000 + . * 2), size: 1}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$DIR" "$BUNDLE"
	set_args sh -c 'cat /proc/self/uid_map | wc -l'
	attack_contained
	[ "$output" = 190 ]
	chown -R 0:0 "$BUNDLE/rootfs"
}

@test "CVE-2021-43784 R10 id maps, mount data, paths and counts beyond every 16-bit or page limit: whole or refused" {
	local i
	# 64 KiB of id map
	jq '.linux.namespaces |= (map(select(.type != "user")) + [{type: "user"}]) | .linux.uidMappings = [range(5000) | {containerID: (. * 2), hostID: (100000 + . * 2), size: 1}]
		| .linux.gidMappings = .linux.uidMappings' "$BUNDLE/config.json" >"$DIR/maps.json"
	cp "$BUNDLE/config.json" "$DIR/clean.json"
	cp "$DIR/maps.json" "$BUNDLE/config.json"
	attack_refused
	has /linux/uidMappings
	# as many as fit one page: all of them
	cp "$DIR/clean.json" "$BUNDLE/config.json"
	[ $EUID != 0 ] || most_of_a_page
	cp "$DIR/clean.json" "$BUNDLE/config.json"
	# options of 5000 bytes
	config '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: [range(700) | "size=1"]}]'
	attack
	# a path of 4095 bytes, and one more
	cp "$DIR/clean.json" "$BUNDLE/config.json"
	config '.linux.maskedPaths = ["/" + ("a/" * 2047)]'
	attack_contained
	config '.linux.maskedPaths = ["/" + ("a/" * 2048)]'
	attack
	config '.linux.maskedPaths = [] | .process.cwd = "/" + ("a" * 5000)'
	attack_refused
	config '.process.cwd = "/" | .process.args = ["x" * 5000]'
	attack_refused
	config '.process.args = ["true", "x" * 131072]'
	attack_refused
	config '.process.args = ["sh", "-c", "echo ${#0}", "x" * 131000]'
	attack_contained
	[ "$output" = 131000 ]
}

@test "R10 a config.json above 16 MiB, a fifo, a directory, an endless device in its place" {
	head -c $((16 * 1024 * 1024 + 1)) /dev/zero | tr '\0' ' ' >>"$BUNDLE/config.json"
	attack_refused
	has "larger than 16 MiB"
	rm "$BUNDLE/config.json"
	mkfifo "$BUNDLE/config.json"
	run_fail timeout 10 "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	rm "$BUNDLE/config.json"
	ln -s /dev/zero "$BUNDLE/config.json"
	run_fail timeout 10 "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	rm "$BUNDLE/config.json"
	mkdir "$BUNDLE/config.json"
	attack_refused
}

@test "R10 2000 mounts: all there, or refused before anything is touched" {
	config '.mounts += [range(2000) | {destination: "/tmp/m\(.)", type: "tmpfs", source: "tmpfs", options: ["size=4k"]}]'
	set_args sh -c 'grep -c " /tmp/m" /proc/self/mountinfo'
	attack
	if [ "$status" -eq 0 ]; then [ "$output" = 2000 ]; else [ "${#lines[@]}" -eq 1 ]; fi
	config '.mounts |= map(select(.destination | startswith("/tmp/m") | not))' \
		'.mounts += [range(2000) | {destination: "/tmp/b\(.)", type: "bind", source: "/bin", options: ["bind", "ro"]}]'
	attack
	[ "${#lines[@]}" -eq 1 ]
}

@test "R11 numbers of users, modes and devices: whole or refused" {
	local value
	for value in -1 4294967296 4294967295 1.5 '"0"' null 1e20 '[0]'; do
		cp "$BUNDLE/config.json" "$DIR/clean.json"
		config ".process.user.uid = $value"
		run ocirun run --bundle "$BUNDLE" "$ID"
		if [ "$value" = null ]; then [ "$status" -eq 0 ]; else [ "$status" -eq 1 ] && [ "${#lines[@]}" -eq 1 ]; fi
		cp "$DIR/clean.json" "$BUNDLE/config.json"
	done
}

@test "R8 a filter for x86_64 alone: calls of the x32 table are not let through" {
	[ "$(uname -m)" = x86_64 ] || skip "x32 is of x86_64"
	command -v perl >/dev/null || skip "no perl"
	local lib action
	cp "$(command -v perl)" "$BUNDLE/rootfs/bin/perl"
	for lib in $(ldd "$(command -v perl)" | grep -o '/[^ )]*'); do
		mkdir -p "$BUNDLE/rootfs$(dirname "$lib")"
		cp "$lib" "$BUNDLE/rootfs$lib"
	done
	# 39 is getpid; 0x40000000 the x32 bit. mkdir is denied, and must be by every number that it has
	set_args perl -e '$| = 1; print syscall(39) > 0 ? "native\n" : "none\n"; my $p = "/x32"; my $r = syscall(0x40000000 + 83, $p, 0); print "x32 $r\n"'
	for action in SCMP_ACT_ERRNO SCMP_ACT_KILL_PROCESS; do
		config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", architectures: [\"SCMP_ARCH_X86_64\"], syscalls: [{names: [\"mkdir\", \"mkdirat\"], action: \"$action\"}]}"
		run ocirun run --bundle "$BUNDLE" "$ID"
		has native
		lacks "x32 0"
		[ ! -e "$BUNDLE/rootfs/x32" ]
	done
}

@test "no text of a stranger's speaks to the terminal: C0, C1 (U+009B is CSI) and bytes that are no UTF-8" {
	local evil=$'e\u009b31m\x9b\e[31m' bundle out
	bundle=$DIR/$evil
	silent() { local LC_ALL=C && [[ $1 == *[$'\x1b\x9b']* ]] && { printf '%q' "$1" >&2; return 1; } || :; }
	mv "$BUNDLE" "$bundle"
	ocirun create --bundle "$bundle" "$ID" </dev/null >"$DIR/out" 2>&1
	for out in "$(ocirun list)" "$(ocirun list -f json)" "$(ocirun state "$ID")" "$(ocirun plan "$bundle")" \
		"$(ocirun --log "$DIR/none/$evil" list 2>&1)" "$(ocirun help "$evil" 2>&1)" "$(ocirun state "$evil" 2>&1)" \
		"$(ocirun check "$bundle" 2>&1)"; do
		[ -n "$out" ]
		silent "$out"
	done
	ocirun delete "$ID"
	mv "$bundle" "$BUNDLE"
}
