#!/usr/bin/env bats
# Control groups that the container itself divides (cgroup v2): its own sub-groups, threaded ones, ocirun inside a
# container of ocirun; and what a program may do with devices while its limits change. Rows CGR, LIM, EXE, DEL.
# shellcheck disable=SC2016 # $ of the container's shell

load lib
load cgroup

test_setup() {
	needs_root
	v2 || skip "not a pure cgroup v2 host"
	new_bundle sleep 1000
	config '.root.readonly = false' '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])' \
		'.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end)'
}

running() { create && ocirun start "$ID"; }
groups_left() { find /sys/fs/cgroup -type d -path "*$CGROUP*"; }
deleted() {
	run_ok ocirun delete -f "$ID"
	[ -z "$(groups_left)" ]
	[ ! -e "$ROOT/$ID" ]
}
said() { wait_for grep -qx "$1" "$DIR/out"; }
its_group() { ocirun exec "$ID" grep ^0:: /proc/self/cgroup; }

@test "CGR-11 EXE-18 a container that has moved into a group of its own and enabled controllers: exec goes where init is" {
	needs_cgroupfs # systemd delegates no hugetlb
	needs_controller hugetlb # the one that v2 has on a hybrid host too
	set_args sh -c 'cd /sys/fs/cgroup && mkdir -p init a/b && echo 1 >init/cgroup.procs && echo +hugetlb >cgroup.subtree_control && echo moved
		sleep 1000'
	running
	said moved
	# now its root takes no process: the rule of "no internal processes"
	grep -qw hugetlb "$(group)/cgroup.subtree_control"
	[ "$(its_group)" = 0::/init ]
	ocirun ps -f json "$ID" | jq -e "index($(pid_of)) != null"
	deleted
}

@test "CGR-11 EXE-18 the same without controllers: exec is in the container's own group" {
	set_args sh -c 'cd /sys/fs/cgroup && mkdir -p init/deep && echo 1 >init/deep/cgroup.procs && echo moved; sleep 1000'
	running
	said moved
	[ "$(its_group)" = 0::/ ]
	deleted
}

@test "CGR-11 EXE-18 DEL-08 threaded groups that the container has made: exec, pause, and all of them are removed" {
	set_args sh -c 'cd /sys/fs/cgroup && mkdir -p t/u && echo threaded >t/cgroup.type && echo threaded >t/u/cgroup.type && cat cgroup.type
		sleep 500 & echo $! >t/u/cgroup.threads && cat t/u/cgroup.threads | wc -l; sleep 1000'
	running
	said 1
	[ "$(cat "$(group)/cgroup.type" "$(group)/t/u/cgroup.type")" = $'domain threaded\nthreaded' ]
	[ "$(its_group)" = 0::/ ]
	run_ok ocirun pause "$ID"
	run_ok ocirun resume "$ID"
	deleted
}

@test "CGR-11 EXE-18 init itself in a threaded group: exec is in the domain" {
	set_args sh -c 'cd /sys/fs/cgroup && mkdir t && echo threaded >t/cgroup.type && echo 1 >t/cgroup.threads && echo moved; sleep 1000'
	running
	said moved
	[ "$(its_group)" = 0::/ ]
	deleted
}

@test "CGR-11 a group below a threaded one takes no container: the error says so and nothing is left" {
	needs_cgroupfs
	local above=/sys/fs/cgroup/$OCIRUN_TEST_GROUP/$ID-above
	mkdir -p "$above/t"
	echo threaded >"$above/t/cgroup.type"
	config ".linux.cgroupsPath = \"/$OCIRUN_TEST_GROUP/$ID-above/t/c\""
	run ocirun create --bundle "$BUNDLE" "$ID"
	rmdir "$above/t" "$above"
	[ "$status" != 0 ]
	has threaded
	[ ! -e "$ROOT/$ID" ]
}

@test "DEL-08 sub-groups with processes that ignore signals, deep and wide, are removed from below" {
	set_args sh -c 'cd /sys/fs/cgroup && for a in 1 2 3; do for b in 1 2 3; do mkdir -p $a/$b/c
		(trap "" TERM HUP INT; sleep 1000 & echo $! >/sys/fs/cgroup/$a/$b/c/cgroup.procs); done; done; echo full; sleep 1000'
	running
	said full
	[ "$(groups_left | wc -l)" = 22 ]
	deleted
}

# ---- ocirun inside a container of ocirun ----

