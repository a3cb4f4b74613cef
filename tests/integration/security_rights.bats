#!/usr/bin/env bats
# What a process of the container holds: descriptors, capabilities, ids; who may look into the shim; names and
# numbers of the command line. Classes "leaked fds", "host binary overwrite", "capability leaks", "parse errors".

load lib
load security

test_setup() { security_setup; }

binaries() { find "$(dirname "$OCIRUN")" -maxdepth 1 \( -name ocirun -o -name ociinit \) -exec sha256sum {} +; }
descriptors_of() { ls "/proc/$1/fd" | tr '\n' ' '; }

@test "CVE-2024-21626 CVE-2015-3627 runc#5474 descriptors of the program: those that were asked for" {
	set_args sleep 100
	# the caller holds many: on host files, on a directory of the host, on its root
	exec 10<"$CANARY/file" 11<"$CANARY/dir" 12</ 40<"$CANARY/dir/deep" 300<"$CANARY/file"
	ocirun create --bundle "$BUNDLE" "$ID" </dev/null >"$DIR/out" 2>&1 10<&10
	ocirun start "$ID"
	wait_for sh -c "grep -q sleep /proc/$(pid_of)/comm"
	[ "$(descriptors_of "$(pid_of)")" = "0 1 2 " ]
	exec 10<&- 11<&- 12<&- 40<&- 300<&-
	untouched
}

@test "CVE-2024-21626 the descriptors of the shim that waits lead to nothing of the host" {
	local pid link mount
	set_args sleep 100
	exec 12</ 14<"$CANARY"
	create
	exec 12<&- 14<&-
	pid=$(pid_of)
	if [ $EUID != 0 ]; then # it hides from its own user, who cannot even list them
		run_fail ls "/proc/$pid/fd/"
		run_fail readlink "/proc/$pid/root"
		return
	fi
	# of a mount of its own view, but for the fifo and what the caller gave as 0, 1, 2
	for link in /proc/"$pid"/fd/*; do
		case ${link##*/} in 0 | 1 | 2) continue ;; esac
		[ "$(readlink "$link")" != "$ROOT/$ID/exec.fifo" ] || continue
		mount=$(awk '$1 == "mnt_id:" {print $2}' "/proc/$pid/fdinfo/${link##*/}")
		grep -q "^$mount " "/proc/$pid/mountinfo" || { ls -l "/proc/$pid/fd" >&2; return 1; }
	done
	[ "$(stat -L -c %d:%i "/proc/$pid/root")" = "$(stat -c %d:%i "$BUNDLE/rootfs")" ]
	[ "$(readlink "/proc/$pid/cwd")" = / ]
}

@test "runc#5474 --preserve-fds: what was not passed is refused, nothing takes its number" {
	set_args sh -c 'ls -l /proc/self/fd; cat <&3'
	run_fail ocirun run --preserve-fds 3 --bundle "$BUNDLE" "$ID" 3<&- 4<&- 5<&-
	has "unable to stat preserved-fd 0 (of 3)"
	run_fail sh -c "exec '$OCIRUN' --root '$ROOT' run --preserve-fds 2 --bundle '$BUNDLE' '$ID' 3<'$CANARY/file' 4<&- 5<'$CANARY/file'"
	has "unable to stat preserved-fd 1 (of 2)"
	local number
	for number in -1 x 1x ' 1' 65536 99999999999 4294967297 0x1 +1; do
		run_fail ocirun run --preserve-fds "$number" --bundle "$BUNDLE" "$ID"
	done
	set_args sh -c 'ls /proc/self/fd; cat <&3'
	run_ok sh -c "exec '$OCIRUN' --root '$ROOT' run --preserve-fds 1 --bundle '$BUNDLE' '$ID' 3<'$BUNDLE/rootfs/etc/group' 4<'$CANARY/file' 5</"
	[ "$(head -n 5 <<<"$output" | tr '\n' ' ')" = "0 1 2 3 4 " ] # 4: the directory that ls reads
	has root:x:0
}

