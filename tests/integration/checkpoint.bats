#!/usr/bin/env bats
# checkpoint and restore: rows CHK and RES. What needs criu says so: it does not work with every kernel (`criu check`),
# and a machine may have none.

load lib

IMAGES=
test_setup() {
	needs_root
	IMAGES=$DIR/images
	# shellcheck disable=SC2016 # for the shell in the container
	new_bundle sh -c 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done'
	# its own network namespace would make iptables a part of every dump
	config '.linux.namespaces |= map(select(.type != "network"))'
}

needs_criu() {
	command -v criu >/dev/null || skip "criu is not installed"
	criu check >"$DIR/criu-check" 2>&1 || skip "criu check: $(grep -m1 -o 'Error.*' "$DIR/criu-check")"
}

# Standard output and error as a manager gives them: a pipe whose other end goes on in a file.
to_file() { # FILE COMMAND...
	local file=$1
	shift
	"$@" </dev/null &> >(exec cat >"$file" 3>&-) || { local bad=$?; sed 's/^/# /' "$file" >&2; return "$bad"; }
}
begin() {
	to_file "$DIR/out" ocirun run -d --bundle "$BUNDLE" "$ID"
	wait_for test -s "$DIR/out"
}
checkpoint() { run_ok ocirun checkpoint --image-path "$IMAGES" "$@" "$ID"; }
restore() { to_file "$DIR/again" ocirun restore -d --bundle "$BUNDLE" --image-path "$IMAGES" "$@" "$ID"; }
last() { tail -n 1 "$1"; }

# ---- without criu: what is refused before anything is touched

@test "BAT-07 CHK-01 RES-19 checkpoint --help succeeds, and restore --lsm-mount-context wants its value" {
	run_ok ocirun checkpoint --help
	has --leave-running
	run_fail ocirun restore --lsm-mount-context
	has "flag needs an argument"
	# RES-21: what init had open is criu's to give back
	run_fail ocirun restore --preserve-fds 1 "$ID"
	has "flag provided but not defined: -preserve-fds"
}

@test "CHK-01 a created, a stopped and a missing container cannot be checkpointed" {
	set_args true
	create
	run_fail ocirun checkpoint --image-path "$IMAGES" "$ID"
	has "Container cannot be checkpointed in created state"
	ocirun start "$ID"
	wait_status stopped
	run_fail ocirun checkpoint --image-path "$IMAGES" "$ID"
	has "Container cannot be checkpointed in stopped state"
	ocirun delete "$ID"
	run_fail ocirun checkpoint --image-path "$IMAGES" "$ID"
	has "container does not exist"
	[ ! -e "$IMAGES" ]
}

@test "CHK-04 CHK-13 CHK-16 CHK-17 RES-15 RES-18 options that say nothing possible are refused, the container goes on" {
	create
	ocirun start "$ID"
	local words
	while IFS='|' read -r words text; do
		# shellcheck disable=SC2086 # words
		run_fail ocirun checkpoint --image-path "$IMAGES" $words "$ID"
		has "$text"
	done <<-'E'
		--parent-path /srv/images|--parent-path must be relative
		--page-server 192.0.2.1|Use --page-server ADDRESS:PORT
		--page-server 192.0.2.1:70000|Use --page-server ADDRESS:PORT
		--manage-cgroups-mode some|Invalid manage-cgroups-mode value
		--empty-ns mount|namespace "mount" is not supported
	E
	[ ! -e "$IMAGES" ]
	[ "$(status_of)" = running ]
	run_fail ocirun restore --bundle "$BUNDLE" --lsm-profile smack:x --detach "$ID-2"
	has "is not apparmor:NAME or selinux:LABEL"
	[ "$(ocirun list -q)" = "$ID" ]
}

@test "CHK-23 ANN-02 org.criu.config outside /etc/criu is refused" {
	config '.annotations["org.criu.config"] = "/srv/image/criu.conf"'
	create
	ocirun start "$ID"
	run_fail ocirun checkpoint --image-path "$IMAGES" "$ID"
	has "/annotations/org.criu.config: /srv/image/criu.conf is not in /etc/criu/"
	[ "$(status_of)" = running ]
}

