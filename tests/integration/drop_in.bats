#!/usr/bin/env bats
# What whoever has used runc takes for granted, in places where no single stage or command is to be shown: names,
# words, what is inherited and what is not (rows BAT), learnt from its own suite.
# shellcheck disable=SC2016

load lib
load cgroup

test_setup() { needs_root; new_bundle sleep 1000; }

start() { create "$@" && ocirun start "${1:-$ID}"; }
inside() { # SCRIPT as the container's program
	set_args sh -c "$1"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
}

@test "BAT-01 called by another name the program has that name, in help, version and errors" {
	ln -s "$(realpath "$OCIRUN")" "$DIR/runc"
	run_ok "$DIR/runc" --version
	[[ "${lines[0]}" == "runc version "* ]]
	run_ok "$DIR/runc" --help
	[ "${lines[1]}" = "   runc - Open Container Initiative runtime" ]
	run_ok "$DIR/runc" exec --help
	[[ "${lines[1]}" == "   runc exec - "* ]]
	run_fail "$DIR/runc" --root "$ROOT" state nothing
	[[ $output == "runc: state nothing: "* ]]
	# what it is makes the container, whatever it is called
	set_args true
	run_ok "$DIR/runc" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
}

@test "BAT-71 called runc it speaks in runc's frame of create, run and exec, one line; what the shim says is an error during container init" {
	ln -s "$(realpath "$OCIRUN")" "$DIR/runc"
	local place
	config '.mounts += [{destination: "/m", source: "/nothing/at/all", type: "bind", options: ["bind"]}]'
	place=/mounts/$(($(jq '.mounts | length' "$BUNDLE/config.json") - 1))
	run_fail "$DIR/runc" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "${#lines[@]}" = 1 ]
	[[ "$output" == "runc run failed: unable to start container process: error during container init: "*"/nothing/at/all"*" (at $place"*")" ]]
	config 'del(.mounts[-1]) | .process.cwd = "relative"'
	run_fail "$DIR/runc" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
	[[ "$output" == "runc create failed: "*" (at /process/cwd)" ]]
	[[ "$output" != *init:* ]]
	config '.process.cwd = "/"'
	start
	run_fail "$DIR/runc" --root "$ROOT" --log "$DIR/log" exec --cwd /nothing "$ID" true
	[[ "$output" == "exec failed: unable to start container process: error during container init: "*"/nothing"* ]]
	grep -qF 'msg="exec failed: unable to start' "$DIR/log"
}

@test "BAT-02 a root that was not there, what list -q names, delete -f of each" {
	ROOT=$DIR/new/state
	mkdir "$DIR/new"
	start
	local ct
	config ".linux.cgroupsPath = \"$CGROUPS_PATH-second\""
	create "$ID-second"
	[ "$(ocirun list -q | sort | xargs)" = "$ID $ID-second" ]
	for ct in $(ocirun list -q); do run_ok ocirun delete -f "$ct"; done
	[ -z "$(ocirun list -q)" ]
}

@test "BAT-08 BAT-09 BAT-12 BAT-45 --debug tells how far it is, in the words of runc; with --log nothing of it on stderr" {
	local words=("nsexec container setup" "child process in init()" "init: closing the pipe to signal completion")
	local word format
	set_args true
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_LOG"], syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}'
	run_ok ocirun --debug run --bundle "$BUNDLE" "$ID"
	for word in "level=debug" "${words[@]}" "seccomp filter flags: 2"; do has "$word"; done
	for format in text json; do
		run_ok ocirun --debug --log "$DIR/$format" --log-format "$format" run --bundle "$BUNDLE" "$ID"
		[ -z "$output" ]
		for word in "${words[@]}"; do grep -qF "$word" "$DIR/$format"; done
	done
	grep -q '"level":"debug"' "$DIR/json"
	jq -e . <"$DIR/json" >/dev/null
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ -z "$output" ]
	set_args sleep 1000
	start
	run_ok ocirun --debug exec "$ID" true
	for word in "nsexec container setup" "child process in init()" "setns_init: about to exec"; do has "$word"; done
}

@test "BAT-11 EXE-27 --debug names the affinity that a process of exec begins with" {
	local first
	first=$(awk '/^Cpus_allowed_list/ {sub(/[-,].*/, "", $2); print $2}' /proc/self/status)
	((first < 64)) || skip "no processor below 64 may be used"
	start
	jq --arg cpus "$first" '.process + {terminal: false, args: ["true"], execCPUAffinity: {initial: $cpus}}' "$BUNDLE/config.json" >"$DIR/process"
	run_ok ocirun --debug exec --process "$DIR/process" "$ID"
	[[ $output =~ nsexec\[[0-9]+\]:\ affinity:\ $(printf 0x%x $((1 << first)))[^0-9a-f] ]]
}

