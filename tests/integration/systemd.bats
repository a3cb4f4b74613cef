# The systemd cgroup driver: units made, limits read back from systemd and from the kernel, nothing left. Needs systemd
# as PID 1 (tests/vm has one); what can be shown without is in tests/unit/runtime/systemd_*_test.c.
# shellcheck disable=SC2154 # status and output: bats' run sets them
load lib

test_setup() {
	if [ ! -d /run/systemd/system ] || [ "$(cat /proc/1/comm)" != systemd ]; then skip "systemd is not PID 1"; fi
	needs_root
	SLICE=system.slice
	UNIT=ocirun-$ID.scope
}

# Nothing of a test stays known to systemd.
test_teardown() {
	[ -n "${UNIT:-}" ] || return 0
	local left
	for left in $("$OCIRUN" --root "$ROOT" list -q 2>/dev/null); do ocirun delete -f "$left"; done
	left=$(systemctl list-units --all --plain --no-legend "*$ID*.scope")
	[ -z "$left" ] || { echo "units left behind: $left" >&2; return 1; }
	# shellcheck disable=SC2086 # names
	[ -z "${SLICES:-}" ] || systemctl stop $SLICES
}

sd() { ocirun --systemd-cgroup "$@"; }
sd_create() { sd create --bundle "$BUNDLE" "${@:-$ID}" </dev/null >"$DIR/out" 2>"$DIR/err" || { cat "$DIR/err" >&2; return 1; }; }
sd_run() { # detached, with stdio that no test's output pipe waits for
	sd run -d --bundle "$BUNDLE" "$ID" </dev/null >"$DIR/out" 2>"$DIR/err" || { cat "$DIR/err" >&2; return 1; }
}
sd_bundle() { new_bundle "$@"; config ".linux.cgroupsPath = \":ocirun:$ID\""; }
property() { systemctl show "${2:-$UNIT}" -p "$1" --value; }
group() { echo "/sys/fs/cgroup/$SLICE/$UNIT"; }
in_group() { cat "$(group)/$1"; }
unit_is_gone() { [ -z "$(systemctl list-units --all --plain --no-legend "$UNIT")" ] && [ ! -e "$(group)" ]; }
is() { [ "$1" = "$2" ] || { printf '"%s" is not "%s"\n' "$1" "$2" >&2; return 1; }; }

@test "CGR-02 CGR-05 CGR-07 PRO-33 a scope is made around the container and is gone after delete" {
	new_bundle sleep 1000
	config 'del(.linux.cgroupsPath)'
	sd_create
	is "$(property ActiveState)" active
	is "$(property Slice)" system.slice
	is "$(property Delegate)" yes
	is "$(property DefaultDependencies)" no
	is "$(property CollectMode)" inactive-or-failed
	is "$(property MemoryAccounting) $(property TasksAccounting) $(property IOAccounting)" "yes yes yes"
	[[ $(property Description) == *"$ID"* ]]
	is "$(in_group cgroup.procs)" "$(pid_of)"
	is "$(jq -r '.driver + " " + .scope + " " + .slice' "$ROOT/$ID/state.json")" "systemd $UNIT system.slice"
	run_ok ocirun start "$ID"
	run_ok ocirun exec "$ID" cat /proc/self/cgroup
	run_ok ocirun kill "$ID" KILL
	wait_status stopped
	run_ok ocirun delete "$ID"
	unit_is_gone
}

@test "RUN-01 PRO-33 run: the same over the bus, and its unit is gone at the end" {
	sd_bundle sh -c 'exit 7'
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket
	run sd run --bundle "$BUNDLE" "$ID"
	is "$status" 7
	unit_is_gone
}

@test "CRE-15 CRE-20 CRE-23 a create that fails leaves alone who has the id, or the unit, already" {
	local other
	sd_bundle sleep 1000
	sd_run
	run_fail sd create --bundle "$BUNDLE" "$ID"
	has "container with given ID already exists"
	run_fail sd create --bundle "$BUNDLE" "$ID-2"
	has "container's cgroup is not empty"
	# before the shim is there, and by another administrator's state root
	config '.hooks.createRuntime = [{path: "/nothing"}]'
	run_fail sd create --bundle "$BUNDLE" "$ID-2"
	run_fail "$OCIRUN" --root "$DIR/other" --systemd-cgroup create --bundle "$BUNDLE" "$ID"
	for other in 1 2 3; do run_fail sd run --bundle "$BUNDLE" "$ID" & done
	wait
	is "$(status_of) $(property ActiveState) $(in_group cgroup.procs)" "running active $(pid_of)"
}

