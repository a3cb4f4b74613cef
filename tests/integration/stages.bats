#!/usr/bin/env bats
# What the stages do, seen from inside a container: namespaces, identity, limits, system, devices, masks.
# Rows PRC, NSP, DEV, MNT, LNX, HOK of the spine; the values are read back from the kernel.

load lib

test_setup() { needs_root; new_bundle true; }

inside() { # CMD...: run it as the container's program
	set_args "$@"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
}
sh_inside() { inside sh -c "$1"; }

@test "NSP-01 NSP-02 NSP-03 NSP-04 NSP-05 NSP-07 new namespaces differ from the host's" {
	local ns
	if [ -e /proc/self/ns/cgroup ]; then config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])'; fi
	sh_inside 'for ns in pid net mnt ipc uts cgroup; do readlink /proc/self/ns/$ns; done'
	for ns in pid net mnt ipc uts cgroup; do
		lacks "$(readlink /proc/self/ns/$ns)"
	done
	[ "${#lines[@]}" = 6 ]
}

@test "NSP-20 NSP-05 namespaces that are not listed are the host's" {
	config '.linux.namespaces = [{type: "mount"}] | del(.hostname)'
	sh_inside 'for ns in pid net ipc uts cgroup user time; do readlink /proc/self/ns/$ns; done'
	local ns
	for ns in pid net ipc uts cgroup user time; do has "$(readlink /proc/self/ns/$ns)"; done
}

@test "NSP-09 NSP-22 namespaces by path: all kinds of another container are joined" {
	set_args sleep 100
	create "$ID-first"
	local pid
	pid=$(pid_of "$ID-first")
	config ".linux.cgroupsPath = \"$CGROUPS_PATH-second\"" \
		".linux.namespaces |= map(if .type == \"mount\" then . else .path = \"/proc/$pid/ns/\" + ({network: \"net\"}[.type] // .type) end)" 'del(.hostname)'
	sh_inside 'for ns in pid net ipc uts; do readlink /proc/self/ns/$ns; done'
	local ns
	for ns in pid net ipc uts; do has "$(readlink "/proc/$pid/ns/$ns")"; done
}

@test "NSP-09 a path of another type, or missing" {
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/uts" else . end)'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "/linux/namespaces/"
	config '.linux.namespaces |= map(if .type == "network" then .path = "/nowhere" else . end)'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "/nowhere"
	has "no such file or directory"
}

@test "NSP-08 NSP-17 NSP-18 NSP-19 time namespace with offsets" {
	[ -e /proc/self/ns/time ] || skip "this kernel has no time namespaces"
	config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 7881, nanosecs: 2}, boottime: {secs: 1337000}}'
	sh_inside 'cat /proc/self/timens_offsets; cut -d. -f1 /proc/uptime'
	[[ $output =~ monotonic\ +7881\ +2 ]]
	[[ $output =~ boottime\ +1337000\ +0 ]]
	[ "${lines[2]}" -gt 1337000 ]
}

@test "NSP-06 NSP-14 NSP-15 a user namespace with several extents, as root" {
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}, {containerID: 1000, hostID: 200000, size: 1}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 1000}, {containerID: 1000, hostID: 200000, size: 1}]
		| .process.user = {uid: 1000, gid: 1000}'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$DIR" "$BUNDLE"
	sh_inside 'cat /proc/self/uid_map; id -u; ls -ln /dev/null | cut -c1; echo x >/dev/null && echo wrote'
	[[ ${lines[0]} =~ ^\ +0\ +100000\ +1000$ ]]
	[[ ${lines[1]} =~ ^\ +1000\ +200000\ +1$ ]]
	has 1000
	has wrote
}

@test "MNT-18 mount flags of the host stay locked for a container's root with CAP_SYS_ADMIN in a user namespace" {
	local caps='["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"]'
	mkdir "$DIR/host-ro"
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings' \
		".process.capabilities = {bounding: $caps, effective: $caps, permitted: $caps}" \
		".mounts += [{destination: \"/data\", type: \"bind\", source: \"$DIR/host-ro\", options: [\"rbind\"]}]"
	chown -R 100000:100000 "$BUNDLE/rootfs" "$DIR/host-ro"
	chmod 755 "$DIR" "$BUNDLE"
	set_args sh -c 'mount -o remount,bind,rw /data; touch /data/x && echo written; mount -t tmpfs none /tmp && echo mounted'
	run_ok unshare -m --propagation slave sh -c "mount --make-rshared / && mount --bind '$DIR/host-ro' '$DIR/host-ro' && mount -o remount,bind,ro '$DIR/host-ro' && '$OCIRUN' --root '$ROOT' run --bundle '$BUNDLE' '$ID' && cat /proc/self/mountinfo >'$DIR/after'"
	lacks written
	has mounted
	run_fail grep -F "$BUNDLE" "$DIR/after"
}

