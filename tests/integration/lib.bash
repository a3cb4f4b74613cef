# What every test file of the integration suite loads. A test gets a directory of its own, a state root in
# it, a bundle with a busybox root file system, an id and a cgroup name that no other test has; teardown
# removes all of it and fails when the test leaves a process, a cgroup or a mount behind.
#
# OCIRUN_TEST_DRIVER=systemd: the containers' groups are made by systemd, the system's or, for an ordinary user, the
# user's; else by ocirun itself. What a test says of groups holds with both, or it says needs_cgroupfs.
#
#   new_bundle            bundle in $BUNDLE from `ocirun spec`, terminal off, args from `set_args`
#   config JQ-FILTER...   change $BUNDLE/config.json
#   set_args CMD...       process.args
#   ocirun ...            the runtime with this test's --root
#   run_ok CMD... / run_fail CMD...   `run` and a check of the status, the output shown when it is wrong
# shellcheck disable=SC2154 # status, output and lines: bats' run sets them

OCIRUN=${OCIRUN:-$BATS_TEST_DIRNAME/../../build/ocirun}

setup() {
	DIR=$BATS_TEST_TMPDIR
	ROOT=$DIR/state
	BUNDLE=$DIR/bundle
	ID=t$$-${BATS_SUITE_TEST_NUMBER:-$BATS_TEST_NUMBER}
	choose_driver
	MOUNTS_BEFORE=$(host_mounts)
	if declare -F test_setup >/dev/null; then test_setup; fi
}

# CGROUPS_PATH: what config.json says; CGROUP: where that is below the mount of each hierarchy; GLOBAL: options before the
# command.
choose_driver() {
	GLOBAL=()
	CGROUP=/${OCIRUN_TEST_GROUP:-ocirun-test}/$ID
	CGROUPS_PATH=$CGROUP
	by_systemd || return 0
	GLOBAL=(--systemd-cgroup)
	CGROUP=$(systemd_group)/$OCIRUN_TEST_SLICE.slice/t-$ID.scope
	CGROUPS_PATH=$OCIRUN_TEST_SLICE.slice:t:$ID
}
by_systemd() { [ "${OCIRUN_TEST_DRIVER:-cgroupfs}" = systemd ]; }
# The group of the systemd that makes our units: the system's is the root.
systemd_group() { [ $EUID = 0 ] || sed -n 's|^0::\(.*/user@[0-9]*\.service\).*|\1|p' /proc/self/cgroup; }
manager() { if [ $EUID = 0 ]; then systemctl "$@"; else systemctl --user "$@"; fi; }

teardown() {
	local left
	if declare -F test_teardown >/dev/null; then test_teardown; fi
	if [ -d "$ROOT" ]; then
		for left in $("$OCIRUN" --root "$ROOT" list -q 2>/dev/null); do
			"$OCIRUN" --root "$ROOT" delete -f "$left"
		done
	fi
	# nothing of this test is left in any hierarchy, nor mounted on the host
	left=$(busybox find /sys/fs/cgroup -type d -name "*$ID*" 2>/dev/null)
	[ -z "$left" ] || { echo "cgroups left behind: $left" >&2; return 1; }
	if by_systemd; then
		left=$(manager list-units --all --plain --no-legend "*$ID*")
		[ -z "$left" ] || { echo "units left behind: $left" >&2; return 1; }
	fi
	if [ "$(host_mounts)" != "$MOUNTS_BEFORE" ]; then
		diff <(echo "$MOUNTS_BEFORE") <(host_mounts) >&2
		echo "the host's mounts have changed" >&2
		return 1
	fi
}

