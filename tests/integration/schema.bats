#!/usr/bin/env bats
# What ocirun prints against JSON schemas: those of runtime-spec that Debian ships (1.0.2: config and state), and
# our own of 1.3 in tests/data/schema. What ocirun reads: every value of a config that uses all properties,
# replaced by one of another type, is refused by its place.

load lib

DATA=$BATS_TEST_DIRNAME/../data
OFFICIAL=/usr/share/gocode/src/github.com/opencontainers/runtime-spec/schema

# Debian's own interpreter: its packages are not those of another one that stands first in PATH
needs_validator() { /usr/bin/python3 -c 'import jsonschema' 2>/dev/null || skip "this machine has no jsonschema for Python (those of tests/vm)"; }
valid() { /usr/bin/python3 "$BATS_TEST_DIRNAME/validate.py" "$@"; }

@test "FEA-01 FEA-02 FJS-01 ACC-05 features: valid JSON of the 1.3 schema, exit 0, nothing on stderr, for anybody" {
	needs_validator
	"$OCIRUN" features >"$DIR/features" 2>"$DIR/err" </dev/null
	[ ! -s "$DIR/err" ]
	run_ok valid "$DATA/schema/features.json" "$DIR/features"
	jq -e '.ociVersionMin == "1.0.0" and .ociVersionMax == "1.3.0"' "$DIR/features"
	# for somebody without rights, without a home and with a closed stdin; a shared copy, since DIR is private
	install -m 0755 "$OCIRUN" "$BATS_RUN_TMPDIR/ocirun-$ID"
	chmod a+x "$BATS_RUN_TMPDIR"
	local nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs)
	[ $EUID = 0 ] || nobody=(setpriv --no-new-privs) # who may not become another has few rights already
	run_ok "${nobody[@]}" env -i "$BATS_RUN_TMPDIR/ocirun-$ID" features <&-
	[ "$output" = "$(cat "$DIR/features")" ]
	run_fail "$OCIRUN" features more
}

@test "FJS-02 FJS-04 FJS-05 FJS-06 FJS-07 FJS-09 FJS-12 features: hooks, namespaces, capabilities, cgroups, seccomp, LSMs, idmap" {
	"$OCIRUN" features >"$DIR/features"
	jq -e '.hooks == ["prestart","createRuntime","createContainer","startContainer","poststart","poststop"]' "$DIR/features"
	jq -e '.linux.namespaces | sort == ["cgroup","ipc","mount","network","pid","time","user","uts"]' "$DIR/features"
	jq -e '.linux.capabilities | length == 41 and all(startswith("CAP_"))' "$DIR/features"
	jq -e '.linux.cgroup | .v1 and .v2 and .rdma and (.systemd | type == "boolean") and (.systemdUser | type == "boolean")' "$DIR/features"
	jq -e '.linux.seccomp | .enabled and (.actions | length == 9) and (.operators | length == 7) and (.archs | length >= 17)' "$DIR/features"
	jq -e '.linux.apparmor.enabled and .linux.selinux.enabled and .linux.mountExtensions.idmap.enabled' "$DIR/features"
	# no capability of this kernel is missing
	[ "$(jq '.linux.capabilities | length' "$DIR/features")" -gt "$(cat /proc/sys/kernel/cap_last_cap)" ]
}

@test "FJS-10 FJS-13 features: intelRdt with schemata and monitoring, netDevices; what the runtime can, not what this host has" {
	"$OCIRUN" features >"$DIR/features"
	jq -e '.linux.intelRdt == {enabled: true, schemata: true, monitoring: true}' "$DIR/features"
	jq -e '.linux.netDevices == {enabled: true}' "$DIR/features"
	# and each is acted upon: no device or resctrl of such a name is there to be had
	needs_root
	new_bundle true
	config '.linux.netDevices = {"ocirun-none": {}}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has /linux/netDevices
	config 'del(.linux.netDevices) | .linux.intelRdt = {closID: "ocirun-none", enableMonitoring: true}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has /linux/intelRdt
}

@test "FJS-03 features: the mount options are sorted, those of the specification are all there, id maps stand elsewhere" {
	"$OCIRUN" features | jq -r '.mountOptions[]' >"$DIR/options"
	LC_ALL=C sort -c "$DIR/options"
	local word
	for word in async atime bind defaults dev diratime dirsync exec iversion lazytime loud mand noatime nodev nodiratime noexec \
		noiversion nolazytime nomand norelatime nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime \
		remount rexec rnoatime rnodev rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow ro rprivate rrelatime \
		rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid symfollow sync \
		tmpcopyup unbindable; do
		grep -qx "$word" "$DIR/options" || { echo "no $word"; false; }
	done
	run_fail grep -E '^r?idmap' "$DIR/options"
}

