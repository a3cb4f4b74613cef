#!/usr/bin/env bats
# start: rows STA, STM.

load lib

test_setup() { needs_containers; new_bundle sh -c 'echo started; sleep 100'; }

@test "STA-01 STM-02 STM-03 start releases the program" {
	create
	[ "$(status_of)" = created ]
	run_ok ocirun start "$ID"
	[ -z "$output" ]
	[ "$(status_of)" = running ]
	[ ! -e "$ROOT/$ID/exec.fifo" ]
	wait_for grep -q started "$DIR/out"
}

@test "STA-02 STM-06 start of a running and of a stopped container" {
	create
	ocirun start "$ID"
	run_fail ocirun start "$ID"
	has "cannot start an already running container"
	ocirun kill "$ID" KILL
	wait_status stopped
	run_fail ocirun start "$ID"
	has "cannot start a container that has stopped"
}

@test "STA-02 start of a container that does not exist" {
	run_fail ocirun start "$ID"
	has "does not exist"
}

@test "STA-03 init died before start" {
	create
	kill -KILL "$(pid_of)"
	wait_status stopped
	run_fail timeout 5 "$OCIRUN" --root "$ROOT" start "$ID"
	has "cannot start a container that has stopped"
}

@test "STA-04 of two starts at once one wins" {
	create
	local i
	for i in 1 2 3 4; do
		(ocirun start "$ID" 2>"$DIR/err.$i" && touch "$DIR/won.$i") &
	done
	wait
	[ "$(find "$DIR" -name 'won.*' | wc -l)" = 1 ]
	[ "$(cat "$DIR"/err.* | grep -c 'cannot start an already running container')" = 3 ]
	[ "$(status_of)" = running ]
}

@test "STA-06 HOK-05 poststart hooks run in start, with status running" {
	config ".hooks = {poststart: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"cat >$DIR/poststart\"]}]}"
	create
	[ ! -e "$DIR/poststart" ]
	ocirun start "$ID"
	[ "$(jq -r .status "$DIR/poststart")" = running ]
	[ "$(jq -r .pid "$DIR/poststart")" = "$(pid_of)" ]
}

@test "STA-07 a failing execve is start's own error" {
	printf '#!/no/interpreter\n' >"$BUNDLE/rootfs/bin/script"
	chmod +x "$BUNDLE/rootfs/bin/script"
	set_args /bin/script
	create
	run_fail ocirun start "$ID"
	has "exec /bin/script: no such file or directory"
	[ "${#lines[@]}" = 1 ]
	wait_status stopped
	ocirun delete "$ID"
}

@test "STA-07 execve: exec format error" {
	printf 'no binary' >"$BUNDLE/rootfs/bin/text"
	chmod +x "$BUNDLE/rootfs/bin/text"
	set_args /bin/text
	create
	run_fail ocirun start "$ID"
	has "exec format error"
}

@test "STM-05 STM-07 a stopped container answers with pid 0, also after a reboot" {
	create
	ocirun start "$ID"
	jq '.boot_id = "00000000-0000-0000-0000-000000000000"' "$ROOT/$ID/state.json" >"$DIR/s"
	local pid
	pid=$(pid_of)
	cp "$ROOT/$ID/state.json" "$DIR/keep"
	cp "$DIR/s" "$ROOT/$ID/state.json"
	[ "$(status_of)" = stopped ]
	[ "$(pid_of)" = 0 ]
	cp "$DIR/keep" "$ROOT/$ID/state.json"
	[ "$(pid_of)" = "$pid" ]
}

@test "STM-05 another process with the same pid is not the container" {
	create
	jq '.init_process_start += 1' "$ROOT/$ID/state.json" >"$DIR/s"
	cp "$ROOT/$ID/state.json" "$DIR/keep"
	cp "$DIR/s" "$ROOT/$ID/state.json"
	[ "$(status_of)" = stopped ]
	run_fail ocirun kill "$ID" KILL
	has "container not running"
	cp "$DIR/keep" "$ROOT/$ID/state.json"
	[ "$(status_of)" = created ]
}

@test "STM-04 STT-13 a frozen container is paused; start and kill of it do not hang" {
	needs_root
	create
	freeze
	wait_status paused
	run_fail timeout 5 "$OCIRUN" --root "$ROOT" start "$ID"
	has "cannot start a container in the paused state"
	timeout 5 "$OCIRUN" --root "$ROOT" delete --force "$ID"
}

@test "STM-01 creating: what hooks are told" {
	config ".hooks = {createRuntime: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"cat >$DIR/creating\"]}]}"
	create
	[ "$(jq -r .status "$DIR/creating")" = creating ]
	[ "$(jq -r .pid "$DIR/creating")" = "$(pid_of)" ]
	[ "$(jq -r .bundle "$DIR/creating")" = "$(realpath "$BUNDLE")" ]
}
