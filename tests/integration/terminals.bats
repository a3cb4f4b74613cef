#!/usr/bin/env bats
# Terminals: a person's, a manager's, and none. terminal.c plays the other side and has a deadline for each step;
# it gives 98 when a step failed and 99 when the person's terminal was left in other modes than before.
load lib

setup_file() {
	helper terminal "$BATS_FILE_TMPDIR/terminal"
}

test_setup() {
	needs_root
	T=$BATS_FILE_TMPDIR/terminal
	new_bundle
	config '.process.terminal = true'
	cp "$T" "$BUNDLE/rootfs/bin/terminal"
	ln -sf busybox "$BUNDLE/rootfs/bin/stty"
	ln -sf busybox "$BUNDLE/rootfs/bin/tty"
}

# A person at a terminal runs the container, or a process in it: STEP... of terminal.c
human() { run "$T" human "$@" -- "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"; }
human_exec() { # STEP... -- [OPTION...] CMD...
	local steps=()
	while [ "$1" != -- ]; do steps+=("$1") && shift; done
	run "$T" human "${steps[@]}" -- "$OCIRUN" --root "$ROOT" exec -t "$ID" "${@:2}"
}
# A manager creates and starts it.
client() { # STEP...
	run "$T" client "$DIR/console" "$@" -- sh -c '"$0" --root "$1" create --bundle "$2" --console-socket "$3" "$4" && "$0" --root "$1" start "$4"' \
		"$OCIRUN" "$ROOT" "$BUNDLE" "$DIR/console" "$ID"
}
status_is() { [ "$status" = "$1" ] || { printf 'status %s, not %s:\n%s\n' "$status" "$1" "$output" >&2; return 1; }; }
blob() { head -c "$1" /dev/urandom >"$BUNDLE/rootfs/blob"; }
running() { # a container without a terminal, for exec
	config '.process.terminal = false'
	set_args sleep 1000
	ocirun run -d --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
}

# ---- a person -----------------------------------------------------------------------------------------------

@test "RUN-14 RUN-15 PRO-08 a person: raw while it runs, its size is the terminal's, a new size arrives" {
	set_args sh -c 'stty size; trap "stty size; exit 7" WINCH; echo ready; while :; do sleep 0.05; done'
	config '.process.consoleSize = {height: 5, width: 6}'
	human 'expect:24 80' raw 'expect:ready\r\n' size:33x99 'expect:33 99'
	status_is 7
}

@test "PRO-04 PRO-05 PRO-06 PRO-07 DEV-18 the terminal: its own session's, the user's, on /dev/console too" {
	config '.process.user = {uid: 1000, gid: 1000}'
	set_args sh -c 'tty; echo in >/dev/tty; for f in /dev/pts/0 /dev/console /proc/self/fd/0 /proc/self/fd/2; do stat -L -c "%u:%g %a %t:%T" $f; done
		awk "{print \"session\", (\$6 == 1), \"tty\", \$7, \"foreground\", \$8}" /proc/1/stat; grep -c " /dev/console " /proc/self/mountinfo'
	human
	status_is 0
	[ "${lines[0]}" = $'/dev/pts/0\r' ] && [ "${lines[1]}" = $'in\r' ]
	[ "$(grep -c '^1000:5 620 88:0.$' <<<"$output")" = 4 ] # gid and mode are the mount's
	has "session 1 tty 34816 foreground 1"
	[ "${lines[-1]}" = $'1\r' ]
}

@test "RUN-14 the terminal is as it was before: after each end of the container and each signal to the runtime" {
	local signal
	set_args sh -c 'trap "exit 3" HUP INT QUIT TERM USR1; echo ready; while :; do sleep 0.05; done'
	for signal in 1 2 3 10 15; do
		human expect:ready raw "signal:$signal"
		status_is 3
	done
	human expect:ready raw "do:'$OCIRUN' --root '$ROOT' kill $ID KILL"
	status_is 137
	config '.linux.namespaces |= map(select(.type != "pid"))'
	for signal in 6 9 11 15; do
		set_args sh -c "read line; kill -$signal \$\$"
		human raw 'send:\r'
		status_is $((128 + signal))
	done
	# not even what would end any other program
	set_args sh -c 'trap "exit 4" ABRT SEGV; echo ready; while :; do sleep 0.05; done'
	human expect:ready raw signal:11
	status_is 4
	set_args no-such-program
	human
	status_is 1
	has "executable file not found"
}

