#!/usr/bin/env bats
# linux.intelRdt: rows LNX-18..23, EJS-30..35. No test machine has the processor: a directory tree takes the place
# of resctrl. The runtime finds it in a mountinfo of the test's, which is bound over its own in a mount namespace.
# What a tree cannot do, files that appear with a directory, is in tests/unit/stages/rdt_test.c.

load lib

test_setup() {
	needs_root
	RDT="$DIR/a tree"
	mkdir -p "$RDT"/info/{L3,L3_MON,MB} "$RDT"/guaranteed/mon_groups "$RDT/mon_groups"
	echo fffff >"$RDT/info/L3/cbm_mask"
	echo 2 >"$RDT/info/L3/min_cbm_bits"
	echo 16 >"$RDT/info/L3/num_closids"
	echo 10 >"$RDT/info/MB/bandwidth_gran"
	echo 1 >"$RDT/info/MB/delay_linear"
	echo 10 >"$RDT/info/MB/min_bandwidth"
	echo 8 >"$RDT/info/MB/num_closids"
	printf 'llc_occupancy\nmbm_total_bytes\nmbm_local_bytes\n' >"$RDT/info/L3_MON/mon_features"
	echo ok >"$RDT/info/last_cmd_status"
	printf '    L3:0=fffff;1=fffff\n    MB:0=100;1=100\n' >"$RDT/schemata"
	printf '    MB:0= 20;1= 70\n    L3:0=7f0;1=0001f\n' >"$RDT/guaranteed/schemata"
	: >"$RDT/guaranteed/tasks"
	: >"$RDT/tasks"
	{ grep -v resctrl /proc/self/mountinfo || true; printf '999 30 0:99 / %s rw,relatime shared:9 - resctrl resctrl rw\n' "${RDT// /\\040}"; } >"$DIR/mountinfo"
	new_bundle sleep 1000
}