@test "PRC-04 an unmapped uid" {
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings
		| .process.user.uid = 5000'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "unmapped uid 5000"
}

@test "NSP-21 lo is up in a new network namespace" {
	sh_inside 'ip addr show lo'
	has "LOOPBACK,UP"
	has 127.0.0.1
}

@test "CFG-05 CFG-06 hostname and domainname" {
	config '.hostname = "web" | .domainname = "example.org"'
	sh_inside 'hostname; cat /proc/sys/kernel/domainname'
	[ "$output" = $'web\nexample.org' ]
}

@test "PRC-04 PRC-05 PRC-06 PRC-07 user, groups, umask" {
	config '.process.user = {uid: 1000, gid: 1001, additionalGids: [7, 8], umask: 63}'
	sh_inside 'id -u; id -g; id -G; umask; grep Groups: /proc/self/status'
	[ "${lines[0]}" = 1000 ]
	[ "${lines[1]}" = 1001 ]
	[ "${lines[2]}" = "1001 7 8" ]
	[ "${lines[3]}" = 0077 ]
}

@test "PRC-06 PRC-07 without a umask it is 0022; the caller's groups are dropped" {
	sh_inside 'umask; grep Groups: /proc/self/status'
	[ "${lines[0]}" = 0022 ]
	[[ ${lines[1]} =~ ^Groups:[[:space:]]*0?[[:space:]]*$ ]]
}

@test "PRC-11 PRC-12 PRC-13 PRC-14 PRC-15 the five capability sets, exactly, as root" {
	config '.process.capabilities = {bounding: ["CAP_CHOWN","CAP_KILL","CAP_SETUID"], effective: ["CAP_CHOWN"], permitted: ["CAP_CHOWN","CAP_KILL"], inheritable: ["CAP_KILL"], ambient: []}'
	config '.process.noNewPrivileges = true'
	# execve as root gives P = I | bounding; a file without capabilities and uid 0
	sh_inside 'grep ^Cap /proc/self/status'
	has "CapBnd:"$'\t'"00000000000000a1"
	has "CapInh:"$'\t'"0000000000000020"
	has "CapAmb:"$'\t'"0000000000000000"
}

@test "PRC-15 ambient capabilities of an ordinary user survive execve" {
	config '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {bounding: ["CAP_NET_BIND_SERVICE","CAP_KILL"], effective: ["CAP_NET_BIND_SERVICE"], permitted: ["CAP_NET_BIND_SERVICE"], inheritable: ["CAP_NET_BIND_SERVICE"], ambient: ["CAP_NET_BIND_SERVICE"]}'
	sh_inside 'grep ^Cap /proc/self/status'
	has "CapEff:"$'\t'"0000000000000400"
	has "CapPrm:"$'\t'"0000000000000400"
	has "CapAmb:"$'\t'"0000000000000400"
	has "CapBnd:"$'\t'"0000000000000420"
}

@test "CVE-2022-29162 CVE-2016-8867 no capability is inheritable or ambient unless configured" {
	sh_inside 'grep -E "^Cap(Inh|Amb)" /proc/self/status'
	[ "$(grep -c 0000000000000000 <<<"$output")" = 2 ]
}

@test "PRC-17 PRC-18 PRC-19 rlimits" {
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_FSIZE", soft: 1048576, hard: 2097152}]'
	sh_inside 'cat /proc/self/limits'
	[[ $output =~ "Max open files"\ +100\ +200 ]]
	[[ $output =~ "Max core file size"\ +0\ +0 ]]
	[[ $output =~ "Max file size"\ +1048576\ +2097152 ]]
}

@test "PRC-17 a hard limit that may not be raised names the capability" {
	config '.process.rlimits = [{type: "RLIMIT_NPROC", soft: 1000000000, hard: 1000000000}]'
	if capsh --has-p=cap_sys_resource 2>/dev/null; then skip "this host may raise limits"; fi
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "/process/rlimits/0"
	has CAP_SYS_RESOURCE
}

