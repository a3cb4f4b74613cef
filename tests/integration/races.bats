# Commands that meet: the same id from many sides, deletes of what is being made, of what starts, of what ends.

load lib

test_setup() { needs_root; new_bundle sleep 60; }

# Wait for background jobs; `statuses` holds their exit statuses.
collect() {
	local job
	statuses=()
	for job; do
		if wait "$job"; then statuses+=(0); else statuses+=($?); fi
	done
}
nothing_left() {
	local names
	names=$(find "$ROOT" -mindepth 1 -maxdepth 1 ! -name '@seccomp')
	[ -z "$names" ] || { echo "left in the state root: $names" >&2; return 1; }
}

@test "of ten creates of one id one succeeds, the others say that it exists" {
	local i jobs=() won=0
	for i in 0 1 2 3 4 5 6 7 8 9; do
		ocirun create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$DIR/err.$i" &
		jobs+=($!)
	done
	collect "${jobs[@]}"
	for i in 0 1 2 3 4 5 6 7 8 9; do
		if [ "${statuses[i]}" = 0 ]; then won=$((won + 1)); else grep -q "already exists" "$DIR/err.$i"; fi
	done
	[ $won = 1 ]
	[ "$(status_of)" = created ]
	ocirun delete "$ID"
	nothing_left
}

# One that looks at a container at the very moment when its creation ends: between its look for state.json and its look
# for a living creator (flock) a second passes, made by strace, in which that creator finishes.
looks_while_it_is_finished() { # COMMAND...
	local creator
	config ".hooks = {createRuntime: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"until test -e $DIR/go; do sleep 0.02; done\"]}]}"
	ocirun create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$DIR/err" &
	creator=$!
	wait_status creating
	strace -o "$DIR/trace" -e trace=flock,openat -e inject=flock:delay_enter=1000000 \
		"$OCIRUN" --root "$ROOT" "$@" </dev/null >"$DIR/look.out" 2>"$DIR/look.err" &
	wait_for grep -q '"creating.json", O_RDONLY' "$DIR/trace"
	touch "$DIR/go"
	collect $creator $!
	[ "${statuses[0]}" = 0 ] || { cat "$DIR/err" >&2; return 1; }
}

@test "a create beside one that ends does not take what was just made for a leftover" {
	looks_while_it_is_finished create -b "$BUNDLE" "$ID"
	[ "${statuses[1]}" = 1 ]
	grep -q "already exists" "$DIR/look.err"
	ocirun start "$ID"
	[ "$(status_of)" = running ]
	ocirun delete -f "$ID"
	nothing_left
}

@test "state beside a create that ends says creating or created, not stopped" {
	looks_while_it_is_finished state "$ID"
	[ "${statuses[1]}" = 0 ]
	[[ $(jq -r .status "$DIR/look.out") == creat* ]]
	ocirun delete "$ID"
	nothing_left
}

@test "delete -f beside a create that ends removes what was made, its groups too" {
	looks_while_it_is_finished delete -f "$ID"
	[ "${statuses[1]}" = 0 ]
	nothing_left
}

@test "twenty containers are created, started and deleted at once, with list in between" {
	local i jobs=()
	one() {
		config_of "$1"
		ocirun create -b "$DIR/b$1" "$ID-$1" </dev/null >/dev/null && ocirun start "$ID-$1" &&
			[ "$(status_of "$ID-$1")" = running ] && ocirun delete -f "$ID-$1"
	}
	config_of() {
		mkdir "$DIR/b$1"
		ln -s "$BUNDLE/rootfs" "$DIR/b$1/link"
		jq --arg g "$CGROUPS_PATH-$1" --arg r "$BUNDLE/rootfs" '.linux.cgroupsPath = $g | .root.path = $r' \
			"$BUNDLE/config.json" >"$DIR/b$1/config.json"
	}
	for i in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20; do
		one $i 2>"$DIR/err.$i" &
		jobs+=($!)
	done
	wait_for test -d "$ROOT"
	for i in 1 2 3 4 5; do ocirun list >/dev/null; done
	collect "${jobs[@]}"
	for i in "${!statuses[@]}"; do
		[ "${statuses[i]}" = 0 ] || { cat "$DIR"/err.* >&2; return 1; }
	done
	nothing_left
}