@test "RUN-14 keys: Ctrl-C and Ctrl-Z are the container's; job control works" {
	set_args sh -c 'trap "echo got it; exit 5" INT; echo ready; while :; do sleep 0.05; done'
	human expect:ready raw 'send:\003' 'expect:got it'
	status_is 5
	set_args sh -i
	human 'expect:# ' raw "send:sh -c 'echo go; exec sleep 1000'\r" 'expect:go\r\n' 'send:\032' expect:Stopped 'send:kill -9 %1\r' 'send:exit 6\r' 'send:exit 6\r'
	status_is 6
	[[ "$output" != *"job control turned off"* ]]
}

@test "RUN-14 in the background of a shell: stopped by the kernel until it comes to the front" {
	set_args sh -c 'stty size; read line; echo "read $line"; exit 8'
	run "$T" human 'expect:$ ' "send:'$OCIRUN' --root '$ROOT' run --bundle '$BUNDLE' $ID &\r" 'expect:$ ' \
		"do:while ! '$OCIRUN' --root '$ROOT' list -q | grep -q $ID; do sleep 0.05; done" \
		cooked 'send:fg\r' 'expect:24 80' raw 'send:word\r' 'expect:read word' 'expect:$ ' cooked \
		'send:echo status $?\r' 'expect:status 8' 'send:exit 0\r' -- env -u ENV PS1='$ ' sh -i
	status_is 0
}

@test "RUN-14 the person's terminal is cut off: so is the container's, and all ends" {
	set_args sh -c 'echo ready; cat; echo end >/dev/null; exit 9'
	human expect:ready raw close
	status_is 9
}

# ---- every byte ---------------------------------------------------------------------------------------------

@test "RUN-14 10 MB out of a terminal, byte for byte" {
	blob 10485760
	set_args sh -c 'stty raw -echo; cat /blob'
	TERMINAL_BINARY=1 "$T" human -- "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$DIR/out"
	cmp "$DIR/out" "$BUNDLE/rootfs/blob"
}

@test "RUN-14 10 MB in and out of a terminal at once, byte for byte" {
	blob 10485760
	set_args sh -c 'stty raw -echo; echo go; head -c 10485760'
	TERMINAL_BINARY=1 "$T" human 'expect:go\n' "sendfile:$BUNDLE/rootfs/blob" -- \
		"$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$DIR/out"
	tail -c +4 "$DIR/out" | cmp - "$BUNDLE/rootfs/blob"
}

@test "RUN-14 a slow reader, and one that pauses: the container waits, nothing is lost" {
	blob 400000
	set_args sh -c 'stty raw -echo; echo go; cat /blob'
	TERMINAL_BINARY=1 "$T" human 'expect:go\n' idle:300 slow -- \
		"$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$DIR/out"
	tail -c +4 "$DIR/out" | cmp - "$BUNDLE/rootfs/blob"
	# what the terminal holds when its container has ended
	set_args sh -c 'stty raw -echo; echo go; head -c 3000 /blob'
	TERMINAL_BINARY=1 "$T" human 'expect:go\n' idle:300 -- \
		"$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$DIR/out"
	tail -c +4 "$DIR/out" | cmp - <(head -c 3000 "$BUNDLE/rootfs/blob")
}

@test "RUN-14 a terminal between pipes: 10 MB, half-closed input, a reader that goes away" {
	blob 10485760
	set_args sh -c 'stty raw -echo; cat /blob'
	timeout 60 "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null | cmp - "$BUNDLE/rootfs/blob"
	# a file that ends is an end of input for who reads lines, behind a half line too
	set_args sh -c 'stty -echo; echo go; cat; echo end'
	run bash -c 'printf "one\ntwo" | timeout 60 "$@" | tr -d "\r"' - "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	status_is 0
	[[ "$output" == *"one"*"two"*"end" ]]
	# nobody reads any more: the program's terminal is hung up
	set_args busybox yes
	run timeout 60 bash -c '"$@" </dev/null | head -c 5; exit "${PIPESTATUS[0]}"' - "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[[ "$status" != 0 && "$status" != 124 ]]
	[[ "$output" == "y"* ]]
}

