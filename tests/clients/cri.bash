# containerd with its CRI plug-in, configured by README's own lines, and the words of a pod, for cri.bats.
# shellcheck disable=SC2154,SC2034 # SCRATCH: lib.bash; status and lines, as lib.bash has them

# README's block for this version of containerd, and beside it what a host without network, registry and rights lacks:
# an image that is there, a plug-in of the network that does nothing.
cri_start() {
	local generation=1 name
	scratch
	[[ $(containerd --version) != *" 2."* && $(containerd --version) != *" v2."* ]] || generation=2
	mkdir -p "$SCRATCH"/{cni,logs}
	fake_network
	{
		block "containerd-$generation" | sed -n '/^version/p'
		printf 'root = "%s/containerd/root"\nstate = "%s/containerd/state"\n' "$SCRATCH" "$SCRATCH"
		block "containerd-$generation" | sed '/^version/d'
		printf '[grpc]\naddress = "%s/containerd.sock"\n[ttrpc]\naddress = "%s/containerd.ttrpc"\n' "$SCRATCH" "$SCRATCH"
		if [ $generation = 1 ]; then
			name=io.containerd.grpc.v1.cri
			printf '[plugins."%s"]\nsandbox_image = "%s"\nrestrict_oom_score_adj = true\n' $name "$IMAGE"
			printf '[plugins."%s".cni]\nbin_dir = "%s/cni"\nconf_dir = "%s/cni"\n' $name "$SCRATCH" "$SCRATCH"
		else
			name=io.containerd.cri.v1
			printf '[plugins."%s.images".pinned_images]\nsandbox = "%s"\n' $name "$IMAGE"
			printf '[plugins."%s.runtime"]\nrestrict_oom_score_adj = true\n' $name
			printf '[plugins."%s.runtime".cni]\nbin_dir = "%s/cni"\nconf_dir = "%s/cni"\n' $name "$SCRATCH" "$SCRATCH"
		fi
	} | if [ "$DRIVER" = systemd ]; then cat; else sed 's/SystemdCgroup = true/SystemdCgroup = false/'; fi >"$SCRATCH/containerd.toml"
	containerd_run
	make_rootfs "$SCRATCH/rootfs"
	oci_image "$SCRATCH/rootfs" "$SCRATCH/image.tar"
	ctr -a "$SCRATCH/containerd.sock" -n k8s.io images import "$SCRATCH/image.tar" >/dev/null
	wait_for image_known
}
image_known() { cri ListImages | grep -q "$IMAGE"; }

