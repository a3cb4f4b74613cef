#!/usr/bin/env bats
# Many containers at once with the systemd cgroup driver, under a systemd that is told to load its units anew meanwhile.
# Needs systemd as PID 1 (tests/vm has one).
# shellcheck disable=SC2154 # status and output: bats' run sets them
load lib
load cgroup

test_setup() {
	if [ ! -d /run/systemd/system ] || [ "$(cat /proc/1/comm)" != systemd ]; then skip "systemd is not PID 1"; fi
	needs_root
	needs_controller pids memory
	new_bundle sleep 1000
	config 'del(.linux.cgroupsPath)'
}

sd() { ocirun --systemd-cgroup "$@"; }
units_left() { systemctl list-units --all --plain --no-legend "*$ID-*"; }
groups_left() { find /sys/fs/cgroup -type d -name "*$ID-*"; }

cycle() { # NAME RELOAD
	sd create --bundle "$BUNDLE" "$ID-$1" </dev/null >/dev/null 2>"$DIR/err-$1" || return
	[ -z "$2" ] || systemctl daemon-reload || return
	# as root of the machine's groups, from the kernel: the limit is there, before and after systemd looked again
	[ "$(cat "/sys/fs/cgroup/system.slice/ocirun-$ID-$1.scope/pids.max")" = 77 ] || return
	ocirun start "$ID-$1" 2>>"$DIR/err-$1" && ocirun delete -f "$ID-$1" 2>>"$DIR/err-$1" && [ ! -s "$DIR/err-$1" ]
}
worker() { # NUMBER CYCLES: the first one has systemd load its units anew each time
	local n
	for ((n = 0; n < $2; n++)); do
		cycle "$1-$n" "$([ "$1" != 0 ] || echo reload)" || { echo "cycle $1-$n failed" >>"$DIR/failed" && return 1; }
	done
}

@test "CGR-05 DEL-01 LIM-04 200 containers, two a processor at a time, systemd loads its units anew all the while: nothing is left, nothing changes" {
	# not more: under QEMU's translator systemd itself would take longer than the deadline of its jobs, 30 s
	local workers=$((2 * $(nproc))) i jobs=()
	local each=$(((200 + workers - 1) / workers))
	# one that stays: it tries an allowed and a denied device all the time. Nothing answers at 120: what the rules let through
	# ends in ENXIO, the rest in EPERM.
	cp "$BUNDLE/config.json" "$DIR/config.json"
	config '.linux.resources = {pids: {limit: 66}, memory: {limit: 67108864}, devices: [{allow: false, access: "rwm"},
		{allow: true, type: "c", major: 120, minor: 7, access: "rw"}]}' '.root.readonly = false' \
		'.process.capabilities |= with_entries(.value += ["CAP_MKNOD"])'
	set_args sh -c 'cd /tmp; mknod c7 c 120 7; mknod c8 c 120 8; exec 2>/tmp/said
		while :; do { :; } <c7; { :; } <c8; { :; } </dev/null || echo lost; sleep 0.2; done'
	sd create --bundle "$BUNDLE" "$ID" </dev/null >"$DIR/out" 2>"$DIR/err"
	ocirun start "$ID"
	cp "$DIR/config.json" "$BUNDLE/config.json"
	config '.linux.resources.pids.limit = 77'

	for ((i = 0; i < workers; i++)); do worker "$i" "$each" & jobs+=($!); done
	for i in "${jobs[@]}"; do wait "$i" || { tail -n +1 "$DIR/failed" "$DIR"/err-* >&2; return 1; }; done
	[ "$(find "$DIR" -name 'err-*' | wc -l)" -ge 200 ]
	[ -z "$(units_left)" ] || { units_left >&2; return 1; }
	[ -z "$(groups_left)" ] || { groups_left >&2; return 1; }
	[ "$(ocirun list -q)" = "$ID" ]

	local group=/sys/fs/cgroup/system.slice/ocirun-$ID.scope said=$BUNDLE/rootfs/tmp/said
	[ "$(cat "$group/pids.max" "$group/memory.max")" = $'66\n67108864' ]
	run_ok ocirun kill "$ID" KILL
	wait_status stopped
	run_ok ocirun delete "$ID"
	[ ! -s "$DIR/out" ]
	# each said one thing, always
	[ "$(grep -c c7 "$said")" -gt 20 ]
	[ "$(grep -c c8 "$said")" -gt 20 ]
	run_fail grep -v -e 'c7: No such device or address$' -e 'c8: Operation not permitted$' "$said"
	[ -z "$(systemctl list-units --all --plain --no-legend "*$ID*")" ]
}
