#!/usr/bin/env bats
# pause and resume: rows PAU. What the kernel says is read from the group itself.

load lib

test_setup() { needs_limits; new_bundle sh -c 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done'; }

# The container's own freezer: FROZEN/THAWED (v1) or 1/0 (v2, of cgroup.events: reached and not just asked).
frozen_now() {
	local dir
	while read -r dir; do
		if [ -e "$dir/freezer.state" ]; then [ "$(cat "$dir/freezer.state")" = FROZEN ]; return; fi
		if [[ $dir != */unified/* ]] && [ -e "$dir/cgroup.events" ]; then
			grep -qx 'frozen 1' "$dir/cgroup.events"; return
		fi
	done < <(jq -r '.cgroup_paths[]' "$ROOT/$ID/state.json")
	echo "the container has no freezer" >&2
	return 2
}

@test "PAU-01 PAU-05 pause freezes a running container before it returns, resume lets it go on" {
	create
	ocirun start "$ID"
	wait_for test -s "$DIR/out"
	run_ok ocirun pause "$ID"
	[ -z "$output" ]
	frozen_now
	[ "$(status_of)" = paused ]
	local before
	before=$(wc -l <"$DIR/out")
	sleep 0.4
	[ "$(wc -l <"$DIR/out")" = "$before" ]
	run_ok ocirun resume "$ID"
	[ -z "$output" ]
	run frozen_now
	[ "$status" -eq 1 ]
	[ "$(status_of)" = running ]
	more() { [ "$(wc -l <"$DIR/out")" -gt "$before" ]; }
	wait_for more
}

@test "PAU-01 a created container can be paused, resumed and started" {
	create
	ocirun pause "$ID"
	[ "$(status_of)" = paused ]
	ocirun resume "$ID"
	[ "$(status_of)" = created ]
	ocirun start "$ID"
	[ "$(status_of)" = running ]
}

@test "PAU-01 many processes that fork all the time" {
	set_args sh -c 'for n in 1 2 3; do (while :; do /bin/true; done) & done; wait'
	create
	ocirun start "$ID"
	sleep 0.2
	local i
	for i in 1 2 3; do
		ocirun pause "$ID"
		frozen_now
		ocirun resume "$ID"
	done
}

@test "PAU-01 PAU-02 PAU-04 what is not running cannot be paused, what is not paused not resumed" {
	run_fail ocirun pause "$ID"
	has "container does not exist"
	run_fail ocirun resume "$ID"
	has "container does not exist"
	create
	run_fail ocirun resume "$ID"
	has "container not paused"
	ocirun start "$ID"
	run_fail ocirun resume "$ID"
	has "container not paused"
	ocirun pause "$ID"
	run_fail ocirun pause "$ID"
	has "container not running"
	ocirun resume "$ID"
	ocirun kill "$ID" KILL
	wait_status stopped
	run_fail ocirun pause "$ID"
	has "container not running"
	run_fail ocirun resume "$ID"
	has "container not paused"
}

@test "PAU-01 KIL-09 DEL-02 a paused container can be killed and deleted" {
	create
	ocirun start "$ID"
	ocirun pause "$ID"
	ocirun kill "$ID" KILL
	wait_status stopped
	ocirun delete "$ID"
	create
	ocirun start "$ID"
	ocirun pause "$ID"
	ocirun delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "PAU-03 a user without access to the group is told what is needed" {
	needs_root
	create
	ocirun start "$ID"
	cp -r "$ROOT" "$BATS_RUN_TMPDIR/$ID" && chmod 755 "$BATS_RUN_TMPDIR" && chown -R 1000 "$BATS_RUN_TMPDIR/$ID"
	as_user() { setpriv --reuid=1000 --regid=1000 --clear-groups "$OCIRUN" --root "$BATS_RUN_TMPDIR/$ID" "$@"; }
	run_fail as_user pause "$ID"
	has "permission denied"
	has "a rootless container needs a cgroup that was delegated to its user"
	ocirun pause "$ID"
	run_fail as_user resume "$ID"
	rm -rf "${BATS_RUN_TMPDIR:?}/$ID"
	has "a rootless container needs a cgroup that was delegated to its user"
	[ "$(status_of)" = paused ]
}

@test "PAU-06 a group without a freezer, as before Linux 5.2, or no group that could have one" {
	if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] || [ ! -e /sys/fs/cgroup/freezer/cgroup.procs ]; then
		skip "every group of this host has a freezer"
	fi
	create
	ocirun start "$ID"
	local state=$ROOT/$ID/state.json other
	other=$(jq -r '.cgroup_paths | to_entries | map(select(.key | contains("freezer") | not))[0].value' "$state")
	cp "$state" "$DIR/state.json"
	jq --arg dir "$other" '.cgroup_paths = {"": $dir}' "$DIR/state.json" >"$state"
	run_fail ocirun pause "$ID"
	has "freezer not supported"
	jq --arg dir "$other" '.cgroup_paths = {"memory": $dir}' "$DIR/state.json" >"$state"
	run_fail ocirun pause "$ID"
	has "cannot pause: the container has no group with a freezer"
	cp "$DIR/state.json" "$state"
}
