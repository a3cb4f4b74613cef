#!/usr/bin/env bats
# A node whose containers belong to runc, crun and ocirun: none sees or disturbs another's. Each with its own default
# state directory, below a /run of their own. Debian 12's crun refuses a host with controllers on both versions of
# cgroups: all three see the v2 tree alone. Both in a mount namespace that a sleeper holds.

load lib

RUNTIMES=(runc crun ocirun)

setup_file() {
	scratch
	ln -s "$OCIRUN" "$SCRATCH/ocirun"
	make_rootfs "$SCRATCH/rootfs"
	unshare -m --propagation private sh -c '[ -e /sys/fs/cgroup/cgroup.controllers ] ||
		{ umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup; } &&
		mount -t tmpfs -o mode=755 side /run && touch "$0" && exec sleep 10000' \
		"$SCRATCH/ready" >/dev/null 2>&1 3>&- &
	export HOLDER=$!
	wait_for test -e "$SCRATCH/ready"
}
teardown_file() {
	kill "$HOLDER"
	find /sys/fs/cgroup -depth -type d -path '*/ocirun-side*' -exec rmdir {} + 2>/dev/null
	rm -rf "$SCRATCH"
}
teardown() {
	local runtime id
	for runtime in "${RUNTIMES[@]}"; do
		for id in $(r "$runtime" list -q); do r "$runtime" delete --force "$id" || true; done
	done
}

there() { nsenter --mount="/proc/$HOLDER/ns/mnt" --wd="$PWD" -- "$@"; } # CMD...: where v2 alone is seen
r() { if [ "$1" = ocirun ]; then there "$OCIRUN" "${@:2}"; else there "$@"; fi; } # RUNTIME WORD...
limit() { there sh -c 'cat "/sys/fs/cgroup$(sed -n s/^0:://p /proc/$0/cgroup)/pids.max"' "$1"; } # PID
# crun raises RLIMIT_MEMLOCK for any list of devices.
bare() { if [ "$1" = crun ] && ! capsh --has-p=cap_sys_resource 2>/dev/null; then echo true; else echo false; fi; }
# A bundle of the runtime's own making, with a filter, in a group that names it.
bundle() { # RUNTIME [CMD...]
	local dir=$SCRATCH/$1
	mkdir -p "$dir-bundle"
	rm -f "$dir-bundle/config.json"
	(cd "$dir-bundle" && r "$1" spec)
	jq --arg root "$SCRATCH/rootfs" --arg group "/ocirun-side/$1" '.process.terminal = false | .root.path = $root
		| .linux.cgroupsPath = $group | .process.args = $ARGS.positional
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdirat", "mkdir"], action: "SCMP_ACT_ERRNO"}]}
		| if $bare then del(.linux.resources) else . end' --argjson bare "$(bare "$1")" \
		--args -- "${@:2}" <"$dir-bundle/config.json" >"$dir-bundle/new"
	mv "$dir-bundle/new" "$dir-bundle/config.json"
	echo "$dir-bundle"
}
up() { # ID: with each runtime
	local runtime
	for runtime in "${RUNTIMES[@]}"; do
		r "$runtime" run -d --bundle "$(bundle "$runtime" sleep 1000)" "$1" </dev/null >/dev/null 2>&1 3>&-
	done
}
status_of() { r "$1" state "$2" | jq -r .status; } # RUNTIME ID
pid_of() { r "$1" state "$2" | jq -r .pid; }
is_status() { [ "$(status_of "$1" "$2")" = "$3" ]; }
alive() { kill -0 "$1" && ! grep -q '^State:.*[ZX]' "/proc/$1/status"; } # PID

@test "side by side: one id in three runtimes is three containers" {
	local runtime pids=()
	up web
	for runtime in "${RUNTIMES[@]}"; do
		[ "$(r "$runtime" list -q)" = web ]
		[ "$(status_of "$runtime" web)" = running ]
		pids+=("$(pid_of "$runtime" web)")
		grep -q "/ocirun-side/$runtime\$" "/proc/${pids[-1]}/cgroup"
		# the same bundle's file, the same root: processes apart
		[ "$(r "$runtime" exec web sh -c 'echo inside; ls /proc | grep -c "^[0-9]*$"' | head -n 1)" = inside ]
	done
	[ "$(printf '%s\n' "${pids[@]}" | sort -u | wc -l)" = 3 ]
}

