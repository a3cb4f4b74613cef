#!/usr/bin/env bats
# create: rows CRE, and what it leaves for start.

load lib

test_setup() { needs_root; new_bundle sh -c 'echo started; sleep 100'; }

@test "CRE-01 CRE-26 create returns once init waits, stdio inherited, program not started" {
	create
	[ "$(status_of)" = created ]
	[ ! -s "$DIR/out" ]
	ocirun start "$ID"
	wait_for grep -q started "$DIR/out"
}

@test "CRE-01 the container is a child of the caller's subreaper, no runtime process stays" {
	# a subreaper of our own: setsid would not do
	cat >"$DIR/reaper.pl" <<-'P'
		syscall(157, 36, 1, 0, 0, 0); # prctl PR_SET_CHILD_SUBREAPER
		system(@ARGV) == 0 or die "create failed";
		open(my $children, "<", "/proc/$$/task/$$/children"); print <$children>;
	P
	run_ok perl "$DIR/reaper.pl" sh -c "'$OCIRUN' --root '$ROOT' create --bundle '$BUNDLE' $ID </dev/null >/dev/null 2>&1"
	[ "${output// /}" = "$(pid_of)" ]
}

@test "CRE-02 --bundle, -b, and the current directory; pid file relative to the original directory" {
	cd "$DIR"
	ocirun create -b bundle --pid-file the.pid "$ID" </dev/null >/dev/null 2>&1
	[ "$(cat "$DIR/the.pid")" = "$(pid_of)" ]
	ocirun delete -f "$ID"
	cd "$BUNDLE"
	ocirun create "$ID" </dev/null >/dev/null 2>&1
	[ "$(status_of)" = created ]
	[ "$(ocirun state "$ID" | jq -r .bundle)" = "$(realpath "$BUNDLE")" ]
}

@test "CRE-06 CRE-07 pid file: digits only, a stale temporary of another run does no harm" {
	echo stale >"$DIR/.pid"
	ocirun create --bundle "$BUNDLE" --pid-file "$DIR/pid" "$ID" </dev/null >/dev/null 2>&1
	[ "$(od -An -c "$DIR/pid" | tr -d ' 0-9')" = "" ]
	[ "$(cat "$DIR/pid")" = "$(pid_of)" ]
	[ "$(find "$DIR" -maxdepth 1 -name '*pid*' | wc -l)" = 2 ]
}

@test "CRE-06 no pid file is left by a create that failed" {
	set_args /no/such/program
	run_fail ocirun create --bundle "$BUNDLE" --pid-file "$DIR/pid" "$ID"
	[ ! -e "$DIR/pid" ]
}

@test "CRE-08 --no-pivot" {
	set_args sh -c 'ls / && test ! -e /proc/1/root/usr'
	run_ok ocirun run --no-pivot --bundle "$BUNDLE" "$ID"
	has bin
	lacks lib
}

@test "CRE-09 a new session keyring, unless --no-new-keyring" {
	set_args sh -c 'cat /proc/keys'
	config '.linux.maskedPaths = []'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	has "_ses.$ID"
	run_ok ocirun run --no-new-keyring --bundle "$BUNDLE" "other-$ID"
	lacks "_ses.other-$ID"
}

@test "CRE-10 --preserve-fds passes 3..3+N-1 and nothing else" {
	set_args sh -c 'ls /proc/self/fd; cat /dev/fd/4'
	echo four >"$DIR/four"
	run_ok ocirun run --preserve-fds 2 --bundle "$BUNDLE" "$ID" 3</dev/null 4<"$DIR/four" 5</dev/null
	# ls itself holds one more descriptor, the directory it lists
	[ "$(echo "${lines[@]:0:6}")" = "0 1 2 3 4 5" ]
	has four
}

@test "CRE-10 a preserved descriptor that is missing is an error, nothing of the runtime's is passed (runc#5474)" {
	run_fail ocirun create --preserve-fds 3 --bundle "$BUNDLE" "$ID" 3</dev/null 4>&- 5>&-
	has "unable to stat preserved-fd"
	[ ! -e "$ROOT/$ID" ]
}

@test "CRE-11 --no-subreaper is accepted" {
	ocirun create --no-subreaper --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
}

@test "CRE-12 terminal without console socket" {
	config '.process.terminal = true'
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "cannot allocate tty if ocirun will detach without setting console socket"
}

@test "CRE-13 console socket without terminal" {
	run_fail ocirun create --console-socket "$DIR/sock" --bundle "$BUNDLE" "$ID"
	has "cannot use console socket if ocirun will not detach or allocate tty"
}

@test "CRE-14 ids: what is refused, and nothing is made" {
	local bad
	for bad in . .. a/b ../x /abs 'a b' 'ä' "$(printf 'x%.0s' {1..300})" $'new\nline' '@x'; do
		run_fail ocirun create --bundle "$BUNDLE" "$bad"
		has "invalid container ID format"
	done
	[ ! -d "$ROOT" ] || [ -z "$(ls -A "$ROOT")" ]
}

@test "CRE-14 ids: what is allowed" {
	local good
	for good in "${ID}_a+b-c.d" "A$ID"; do
		create "$good"
		[ "$(status_of "$good")" = created ]
		ocirun delete -f "$good"
	done
}

@test "CRE-15 a duplicate id" {
	create
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "container with given ID already exists"
	[ "$(status_of)" = created ]
}