@test "RUN-13 BAT-64 without a terminal: 10 MB through pipes both ways, slow, half-closed and closed readers" {
	local run=(timeout 60 "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID")
	blob 10485760
	config '.process.terminal = false'
	set_args cat
	"${run[@]}" <"$BUNDLE/rootfs/blob" | cmp - "$BUNDLE/rootfs/blob"
	cat "$BUNDLE/rootfs/blob" | "${run[@]}" | dd bs=777 status=none | cmp - "$BUNDLE/rootfs/blob"
	set_args sh -c 'cat /blob; cat /blob >&2'
	"${run[@]}" </dev/null 2>"$DIR/err" | cmp - "$BUNDLE/rootfs/blob"
	cmp "$DIR/err" "$BUNDLE/rootfs/blob"
	set_args busybox yes
	run bash -c '"$@" </dev/null 2>/dev/null | head -c 5; exit "${PIPESTATUS[0]}"' - "${run[@]}"
	[[ "$status" != 0 && "$status" != 124 ]]
	# its own session: the caller's terminal is not its controlling one
	set_args sh -c 'awk "{print (\$6 == 1), \$7}" /proc/1/stat'
	human
	status_is 0
	[ "$output" = $'1 0\r' ]
}

# ---- a manager ----------------------------------------------------------------------------------------------

@test "CRE-04 PRO-01 PRO-03 PRO-08 PRC-01 PRC-02 PRC-03 create: one message with the master, before it returns, sized" {
	config '.process.consoleSize = {height: 31, width: 97}'
	set_args sh -c 'stty size; read line; echo "read $line"'
	client 'expect:31 97\r\n' 'send:word\r' 'expect:read word\r\n'
	status_is 0
	# the size counts only with a terminal
	config '.process.terminal = false'
	set_args true
	ocirun delete "$ID"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
}

@test "RUN-03 RUN-10 PRO-02 run -d: a socket with a path of 200 bytes; an end by a hang-up" {
	local long
	long=$DIR/$(printf '%0150d/%050d' 0 0)
	mkdir -p "${long%/*}"
	set_args sh -c 'echo ready; cat'
	run "$T" client "$long" 'expect:ready' close -- \
		"$OCIRUN" --root "$ROOT" run -d --bundle "$BUNDLE" --console-socket "$long" "$ID"
	status_is 0
	wait_status stopped
}

@test "CRE-04 CRE-12 CRE-13 EXE-04 a socket that is not there, is none, or is not asked for: nothing is made" {
	set_args sh
	run_fail ocirun create --bundle "$BUNDLE" --console-socket "$DIR/none" "$ID"
	has "cannot connect to the console socket"
	touch "$DIR/file"
	run_fail ocirun run -d --bundle "$BUNDLE" --console-socket "$DIR/file" "$ID"
	has "cannot connect to the console socket"
	[ ! -e "$ROOT/$ID" ]
	run_fail ocirun run --bundle "$BUNDLE" --console-socket "$DIR/none" "$ID"
	has "cannot use console socket if ocirun will not detach or allocate tty"
	running
	run ocirun exec -d -t "$ID" true
	status_is 255
	has "cannot allocate tty if ocirun will detach without setting console socket"
	run ocirun exec -d --console-socket "$DIR/none" "$ID" true
	status_is 255
	has "cannot use console socket if ocirun will not detach or allocate tty"
	run ocirun exec -d -t --console-socket "$DIR/none" "$ID" true
	status_is 255
	has "cannot connect to the console socket"
}

# ---- exec ---------------------------------------------------------------------------------------------------

@test "EXE-08 RUN-14 exec -t: a terminal of the container's devpts, raw, sized, given back" {
	running
	human_exec 'expect:24 80' raw 'expect:/dev/pts/0' size:10x20 'expect:10 20' -- sh -c \
		'trap "stty size; exit 7" WINCH; stty size; tty; echo >/dev/tty; while :; do sleep 0.05; done'
	status_is 7
	human_exec 'expect:$ ' 'send:\004' -- env PS1='$ ' sh -i
	status_is 0
	human_exec -- no-such-program
	status_is 255
	# the config's terminal is not exec's
	config '.process.terminal = true'
	run_ok ocirun exec "$ID" sh -c 'tty || true'
	[ "$output" = "not a tty" ]
}

