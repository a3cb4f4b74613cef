#!/usr/bin/env bats
# Sockets and descriptors that go in and out: --pidfd-socket, NOTIFY_SOCKET, LISTEN_FDS. The other ends are sockets.c.
# shellcheck disable=SC2016 # $ of the container's shell

load lib

setup_file() {
	if [ $EUID = 0 ]; then helper sockets "$BATS_FILE_TMPDIR/sockets"; fi
}
test_setup() {
	needs_root
	SOCKETS=$BATS_FILE_TMPDIR/sockets
	OTHERS=()
	new_bundle sleep 100
}
test_teardown() {
	local pid
	for pid in "${OTHERS[@]}"; do kill "$pid" 2>/dev/null || :; done
}

in_container() { ln "$SOCKETS" "$BUNDLE/rootfs/bin/sockets"; }
long_directory() { # more than sun_path holds, in several steps and in the last name
	LONG=$DIR/$(printf 'x%.0s' {1..120})/$(printf 'y%.0s' {1..130})
	mkdir -p "$LONG"
}

# ---- --pidfd-socket ----

receive() { # PATH
	"$SOCKETS" receive "$1" >"$DIR/received" 3>&- &
	OTHERS+=($!)
	wait_for test -S "$1"
}
received() { # TEXT PID
	wait_for test -s "$DIR/received"
	[ "$(cat "$DIR/received")" = "text=$1 fds=1 pid=$2 then=0" ] || { cat "$DIR/received" >&2; return 1; }
}

@test "PRO-09 CRE-05 create --pidfd-socket: one message, one pidfd of init, before the program begins" {
	receive "$DIR/sock"
	create --pidfd-socket "$DIR/sock" "$ID"
	[ "$(status_of)" = created ]
	received standard "$(pid_of)"
}

@test "PRO-09 PRO-02 --pidfd-socket with a path longer than sun_path" {
	local name
	long_directory
	for name in s "$(printf 'z%.0s' {1..107})"; do
		receive "$LONG/$name"
		create --pidfd-socket "$LONG/$name" "$ID"
		received standard "$(pid_of)"
		ocirun delete -f "$ID"
		OTHERS=()
		rm -f "$DIR/received"
	done
}

@test "PRO-09 RUN-08 run --pidfd-socket, also detached and with a second clone" {
	local code=0
	receive "$DIR/sock"
	# a pidfd of what has been waited for names no pid: it lives until that has been read
	set_args sh -c 'read line; exit 3'
	{ wait_for test -s "$DIR/received" && echo; } |
		"$OCIRUN" --root "$ROOT" run --pidfd-socket "$DIR/sock" --pid-file "$DIR/pid" --bundle "$BUNDLE" "$ID" || code=$?
	[ "$code" = 3 ]
	received standard "$(cat "$DIR/pid")"
	rm "$DIR/sock" "$DIR/received"
	receive "$DIR/sock"
	set_args sleep 100
	config '.linux.namespaces += [{type: "time"}]' '.linux.timeOffsets = {monotonic: {secs: 5}}'
	ocirun run -d --pidfd-socket "$DIR/sock" --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	received standard "$(pid_of)"
}

@test "PRO-09 EXE-05 exec --pidfd-socket, also detached" {
	local code=0
	create
	ocirun start "$ID"
	receive "$DIR/sock"
	{ wait_for test -s "$DIR/received" && echo; } | # as above
		"$OCIRUN" --root "$ROOT" exec --pidfd-socket "$DIR/sock" --pid-file "$DIR/pid" "$ID" sh -c 'read line; exit 4' || code=$?
	[ "$code" = 4 ]
	received setns "$(cat "$DIR/pid")"
	rm "$DIR/sock" "$DIR/received"
	receive "$DIR/sock"
	ocirun exec -d --pidfd-socket "$DIR/sock" --pid-file "$DIR/pid" "$ID" sleep 50 </dev/null >/dev/null 2>&1
	received setns "$(cat "$DIR/pid")"
}