@test "CRE-15 of ten creates of one id at once exactly one wins" {
	local i won=0
	for i in {1..10}; do
		(ocirun create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 && echo yes >"$DIR/won.$i") &
	done
	wait
	won=$(cat "$DIR"/won.* | wc -l)
	[ "$won" = 1 ]
	[ "$(status_of)" = created ]
	[ -z "$(find "$ROOT" -maxdepth 1 -name '@new*')" ]
}

@test "CRE-16 CRE-17 missing config.json; null; unknown keys" {
	rm "$BUNDLE/config.json"
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "JSON specification file config.json not found"
	echo null >"$BUNDLE/config.json"
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "config cannot be null"
	rm "$BUNDLE/config.json"
	new_bundle sleep 100
	config '.unknown = {a: 1} | .linux.unknown = [] | .process.foo = "x"'
	create
}

@test "CRE-18 process checks" {
	config 'del(.process)'
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "process property must not be empty"
	new_bundle sleep 1
	config '.process.cwd = ""'
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "Cwd property must not be empty"
	config '.process.cwd = "tmp"'
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "Cwd must be an absolute path"
	config '.process.cwd = "/" | .process.args = []'
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "args must not be empty"
	[ ! -e "$ROOT/$ID" ]
}

@test "CRE-19 the root file system must exist and be no symlink" {
	config '.root.path = "nowhere"'
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "/root/path"
	ln -s rootfs "$BUNDLE/link"
	config '.root.path = "link"'
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "invalid rootfs: not an absolute path, or a symlink"
}

@test "CRE-20 BAT-22 the cgroup must be empty" {
	create
	new_id=other$ID
	run_fail ocirun create --bundle "$BUNDLE" "$new_id"
	has "container's cgroup is not empty: 1 process(es) found"
	[ ! -e "$ROOT/$new_id" ]
}

@test "CRE-22 args[0] is looked up at create, in the container's PATH" {
	set_args no-such-program
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has 'exec: "no-such-program": executable file not found in $PATH'
	set_args /bin/nothing
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "no such file or directory"
	set_args /etc/passwd
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "permission denied"
	set_args /etc
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	[[ $output == *"is a directory"* || $output == *"permission denied"* ]]
	[ ! -e "$ROOT/$ID" ]
}

@test "CRE-23 a failed create leaves nothing: state, cgroup, process, mount; poststop hooks have run" {
	mkdir "$DIR/log"
	config ".hooks = {createRuntime: [{path: \"/bin/false\"}], poststop: [{path: \"/bin/touch\", args: [\"touch\", \"$DIR/log/poststop\"]}]}"
	run_fail ocirun create --bundle "$BUNDLE" "$ID"
	has "error running createRuntime hook #0:"
	[ ! -e "$ROOT/$ID" ]
	[ -e "$DIR/log/poststop" ]
	[ -z "$(find /sys/fs/cgroup -type d -name "$ID")" ]
	run_fail pgrep -f "ociinit.*$ID"
}

@test "CRE-25 the shim ends when its creator is killed before READY" {
	config '.hooks = {createRuntime: [{path: "/bin/sleep", args: ["sleep", "100"]}]}'
	"$OCIRUN" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 &
	local creator=$! shim
	wait_for pgrep -P "$creator" ociinit
	shim=$(pgrep -P "$creator" ociinit)
	kill -KILL "$creator"
	wait "$creator" || :
	wait_for test ! -e "/proc/$shim"
	# the next command clears what is left
	run_fail ocirun state "$ID"
	has "does not exist"
	ocirun delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "CRE-27 the caller's processor mask does not leak into the container" {
	[ "$(nproc)" -gt 1 ] || skip "one processor"
	set_args grep Cpus_allowed_list /proc/self/status
	run_ok taskset -c 0 "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "${output##*$'\t'}" != 0 ]
}

@test "CRE-28 oom_score_adj is the caller's unless config says otherwise" {
	set_args cat /proc/self/oom_score_adj
	run_ok sh -c "echo 321 >/proc/self/oom_score_adj; exec '$OCIRUN' --root '$ROOT' run --bundle '$BUNDLE' '$ID'"
	[ "$output" = 321 ]
	config '.process.oomScoreAdj = 500'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$output" = 500 ]
}

@test "CRE-03 --config names another file" {
	mv "$BUNDLE/config.json" "$BUNDLE/other.json"
	ocirun create --config other.json --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	[ "$(status_of)" = created ]
}

@test "CRE-24 an init killed for memory says so" {
	config '.linux.resources.memory = {limit: 65536}'
	[ -e /sys/fs/cgroup/memory ] || grep -q memory /sys/fs/cgroup/cgroup.controllers ||
		skip "this host has no memory controller here"
	run ocirun create --bundle "$BUNDLE" "$ID"
	# 64 KiB is too little for any program: set-up or exec must say it, or the kernel rounds it up and it runs
	[ "$status" -eq 0 ] || has "memory limit too low"
}

@test "CRE-21 the state names init and its groups before init is released: a killed create can be deleted" {
	config ".hooks = {createRuntime: [{path: \"/bin/cp\", args: [\"cp\", \"$ROOT/$ID/creating.json\", \"$DIR/creating.json\"]}]}"
	create
	[ "$(jq .init_process_pid "$DIR/creating.json")" = "$(pid_of)" ]
	[ "$(jq -r '.cgroup_paths | length' "$DIR/creating.json")" -ge 1 ]
	[ ! -e "$ROOT/$ID/creating.json" ]
}