@test "PRC-20 no_new_privs" {
	sh_inside 'grep NoNewPrivs /proc/self/status'
	[[ $output == *1 ]]
	config '.process.noNewPrivileges = false'
	sh_inside 'grep NoNewPrivs /proc/self/status'
	[[ $output == *0 ]]
}

@test "PRC-23 oomScoreAdj, also 0" {
	config '.process.oomScoreAdj = 0'
	inside cat /proc/self/oom_score_adj
	[ "$output" = 0 ]
}

@test "PRC-09 BAT-53 env: last of duplicates wins, each once, new-lines stay; HOME from passwd" {
	config '.process.env = ["PATH=/bin", "A=1", "A=2", "NL=a\nb", "HOME="]' '.process.user.uid = 1000'
	sh_inside 'echo "$A:$HOME"; echo "$NL"; env | grep -c ^A='
	[ "${lines[0]}" = "2:/home/user" ]
	[ "${lines[1]}" = a ]
	[ "${lines[2]}" = b ]
	[ "${lines[3]}" = 1 ]
}

@test "PRC-08 args are looked up in the container's PATH" {
	config '.process.env = ["PATH=/nowhere:/bin"]'
	inside echo 'a  b' 'c"d'
	[ "$output" = 'a  b c"d' ]
}

@test "PRC-10 cwd: made when missing; of the user" {
	config '.root.readonly = false | .process.cwd = "/a/new/dir" | .process.user.uid = 1000'
	inside pwd
	[ "$output" = /a/new/dir ]
}

@test "BAT-62 PRC-10 a cwd that only root, or only the user, may enter" {
	mkdir -m 700 "$BUNDLE/rootfs/private"
	chown 1000:1000 "$BUNDLE/rootfs/private"
	config '.process.cwd = "/private" | .process.user = {uid: 1000, gid: 1000}'
	inside pwd
	[ "$output" = /private ]
	chown 0:0 "$BUNDLE/rootfs/private"
	inside pwd
	[ "$output" = /private ]
}

@test "LNX-01 sysctl of the namespaces of the container, not of the host" {
	local before
	before=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shmmni)
	config '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "99", "kernel/shmmni": "1234"}'
	sh_inside 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shmmni'
	[ "$output" = $'99\n1234' ]
	[ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shmmni)" = "$before" ]
}

@test "LNX-01 sysctl that is not in a namespace of its own" {
	config '.linux.sysctl = {"kernel.pid_max": "99999"}'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has 'sysctl "kernel.pid_max" is not in a separate kernel namespace'
}

@test "LNX-27 BAT-66 personality" {
	config '.linux.personality = {domain: "LINUX32"}'
	inside uname -m
	[ "$(uname -m)" = x86_64 ] || skip "LINUX32 has another name on $(uname -m)"
	[ "$output" = i686 ]
}

@test "DEV-09 DEV-10 DEV-11 DEV-12 DEV-13 DEV-14 DEV-15 DEV-16 default devices and links" {
	sh_inside 'cd /dev; stat -c "%n %a %t:%T" null zero full random urandom tty; for l in fd stdin stdout stderr ptmx; do echo "$l $(readlink $l)"; done; echo x >null; head -c 3 zero | od -An -tx1; echo x >full || :'
	has "null 666 1:3"
	has "zero 666 1:5"
	has "full 666 1:7"
	has "random 666 1:8"
	has "urandom 666 1:9"
	has "tty 666 5:0"
	has "fd /proc/self/fd"
	has "stdin /proc/self/fd/0"
	has "ptmx pts/ptmx"
	has "00 00 00"
}

@test "DEV-01 DEV-02 DEV-03 DEV-04 DEV-05 DEV-06 DEV-07 devices of the config: type, number, mode, owner" {
	config '.linux.devices = [{path: "/dev/my", type: "c", major: 1, minor: 5, fileMode: 384, uid: 7, gid: 8}, {path: "/dev/deep/er/blk", type: "b", major: 7, minor: 0}, {path: "/dev/pipe", type: "p", fileMode: 438}, {path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 432}]'
	sh_inside 'stat -c "%n %a %u:%g %t:%T %F" /dev/my /dev/deep/er/blk /dev/pipe /dev/null'
	has "/dev/my 600 7:8 1:5 character special file"
	has "/dev/deep/er/blk 666 0:0 7:0 block special file"
	has "/dev/pipe 666"
	has "/dev/null 660 0:0 1:3"
}

