# What start and exec share: a private mount namespace with cgroup v2 alone, a directory on a tmpfs (the state of every
# runtime on the same file system), a bundle for each config and runtime, removal of all that.
#
#   begin BUILD-DIR         sets build, dir, group, runtimes
#   bundle NAME FILTER      config NAME: the default one without what crun cannot do here (linux.resources), changed by
#                           FILTER (jq; $docker is a config of Docker's), as $dir/NAME and $dir/NAME-RUNTIME
#   runtime NAME            the words that begin a command of this runtime
#   measure OUT RUNS PREPARE COMMAND...    hyperfine; COMMAND: alternately a name and one string
#   syscalls COMMAND...     number of system calls of all its processes up to the end

# shellcheck shell=bash disable=SC2154 # here: set by who loads this
if [ "${BENCH_VIEW-}" != v2 ]; then
	[ "$(id -u)" = 0 ] || { echo "bench: needs root" >&2; exit 1; }
	exec env BENCH_VIEW=v2 unshare -m --propagation private -- /bin/bash -c '
		umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"' -- "$0" "$@"
fi

begin() { # BUILD-DIR
	build=$(realpath "$1")
	dir=$(mktemp -d /tmp/ocirun-bench.XXXXXX)
	group=/sys/fs/cgroup/ocirun-bench-$$
	trap finish EXIT
	mount -t tmpfs tmpfs "$dir"
	mkdir "$dir/results" "$group"
	runtimes=(ocirun)
	local rt
	for rt in crun runc; do if command -v $rt >/dev/null; then runtimes+=("$rt"); fi; done
}

finish() {
	if declare -F before_finish >/dev/null; then before_finish; fi
	umount "$dir"
	rmdir "$dir" "$group"
}

runtime() {
	case $1 in
	ocirun) echo "$build/ocirun --root $dir/state-ocirun" ;;
	*) echo "$1 --root $dir/state-$1" ;;
	esac
}

bundle() { # NAME FILTER
	local rt filter
	mkdir -p "$dir/$1/rootfs"/{bin,proc,sys,dev,etc,tmp}
	cp /bin/busybox "$dir/$1/rootfs/bin/true"
	cp /bin/busybox "$dir/$1/rootfs/bin/sleep"
	"$build/ocirun" spec --bundle "$dir/$1"
	for rt in "${runtimes[@]}"; do
		cp -r "$dir/$1" "$dir/$1-$rt"
		filter=".process.terminal = false | del(.linux.resources) | .linux.cgroupsPath = \"/${group##*/}/$1-$rt\" | $2"
		[ "$rt" != crun ] || filter+=' | .ociVersion = "1.0.0"' # Debian's knows no 1.3
		jq --slurpfile docker "$here/../data/clients/docker-run.json" "$filter" "$dir/$1/config.json" >"$dir/$1-$rt/config.json"
	done
}

measure() { # OUT RUNS PREPARE NAME COMMAND...
	local out=$1 runs=$2 prepare=$3 commands=()
	shift 3
	while [ $# -gt 0 ]; do commands+=(-n "$1" "$2") && shift 2; done
	hyperfine -N --style none --warmup 5 --runs "$runs" ${prepare:+--prepare "$prepare"} --export-json "$out" \
		"${commands[@]}" >/dev/null 2>"$dir/err" || { cat "$dir/err" >&2; exit 1; }
}

syscalls() { # COMMAND...
	strace -f -qq -c -o "$dir/strace" "$@" >/dev/null 2>&1 || return 1
	awk '/total$/ {print $(NF-1) == "total" ? $(NF-2) : $4}' "$dir/strace" | tail -1
}