@test "CGR-08 LIM-17 LIM-18 LIM-22 limits: systemd and the kernel agree" {
	sd_bundle sleep 1000
	config '.linux.resources += { memory: { limit: 67108864, reservation: 33554432, swap: 100663296 }, pids: { limit: 99 },
		cpu: { shares: 512, quota: 12345, period: 50000, cpus: "0" }, blockIO: { weight: 500 } }'
	sd_create
	is "$(property MemoryMax) $(in_group memory.max)" "67108864 67108864"
	is "$(property MemoryLow) $(in_group memory.low)" "33554432 33554432"
	is "$(property MemorySwapMax) $(in_group memory.swap.max)" "33554432 33554432"
	is "$(property TasksMax) $(in_group pids.max)" "99 99"
	is "$(property CPUWeight)" "$(in_group cpu.weight)"
	is "$(property CPUQuotaPerSecUSec) $(property CPUQuotaPeriodUSec) $(in_group cpu.max)" "250ms 50ms 12500 50000"
	is "$(property AllowedCPUs) $(in_group cpuset.cpus)" "0 0"
	# what systemd writes when it looks again is what stands there
	systemctl daemon-reload
	is "$(in_group memory.max) $(in_group pids.max) $(in_group cpuset.cpus) $(in_group cpu.max)" "67108864 99 0 12500 50000"
}

@test "LIM-40 unified keys reach systemd" {
	sd_bundle sleep 1000
	config '.linux.resources.unified = { "memory.high": "50000000", "memory.max": "60000000", "memory.min": "4096",
		"memory.low": "8192", "memory.swap.max": "max", "pids.max": "42", "cpu.max": "20000 40000", "cpu.weight": "77",
		"cpuset.cpus": "0-1", "cpuset.mems": "0" }'
	sd_create
	is "$(property MemoryHigh) $(in_group memory.high)" "50000000 49999872"
	is "$(property MemoryMax) $(property MemoryMin) $(property MemoryLow)" "60000000 4096 8192"
	is "$(property MemorySwapMax) $(property TasksMax) $(in_group pids.max)" "infinity 42 42"
	is "$(property CPUWeight) $(property CPUQuotaPerSecUSec)" "77 500ms"
	is "$(property AllowedCPUs) $(property AllowedMemoryNodes)" "0-1 0"
	config '.linux.resources.unified = { "cpu.max": "many" }'
	run_fail sd create --bundle "$BUNDLE" "$ID-2"
	has "/linux/resources/unified/cpu.max"
}

@test "LIM-24 cpu.idle: CPUWeight 0" {
	needs_kernel 5 15
	sd_bundle sleep 1000
	config '.linux.resources.cpu = { idle: 1 }'
	sd_create
	is "$(property CPUWeight) $(in_group cpu.idle)" "idle 1"
}

@test "LIM-19 limits that would starve set-up come last, in systemd too" {
	sd_bundle true
	config '.linux.resources += { pids: { limit: 1 }, cpu: { quota: 20000, period: 1000000 } }'
	sd_create
	is "$(property TasksMax) $(in_group pids.max)" "1 1"
	is "$(property CPUQuotaPerSecUSec) $(in_group cpu.max)" "20ms 20000 1000000"
}

@test "CGR-03 CGR-04 slice:prefix:name, slices within slices" {
	sd_bundle sleep 1000
	SLICES="ocitest$$.slice"
	config ".linux.cgroupsPath = \"ocitest$$-in-deep.slice:pre:$ID\""
	sd_create
	[ -d "/sys/fs/cgroup/ocitest$$.slice/ocitest$$-in.slice/ocitest$$-in-deep.slice/pre-$ID.scope" ]
	is "$(property Slice "pre-$ID.scope")" "ocitest$$-in-deep.slice"
	run_ok ocirun delete -f "$ID"
	config ".linux.cgroupsPath = \"-:pre:$ID\""
	sd_create
	[ -d "/sys/fs/cgroup/pre-$ID.scope" ]
	run_ok ocirun delete -f "$ID"
	local path
	for path in /a/b "a:b" "a:b:c:d" "system.slice:b:" "system:b:c" "a--b.slice:b:c" "-a.slice:b:c" ".slice:b:c" "../x.slice:b:c" "::a/b"; do
		config ".linux.cgroupsPath = \"$path\""
		run_fail sd create --bundle "$BUNDLE" "$ID"
		has "/linux/cgroupsPath"
	done
	config '.linux.cgroupsPath = "a:b"'
	run_fail sd create --bundle "$BUNDLE" "$ID"
	has 'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "a:b" instead'
}