@test "DEV-17 a /dev of the user's gets no devices and no links" {
	mkdir "$DIR/dev"
	config ".mounts |= map(select(.destination | startswith(\"/dev\") | not)) + [{destination: \"/dev\", type: \"bind\", source: \"$DIR/dev\", options: [\"bind\"]}]"
	sh_inside 'ls -A /dev'
	[ -z "$output" ]
}

@test "DEV-20 CVE-2026-41579 CVE-2026-47766 /dev as a symlink out of the root: nothing outside changes" {
	mkdir "$DIR/victim"
	rmdir "$BUNDLE/rootfs/dev"
	ln -s "$DIR/victim" "$BUNDLE/rootfs/dev"
	config '.mounts |= map(select(.destination | startswith("/dev") | not))' '.root.readonly = false'
	run ocirun run --bundle "$BUNDLE" "$ID"
	[ -z "$(ls -A "$DIR/victim")" ]
}

@test "DEV-18 CVE-2026-88265 stdio that is the host's /dev/null becomes the container's; links are not followed" {
	set_args sh -c 'stat -L -c "%t:%T %d" /proc/self/fd/0 /dev/null >/tmp/out; readlink /proc/self/fd/0 >>/tmp/out'
	config '.root.readonly = false'
	ocirun run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$(sed -n 1p "$BUNDLE/rootfs/tmp/out")" = "$(sed -n 2p "$BUNDLE/rootfs/tmp/out")" ]
	# /dev/null of the root file system a link to a host file: it keeps its owner
	touch "$DIR/host-file"
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .process.user.uid = 1000'
	ln -s "$DIR/host-file" "$BUNDLE/rootfs/dev/null"
	run ocirun run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$(stat -c %u "$DIR/host-file")" = 0 ]
}

@test "MNT-97 BAT-34 BAT-36 masked files and directories" {
	mkdir "$BUNDLE/rootfs/secret" "$BUNDLE/rootfs/secret2"
	echo hidden | tee "$BUNDLE/rootfs/secret/file" "$BUNDLE/rootfs/secret2/file" >"$BUNDLE/rootfs/plain"
	config '.linux.maskedPaths = ["/secret", "/secret2", "/plain", "/proc/kcore", "/not/there", "/secret"]'
	sh_inside 'ls -A /secret /secret2; cat /plain; head -c 5 /proc/kcore; touch /secret/x 2>&1; stat -c %d /secret /secret2'
	lacks hidden
	has "Read-only file system"
	[ "$(tail -n 2 <<<"$output" | uniq | wc -l)" = 1 ]
}

@test "CVE-2025-31133 a /dev/null of the image that is a link does not open a hole in masks" {
	config '.mounts |= map(select(.destination | startswith("/dev") | not))' '.linux.maskedPaths = ["/plain"]'
	echo hidden >"$BUNDLE/rootfs/plain"
	ln -sf /proc/sys/kernel/core_pattern "$BUNDLE/rootfs/dev/null"
	set_args sh -c 'cat /plain; echo x >/plain; cat /proc/sys/kernel/core_pattern'
	local pattern
	pattern=$(cat /proc/sys/kernel/core_pattern)
	run ocirun run --bundle "$BUNDLE" "$ID"
	lacks hidden
	[ "$(cat /proc/sys/kernel/core_pattern)" = "$pattern" ]
}

@test "MNT-98 CVE-2015-3630 read-only paths" {
	mkdir "$BUNDLE/rootfs/fixed"
	config '.root.readonly = false | .linux.readonlyPaths += ["/fixed", "/not/there"]'
	sh_inside 'touch /fixed/x; echo 1 >/proc/sys/kernel/domainname; touch /writable && echo yes'
	has "/fixed/x: Read-only file system"
	has "Read-only file system"
	has yes
}

@test "CFG-04 a read-only root" {
	sh_inside 'touch /x || :'
	has "Read-only file system"
}

@test "NSP-10 without a mount namespace: chroot; masks are refused" {
	config '.linux.namespaces |= map(select(.type != "mount"))'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "/linux/"
	config 'del(.linux.maskedPaths, .linux.readonlyPaths) | .mounts = [] | .root.readonly = false'
	sh_inside 'ls /'
	has bin
	lacks lib64
}