@test "CVE-2024-21626 hooks of every kind have 0, 1, 2 and no other descriptor, also with --preserve-fds" {
	local kind pass
	cp "$(command -v busybox)" "$BUNDLE/rootfs/bin/busybox"
	for kind in prestart createRuntime createContainer poststart poststop; do
		config ".hooks.$kind = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"cd /proc/self/fd; echo $kind * >>$DIR/log; env >>$DIR/env\"], env: [\"ONLY=$kind\"]}]"
	done
	config '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "cd /proc/self/fd; echo startContainer * >/log; env >/env; grep Cap /proc/self/status >/caps"], env: ["ONLY=startContainer"]}]'
	exec 20<"$CANARY/file" 21</
	for pass in 0 1; do
		rm -f "$DIR/log"
		run_ok env SECRET_OF_CALLER=1 "$OCIRUN" --root "$ROOT" run --preserve-fds "$pass" --bundle "$BUNDLE" "$ID" 3<"$CANARY/file"
		cat "$BUNDLE/rootfs/log" >>"$DIR/log"
		cat "$DIR/log"
		[ "$(wc -l <"$DIR/log")" = 6 ]
		# 3 at most: the directory that the shell's "*" reads
		run_fail grep -vE '^[a-zA-Z]+ 0 1 2( 3)?$' "$DIR/log"
		run_fail grep -c SECRET_OF_CALLER "$DIR/env" "$BUNDLE/rootfs/env"
		[ "$(grep -c ^ONLY= "$BUNDLE/rootfs/env")" = 1 ]
	done
	exec 20<&- 21<&-
}

@test "CVE-2024-21626 cwd and program through every magic link there is: refused" {
	local path
	for path in /proc/self/fd/{0..15} /proc/self/cwd /proc/self/root /proc/1/root /proc/1/cwd /proc/1/fd/3 \
		/proc/self/task/1/fd/3 /proc/thread-self/fd/4; do
		config ".process.cwd = \"$path\""
		attack
		[ "$status" -ne 0 ] || { echo "$path: $output" >&2; return 1; }
	done
	config '.process.cwd = "/"'
	for path in /proc/self/exe /proc/1/exe /proc/self/fd/{3..12} /proc/self/fd/5/../bin/sh /proc/self/root/bin/sh \
		/proc/self/cwd/bin/sh ../../../../../../bin/../proc/self/exe; do
		set_args "$path" --version
		attack
		[ "$status" -ne 0 ]
		lacks "ociinit 0"
		ln -sfn "$path" "$BUNDLE/rootfs/bin/evil"
		set_args evil --version
		attack
		[ "$status" -ne 0 ]
	done
}

@test "CVE-2019-5736 an entry point #!/proc/self/exe, and writers on every /proc/*/exe while containers start" {
	local before i pids=()
	before=$(binaries)
	printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/bin/evil"
	chmod 755 "$BUNDLE/rootfs/bin/evil"
	set_args /bin/evil 3 0
	attack
	# a container that shares its pid namespace with those that are born, and tries to write whatever they are
	set_args sh -c 'while :; do for p in /proc/[0-9]*; do echo evil >>$p/exe && echo "$p" >>/written; done; done 2>/dev/null'
	create "$ID-first"
	ocirun start "$ID-first"
	config ".linux.namespaces |= map(if .type == \"pid\" then .path = \"/proc/$(pid_of "$ID-first")/ns/pid\" else . end)"
	if [ $EUID = 0 ] || by_systemd; then config ".linux.cgroupsPath = \"$CGROUPS_PATH-second\""; fi
	if [ $EUID != 0 ]; then # the right to join is that of its user namespace
		config ".linux.namespaces |= map(if .type == \"user\" then .path = \"/proc/$(pid_of "$ID-first")/ns/user\" else . end)" \
			'del(.linux.uidMappings, .linux.gidMappings)'
	fi
	set_args true
	for i in 1 2 3 4 5 6 7 8 9 10; do run_ok ocirun run --bundle "$BUNDLE" "$ID"; done
	ocirun delete -f "$ID-first"
	# only its own binary, busybox of the root file system, was ever its to write: and that is busy
	[ ! -e "$BUNDLE/rootfs/written" ] || { cat "$BUNDLE/rootfs/written" >&2; return 1; }
	[ "$(binaries)" = "$before" ]
}

