#!/usr/bin/env bats
# The configuration that README gives to an administrator, as it stands there but for the path, given to the clients.

load lib

setup_file() {
	scratch
	make_rootfs "$SCRATCH/rootfs"
	mkdir -p /etc/containers # an empty directory of run's
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >/etc/containers/policy.json
}
teardown_file() {
	local pid
	for pid in "$SCRATCH"/*.pid; do [ ! -e "$pid" ] || daemon_end "$(cat "$pid")"; done
	scratch_end /ocirun-guide
}
load containerd

@test "README: containerd takes the lines for its CRI plug-in" {
	block containerd-1 >"$SCRATCH/config.toml"
	ok containerd -c "$SCRATCH/config.toml" config dump
	has 'default_runtime_name = "ocirun"'
	awk '/runtimes.ocirun.options\]/ {on = 1; next} /^ *\[/ {on = 0} on' <<<"$output" >"$SCRATCH/options"
	grep -q "BinaryName = \"$OCIRUN\"" "$SCRATCH/options"
	grep -q 'SystemdCgroup = true' "$SCRATCH/options"
}

@test "README: Podman, by its configuration and by --runtime" {
	block podman >"$SCRATCH/containers.conf"
	sed '/^runtime = /s/.*/runtime = "runc"/' "$SCRATCH/containers.conf" >"$SCRATCH/other.conf"
	printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$SCRATCH/graph" "$SCRATCH/run" >"$SCRATCH/storage.conf"
	export CONTAINERS_CONF=$SCRATCH/containers.conf CONTAINERS_STORAGE_CONF=$SCRATCH/storage.conf
	local common=(--rm --network none --cgroup-parent /ocirun-guide --ulimit nofile=1024:4096 --ulimit nproc=1000:1000 --rootfs "$SCRATCH/rootfs")
	ok podman --cgroup-manager "$DRIVER" info -f '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}'
	[ "$output" = "ocirun $OCIRUN" ]
	ok podman --cgroup-manager "$DRIVER" run "${common[@]}" echo hello
	[ "$output" = hello ]
	fails 127 podman --cgroup-manager "$DRIVER" run "${common[@]}" no-such-program
	has "executable file not found" # the message of the JSON log
	export CONTAINERS_CONF=$SCRATCH/other.conf
	ok podman --cgroup-manager "$DRIVER" --runtime "$OCIRUN" run "${common[@]}" echo hello
	[ "$output" = hello ]
}

@test "README: Docker takes its daemon.json" {
	block docker >"$SCRATCH/daemon.json"
	jq . "$SCRATCH/daemon.json" >/dev/null
	# no systemd here: its driver is what only the machines of tests/vm have
	[ -d /run/systemd/system ] || { jq 'del(.["exec-opts"])' "$SCRATCH/daemon.json" >"$SCRATCH/new" && mv "$SCRATCH/new" "$SCRATCH/daemon.json"; }
	local kept=$SCRATCH
	dockerd --config-file "$kept/daemon.json" --data-root "$kept/docker" --exec-root "$kept/docker-run" --pidfile "$kept/docker.pid" \
		-H "unix://$kept/docker.sock" --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
		--storage-driver vfs >"$kept/dockerd.log" 2>&1 3>&- &
	export DOCKER_HOST=unix://$kept/docker.sock DOCKER_CONFIG=$kept
	wait_for docker version
	ok docker info -f '{{.DefaultRuntime}}'
	[ "$output" = ocirun ]
	tar -C "$kept/rootfs" -c . | docker import - "$IMAGE" >/dev/null
	ok docker run --rm --network none --cgroup-parent /ocirun-guide --ulimit nofile=1024:4096 --runtime ocirun "$IMAGE" echo hello
	[ "$output" = hello ]
}

@test "README: the lines for CRI-O and Kubernetes are whole" {
	block crio | grep -q "^runtime_path = \"$OCIRUN\"\$"
	block runtimeclass | grep -qx 'handler: ocirun'
}