@test "LNX-02 LNX-09 LNX-10 seccomp: ERRNO with a value, ALLOW, KILL_PROCESS" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}' '.root.readonly = false'
	set_args mkdir /tmp/x
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	has "Function not implemented"
	config '.linux.seccomp.syscalls[0].action = "SCMP_ACT_KILL_PROCESS" | del(.linux.seccomp.syscalls[0].errnoRet)'
	run ocirun run --bundle "$BUNDLE" "$ID"
	[ "$status" = 159 ]
}

@test "LNX-11 LNX-12 LNX-13 LNX-14 seccomp: argument operators" {
	# kill(2): signal 10 is refused, others pass; two conditions on one argument are alternatives
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["kill"], action: "SCMP_ACT_ERRNO", errnoRet: 13, args: [{index: 1, value: 10, op: "SCMP_CMP_EQ"}, {index: 1, value: 12, op: "SCMP_CMP_EQ"}]}]}'
	set_args sh -c 'trap : USR1 USR2 CONT; kill -10 $$ || echo no10; kill -12 $$ || echo no12; kill -18 $$ && echo yes18'
	run ocirun run --bundle "$BUNDLE" "$ID"
	has no10
	has no12
	has yes18
}

@test "LNX-15 system calls newer than the profile give ENOSYS, so that a libc can fall back" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", architectures: ["SCMP_ARCH_X86_64"], syscalls: [{names: ["read","write","open","openat","close","fstat","stat","lstat","newfstatat","mmap","mprotect","munmap","brk","execve","exit","exit_group","arch_prctl","access","getuid","getgid","geteuid","getegid","getpid","getppid","rt_sigaction","rt_sigprocmask","set_tid_address","set_robust_list","prlimit64","getrandom","readlink","uname","ioctl","rseq","syscall","getcwd","fcntl","dup2","wait4","prctl"], action: "SCMP_ACT_ALLOW"}]}'
	[ "$(uname -m)" = x86_64 ] || skip "a profile for x86_64"
	cp "$(command -v perl)" "$BUNDLE/rootfs/bin/perl" || skip "no perl"
	local lib
	for lib in $(ldd "$(command -v perl)" | grep -o '/[^ )]*'); do
		mkdir -p "$BUNDLE/rootfs$(dirname "$lib")"
		cp "$lib" "$BUNDLE/rootfs$lib"
	done
	config '.linux.seccomp.syscalls[0].names += ["pread64", "futex", "time", "lseek", "sysinfo", "getgroups", "clock_gettime", "gettimeofday", "sigaltstack", "tgkill", "gettid"]'
	# 500 is newer than all in the profile, 83 (mkdir) is older and not allowed
	set_args perl -e '$! = 0; syscall(500); print $!+0, "\n"; my $p = "/x"; $! = 0; syscall(83, $p, 0); print $!+0, "\n"'
	run ocirun run --bundle "$BUNDLE" "$ID"
	[ "$output" = $'38\n1' ]
}

@test "LNX-16 the filter cache: the second start of a profile finds it, a damaged one does no harm" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
	set_args mkdir /tmp/x
	local i file
	for i in 1 2 3; do
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has "Function not implemented"
		if [ "$i" = 2 ]; then
			file=$(find "$ROOT/@seccomp" -type f)
			[ "$(wc -l <<<"$file")" = 1 ]
			[ "$(stat -c %a "$file")" = 600 ]
			printf 'x' | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") - 3)) conv=notrunc 2>/dev/null
		fi
	done
}

@test "HOK-01 HOK-02 HOK-03 HOK-04 HOK-08 HOK-09 PRO-22 hooks: order, namespaces, argv, environment, state" {
	cat >"$DIR/hook" <<-'E'
		#!/bin/sh
		{ echo "$0 $* $(readlink /proc/self/ns/mnt) $(env | grep -c ^HOOK=)"; cat; echo; } >>"$1"
	E
	chmod +x "$DIR/hook"
	local kind
	for kind in prestart createRuntime createContainer; do
		config ".hooks.$kind = [{path: \"$DIR/hook\", args: [\"$kind\", \"$DIR/log\"], env: [\"HOOK=1\", \"PATH=/bin:/usr/bin\"]}]"
	done
	config '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "echo startContainer >/tmp/start; cat >>/tmp/start; env >>/tmp/start"]}]' '.root.readonly = false'
	ocirun run --bundle "$BUNDLE" "$ID"
	[ "$(grep -c '"status":"creating"' "$DIR/log")" = 3 ]
	[ "$(grep -v '^{' "$DIR/log" | grep . | awk '{print $NF}' | sort -u)" = 1 ]
	local mnt
	mnt=$(readlink /proc/self/ns/mnt)
	[ "$(grep -c -F "$mnt" "$DIR/log")" = 2 ]
	grep -q startContainer "$BUNDLE/rootfs/tmp/start"
	grep -q '"status":"created"' "$BUNDLE/rootfs/tmp/start"
	grep -q '^PATH=' "$BUNDLE/rootfs/tmp/start"
}