# The runtime on a host with resctrl.
there() {
	# shellcheck disable=SC2016 # the shell's own number, which the runtime takes over
	unshare -m --propagation private sh -c 'mount --bind "$1" /proc/$$/mountinfo && shift && exec "$@"' sh "$DIR/mountinfo" "$OCIRUN" --root "$ROOT" "$@"
}
there_create() { there create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$DIR/err" || { cat "$DIR/err" >&2; return 1; }; }
state_json() { jq -r "$1" "$ROOT/$ID/state.json"; }

@test "LNX-18 a class that is there takes the process, of exec too, and outlives the container" {
	config '.linux.intelRdt = {closID: "guaranteed"}'
	there_create
	[ "$(cat "$RDT/guaranteed/tasks")" = "$(pid_of)" ]
	[ "$(state_json .intel_rdt_path)" = "$RDT/guaranteed" ]
	[ "$(state_json .intel_rdt_made)" = false ]
	: >"$RDT/guaranteed/tasks"
	ocirun start "$ID"
	run_ok ocirun exec "$ID" true
	[ "$(wc -c <"$RDT/guaranteed/tasks")" -gt 0 ]
	# nothing was said about schemata: nothing is written
	[ "$(cat "$RDT/guaranteed/schemata")" = "$(printf '    MB:0= 20;1= 70\n    L3:0=7f0;1=0001f')" ]
	ocirun delete -f "$ID"
	[ -d "$RDT/guaranteed" ]
}

@test "LNX-18 without schemata a class must be there" {
	config '.linux.intelRdt = {closID: "nowhere"}'
	run_fail there_create
	has "/linux/intelRdt: cannot open $RDT/nowhere: no such file or directory (the class must be there already when no schema is given)"
	[ ! -e "$RDT/nowhere" ]
	[ ! -e "$ROOT/$ID" ]
}

@test "LNX-18 the root as class" {
	config '.linux.intelRdt = {closID: "/"}'
	there_create
	[ "$(cat "$RDT/tasks")" = "$(pid_of)" ]
	[ "$(state_json .intel_rdt_path)" = "$RDT" ]
	ocirun delete -f "$ID"
	[ -d "$RDT" ]
}

@test "LNX-19 LNX-20 LNX-21 schemata of a class that is there: what is written is what was asked for" {
	# the same in other words: order, zeros, a bandwidth between two steps
	config '.linux.intelRdt = {closID: "guaranteed", l3CacheSchema: "L3:1=1f;0=07f0", memBwSchema: "MB:1=70;0=15", schemata: ["L2:0=f"]}'
	mkdir "$RDT/info/L2"
	there_create
	[ "$(cat "$RDT/guaranteed/schemata")" = "$(printf 'L3:1=1f;0=07f0\nMB:1=70;0=15\nL2:0=f')" ]
}

@test "LNX-20 LNX-21 a class that is there and allows something else is an error" {
	local before
	before=$(cat "$RDT/guaranteed/schemata")
	config '.linux.intelRdt = {closID: "guaranteed", l3CacheSchema: "L3:0=7f0;1=3f"}'
	run_fail there_create
	has "/linux/intelRdt: cannot set limit $RDT/guaranteed/schemata: file exists (the class is there already and does not have L3:0=7f0;1=3f)"
	config '.linux.intelRdt = {closID: "guaranteed", memBwSchema: "MB:0=30"}'
	run_fail there_create
	has "does not have MB:0=30"
	[ "$(cat "$RDT/guaranteed/schemata")" = "$before" ]
	[ ! -e "$ROOT/$ID" ]
}

@test "LNX-18 CRE-23 a group that cannot be filled is taken away again, with the kernel's reason" {
	echo 'rmid limit reached' >"$RDT/info/last_cmd_status"
	config '.linux.intelRdt = {l3CacheSchema: "L3:0=f"}'
	run_fail there_create
	# in a tree no file appears with the directory
	has "/linux/intelRdt: cannot write $RDT/$ID/schemata: no such file or directory (rmid limit reached)"
	[ ! -e "$RDT/$ID" ]
	[ ! -e "$ROOT/$ID" ]
	config '.linux.intelRdt = {closID: "new", l3CacheSchema: "L3:0=f"}'
	run_fail there_create
}

@test "LNX-18 a group of the container's id that was there is used and stays" {
	mkdir "$RDT/$ID"
	: >"$RDT/$ID/tasks"
	echo 'L3:0=1' >"$RDT/$ID/schemata"
	config '.linux.intelRdt = {l3CacheSchema: "L3:0=f"}'
	there_create
	[ "$(cat "$RDT/$ID/schemata")" = 'L3:0=f' ]
	[ "$(cat "$RDT/$ID/tasks")" = "$(pid_of)" ]
	ocirun delete -f "$ID"
	[ -d "$RDT/$ID" ]
}

@test "LNX-22 monitoring: a group that is there already is somebody else's" {
	mkdir "$RDT/guaranteed/mon_groups/$ID"
	config '.linux.intelRdt = {closID: "guaranteed", enableMonitoring: true}'
	run_fail there_create
	has "/linux/intelRdt: cannot make directory $RDT/guaranteed/mon_groups/$ID: file exists"
	[ -d "$RDT/guaranteed/mon_groups/$ID" ]
}

@test "LNX-22 monitoring: the group is removed when the process cannot join it" {
	config '.linux.intelRdt = {closID: "guaranteed", enableMonitoring: true}'
	run_fail there_create
	has "tasks: no such file or directory"
	[ ! -e "$RDT/guaranteed/mon_groups/$ID" ]
	[ ! -e "$ROOT/$ID" ]
}

@test "LNX-18 LNX-22 delete removes the groups that are the container's, and only those" {
	config '.linux.intelRdt = {closID: "guaranteed"}'
	there_create
	mkdir -p "$RDT/own/mon_groups/$ID"
	# as `create` would have left it on a real resctrl, where files are no obstacle to rmdir
	jq --arg d "$RDT/own" --arg id "$ID" '.intel_rdt_path = $d | .intel_rdt_monitor = $d + "/mon_groups/" + $id | .intel_rdt_made = true' \
		"$ROOT/$ID/state.json" >"$DIR/s"
	cat "$DIR/s" >"$ROOT/$ID/state.json"
	run_fail ocirun delete -f "$ID" # mon_groups/ itself is no obstacle but in a tree
	has "unable to remove container's resctrl group: $RDT/own"
	[ ! -e "$RDT/own/mon_groups/$ID" ]
	rmdir "$RDT/own/mon_groups"
	ocirun delete -f "$ID"
	[ ! -e "$RDT/own" ]
	[ -d "$RDT/guaranteed" ]
}

@test "LNX-18 a creator that was killed leaves its groups to the next create" {
	config '.linux.intelRdt = {closID: "guaranteed"}'
	there_create
	ocirun kill "$ID" KILL
	# half-made: what creating.json names is cleared
	mkdir "$RDT/own"
	jq --arg d "$RDT/own" '.intel_rdt_path = $d | .intel_rdt_made = true' "$ROOT/$ID/state.json" >"$ROOT/$ID/creating.json"
	rm "$ROOT/$ID/state.json"
	there_create
	[ ! -e "$RDT/own" ]
}

@test "LNX-18 a host without resctrl: an error before anything is made, with what it takes" {
	config '.linux.intelRdt = {}'
	run_fail create
	has '/linux/intelRdt: intelRdt is specified in config, but Intel RDT is not enabled (no resctrl is mounted'
	[ ! -e "$ROOT/$ID" ]
	rm -r "$RDT/info/MB"
	config '.linux.intelRdt = {memBwSchema: "MB:0=10"}'
	run_fail there_create
	has 'intelRdt.memBwSchema is specified in config, but Intel RDT/MBA is not enabled'
}

@test "LNX-23 enableCMT and enableMBM are no more" {
	config '.linux.intelRdt = {closID: "guaranteed", enableCMT: true, enableMBM: true}'
	there_create
	[ "$(state_json .intel_rdt_monitor)" = null ]
}

@test "LNX-18 a config without intelRdt never looks at mountinfo" {
	set_args true
	run_ok strace -f -e trace=open,openat,openat2 -o "$DIR/calls" "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	run_fail grep -E 'mountinfo|resctrl' "$DIR/calls"
}

@test "EJS-30 EJS-31 EJS-32 EJS-33 EJS-34 EJS-35 intel_rdt of the stats event, in runc's words" {
	mkdir -p "$RDT"/guaranteed/mon_data/mon_L3_0{0,1}
	echo 4096 >"$RDT/guaranteed/mon_data/mon_L3_00/llc_occupancy"
	echo 8192 >"$RDT/guaranteed/mon_data/mon_L3_01/llc_occupancy"
	echo 11 >"$RDT/guaranteed/mon_data/mon_L3_00/mbm_total_bytes"
	echo 12 >"$RDT/guaranteed/mon_data/mon_L3_00/mbm_local_bytes"
	echo 9007199254740991 >"$RDT/guaranteed/mon_data/mon_L3_01/mbm_total_bytes"
	echo Unavailable >"$RDT/guaranteed/mon_data/mon_L3_01/mbm_local_bytes"
	config '.linux.intelRdt = {closID: "guaranteed"}'
	there_create
	run_ok ocirun events --stats "$ID"
	[ "$(jq -c .data.intel_rdt <<<"$output")" = "$(jq -cn '{
		l3_cache_info: {cbm_mask: "fffff", min_cbm_bits: 2, num_closids: 16},
		l3_cache_schema_root: "L3:0=fffff;1=fffff", l3_cache_schema: "L3:0=7f0;1=0001f",
		mem_bw_info: {bandwidth_gran: 10, delay_linear: 1, min_bandwidth: 10, num_closids: 8},
		mem_bw_schema_root: "MB:0=100;1=100", mem_bw_schema: "MB:0= 20;1= 70",
		schemata: ["MB:0= 20;1= 70", "L3:0=7f0;1=0001f"],
		mbm_stats: [{mbm_total_bytes: 11, mbm_local_bytes: 12}, {mbm_total_bytes: 9007199254740991, mbm_local_bytes: 0}],
		cmt_stats: [{llc_occupancy: 4096}, {llc_occupancy: 8192}]}')" ] ||
		{ jq -c .data.intel_rdt <<<"$output"; false; }
	# what the processor cannot do is left out
	rm -r "$RDT"/info/{L3,MB}
	echo llc_occupancy >"$RDT/info/L3_MON/mon_features"
	run_ok ocirun events --stats "$ID"
	[ "$(jq -c '.data.intel_rdt | keys' <<<"$output")" = '["cmt_stats","schemata"]' ]
}

@test "EJS-30 intel_rdt is empty for a container that has none" {
	create
	run_ok ocirun events --stats "$ID"
	[ "$(jq -c .data.intel_rdt <<<"$output")" = '{}' ]
}

@test "UPD-19 UPD-20 update: the container's group gets the schemata, in one write, or nothing changes" {
	config '.linux.intelRdt = {closID: "guaranteed"}'
	there_create
	run_ok ocirun update --l3-cache-schema "$(printf 'L3:0=f;1=f\nMB:0=10')" --mem-bw-schema "MB:0=50;1=50" "$ID"
	[ "$(cat "$RDT/guaranteed/schemata")" = "$(printf 'L3:0=f;1=f\nMB:0=50;1=50')" ]
	run_ok ocirun update --mem-bw-schema "MB:0=60;1=60" "$ID"
	[ "$(cat "$RDT/guaranteed/schemata")" = "MB:0=60;1=60" ] # a file; the kernel's keeps the other resource
	run_fail ocirun update --mem-bw-schema "L3:0=f" "$ID"
	has 'mem-bw-schema must start with "MB:"'
	# limits that are refused take the schemata back
	run_fail ocirun update --mem-bw-schema "MB:0=70;1=70" --resources <(echo '{"hugepageLimits": [{"pageSize": "3kB", "limit": 1}]}') "$ID"
	[ "$(cat "$RDT/guaranteed/schemata")" = "MB:0=60;1=60" ]
	echo "L3: unknown domain" >"$RDT/info/last_cmd_status"
	rm "$RDT/guaranteed/schemata" && mkdir "$RDT/guaranteed/schemata"
	run_fail ocirun update --l3-cache-schema "L3:9=f" "$ID"
	has "$RDT/guaranteed/schemata"
}
