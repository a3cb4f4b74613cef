# For the security tests: a tree on the host that nothing of a container may reach, and its full listing.
# shellcheck disable=SC2154 # status, output and lines: bats' run sets them

# A tree with what an attacker would like to reach or change. $CANARY; its text is $SECRET.
new_canary() {
	CANARY=$DIR/canary
	SECRET=canary-$RANDOM$RANDOM
	mkdir -p "$CANARY"/{dir/deep,empty,dev,etc}
	echo "$SECRET" | tee "$CANARY/file" "$CANARY/dir/file" "$CANARY/dir/deep/file" "$CANARY/etc/passwd" >/dev/null
	ln -s file "$CANARY/link"
	if [ $EUID = 0 ]; then # an ordinary user can make neither
		mknod "$CANARY/dev/null" c 1 5 || return 1
		chown 7:8 "$CANARY/dir/file"
	fi
	CANARY_BEFORE=$(list_tree "$CANARY")
}

# Names, inodes, types, modes, owners, device numbers, link targets, times of change and contents.
list_tree() {
	(cd "$1" && find . -printf '%p %i %y %m %U:%G %s %l %C@\n' | sort && find . -type f -print0 | sort -z | xargs -0 cat)
}

# The canary, the host's mounts and the sysctls that attacks like to write are as they were.
untouched() {
	local now
	now=$(list_tree "$CANARY")
	[ "$now" = "$CANARY_BEFORE" ] || { diff <(echo "$CANARY_BEFORE") <(echo "$now") >&2; echo "the canary has changed" >&2; return 1; }
	now=$(host_mounts)
	[ "$now" = "$MOUNTS_BEFORE" ] || { diff <(echo "$MOUNTS_BEFORE") <(echo "$now") >&2; echo "the host's mounts have changed" >&2; return 1; }
	now=$(host_sysctls)
	[ "$now" = "$SYSCTLS_BEFORE" ] || { diff <(echo "$SYSCTLS_BEFORE") <(echo "$now") >&2; echo "the host's sysctls have changed" >&2; return 1; }
}

host_sysctls() {
	(cd /proc/sys && grep -sH . kernel/{core_pattern,hostname,shmmni,sysrq} net/ipv4/ip_{forward,unprivileged_port_start} vm/overcommit_memory) || :
}

# `run` of the bundle. However it ends: no signal, no word of the canary, nothing touched.
attack() {
	run ocirun run --bundle "$BUNDLE" "$ID" </dev/null
	# BAT-51: a warning, where nothing is refused and nothing reached
	[ $EUID = 0 ] || output=$(grep -v 'Such configuration is strongly discouraged' <<<"$output" || true)
	mapfile -t lines <<<"$output"
	[ "$status" -lt 128 ] || { printf 'status %s: %s\n' "$status" "$output" >&2; return 1; }
	lacks "$SECRET"
	untouched
}
attack_refused() {
	attack
	[ "$status" -eq 1 ] || { printf 'status %s, should be refused: %s\n' "$status" "$output" >&2; return 1; }
	[ "${#lines[@]}" -eq 1 ] || { printf 'more than one line: %s\n' "$output" >&2; return 1; }
}
attack_contained() {
	attack
	[ "$status" -eq 0 ] || { printf 'status %s, should run: %s\n' "$status" "$output" >&2; return 1; }
}

# An ordinary user makes no device nodes: the steps of a test that need one are root's alone.
may_make_nodes() { [ $EUID = 0 ]; }
# COMMAND in namespaces of process PID, given as options of nsenter; an ordinary user has rights there by the user namespace.
inside_of() { # PID OPTION... -- COMMAND...
	local pid=$1
	shift
	if [ $EUID = 0 ]; then nsenter -t "$pid" "$@"; else nsenter -t "$pid" -U --preserve-credentials "$@"; fi
}

add_mount() { # DESTINATION TYPE SOURCE [OPTION...]
	jq --arg d "$1" --arg t "$2" --arg s "$3" '.mounts += [{destination: $d, type: $t, source: $s, options: $ARGS.positional}]' \
		--args -- "${@:4}" <"$BUNDLE/config.json" >"$BUNDLE/config.json.new"
	mv "$BUNDLE/config.json.new" "$BUNDLE/config.json"
}

security_setup() {
	needs_containers
	SYSCTLS_BEFORE=$(host_sysctls)
	new_bundle true
	config '.root.readonly = false'
	new_canary
}