@test "CHK-01 RES-01 without criu both say what is missing, nothing is left" {
	create
	ocirun start "$ID"
	local binary
	binary=$(realpath "${OCIRUN:?}")
	mkdir "$DIR/nothing" "$IMAGES"
	# neither is one taken from a relative part of PATH
	printf '#!/bin/sh\ntouch %q\n' "$DIR/ran" >"$DIR/nothing/criu"
	chmod +x "$DIR/nothing/criu"
	cd "$DIR/nothing"
	run_fail env PATH=.: "$binary" --root "$ROOT" checkpoint --image-path "$IMAGES" "$ID"
	has "criu is not in PATH"
	[ "$(status_of)" = running ]
	run_fail env PATH=.: "$binary" --root "$ROOT" restore --bundle "$BUNDLE" --image-path "$IMAGES" -d "$ID-2"
	has "criu is not in PATH"
	[ "$(ocirun list -q)" = "$ID" ]
	[ ! -e "$DIR/ran" ]
}

@test "RES-07 restore from a directory that is not there" {
	needs_criu
	run_fail ocirun restore --bundle "$BUNDLE" --image-path "$IMAGES" -d "$ID"
	has "cannot open the image directory $IMAGES: no such file or directory"
	[ -z "$(ocirun list -q)" ]
}

# ---- with criu

@test "CHK-02 CHK-03 CHK-22 CHK-26 PRO-41 RES-01 RES-03 RES-04 RES-05 RES-08 RES-23 a container is saved, gone, and goes on where it was" {
	needs_criu
	mkdir "$DIR/shared"
	echo host >"$DIR/shared/file"
	config ".mounts += [{destination: \"/run/shared\", type: \"bind\", source: \"$DIR/shared\", options: [\"rbind\"]}]"
	begin
	local before
	checkpoint --work-path "$DIR/work"
	before=$(last "$DIR/out")
	[ -z "$(ocirun list -q)" ]
	[ -e "$DIR/work/dump.log" ]
	[ "$(stat -c %a "$IMAGES")" = 700 ]
	jq -e 'length == 3 and (.[1] | startswith("pipe:"))' "$IMAGES/descriptors.json"
	restore --pid-file "$DIR/pid" --work-path "$DIR/work"
	[ "$(status_of)" = running ]
	[ "$(cat "$DIR/pid")" = "$(pid_of)" ]
	[ -e "$DIR/work/restore.log" ]
	wait_for test -s "$DIR/again"
	[ "$(head -n 1 "$DIR/again")" -ge "$before" ]
	[ "$(head -n 1 "$DIR/again")" -le $((before + 2)) ]
	run_fail ocirun exec "$ID" touch /new # root.readonly is the default of `ocirun spec`
	# it is a container as any other: groups, exec, mounts, pause, kill
	grep -qF "$CGROUP" "/proc/$(pid_of)/cgroup"
	run_ok ocirun exec "$ID" cat /run/shared/file
	[ "$output" = host ]
	ocirun pause "$ID"
	ocirun resume "$ID"
	ocirun kill "$ID" KILL
	wait_status stopped
	ocirun delete "$ID"
}

@test "CHK-05 RES-01 --leave-running: the container goes on, and a second one can be made of it" {
	needs_criu
	begin
	checkpoint --leave-running
	[ "$(status_of)" = running ]
	local now
	now=$(wc -l <"$DIR/out")
	more() { [ "$(wc -l <"$DIR/out")" -gt "$now" ]; }
	wait_for more
	ocirun delete -f "$ID"
	restore
	wait_for test -s "$DIR/again"
	ocirun delete -f "$ID"
}

@test "RES-22 CHK-08 CHK-10 CHK-14 RES-06 RES-11 RES-12 RES-13 RES-14 in the foreground restore ends as the program does" {
	needs_criu
	set_args sh -c 'while [ ! -e /tmp/end ]; do sleep 0.1; done; exit 7'
	to_file "$DIR/out" ocirun run -d --bundle "$BUNDLE" "$ID"
	checkpoint --file-locks --link-remap --shell-job --manage-cgroups-mode ignore
	touch "$BUNDLE/rootfs/tmp/end"
	local status=0
	to_file "$DIR/again" ocirun restore --bundle "$BUNDLE" --image-path "$IMAGES" --file-locks --shell-job \
		--manage-cgroups-mode ignore -no-subreaper --no-pivot "$ID" || status=$?
	[ "$status" -eq 7 ]
	[ -z "$(ocirun list -q)" ]
}