# What a pod's network is made by: nothing but an address that is told.
fake_network() {
	cat >"$SCRATCH/cni/fake" <<-'END'
		#!/bin/sh
		cat >/dev/null
		case $CNI_COMMAND in
		VERSION) echo '{"cniVersion": "0.4.0", "supportedVersions": ["0.3.1", "0.4.0"]}' ;;
		ADD) echo '{"cniVersion": "0.4.0", "interfaces": [{"name": "eth0", "sandbox": "'"$CNI_NETNS"'"}], "ips": [{"version": "4", "address": "192.0.2.2/24", "interface": 0}]}' ;;
		esac
	END
	cp "$SCRATCH/cni/fake" "$SCRATCH/cni/loopback" # containerd asks for that one too
	chmod 755 "$SCRATCH"/cni/*
	echo '{"cniVersion": "0.4.0", "name": "none", "plugins": [{"type": "fake"}]}' >"$SCRATCH/cni/10-fake.conflist"
}

# An archive of the OCI's layout with one layer, whose program waits.
oci_image() { # ROOT TAR
	local dir=$SCRATCH/oci layer config manifest
	mkdir -p "$dir/blobs/sha256"
	tar -C "$1" -cf "$SCRATCH/layer.tar" .
	layer=$(blob "$dir" <"$SCRATCH/layer.tar")
	config=$(jq -n --arg l "sha256:$layer" '{architecture: "amd64", os: "linux", rootfs: {type: "layers", diff_ids: [$l]},
		config: {Cmd: ["/bin/sleep", "100000"], Env: ["PATH=/bin"]}}' | blob "$dir")
	manifest=$(jq -n --arg l "$layer" --arg c "$config" --argjson ls "$(stat -c %s "$dir/blobs/sha256/$layer")" \
		--argjson cs "$(stat -c %s "$dir/blobs/sha256/$config")" '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
		config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: "sha256:\($c)", size: $cs},
		layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: "sha256:\($l)", size: $ls}]}' | blob "$dir")
	jq -n --arg m "$manifest" --arg name "$IMAGE" --argjson ms "$(stat -c %s "$dir/blobs/sha256/$manifest")" '{schemaVersion: 2,
		manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: "sha256:\($m)", size: $ms,
		annotations: {"io.containerd.image.name": $name}}]}' >"$dir/index.json"
	echo '{"imageLayoutVersion": "1.0.0"}' >"$dir/oci-layout"
	tar -C "$dir" -cf "$2" .
	rm -r "$dir" "$SCRATCH/layer.tar"
}
blob() { # DIR: keeps standard input there, prints its digest
	local digest
	cat >"$1/blob"
	digest=$(sha256sum "$1/blob" | cut -d' ' -f1)
	mv "$1/blob" "$1/blobs/sha256/$digest"
	echo "$digest"
}

cri() { "$BATS_TEST_DIRNAME/cri" "$SCRATCH/containerd.sock" "$@"; }

# pod NAME [JQ]: runs one by the handler ocirun, its configuration changed by JQ; $POD, $POD_CONFIG
pod() {
	mkdir -p "$SCRATCH/logs/$1"
	POD_CONFIG=$(jq -n --arg n "$1" --arg d "$SCRATCH/logs/$1" --arg g "$(pod_group)" \
		"{metadata: {name: \$n, uid: \$n, namespace: \"default\"}, log_directory: \$d, linux: {cgroup_parent: \$g}} | ${2:-.}")
	POD=$(cri RunPodSandbox "$(jq -n --argjson c "$POD_CONFIG" '{config: $c, runtime_handler: "ocirun"}')") || return 1
	POD=$(jq -er .pod_sandbox_id <<<"$POD")
	echo "$POD" >>"$SCRATCH/pods.$BATS_TEST_NUMBER"
}
# As a kubelet writes it for the driver in use.
pod_group() { if [ "$DRIVER" = systemd ]; then echo ocirunpods.slice; else echo /ocirun-pods; fi; }

# make NAME JQ CMD...: a container in $POD, changed by JQ; $ID. `begin`: the same, started.
make() {
	local config
	config=$(jq -n --arg n "$1" --arg image "$IMAGE" "{metadata: {name: \$n}, image: {image: \$image}, command: \$ARGS.positional,
		log_path: (\$n + \".log\")} | ${2:-.}" --args -- "${@:3}")
	ID=$(cri CreateContainer "$(jq -n --arg p "$POD" --argjson c "$config" --argjson s "$POD_CONFIG" \
		'{pod_sandbox_id: $p, config: $c, sandbox_config: $s}')") || return 1
	ID=$(jq -er .container_id <<<"$ID")
}
begin() { make "$@" && cri StartContainer "$(by_id)" >/dev/null; }
by_id() { jq -n --arg i "$ID" "{container_id: \$i} | ${1:-.}"; }
status_of() { cri ContainerStatus "$(by_id)" | jq -r ".status | $1"; }
is_exited() { [ "$(status_of '.state // 0')" = 2 ]; }
pid_of() { cri ContainerStatus "$(by_id '.verbose = 1')" | jq -r '.info.info | fromjson | .pid'; }
inside() { # CMD...: ExecSync; its output in $output, its status in $status
	local reply
	reply=$(cri ExecSync "$(jq -n --arg i "$ID" '{container_id: $i, cmd: $ARGS.positional, timeout: 60}' --args -- "$@")") || return 1
	output=$(jq -r '(.stdout // "") + (.stderr // "")' <<<"$reply")
	mapfile -t lines <<<"$output"
	status=$(jq '.exit_code // 0' <<<"$reply")
}
# What the container of that name has written; the kubelet's format: a time, the stream, P or F, the line.
log_of() { cut -d' ' -f4- "$SCRATCH/logs/$1/$2.log"; } # POD NAME
