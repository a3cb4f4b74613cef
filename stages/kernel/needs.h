/* What needs a newer kernel than 5.10, or a kernel option: one table, for faults, `check` and `features`.
 * Each row says how the lack shows and what stands in for it, if anything does.
 */
#ifndef OCIRUN_NEEDS_H
#define OCIRUN_NEEDS_H

#include "fault.h"

/* N(id, what it is, major, minor, errno of its absence, kernel option or "", what is done without it) */
/* clang-format off */
#define NEEDS(N)                                                                                   \
	N(USER_NAMESPACE, "user namespaces", 3, 8, EINVAL, "CONFIG_USER_NS", "")                       \
	N(PID_NAMESPACE, "pid namespaces", 2, 24, EINVAL, "CONFIG_PID_NS", "")                         \
	N(NETWORK_NAMESPACE, "network namespaces", 2, 29, EINVAL, "CONFIG_NET_NS", "")                 \
	N(IPC_NAMESPACE, "ipc namespaces", 2, 19, EINVAL, "CONFIG_IPC_NS", "")                         \
	N(UTS_NAMESPACE, "uts namespaces", 2, 19, EINVAL, "CONFIG_UTS_NS", "")                         \
	N(MOUNT_NAMESPACE, "mount namespaces", 2, 4, EINVAL, "", "")                                   \
	N(CGROUP_NAMESPACE, "cgroup namespaces", 4, 6, EINVAL, "CONFIG_CGROUPS", "")                   \
	N(TIME_NAMESPACE, "time namespaces", 5, 6, EINVAL, "CONFIG_TIME_NS", "")                       \
	N(CLONE_INTO_CGROUP, "clone into a cgroup", 5, 7, E2BIG, "", "cgroup.procs is written")        \
	N(DEVICE_FILTER, "device filters of cgroup v2", 4, 15, EINVAL, "CONFIG_CGROUP_BPF", "")        \
	N(BPF, "bpf(2)", 4, 15, ENOSYS, "CONFIG_BPF_SYSCALL", "")                                      \
	N(OPENAT2, "openat2(2)", 5, 6, ENOSYS, "", "")                                                 \
	N(MOUNT_API, "the new mount calls", 5, 2, ENOSYS, "", "")                                      \
	N(PIDFD, "process descriptors", 5, 4, ENOSYS, "", "")                                          \
	N(FACCESSAT2, "faccessat2(2)", 5, 8, ENOSYS, "", "")                                           \
	N(CLOSE_RANGE_CLOEXEC, "close_range(CLOEXEC)", 5, 11, EINVAL, "", "/proc/self/fd is read")     \
	N(MOUNT_SETATTR, "mount_setattr(2)", 5, 12, ENOSYS, "", "a remount, for single mounts")        \
	N(IDMAPPED_MOUNT, "id-mapped mounts", 5, 12, ENOSYS, "", "")                                   \
	N(RECURSIVE_ATTRIBUTES, "recursive mount flags", 5, 12, ENOSYS, "", "")                        \
	N(CGROUP_KILL, "cgroup.kill", 5, 14, ENOENT, "", "freeze, kill, thaw")                         \
	N(CPU_BURST, "cpu.max.burst", 5, 14, ENOENT, "CONFIG_CFS_BANDWIDTH", "")                       \
	N(CPU_IDLE, "cpu.idle", 5, 15, ENOENT, "CONFIG_FAIR_GROUP_SCHED", "")                          \
	N(SECCOMP_LISTENER, "seccomp listeners", 5, 0, EINVAL, "CONFIG_SECCOMP_FILTER", "")            \
	N(NUMA_BALANCING, "MPOL_F_NUMA_BALANCING", 5, 12, EINVAL, "CONFIG_NUMA_BALANCING", "")          \
	N(PREFERRED_MANY, "MPOL_PREFERRED_MANY", 5, 15, EINVAL, "CONFIG_NUMA", "")                     \
	N(WEIGHTED_INTERLEAVE, "MPOL_WEIGHTED_INTERLEAVE", 6, 9, EINVAL, "CONFIG_NUMA", "")            \
	N(MEMORY_POLICY, "memory policies", 2, 6, ENOSYS, "CONFIG_NUMA", "")                           \
	N(UTIL_CLAMP, "SCHED_FLAG_UTIL_CLAMP_MIN and _MAX", 5, 3, EOPNOTSUPP, "CONFIG_UCLAMP_TASK", "") \
	N(WAIT_KILLABLE, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 5, 19, EINVAL, "", "")              \
	N(MEMFD_EXEC, "MFD_EXEC", 6, 3, EINVAL, "", "a plain memfd")                                   \
	N(PIVOT_INITRAMFS, "pivot_root on an initramfs", 7, 0, EINVAL, "", "a tmpfs over the root")
/* clang-format on */

#define NEED_X(id, feature, major, minor, error, option, instead) NEED_##id,
enum need_id { NEEDS(NEED_X) NEED_COUNT };
#undef NEED_X

struct need {
	const char *feature;
	unsigned major, minor;
	int error;           /* positive */
	const char *option;  /* of the kernel's build; "" */
	const char *instead; /* "": nothing, it fails */
};
extern const struct need needs[NEED_COUNT];

/* When `error` (either sign) is what the lack of `id` looks like, add to the fault's note what is needed:
 * "time namespaces: from Linux 5.6, with CONFIG_TIME_NS". */
void need_note(struct fault *fault, enum need_id id, int error);

#endif
