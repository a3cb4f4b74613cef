# What the test files of the clients load. A file's client keeps everything in $SCRATCH and ends there.
#
#   make_rootfs DIR        busybox, users, a program that is no program
#   scratch                an empty $SCRATCH of this test file
#   group_file PID FILE    a file of the process' group: v2's tree, or the v1 hierarchy that has it
#   end_as_numbered PID... the first child ends with status 0, the next with 1, ...
#   person STEP... -- CMD...   CMD at a terminal of its own, driven by tests/integration/terminal.c
#   ok CMD... / fails N CMD...   `run` and a check of the status, the output shown when it is another
# shellcheck disable=SC2154,SC2034 # status, output and lines: as bats' run sets them

OCIRUN=$(readlink -f "${OCIRUN:-$BATS_TEST_DIRNAME/../../build/ocirun}")
export OCIRUN
export IMAGE=localhost/busybox:test
export DRIVER=${OCIRUN_CLIENT_DRIVER:-cgroupfs} # of the cgroups: or systemd

scratch() {
	SCRATCH=$(mktemp -d /var/tmp/ocirun-client.XXXXXX) # short: sockets are bound below it
	export SCRATCH
}

end_as_numbered() { # PID...
	local pid number=0 got
	for pid; do
		got=0
		wait "$pid" || got=$?
		[ "$got" = "$number" ] || { echo "number $number ended with $got" >&2; return 1; }
		number=$((number + 1))
	done
}

make_rootfs() { # DIR
	local applet
	mkdir -p "$1"/{bin,etc,proc,sys,dev,tmp,root,home,var,run}
	chmod 1777 "$1/tmp"
	cp /bin/busybox "$1/bin/busybox"
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || ln -s busybox "$1/bin/$applet"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home:/bin/sh\n' >"$1/etc/passwd"
	printf 'root:x:0:\nuser:x:1000:\nextra:x:2000:user\n' >"$1/etc/group"
	echo text >"$1/etc/no-program"
}

# The terminal's other side: made here, or, where there is no compiler, $OCIRUN_TERMINAL.
make_terminal() {
	export OCIRUN_TERMINAL=${OCIRUN_TERMINAL:-$SCRATCH/terminal}
	[ -x "$OCIRUN_TERMINAL" ] || cc -O1 -static -o "$OCIRUN_TERMINAL" "$BATS_TEST_DIRNAME/../integration/terminal.c"
}
# Inside, with a size as its argument: tells the terminal, waits until it has that size, ends as the person types.
export AT_TERMINAL='tty; until stty size 2>/dev/null | grep "^$1"; do sleep 0.05; done; read status; exit $status'
person() { "$OCIRUN_TERMINAL" human "$@"; }

take() { # run of bats, for statuses of any kind without a warning
	status=0
	output=$("$@" 2>&1) || status=$?
	mapfile -t lines <<<"$output"
}

ok() {
	take "$@"
	[ "$status" -eq 0 ] || { printf 'status %s of: %s\n%s\n' "$status" "$*" "$output" >&2; return 1; }
}

fails() { # STATUS CMD...
	local wanted=$1
	shift
	take "$@"
	[ "$status" -eq "$wanted" ] ||
		{ printf 'status %s, not %s, of: %s\n%s\n' "$status" "$wanted" "$*" "$output" >&2; return 1; }
}

has() { [[ $output == *"$1"* ]] || { printf 'no "%s" in:\n%s\n' "$1" "$output" >&2; return 1; }; }
lacks() { [[ $output != *"$1"* ]] || { printf '"%s" is in:\n%s\n' "$1" "$output" >&2; return 1; }; }

wait_for() {
	local i
	for ((i = 0; i < 1200; i++)); do # a minute: machines of tests/vm are slow
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.05
	done
	printf 'gave up waiting for: %s\n' "$*" >&2
	return 1
}

group_dir() { # PID CONTROLLER
	local path
	path=$(awk -F: -v c="$2" '{n = split($2, a, ","); for (i = 1; i <= n; i++) if (a[i] == c) {print "/sys/fs/cgroup/" $2 $3; exit}}' "/proc/$1/cgroup")
	[ -n "$path" ] || path=/sys/fs/cgroup$(awk -F: '$1 == 0 {print $3}' "/proc/$1/cgroup")
	echo "$path"
}
group_file() { # PID CONTROLLER FILE...: the first of these that is there (v1 and v2 have different names)
	local dir file
	dir=$(group_dir "$1" "$2")
	for file in "${@:3}"; do
		if [ -e "$dir/$file" ]; then cat "$dir/$file" && return; fi
	done
	echo "no ${*:3} in $dir" >&2
	return 1
}
# On a host whose v2 tree lacks it, the clients pass no limit.
needs_controller() { # NAME
	[ "$1" != freezer ] || [ ! -e /sys/fs/cgroup/cgroup.controllers ] || return 0 # v2 has it in its core
	grep -qw "$1" /sys/fs/cgroup/cgroup.controllers 2>/dev/null ||
		grep -q "^$1[[:space:]]*[1-9]" /proc/cgroups || skip "no cgroup controller $1"
}

block() { # NAME: the block of README that is named so, with the path of the ocirun under test
	awk -v name="$1" '$0 ~ "^```[a-z]+ " name "$" {on = 1; next} /^```$/ {on = 0} on' "$BATS_TEST_DIRNAME/../../README.md" |
		sed "s|/usr/local/sbin/ocirun|$OCIRUN|" | grep .
}