@test "CGR-03 a name that ends in .slice makes a slice" {
	sd_bundle sleep 1000
	UNIT=ocitest$$.slice SLICE=
	config ".linux.cgroupsPath = \"-.slice:x:ocitest$$.slice\"" '.linux.resources.pids.limit = 66'
	sd_create
	is "$(property ActiveState) $(property TasksMax)" "active 66"
	is "$(in_group cgroup.procs)" "$(pid_of)"
	# another one must not move in, nor take it along when it fails
	run_fail sd create --bundle "$BUNDLE" "$ID-2"
	is "$(in_group cgroup.procs)" "$(pid_of)"
	run_ok ocirun delete -f "$ID"
	unit_is_gone
}

@test "CGR-06 a failed unit of the name is forgotten; an active one stays as it is" {
	sd_bundle sleep 1000
	systemd-run --quiet --scope --unit="$UNIT" -p RuntimeMaxSec=1 sleep 1000 || true
	wait_for systemctl is-failed "$UNIT"
	sd_create
	is "$(in_group cgroup.procs)" "$(pid_of)"
	local pid
	pid=$(pid_of)
	run_fail sd create --bundle "$BUNDLE" "$ID-2"
	has "$UNIT"
	is "$(property ActiveState) $(in_group cgroup.procs)" "active $pid"
	run_fail ocirun state "$ID-2"
	has "does not exist"
}

@test "CRE-20 BAT-22 BAT-23 a group of the name with processes, or a frozen one, is refused before systemd is asked" {
	sd_bundle sleep 1000
	sd_create
	run_fail sd create --bundle "$BUNDLE" "$ID-2"
	has "container's cgroup is not empty: 1 process(es) found (unit $UNIT)"
	ocirun delete -f "$ID"
	mkdir "$(group)"
	echo 1 >"$(group)/cgroup.freeze"
	run_fail timeout 20 "$OCIRUN" --root "$ROOT" --systemd-cgroup create --bundle "$BUNDLE" "$ID"
	has "container's cgroup unexpectedly frozen"
	[ ! -e "$ROOT/$ID" ]
	rmdir "$(group)"
}

@test "BAT-29 RuntimeMaxSec: the failed unit can be seen until delete" {
	sd_bundle sleep 1000
	config '.annotations += { "org.systemd.property.RuntimeMaxSec": "1", "org.systemd.property.TimeoutStopSec": "1" }'
	sd_run
	wait_status stopped
	wait_for systemctl is-failed "$UNIT"
	run systemctl status "$UNIT"
	is "$status" 3
	run_ok ocirun delete "$ID"
	run systemctl status "$UNIT"
	is "$status" 4
}

@test "LIM-04 daemon-reload changes nothing that a container may do" {
	sd_bundle sleep 1000
	config '.process.capabilities.bounding += ["CAP_MKNOD"] | .process.capabilities.effective += ["CAP_MKNOD"]
		| .process.capabilities.permitted += ["CAP_MKNOD"]' '.linux.resources.devices = [ { allow: false, access: "rwm" },
		{ allow: true, type: "c", major: 1, minor: 11, access: "rw" }, { allow: true, type: "c", major: 1, access: "r" },
		{ allow: false, type: "c", major: 1, minor: 4, access: "rwm" } ]'
	sd_run
	is "$(property DevicePolicy)" strict
	run_ok ocirun exec "$ID" sh -c 'cd /dev; mknod kmsg c 1 11; mknod mem c 1 1; mknod port c 1 4; mknod tty0 c 4 0'
	local access='for f in kmsg mem port tty0; do for m in "<" ">" "<>"; do (eval "exec 9$m/dev/$f") 2>/dev/null && echo "$f$m"; done; done; echo >/dev/null && echo null'
	local before
	before=$(ocirun exec "$ID" sh -c "$access" 2>/dev/null)
	[[ $before == *null* && $before != *"mem<>"* && $before != *port* && $before != *tty0* ]]
	systemctl daemon-reload
	is "$(ocirun exec "$ID" sh -c "$access" 2>/dev/null)" "$before"
}

