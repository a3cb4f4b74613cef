# The container's control groups as the kernel shows them, in cgroup v1, hybrid and v2. Loaded behind lib.
# shellcheck disable=SC2154 # CGROUP and ID: lib.bash sets them

v2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }

needs_controller() {
	local name
	for name; do
		if v2; then
			# a user has what the user's systemd was given
			grep -qw "$name" "/sys/fs/cgroup$(systemd_group)/cgroup.controllers" || skip "no $name controller in cgroup v2 here"
		else
			[ -e "/sys/fs/cgroup/$name/cgroup.procs" ] || skip "no $name controller in cgroup v1 here"
		fi
	done
}

# The container's group in the hierarchy of this controller.
group() { if v2; then echo "/sys/fs/cgroup$CGROUP"; else echo "/sys/fs/cgroup/$1$CGROUP"; fi; }

# Does this kernel have the file? Groups of the host's own have the same ones.
kernel_has() { # CONTROLLER V1-FILE V2-FILE
	if v2; then compgen -G "/sys/fs/cgroup/*/$3" >/dev/null; else [ -e "/sys/fs/cgroup/$1/$2" ]; fi
}

value() { # CONTROLLER V1-FILE V2-FILE V1-VALUE V2-VALUE: what the kernel says
	local file=$2 wanted=$4 is
	if v2; then file=$3 wanted=$5; fi
	is=$(cat "$(group "$1")/$file")
	[ "$is" = "$wanted" ] || { echo "$file is '$is' and not '$wanted'" >&2; return 1; }
}
