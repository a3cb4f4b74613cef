#!/usr/bin/env bats
# What others read of us and what we hand on: files of the state directory, the hooks' state, environments, errors.
# shellcheck disable=SC2016 # $ of the container's shell

load lib

test_setup() { needs_root; new_bundle sleep 100; }

@test "PRO-10 exec.fifo: a fifo for its owner alone, there while the container waits for start" {
	create
	[ -p "$ROOT/$ID/exec.fifo" ]
	[ "$(stat -c %a "$ROOT/$ID/exec.fifo")" = 600 ]
	[ "$(status_of)" = created ]
	ocirun start "$ID"
	[ ! -e "$ROOT/$ID/exec.fifo" ]
	[ "$(status_of)" = running ]
}

@test "PRO-11 state.json has what others read in runc's: pid, groups, namespaces, descriptors" {
	local file=$ROOT/$ID/state.json name link
	ocirun create --bundle "$BUNDLE" "$ID" </dev/null >"$DIR/out" 2>"$DIR/err"
	[ "$(jq -r .id "$file")" = "$ID" ]
	[ "$(jq .init_process_pid "$file")" = "$(pid_of)" ]
	[ "$(jq .init_process_start "$file")" = "$(cut -d' ' -f22 "/proc/$(pid_of)/stat")" ]
	[[ $(jq -r .created "$file") == 20??-??-??T*Z ]]
	[ "$(jq .rootless "$file")" = false ]
	while read -r name; do [ -d "$name" ]; done < <(jq -r '.cgroup_paths[]' "$file")
	[ "$(jq -r '.namespace_paths | keys | join(" ")' "$file")" = "NEWCGROUP NEWIPC NEWNET NEWNS NEWPID NEWTIME NEWUSER NEWUTS" ]
	while read -r name link; do [ "$(readlink "$link")" != "" ]; done < <(jq -r '.namespace_paths | to_entries[] | "\(.key) \(.value)"' "$file")
	[ "$(readlink "$(jq -r .namespace_paths.NEWNET "$file")")" = "$(readlink "/proc/$(pid_of)/ns/net")" ]
	[ "$(jq -c .external_descriptors "$file")" = "[\"/dev/null\",\"$DIR/out\",\"$DIR/err\"]" ]
}

@test "PRO-13 files of the state directory appear whole: written under another name, then renamed" {
	strace -qq -o "$DIR/trace" -e trace=open,openat,rename,renameat,renameat2 "$OCIRUN" --root "$ROOT" create --bundle "$BUNDLE" "$ID" \
		</dev/null >"$DIR/out" 2>&1
	run_fail grep -E '"(state|creating)\.json", [^)]*O_CREAT' "$DIR/trace"
	grep -q 'renameat2([0-9]*, "creating.json", [0-9]*, "state.json"' "$DIR/trace"
	[ "$(ls "$ROOT/$ID")" = $'config.json\nexec.fifo\nfault\nstate.json' ] || { ls "$ROOT/$ID" >&2; return 1; }
}

@test "HOK-14 PRO-22 the hooks' state: one line of compact JSON, slashes as they are, then the end" {
	local kind
	config '.annotations = {"a/b": "c/\"d\"\n\t\\"}'
	for kind in prestart createRuntime createContainer poststart poststop; do
		config ".hooks.$kind = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"cat >$DIR/$kind\"]}]"
	done
	create
	ocirun start "$ID"
	ocirun delete -f "$ID"
	for kind in prestart createRuntime createContainer poststart poststop; do
		[ "$(wc -l <"$DIR/$kind")" -le 1 ]
		run_fail grep -F '\/' "$DIR/$kind"
		run_fail grep -E '": |, "' "$DIR/$kind"
		grep -qF '"a/b":"c/\"d\"\n\t\\"' "$DIR/$kind"
		jq -e --arg id "$ID" '.id == $id and .ociVersion and .status and (.pid | type == "number")' "$DIR/$kind"
	done
}

@test "PRO-26 a hook's environment is exactly its own; empty when it has none; startContainer has the process's" {
	local kind
	config '.process.env = ["PATH=/bin", "OF=process"]' '.root.readonly = false'
	for kind in createRuntime createContainer poststart poststop; do
		config ".hooks.$kind = [{path: \"/usr/bin/env\", args: [\"env\", \"/bin/sh\", \"-c\", \"tr '\\\\0' '\\\\n' </proc/self/environ >>$DIR/$kind\"], env: [\"A=1\", \"B=\"]},
			{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"tr '\\\\0' '\\\\n' </proc/self/environ >$DIR/$kind-none\"]}]"
	done
	config '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "env >/start"]}]'
	OF=caller create
	OF=caller ocirun start "$ID"
	ocirun delete -f "$ID"
	for kind in createRuntime createContainer poststart poststop; do
		[ "$(cat "$DIR/$kind")" = $'A=1\nB=' ] || { cat "$DIR/$kind" >&2; return 1; }
		[ ! -s "$DIR/$kind-none" ] || { cat "$DIR/$kind-none" >&2; return 1; }
	done
	grep -qx OF=process "$BUNDLE/rootfs/start" || { cat "$BUNDLE/rootfs/start" >&2; return 1; }
}

@test "HOK-07 a hook's path must be absolute, in each kind, before anything is made" {
	local kind
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		config "del(.hooks) | .hooks.$kind = [{path: \"bin/true\"}]"
		run_fail ocirun create --bundle "$BUNDLE" "$ID"
		has "/hooks/$kind/0/path: must be an absolute path, not \"bin/true\""
		[ ! -e "$ROOT/$ID" ]
	done
}

@test "PRO-31 what fails inside is one error: a line on stderr, one object in the log, with its place and reason" {
	config '.mounts += [{destination: "/x", type: "nonsense"}]'
	run_fail ocirun --log "$DIR/log" --log-format json create --bundle "$BUNDLE" "$ID"
	[ "${#lines[@]}" = 1 ]
	has "/mounts/"
	has nonsense
	[ "$(wc -l <"$DIR/log")" = 1 ]
	jq -e '.level == "error" and (.msg | test("/mounts/.*nonsense")) and .time' "$DIR/log"
}

@test "PRO-32 PRC-09 nothing of the runtime's environment reaches the shim or the program" {
	set_args sh -c 'tr "\0" "\n" </proc/self/environ; exec sleep 100'
	export _LIBCONTAINER_CLONED_BINARY=1 _LIBCONTAINER_INITPIPE=3 _CRUN=1 XDG_RUNTIME_DIR=$DIR OF_CALLER=1
	create
	[ "$(tr '\0' '\n' <"/proc/$(pid_of)/environ")" = "" ]
	ocirun start "$ID"
	wait_for test -s "$DIR/out"
	run_fail grep -E 'LIBCONTAINER|CRUN|XDG|OF_CALLER' "$DIR/out"
	run_ok ocirun exec "$ID" env
	[[ $output != *LIBCONTAINER* && $output != *OF_CALLER* && $output != *XDG* ]]
}

@test "PRO-36 lo is up in a new network namespace, for exec too" {
	create
	ocirun start "$ID"
	run_ok ocirun exec "$ID" ip -o link show lo
	has "LOOPBACK,UP"
	run_ok ocirun exec "$ID" ip -o -4 addr show lo
	has 127.0.0.1/8
}
