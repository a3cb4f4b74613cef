/* The word tables of config.json: see words.h. Data only, and the two ways to look something up.
 * `ocirun features` prints these very tables, so what is advertised is what is parsed. The order is the
 * one in which the words are printed in messages ("allowed: ..."). Numbers come from the kernel's and
 * libseccomp's headers; the few that an older header lacks are given here with their source.
 */
#include "words.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include "plan.h"

/* libseccomp 2.6 and Linux 5.19 have these; the architecture is the kernel's audit number. */
#ifndef SCMP_ARCH_LOONGARCH64
#define SCMP_ARCH_LOONGARCH64 0xc0000102u /* EM_LOONGARCH | 64 bit | little endian */
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif

/* clang-format off */
const struct word words_namespaces[] = {
	{ "pid", PLAN_NS_PID },
	{ "network", PLAN_NS_NETWORK },
	{ "mount", PLAN_NS_MOUNT },
	{ "ipc", PLAN_NS_IPC },
	{ "uts", PLAN_NS_UTS },
	{ "user", PLAN_NS_USER },
	{ "cgroup", PLAN_NS_CGROUP },
	{ "time", PLAN_NS_TIME },
	{ NULL, 0 },
};

/* All 41 that Linux 5.9 and later know (CAP_CHECKPOINT_RESTORE is the last one). */
#define CAP(name) { "CAP_" #name, CAP_##name }
const struct word words_capabilities[] = {
	CAP(CHOWN), CAP(DAC_OVERRIDE), CAP(DAC_READ_SEARCH), CAP(FOWNER), CAP(FSETID), CAP(KILL),
	CAP(SETGID), CAP(SETUID), CAP(SETPCAP), CAP(LINUX_IMMUTABLE), CAP(NET_BIND_SERVICE),
	CAP(NET_BROADCAST), CAP(NET_ADMIN), CAP(NET_RAW), CAP(IPC_LOCK), CAP(IPC_OWNER),
	CAP(SYS_MODULE), CAP(SYS_RAWIO), CAP(SYS_CHROOT), CAP(SYS_PTRACE), CAP(SYS_PACCT),
	CAP(SYS_ADMIN), CAP(SYS_BOOT), CAP(SYS_NICE), CAP(SYS_RESOURCE), CAP(SYS_TIME),
	CAP(SYS_TTY_CONFIG), CAP(MKNOD), CAP(LEASE), CAP(AUDIT_WRITE), CAP(AUDIT_CONTROL),
	CAP(SETFCAP), CAP(MAC_OVERRIDE), CAP(MAC_ADMIN), CAP(SYSLOG), CAP(WAKE_ALARM),
	CAP(BLOCK_SUSPEND), CAP(AUDIT_READ), CAP(PERFMON), CAP(BPF), CAP(CHECKPOINT_RESTORE),
	{ NULL, 0 },
};
#undef CAP

#define LIMIT(name) { "RLIMIT_" #name, RLIMIT_##name }
const struct word words_rlimits[] = {
	LIMIT(AS), LIMIT(CORE), LIMIT(CPU), LIMIT(DATA), LIMIT(FSIZE), LIMIT(LOCKS), LIMIT(MEMLOCK),
	LIMIT(MSGQUEUE), LIMIT(NICE), LIMIT(NOFILE), LIMIT(NPROC), LIMIT(RSS), LIMIT(RTPRIO),
	LIMIT(RTTIME), LIMIT(SIGPENDING), LIMIT(STACK),
	{ NULL, 0 },
};
#undef LIMIT

const struct word words_propagation[] = {
	{ "shared", PLAN_PROP_SHARED },
	{ "slave", PLAN_PROP_SLAVE },
	{ "private", PLAN_PROP_PRIVATE },
	{ "unbindable", PLAN_PROP_UNBINDABLE },
	{ "rshared", PLAN_PROP_SHARED | PLAN_PROP_RECURSIVE },
	{ "rslave", PLAN_PROP_SLAVE | PLAN_PROP_RECURSIVE },
	{ "rprivate", PLAN_PROP_PRIVATE | PLAN_PROP_RECURSIVE },
	{ "runbindable", PLAN_PROP_UNBINDABLE | PLAN_PROP_RECURSIVE },
	{ NULL, 0 },
};

const struct word words_hooks[] = {
	{ "prestart", PLAN_HOOK_PRESTART },
	{ "createRuntime", PLAN_HOOK_CREATE_RUNTIME },
	{ "createContainer", PLAN_HOOK_CREATE_CONTAINER },
	{ "startContainer", PLAN_HOOK_START_CONTAINER },
	{ "poststart", PLAN_HOOK_POSTSTART },
	{ "poststop", PLAN_HOOK_POSTSTOP },
	{ NULL, 0 },
};