@test "FJS-08 features: the flags that this very kernel takes, none loaded by asking" {
	command -v cc >/dev/null || skip "no C compiler for the question"
	# a filter flag is known when it is not EINVAL but EFAULT, with no filter to read
	cat >"$DIR/ask.c" <<-'E'
		#include <errno.h>
		#include <stdio.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int main(void)
		{
			static const struct { const char *name; unsigned flags; } rows[] = {
				{ "SECCOMP_FILTER_FLAG_TSYNC", 1 }, { "SECCOMP_FILTER_FLAG_LOG", 2 },
				{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", 4 }, { "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 32 | 8 } };
			for (unsigned i = 0; i < 4; i++)
				if (syscall(SYS_seccomp, 1, rows[i].flags, NULL) < 0 && errno == EFAULT)
					puts(rows[i].name);
		}
	E
	cc -o "$DIR/ask" "$DIR/ask.c"
	[ "$("$OCIRUN" features | jq -r '.linux.seccomp.supportedFlags[]' | sort)" = "$("$DIR/ask" | sort)" ]
	[ "$("$OCIRUN" features | jq -r '.linux.seccomp.knownFlags | length')" = 4 ]
}

@test "FJS-17 FJS-18 features: annotations tell of libseccomp and ocirun, of checkpoints when there are any, of no other runtime" {
	"$OCIRUN" features | jq .annotations >"$DIR/annotations"
	[ "$(jq -r '.["io.github.seccomp.libseccomp.version"]' "$DIR/annotations")" = "$("$OCIRUN" --version | sed -n 's/^libseccomp: //p')" ]
	[ "$(jq -r '.["run.oci.ocirun.version"]' "$DIR/annotations")" = "$("$OCIRUN" --version | sed -n '1s/.* //p')" ]
	[ "$(jq -r '.["run.oci.ocirun.commit"]' "$DIR/annotations")" = "$("$OCIRUN" --version | sed -n 's/^commit: //p')" ]
	local said=null
	if "$OCIRUN" help | grep -q '^ *checkpoint '; then said=true; fi
	[ "$(jq -r '.["org.opencontainers.runc.checkpoint.enabled"]' "$DIR/annotations")" = "$said" ]
	jq -e 'keys - ["io.github.seccomp.libseccomp.version","run.oci.ocirun.version","run.oci.ocirun.commit",
		"org.opencontainers.runc.checkpoint.enabled"] == []' "$DIR/annotations"
}

@test "FJS-14 features: every annotation that the code acts upon is among the unsafe ones" {
	[ -d "$BATS_TEST_DIRNAME/../../runtime" ] || skip "no source beside the tests"
	local name
	"$OCIRUN" features | jq -r '.potentiallyUnsafeConfigAnnotations[]' >"$DIR/unsafe"
	LC_ALL=C sort -c "$DIR/unsafe"
	grep -rhoE '"(run\.oci|org\.systemd|org\.criu)\.[a-z_.-]+"' "$BATS_TEST_DIRNAME/../../runtime" | tr -d '"' |
		grep -v '^run\.oci\.ocirun\.' | sort -u >"$DIR/names"
	[ "$(wc -l <"$DIR/names")" -ge 5 ]
	while read -r name; do
		grep -qxF "$name" "$DIR/unsafe" || grep -qxF "${name%.*}." "$DIR/unsafe" || { echo "not listed: $name"; false; }
	done <"$DIR/names"
}

@test "STT-01 STT-02 STT-03 STT-04 STT-05 ACC-05 state, created, running and stopped: valid by the specification's schema and by our own" {
	needs_validator
	needs_root
	new_bundle sleep 100
	config '.annotations = {"org.example.key": "value"}'
	create
	ocirun state "$ID" >"$DIR/created"
	ocirun start "$ID"
	ocirun state "$ID" >"$DIR/running"
	ocirun kill "$ID" KILL
	wait_status stopped
	ocirun state "$ID" >"$DIR/stopped"
	run_ok valid "$OFFICIAL/state-schema.json" "$DIR/created" "$DIR/running" "$DIR/stopped"
	run_ok valid "$DATA/schema/state.json" "$DIR/created" "$DIR/running" "$DIR/stopped"
	# the schema can say no
	jq '.pid = 0' "$DIR/running" >"$DIR/bad"
	run_fail valid "$DATA/schema/state.json" "$DIR/bad"
}

@test "SPC-01 SPC-03 ACC-05 spec, for root and for others: valid by the specification's schema, and read back" {
	needs_validator
	local flag
	for flag in '' --rootless; do
		mkdir -p "$DIR/bundle$flag/rootfs"
		# shellcheck disable=SC2086 # no flag is no argument
		(cd "$DIR/bundle$flag" && "$OCIRUN" spec $flag)
		run_ok valid "$OFFICIAL/config-schema.json" "$DIR/bundle$flag/config.json"
	done
	if [ $EUID = 0 ]; then run_ok ocirun plan "$DIR/bundle"; fi
	run_ok ocirun plan "$DIR/bundle--rootless"
}