@test "UPD-01 UPD-10 UPD-18 update: systemd is told, the files are what it has, a refusal changes neither" {
	sd_bundle sleep 1000
	config '.linux.resources += { memory: { limit: 67108864 }, pids: { limit: 99 } }'
	sd_create
	run_ok ocirun update --memory 80000000 --pids-limit 50 --cpu-quota 12345 --cpu-period 50000 --cpuset-cpus 1 "$ID"
	is "$(property MemoryMax) $(property TasksMax) $(property AllowedCPUs)" "80000000 50 1"
	is "$(property CPUQuotaPerSecUSec) $(in_group cpu.max)" "250ms 12500 50000"
	is "$(in_group memory.max) $(in_group pids.max) $(in_group cpuset.cpus)" "79998976 50 1"
	run_ok ocirun update --pids-limit -1 "$ID"
	is "$(property TasksMax) $(in_group pids.max)" "infinity max"
	run_fail ocirun update --pids-limit 40 --cpuset-cpus 4000 "$ID"
	is "$(property TasksMax) $(in_group pids.max) $(property AllowedCPUs)" "infinity max 1"
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere
	run_fail ocirun update --pids-limit 40 "$ID"
	has "the system bus"
	unset DBUS_SYSTEM_BUS_ADDRESS
	is "$(property TasksMax) $(in_group pids.max)" "infinity max"
}

@test "ANN-01 org.systemd.property: values, seconds, what is refused" {
	sd_bundle sleep 1000
	config '.annotations += { "org.systemd.property.TimeoutStopSec": "123", "org.systemd.property.MemoryHigh": "uint64 12345344",
		"org.systemd.property.Documentation": "['"'man:one', 'man:two'"']", "org.systemd.property.Description": "'"'of the user'"'" }'
	sd_create
	is "$(property TimeoutStopUSec) $(property MemoryHigh)" "2min 3s 12345344"
	is "$(property Documentation)" "man:one man:two"
	is "$(property Description)" "of the user"
	local key
	for key in 'Pi' 'Name1' 'PIDs' 'Slice' 'DeviceAllow'; do
		config ".annotations = { \"org.systemd.property.$key\": \"uint32 1\" }"
		run_fail sd create --bundle "$BUNDLE" "$ID-2"
		has "/annotations/org.systemd.property.$key"
	done
	config '.annotations = { "org.systemd.property.TasksMax": "not a value" }'
	run_fail sd create --bundle "$BUNDLE" "$ID-2"
	has "not a value of a systemd property"
	config '.annotations = { "org.systemd.property.TasksMax": "uint64 9" }'
	run_fail sd --systemd-properties CPUWeight,MemoryHigh create --bundle "$BUNDLE" "$ID-2"
	has "TasksMax is not in --systemd-properties"
	config '.annotations = { "org.systemd.property.NoSuchThing": "uint64 9" }' '.linux.cgroupsPath = ""'
	run_fail sd create --bundle "$BUNDLE" "$ID-2"
	has "NoSuchThing"
	run_fail ocirun state "$ID-2"
}

@test "ANN-12 CGR-10 run.oci.systemd.subgroup: a group below the scope, and none without it" {
	sd_bundle sleep 1000
	config '.annotations."run.oci.systemd.subgroup" = "container"' '.linux.resources.pids.limit = 55'
	sd_create
	is "$(in_group cgroup.procs)" ""
	is "$(in_group container/cgroup.procs) $(in_group container/pids.max)" "$(pid_of) 55"
	is "$(property TasksMax)" 55
	run_ok ocirun start "$ID"
	run_ok ocirun exec "$ID" true
	run_ok ocirun delete -f "$ID"
	unit_is_gone
	config '.annotations."run.oci.systemd.subgroup" = ""'
	sd_create
	is "$(in_group cgroup.procs)" "$(pid_of)"
	config '.annotations."run.oci.systemd.subgroup" = "a/b"'
	run_fail sd create --bundle "$BUNDLE" "$ID-2"
	has "run.oci.systemd.subgroup"
}