@test "BAT-13 exec of a script whose interpreter is missing: told in the first line, 255" {
	printf '#!/no/interpreter\n' >"$BUNDLE/rootfs/bin/script"
	chmod +x "$BUNDLE/rootfs/bin/script"
	start
	run ocirun exec "$ID" /bin/script
	[ "$status" = 255 ]
	[[ "${lines[0]}" == *"exec /bin/script: no such file or directory"* ]]
}

@test "BAT-14 EXE-02 exec: 255 is ours, the command's code goes through, detached is 0" {
	start
	run ocirun exec "$ID" sh -c 'exit 7'
	[ "$status" = 7 ]
	run ocirun exec "$ID" /no/such/program
	[ "$status" = 255 ]
	run ocirun exec nobody true
	[ "$status" = 255 ]
	run_ok ocirun exec -d "$ID" sh -c 'exit 7' </dev/null 3>&-
}

@test "BAT-11 EXE-10 exec --process from a pipe, as a shell makes it of <(command)" {
	start
	local process
	process=$(jq '.process + {terminal: false, args: ["echo", "from a pipe"]}' "$BUNDLE/config.json")
	run_ok ocirun exec --process <(echo "$process") "$ID"
	[ "$output" = "from a pipe" ]
	run_ok ocirun exec --process <(echo "$process" | jq --arg pad "$(head -c 100000 /dev/zero | tr '\0' x)" '.env += ["PAD=" + $pad]') "$ID"
	[ "$output" = "from a pipe" ]
	run_fail ocirun exec --process "$DIR" "$ID"
	has "is a directory"
	run_fail ocirun exec --process <(:) "$ID"
}

@test "BAT-27 without a pid namespace: delete kills what init left behind, and a second delete fails" {
	local how pids pid init
	for how in "" --force; do
		config '.linux.namespaces |= map(select(.type != "pid"))'
		start
		init=$(pid_of)
		ocirun exec -d "$ID" sleep 2000 </dev/null >/dev/null 2>&1 3>&-
		ocirun exec -d "$ID" sleep 3000 </dev/null >/dev/null 2>&1 3>&-
		mapfile -t pids < <(ocirun ps --format json "$ID" | jq -r '.[]')
		[ "${#pids[@]}" = 3 ]
		kill -9 "$init"
		wait_status stopped
		# shellcheck disable=SC2086 # an option or none
		run_ok ocirun delete $how "$ID"
		for pid in "${pids[@]}"; do wait_for is_gone "$pid"; done
		run_fail ocirun delete "$ID"
		has "container does not exist"
	done
}

@test "BAT-31 HOK-08 a hook gets its argv as it is written, args[0] too" {
	config '.hooks.startContainer = [{path: "/bin/busybox", args: ["echo", "/one", "a b"]}]' '.root.readonly = false'
	set_args true
	config '.hooks.startContainer[0].args = ["cat", "/no such file"]'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "cat: can't open '/no such file'"
	# argv[0] is not the path: the same program, told what it is by the second word
	config '.hooks.startContainer[0].args = ["busybox", "false"]'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "error running startContainer hook #0: exit status 1"
	config '.hooks.startContainer[0].args = ["busybox", "true"]'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
}

@test "BAT-32 PRO-26 a startContainer hook without env has the program's, with the HOME that the program has" {
	config '.process.env = ["PATH=/bin", "ONE=1"] | .process.user.uid = 1000 | .process.user.gid = 1000' \
		'.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "env >/tmp/hook"]}]' '.root.readonly = false'
	chmod 777 "$BUNDLE/rootfs/tmp"
	inside 'env >/tmp/program'
	grep -qx HOME=/home/user "$BUNDLE/rootfs/tmp/hook"
	grep -qx ONE=1 "$BUNDLE/rootfs/tmp/hook"
	diff <(grep -vE '^(PWD|SHLVL)=' "$BUNDLE/rootfs/tmp/hook" | sort) <(grep -vE '^(PWD|SHLVL)=' "$BUNDLE/rootfs/tmp/program" | sort)
	config '.hooks.startContainer[0].env = ["MINE=1"]'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$(grep -E '^(MINE|ONE|HOME)=' "$BUNDLE/rootfs/tmp/hook")" = MINE=1 ]
}