# A bundle that whoever runs the tests may compile.
spec_for_us() {
	mkdir -p "$BUNDLE/rootfs"
	if [ $EUID = 0 ]; then "$OCIRUN" spec --bundle "$BUNDLE"; else "$OCIRUN" spec --rootless --bundle "$BUNDLE"; fi
}

@test "CFG-07 CFG-08 CFG-09 CFG-10 every property of the specification's schema is read: a value of another type is refused by its place" {
	needs_validator
	mkdir -p "$BUNDLE/rootfs"
	run_ok /usr/bin/python3 "$BATS_TEST_DIRNAME/wrong_types.py" "$OCIRUN" "$BUNDLE" \
		"$BATS_TEST_DIRNAME/../golden/60-every-property/config.json" "$OFFICIAL"
	[ "${output%% *}" -gt 500 ]
}

# The rules that runtime-spec's own examples (schema/test/config/good and bad) are there for, as changes to a config
# that is right: what they call good is read, what they call bad is refused by its place.
@test "CFG-10 CFG-11 what the examples of the specification's schema show, good and bad" {
	needs_root # the smallest example has no user namespace
	mkdir -p "$BUNDLE/rootfs"
	local change want
	while IFS='|' read -r want change; do
		(cd "$BUNDLE" && rm -f config.json && "$OCIRUN" spec)
		config "$change"
		run ocirun plan "$BUNDLE"
		if [ "$want" = good ]; then
			# a host without the controller says so; the value was right
			[ "$status" -eq 0 ] || [[ $output == *'controller "'*'" not available' ]] || { echo "$change: $output"; false; }
		else
			[ "$status" -ne 0 ] || { echo "$change: taken"; false; }
			has " $want: must be"
		fi
	done <<-'E'
		good|{ociVersion, root: {path: .root.path}, process: {cwd: "/", args: ["sh"]}}
		good|.linux.netDevices = {eth0: {name: "container_eth0"}, ens4: {}}
		/linux/netDevices/eth0/name|.linux.netDevices = {eth0: {name: 23}}
		good|.linux.resources.rdma = {mlx5_1: {hcaHandles: 3, hcaObjects: 10000}, mlx4_0: {hcaObjects: 1000}, rxe3: {hcaObjects: 10000}}
		/linux/resources/rdma/mlx5_1/hcaHandles|.linux.resources.rdma = {mlx5_1: {hcaHandles: "not a number", hcaObjects: 10000}}
		/linux/resources/hugepageLimits/0/pageSize|.linux.resources.hugepageLimits = [{pageSize: "64kB", limit: 0}]
		good|.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 0}]
		good|.freebsd = {jail: {vnet: "disable"}}
		good|.zos = {namespaces: [{type: "mount"}]}
	E
	echo '{]' >"$BUNDLE/config.json"
	run_fail ocirun plan "$BUNDLE"
	has "invalid JSON"
	# and of features: ociVersionMax has to be there
	"$OCIRUN" features | jq 'del(.ociVersionMax)' >"$DIR/bad"
	run_fail valid "$DATA/schema/features.json" "$DIR/bad"
}

@test "CFG-11 CFG-12 properties of other platforms, and unknown ones, are skipped at every level" {
	spec_for_us
	config '.process.terminal = false'
	run_ok ocirun plan "$BUNDLE"
	local before=$output
	config '.windows = {layerFolders: ["C:\\a"], servicing: true, hyperv: {utilityVMPath: "x"}, network: {endpointList: ["y"]}}' \
		'.solaris = {milestone: "m", cappedCPU: {ncpus: "2"}, anet: [{linkname: "n"}]}' \
		'.vm = {hypervisor: {path: "/h", parameters: ["p"]}, kernel: {path: "/k"}, image: {path: "/i", format: "raw"}}' \
		'.zos = {namespaces: [{type: "pid"}]} | .freebsd = {jail: {vnet: "new"}, devices: [{path: "x"}]}' \
		'.unknown = [1, {a: null}] | .process.unknown = 1 | .process.user.username = "u" | .root.unknown = "x"' \
		'.linux.unknown = {} | .linux.namespaces[0].unknown = 1 | .linux.resources.unknown = [] | .mounts[0].unknown = false'
	run_ok ocirun plan "$BUNDLE"
	[ "$output" = "$before" ]
}

@test "CFG-01 ociVersion: every 1.x, with a warning any other version, and an error for what is none" {
	spec_for_us
	local version
	for version in 1.0.0 1.0.2-dev 1.2.1 1.3.0 1.9.9 1.0.0-rc.1+build; do
		config ".ociVersion = \"$version\""
		run_ok ocirun plan "$BUNDLE"
		lacks "read as 1.3"
	done
	for version in 0.6.0 2.0.0; do
		config ".ociVersion = \"$version\""
		run_ok ocirun plan "$BUNDLE"
		has "ociVersion $version is not 1.x: read as 1.3"
	done
	for version in '"1.3"' '"v1.3.0"' '""' null 1.3; do
		config ".ociVersion = $version"
		run_fail ocirun plan "$BUNDLE"
		has "/ociVersion: must be"
	done
}