@test "CVE-2016-9962 the shim at the gate is closed to container root of a shared pid namespace" {
	needs_root
	local pid user spy
	for user in "" ', {type: "user"}'; do
		new_bundle true
		config '.root.readonly = false | .process.capabilities |= map_values(["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SETUID", "CAP_SETPCAP"])'
		set_args sleep 100
		create "$ID-spy"
		pid=$(pid_of "$ID-spy")
		ocirun start "$ID-spy"
		config ".linux.namespaces |= map(if .type == \"pid\" then .path = \"/proc/$pid/ns/pid\" else . end)" \
			".linux.cgroupsPath = \"$CGROUPS_PATH-second\"" ".linux.namespaces += [${user#, }]"
		if [ -n "$user" ]; then
			config '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1000}] | .linux.gidMappings = .linux.uidMappings' \
				'del(.mounts[] | select(.type == "sysfs" or .type == "proc" or .type == "mqueue")) | del(.linux.maskedPaths, .linux.readonlyPaths)'
		fi
		create
		spy=$(spy_on "$pid")
		echo "$spy"
		[[ $spy == *seen* ]]
		[[ $spy != *" -> "* && $spy != *open-worked* ]]
		ocirun delete -f "$ID"
		ocirun delete -f "$ID-spy"
	done
}

@test "CVE-2016-9962 the shim of exec, held at its last call before the program, is closed to container root" {
	needs_root
	local user spy agent held
	helper agent "$DIR/agent"
	for user in no yes; do
		new_bundle sleep 100
		config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", listenerPath: \"$DIR/sock\", syscalls: [{names: [\"execve\", \"execveat\"], action: \"SCMP_ACT_NOTIFY\"}]}"
		[ "$user" = no ] || config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 1000}] | .linux.gidMappings = .linux.uidMappings'
		rm -f "$DIR/sock"
		timeout 60 "$DIR/agent" "$DIR/sock" "$DIR/message" continue >/dev/null 2>&1 3>&- &
		agent=$!
		wait_for test -S "$DIR/sock"
		create
		ocirun start "$ID"
		wait_for grep -q sleep "/proc/$(pid_of)/comm"
		rm "$DIR/sock"
		timeout 60 "$DIR/agent" "$DIR/sock" "$DIR/message" hold >/dev/null 2>&1 3>&- &
		held=$!
		wait_for test -S "$DIR/sock"
		exec 12</ 13<"$CANARY"
		"$OCIRUN" --root "$ROOT" exec "$ID" true </dev/null >/dev/null 2>&1 3>&- &
		exec 12<&- 13<&-
		wait_for test -s "$DIR/message"
		spy=$(spy_on "$(pid_of)")
		ocirun delete -f "$ID"
		kill $held $agent 2>/dev/null || :
		[[ $spy == *seen* ]]
		[[ $spy != *" -> "* && $spy != *open-worked* ]] || { echo "$spy" >&2; return 1; }
	done
}

@test "CVE-2019-5736 writers on every /proc/*/exe while processes enter by exec; an entry point #!/proc/self/exe" {
	local before i
	before=$(binaries)
	printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/bin/evil"
	chmod 755 "$BUNDLE/rootfs/bin/evil"
	set_args sh -c 'while :; do for p in /proc/[0-9]*; do echo evil >>$p/exe && echo "$p" >>/written; done; done 2>/dev/null'
	create
	ocirun start "$ID"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		run_ok ocirun exec "$ID" true
		run ocirun exec "$ID" evil 3 0
		[ "$status" -ne 0 ]
		lacks "ociinit 0"
	done
	ocirun delete -f "$ID"
	[ ! -e "$BUNDLE/rootfs/written" ] || { cat "$BUNDLE/rootfs/written" >&2; return 1; }
	[ "$(binaries)" = "$before" ]
}

