#!/usr/bin/env bats
# kill and delete: rows KIL, DEL.

load lib

test_setup() { needs_containers; new_bundle sh -c 'trap "echo term; exit 3" TERM; trap "echo usr1" USR1; trap "echo rt3; exit 4" 37; while :; do sleep 0.1; done'; }

@test "KIL-01 KIL-02 the default is TERM; names with and without SIG, in any case, and numbers" {
	create
	ocirun start "$ID"
	sleep 0.3
	local signal
	for signal in USR1 SIGUSR1 usr1 sigusr1 10; do
		ocirun kill "$ID" "$signal"
		sleep 0.3
	done
	wait_for test "$(grep -c usr1 "$DIR/out")" -ge 1
	ocirun kill "$ID"
	wait_status stopped
	grep -q term "$DIR/out"
}

@test "KIL-02 an unknown signal" {
	create
	run_fail ocirun kill "$ID" NOSUCH
	has 'unknown signal "NOSUCH"'
	run_fail ocirun kill "$ID" 999
	has 'unknown signal "999"'
	run_fail ocirun kill "$ID" 9x
	has 'unknown signal "9x"'
}

@test "KIL-02 real-time signals by name" {
	create
	ocirun start "$ID"
	sleep 0.3
	ocirun kill "$ID" RTMIN+3
	wait_status stopped
	grep -q rt3 "$DIR/out"
}

@test "KIL-03 KIL-05 BAT-26 a stopped container; --all makes it no error" {
	create
	ocirun kill "$ID" KILL
	wait_status stopped
	run_fail ocirun kill "$ID" KILL
	has "container not running"
	run_ok ocirun kill --all "$ID" KILL
	run_ok ocirun kill -a "$ID" 9
}

@test "KIL-06 a container that does not exist" {
	run_fail ocirun kill "$ID" KILL
	has "container does not exist"
}

@test "KIL-07 NSP-20 a shared pid namespace: SIGKILL reaches all, also when init has gone" {
	needs_root
	config '.linux.namespaces |= map(select(.type != "pid"))'
	set_args sh -c 'sleep 77 & sleep 78'
	create
	ocirun start "$ID"
	wait_for pgrep -f 'sleep 77'
	ocirun kill "$ID" KILL
	wait_for sh -c '! pgrep -f "sleep 7[78]"'
	ocirun delete "$ID"
	create
	ocirun start "$ID"
	wait_for pgrep -f 'sleep 77'
	kill -KILL "$(pid_of)"
	wait_status stopped
	ocirun kill --all "$ID" KILL
	wait_for sh -c '! pgrep -f "sleep 7[78]"'
}

@test "KIL-08 KIL-12 a created container with its own pid namespace" {
	create
	ocirun kill "$ID" KILL
	wait_status stopped
}

@test "KIL-01 KIL-12 a created container ends by every signal that ends a program, unless its creator ignored that" {
	local signal
	for signal in TERM INT HUP QUIT; do
		create
		run_ok ocirun kill "$ID" "$signal"
		wait_status stopped
		run_fail ocirun start "$ID"
		run_ok ocirun delete "$ID"
	done
	create
	ocirun kill "$ID" # TERM
	wait_status stopped
	ocirun delete "$ID"
	(trap '' HUP && create)
	run_ok ocirun kill "$ID" HUP
	run_ok ocirun start "$ID"
	[ "$(status_of)" = running ]
	grep -qE '^SigIgn:.*[13579bdf]$' "/proc/$(pid_of)/status"
}

@test "KIL-09 a frozen container dies of SIGKILL" {
	needs_root
	create
	ocirun start "$ID"
	freeze
	ocirun kill "$ID" KILL
	wait_status stopped
}

@test "KIL-10 a signal never goes to another process that has the pid now" {
	create
	jq '.init_process_start += 1' "$ROOT/$ID/state.json" >"$DIR/s"
	local pid
	pid=$(pid_of)
	cp "$ROOT/$ID/state.json" "$DIR/keep"
	cp "$DIR/s" "$ROOT/$ID/state.json"
	run_fail ocirun kill "$ID" KILL
	cp "$DIR/keep" "$ROOT/$ID/state.json"
	kill -0 "$pid"
}