nest() { # SCRIPT: what the outer container runs; the inner bundle is /inner
	cp "$OCIRUN" "$BUNDLE/rootfs/bin/ocirun"
	mkdir -p "$BUNDLE/rootfs/inner" "$BUNDLE/rootfs/state"
	new_rootfs "$BUNDLE/rootfs/inner/rootfs"
	jq '.linux.cgroupsPath = "/inner" | .process.args = ["sh", "-c", "grep ^0:: /proc/self/cgroup; exit 5"]' "$BUNDLE/config.json" >"$BUNDLE/rootfs/inner/config.json"
	config '.process.capabilities |= with_entries(.value = ["CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_FOWNER",
		"CAP_MKNOD", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_KILL", "CAP_AUDIT_WRITE",
		"CAP_NET_BIND_SERVICE"])'
	set_args sh -c "o() { ocirun --root /state --cgroup-manager cgroupfs \"\$@\"; }; cd /sys/fs/cgroup
$1"
}

@test "CGR-01 CGR-02 nested: ocirun in a container of ocirun makes, runs and deletes containers" {
	nest 'o run -b /inner one; echo "status $?"
		o create -b /inner two </dev/null >/dev/null && o start two && o delete -f two && echo gone
		find . -type d | sort | xargs echo groups'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$output" = $'0::/\nstatus 5\ngone\ngroups .' ] || { echo "$output" >&2; return 1; }
	[ -z "$(groups_left)" ]
}

@test "CGR-11 nested: a limit, once the outer program has left the group's root; without that the error says why" {
	needs_cgroupfs
	needs_controller hugetlb
	nest 'o run -b /inner/limited one; echo "status $?"
		mkdir init && for p in $(cat cgroup.procs); do echo $p >init/cgroup.procs; done 2>/dev/null
		o create -b /inner/limited two </dev/null >/dev/null && cat inner/hugetlb.2MB.max && o delete -f two; rmdir init 2>/dev/null
		find . -type d | sort | xargs echo groups'
	mkdir "$BUNDLE/rootfs/inner/limited"
	jq '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}] | .root.path = "/inner/rootfs"' "$BUNDLE/rootfs/inner/config.json" >"$BUNDLE/rootfs/inner/limited/config.json"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	has "huge"
	has "status 1"
	has $'4194304\ngroups . ./init'
	[ -z "$(groups_left)" ]
}

@test "DEL-02 nested: the outer container is deleted while inner ones run: no group of either is left" {
	nest 'o create -b /inner/long one </dev/null >/dev/null && o start one && echo started; sleep 1000'
	mkdir "$BUNDLE/rootfs/inner/long"
	jq '.process.args = ["sleep", "1000"] | .root.path = "/inner/rootfs"' "$BUNDLE/rootfs/inner/config.json" >"$BUNDLE/rootfs/inner/long/config.json"
	running
	said started
	[ -d "$(group)/inner" ]
	deleted
}

# ---- devices while limits change ----

@test "LIM-06 UPD-23 a program that opens an allowed and a denied device all the time sees no update" {
	needs_cgroupfs # tests/integration/systemd_many.bats has it with systemd
	needs_controller hugetlb
	config '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 120, minor: 7, access: "rw"}]' \
		'.process.capabilities |= with_entries(.value += ["CAP_MKNOD"])'
	# nothing answers at 120: what the rules let through ends in ENXIO, the rest in EPERM
	set_args sh -c 'cd /tmp; mknod c7 c 120 7; mknod c8 c 120 8; exec 2>/tmp/said; n=0
		while :; do { :; } <c7; { :; } <c8; { :; } </dev/null || echo lost; n=$((n+1)); [ $((n % 20)) != 0 ] || echo $n; done'
	running
	local i said=$BUNDLE/rootfs/tmp/said
	rounds() { tail -n 1 "$DIR/out"; }
	more() { [ "$(rounds)" -gt "$1" ]; }
	wait_for more 1
	for i in 1 2 3 4 5 6; do
		echo "{\"hugepageLimits\": [{\"pageSize\": \"2MB\", \"limit\": $((i * 2097152))}]}" | ocirun update -r - "$ID"
		wait_for more "$(rounds)"
	done
	run_ok ocirun kill "$ID" KILL
	wait_status stopped
	run_fail grep lost "$DIR/out"
	# but for the line at which it was killed, each of both said one thing, always
	[ "$(grep -c c7 "$said")" -gt 100 ]
	run_fail grep -v -e 'c7: No such device or address$' -e 'c8: Operation not permitted$' <(head -n -1 "$said")
}
