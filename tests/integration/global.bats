#!/usr/bin/env bats
# The command line itself: rows GLB, SPC and the log.

load lib

@test "GLB-01 GLB-03 GLB-04 the state root: made 0700, containers 0711" {
	needs_root
	new_bundle sleep 100
	create
	[ "$(stat -c %a "$ROOT")" = 700 ]
	[ "$(stat -c %a "$ROOT/$ID")" = 711 ]
}

@test "GLB-01 a relative --root" {
	needs_root
	new_bundle sleep 100
	cd "$DIR"
	"$OCIRUN" --root state create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	[ -d "$DIR/state/$ID" ]
}

@test "GLB-02 --root must not be /" {
	cd /
	local root
	for root in / . ../../.. /tmp/..; do
		run_fail "$OCIRUN" --root "$root" list
		has "Option --root argument should not be set to /"
		[ "$status" = 1 ]
	done
}

@test "GLB-05 GLB-07 --log: the message in the log and one plain line on stderr" {
	run_fail ocirun --log "$DIR/log" state nothing
	has "does not exist"
	[ "${#lines[@]}" = 1 ]
	grep -q 'time="[^"]*" level=error msg=".*does not exist' "$DIR/log"
}

@test "GLB-08 GLB-10 GLB-11 json: exactly one object, level error, RFC 3339 time" {
	run_fail ocirun --log "$DIR/log" --log-format json state nothing
	[ "$(wc -l <"$DIR/log")" = 1 ]
	jq -e '.level == "error" and (.msg | contains("does not exist")) and (.time | test("^[0-9-]{10}T[0-9:]{8}"))' "$DIR/log"
	[ "$(jq -r 'keys_unsorted | join(" ")' "$DIR/log")" = "level msg time" ]
}

@test "GLB-06 file: prefix; a path with a colon is a path" {
	run_fail ocirun --log "file:$DIR/a" state nothing
	[ -s "$DIR/a" ]
	run_fail ocirun --log "$DIR/b:c" state nothing
	[ -s "$DIR/b:c" ]
}

@test "GLB-09 an invalid log format" {
	run_fail ocirun --log-format xml state x
	has "invalid log-format: xml"
	[ "$status" = 1 ]
}

@test "GLB-12 GLB-13 --debug and --log-level are accepted" {
	run_ok ocirun --debug --log-level debug --log "$DIR/log" --help
	run_fail ocirun --debug --log "$DIR/log" state nothing
	lacks "level=debug"
}

@test "GLB-14 --systemd-cgroup: accepted as flag and with a value, a clear answer where there is no systemd" {
	needs_root
	new_bundle true
	if [ ! -d /run/systemd/system ]; then
		config 'del(.linux.cgroupsPath)'
		run_fail ocirun --systemd-cgroup create --bundle "$BUNDLE" "$ID"
		has "systemd not running on this host"
	fi
	run_ok ocirun --systemd-cgroup=false run --bundle "$BUNDLE" "$ID"
	run_ok ocirun --systemd-cgroup=true --help
}

@test "GLB-15 --cgroup-manager" {
	needs_root
	new_bundle true
	run_ok ocirun --cgroup-manager cgroupfs run --bundle "$BUNDLE" "$ID"
	run_ok ocirun --cgroup-manager=disabled --help
	run_fail ocirun --cgroup-manager nonsense list
}

@test "GLB-15 --cgroup-manager disabled: the container stays in its maker's group, which nothing of ours touches" {
	needs_root
	new_bundle sh -c 'cat /proc/self/cgroup; sleep 60'
	config 'del(.linux.namespaces[] | select(.type == "cgroup"))' \
		'.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev"]}]'
	ocirun --cgroup-manager disabled create --bundle "$BUNDLE" "$ID" </dev/null >"$DIR/out" 2>&1
	ocirun start "$ID"
	wait_for grep -q '^0::\|^1:' "$DIR/out"
	diff <(sort /proc/self/cgroup) <(sort "$DIR/out")
	[ "$(jq -c .cgroup_paths "$ROOT/$ID/state.json")" = '{}' ]
	[ -z "$(find /sys/fs/cgroup -type d -name "*$ID*")" ]
	# what is shown there is its maker's: not to be written to
	run_fail ocirun exec "$ID" sh -c 'f=$(find /sys/fs/cgroup -name cgroup.procs | head -n 1); [ -n "$f" ] && echo 0 >"$f"'
	has "Read-only file system"
	run_ok ocirun exec "$ID" true
	run_fail ocirun pause "$ID"
	run_fail ocirun update --pids-limit 10 "$ID"
	run_ok ocirun ps "$ID"
	has sleep
	run_ok ocirun kill "$ID" KILL
	wait_status stopped
	run_ok ocirun delete "$ID"
}

