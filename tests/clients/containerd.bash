# A containerd of our own below $SCRATCH, for containerd.bats and docker.bats.
# shellcheck disable=SC2154 # SCRATCH: lib.bash

containerd_start() {
	local plugin disabled=
	scratch
	for plugin in grpc.v1.cri snapshotter.v1.aufs snapshotter.v1.btrfs snapshotter.v1.devmapper snapshotter.v1.zfs internal.v1.opt; do
		disabled+="\"io.containerd.$plugin\","
	done
	cat >"$SCRATCH/containerd.toml" <<-END
		version = 2
		root = "$SCRATCH/containerd/root"
		state = "$SCRATCH/containerd/state"
		disabled_plugins = [${disabled%,}]
		[grpc]
		address = "$SCRATCH/containerd.sock"
		[ttrpc]
		address = "$SCRATCH/containerd.ttrpc"
	END
	containerd_run
}
# Its pid is kept in a file: a test that starts it anew is another process than the one that ends it.
containerd_run() {
	containerd -c "$SCRATCH/containerd.toml" >>"$SCRATCH/containerd.log" 2>&1 3>&- &
	echo $! >"$SCRATCH/containerd.pid"
	wait_for ctr -a "$SCRATCH/containerd.sock" version
}
containerd_pid() { cat "$SCRATCH/containerd.pid"; }

# A daemon is ended by its pid, and has ended.
daemon_end() { # PID
	kill "$1" && wait_for is_gone "$1"
}
is_gone() { [ ! -e "/proc/$1" ] || grep -q '^State:.*[ZX]' "/proc/$1/status" 2>/dev/null; }

# Mounts of this run's own namespace, and cgroups that the client leaves when its containers are gone.
scratch_end() { # CGROUP-NAME
	local target
	grep -o " $SCRATCH/[^ ]*" /proc/self/mountinfo | sort -r | while read -r target; do umount "$target"; done
	find /sys/fs/cgroup -depth -type d -path "/sys/fs/cgroup/*$1*" -exec rmdir {} + 2>/dev/null
	rm -rf "$SCRATCH"
}