@test "CVE-2024-21626 CVE-2015-3627 descriptors of a process of exec: where each leads, compared with what was asked for" {
	local pid want
	set_args sleep 100
	create
	ocirun start "$ID"
	exec 10<"$CANARY/file" 11<"$CANARY/dir" 12</ 300<"$CANARY/file"
	ocirun exec -d --preserve-fds 1 --pid-file "$DIR/pid" "$ID" sleep 50 <"$CANARY/link" >"$DIR/out" 2>"$DIR/err" 3<"$CANARY/dir/file"
	exec 10<&- 11<&- 12<&- 300<&-
	pid=$(cat "$DIR/pid")
	want="0 $CANARY/file
1 $DIR/out
2 $DIR/err
3 $CANARY/dir/file"
	[ "$(cd "/proc/$pid/fd" && for i in *; do echo "$i $(readlink "$i")"; done)" = "$want" ] || { ls -l "/proc/$pid/fd" >&2; return 1; }
	[ "$(readlink "/proc/$pid/cwd")" = / ]
	[ "$(stat -L -c %d:%i "/proc/$pid/root")" = "$(stat -L -c %d:%i "/proc/$(pid_of)/root")" ]
	untouched
}

# From inside the container of process PID, with its rights: what can be read of the shim that is seen there.
spy_on() {
	local shim
	shim=$(nsenter -t "$1" -p -m /bin/sh -c 'cd /proc; for p in [0-9]*; do read -r line <$p/stat; case $line in *"(ociinit)"*) echo $p;; esac; done')
	[ -z "$shim" ] || echo seen
	perl -e '
		my ($pid, $shim) = @ARGV;
		open(my $pidns, "<", "/proc/$pid/ns/pid"); open(my $mnt, "<", "/proc/$pid/ns/mnt");
		syscall(308, fileno($pidns), 0) == 0 or die "setns pid: $!"; syscall(308, fileno($mnt), 0) == 0 or die "setns mnt: $!";
		my $child = fork; if ($child) { waitpid $child, 0; exit }
		# the rights of a container: drop the bounding set and everything but the five capabilities
		my $keep = 1 << 0 | 1 << 1 | 1 << 5 | 1 << 7;
		my $head = pack("LL", 0x20080522, 0); my $data = pack("LLLLLL", $keep, $keep, 0, 0, 0, 0);
		syscall(126, $head, $data) == 0 or die "capset: $!";
		for my $name ("cwd/", "root/", "environ", "maps", "mem", "ns/net", "exe", "cwd", "root", map { "fd/$_" } 0..20) {
			my $path = "/proc/$shim/$name";
			if ($name =~ m,/$,) { print "open-worked $path\n" if opendir(my $d, $path) }
			else { my $l = readlink $path; print "$path -> $l\n" if defined $l; print "open-worked $path\n" if $name =~ /mem|fd|maps|environ/ && open(my $f, "<", $path) }
		}
		print "open-worked ptrace\n" if syscall(101, 16, $shim, 0, 0) == 0;' "$1" "$shim"
}

# ---- capabilities --------------------------------------------------------------------------------------

silent() { ocirun "$@" 2>"$DIR/err"; }
caps_inside() { # prints "inh prm eff bnd amb" of the program
	set_args sh -c 'while read -r name value; do case $name in Cap*) echo $value;; esac; done </proc/self/status'
	# BAT-39: ambient capabilities that cannot be raised are told on standard error
	run silent run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 0 ] || { cat "$DIR/err" >&2; return 1; }
	printf '%s' "$output" | sed 's/^0*\(.\)/\1/' | tr '\n' ' '
}