@test "GLB-15 --cgroup-manager disabled: what only a group could keep is refused" {
	needs_root
	new_bundle true
	config '.linux.resources.pids = {limit: 10}'
	run_fail ocirun --cgroup-manager disabled run --bundle "$BUNDLE" "$ID"
	has "/linux/resources: a container without a control group (--cgroup-manager disabled) cannot be limited"
	config 'del(.linux.resources.pids)' '.process.capabilities.bounding += ["CAP_MKNOD"]'
	run_fail ocirun --cgroup-manager disabled run --bundle "$BUNDLE" "$ID"
	has "/linux/resources/devices: a container without a control group (--cgroup-manager disabled) cannot be kept from devices while it holds CAP_MKNOD"
	config '.annotations["run.oci.delegate-cgroup"] = "x"'
	run_fail ocirun --cgroup-manager disabled run --bundle "$BUNDLE" "$ID"
	has "cannot delegate one"
}

@test "GLB-15 --cgroup-manager disabled: device nodes of the image stay shut where the config denies them" {
	needs_root
	new_bundle sh -c 'head -c 1 /zero; head -c 1 /dev/zero >/dev/null; mknod /made c 1 5'
	config '.root.readonly = false'
	mknod -m 666 "$BUNDLE/rootfs/zero" c 1 5
	run_fail ocirun --cgroup-manager disabled run --bundle "$BUNDLE" "$ID"
	has "/zero: Permission denied"
	has "/made: Operation not permitted"
	lacks "/dev/zero"
	config '.linux.resources.devices = []' '.process.args = ["head", "-c", "1", "/zero"]'
	run_ok ocirun --cgroup-manager disabled run --bundle "$BUNDLE" "$ID"
	config '.linux.resources.devices = [{allow: false, access: "rwm"}]' 'del(.mounts[] | select(.destination | startswith("/dev")))'
	run_fail ocirun --cgroup-manager disabled run --bundle "$BUNDLE" "$ID"
	has "without a mount on /dev"
}

@test "GLB-16 GLB-17 --rootless takes Go's booleans and auto" {
	local value
	for value in 1 t T TRUE true True 0 f F FALSE false auto ""; do
		run_ok ocirun --rootless="$value" --help
	done
	run_fail ocirun --rootless=maybe list
}

@test "GLB-18 BAT-06 --version: three lines that clients parse; the name is argv[0]'s" {
	run_ok ocirun --version
	[[ ${lines[0]} =~ ^ocirun\ version\ [0-9]+\.[0-9]+\.[0-9]+ ]]
	[[ ${lines[1]} == "commit: "* ]]
	[ "${lines[2]}" = "spec: 1.3.0" ]
	ln -s "$OCIRUN" "$DIR/runc"
	run_ok "$DIR/runc" -v
	[[ ${lines[0]} == "runc version "* ]]
}

@test "GLB-19 --version works with an unusable --root" {
	run_ok "$OCIRUN" --root /proc/nothing/here --version
}

@test "GLB-20 BAT-03 BAT-04 help of everything: exit 0, on stdout" {
	local words command
	for words in -h --help help h; do
		run_ok ocirun "$words"
		[ "${lines[0]}" = "NAME:" ]
		has "ocirun - Open Container Initiative runtime"
	done
	for command in create start run state kill delete list spec features plan; do
		for words in -h --help; do
			"$OCIRUN" "$command" "$words" >"$DIR/help" 2>"$DIR/help.err"
			[ ! -s "$DIR/help.err" ]
			[ "$(head -n 1 "$DIR/help")" = "NAME:" ]
			[[ $(sed -n 2p "$DIR/help") == *"ocirun $command"* ]]
		done
	done
}

@test "GLB-22 no command: help, exit 0" {
	run_ok ocirun
	[ "${lines[0]}" = "NAME:" ]
}

@test "GLB-23 BAT-05 an unknown command: exit 3" {
	run ocirun nonsense
	[ "$status" = 3 ]
	has "No help topic for 'nonsense'"
	run_fail ocirun foo -h
	has "No help topic for 'foo'"
}