@test "side by side: pause, kill and delete of the one leave the others as they are" {
	local runtime other pid
	up web
	r ocirun pause web
	is_status ocirun web paused && is_status runc web running && is_status crun web running
	r runc pause web
	r ocirun resume web
	is_status ocirun web running && is_status runc web paused
	r runc resume web
	for runtime in "${RUNTIMES[@]}"; do
		pid=$(pid_of "$runtime" web)
		r "$runtime" kill web KILL
		wait_for is_status "$runtime" web stopped
		r "$runtime" delete web
		! alive "$pid"
		for other in "${RUNTIMES[@]}"; do
			[ -z "$(r "$other" list -q)" ] || alive "$(pid_of "$other" web)"
		done
	done
	# a missing one is nobody else's to be found
	r ocirun run -d --bundle "$(bundle ocirun sleep 1000)" web </dev/null >/dev/null 2>&1 3>&-
	take r runc delete --force web
	take r crun delete --force web
	is_status ocirun web running
}

@test "side by side: limits of the one are not the others'" {
	there grep -qw pids /sys/fs/cgroup/cgroup.controllers || skip "no pids controller in the v2 tree"
	up web
	r ocirun update --pids-limit 50 web
	[ "$(limit "$(pid_of ocirun web)")" = 50 ]
	[ "$(limit "$(pid_of runc web)")" != 50 ]
	[ "$(limit "$(pid_of crun web)")" != 50 ]
}

@test "side by side: a group that another runtime's container is in is refused, and nothing happens to it" {
	local pid
	r runc run -d --bundle "$(bundle runc sleep 1000)" web </dev/null >/dev/null 2>&1 3>&-
	pid=$(pid_of runc web)
	bundle ocirun sleep 1000 >/dev/null
	jq '.linux.cgroupsPath = "/ocirun-side/runc"' "$SCRATCH/ocirun-bundle/config.json" >"$SCRATCH/new"
	mv "$SCRATCH/new" "$SCRATCH/ocirun-bundle/config.json"
	fails 1 r ocirun create --bundle "$SCRATCH/ocirun-bundle" other
	has "container's cgroup is not empty"
	ok r ocirun delete --force other
	alive "$pid"
	is_status runc web running
}

@test "side by side: ocirun's filters are kept in its own directory, and go at any time" {
	up web
	[ -n "$(there ls /run/ocirun/@seccomp)" ]
	[ -z "$(there find /run/runc /run/crun -name '*@seccomp*')" ]
	there rm -r /run/ocirun/@seccomp
	fails 1 r ocirun exec web mkdir /tmp/x
	has "not permitted"
	ok r ocirun delete --force web
	ok r ocirun run --bundle "$(bundle ocirun true)" web
	[ -n "$(there ls /run/ocirun/@seccomp)" ]
	is_status runc web running && is_status crun web running
}

@test "side by side: told to look into runc's directory, ocirun disturbs no container of runc's" {
	local pid
	r runc run -d --bundle "$(bundle runc sleep 1000)" web </dev/null >/dev/null 2>&1 3>&-
	pid=$(pid_of runc web)
	there find /run/runc -type f -exec md5sum {} + | sort >"$SCRATCH/before"
	take r ocirun --root /run/runc list
	take r ocirun --root /run/runc state web
	take r ocirun --root /run/runc pause web
	take r ocirun --root /run/runc delete --force other
	there find /run/runc -type f -exec md5sum {} + | sort | diff "$SCRATCH/before" -
	alive "$pid"
	is_status runc web running
}

@test "side by side: thirty starts at once, ten with each runtime" {
	local runtime i pids=() got
	for runtime in "${RUNTIMES[@]}"; do
		for ((i = 0; i < 10; i++)); do
			bundle "$runtime" sh -c "exit $i" >/dev/null
			jq --arg i "$i" '.linux.cgroupsPath += "-" + $i' "$SCRATCH/$runtime-bundle/config.json" >"$SCRATCH/new"
			mkdir -p "$SCRATCH/$runtime-$i"
			mv "$SCRATCH/new" "$SCRATCH/$runtime-$i/config.json"
		done
	done
	for ((i = 0; i < 10; i++)); do
		for runtime in "${RUNTIMES[@]}"; do
			r "$runtime" run --bundle "$SCRATCH/$runtime-$i" "job-$i" </dev/null >/dev/null 2>&1 3>&- & pids+=($!)
		done
	done
	for ((i = 0; i < 30; i++)); do
		got=0
		wait "${pids[i]}" || got=$?
		[ "$got" = $((i / 3)) ]
	done
	for runtime in "${RUNTIMES[@]}"; do [ -z "$(r "$runtime" list -q)" ]; done
}
