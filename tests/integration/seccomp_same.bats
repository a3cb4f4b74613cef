#!/usr/bin/env bats
# The filter of a large section answers as the one that runc (Debian's package) makes of the same section: every call
# of three architectures, with many values of its arguments (LNX-02..17).

load lib

# What both runtimes, the C library and the probe itself need: allowed, so never probed.
NEEDED='read|write|writev|close|fstat|newfstatat|fcntl|mmap|munmap|mprotect|mremap|brk|rt_sig.*|clone3?|fork|vfork|wait4|waitid|execve(at)?|exit.*|futex|epoll.*|nanosleep|clock_.*|sched_.*|madvise|getpid|gettid|tgkill|sigaltstack|prctl|arch_prctl|seccomp|open|openat2?|readlink(at)?|getrandom|set_.*|rseq|prlimit64|setrlimit|getrlimit|ioctl|uname|pipe2?|eventfd2|capset|capget|set.id|setgroups|setres.id|getdents64|mincore|dup[23]?|lseek|stat|statx|fstatfs|statfs|lstat|faccessat2?|access|getuid|geteuid|getgid|getegid|getppid|setsid|unlinkat|umask|poll|ppoll|close_range|sendmsg|recvmsg|chdir|fchdir|getcwd|keyctl|restart_syscall'

# Calls that are one (socketcall, ipc) on 32-bit x86: their arguments cannot be compared there.
MULTIPLEXED='^(socket|bind|connect|listen|accept4?|getsockname|getpeername|socketpair|send|recv|sendto|recvfrom|shutdown|[gs]etsockopt|recvmmsg|sendmmsg|sem(op|get|ctl|timedop)|msg(snd|rcv|get|ctl)|shm(at|dt|get|ctl))$'

test_setup() {
	needs_root
	command -v cc >/dev/null || skip "no C compiler for the probe"
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of the calls are those of x86-64"
	command -v runc >/dev/null || skip "no runc on this host"
	new_bundle true
	runc --root "$DIR/runc" run --bundle "$BUNDLE" "$ID-runc" </dev/null >/dev/null 2>&1 || skip "runc does not run on this host"
	helper probe "$BUNDLE/rootfs/bin/probe"
}

numbers() { # HEADER LETTER: of the calls that are not needed
	printf '#include <asm/%s>\n' "$1" | cc -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) [( ]*\([0-9]*\).*$/\1 \2/p; s/^#define __NR_\([a-z0-9_]*\) (__X32_SYSCALL_BIT + \([0-9]*\))$/\1 \2/p' |
		grep -vE "^($NEEDED|socketcall|ipc|sigreturn|waitpid|_llseek|[a-z]*[0-9]*_time64|fcntl64|mmap2|stat64|fstat64|lstat64|fstatat64|ugetrlimit|setuid32|setgid32|getuid32|geteuid32|getgid32|getegid32) " | sed "s/.* //; s/\$/$2/"
}
names() {
	printf '#include <asm/unistd_64.h>\n' | cc -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) [0-9]*$/\1/p' | sort
}

@test "LNX-04 LNX-08 LNX-09 LNX-10 LNX-11 LNX-12 LNX-13 LNX-14 LNX-15 LNX-17 400 rules, comparisons, three architectures: call by call as under runc" {
	# two rules for each name: seven operators on three arguments with values at the edges, and one without condition or on
	# another argument
	names | grep -vxE "$NEEDED" | jq -R . | jq -s '[to_entries[] | select(.value | test("'"$MULTIPLEXED"'") | not) |
		{names: [.value], action: "SCMP_ACT_ERRNO", errnoRet: (100 + .key % 30), args: [
			{index: (.key % 3), value: (["7", "ALL", "0", "4294967303", "12"][.key % 5]), valueTwo: 7,
			 op: ("SCMP_CMP_" + ["EQ", "NE", "LT", "LE", "GT", "GE", "MASKED_EQ"][.key % 7])}]},
		{names: [.value], action: "SCMP_ACT_ERRNO", errnoRet: (130 + .key % 30), args: (
			if .key % 4 == 0 then [] elif .key % 4 == 1 then
				[{index: 3, value: "12", op: "SCMP_CMP_EQ"}, {index: 4, value: "7", op: "SCMP_CMP_GE"}] else
				[{index: 3, value: "12", op: "SCMP_CMP_EQ"}, {index: 3, value: "0", op: "SCMP_CMP_EQ"}] end)}]' >"$DIR/rules"
	[ "$(jq length "$DIR/rules")" -ge 400 ]
	names | grep -xE "$MULTIPLEXED" | jq -R . | jq -s '[{names: ., action: "SCMP_ACT_ERRNO", errnoRet: 160}]' >"$DIR/multiplexed"
	names | grep -xE "$NEEDED" | jq -R . | jq -s '[{names: ., action: "SCMP_ACT_ALLOW"}]' >"$DIR/allowed"
	mapfile -t probed < <(numbers unistd_64.h ''; numbers unistd_x32.h x)
	[ "${#probed[@]}" -gt 400 ]
	if "$BUNDLE/rootfs/bin/probe" i386; then
		mapfile -t -O "${#probed[@]}" probed < <(numbers unistd_32.h i)
		[ "${#probed[@]}" -gt 600 ]
	else
		echo "# int 0x80 is a fault on this machine: the calls of i386 are left out" >&3
	fi
	set_args probe values "${probed[@]}"
	# the quotes around the values only keep 64 bits through jq
	jq --slurpfile rules "$DIR/rules" --slurpfile allowed "$DIR/allowed" --slurpfile multiplexed "$DIR/multiplexed" '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 99,
		architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], syscalls: ($allowed[0] + $multiplexed[0] + $rules[0])}' "$BUNDLE/config.json" |
		sed -E 's/"value": "ALL"/"value": 18446744073709551615/; s/"value": "([0-9]+)"/"value": \1/' >"$DIR/new"
	mv "$DIR/new" "$BUNDLE/config.json"
	runc --root "$DIR/runc" run --bundle "$BUNDLE" "$ID-runc" </dev/null >"$DIR/runc.out"
	ocirun run --bundle "$BUNDLE" "$ID" </dev/null >"$DIR/ocirun.out"
	[ "$(wc -l <"$DIR/ocirun.out")" -eq $((12 * ${#probed[@]})) ]
	# each kind of answer is among them: rule, rule with a condition, default
	for errno in 99 100 129 130 159 160; do grep -q " errno $errno\$" "$DIR/ocirun.out"; done
	diff "$DIR/runc.out" "$DIR/ocirun.out" | head -20
	cmp "$DIR/runc.out" "$DIR/ocirun.out"
}