@test "CVE-2022-29162 CVE-2022-27650 CVE-2016-8867 CVE-2025-27612 the five sets: config x uid x user namespace x seccomp" {
	# an ordinary user's containers have a user namespace, of the one id
	local users="no yes" uids="0 1000" least=50
	[ $EUID = 0 ] || users=own uids=0 least=15
	local filter='{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}'
	local user seccomp nnp uid name bnd prm eff inh amb root other want got rows=0
	# CHOWN 1, DAC_OVERRIDE 2, KILL 20, SETUID 80, NET_BIND_SERVICE 400, SYS_ADMIN 200000. What is wanted of uid 0
	# and of others, in the order inh prm eff bnd amb: execve gives uid 0 inheritable and bounding, others ambient
	while IFS='|' read -r bnd prm eff inh amb root other; do
		for user in $users; do for seccomp in no yes; do for nnp in true false; do for uid in $uids; do
			# every combination once with a filter; without one only the plain cases
			[ "$seccomp$nnp" != nofalse ] || [ "$user" = no ] || continue
			new_bundle true
			config ".process.capabilities = {bounding: [$bnd], permitted: [$prm], effective: [$eff], inheritable: [$inh], ambient: [$amb]}" \
				".process.noNewPrivileges = $nnp | .process.user = {uid: $uid, gid: $uid}"
			[ "$seccomp" = no ] || config ".linux.seccomp = $filter"
			if [ "$user" = yes ]; then
				config '.linux.namespaces += [{type: "user"}]
					| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
				chown -R 100000:100000 "$BUNDLE/rootfs"
				chmod 755 "$DIR" "$BUNDLE"
			fi
			want=$root
			[ "$uid" = 0 ] || want=$other
			got=$(caps_inside)
			[ "$got" = "$want" ] || { echo "bnd $bnd prm $prm eff $eff inh $inh amb $amb, uid $uid, user namespace $user, seccomp $seccomp, nnp $nnp: $got, not $want" >&2; return 1; }
			rows=$((rows + 1))
		done; done; done; done
	done <<-'E'
		|||||0 0 0 0 0|0 0 0 0 0
		"CAP_CHOWN","CAP_KILL"|"CAP_CHOWN","CAP_KILL"|"CAP_CHOWN","CAP_KILL"|||0 21 21 21 0|0 0 0 21 0
		"CAP_CHOWN","CAP_KILL"|"CAP_CHOWN","CAP_KILL"|"CAP_KILL"|"CAP_KILL"|"CAP_KILL"|20 21 21 21 20|20 20 20 21 20
		"CAP_CHOWN"|"CAP_CHOWN"||"CAP_CHOWN"||1 1 1 1 0|1 0 0 1 0
		"CAP_NET_BIND_SERVICE"|"CAP_NET_BIND_SERVICE"|"CAP_NET_BIND_SERVICE"||"CAP_NET_BIND_SERVICE"|0 400 400 400 0|0 0 0 400 0
	E
	[ "$rows" -ge "$least" ]
}

# $ID-spy: a container that looks at whatever appears in its pid namespace, for the host's canary and for a right that
# no program here has, CAP_SYS_MODULE (16). Whoever finds a process with either may have both by ptrace.
start_spy() {
	helper spin "$BUNDLE/rootfs/bin/spin"
	# the score is written through the host's /proc
	config '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"] | unique)' '.process.oomScoreAdj = 10'
	set_args /bin/spin "$CANARY/file" 16
	[ -e "$CANARY/file" ]
	ocirun create --bundle "$BUNDLE" "$ID-spy" </dev/null >"$DIR/out" 2>&1
	ocirun start "$ID-spy"
	wait_for grep -q looking "$DIR/out"
}

@test "CVE-2016-9962 exec: a container that may trace all it sees never sees a process that has the host's mounts or rights" {
	needs_root
	start_spy
	local i
	for i in {1..20}; do ocirun exec "$ID-spy" true; done
	run cat "$DIR/out"
	lacks ESCAPE
	lacks CAPABLE
	# and it does see what there is to be seen: a process of the container, where it has such a file or right itself
	mkdir -p "$BUNDLE/rootfs$CANARY"
	touch "$BUNDLE/rootfs$CANARY/file"
	seen() { ocirun exec --cap CAP_SYS_MODULE "$ID-spy" true; grep -q ESCAPE "$DIR/out" && grep -q CAPABLE "$DIR/out"; }
	wait_for seen
	ocirun delete -f "$ID-spy"
}

