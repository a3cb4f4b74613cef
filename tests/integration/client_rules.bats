#!/usr/bin/env bats
# What the callers (containerd's shim, conmon, Podman, CRI-O, Buildah, Docker) rely on without a word in the
# runtime spec: the twenty rules of CLIENTS section 1, a test for each.

load lib

test_setup() { needs_root; export OCIRUN ROOT ID; }

json_log() { ocirun --log "$DIR/log.json" --log-format json "$@"; }
# The log is one object, which has what runc's has.
one_object() {
	jq -es 'length == 1 and .[0].level == "error" and (.[0].msg | length > 0) and (.[0] | keys == ["level", "msg", "time"])' "$DIR/log.json"
}

@test "rule 1: a pid file is digits alone, there at once, before create returns" {
	new_bundle sleep 100
	echo old >"$DIR/pid"
	ln "$DIR/pid" "$DIR/before"
	ocirun create --bundle "$BUNDLE" --pid-file "$DIR/pid" "$ID" </dev/null >/dev/null 2>&1
	[[ $(od -An -c "$DIR/pid" | tr -d ' ') =~ ^[0-9]+$ ]]
	[ "$(cat "$DIR/pid")" = "$(pid_of)" ]
	# a whole file took the old one's place: a reader in between sees the one or the other
	[ "$(cat "$DIR/before")" = old ]
}

@test "rule 2: the last object with level error carries the message" {
	run_fail json_log --debug state nothing
	[ "$(jq -rs 'map(select(.level == "error")) | last.msg | contains("does not exist")' "$DIR/log.json")" = true ]
}

@test "rule 3: a failing create or exec writes exactly one object, whatever fails and however early" {
	new_bundle no-such-program
	run_fail json_log create --bundle "$BUNDLE" "$ID"
	one_object
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["no_such_call"], action: "SCMP_ACT_ERRNO"}]}'
	rm "$DIR/log.json" # with a reason to warn besides
	run_fail json_log create --bundle "$BUNDLE" "$ID"
	one_object
	config 'del(.linux.seccomp)' '.hooks.prestart = [{path: "/bin/false"}]'
	set_args true
	rm "$DIR/log.json"
	run_fail json_log create --bundle "$BUNDLE" "$ID"
	one_object
	rm "$DIR/log.json"
	run_fail json_log create --bundle "$BUNDLE"
	one_object
	config 'del(.hooks)'
	set_args sleep 100
	create
	ocirun start "$ID"
	rm "$DIR/log.json"
	run_fail json_log exec "$ID" no-such-program
	one_object
	rm "$DIR/log.json"
	run_fail json_log exec --process "$DIR/none" "$ID"
	one_object
}

@test "rule 4: the time is RFC 3339" {
	run_fail json_log state nothing
	[[ $(jq -r .time "$DIR/log.json") =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$ ]]
	local age=$(($(date +%s) - $(date -d "$(jq -r .time "$DIR/log.json")" +%s)))
	[ "$age" -ge 0 ] && [ "$age" -lt 100 ]
}

@test "rule 5: the reason is on stderr too" {
	new_bundle no-such-program
	"$OCIRUN" --root "$ROOT" --log "$DIR/log.json" --log-format json create --bundle "$BUNDLE" "$ID" 2>"$DIR/err" && false
	grep -q 'executable file not found' "$DIR/err"
	[ "$(wc -l <"$DIR/err")" = 1 ]
}

@test "rule 6: an unknown id: does not exist" {
	local command
	for command in state start "kill" delete pause resume ps "exec"; do
		case $command in exec) run_fail ocirun exec nothing true ;; *) run_fail ocirun "$command" nothing ;; esac
		has "does not exist"
	done
	run_ok ocirun delete --force nothing
}

@test "rule 7: kill of a dead container: container not running" {
	new_bundle true
	create
	ocirun start "$ID"
	wait_status stopped
	run_fail ocirun kill "$ID" KILL
	has "container not running"
	run_ok ocirun kill --all "$ID" 9
}

@test "rule 8: the texts from which clients make 126 and 127" {
	new_bundle no-such-program
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "executable file not found in"
	set_args /no/such/program
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "no such file or directory"
	echo text >"$BUNDLE/rootfs/text"
	set_args /text
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "permission denied"
	set_args /bin
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	[[ $output == *"is a directory"* || $output == *"permission denied"* ]]
	set_args true
	config '.mounts += [{destination: "/etc/passwd", source: "/etc", options: ["bind"]}]'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "ot a directory"
	config '.mounts[-1] = {destination: "/bin", source: "/etc/passwd", options: ["bind"]}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "ot a directory"
}

@test "rule 9: features exits 0, prints JSON, and nothing on stderr" {
	run_ok "$OCIRUN" features
	jq -e . <<<"$output"
	run_ok env -i "$OCIRUN" --root /nowhere features
	jq -e . <<<"$output"
}

@test "rule 10: features: rro, user namespaces, idmap" {
	ocirun features >"$DIR/features"
	jq -e '(.mountOptions | index("rro")) and (.linux.namespaces | index("user")) and .linux.mountExtensions.idmap.enabled == true' "$DIR/features"
}

