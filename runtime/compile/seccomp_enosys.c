/* New system calls under an old profile (LNX-15): a program probes for clone3 or faccessat2 by ENOSYS and
 * then takes the older call; the EPERM of a profile that was written before they existed breaks it. So what
 * is above every number that the profile names gets ENOSYS, before the filter proper is asked.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>

#include "compile/filter.h"

#define X32_BIT 0x40000000u   /* __X32_SYSCALL_BIT: x32 shares x86_64's audit number */
#define ARM_PRIVATE 0x0f0000u /* __ARM_NR_BASE: numbers of their own, far above the table */

/* Where an architecture has a second table, its first number; else 0. */
static uint32_t second_table(uint32_t arch)
{
	if (arch == SCMP_ARCH_X86_64)
		return X32_BIT;
	return arch == SCMP_ARCH_ARM ? ARM_PRIVATE : 0;
}

/* The greatest number that the profile names, below `limit` unless that is 0; -1 for none. */
static int64_t greatest(const struct spec_seccomp *seccomp, uint32_t arch, uint32_t limit)
{
	int64_t found = -1;

	for (uint32_t i = 0; i < seccomp->rule_count; i++)
		for (uint32_t k = 0; k < seccomp->rules[i].names.count; k++) {
			int number =
				seccomp_syscall_resolve_name_arch(arch, seccomp->rules[i].names.items[k]);

			/* negative: unknown, or a call that this architecture does not have */
			if (number > found && (!limit || (uint32_t)number < limit))
				found = number;
		}
	return found;
}

/* An allow-like default lets newer calls through, and ENOSYS needs no help. */
static bool wanted(const struct spec_seccomp *seccomp)
{
	const char *action = seccomp->default_action;

	if (strcmp(action, "SCMP_ACT_ALLOW") == 0 || strcmp(action, "SCMP_ACT_LOG") == 0)
		return false;
	return strcmp(action, "SCMP_ACT_ERRNO") != 0 || !seccomp->has_default_errno ||
	       seccomp->default_errno != ENOSYS;
}

static uint32_t audit_number(uint32_t arch)
{
	return arch == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : arch;
}

/* "nr > greatest: ENOSYS": two instructions, going on behind them otherwise. */
static uint32_t put_bound(struct sock_filter *at, int64_t number)
{
	at[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)number, 0, 1);
	at[1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	return 2;
}

/* One architecture; the accumulator holds the audit number before and, when it is another's, behind. The
 * jump of `leave` to the end of all blocks is patched by the caller. */
static uint32_t put_arch(const struct spec_seccomp *seccomp, uint32_t arch, int64_t x32,
			 struct sock_filter *at, uint32_t *leave)
{
	uint32_t second = second_table(arch), count = 2;
	int64_t bound = greatest(seccomp, arch, second);
	uint32_t above = arch == SCMP_ARCH_X86_64 && x32 >= 0 ? 2 : 0;

	at[1] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	if (second) {
		/* its own bound, if the profile has that table too, then out; else on to the plain bound */
		at[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, second, 0,
							   (uint8_t)(above + 1));
		if (above)
			count += put_bound(at + count, x32);
		leave[0] = count;
		at[count++] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0);
	}
	if (bound >= 0)
		count += put_bound(at + count, bound);
	leave[1] = count;
	at[count++] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0);
	at[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, audit_number(arch), 0,
					     (uint8_t)(count - 1));
	return count;
}

uint32_t filter_enosys(const struct spec_seccomp *seccomp, const uint32_t *archs, uint32_t arch_count,
		       struct sock_filter *ret)
{
	uint32_t leaves[FILTER_ARCHS * 2], leave_count = 0, count = 1;
	int64_t x32 = -1;

	if (!wanted(seccomp))
		return 0;
	ret[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	for (uint32_t i = 0; i < arch_count; i++)
		if (archs[i] == SCMP_ARCH_X32)
			x32 = greatest(seccomp, SCMP_ARCH_X32, 0);
	for (uint32_t i = 0; i < arch_count; i++) {
		uint32_t leave[2] = { 0, 0 }, added;

		if (archs[i] == SCMP_ARCH_X32)
			continue; /* within x86_64's block */
		added = put_arch(seccomp, archs[i], x32, ret + count, leave);
		for (uint32_t k = 0; k < 2; k++)
			if (leave[k])
				leaves[leave_count++] = count + leave[k];
		count += added;
	}
	for (uint32_t i = 0; i < leave_count; i++)
		ret[leaves[i]].k = count - leaves[i] - 1;
	return count;
}