@test "EXE-01 EXE-08 exec: 10 MB both ways through pipes and through a terminal; slow, half-closed and closed readers" {
	local exec=(timeout 60 "$OCIRUN" --root "$ROOT" exec "$ID")
	blob 10485760
	running
	"${exec[@]}" cat <"$BUNDLE/rootfs/blob" | cmp - "$BUNDLE/rootfs/blob"
	cat "$BUNDLE/rootfs/blob" | "${exec[@]}" cat | dd bs=777 status=none | cmp - "$BUNDLE/rootfs/blob"
	"${exec[@]}" sh -c 'cat /blob; cat /blob >&2' </dev/null 2>"$DIR/err" | cmp - "$BUNDLE/rootfs/blob"
	cmp "$DIR/err" "$BUNDLE/rootfs/blob"
	# the reader goes away; and a program that has closed its input is no end of ours
	run bash -c '"$@" </dev/null 2>/dev/null | head -c 5; exit "${PIPESTATUS[0]}"' - "${exec[@]}" busybox yes
	[[ "$status" != 0 && "$status" != 124 ]]
	run bash -c 'busybox yes | "$@"' - "${exec[@]}" sh -c 'exec <&-; echo still here'
	[ "$output" = "still here" ]
	TERMINAL_BINARY=1 "$T" human 'expect:go\n' "sendfile:$BUNDLE/rootfs/blob" -- \
		"$OCIRUN" --root "$ROOT" exec -t "$ID" sh -c 'stty raw -echo; echo go; head -c 10485760' >"$DIR/out"
	tail -c +4 "$DIR/out" | cmp - "$BUNDLE/rootfs/blob"
}

@test "EXE-03 EXE-04 EXE-08 exec -d: the terminal goes to the socket; of a process file too" {
	running
	run "$T" client "$DIR/console" expect:/dev/pts/0 'send:word\r' 'expect:read word' -- \
		"$OCIRUN" --root "$ROOT" exec -d -t --console-socket "$DIR/console" "$ID" sh -c 'tty; read line; echo "read $line"'
	status_is 0
	jq '.process | .terminal = true | .consoleSize = {height: 31, width: 97} | .args = ["sh", "-c", "stty size; stat -c %u /dev/pts/0"] | .user = {uid: 7, gid: 7}' \
		"$BUNDLE/config.json" >"$DIR/process.json"
	rm "$DIR/console"
	run "$T" client "$DIR/console" 'expect:31 97\r\n7\r\n' -- \
		"$OCIRUN" --root "$ROOT" exec -d -p "$DIR/process.json" --console-socket "$DIR/console" "$ID"
	status_is 0
	run "$T" human 'expect:24 80' -- "$OCIRUN" --root "$ROOT" exec -p "$DIR/process.json" "$ID"
	status_is 0
}

# ---- every descriptor ---------------------------------------------------------------------------------------

own_fds() { # of the output, without what stdio of the test is
	printf '%s\n' "$output" | tr -d '\r' | sed 's/^\([012]\) .*\/pts\/.*/\1 tty/; s/^\([012]\) pipe:.*/\1 pipe/' | tr '\n' ' '
}

@test "PRO-30 CVE-2024-21626 every descriptor of the program is one that was asked for: run, create, exec, tty or none" {
	exec 7</etc 8</etc/passwd
	set_args terminal fds
	human
	status_is 0
	[ "$(own_fds)" = "0 tty 1 tty 2 tty " ]
	client
	status_is 0
	[ "$(own_fds)" = "0 tty 1 tty 2 tty " ]
	ocirun delete "$ID"
	config '.process.terminal = false'
	run_ok bash -c '"$@" </dev/null | cat' - "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "$(own_fds)" = "0 /dev/null 1 pipe 2 pipe " ]
	run_ok bash -c 'exec 3</etc/group; "$@" </dev/null | cat' - "$OCIRUN" --root "$ROOT" run --preserve-fds 1 --bundle "$BUNDLE" "$ID"
	[ "$(own_fds)" = "0 /dev/null 1 pipe 2 pipe 3 /etc/group " ]
	running
	human_exec -- terminal fds
	[ "$(own_fds)" = "0 tty 1 tty 2 tty " ]
	run_ok bash -c '"$@" </dev/null | cat' - "$OCIRUN" --root "$ROOT" exec "$ID" terminal fds
	[ "$(own_fds)" = "0 /dev/null 1 pipe 2 pipe " ]
}