@test "CHK-15 CHK-18 RES-16 --pre-dump, then a dump upon it" {
	needs_criu
	begin
	run ocirun checkpoint --pre-dump --image-path "$DIR/first" "$ID"
	[ "$status" -eq 0 ] || {
		has "CRIU is missing the feature mem_dirty_track"
		skip "$output"
	}
	[ "$(status_of)" = running ]
	checkpoint --parent-path ../first
	[ -L "$IMAGES/parent" ]
	restore --auto-dedup
	wait_for test -s "$DIR/again"
	ocirun delete -f "$ID"
}

@test "CHK-24 criu's reason is the error, and the container goes on" {
	needs_criu
	create # standard output is a file of the host
	ocirun start "$ID"
	run_fail ocirun checkpoint --image-path "$IMAGES" --work-path "$DIR/work" "$ID"
	has "criu failed: type DUMP errno"
	has "Error (criu/"
	has "(log file: $DIR/work/dump.log)"
	[ "${#lines[@]}" = 1 ]
	[ "$(status_of)" = running ]
	run_fail ocirun checkpoint --image-path "$IMAGES" --parent-path ../missing "$ID"
	has "cannot find the parent images ../missing"
	# and nothing stays of what cannot be restored
	run_fail ocirun restore --bundle "$BUNDLE" --image-path "$IMAGES" -d "$ID-2"
	[ "$(ocirun list -q)" = "$ID" ]
}

@test "CHK-25 a network namespace by path stays whose it is" {
	needs_criu
	command -v iptables-restore >/dev/null || skip "no iptables-restore, which criu locks a network with"
	unshare -n sleep 100 &
	local holder=$!
	other_network() { [ "$(readlink "/proc/$holder/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
	wait_for other_network
	config ".linux.namespaces += [{type: \"network\", path: \"/proc/$holder/ns/net\"}]"
	begin
	checkpoint
	restore
	[ "$(readlink "/proc/$(pid_of)/ns/net")" = "$(readlink "/proc/$holder/ns/net")" ]
	ocirun delete -f "$ID"
	kill "$holder"
	wait "$holder" || [ $? = 143 ] # by our SIGTERM
}

@test "CHK-06 CHK-20 RES-09 an open TCP connection is kept when that is allowed, or closed, and else refused" {
	needs_criu
	command -v iptables-restore >/dev/null || skip "no iptables-restore, which criu locks a network with"
	config '.linux.namespaces += [{type: "network"}]'
	# shellcheck disable=SC2016 # for the shell in the container
	set_args sh -c '(sleep 1000 | nc -l -p 99 >/dev/null) & sleep 1; (sleep 1000 | nc 127.0.0.1 99 >/dev/null) &
		i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done'
	begin
	connected() { ocirun exec "$ID" cat /proc/net/tcp | grep -q '^ .*:0063 01 '; } # to port 99, ESTABLISHED
	wait_for connected
	run_fail ocirun checkpoint --image-path "$IMAGES" "$ID"
	has "--tcp-established"
	checkpoint --tcp-established
	restore --tcp-established
	connected
	ocirun delete -f "$ID"
	restore --tcp-close
	run connected
	[ "$status" -ne 0 ]
	ocirun delete -f "$ID"
}

@test "CHK-09 RES-10 RES-18 with sockets to the outside allowed and another LSM profile" {
	needs_criu
	begin
	checkpoint --ext-unix-sk
	local profile=()
	[ ! -e /sys/kernel/security/apparmor ] || profile=(--lsm-profile apparmor:unconfined)
	restore --ext-unix-sk "${profile[@]}"
	wait_for test -s "$DIR/again"
	ocirun delete -f "$ID"
}

@test "HOK-01 CHK-17 RES-15 host hooks see the restored container, a failing one ends it, --empty-ns leaves the network to them" {
	needs_criu
	command -v iptables-restore >/dev/null || skip "no iptables-restore, which criu locks a network with"
	config '.linux.namespaces += [{type: "network"}]'
	begin
	checkpoint --empty-ns network
	config ".hooks.createRuntime = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"cat >$DIR/seen\"]}]"
	restore --empty-ns network
	[ "$(jq .pid "$DIR/seen")" = "$(pid_of)" ]
	ocirun exec "$ID" ip link show lo | grep -q 'state DOWN\|<LOOPBACK>'
	ocirun delete -f "$ID"
	config '.hooks.createRuntime = [{path: "/bin/false"}]'
	run_fail ocirun restore -d --bundle "$BUNDLE" --image-path "$IMAGES" --empty-ns network "$ID"
	has "error running createRuntime hook #0: exit status 1"
	[ -z "$(ocirun list -q)" ]
}