/* ERRNO and TRACE: without the errno, which the reader of the rule puts in. KILL means the thread. */
const struct word words_seccomp_actions[] = {
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0) },
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0) },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
	{ NULL, 0 },
};

#define COMPARE(name) { "SCMP_CMP_" #name, SCMP_CMP_##name }
const struct word words_seccomp_operators[] = {
	COMPARE(EQ), COMPARE(GE), COMPARE(GT), COMPARE(LE), COMPARE(LT), COMPARE(MASKED_EQ), COMPARE(NE),
	{ NULL, 0 },
};
#undef COMPARE

#define ARCH(name) { "SCMP_ARCH_" #name, SCMP_ARCH_##name }
const struct word words_seccomp_archs[] = {
	ARCH(X86), ARCH(X86_64), ARCH(X32), ARCH(ARM), ARCH(AARCH64), ARCH(MIPS), ARCH(MIPS64),
	ARCH(MIPS64N32), ARCH(MIPSEL), ARCH(MIPSEL64), ARCH(MIPSEL64N32), ARCH(PPC), ARCH(PPC64),
	ARCH(PPC64LE), ARCH(RISCV64), ARCH(S390), ARCH(S390X), ARCH(LOONGARCH64),
	{ NULL, 0 },
};
#undef ARCH

const struct word words_seccomp_flags[] = {
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
	{ NULL, 0 },
};

const struct word words_personalities[] = {
	{ "LINUX", PER_LINUX },
	{ "LINUX32", PER_LINUX32 },
	{ NULL, 0 },
};

#define POLICY(name) { "SCHED_" #name, PLAN_SCHED_##name }
const struct word words_sched_policies[] = {
	POLICY(OTHER), POLICY(FIFO), POLICY(RR), POLICY(BATCH), POLICY(ISO), POLICY(IDLE), POLICY(DEADLINE),
	{ NULL, 0 },
};
#undef POLICY

#define FLAG(name) { "SCHED_FLAG_" #name, PLAN_SCHED_##name }
const struct word words_sched_flags[] = {
	FLAG(RESET_ON_FORK), FLAG(RECLAIM), FLAG(DL_OVERRUN), FLAG(KEEP_POLICY), FLAG(KEEP_PARAMS),
	FLAG(UTIL_CLAMP_MIN), FLAG(UTIL_CLAMP_MAX),
	{ NULL, 0 },
};
#undef FLAG

const struct word words_io_classes[] = {
	{ "IOPRIO_CLASS_RT", PLAN_IO_REALTIME },
	{ "IOPRIO_CLASS_BE", PLAN_IO_BEST_EFFORT },
	{ "IOPRIO_CLASS_IDLE", PLAN_IO_IDLE },
	{ NULL, 0 },
};

const struct word words_memory_modes[] = {
	{ "MPOL_DEFAULT", PLAN_MEMORY_DEFAULT },
	{ "MPOL_BIND", PLAN_MEMORY_BIND },
	{ "MPOL_INTERLEAVE", PLAN_MEMORY_INTERLEAVE },
	{ "MPOL_WEIGHTED_INTERLEAVE", PLAN_MEMORY_WEIGHTED }, /* Linux 6.9 */
	{ "MPOL_PREFERRED", PLAN_MEMORY_PREFERRED },
	{ "MPOL_PREFERRED_MANY", PLAN_MEMORY_PREFERRED_MANY }, /* Linux 5.15 */
	{ "MPOL_LOCAL", PLAN_MEMORY_LOCAL },
	{ NULL, 0 },
};

const struct word words_memory_flags[] = {
	{ "MPOL_F_NUMA_BALANCING", PLAN_MEMORY_NUMA_BALANCING },
	{ "MPOL_F_RELATIVE_NODES", PLAN_MEMORY_RELATIVE_NODES },
	{ "MPOL_F_STATIC_NODES", PLAN_MEMORY_STATIC_NODES },
	{ NULL, 0 },
};

const char *const words_annotations[] = {
	"org.criu.config",
	"org.systemd.property.",
	"run.oci.delegate-cgroup",
	"run.oci.hooks.stderr",
	"run.oci.hooks.stdout",
	"run.oci.keep_original_groups",
	"run.oci.mount_context_type",
	"run.oci.pidfd_receiver",
	"run.oci.seccomp.receiver",
	"run.oci.seccomp_bpf_data",
	"run.oci.seccomp_fail_unknown_syscall",
	"run.oci.systemd.force_cgroup_v1",
	"run.oci.systemd.subgroup",
	NULL,
};
/* clang-format on */

const struct word *words_find(const struct word *table, const char *word)
{
	for (; table->word; table++)
		if (!strcmp(table->word, word))
			return table;
	return NULL;
}

const char *words_name(const struct word *table, uint64_t value)
{
	for (; table->word; table++)
		if (table->value == value)
			return table->word;
	return NULL;
}