@test "KIL-11 signal 0 asks whether it lives" {
	create
	run_ok ocirun kill "$ID" 0
	ocirun kill "$ID" KILL
	wait_status stopped
	run_fail ocirun kill "$ID" 0
}

@test "DEL-01 delete: created, stopped, running" {
	create
	ocirun delete "$ID"
	[ ! -e "$ROOT/$ID" ]
	create
	ocirun start "$ID"
	run_fail ocirun delete "$ID"
	has "cannot delete container $ID that is not stopped: running"
	ocirun kill "$ID" KILL
	wait_status stopped
	ocirun delete "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "DEL-02 delete --force of a running container; flags behind the id" {
	create
	ocirun start "$ID"
	local pid
	pid=$(pid_of)
	run_ok ocirun delete "$ID" --force
	is_gone "$pid"
	[ ! -e "$ROOT/$ID" ]
}

@test "DEL-03 DEL-04 delete of what does not exist" {
	run_fail ocirun delete "$ID"
	has "container does not exist"
	run_ok ocirun delete --force "$ID"
	[ -z "$output" ]
}

@test "DEL-03 delete --force clears a directory without state, as a killed create leaves it" {
	create
	ocirun kill "$ID" KILL
	wait_status stopped
	mv "$ROOT/$ID/state.json" "$ROOT/$ID/creating.json"
	run_fail ocirun state "$ID"
	has "does not exist"
	run_ok ocirun delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "KIL-04 DEL-05 kill and delete by a regular expression" {
	needs_root
	local name
	for name in one two other; do
		config ".linux.cgroupsPath = \"$CGROUPS_PATH-$name\""
		create "$ID-$name"
	done
	run_fail ocirun kill --regex "(" KILL
	has "invalid regular expression"
	run_ok ocirun kill --regex "^$ID-(one|two)$" KILL
	wait_status stopped "$ID-one"
	wait_status stopped "$ID-two"
	[ "$(status_of "$ID-other")" = created ]
	run_ok ocirun delete -r "^$ID-(one|two)$"
	[ "$(ocirun list -q)" = "$ID-other" ]
	run_ok ocirun delete --force --regex "$ID"
	[ -z "$(ocirun list -q)" ]
	run_ok ocirun delete --regex nothing
}

@test "DEL-06 DEL-08 DEL-09 BAT-28 cgroups made inside are removed, with the processes in them" {
	needs_root
	create
	ocirun start "$ID"
	local dir sub
	jq -r '.cgroup_paths[]' "$ROOT/$ID/state.json" >"$DIR/dirs"
	while read -r dir; do
		mkdir -p "$dir/a/b"
	done <"$DIR/dirs"
	dir=$(grep -E 'pids|unified|cgroup/ocirun' "$DIR/dirs" | head -n 1)
	sleep 100 &
	sub=$!
	echo $sub >"$dir/a/b/cgroup.procs"
	run_ok ocirun delete --force "$ID"
	wait_for is_gone "$sub"
	while read -r dir; do
		[ ! -e "$dir" ]
	done <"$DIR/dirs"
}

@test "DEL-07 HOK-06 HOK-11 poststop hooks: all run, a failure is a warning, delete succeeds" {
	config ".hooks = {poststop: [{path: \"/bin/false\"}, {path: \"/bin/sh\", args: [\"sh\", \"-c\", \"cat >$DIR/poststop\"]}]}"
	create
	run_ok ocirun delete "$ID"
	[ "$(jq -r .status "$DIR/poststop")" = stopped ]
	[ "$(jq -r .pid "$DIR/poststop")" = 0 ]
	[ ! -e "$ROOT/$ID" ]
}

@test "DEL-10 nothing is mounted in the state directory" {
	create
	run_fail grep -F "$ROOT" /proc/self/mountinfo
	run_fail grep -F "$ROOT" "/proc/$(pid_of)/mountinfo"
}

@test "DEL-02 delete --force within a second, ten at once" {
	needs_root
	local i start
	for i in {1..10}; do
		config ".linux.cgroupsPath = \"$CGROUPS_PATH-$i\""
		create "$ID-$i"
		ocirun start "$ID-$i"
	done
	start=$(date +%s%N)
	for i in {1..10}; do ocirun delete -f "$ID-$i" & done
	wait
	[ $((($(date +%s%N) - start) / 1000000)) -lt 5000 ]
	[ "$(ocirun list -q)" = "" ]
}
