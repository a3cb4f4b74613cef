# What sweep and kill9 share: a directory with inject, a bundle, a cgroup name of its own; removal of all that.
# The loops run some thousand commands: whatever can be asked without a fork is asked without one.
#
#   begin NAME OCIRUN       sets ocirun, dir, state, group; makes $dir/inject, $dir/bundle, $dir/base.json
#   bundle JQ-FILTER        the bundle's config.json from the base
#   problem TEXT            counts and tells one
#   check_clean ID          no state directory, no cgroup, no mount is left of it
#   name_of NUMBER          ret_name: the system call's name

# shellcheck shell=bash disable=SC2154,SC2034
# In a mount namespace of our own, where nobody else mounts; all shared, as systemd has it.
if [ -z "${OCIRUN_FAULTS_INSIDE-}" ]; then
	OCIRUN_FAULTS_INSIDE=1 exec unshare -m --propagation private -- /bin/bash -c 'mount --make-rshared / && exec "$@"' -- "$0" "$@"
fi

begin() {
	here=$(cd "$(dirname "$0")" && pwd)
	ocirun=$(realpath "$2")
	dir=$(mktemp -d "/tmp/ocirun-$1.XXXXXX")
	chmod 755 "$dir" # root of a user namespace has to pass
	state=$dir/state group=ocirun-$1-$$ failed=0 number=0 call='' what='' cannot_fail=0
	trap finish EXIT
	mkdir "$state"
	mount -t tmpfs tmpfs "$state" # as /run is; a disk would make most of the time fsync
	cc -std=c11 -D_GNU_SOURCE -O1 -o "$dir/inject" "$here/inject.c"
	mkdir -p "$dir/bundle/rootfs"/{bin,proc,sys,dev,etc,tmp,data} "$dir/data"
	cp /bin/busybox "$dir/bundle/rootfs/bin/busybox"
	ln -s busybox "$dir/bundle/rootfs/bin/sh"
	cp "$here/whole.sh" "$dir/bundle/rootfs/bin/whole"
	chmod 755 "$dir/bundle/rootfs/bin/whole"
	mkfifo "$dir/said"
	exec 8<>"$dir/said"
	local word value
	while read -r value word; do names[value]=$word; done < <(printf '#include <sys/syscall.h>\n' | cc -E -dM - |
		sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/\2 \1/p')
	cd "$dir/bundle" || exit
	"$ocirun" spec
	# a config that uses most stages; bin/whole checks what a failing call must not have left out
	jq --arg group "/$group/c" --arg data "$dir/data" '
		.process.terminal = false | .linux.cgroupsPath = $group | .process.args = ["/bin/whole", "/data"]
		| .process.user = {uid: 7, gid: 8, additionalGids: [9], umask: 23} | .process.cwd = "/tmp"
		| .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 512, hard: 512}] | .process.oomScoreAdj = 100
		| .hostname = "sweep" | .linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "77"}
		| .mounts += [{destination: "/data", type: "bind", source: $data, options: ["rbind", "ro"]}]
		| .hooks = {createContainer: [{path: "/bin/true"}]}
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}
	' config.json >"$dir/base.json"
	# of the masked and read-only paths those that this kernel has
	for word in $(jq -r '.mounts[].destination, .linux.maskedPaths[], .linux.readonlyPaths[]' config.json); do
		case $word in /proc/* | /sys/*) [ -e "$word" ] || continue ;; esac
		jq --arg path "$word" '.process.args += [$path]' "$dir/base.json" >"$dir/new.json"
		mv "$dir/new.json" "$dir/base.json"
	done
	groups=()
	for word in /sys/fs/cgroup /sys/fs/cgroup/*/; do
		[ ! -e "$word/cgroup.procs" ] || groups+=("${word%/}/$group")
	done
	mapfile -t mounts_before </proc/self/mountinfo
}

finish() {
	for id in "$state"/[!@]*; do
		[ ! -d "$id" ] || "$ocirun" --root "$state" delete -f "${id##*/}" || :
	done
	umount "$state"
	rm -rf "$dir"
	for word in "${groups[@]}"; do
		[ ! -d "$word" ] || find "$word" -depth -type d -exec rmdir {} \;
	done
}

declare -a names=() groups=()
name_of() { ret_name=${names[$1]-$1}; }

bundle() { jq "$1" "$dir/base.json" >"$dir/bundle/config.json"; }

problem() {
	printf '%s: call %s (%s): %s\n' "$what" "$number" "$call" "$*" >&2
	failed=$((failed + 1))
}

check_clean() { # ID
	local word
	[ ! -e "$state/$1" ] || problem "the state directory is left"
	for word in "${groups[@]}"; do
		[ ! -d "$word/c" ] || problem "a cgroup is left: $word/c"
	done
	mapfile -t mounts </proc/self/mountinfo
	[ "${mounts[*]#* * * }" = "${mounts_before[*]#* * * }" ] || problem "the host's mounts changed"
}

# The program of a container that was started must say that it is whole (unless the call that was harmed is one
# that no kernel fails).
expect_whole() {
	local line=''
	read -r -t 10 -u 8 line || :
	[ "$line" = whole ] || [ "$cannot_fail" = 1 ] || problem "the program says: ${line:-nothing}"
}
