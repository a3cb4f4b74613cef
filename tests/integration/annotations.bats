#!/usr/bin/env bats
# Annotations that change what the runtime does (ANN), but for those of systemd and sockets.

load lib
load cgroup

test_setup() { needs_root; new_bundle sleep 100; }
test_teardown() { [ -z "${AGENT-}" ] || kill "$AGENT" 2>/dev/null || :; }

start_agent() {
	[ -x "$DIR/agent" ] || helper agent "$DIR/agent"
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

delegate() { # VALUE
	config ".annotations = {\"run.oci.delegate-cgroup\": \"$1\"}"
}

@test "ANN-13 run.oci.delegate-cgroup: limits on the container's group, the program in one below that is its own" {
	delegate payload/inner
	if ! v2; then
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has "/annotations/run.oci.delegate-cgroup: delegate-cgroup not supported on cgroup v1"
		[ ! -e "$ROOT/$ID" ]
		delegate ""
		run_ok ocirun run --detach --bundle "$BUNDLE" "$ID" </dev/null
		return
	fi
	local group=/sys/fs/cgroup$CGROUP pid limited=
	! grep -qw pids /sys/fs/cgroup/cgroup.controllers || limited=1
	[ -z "$limited" ] || config '.linux.resources.pids.limit = 55'
	config '(.mounts[] | select(.type == "cgroup") | .options) |= map(select(. != "ro"))'
	create
	pid=$(pid_of)
	[ "$(cat "$group/cgroup.procs" "$group/payload/cgroup.procs")" = "" ]
	[ "$(cat "$group/payload/inner/cgroup.procs")" = "$pid" ]
	if [ -n "$limited" ]; then
		[ "$(cat "$group/pids.max")" = 55 ]
		[ "$(cat "$group/payload/inner/pids.max")" = max ] # its own to set, within 55
	fi
	run_ok ocirun start "$ID"
	# the root that it sees is the delegated group: what limits it is out of sight
	run_ok ocirun exec "$ID" cat /proc/self/cgroup
	grep -qx 0::/ <<<"$output" # other lines: named hierarchies of this kernel
	run_ok ocirun exec "$ID" cat /sys/fs/cgroup/cgroup.procs
	has 1
	# it divides the group like any other delegated one
	run_ok ocirun exec "$ID" sh -ec 'cd /sys/fs/cgroup; mkdir a b; echo 1 >a/cgroup.procs; echo $$ >b/cgroup.procs; cat a/cgroup.procs'
	[ "$output" = 1 ]
	# the whole of it is the container's for whoever manages it
	run_ok ocirun ps --format json "$ID"
	[ "$(jq -c . <<<"$output")" = "[$pid]" ]
	run_ok ocirun pause "$ID"
	[ "$(cat "$group/payload/inner/cgroup.events" | grep frozen)" = "frozen 1" ]
	[ "$(status_of)" = paused ]
	run_ok ocirun resume "$ID"
	if [ -n "$limited" ]; then
		run_ok ocirun update --pids-limit 44 "$ID"
		[ "$(cat "$group/pids.max")" = 44 ]
	fi
	run_ok ocirun kill "$ID" KILL
	wait_status stopped
	run_ok ocirun delete "$ID"
	[ ! -e "$group" ]
}

@test "ANN-13 a delegated group belongs to the program's user, what is around it does not; failures leave neither" {
	v2 || skip "delegation needs cgroup v2"
	local group=/sys/fs/cgroup$CGROUP
	chown -R 100000:100000 "$BUNDLE/rootfs"
	delegate /payload
	config '.linux.namespaces += [{type: "user"}]' '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]' \
		'.linux.gidMappings = .linux.uidMappings' 'del(.linux.resources)'
	create
	[ "$(stat -c %u:%g "$group/payload" "$group/payload/cgroup.procs" "$group/payload/cgroup.subtree_control" | sort -u)" = 100000:100000 ]
	[ "$(stat -c %u "$group" "$group/cgroup.procs" "$group/payload/cgroup.max.depth" | sort -u)" = 0 ]
	# somebody is in it: nobody else's container
	config '.hostname = "other"'
	run_fail ocirun create --bundle "$BUNDLE" "$ID-2" </dev/null
	has "container's cgroup is not empty"
	[ "$(cat "$group/payload/cgroup.procs")" = "$(pid_of)" ]
	run_ok ocirun delete -f "$ID"
	[ ! -e "$group" ]
	set_args /nothing
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	[ ! -e "$group" ]
	# a name of the kernel's own
	delegate cgroup.procs
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "/annotations/run.oci.delegate-cgroup"
	[ ! -e "$group" ] && [ ! -e "$ROOT/$ID" ]
}

@test "ANN-13 a delegated group is named by a path that leads down" {
	local value
	for value in .. a/../../b ./a /.. a/.; do
		delegate "$value"
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has '/annotations/run.oci.delegate-cgroup: must be a path below the container'"'"'s own group, without "." or ".."'
	done
	delegate //
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "/annotations/run.oci.delegate-cgroup: must name a group"
	delegate a/b/c/d/e/f/g/h/i
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "more than 8 groups in each other"
	delegate 'a\nb'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "the name of a group has no line break"
	delegate "$(printf '%0300d' 0)"
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "longer than 255 bytes"
	[ ! -e "$ROOT/$ID" ]
}

@test "ANN-11 run.oci.systemd.force_cgroup_v1: refused on a host with cgroup v2, needless on others" {
	config '.annotations = {"run.oci.systemd.force_cgroup_v1": "/sys/fs/cgroup/systemd"}'
	set_args true
	if v2; then
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has "/annotations/run.oci.systemd.force_cgroup_v1: no cgroup v1 is made for a container of a cgroup v2 host"
	else
		run_ok ocirun run --bundle "$BUNDLE" "$ID"
	fi
	[ ! -e "$ROOT/$ID" ]
}