@test "delete -f of a container that is being created ends the creation" {
	local creator i
	config '.hooks = {createContainer: [{path: "/bin/sleep", args: ["sleep", "60"]}]}'
	ocirun create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$DIR/err" &
	creator=$!
	wait_status creating
	run_fail ocirun delete "$ID"
	run_ok timeout 8 "$OCIRUN" --root "$ROOT" delete -f "$ID"
	collect $creator
	[ "${statuses[0]}" = 1 ]
	[ "$(wc -l <"$DIR/err")" = 1 ]
	nothing_left
}

is_sleeping() { grep -qsx sleep /proc/*/comm; }
@test "the same with a user namespace, where init is another process than the first" {
	local creator
	needs_root
	chmod 755 "$DIR"
	config '.linux.namespaces += [{type: "user"}]' '.hooks = {createContainer: [{path: "/bin/sleep", args: ["sleep", "60"]}]}' \
		'.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	ocirun create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$DIR/err" &
	creator=$!
	wait_for is_sleeping
	sleep 0.3
	run_ok timeout 8 "$OCIRUN" --root "$ROOT" delete -f "$ID"
	collect $creator
	[ "${statuses[0]}" = 1 ]
	nothing_left
}

@test "delete -f of a creation whose init is stopped by a signal" {
	local creator pid
	config '.hooks = {createRuntime: [{path: "/bin/sleep", args: ["sleep", "60"]}]}'
	ocirun create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$DIR/err" &
	creator=$!
	wait_status creating
	wait_for test "$(pid_of)" != 0
	pid=$(pid_of)
	kill -STOP "$pid"
	run_ok timeout 8 "$OCIRUN" --root "$ROOT" delete -f "$ID"
	collect $creator
	[ "${statuses[0]}" = 1 ]
	nothing_left
}

@test "a killed creator takes its hook along, and its id is free" {
	local creator
	config '.hooks = {createContainer: [{path: "/bin/sleep", args: ["sleep", "61"]}]}'
	"$OCIRUN" --root "$ROOT" create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 &
	creator=$!
	wait_status creating
	wait_for pgrep -f '^sleep 61$'
	kill -KILL $creator
	collect $creator
	wait_for eval '! pgrep -f "^sleep 61$"'
	config 'del(.hooks)'
	create
	ocirun delete "$ID"
	nothing_left
}

@test "a creator that is killed before it looked does not endanger a group that was there before" {
	local dir victim controller
	needs_root
	for controller in /sys/fs/cgroup/pids /sys/fs/cgroup; do
		[ -e "$controller/cgroup.procs" ] && break
	done
	dir=$controller$CGROUP
	mkdir -p "$dir"
	sleep 60 &
	victim=$!
	echo $victim >"$dir/cgroup.procs"
	# what such a creator leaves: no state.json, groups named only when they were not there
	run_fail ocirun create -b "$BUNDLE" "$ID"
	has "not empty"
	kill -0 $victim
	kill $victim
	wait $victim || :
	rmdir "$dir"
	nothing_left
}

@test "two deletes at once: one removes, the other finds it gone" {
	local i a b
	for i in 1 2 3; do
		create
		ocirun delete "$ID" 2>"$DIR/err.a" &
		a=$!
		ocirun delete "$ID" 2>"$DIR/err.b" &
		b=$!
		collect $a $b
		[ $((statuses[0] + statuses[1])) = 1 ]
		cat "$DIR/err.a" "$DIR/err.b" | grep -q "does not exist"
		nothing_left
	done
}

@test "start against delete: whichever is first, nothing is left" {
	local i a b
	for i in 1 2 3 4; do
		create
		ocirun start "$ID" 2>"$DIR/err.a" &
		a=$!
		ocirun delete -f "$ID" 2>"$DIR/err.b" &
		b=$!
		collect $a $b
		[ "${statuses[1]}" = 0 ] || { cat "$DIR/err.b" >&2; return 1; }
		nothing_left
	done
}

@test "kill against the end of the program: delivered, or not running" {
	local i
	set_args true
	for i in 1 2 3 4 5; do
		create
		ocirun start "$ID"
		run ocirun kill "$ID" KILL
		[ "$status" = 0 ] || has "container not running"
		wait_status stopped
		ocirun delete "$ID"
	done
}

freezer_file() { # of the test's group: FROZEN or 1 freezes
	local dir
	for dir in /sys/fs/cgroup/freezer "/sys/fs/cgroup/unified" /sys/fs/cgroup; do
		[ -e "$dir$CGROUP/freezer.state" ] && { echo "$dir$CGROUP/freezer.state FROZEN"; return; }
		[ -e "$dir$CGROUP/cgroup.freeze" ] && { echo "$dir$CGROUP/cgroup.freeze 1"; return; }
	done
	return 1
}

@test "a group that is frozen during the creation: delete -f thaws and removes it" {
	local creator file word
	needs_root
	config '.hooks = {createContainer: [{path: "/bin/sleep", args: ["sleep", "62"]}]}'
	ocirun create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$DIR/err" &
	creator=$!
	wait_for pgrep -f '^sleep 62$'
	read -r file word < <(freezer_file)
	echo "$word" >"$file"
	run_ok timeout 8 "$OCIRUN" --root "$ROOT" delete -f "$ID"
	collect $creator
	[ "${statuses[0]}" = 1 ]
	nothing_left
}

@test "a frozen created container: start says so at once, delete -f removes it" {
	local file word
	needs_root
	create
	read -r file word < <(freezer_file)
	echo "$word" >"$file"
	run_fail timeout 8 "$OCIRUN" --root "$ROOT" start "$ID"
	has paused
	run_ok timeout 8 "$OCIRUN" --root "$ROOT" delete -f "$ID"
	nothing_left
}

@test "delete -f of an id that leads to another container by now leaves that one alone" {
	local deleter
	mkdir -p "$ROOT/$ID"
	cp "$BUNDLE/config.json" "$ROOT/$ID/config.json" # what no creator left: nothing is known of it
	strace -o "$DIR/trace" -e trace=getdents64,openat -e inject=getdents64:delay_enter=1500000:when=1 \
		"$OCIRUN" --root "$ROOT" delete -f "$ID" 2>"$DIR/err" &
	deleter=$!
	wait_for grep -q "\"$ID\"" "$DIR/trace"
	mv "$ROOT/$ID" "$DIR/away"
	create
	collect $deleter
	[ "$(status_of)" = created ]
	ocirun delete "$ID"
	nothing_left
}

first_group() { jq -r '[.cgroup_paths[]][0]' "$ROOT/$ID/state.json"; }

@test "delete -f removes groups that the container has nested deeper than anybody walks" {
	needs_root
	create
	(cd "$(first_group)" && for ((i = 0; i < 300; i++)); do mkdir d && cd d || exit; done)
	run_ok ocirun delete -f "$ID"
	nothing_left
}

@test "delete -f ends a process that is frozen in the container's groups, in its pid namespace or not" {
	local dir stranger file word
	needs_root
	create
	sleep 60 &
	stranger=$!
	while read -r dir; do
		[ ! -e "$dir/cgroup.procs" ] || echo $stranger >"$dir/cgroup.procs"
	done < <(jq -r '.cgroup_paths[]' "$ROOT/$ID/state.json")
	kill -KILL "$(pid_of)"
	wait_status stopped
	read -r file word < <(freezer_file)
	echo "$word" >"$file"
	run_ok ocirun delete -f "$ID"
	is_gone $stranger
	nothing_left
}