@test "GLB-24 GLB-25 GLB-26 unknown flag, missing value, wrong count" {
	run ocirun state --nonsense x
	[ "$status" = 1 ]
	has "flag provided but not defined: -nonsense"
	run ocirun create --bundle
	[ "$status" = 1 ]
	has "flag needs an argument"
	run ocirun state
	[ "$status" = 1 ]
	has 'ocirun: "state" requires exactly 1 argument(s)'
	run ocirun kill
	has '"kill" requires a minimum of 1 argument(s)'
	run ocirun kill a b c
	has '"kill" requires a maximum of 2 argument(s)'
}

@test "GLB-20 GLB-24 GLB-26 each command: help by two ways, a flag that it has not, arguments too many" {
	local command wanted
	for command in $("$OCIRUN" --help | sed -n '/^COMMANDS:/,/^$/s/^   \([a-z]*\) .*/\1/p'); do
		[ "$("$OCIRUN" help "$command")" = "$("$OCIRUN" "$command" --help)" ]
		wanted=1
		[ "$command" != exec ] || wanted=255
		"$OCIRUN" "$command" --nonsense x >"$DIR/out" 2>"$DIR/err" && return 1
		"$OCIRUN" "$command" --nonsense x >"$DIR/out" 2>"$DIR/err" || [ $? = "$wanted" ]
		[ "$(head -n 1 "$DIR/out")" = "Incorrect Usage: flag provided but not defined: -nonsense" ]
		grep -q "ocirun $command" "$DIR/out"
		[ "$(cat "$DIR/err")" = "ocirun: flag provided but not defined: -nonsense" ]
		case $command in
		exec | ps) continue ;; # what follows is another program's
		esac
		"$OCIRUN" "$command" a b c d >"$DIR/out" 2>"$DIR/err" && return 1
		[ "$(head -n 1 "$DIR/out")" = "Incorrect Usage." ]
		grep -qE "\"$command\" requires (exactly|a maximum of) [0-9] argument\(s\)\$" "$DIR/err"
	done
}

@test "GLB-11 GLB-24 a wrong command line is one object in a JSON log too" {
	run_fail ocirun --log "$DIR/log" --log-format json create --nonsense
	jq -es 'length == 1 and .[0].level == "error" and (.[0].msg | contains("not defined: -nonsense"))' "$DIR/log"
	rm "$DIR/log"
	run_fail ocirun --log "$DIR/log" --log-format json create
	jq -es 'length == 1 and (.[0].msg | contains("requires exactly 1 argument"))' "$DIR/log"
}

@test "GLB-13 --log-level error: no warnings, on stderr or in the log" {
	needs_root
	new_bundle true
	config '.process.capabilities.ambient = ["CAP_CHOWN"]' # of which a warning tells
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	has "ambient capability"
	run_ok ocirun --log-level error --log "$DIR/log" run --bundle "$BUNDLE" "$ID"
	[ -z "$output" ]
	[ ! -s "$DIR/log" ]
	run_ok ocirun --log-level warning --log "$DIR/log" run --bundle "$BUNDLE" "$ID"
	grep -q 'level=warning msg=.*ambient capability' "$DIR/log"
	run_fail ocirun --log-level loud list
	has 'invalid value "loud" for --log-level'
}

@test "EXT-03 the program that becomes a container is no command, and no help names it" {
	run ocirun init
	[ "$status" = 3 ]
	has "No help topic for 'init'"
	run_ok ocirun --help
	run_fail grep -E "^ +init " <<<"$output"
}

@test "GLB-35 PKG-17 check without a bundle reports the host: kernel, user, namespaces, cgroups, state" {
	run_ok ocirun check
	local topic
	for topic in "kernel  *Linux $(uname -r | grep -o '^[0-9]*\.[0-9]*').* on $(uname -m)" user 'user namespaces' state cgroups 'cgroup rights' LSMs namespaces; do
		grep -qE "^(ok|limited|cannot) +$topic" <<<"$output"
	done
	run_ok ocirun check --json
	jq -e . <<<"$output"
}

@test "PKG-12 one static file: in a root directory with nothing else it is a whole runtime" {
	needs_root
	mkdir "$DIR/root"
	cp "$OCIRUN" "$DIR/root/ocirun"
	run_ok chroot "$DIR/root" /ocirun --version
	has "ocirun version"
	run_ok chroot "$DIR/root" /ocirun features
	jq -e '.ociVersionMax' <<<"$output"
	mkdir "$DIR/alone" # and it has the shim with it
	cp "$OCIRUN" "$DIR/alone/"
	new_bundle echo inside
	run_ok "$DIR/alone/ocirun" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "$output" = inside ]
}