@test "ANN-13 run.oci.delegate-cgroup: the limits are the unit's, the program is in a group below" {
	local sub
	sd_bundle sleep 1000
	for sub in "" container; do
		config ".annotations = {\"run.oci.delegate-cgroup\": \"payload\", \"run.oci.systemd.subgroup\": \"$sub\"}" '.linux.resources.pids.limit = 55'
		sd_create
		is "$(in_group "$sub/cgroup.procs")" ""
		is "$(in_group "$sub/payload/cgroup.procs") $(in_group "$sub/pids.max") $(in_group "$sub/payload/pids.max")" "$(pid_of) 55 max"
		run_ok ocirun start "$ID"
		run_ok ocirun exec "$ID" cat /proc/self/cgroup
		is "$output" 0::/
		run_ok ocirun delete -f "$ID"
		unit_is_gone
	done
}

@test "CGR-09 a container with its own view of its group may divide it" {
	sd_bundle sleep 1000
	chown -R 100000:100000 "$BUNDLE/rootfs"
	config '.linux.namespaces += [{ type: "user" }, { type: "cgroup" }] | .linux.namespaces |= unique' \
		'.linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }] | .linux.gidMappings = .linux.uidMappings' \
		'.mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
	chmod 755 "$DIR" "$BUNDLE"
	sd_run
	is "$(stat -c %u "$(group)" "$(group)/cgroup.procs" "$(group)/cgroup.subtree_control" "$(group)/pids.max" | xargs)" \
		"100000 100000 100000 0"
	run_ok ocirun exec "$ID" sh -c 'mkdir /sys/fs/cgroup/below && test -e /sys/fs/cgroup/below/cgroup.procs'
}

@test "KIL-01 PRO-35 only create and delete need systemd; delete --force does without" {
	sd_bundle sleep 1000
	sd_run
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere
	run_ok ocirun state "$ID"
	run_ok ocirun exec "$ID" true
	run_ok ocirun ps "$ID"
	run_ok ocirun pause "$ID"
	run_ok ocirun resume "$ID"
	unset DBUS_SYSTEM_BUS_ADDRESS
	# nor do they try: no socket is connected, no helper started
	local command
	for command in "state $ID" "exec $ID true" "ps -f json $ID" "events --stats $ID" "list" "kill $ID CONT"; do
		# shellcheck disable=SC2086 # words
		run_ok strace -f -o "$DIR/trace" -e trace=execve,connect "$OCIRUN" --root "$ROOT" --systemd-cgroup $command
		grep -q execve "$DIR/trace"
		run_fail grep -E 'connect\(|ocirun-systemd' "$DIR/trace"
	done
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere
	run_ok ocirun kill "$ID" KILL
	wait_status stopped
	run_fail sd create --bundle "$BUNDLE" "$ID-2"
	has "the system bus"
	run_fail ocirun delete "$ID"
	has "the system bus"
	run_ok ocirun delete --force "$ID"
	unset DBUS_SYSTEM_BUS_ADDRESS
	wait_for unit_is_gone
}

@test "PRO-35 the D-Bus daemon restarts between and during commands" {
	sd_bundle sleep 1000
	config 'del(.linux.cgroupsPath)'
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket
	sd_create
	systemctl restart dbus
	run_ok ocirun delete -f "$ID"
	local i jobs=()
	for i in 1 2 3 4; do sd_create "$ID-$i" & jobs+=($!); done
	systemctl restart dbus
	for i in "${jobs[@]}"; do wait "$i"; done
	for i in 1 2 3 4; do
		is "$(systemctl is-active "ocirun-$ID-$i.scope")" active
		run_ok ocirun delete -f "$ID-$i"
	done
}