@test "CVE-2016-9962 create: nor does it when other containers join its pid namespace by path" {
	needs_root
	# for pidns=: before, proc can be mounted by a process inside alone, which is seen (README)
	needs_kernel 6 17
	start_spy
	local i own shown
	config ".linux.namespaces |= map(if .type == \"pid\" then .path = \"/proc/$(pid_of "$ID-spy")/ns/pid\" else . end)" \
		".linux.cgroupsPath = \"$CGROUPS_PATH-second\"" '.process.capabilities |= map_values(. - ["CAP_SYS_PTRACE"])'
	set_args sh -c 'read pid rest </proc/self/stat; echo "$$ $pid"; cat /proc/1/comm; sleep 60'
	for i in {1..10}; do
		ocirun create --bundle "$BUNDLE" "$ID" </dev/null >"$DIR/joined" 2>&1
		ocirun delete "$ID"
	done
	run cat "$DIR/out"
	lacks ESCAPE
	lacks CAPABLE
	# it is the one that it should be, and its proc shows that namespace
	ocirun create --bundle "$BUNDLE" "$ID" </dev/null >"$DIR/joined" 2>&1
	[ "$(stat -Lc %i "/proc/$(pid_of)/ns/pid")" = "$(stat -Lc %i "/proc/$(pid_of "$ID-spy")/ns/pid")" ]
	[ "$(cat "/proc/$(pid_of)/comm")" = ociinit ]
	ocirun start "$ID"
	wait_for grep -q spin "$DIR/joined"
	read -r own shown <"$DIR/joined"
	[ "$own" -eq "$shown" ]
	ocirun delete -f "$ID"
	ocirun delete -f "$ID-spy"
}

@test "R8 KEEP_ADMIN: a filter without no_new_privs leaves no CAP_SYS_ADMIN, with none or all of it configured" {
	config '.process.noNewPrivileges = false' '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}'
	local uid uids="0 1000"
	[ $EUID = 0 ] || uids=0 # the only one that it has
	for uid in $uids; do
		config ".process.user.uid = $uid" '.process.capabilities |= map_values([]) | .hooks = {startContainer: [{path: "/bin/sh", args: ["sh", "-c", "grep -h Cap /proc/self/status >/tmp/caps"]}]}'
		chmod 777 "$BUNDLE/rootfs/tmp"
		set_args sh -c 'grep Cap /proc/self/status; mount -t tmpfs tmpfs /tmp && echo mounted'
		run ocirun run --bundle "$BUNDLE" "$ID"
		lacks mounted
		[ "$(grep -c 0000000000000000 <<<"$output")" = 5 ]
		[ "$(grep -c 0000000000000000 "$BUNDLE/rootfs/tmp/caps")" = 5 ]
		rm -f "$BUNDLE/rootfs/tmp/caps"
	done
}

@test "R8 the caller's ambient and inheritable capabilities, groups, umask, securebits and keyring stay outside" {
	needs_root
	command -v setpriv >/dev/null || skip "no setpriv"
	set_args sh -c 'grep -E "^(Cap(Inh|Amb)|Groups|NoNewPrivs)" /proc/self/status; umask; cat /proc/keys 2>/dev/null | grep -c canary'
	config 'del(.linux.maskedPaths)'
	run setpriv --inh-caps +chown,+kill --ambient-caps +chown,+kill --groups 4,5,6 sh -c "umask 0; exec '$OCIRUN' --root '$ROOT' run --bundle '$BUNDLE' '$ID'"
	has $'CapInh:\t0000000000000000'
	has $'CapAmb:\t0000000000000000'
	[[ $output =~ Groups:[[:space:]]*0?[[:space:]]*$'\n' ]]
	has 0022
}
