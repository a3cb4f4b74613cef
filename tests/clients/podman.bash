# Podman with everything of its own below $SCRATCH, for podman.bats and buildah.bats.
# shellcheck disable=SC2154 # SCRATCH: lib.bash

podman_start() { # make the configuration and the image
	scratch
	# cleanup, which conmon calls, is told the runtime's path and the storage, not this configuration:
	# what follows from the storage's directory must be left to follow from it
	cat >"$SCRATCH/containers.conf" <<-END
		[containers]
		default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]
		init_path = "/usr/bin/tini-static"
		seccomp_profile = "${SECCOMP_PROFILE:-}"
		[engine]
		cgroup_manager = "$DRIVER"
		events_logger = "file"
		runtime = "ocirun"
		runtime_supports_json = ["ocirun"]
		runtime_supports_nocgroups = ["ocirun"]
		tmp_dir = "$SCRATCH/tmp"
		volume_path = "$SCRATCH/volumes"
		[engine.runtimes]
		ocirun = ["$OCIRUN"]
	END
	sed -i '/seccomp_profile = ""/d' "$SCRATCH/containers.conf"
	printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$SCRATCH/graph" "$SCRATCH/run" >"$SCRATCH/storage.conf"
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$SCRATCH/policy.json"
	mkdir -p /etc/containers && cp "$SCRATCH/policy.json" /etc/containers/policy.json # an empty directory of run's
	export CONTAINERS_CONF=$SCRATCH/containers.conf CONTAINERS_STORAGE_CONF=$SCRATCH/storage.conf
	unset SECCOMP_PROFILE
	make_terminal
	make_rootfs "$SCRATCH/rootfs"
	tar -C "$SCRATCH/rootfs" -cf "$SCRATCH/image.tar" .
	podman import -q "$SCRATCH/image.tar" "$IMAGE" >/dev/null
	rm "$SCRATCH/image.tar"
}

podman_end() {
	podman pod rm -a -f -t 0 >/dev/null 2>&1 || :
	podman rm -a -f -t 0 >/dev/null 2>&1 || :
	umount -R "$SCRATCH/graph" 2>/dev/null || :
	find /sys/fs/cgroup -depth -type d -path '*/libpod_parent*' -exec rmdir {} + 2>/dev/null || :
	wait_for rm -rf "$SCRATCH" # the last cleanup that conmon calls may still write there
}