@test "CGR-07 PRO-33 CRE-23 systemd does not answer, or not in time: an end after the deadline that says so, and nothing left" {
	sd_bundle sleep 1000
	# a socket that takes connections and never reads
	systemd-run --quiet --unit="deaf-$ID" --socket-property=ListenStream="$DIR/deaf" --remain-after-exit true
	# and, at the same time, a slice whose start waits for longer than anybody does
	SLICES="ocilate$$.slice ocilate$$.service"
	systemd-run --quiet --no-block --unit="ocilate$$.service" -p Type=oneshot sleep 1000
	mkdir -p "/run/systemd/system/ocilate$$.slice.d"
	printf '[Unit]\nAfter=ocilate%s.service\n' $$ >"/run/systemd/system/ocilate$$.slice.d/after.conf"
	systemctl daemon-reload
	mkdir "$DIR/late"
	jq ".linux.cgroupsPath = \"ocilate$$.slice:w:$ID\" | .root.path = \"$BUNDLE/rootfs\"" "$BUNDLE/config.json" >"$DIR/late/config.json"
	# and a container that is there when systemd falls silent
	mkdir "$DIR/stays"
	jq ".linux.cgroupsPath = \":ocirun:$ID-stays\" | .root.path = \"$BUNDLE/rootfs\"" "$BUNDLE/config.json" >"$DIR/stays/config.json"
	sd create --bundle "$DIR/stays" "$ID-stays" </dev/null >/dev/null 2>"$DIR/stays/err"
	local start=$SECONDS late stays created=0 deleted=0
	sd create --bundle "$DIR/late" "$ID-late" </dev/null >/dev/null 2>"$DIR/late/err" &
	late=$!
	DBUS_SYSTEM_BUS_ADDRESS=unix:path=$DIR/deaf "$OCIRUN" --root "$ROOT" delete -f "$ID-stays" 2>"$DIR/stays/err" &
	stays=$!
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$DIR/deaf
	run_fail sd create --bundle "$BUNDLE" "$ID"
	has "Timeout waiting for systemd to create $UNIT: no answer on the system bus within 30 s"
	unset DBUS_SYSTEM_BUS_ADDRESS
	wait "$late" || created=$?
	wait "$stays" || deleted=$?
	[ $((SECONDS - start)) -lt 45 ]
	systemctl stop "deaf-$ID.socket" "deaf-$ID.service"
	rm -r "/run/systemd/system/ocilate$$.slice.d"
	# not a success: the unit may be there. Its state is kept, and a delete that systemd hears ends it.
	is "$deleted" 1
	grep -F "Timeout waiting for systemd to stop ocirun-$ID-stays.scope" "$DIR/stays/err"
	is "$(ocirun list -q)" "$ID-stays"
	run_ok ocirun delete "$ID-stays"
	is "$created" 1
	grep -F "Timeout waiting for systemd to create w-$ID.scope" "$DIR/late/err"
	# the job that waited was taken back, with its unit
	is "$(systemctl list-units --all --plain --no-legend "w-$ID.scope"; systemctl list-jobs --plain --no-legend | grep "w-$ID" || :)" ""
	is "$(ocirun list -q)" ""
	run_fail ocirun state "$ID"
	has "does not exist"
	unit_is_gone
}

@test "CGR-07 a job that waits for its slice is waited for" {
	sd_bundle sleep 1000
	SLICES="ociwait$$.slice ociwait$$.service"
	# once the job is seen, it waits on for longer than the helper goes without a look at what became of it
	systemd-run --quiet --no-block --unit="ociwait$$.service" -p Type=oneshot sh -c "until [ -e $DIR/seen ]; do sleep 0.2; done; sleep 3"
	mkdir -p "/run/systemd/system/ociwait$$.slice.d"
	printf '[Unit]\nAfter=ociwait%s.service\n' $$ >"/run/systemd/system/ociwait$$.slice.d/after.conf"
	systemctl daemon-reload
	config ".linux.cgroupsPath = \"ociwait$$.slice:w:$ID\""
	UNIT=w-$ID.scope SLICE=ociwait$$.slice
	sd_create &
	local creator=$! created=0
	waits() { [[ $(systemctl list-jobs --plain --no-legend) == *"$UNIT"*waiting* ]]; }
	wait_for waits
	touch "$DIR/seen"
	wait "$creator" || created=$?
	rm -r "/run/systemd/system/ociwait$$.slice.d"
	is "$created" 0
	is "$(property ActiveState) $(in_group cgroup.procs)" "active $(pid_of)"
	run_ok ocirun delete -f "$ID"
}

@test "CRE-23 DEL-03 a creator that is killed: delete --force removes its unit" {
	sd_bundle sleep 1000
	printf '#!/bin/sh\ntouch %s/hooked; sleep 1000\n' "$DIR" >"$DIR/hook"
	chmod +x "$DIR/hook"
	config ".hooks.prestart = [{ path: \"$DIR/hook\" }]"
	sd create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 &
	local creator=$!
	wait_for test -e "$DIR/hooked"
	is "$(property ActiveState)" active
	is "$(jq -r .scope "$ROOT/$ID/creating.json")" "$UNIT"
	kill -KILL "$creator"
	wait "$creator" || true
	run_ok ocirun delete --force "$ID"
	unit_is_gone
}

