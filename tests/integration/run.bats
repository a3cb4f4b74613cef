#!/usr/bin/env bats
# run: rows RUN (terminals aside), GLB-38.

load lib

test_setup() { needs_containers; new_bundle true; }

@test "RUN-01 RUN-02 GLB-38 run: create, start, wait, delete; the program's exit status" {
	local code
	for code in 0 1 42 255; do
		set_args sh -c "echo out; exit $code"
		run ocirun run -b "$BUNDLE" "$ID"
		[ "$status" = "$code" ]
		[ "$output" = out ]
		[ ! -e "$ROOT/$ID" ]
	done
}

@test "RUN-01 GLB-38 killed by a signal: 128 + number" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	set_args sh -c 'kill -9 $$'
	run ocirun run --bundle "$BUNDLE" "$ID"
	[ "$status" = 137 ]
}

@test "RUN-04 RUN-10 --detach and --pid-file" {
	set_args sleep 100
	ocirun run --detach --pid-file "$DIR/pid" --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	[ "$(status_of)" = running ]
	[ "$(cat "$DIR/pid")" = "$(pid_of)" ]
}

@test "RUN-10 GLB-29 --detach=false waits" {
	set_args sh -c 'sleep 0.5; exit 7'
	run ocirun run --detach=false --bundle "$BUNDLE" "$ID"
	[ "$status" = 7 ]
}

@test "RUN-05 RUN-06 RUN-07 RUN-09 the options of create" {
	set_args sh -c 'cat <&3; cat /proc/keys'
	config '.linux.maskedPaths = []'
	echo three >"$DIR/three"
	mv "$BUNDLE/config.json" "$BUNDLE/c.json"
	run_ok ocirun run --no-pivot --no-new-keyring --preserve-fds=1 --config c.json --bundle "$BUNDLE" "$ID" 3<"$DIR/three"
	has three
	lacks "_ses.$ID"
}

@test "RUN-11 --keep" {
	set_args false
	run ocirun run --keep --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[ "$(status_of)" = stopped ]
	ocirun delete "$ID"
}

@test "RUN-12 RUN-17 orphans of the container's processes are reaped; --no-subreaper" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	set_args sh -c '(sleep 0.2; exit 3) & exec sh -c "sleep 0.6; exit 5"'
	run ocirun run --bundle "$BUNDLE" "$ID"
	[ "$status" = 5 ]
	run ocirun run --no-subreaper --bundle "$BUNDLE" "$ID"
	[ "$status" = 5 ]
}

@test "RUN-13 a megabyte through pipes with a slow reader arrives whole" {
	set_args sh -c 'dd if=/dev/zero bs=65536 count=16 2>/dev/null'
	local n
	n=$(ocirun run --bundle "$BUNDLE" "$ID" | (sleep 0.5; wc -c))
	[ "$n" = 1048576 ]
	n=$(head -c 1048576 /dev/zero | { set_args sh -c 'wc -c'; ocirun run --bundle "$BUNDLE" "$ID"; })
	[ "$n" = 1048576 ]
}

@test "RUN-16 signals are passed on" {
	set_args sh -c 'trap "echo got term; exit 9" TERM; echo ready; while :; do sleep 0.1; done'
	ocirun run --bundle "$BUNDLE" "$ID" >"$DIR/out" 2>&1 &
	local pid=$! status=0
	wait_for grep -q ready "$DIR/out"
	# $! is the shell function's subshell: the runtime is its child
	pkill -TERM -P $pid -f 'ocirun.* run'
	wait $pid || status=$?
	[ "$status" = 9 ]
	grep -q 'got term' "$DIR/out"
	[ ! -e "$ROOT/$ID" ]
}

@test "RUN-18 poststop hooks run at the end; nothing is left" {
	config ".hooks = {poststart: [{path: \"/bin/touch\", args: [\"touch\", \"$DIR/poststart\"]}], poststop: [{path: \"/bin/touch\", args: [\"touch\", \"$DIR/poststop\"]}]}"
	ocirun run --bundle "$BUNDLE" "$ID"
	[ -e "$DIR/poststart" ]
	[ -e "$DIR/poststop" ]
	[ ! -e "$ROOT/$ID" ]
}

@test "RUN-01 BAT-13 a program that cannot be executed: one line as a shell would say it, exit 1, nothing left" {
	printf '#!/no/interpreter\n' >"$BUNDLE/rootfs/bin/script"
	chmod +x "$BUNDLE/rootfs/bin/script"
	set_args /bin/script
	run ocirun --log "$DIR/log" run --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[ "$output" = "exec /bin/script: no such file or directory" ]
	grep -qF "run $ID: exec /bin/script: no such file or directory (the interpreter" "$DIR/log"
	[ ! -e "$ROOT/$ID" ]
}

@test "PRO-30 run with stdin, stdout and stderr closed" {
	set_args sh -c 'ls -l /proc/self/fd >/tmp/fds'
	config '.root.readonly = false'
	"$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 0<&- 1>&- 2>&-
	[ "$(grep -c /dev/null "$BUNDLE/rootfs/tmp/fds")" -ge 2 ]
}

@test "PRO-14 PRO-15 LISTEN_FDS of the caller reaches the program with LISTEN_PID 1" {
	set_args sh -c 'echo $LISTEN_FDS $LISTEN_PID; cat <&3'
	echo three >"$DIR/three"
	run_ok sh -c "LISTEN_PID=\$\$ LISTEN_FDS=1 exec '$OCIRUN' --root '$ROOT' run --bundle '$BUNDLE' '$ID' 3<'$DIR/three'"
	has "1 1"
	has three
	# of another process: not ours
	run sh -c "LISTEN_PID=1 LISTEN_FDS=1 exec '$OCIRUN' --root '$ROOT' run --bundle '$BUNDLE' '$ID' 3<'$DIR/three' 2>&1"
	lacks three
	lacks "1 1"
}

@test "PRO-29 an empty environment is enough" {
	run_ok env -i "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
}