# ---- odd containers, hostile images ---------------------------------------------------------------------------

@test "PRO-04 PRO-05 a read-only root, a user namespace, no mount on /dev" {
	set_args sh -c 'tty; stat -c %t:%T /dev/console'
	config '.root.readonly = true'
	human
	status_is 0
	[ "$output" = $'/dev/pts/0\r\n88:0\r' ]
	config '.linux.namespaces += [{type: "user"}]' '.process.user = {uid: 9, gid: 9}' \
		'.linux |= (.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .gidMappings = .uidMappings)'
	chmod 755 "$DIR" "$BUNDLE" && chown -R 100000:100000 "$BUNDLE/rootfs"
	set_args sh -c 'tty; stat -c %t:%T:%u /dev/console'
	human
	status_is 0
	[ "$output" = $'/dev/pts/0\r\n88:0:9\r' ]
	rm "$BUNDLE/config.json" && new_bundle_again
	config '.mounts |= map(select(.destination | . != "/dev" and . != "/dev/shm" and . != "/dev/mqueue"))'
	mkdir -p "$BUNDLE/rootfs/dev/pts"
	human
	status_is 0
	[ "$output" = $'/dev/pts/0\r\n88:0\r' ]
	[ -f "$BUNDLE/rootfs/dev/console" ]
}

new_bundle_again() {
	rm -rf "$BUNDLE/rootfs"
	test_setup
	config '.root.readonly = false'
	set_args sh -c 'tty; stat -c %t:%T /dev/console'
}

@test "PRO-04 no devpts: an error that names the mount to add, in create and in exec" {
	config '.mounts |= map(select(.destination != "/dev/pts"))'
	set_args sh
	human
	status_is 1
	has '/dev/pts is no devpts'
	has '"type": "devpts"'
	[ ! -e "$ROOT/$ID" ]
	running
	human_exec -- sh
	status_is 255
	has '/dev/pts is no devpts'
}

@test "CVE-2025-52565 CVE-2026-88264 links in the image at /dev/console, /dev/pts and its ptmx: nothing outside is touched" {
	local readonly
	touch "$DIR/victim"
	mkdir -p "$BUNDLE/rootfs/dev/pts" "$BUNDLE/rootfs/etc"
	ln -s "$DIR/victim" "$BUNDLE/rootfs/dev/console"
	set_args sh -c 'tty; ls -l /etc/made'
	config '.mounts |= map(select(.destination | . != "/dev" and . != "/dev/shm" and . != "/dev/mqueue"))'
	for readonly in true false; do
		config ".root.readonly = $readonly"
		human
		status_is 1
		has "/dev/console"
		has "symlink"
		ln -sfn /etc/made "$BUNDLE/rootfs/dev/console"
	done
	[ ! -s "$DIR/victim" ] && [ ! -e "$BUNDLE/rootfs/etc/made" ]
	rm "$BUNDLE/rootfs/dev/console"
	# not mounted: a directory of the image with a ptmx of its own
	config '.mounts |= map(select(.destination != "/dev/pts"))'
	mknod "$BUNDLE/rootfs/dev/pts/ptmx" c 5 2
	human
	status_is 1
	has '/dev/pts is no devpts'
	rm -r "$BUNDLE/rootfs/dev/pts" && ln -s ../../../../../../../../dev/pts "$BUNDLE/rootfs/dev/pts"
	human
	status_is 1
}

@test "PRO-04 something mounted over the ptmx of devpts is not taken for it" {
	touch "$DIR/file"
	config ".mounts += [{destination: \"/dev/pts/ptmx\", type: \"bind\", source: \"$DIR/file\", options: [\"bind\"]}]"
	set_args sh
	human
	status_is 1
	has "/dev/pts/ptmx"
	[ ! -s "$DIR/file" ]
}