@test "ANN-10 FJS-14 run.oci.pidfd_receiver: the same without an option; the option goes first; features names it" {
	config ".annotations = {\"run.oci.pidfd_receiver\": \"$DIR/sock\"}"
	receive "$DIR/sock"
	create
	received standard "$(pid_of)"
	ocirun delete -f "$ID"
	rm "$DIR/received"
	receive "$DIR/other"
	create --pidfd-socket "$DIR/other" "$ID"
	received standard "$(pid_of)"
	ocirun features | jq -e '.potentiallyUnsafeConfigAnnotations | index("run.oci.pidfd_receiver")'
}

@test "PRO-09 a pidfd socket that is none: an error before anything is made, exec too" {
	local path
	: >"$DIR/file"
	"$SOCKETS" manage "$DIR/datagrams" 3>&- &
	OTHERS+=($!)
	wait_for test -S "$DIR/datagrams"
	for path in "$DIR/none" "$DIR/file" "$DIR" "$DIR/file/x" "$DIR/datagrams" "" "@" "@nobody-listens" "$(printf '@%.0s' {1..200})"; do
		run_fail ocirun create --pidfd-socket "$path" --bundle "$BUNDLE" "$ID"
		has "cannot connect to the pidfd socket $path"
		[ "${#lines[@]}" = 1 ]
		[ ! -e "$ROOT/$ID" ]
	done
	create
	ocirun start "$ID"
	run ocirun exec --pidfd-socket "$DIR/none" "$ID" true
	[ "$status" = 255 ]
	has "cannot connect to the pidfd socket $DIR/none: no such file or directory"
}

# ---- NOTIFY_SOCKET ----

manage() { # ADDRESS [keep]
	"$SOCKETS" manage "$@" >"$DIR/news" 3>&- &
	OTHERS+=($!)
	MANAGER=$!
	case $1 in
	@*) wait_for grep -q "$1" /proc/net/unix ;;
	*) wait_for test -S "$1" ;;
	esac
	export NOTIFY_SOCKET=$1
}
news() { cat "$DIR/news"; }
heard() { wait_for grep -qxF "$1" "$DIR/news" || { news >&2; return 1; }; }

@test "PRO-17 create with NOTIFY_SOCKET: mounted at /run/notify, read-only, named in the environment; without it nothing" {
	set_args sh -c 'echo $NOTIFY_SOCKET; ls -ln /run/notify; grep notify /proc/self/mounts; touch /run/notify/x'
	run ocirun run --bundle "$BUNDLE" "$ID"
	lacks notify.sock
	lacks /dev
	[ ! -e "$ROOT/$ID" ]
	manage "$DIR/manager"
	config '.process.env += ["NOTIFY_SOCKET=/somewhere/else"]' '.process.user = {uid: 1000, gid: 1000}'
	run ocirun run --bundle "$BUNDLE" "$ID"
	[ "${lines[0]}" = /run/notify/notify.sock ]
	[[ $output == *"srwxrwxrwx"*"notify.sock"* ]]
	[[ $output == *"/run/notify "*" ro,nosuid,nodev,noexec"* ]]
	has "Read-only file system"
}

@test "PRO-21 containerd's shim takes NOTIFY_SOCKET away: nothing waits or is mounted; conmon passes its own: that is the one told" {
	in_container
	set_args sh -c 'echo "socket: $NOTIFY_SOCKET"; [ -z "$NOTIFY_SOCKET" ] || sockets say READY=1'
	config '.root.readonly = false'
	manage "$DIR/manager"
	# what the shim was started with is not what it passes on
	(unset NOTIFY_SOCKET && create && ocirun start "$ID")
	[ ! -e "$ROOT/$ID/notify" ]
	wait_for grep -qx 'socket: ' "$DIR/out"
	ocirun delete -f "$ID"
	[ ! -s "$DIR/news" ]
	NOTIFY_SOCKET=$DIR/manager create
	[ -d "$ROOT/$ID/notify" ]
	NOTIFY_SOCKET=$DIR/manager run_ok ocirun start "$ID"
	heard "READY=1|"
}