@test "BAT-33 proc and sysfs on a link of the image, or below one: refused before anything is mounted" {
	local where
	for where in proc sys; do
		rm -rf "${BUNDLE:?}/rootfs/$where"
		mkdir -p "$BUNDLE/rootfs/elsewhere"
		ln -s elsewhere "$BUNDLE/rootfs/$where"
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has "must be mounted on ordinary directory"
		[ -z "$(ls "$BUNDLE/rootfs/elsewhere")" ]
		rm "$BUNDLE/rootfs/$where"
		mkdir "$BUNDLE/rootfs/$where"
	done
}

@test "BAT-35 the same path masked twice is one mask" {
	config '.linux.maskedPaths += ["/proc/version", "/proc/version", "/etc", "/etc"]'
	inside 'cat /proc/self/mountinfo; ls /etc'
	[ "$(awk '$5 == "/proc/version"' <<<"$output" | wc -l)" = 1 ]
	[ "$(awk '$5 == "/etc"' <<<"$output" | wc -l)" = 1 ]
	lacks passwd
}

@test "BAT-41 LNX-06 seccomp notify of write is refused: nobody could be told of it" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/no/agent", syscalls: [{names: ["write"], action: "SCMP_ACT_NOTIFY"}]}'
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "SCMP_ACT_NOTIFY cannot be used for the write syscall"
}

@test "BAT-52 a created container holds its stdio, its root and the fifo, and nothing else by a path" {
	config '.linux.maskedPaths = ["/proc/kcore", "/proc/acpi", "/sys/firmware", "/etc"] | .linux.readonlyPaths = ["/proc/sys", "/proc/bus"]'
	create
	local pid link where
	pid=$(pid_of)
	for link in "/proc/$pid/fd"/*; do
		where=$(readlink "$link")
		case ${link##*/}:$where in
		[012]:*) ;;
		*:/ | *:"$ROOT/$ID/exec.fifo" | *:socket:* | *:pipe:* | *:anon_inode:*) ;;
		*) echo "$link leads to $where" >&2 && FAILED=1 ;;
		esac
	done
	[ -z "${FAILED-}" ]
}

@test "BAT-54 EXE-10 exec --process has the environment of its file alone, and HOME" {
	config '.process.env = ["PATH=/bin", "TERM=xterm", "OF_CONFIG=1"]'
	start
	jq '.process + {terminal: false, args: ["/bin/env"], env: ["ONLY=1"]}' "$BUNDLE/config.json" >"$DIR/process"
	run_ok ocirun exec -p "$DIR/process" "$ID"
	[ "$(sort <<<"$output" | xargs)" = "HOME=/root ONLY=1" ]
}

@test "BAT-61 without a mount namespace: hooks run in the bundle, and the host's mounts are as before" {
	config '.linux.namespaces |= map(select(.type != "mount"))' 'del(.mounts) | .linux.maskedPaths = [] | .linux.readonlyPaths = []' \
		'.root.readonly = false' '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "pwd >hook"]}]'
	inside 'echo $PWD; ls /bin/busybox'
	[ "${lines[0]}" = / ]
	[ "$(cat "$BUNDLE/hook")" = "$(realpath "$BUNDLE")" ]
	# mounts of the config would stay on the host behind the container
	config '.mounts = [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "/mounts: mounts need a mount namespace of the container's own"
}

@test "BAT-63 CGR-09 v2: the group is the mapped root's only with a writable mount and a cgroup namespace" {
	v2 || skip "cgroup v1 is not delegated"
	local mode own wanted
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$DIR" "$BUNDLE"
	while read -r mode own wanted; do
		config '.linux.namespaces |= (map(select(.type != "cgroup" and .type != "user")) + [{type: "user"}])' \
			'.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' \
			".mounts |= (map(select(.destination != \"/sys/fs/cgroup\")) + [{destination: \"/sys/fs/cgroup\", type: \"cgroup\", source: \"cgroup\", options: [\"nosuid\", \"noexec\", \"nodev\", \"$mode\"]}])"
		[ "$own" = no ] || config '.linux.namespaces += [{type: "cgroup"}]'
		start
		[ "$(stat -c %u "/sys/fs/cgroup$CGROUP")" = "$wanted" ]
		ocirun delete -f "$ID"
	done <<-'T'
		ro yes 0
		rw no 0
		rw yes 100000
	T
}