@test "HOK-10 PRO-24 a hook past its timeout is killed" {
	config '.hooks = {createRuntime: [{path: "/bin/sleep", args: ["sleep", "100"], timeout: 1}]}'
	run_fail timeout 10 "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	has "hook ran past specified timeout of 1.0s"
}

@test "HOK-12 PRO-23 BAT-30 a failing hook of each kind: text, and nothing is left" {
	local kind
	for kind in prestart createRuntime createContainer startContainer poststart; do
		config 'del(.hooks)' ".hooks.$kind = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo out; echo err >&2; exit 3\"]}]"
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
		has "error running $kind hook #0: exit status 3, stdout: out, stderr: err"
		[ ! -e "$ROOT/$ID" ]
	done
}

@test "PRO-25 a hook that does not read its stdin" {
	config '.annotations = {big: ("x" * 100000)} | .hooks = {createRuntime: [{path: "/bin/true"}], createContainer: [{path: "/bin/true"}]}'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
}

@test "PRO-27 PRO-28 cwd, signal mask and descriptors of a hook" {
	config ".hooks = {createRuntime: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"exec >$DIR/log; pwd; grep SigBlk /proc/self/status; ls /proc/self/fd\"]}]}"
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$(sed -n 1p "$DIR/log")" = "$(realpath "$BUNDLE")" ]
	grep -q '^SigBlk:.*0000000000000000$' "$DIR/log"
	[ "$(tail -n +3 "$DIR/log" | tr '\n' ' ')" = "0 1 2 3 " ]
}

@test "CVE-2024-21626 cwd and args through leaked descriptors: refused, and there are none" {
	local fd
	for fd in 3 4 5 6 7 8 9 10 15 20; do
		config ".process.cwd = \"/proc/self/fd/$fd\""
		run_fail ocirun run --bundle "$BUNDLE" "$ID"
	done
	ln -s /proc/self/fd/7 "$BUNDLE/rootfs/link"
	config '.process.cwd = "/link"'
	run_fail ocirun run --bundle "$BUNDLE" "$ID"
	config '.process.cwd = "/"'
	set_args sh -c 'ls /proc/self/fd'
	run_ok ocirun run --bundle "$BUNDLE" "$ID"
	[ "$(tr '\n' ' ' <<<"$output")" = "0 1 2 3 " ]
}

@test "CVE-2019-5736 /proc/self/exe of what enters the container is no host file and cannot be written" {
	local before
	before=$(sha256sum "$OCIRUN" "$(dirname "$OCIRUN")/ociinit")
	set_args /proc/self/exe
	run ocirun run --bundle "$BUNDLE" "$ID"
	set_args sleep 100
	create
	local pid
	pid=$(pid_of)
	[[ $(readlink "/proc/$pid/exe") == /memfd:* ]]
	run_fail sh -c "echo x >>/proc/$pid/exe"
	[ "$(sha256sum "$OCIRUN" "$(dirname "$OCIRUN")/ociinit")" = "$before" ]
}

@test "R9 the host's mounts are the same while a container lives, also with shared binds" {
	mkdir "$DIR/shared"
	config ".mounts += [{destination: \"/shared\", type: \"bind\", source: \"$DIR/shared\", options: [\"rbind\", \"rslave\"]}, {destination: \"/hostdev\", type: \"bind\", source: \"/dev\", options: [\"rbind\"]}]"
	set_args sleep 100
	create
	[ "$(host_mounts)" = "$MOUNTS_BEFORE" ]
	ocirun start "$ID"
	[ "$(host_mounts)" = "$MOUNTS_BEFORE" ]
}
