#!/usr/bin/env bats
# ps: rows PSS. The truth is cgroup.procs of the container's group.

load lib

test_setup() { needs_containers; new_bundle sh -c 'sleep 100 & sleep 100 & wait'; }

# Every process of the container as the kernel lists it, in sub-groups too: [1,2].
kernel_pids() {
	local dir
	dir=$(jq -r '.cgroup_paths | to_entries | map(select(.key == "" or (.key | contains("pids"))))[0].value' "$ROOT/$ID/state.json")
	find "$dir" -name cgroup.procs -exec cat {} + | sort -nu | paste -sd, | sed 's/.*/[&]/'
}

@test "PSS-02 json: host pids on one line, ascending, and nothing on stderr" {
	needs_limits
	create
	ocirun start "$ID"
	three() { [ "$(ocirun ps --format json "$ID" | jq length)" = 3 ]; }
	wait_for three
	[ "$(ocirun ps --format json "$ID" 2>&1)" = "$(kernel_pids)" ]
	[ "$(ocirun ps -f json "$ID")" = "$(kernel_pids)" ]
	ocirun ps --format=json "$ID" | jq -e "index($(pid_of)) != null"
}

@test "PSS-01 the table is the host's ps -ef, of the container's processes only" {
	needs_limits
	create
	ocirun start "$ID"
	three() { [ "$(ocirun ps --format json "$ID" | jq length)" = 3 ]; }
	wait_for three
	run_ok ocirun ps "$ID"
	[ "${lines[0]}" = "$(ps -ef | head -n 1)" ]
	[ "${#lines[@]}" = 4 ]
	[ "$(printf '%s\n' "${lines[@]:1}" | awk '{print $2}' | sort -n | paste -sd, | sed 's/.*/[&]/')" = "$(kernel_pids)" ]
}

@test "PSS-01 BAT-55 what follows the id goes to ps, options and all" {
	create
	ocirun start "$ID"
	run_ok ocirun ps "$ID" -e -o ppid,pid,comm
	[[ "${lines[0]}" =~ ^\ *PPID\ +PID\ +COMMAND$ ]]
	[ "$(printf '%s\n' "${lines[@]:1}" | awk '$3 == "sh" {print $2}')" = "$(pid_of)" ]
	run_ok ocirun ps "$ID" -e -x
	[[ "${lines[0]}" =~ ^\ *PID\ +TTY\ +STAT\ +TIME\ +COMMAND$ ]]
	[ "${#lines[@]}" -gt 1 ]
	run_ok ocirun ps --format table "$ID" aux
	[[ "${lines[0]}" == USER* ]]
}

@test "PSS-03 PSS-04 a bad format, an output without PID, an option that ps does not know" {
	create
	run_fail ocirun ps --format xml "$ID"
	has "invalid format option"
	run_fail ocirun ps "$ID" -e -o comm
	has "couldn't find PID field in ps output"
	run_fail ocirun ps "$ID" --no-such-option
	has "ps: exit status 1"
	run_fail ocirun ps nothing-here
	has "container does not exist"
}

@test "PSS-05 processes in groups below the container's" {
	needs_limits
	create
	ocirun start "$ID"
	local dir pid
	dir=$(jq -r '.cgroup_paths | to_entries | last.value' "$ROOT/$ID/state.json")
	mkdir -p "$dir/a/b"
	sleep 100 &
	pid=$!
	while read -r dir; do
		mkdir -p "$dir/a/b"
		# an empty cpuset takes no task
		if [ -e "$dir/a/cpuset.cpus" ]; then
			for file in cpuset.cpus cpuset.mems; do
				cat "$dir/$file" >"$dir/a/$file" || true
				cat "$dir/$file" >"$dir/a/b/$file" || true
			done
		fi
		echo $pid >"$dir/a/b/cgroup.procs"
	done < <(jq -r '.cgroup_paths[]' "$ROOT/$ID/state.json")
	ocirun ps --format json "$ID" | jq -e "index($pid) != null"
	ocirun ps "$ID" | awk '{print $2}' | grep -qx "$pid"
	ocirun delete -f "$ID"
	wait_for is_gone "$pid"
}

@test "PSS-07 a host without ps(1): a table of our own; options need the real one" {
	create
	ocirun start "$ID"
	run_ok env PATH=/nonexistent "$OCIRUN" --root "$ROOT" ps "$ID"
	[[ "${lines[0]}" =~ ^UID\ +PID\ +PPID\ +S\ +CMD$ ]]
	printf '%s\n' "${lines[@]:1}" | awk '{print $2}' | grep -qx "$(pid_of)"
	has "sleep 100"
	run_fail env PATH=/nonexistent "$OCIRUN" --root "$ROOT" ps "$ID" aux
	has "cannot run ps: no such file or directory"
}

@test "PSS-08 BAT-56 a stopped container has no processes, which is no error" {
	create
	ocirun kill "$ID" KILL
	wait_status stopped
	[ "$(ocirun ps --format json "$ID" 2>&1)" = "[]" ]
	run_ok ocirun ps "$ID"
	[ "${#lines[@]}" = 1 ]
}

@test "PSS-06 a user without access to the groups is told why" {
	needs_root
	create
	cp -r "$ROOT" "$BATS_RUN_TMPDIR/$ID" && chmod 755 "$BATS_RUN_TMPDIR" && chown -R 1000 "$BATS_RUN_TMPDIR/$ID"
	jq -r '.cgroup_paths[] + "/cgroup.procs"' "$ROOT/$ID/state.json" | xargs chmod 600
	run_fail setpriv --reuid=1000 --regid=1000 --clear-groups "$OCIRUN" --root "$BATS_RUN_TMPDIR/$ID" ps "$ID"
	rm -rf "${BATS_RUN_TMPDIR:?}/$ID"
	has "permission denied"
	has "ps failure might be caused by lack of full access to cgroups"
}
