#!/usr/bin/env bats
# Annotations that change what the runtime does (ANN), but for those of systemd and sockets.

load lib

test_setup() { needs_root; new_bundle sleep 100; }
test_teardown() { [ -z "${AGENT-}" ] || kill "$AGENT" 2>/dev/null || :; }

start_agent() {
	command -v cc >/dev/null || skip "no C compiler for the agent"
	[ -x "$DIR/agent" ] || cc -O1 -o "$DIR/agent" "$BATS_TEST_DIRNAME/agent.c"
	rm -f "$DIR/sock" "$DIR/message"
	timeout 60 "$DIR/agent" "$DIR/sock" "$DIR/message" >/dev/null 2>&1 3>&- &
	AGENT=$!
	wait_for test -S "$DIR/sock"
}
notify() { # MEMBERS
	config ".linux.seccomp = ({defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: [\"mkdir\", \"mkdirat\"], action: \"SCMP_ACT_NOTIFY\"}]} + $1)" '.root.readonly = false'
}

@test "ANN-03 an annotation named bundle is an annotation: nobody takes it for the bundle" {
	config '.annotations = {bundle: "/elsewhere", rootfs: "/elsewhere", status: "stopped"}'
	create
	[ "$(ocirun state "$ID" | jq -r .bundle)" = "$(realpath "$BUNDLE")" ]
	[ "$(ocirun state "$ID" | jq -r '.annotations.bundle + .status')" = /elsewherecreated ]
	[ "$(ocirun list --format json | jq -r ".[] | select(.id == \"$ID\") | .bundle")" = "$(realpath "$BUNDLE")" ]
	ocirun start "$ID"
	run_ok ocirun exec "$ID" true
	ocirun delete -f "$ID"
}

@test "ANN-04 run.oci.mount_context_type: the option that takes mountLabel; anything else is refused" {
	config '.linux.mountLabel = "system_u:object_r:container_file_t:s0"'
	local type
	for type in context fscontext defcontext rootcontext; do
		config ".annotations = {\"run.oci.mount_context_type\": \"$type\"}"
		run_ok ocirun plan "$BUNDLE"
		has ",$type=system_u:object_r:container_file_t:s0"
	done
	config '.annotations = {"run.oci.mount_context_type": "fstype"}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has '/annotations/run.oci.mount_context_type: must be context, fscontext, defcontext or rootcontext, not "fstype"'
	[ ! -e "$ROOT/$ID" ]
}

@test "ANN-05 run.oci.seccomp.receiver and RUN_OCI_SECCOMP_RECEIVER: who is told of a rule that notifies" {
	notify '{}'
	set_args mkdir /tmp/x
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "/linux/seccomp: SCMP_ACT_NOTIFY needs linux.seccomp.listenerPath"
	start_agent
	run env RUN_OCI_SECCOMP_RECEIVER="$DIR/sock" "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	has "No medium found"
	wait "$AGENT" || :
	start_agent
	config ".annotations = {\"run.oci.seccomp.receiver\": \"$DIR/sock\"}"
	run env RUN_OCI_SECCOMP_RECEIVER=/nowhere "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	has "No medium found"
	[ "$(jq -r '.fds[0] + .state.id' "$DIR/message")" = "seccompFd$ID" ]
	wait "$AGENT" || :
	# listenerPath goes first
	start_agent
	notify "{listenerPath: \"$DIR/sock\"}"
	config '.annotations = {"run.oci.seccomp.receiver": "/nowhere"}'
	run ocirun run --bundle "$BUNDLE" "$ID"
	has "No medium found"
	notify '{}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "failed to connect with seccomp agent at /nowhere"
	config '.annotations = {"run.oci.seccomp.receiver": "relative"}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "/annotations/run.oci.seccomp.receiver: the seccomp receiver \"relative\" is not an absolute path"
	# nobody notifies: nobody is asked
	config 'del(.linux.seccomp)'
	set_args true
	run_ok env RUN_OCI_SECCOMP_RECEIVER=/nowhere "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
}

@test "LNX-06 a process of exec has a listener of its own; the agent gets its pid, and the container's state" {
	start_agent
	notify "{listenerPath: \"$DIR/sock\"}"
	set_args sleep 100
	create
	ocirun start "$ID"
	kill "$AGENT"
	wait_for is_gone "$AGENT"
	run_fail ocirun exec "$ID" true
	has "failed to connect with seccomp agent"
	start_agent
	run ocirun exec --pid-file "$DIR/pid" "$ID" mkdir /tmp/x
	[ "$status" = 1 ]
	has "No medium found"
	[ "$(jq .pid "$DIR/message")" = "$(cat "$DIR/pid")" ]
	[ "$(jq .state.pid "$DIR/message")" = "$(pid_of)" ]
	[ "$(jq -r .state.status "$DIR/message")" = running ]
}