# The host's mount table, without the ids that any other process's mount changes. Twice a test: no program is started.
host_mounts() {
	local lines line point
	mapfile -t lines </proc/self/mountinfo
	for line in "${lines[@]}"; do
		line=${line#* * * }
		point=${line#* } point=${point%% *}/
		case $point in # but for what other tests, at the same time, mount in directories of theirs
		"$BATS_TEST_TMPDIR"/*) ;;
		"$BATS_RUN_TMPDIR"/test/*) continue ;;
		esac
		echo "$line"
	done
}

needs_root() { [ $EUID = 0 ] || skip "needs root"; }
# For files whose tests an ordinary user's containers pass too (run --rootless); single ones still need root.
needs_containers() { [ $EUID = 0 ] || unshare -Ur true 2>/dev/null || skip "this host lets no ordinary user make user namespaces"; }

# Whether limits can be set here at all: a user may where a systemd of that user makes the groups.
needs_limits() { [ $EUID = 0 ] || { by_systemd && [ -n "$(systemd_group)" ]; } || skip "needs root, or the user's systemd"; }
has_kernel() { # MAJOR MINOR
	local have
	IFS=.- read -ra have </proc/sys/kernel/osrelease
	((have[0] > $1 || (have[0] == $1 && have[1] >= $2)))
}
needs_kernel() { has_kernel "$1" "$2" || skip "needs Linux $1.$2"; }
needs_cgroupfs() { ! by_systemd || skip "it is systemd that makes the groups"; }

ocirun() { "$OCIRUN" --root "$ROOT" "${GLOBAL[@]}" "$@"; }

# What many tests begin with is made once for the suite: CMD makes the directory whose path it gets. Files run in parallel:
# the first one's is taken.
made() { # NAME CMD...
	local all=${BATS_SUITE_TMPDIR:-$BATS_RUN_TMPDIR} own
	MADE=$all/$1
	[ ! -d "$MADE" ] || return 0
	own=$(mktemp -d "$all/making.XXXXXX")
	"${@:2}" "$own/made"
	mv -T "$own/made" "$MADE" 2>/dev/null || [ -d "$MADE" ]
	rm -rf "$own"
}

new_rootfs() { # DIR
	made rootfs make_rootfs # the forty links cost more than the rest of a test
	mkdir -p "${1%/*}"
	[ -e "$1" ] || cp -a "$MADE" "$1"
}

make_rootfs() { # DIR
	mkdir -p "$1"/{bin,etc,proc,sys,dev,tmp,root,home}
	cp /bin/busybox "$1/bin/busybox"
	local applet
	for applet in sh ls cat true false sleep id ps mount echo env pwd grep touch mkdir rm stat head tail \
		hostname dd sync kill test mknod ln readlink umount awk cut wc tr sort od ulimit nc chmod mkfifo \
		ip sysctl date uname find; do
		ln -sf busybox "$1/bin/$applet"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n' >"$1/etc/passwd"
	printf 'root:x:0:\nuser:x:1000:\n' >"$1/etc/group"
}

# The default bundle's configuration but for what each test says of its own, which is put in by bash: jq takes longer to
# start than a container.
make_config() { # DIR
	local filter='.process.terminal = false | .process.args = ["@ARGS@"]' options=()
	if [ $EUID != 0 ]; then options=(--rootless); fi
	if [ $EUID = 0 ] || by_systemd; then filter+=' | .linux.cgroupsPath = "@CGROUP@"'; fi
	mkdir "$1"
	"$OCIRUN" spec "${options[@]}" --bundle "$1"
	jq "$filter" "$1/config.json" >"$1/template"
}

new_bundle() { # [CMD...]
	local text
	made default make_config
	text=$(<"$MADE/template")
	text=${text/@CGROUP@/"$CGROUPS_PATH"}
	[ $# -gt 0 ] || set -- sh
	json_strings "$@"
	mkdir -p "$BUNDLE"
	printf '%s\n' "${text/\"@ARGS@\"/"$JSON"}" >"$BUNDLE/config.json"
	new_rootfs "$BUNDLE/rootfs"
}

# JSON: the words as strings between commas.
json_strings() { # WORD...
	local word
	JSON=
	for word; do
		word=${word//\\/\\\\} word=${word//\"/\\\"} word=${word//$'\n'/\\n} word=${word//$'\t'/\\t}
		JSON+="${JSON:+, }\"$word\""
	done
}

config() {
	local filter all=.
	for filter in "$@"; do all+=" | ($filter)"; done
	jq "$all" "$BUNDLE/config.json" >"$BUNDLE/config.json.new"
	mv "$BUNDLE/config.json.new" "$BUNDLE/config.json"
}

set_args() {
	jq '.process.args = $ARGS.positional' --args -- "$@" <"$BUNDLE/config.json" >"$BUNDLE/config.json.new"
	mv "$BUNDLE/config.json.new" "$BUNDLE/config.json"
}

run_ok() {
	run "$@"
	[ "$status" -eq 0 ] || { printf 'status %s of: %s\n%s\n' "$status" "$*" "$output" >&2; return 1; }
}

run_fail() {
	run "$@"
	[ "$status" -ne 0 ] || { printf 'should have failed: %s\n%s\n' "$*" "$output" >&2; return 1; }
}

# A program of this directory. Where there is no compiler (tests/vm) they have been made, in $OCIRUN_HELPERS.
helper() { # NAME FILE: of NAME.c
	if [ "${OCIRUN_HELPERS-}" ]; then
		cp "$OCIRUN_HELPERS/$1" "$2"
	elif command -v cc >/dev/null; then
		cc -O1 -static -o "$2" "$BATS_TEST_DIRNAME/$1.c"
	else
		skip "no C compiler for $1.c"
	fi
}

# The output holds this text.
has() { [[ $output == *"$1"* ]] || { printf 'no "%s" in:\n%s\n' "$1" "$output" >&2; return 1; }; }
lacks() { [[ $output != *"$1"* ]] || { printf '"%s" is in:\n%s\n' "$1" "$output" >&2; return 1; }; }

create() { # [ID] with stdio that no test's output pipe waits for
	ocirun create --bundle "$BUNDLE" "${@:-$ID}" </dev/null >"$DIR/out" 2>"$DIR/err" ||
		{ cat "$DIR/err" >&2; return 1; }
}

# Without jq, whose start costs more than the command under an emulator.
status_of() { ocirun state "${1:-$ID}" | sed -n 's/^  "status": "\(.*\)",\?$/\1/p'; }
pid_of() { ocirun state "${1:-$ID}" | sed -n 's/^  "pid": \([0-9]*\),\?$/\1/p'; }

# The process is dead: gone, or a zombie that waits for its parent.
is_gone() { [ ! -e "/proc/$1" ] || grep -q '^State:.*[ZX]' "/proc/$1/status" 2>/dev/null; }

# Wait until the condition holds, 10 s at most.
wait_for() {
	local i
	for ((i = 0; i < 200; i++)); do
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.05
	done
	printf 'gave up waiting for: %s\n' "$*" >&2
	return 1
}
wait_status() { wait_for is_status "$1" "${2:-$ID}"; }
is_status() { [ "$(status_of "$2")" = "$1" ]; }

# Freeze the container's group from outside, as an administrator may (v1 or v2).
freeze() { # [ID]
	local dir
	while read -r dir; do
		if [ -e "$dir/freezer.state" ]; then echo FROZEN >"$dir/freezer.state" && return; fi
		if [ -e "$dir/cgroup.freeze" ]; then echo 1 >"$dir/cgroup.freeze" && return; fi
	done < <(jq -r '.cgroup_paths[]' "$ROOT/${1:-$ID}/state.json")
	echo "no group of the container can be frozen" >&2
	return 1
}