@test "rule 11: the version's lines; under the name runc the prefix that go-runc wants" {
	run_ok ocirun --version
	[[ ${lines[0]} == *" version "* ]]
	grep -q '^commit: .' <<<"$output"
	grep -q '^spec: .' <<<"$output"
	ln -s "$OCIRUN" "$DIR/runc"
	run_ok "$DIR/runc" --version
	[[ ${lines[0]} == "runc version "* ]]
}

@test "rule 12: a long option behind one dash" {
	new_bundle true
	run_ok ocirun run -no-subreaper -bundle "$BUNDLE" "$ID"
}

@test "rule 13: an option without its value: flag needs an argument" {
	run_fail ocirun create --bundle
	has "flag needs an argument"
	run_fail ocirun exec "--process"
	has "flag needs an argument"
}

@test "rule 14: the terminal's master is at the console socket when create and exec return" {
	helper terminal "$DIR/terminal"
	new_bundle sh -c 'echo from-init; sleep 100'
	config '.process.terminal = true'
	local started=("$OCIRUN" --root "$ROOT") # of `client`: the message must be there when the command has returned
	run_ok "$DIR/terminal" client "$DIR/console" 'do:"$OCIRUN" --root "$ROOT" start "$ID"' expect:from-init \
		'do:"$OCIRUN" --root "$ROOT" kill "$ID" KILL' -- "${started[@]}" create --bundle "$BUNDLE" --console-socket "$DIR/console" "$ID"
	ocirun delete --force "$ID"
	config '.process.terminal = false'
	set_args sleep 100
	create
	ocirun start "$ID"
	rm -f "$DIR/console"
	run_ok "$DIR/terminal" client "$DIR/console" expect:from-exec -- \
		"${started[@]}" exec -d -t --console-socket "$DIR/console" "$ID" echo from-exec
}

@test "rule 15: after create nobody but the container's process holds its standard streams" {
	new_bundle sleep 100
	mkfifo "$DIR/stream"
	cat "$DIR/stream" >"$DIR/read" &
	local reader=$! held
	ocirun create --bundle "$BUNDLE" "$ID" </dev/null >"$DIR/stream" 2>&1 3>&-
	held=$(find /proc/[0-9]*/fd -lname "$DIR/stream" 2>/dev/null | cut -d/ -f3 | sort -u | grep -vx "$reader")
	[ "$held" = "$(pid_of)" ]
	ocirun kill "$ID" KILL
	wait_for is_gone "$reader" # end of file
}

@test "rule 16: killed by its parent's death, create leaves nothing that delete does not clear" {
	local runtime
	new_bundle sleep 100
	mkfifo "$DIR/reached"
	config ".hooks.createRuntime = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo >$DIR/reached; exec sleep 100\"]}]"
	bash -c 'setpriv --pdeathsig KILL "$@" & echo $! >"$0"; wait' "$DIR/runtime" "$OCIRUN" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- &
	local parent=$!
	timeout 10 cat "$DIR/reached"
	runtime=$(cat "$DIR/runtime")
	kill -KILL "$parent"
	wait_for is_gone "$runtime"
	run_ok ocirun delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
	run_ok find /sys/fs/cgroup -type d -name "$ID"
	[ -z "$output" ]
}

@test "rule 17: init's parent is the caller's subreaper, which reaps its status" {
	new_bundle sh -c 'exit 42'
	# shellcheck disable=SC2016 # perl's variables
	run_ok perl -e '
		syscall(157, 36, 1, 0, 0, 0) == 0 or die "prctl: $!"; # PR_SET_CHILD_SUBREAPER
		my ($ocirun, $root, $bundle, $id, $file) = @ARGV;
		system($ocirun, "--root", $root, "create", "--bundle", $bundle, "--pid-file", $file, $id) == 0 or die "create";
		open(my $f, "<", $file); my $pid = <$f>;
		open(my $s, "<", "/proc/$pid/stat"); my @stat = split(" ", <$s>);
		print "parent ", $stat[3] == $$ ? "mine" : $stat[3], "\n";
		system($ocirun, "--root", $root, "start", $id) == 0 or die "start";
		my $got = waitpid($pid, 0);
		print "status ", $got == $pid ? $? >> 8 : "lost", "\n";
	' "$OCIRUN" "$ROOT" "$BUNDLE" "$ID" "$DIR/pid"
	[ "$output" = $'parent mine\nstatus 42' ]
}

@test "rule 18: an almost empty environment" {
	new_bundle sleep 100
	local bare=(env -i "XDG_RUNTIME_DIR=$DIR" "$OCIRUN" --root "$ROOT")
	"${bare[@]}" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	"${bare[@]}" start "$ID"
	run_ok "${bare[@]}" exec "$ID" /bin/echo inside
	[ "$output" = inside ]
	run_ok "${bare[@]}" kill "$ID" KILL
	wait_status stopped
	run_ok "${bare[@]}" delete --force "$ID"
}

@test "rule 19: the cgroup is final when create returns" {
	new_bundle sleep 100
	create
	local pid before
	pid=$(pid_of)
	before=$(cat "/proc/$pid/cgroup")
	grep -q ":$CGROUP\$" <<<"$before"
	ocirun start "$ID"
	wait_for grep -q sleep "/proc/$pid/comm"
	[ "$(cat "/proc/$pid/cgroup")" = "$before" ]
}

@test "rule 20: a caller that reads cgroups itself needs no events: nothing waits for one" {
	new_bundle true
	create
	ocirun start "$ID"
	wait_status stopped
	run_ok ocirun delete "$ID"
}
