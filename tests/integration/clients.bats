#!/usr/bin/env bats
# Real input: the config.json files that Podman, containerd (ctr) and Docker made (tests/data/clients), run as
# they are, but for the bundle's root file system, bind sources of the client's own and its network hook.

load lib

test_setup() { needs_root; new_bundle true; }

adapt() { # FILE
	cp "$1" "$BUNDLE/config.json"
	mkdir -p "$DIR/sources"
	touch "$DIR/sources/file"
	config ".root.path = \"rootfs\" | .linux.cgroupsPath = \"$CGROUPS_PATH\"" \
		".mounts |= map(if .source != null and (.source | startswith(\"/var/lib/clients\")) then .source = (if .destination == \"/dev/shm\" or .destination == \"/data\" then \"$DIR/sources\" else \"$DIR/sources/file\" end) else . end)" \
		".mounts |= map(if .source == \"/etc/resolv.conf\" then .source = \"$DIR/sources/file\" else . end)" \
		'del(.hooks)' \
		'if .linux.namespaces | map(.path // "") | any(startswith("/run") or startswith("/var")) then .linux.namespaces |= map(del(.path)) else . end'
	# limits above this caller's own may need CAP_SYS_RESOURCE
	if ! capsh --has-p=cap_sys_resource 2>/dev/null; then config '.process.rlimits = [.process.rlimits // [] | .[] | select(.type == "RLIMIT_NOFILE") | .hard = 512 | .soft = 512]'; fi
	# in a pure v2 view: the limits whose controllers this host has there (refusing the others is LIM's to test)
	local controller
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		for controller in memory cpu pids; do
			grep -qw "$controller" /sys/fs/cgroup/cgroup.controllers || config "del(.linux.resources.$controller)"
		done
	fi
	# not every host has the IPv6 or fuse nodes of privileged configs
	set_args sh -c 'echo alive; cat /proc/self/cgroup >/dev/null; sleep 0'
}

client() { # FILE
	adapt "$BATS_TEST_DIRNAME/../data/clients/$1.json"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	has alive
}

@test "Podman: run" { client podman-run; }
@test "Podman: limits, user, volume, tmpfs, device, read-only" { client podman-full; }
@test "Podman: seccomp unconfined, host pid and ipc" { client podman-unconfined; }
@test "Podman: privileged" { client podman-privileged; }
@test "Podman: user namespace" {
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$DIR" "$BUNDLE"
	client podman-userns
}
@test "containerd: ctr run --rootfs" { client ctr-rootfs; }
@test "containerd: seccomp, limits, mount" { client ctr-seccomp; }
@test "containerd: privileged" { client ctr-privileged; }
@test "Docker: run" { client docker-run; }
@test "Docker: limits, user, volume, tmpfs, device, read-only" { client docker-full; }
@test "Docker: seccomp unconfined, host pid and ipc" { client docker-unconfined; }
@test "Docker: privileged" { client docker-privileged; }

@test "a Debian root file system runs perl and apt-get under Docker's seccomp profile" {
	[ -d "${OCIRUN_DEBIAN:=/var/cache/ocirun-test/debian}" ] || command -v debootstrap >/dev/null ||
		skip "no debootstrap, and no Debian root file system in $OCIRUN_DEBIAN"
	[ -d "$OCIRUN_DEBIAN" ] ||
		unshare -m --propagation private debootstrap --variant=minbase "$(. /etc/os-release; echo "$VERSION_CODENAME")" "$OCIRUN_DEBIAN.$$" >"$DIR/debootstrap" 2>&1 ||
		{ tail -n 5 "$DIR/debootstrap" >&2; return 1; }
	[ -d "$OCIRUN_DEBIAN" ] || mv "$OCIRUN_DEBIAN.$$" "$OCIRUN_DEBIAN"
	config ".root.path = \"$OCIRUN_DEBIAN\"" "$(jq -c '.linux.seccomp' "$BATS_TEST_DIRNAME/../data/clients/docker-run.json" | sed 's/^/.linux.seccomp = /')"
	set_args sh -c 'perl -e "print 6*7, qq(\n)" && apt-get --version | head -n 1 && grep Seccomp: /proc/self/status'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "${lines[0]}" = 42 ]
	[[ ${lines[1]} == "apt "* ]]
	[[ ${lines[2]} == *2 ]]
}