@test "CRE-23 a create that fails leaves no unit" {
	sd_bundle sleep 1000
	config '.hooks.createRuntime = [{ path: "/bin/false" }]'
	run_fail sd create --bundle "$BUNDLE" "$ID"
	unit_is_gone
	[ ! -e "$ROOT/$ID" ]
}

@test "CGR-05 twenty containers at once, a daemon-reload between: no unit is left" {
	sd_bundle sleep 1000
	config 'del(.linux.cgroupsPath)'
	local i jobs=() before
	before=$(systemctl list-units --all --plain --no-legend 'ocirun-*' | wc -l)
	for ((i = 0; i < 20; i++)); do
		{ sd_create "$ID-$i" && ocirun start "$ID-$i"; } & jobs+=($!)
	done
	systemctl daemon-reload
	for i in "${jobs[@]}"; do wait "$i"; done
	jobs=()
	for ((i = 0; i < 20; i++)); do
		is_status running "$ID-$i"
		ocirun delete -f "$ID-$i" & jobs+=($!)
	done
	for i in "${jobs[@]}"; do wait "$i"; done
	is "$(systemctl list-units --all --plain --no-legend 'ocirun-*' | wc -l)" "$before"
	is "$(find /sys/fs/cgroup -name "ocirun-$ID*" | wc -l)" 0
}

# Run a script as the user "user", below that user's systemd (tests/vm/guest/as-user).
by_user() {
	command -v as-user >/dev/null || skip "there is no as-user here"
	install -d -o user "$DIR/user"
	chmod 755 "$DIR" "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" 2>/dev/null || true
	cat >"$DIR/script" <<-END
		set -eu
		o() { "$(realpath "$OCIRUN")" --root "\$XDG_RUNTIME_DIR/$ID" --systemd-cgroup "\$@"; }
		is() { [ "\$1" = "\$2" ] || { echo "\$1 is not \$2" >&2; exit 1; }; }
		show() { systemctl --user show "\$2" -p "\$1" --value; }
		mkdir -p ~/$ID && cd ~/$ID && cp -a /opt/busybox rootfs && o spec --rootless
		jq '.process.terminal = false | .process.args = ["sleep", "1000"] | .linux.resources = { pids: { limit: 33 },
			memory: { limit: 90001408 } } | del(.linux.cgroupsPath)' config.json >new && mv new config.json
		trap 'o delete -f $ID; rm -rf ~/$ID' EXIT
	END
	cat >>"$DIR/script"
	chmod 755 "$DIR/script"
	run_ok as-user bash "$DIR/script"
}

@test "PRO-34 CGR-03 the user's systemd makes the scope, limits and all" {
	by_user <<-END
		o create $ID </dev/null >log 2>&1 || { cat log; exit 1; }
		is "\$(show ActiveState $UNIT) \$(show Slice $UNIT) \$(show TasksMax $UNIT)" "active user.slice 33"
		group=/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/user.slice/$UNIT
		is "\$(cat \$group/pids.max) \$(cat \$group/memory.max)" "33 90001408"
		o start $ID
		o exec $ID cat /proc/self/cgroup
		o update --pids-limit 44 $ID
		is "\$(show TasksMax $UNIT) \$(cat \$group/pids.max)" "44 44"
		o kill $ID KILL
		while [ "\$(o state $ID | jq -r .status)" != stopped ]; do sleep 0.1; done
		o delete $ID
		is "\$(systemctl --user list-units --all --plain --no-legend '*$ID*')" ""
		[ ! -e \$group ]
	END
}

@test "PRO-34 without a bus of the user's: the manager's own socket; without that, an error that names the bus" {
	by_user <<-END
		unset DBUS_SESSION_BUS_ADDRESS
		mkdir run && ln -s "\$XDG_RUNTIME_DIR/systemd" run/systemd
		XDG_RUNTIME_DIR=\$PWD/run o --root "\$XDG_RUNTIME_DIR/$ID" create $ID </dev/null >log 2>&1 || { cat log; exit 1; }
		is "\$(show ActiveState $UNIT)" active
		o delete -f $ID
		export DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere
		if XDG_RUNTIME_DIR=/nowhere o --root "\$XDG_RUNTIME_DIR/$ID" create $ID </dev/null >log 2>&1; then exit 1; fi
		grep "the user bus" log
	END
}