@test "BAT-65 PRC-17 RLIMIT_NOFILE above the caller's hard limit, of run and of exec" {
	local now=$(($(ulimit -Hn) - 100))
	config ".process.rlimits = [{type: \"RLIMIT_NOFILE\", soft: $((now + 1)), hard: $((now + 1))}]"
	(ulimit -n "$now") || skip "the limit cannot be lowered"
	if ! prlimit --nofile="$now:$now" sh -c "ulimit -n $((now + 1))" 2>/dev/null; then
		# nobody could: then the error names what is missing
		run_fail prlimit --nofile="$now:$now" "$OCIRUN" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
		has "/process/rlimits/0"
		has CAP_SYS_RESOURCE
		return
	fi
	prlimit --nofile="$now:$now" "$OCIRUN" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$DIR/err"
	ocirun start "$ID"
	grep -q "^Max open files *$((now + 1)) *$((now + 1)) " "/proc/$(pid_of)/limits"
	run_ok prlimit --nofile="$now:$now" "$OCIRUN" --root "$ROOT" exec "$ID" grep 'Max open files' /proc/self/limits
	[[ $output =~ $((now + 1))\ +$((now + 1)) ]]
}

@test "BAT-67 NSP-09 joined user and time namespaces: maps and offsets are the target's, none in the config" {
	[ -e /proc/self/ns/time ] || skip "this kernel has no time namespaces"
	chown -R 100000:200000 "$BUNDLE/rootfs"
	chmod 755 "$DIR" "$BUNDLE"
	config '.linux.namespaces += [{type: "user"}, {type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 7000, nanosecs: 5}}' \
		'.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 100}] | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 200}]'
	start "$ID-first"
	local pid
	pid=$(pid_of "$ID-first")
	config ".linux.cgroupsPath = \"$CGROUPS_PATH-second\" | del(.hostname) | del(.linux.uidMappings, .linux.gidMappings, .linux.timeOffsets)" \
		".linux.namespaces |= map(if .type == \"mount\" then . else .path = \"/proc/$pid/ns/\" + ({network: \"net\"}[.type] // .type) end)"
	start "$ID-second"
	run_ok ocirun exec "$ID-second" cat /proc/self/uid_map /proc/self/gid_map /proc/self/timens_offsets
	[[ $output =~ 0\ +100000\ +100$'\n' ]]
	[[ $output =~ 0\ +200000\ +200$'\n' ]]
	[[ $output =~ monotonic\ +7000\ +5 ]]
	ocirun delete -f "$ID-second"
}

@test "the access of a device rule may hold an a, as with other runtimes: ignored, with a warning" {
	config '.linux.devices = [{path: "/dev/kmsg", type: "c", major: 1, minor: 11}] | .process.capabilities.bounding += ["CAP_SYSLOG"] | .process.capabilities.effective += ["CAP_SYSLOG"] | .process.capabilities.permitted += ["CAP_SYSLOG"]' \
		'.linux.resources.devices = [{allow: true, access: "rwm"}, {allow: false, type: "c", major: 1, minor: 11, access: "rwa"}]'
	inside 'head -c 1 /dev/kmsg 2>&1 || true'
	has 'the letter a in the access "rwa" of a device rule is ignored'
	has "Operation not permitted"
}

@test "a key in other letters than the specification's counts, with a warning; of two the last, of two objects each member" {
	config 'del(.process.noNewPrivileges) | .process.nonewprivileges = true'
	inside 'grep NoNewPrivs /proc/self/status'
	has '"nonewprivileges" is taken for "noNewPrivileges"'
	has $'NoNewPrivs:\t1'
	config '.process.noNewPrivileges = false | .linux.Sysctl = {"net.ipv4.ip_unprivileged_port_start": "88"} | .process.user = {uid: 3, gid: 7}
		| .process.User = {uid: 5}'
	inside 'grep NoNewPrivs /proc/self/status; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; id -u; id -g'
	has $'NoNewPrivs:\t0\n88\n5\n7'
	has '"User" is taken for "user"'
}

@test "DEV-15 a /dev/ptmx among the devices is the link all the same, where devices are bound too" {
	config '.linux.devices = [{path: "/dev/ptmx", type: "c", major: 5, minor: 2}]'
	inside 'readlink /dev/ptmx'
	[ "$output" = pts/ptmx ]
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$DIR" "$BUNDLE"
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	inside 'readlink /dev/ptmx'
	[ "$output" = pts/ptmx ]
}