@test "PKG-13 sizes: ocirun with the shim inside below 2 MiB, less than a fifth of runc; ociinit below 100 KiB" {
	local size
	size=$(stat -L -c %s "$OCIRUN")
	[ "$size" -lt 2097152 ]
	[ ! -e "$(dirname "$OCIRUN")/ociinit" ] || [ "$(stat -c %s "$(dirname "$OCIRUN")/ociinit")" -lt 102400 ]
	! command -v runc >/dev/null || [ "$((size * 5))" -lt "$(stat -L -c %s "$(command -v runc)")" ]
}

@test "GLB-27 an empty container id" {
	local command
	for command in state start delete kill; do
		run_fail ocirun "$command" ""
		has "container id cannot be empty"
		[ "$status" = 1 ]
	done
}

@test "GLB-28 GLB-30 GLB-31 GLB-32 GLB-33 option grammar: one dash, =, after positionals, --, repeated" {
	needs_root
	new_bundle sleep 100
	"$OCIRUN" -root="$DIR/wrong" -root "$ROOT" create "$ID" -bundle="$BUNDLE" --no-new-keyring </dev/null >/dev/null 2>&1
	[ "$(status_of)" = created ]
	run_ok ocirun state -- "$ID"
	run_ok ocirun delete -force -- "$ID"
	run_fail ocirun state -- --force
	has "does not exist"
}

@test "GLB-21 GLB-37 failures of the runtime end with 1" {
	run ocirun start nothing
	[ "$status" = 1 ]
}

@test "GLB-39 CRE-23 the error names the command and the container, on one line" {
	run_fail ocirun create --bundle "$DIR/nowhere" web
	[ "${#lines[@]}" = 1 ]
	[[ $output == "ocirun: create web: "* ]]
}

@test "GLB-40 nothing of the runtime's own environment reaches the program" {
	needs_root
	new_bundle env
	run_ok env SECRET=1 "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	lacks SECRET
	[ "$(sort <<<"$output" | cut -d= -f1 | tr '\n' ' ')" = "HOME PATH TERM " ]
}

@test "SPC-01 spec writes config.json, and refuses to write over one" {
	cd "$DIR"
	(umask 022 && "$OCIRUN" spec)
	[ "$(stat -c %a config.json)" = 644 ]
	grep -q $'^\t"ociVersion": "1' config.json
	run_fail "$OCIRUN" spec
	has "File config.json exists. Remove it first"
}

@test "SPC-02 SPC-04 spec --bundle, --file" {
	mkdir "$DIR/b"
	"$OCIRUN" spec --bundle "$DIR/b"
	[ -s "$DIR/b/config.json" ]
	cd "$DIR"
	"$OCIRUN" spec -f other.json
	[ -s other.json ]
}

@test "SPC-03 spec --rootless" {
	cd "$DIR"
	"$OCIRUN" spec --rootless
	[ "$(jq -r '.linux.namespaces | map(.type) | index("user") != null' config.json)" = true ]
	[ "$(jq -r '.linux.namespaces | map(.type) | index("network")' config.json)" = null ]
	[ "$(jq -r ".linux.uidMappings == [{containerID: 0, hostID: $(id -u), size: 1}]" config.json)" = true ]
	[ "$(jq -r '.linux.resources' config.json)" = null ]
	[ "$(jq -r '.mounts[] | select(.destination == "/sys") | .options | index("rbind") != null' config.json)" = true ]
	[ "$(jq -r '[.mounts[].options // [] | .[] | select(test("^[ug]id="))] | length' config.json)" = 0 ]
}

@test "SPC-05 the default config" {
	cd "$DIR"
	"$OCIRUN" spec
	jq -e '.process | .terminal and .args == ["sh"] and .cwd == "/" and .noNewPrivileges and (.env | length == 2)' config.json
	jq -e '.process.capabilities.bounding == ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]' config.json
	jq -e '.process.rlimits == [{type: "RLIMIT_NOFILE", hard: 1024, soft: 1024}]' config.json
	jq -e '.root == {path: "rootfs", readonly: true} and (.mounts | length == 7)' config.json
	jq -e '.linux.resources.devices == [{allow: false, access: "rwm"}]' config.json
	jq -e '(.linux.maskedPaths | length > 8) and (.linux.readonlyPaths | length == 5)' config.json
	jq -e '.linux.namespaces | map(.type) | contains(["pid", "network", "ipc", "uts", "mount"])' config.json
}
