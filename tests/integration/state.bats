#!/usr/bin/env bats
# state and list: rows STT, LST.

load lib

test_setup() { needs_containers; new_bundle sleep 100; config '.annotations = {"org.example.key": "a \"value\" / ü"}'; }

@test "STT-01 STT-02 STT-03 STT-04 STT-05 STT-06 STT-07 STT-09 STT-10 the members of state" {
	create
	run_ok ocirun state "$ID"
	[[ $output == *$'{\n  "ociVersion"'* ]]
	[ "$(jq -r .ociVersion <<<"$output")" = "1.3.0" ]
	[ "$(jq -r .id <<<"$output")" = "$ID" ]
	[ "$(jq -r '.pid | type' <<<"$output")" = number ]
	[ "$(jq -r .status <<<"$output")" = created ]
	[ "$(jq -r .bundle <<<"$output")" = "$(realpath "$BUNDLE")" ]
	[ "$(jq -r .rootfs <<<"$output")" = "$(realpath "$BUNDLE/rootfs")" ]
	[ "$(jq -r '.annotations["org.example.key"]' <<<"$output")" = 'a "value" / ü' ]
	[ "$(jq -r '.owner | type' <<<"$output")" = string ]
}

@test "STT-08 created is RFC 3339 in UTC with nanoseconds, and now" {
	create
	local created
	created=$(ocirun state "$ID" | jq -r .created)
	[[ $created =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{1,9}Z$ ]]
	[ $(($(date +%s) - $(date -d "$created" +%s))) -lt 10 ]
}

@test "STT-04 STT-14 a stopped container has pid 0" {
	create
	kill -KILL "$(pid_of)"
	wait_status stopped
	[ "$(pid_of)" = 0 ]
}

@test "STT-09 no annotations, no member" {
	config 'del(.annotations)'
	create
	run_ok ocirun state "$ID"
	[ "$(jq 'has("annotations")' <<<"$output")" = false ]
}

@test "STT-12 a container that does not exist" {
	run_fail ocirun state "$ID"
	has "container does not exist"
	[ "$status" = 1 ]
}

@test "STT-11 STT-16 only known members and states, at any moment of a container's life" {
	create
	ocirun start "$ID"
	ocirun kill "$ID" KILL
	local i
	for i in {1..30}; do
		ocirun state "$ID" >"$DIR/state.$i"
		jq -e '.status | IN("creating", "created", "running", "paused", "stopped")' "$DIR/state.$i"
		jq -e 'keys - ["ociVersion","id","pid","status","bundle","rootfs","created","annotations","owner"] == []' "$DIR/state.$i"
	done
}

@test "STT-15 created as long as the shim waits at the gate, even when the fifo's name is gone" {
	create
	[ -p "$ROOT/$ID/exec.fifo" ]
	[ "$(status_of)" = created ]
	ocirun start "$ID"
	[ "$(status_of)" = running ]
}

@test "STT-17 state costs few system calls and reads no mountinfo" {
	create
	strace -f -o "$DIR/trace" "$OCIRUN" --root "$ROOT" state "$ID" >/dev/null
	run_fail grep -c mountinfo "$DIR/trace"
	[ "$(wc -l <"$DIR/trace")" -lt 80 ]
}

@test "LST-01 LST-06 the table" {
	needs_root
	create
	run_ok ocirun list
	[ "$(awk '{print $1, $2, $3, $4, $5, $6}' <<<"${lines[0]}")" = "ID PID STATUS BUNDLE CREATED OWNER" ]
	[[ ${lines[1]} == "$ID "* ]]
	[ "$(awk '{print $3}' <<<"${lines[1]}")" = created ]
	[ "$(awk '{print $6}' <<<"${lines[1]}")" = root ]
	# columns stand under their titles
	local at=${lines[0]%%STATUS*}
	[ "${lines[1]:${#at}:7}" = created ]
}

@test "LST-02 BAT-58 json: one line, an array, keys in order; empty is []" {
	needs_root
	mkdir -p "$ROOT"
	run_ok ocirun list --format json
	[ "$output" = "[]" ]
	create
	run_ok ocirun list -f json
	[ "${#lines[@]}" = 1 ]
	[ "$(jq -r '.[0] | keys_unsorted | map(select(. != "annotations")) | join(" ")' <<<"$output")" = "ociVersion id pid status bundle rootfs created owner" ]
	[ "$(jq -r '.[0].owner' <<<"$output")" = root ]
	run_fail ocirun list --format xml
	has "invalid format option"
}

@test "LST-03 --quiet" {
	create
	run_ok ocirun list -q
	[ "$output" = "$ID" ]
	run_ok ocirun list --quiet
	[ "$output" = "$ID" ]
}

@test "LST-04 BAT-57 a root that does not exist: an error when named, empty when it is the default" {
	run_fail "$OCIRUN" --root "$DIR/nowhere" list
	run_ok env XDG_RUNTIME_DIR="$DIR/xdg" "$OCIRUN" --root "" list -q
}

@test "LST-05 a broken entry is reported and skipped" {
	create
	mkdir "$ROOT/broken"
	echo '{' >"$ROOT/broken/state.json"
	echo '{}' >"$ROOT/broken/config.json"
	ocirun list -q >"$DIR/list" 2>"$DIR/list.err"
	[ "$(cat "$DIR/list")" = "$ID" ]
	grep -q 'load container broken: ' "$DIR/list.err"
	rm -r "$ROOT/broken"
}

@test "LST-07 list while containers come and go" {
	create
	(for i in {1..15}; do
		"$OCIRUN" --root "$ROOT" create --bundle "$BUNDLE" "$ID-x" </dev/null >/dev/null 2>&1
		"$OCIRUN" --root "$ROOT" delete -f "$ID-x"
	done) &
	local i
	for i in {1..40}; do
		run_ok ocirun list -q
		has "$ID"
	done
	wait
}