@test "PRO-17 no user of the host but root reaches the container's socket, any user inside does" {
	in_container
	config '.process.user = {uid: 1000, gid: 1000}'
	set_args sh -c 'sockets say STATUS=inside; exec sleep 100'
	manage "$DIR/manager"
	create
	ocirun start "$ID" &
	local pid=$!
	heard "STATUS=inside|"
	chmod 711 "$DIR" "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" 2>/dev/null || :
	run setpriv --reuid 1000 --regid 1000 --clear-groups env NOTIFY_SOCKET="$ROOT/$ID/notify/socket/notify.sock" "$SOCKETS" say READY=1
	[ "$status" != 0 ]
	ocirun kill "$ID" KILL
	wait "$pid"
	! grep READY "$DIR/news"
}

@test "PRO-18 STA-05 start blocks until READY=1; then MAINPID and a barrier, in this order" {
	local pid
	in_container
	set_args sh -c 'while [ ! -e /tmp/go ]; do sleep 0.1; done; sockets say STATUS=up READY=1; exec sleep 100'
	config '.root.readonly = false'
	manage "$DIR/manager"
	create
	ocirun start "$ID" &
	pid=$!
	wait_status running
	sleep 0.3
	! is_gone "$pid"
	touch "$BUNDLE/rootfs/tmp/go"
	wait "$pid"
	[ "$(news)" = "STATUS=up|
READY=1|
MAINPID=$(pid_of)|
BARRIER=1| fds=1" ] || { news >&2; return 1; }
	[ "$(status_of)" = running ]
}

@test "PRO-18 start waits until the manager has read the barrier" {
	in_container
	set_args sh -c 'sockets say READY=1; exec sleep 100'
	manage "$DIR/manager" keep
	create
	ocirun start "$ID" &
	local pid=$!
	heard "BARRIER=1| fds=1"
	sleep 0.3
	! is_gone "$pid"
	kill "$MANAGER" # with it its end of the pipe
	wait "$pid"
}

@test "STA-05 start ends when init ends without READY=1; what it said last is sent on" {
	in_container
	manage "$DIR/manager"
	set_args sh -c 'sockets say STATUS=last'
	create
	run_ok timeout 20 "$OCIRUN" --root "$ROOT" start "$ID"
	[ "$(news)" = "STATUS=last|" ]
	ocirun delete "$ID"
	set_args sh -c 'sockets say STATUS=quick READY=1'
	create
	run_ok timeout 20 "$OCIRUN" --root "$ROOT" start "$ID"
	heard "READY=1|"
	ocirun delete "$ID"
	set_args sleep 100
	create
	timeout 20 "$OCIRUN" --root "$ROOT" start "$ID" &
	local pid=$!
	wait_status running
	ocirun delete -f "$ID"
	wait "$pid"
}

@test "STA-05 with NOTIFY_SOCKET at create or at start alone start waits for nothing" {
	manage "$DIR/manager"
	create
	NOTIFY_SOCKET='' run_ok timeout 20 "$OCIRUN" --root "$ROOT" start "$ID"
	ocirun delete -f "$ID"
	NOTIFY_SOCKET='' create
	run_ok timeout 20 "$OCIRUN" --root "$ROOT" start "$ID"
	[ -z "$(news)" ]
}

@test "STA-04 STA-05 a second start is refused and does not take the socket from the first" {
	in_container
	set_args sh -c 'while [ ! -e /tmp/go ]; do sleep 0.1; done; sockets say READY=1; exec sleep 100'
	config '.root.readonly = false'
	manage "$DIR/manager"
	create
	ocirun start "$ID" &
	local pid=$!
	wait_status running
	run_fail ocirun start "$ID"
	has "cannot start an already running container"
	touch "$BUNDLE/rootfs/tmp/go"
	wait "$pid"
	heard "READY=1|"
}

@test "RUN-19 run --detach blocks until READY=1 and names init; abstract address" {
	in_container
	set_args sh -c 'sockets say READY=1; exec sleep 100'
	manage "@$ID-manager"
	timeout 20 "$OCIRUN" --root "$ROOT" run -d --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	[ "$(news)" = "READY=1|
MAINPID=$(pid_of)|
BARRIER=1| fds=1" ] || { news >&2; return 1; }
}

@test "PRO-19 PRO-20 RUN-19 a foreground run forwards all states for its whole life, its own pid as main process" {
	local pid
	in_container
	config '.root.readonly = false'
	set_args sh -c 'sockets say STATUS=starting READY=1 WATCHDOG=1 "RELOADING=1
MONOTONIC_USEC=5" "READY=1
STATUS=again"; while [ ! -e /tmp/go ]; do sleep 0.1; done; sockets say WATCHDOG=trigger WATCHDOG_USEC=7 EXTEND_TIMEOUT_USEC=8 ERRNO=2 STOPPING=1; exit 5'
	manage "@$ID-manager"
	"$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >"$DIR/out" 2>&1 &
	pid=$!
	heard "READY=1|STATUS=again|"
	touch "$BUNDLE/rootfs/tmp/go"
	run wait "$pid"
	wait "$pid" || [ $? = 5 ]
	heard "STOPPING=1|"
	[ "$(news)" = "STATUS=starting|
READY=1|
MAINPID=$pid|
BARRIER=1| fds=1
WATCHDOG=1|
RELOADING=1|MONOTONIC_USEC=5|
READY=1|STATUS=again|
WATCHDOG=trigger|
WATCHDOG_USEC=7|
EXTEND_TIMEOUT_USEC=8|
ERRNO=2|
STOPPING=1|" ] || { news >&2; return 1; }
	[ ! -s "$DIR/out" ] || { cat "$DIR/out" >&2; return 1; }
}

@test "PRO-18 PRO-19 what is the host's does not come from the container: pids, descriptors, rights; barriers are answered" {
	in_container
	set_args sh -c 'sockets say MAINPID=1 "STATUS=a
MAINPID=1
NOTIFYACCESS=all
X_OWN=b" store barrier "STATUS=c$(printf "\r")MAINPID=1" long zero "" nonsense MAINPIDFD=1 STATUS=end'
	manage "$DIR/manager"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$output" = "barrier passed" ]
	heard "STATUS=end|"
	[ "$(news)" = "STATUS=a|X_OWN=b|
STATUS=c|
STATUS=end|" ] || { news >&2; return 1; }
}

@test "PRO-18 a manager that takes nothing holds up nothing but the container's own sends; signals still go through" {
	in_container
	set_args sh -c 'trap "exit 9" TERM; sockets say flood & sleep 100 & wait'
	manage "$DIR/manager"
	kill -STOP "$MANAGER"
	"$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 &
	local pid=$!
	wait_status running
	sleep 0.3
	kill "$pid"
	local code=0
	wait "$pid" || code=$?
	[ "$code" = 9 ]
	kill -CONT "$MANAGER"
}

@test "PRO-18 a manager that is gone is a warning; the container runs on" {
	in_container
	config '.root.readonly = false'
	set_args sh -c 'while [ ! -e /tmp/go ]; do sleep 0.1; done; sockets say READY=1 STATUS=x; exit 3'
	manage "$DIR/manager"
	"$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >"$DIR/out" 2>&1 &
	local pid=$! code=0
	wait_status running
	kill "$MANAGER"
	wait_for is_gone "$MANAGER"
	touch "$BUNDLE/rootfs/tmp/go"
	wait "$pid" || code=$?
	[ "$code" = 3 ]
	[ "$(grep -c "cannot send to NOTIFY_SOCKET" "$DIR/out")" = 1 ]
}

@test "PRO-17 PRO-20 a NOTIFY_SOCKET that is none is an error before anything is made; empty is none" {
	local address
	for address in "$DIR/none" "@$ID-none" relative @ / vsock:2:3; do
		NOTIFY_SOCKET=$address run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has NOTIFY_SOCKET
		[ ! -e "$ROOT/$ID" ]
	done
	NOTIFY_SOCKET=relative run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "NOTIFY_SOCKET must be an absolute path or an abstract name"
	set_args sh -c 'echo "[$NOTIFY_SOCKET]"'
	NOTIFY_SOCKET='' run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$output" = "[]" ]
}

@test "PRO-17 with a user namespace, a read-only root, and a manager of a long path" {
	in_container
	long_directory
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 711 "$DIR"
	config '.linux.namespaces += [{type: "user"}]' '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]' \
		'.linux.gidMappings = .linux.uidMappings' '.root.readonly = true'
	set_args sockets say READY=1
	manage "$LONG/manager"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	heard "READY=1|"
}

@test "PRO-17 without a mount namespace NOTIFY_SOCKET is not passed on, and that is said" {
	manage "$DIR/manager"
	config '.linux.namespaces |= map(select(.type != "mount"))' 'del(.mounts, .linux.maskedPaths, .linux.readonlyPaths)' '.root.readonly = false'
	set_args sh -c 'echo "[$NOTIFY_SOCKET]"'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	has "[]"
	has "NOTIFY_SOCKET is not passed on: the container has no mount namespace"
}

# ---- LISTEN_FDS ----

listening() { # COUNT COMMAND...: with LISTEN_PID of the command's own
	local count=$1
	shift
	env LISTEN_FDS="$count" sh -c 'LISTEN_PID=$$ exec "$@"' sh "$@"
}

@test "PRO-14 PRO-15 PRO-16 LISTEN_FDS with our pid: descriptors from 3 on, LISTEN_PID of the container, names too" {
	in_container
	set_args sh -c 'echo $$ $LISTEN_PID $LISTEN_FDS $LISTEN_FDNAMES; cat <&3; cat <&4; exec sockets fds'
	config '.process.env += ["LISTEN_FDS=99", "LISTEN_PID=7", "LISTEN_FDNAMES=old"]'
	echo three >"$DIR/3"
	echo four >"$DIR/4"
	echo five >"$DIR/5"
	export LISTEN_FDNAMES=http:https
	run_ok listening 2 "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3<"$DIR/3" 4<"$DIR/4" 5<"$DIR/5"
	[ "$output" = "1 1 2 http:https
three
four
0 1 2 3 4 " ] || { echo "$output" >&2; return 1; }
	run_ok listening 2 "$OCIRUN" --root "$ROOT" run --preserve-fds 1 --bundle "$BUNDLE" "$ID" 3<"$DIR/3" 4<"$DIR/4" 5<"$DIR/5" 6</
	has "0 1 2 3 4 5 "
}

@test "PRO-14 LISTEN_FDS for another process, of no number, or without LISTEN_PID is not for us" {
	in_container
	set_args sh -c 'echo "[$LISTEN_PID$LISTEN_FDS$LISTEN_FDNAMES]"; exec sockets fds'
	local variables
	for variables in LISTEN_PID=1\ LISTEN_FDS=1 LISTEN_FDS=1 LISTEN_FDS=1\ LISTEN_PID=; do
		# shellcheck disable=SC2086
		run_ok env LISTEN_FDNAMES=x $variables "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3</
		[ "$output" = "[]
0 1 2 " ] || { echo "$variables: $output" >&2; return 1; }
	done
	for variables in 0 x -1 1x ""; do
		run_ok listening "$variables" "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3</
		[ "$output" = "[]
0 1 2 " ] || { echo "$variables: $output" >&2; return 1; }
	done
}

@test "PRO-14 LISTEN_FDS that counts more than there are is an error, nothing of ours takes a number" {
	run_fail listening 3 "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3</ 4<&- 5<&-
	has "unable to stat preserved-fd 1 (of 3)"
	run_fail listening 1 "$OCIRUN" --root "$ROOT" run --preserve-fds 2 --bundle "$BUNDLE" "$ID" 3</ 4</ 5<&-
	has "unable to stat preserved-fd 2 (of 3)"
	[ ! -e "$ROOT/$ID" ]
}

@test "PRO-15 LISTEN_FDS through create and start, and through exec, whose pid is another" {
	in_container
	set_args sh -c 'echo $LISTEN_PID $LISTEN_FDS >/tmp/out; sockets fds >>/tmp/out; exec sleep 100'
	config '.root.readonly = false'
	listening 1 "$OCIRUN" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >"$DIR/out" 2>&1 3</etc/passwd
	ocirun start "$ID"
	wait_for grep -q '^0 ' "$BUNDLE/rootfs/tmp/out"
	[ "$(cat "$BUNDLE/rootfs/tmp/out")" = "1 1
0 1 2 3 " ]
	run_ok listening 1 "$OCIRUN" --root "$ROOT" exec "$ID" sh -c 'test $$ = $LISTEN_PID && echo $LISTEN_FDS; exec sockets fds' 3</etc/passwd 4</
	[ "$output" = "1
0 1 2 3 " ]
}
