/* What execve inherits beside the identity: oom_score_adj, rlimits, scheduler, priorities, memory policy,
 * umask, session keyring, LSM label.
 * Stands thrice: in row RAISE, before a user namespace takes the host's capabilities away, limits are only
 * ever raised; in row INHERIT stands what is written through the host's /proc; in row LIMITS they get their
 * final values, when nothing of our own can run into them.
 */
#include <linux/keyctl.h>
#include <sys/prctl.h>

#include "needs.h"
#include "number.h"
#include "procfs.h"
#include "stage.h"

/* Hidden, our files of /proc are the host root's: an ordinary user's shim shows itself for one write, while
 * it is still outside of every namespace of the container. */
static int write_shown(const struct shim *shim, const char *text, size_t length)
{
	int r = sys_prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), hidden;

	if (r >= 0)
		r = procfs_write(shim->proc, "self/oom_score_adj", text, length);
	hidden = sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return hidden < 0 ? hidden : r;
}

static int oom_score_adj_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	char text[NUMBER_TEXT];
	unsigned length = number_text_signed(text, STAGE_RECORD(oom_score_adj, record)->value);
	int r = procfs_write(shim->proc, "self/oom_score_adj", text, length);

	if (r == -EACCES && record->row == PLAN_ROW_RAISE && STAGE_RECORD(oom_score_adj, record)->optional &&
	    sys_prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0)
		r = write_shown(shim, text, length);
	/* an ordinary user may not go below what it has; its containers run all the same (as in runc) */
	if (r == -EACCES && STAGE_RECORD(oom_score_adj, record)->optional)
		return 0;
	if (r < 0) {
		fault_set2(fault, FAULT_WRITE, r, "oom_score_adj", " ", text);
		if (r == -EACCES)
			fault_note(fault, "lowering it needs CAP_SYS_RESOURCE");
	}
	return r;
}

static int set_rlimit(const struct plan_rlimit *record, const struct rlimit *limit, struct fault *fault)
{
	static const char *const names[16] = {
		"RLIMIT_CPU",      "RLIMIT_FSIZE", "RLIMIT_DATA",   "RLIMIT_STACK",
		"RLIMIT_CORE",     "RLIMIT_RSS",   "RLIMIT_NPROC",  "RLIMIT_NOFILE",
		"RLIMIT_MEMLOCK",  "RLIMIT_AS",    "RLIMIT_LOCKS",  "RLIMIT_SIGPENDING",
		"RLIMIT_MSGQUEUE", "RLIMIT_NICE",  "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
	};
	int r = sys_prlimit(0, (int)record->resource, limit, NULL);

	if (r < 0) {
		fault_set(fault, FAULT_SET_LIMIT, r, names[record->resource]);
		if (r == -EPERM)
			fault_note(fault, "raising a hard limit needs CAP_SYS_RESOURCE");
	}
	return r;
}

/* Row RAISE: the hard limit alone, and only upwards. */
static int raise_rlimit(const struct plan_rlimit *record, struct fault *fault)
{
	struct rlimit limit;
	int r = sys_prlimit(0, (int)record->resource, NULL, &limit);

	if (r < 0)
		return fault_set(fault, FAULT_SET_LIMIT, r, NULL);
	if (record->hard <= limit.rlim_max)
		return 0;
	limit.rlim_max = (rlim_t)record->hard;
	return set_rlimit(record, &limit, fault);
}

static int rlimit_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_rlimit *rlimit = STAGE_RECORD(rlimit, record);
	struct rlimit limit = { (rlim_t)rlimit->soft, (rlim_t)rlimit->hard };

	(void)shim;
	if (record->row == PLAN_ROW_RAISE)
		return raise_rlimit(rlimit, fault);
	return set_rlimit(rlimit, &limit, fault);
}

static int scheduler_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_scheduler *scheduler = STAGE_RECORD(scheduler, record);
	const struct sys_sched_attr attr = {
		.size = sizeof attr,
		.policy = (uint32_t)scheduler->policy,
		.flags = scheduler->flags,
		.nice = (int32_t)scheduler->nice,
		.priority = (uint32_t)scheduler->priority,
		.runtime = scheduler->runtime,
		.deadline = scheduler->deadline,
		.period = scheduler->period,
	};
	int r = sys_sched_setattr(0, &attr);

	(void)shim;
	if (r < 0)
		fault_set(fault, FAULT_SET_NAME, r, "scheduler");
	/* a deadline is promised for all processors of the root domain, not for some of them */
	if (r == -EPERM)
		fault_note(fault, scheduler->cpuset && scheduler->policy == PLAN_SCHED_DEADLINE
					  ? "process scheduler can't be used together with AllowedCPUs"
					  : "it needs CAP_SYS_NICE, and realtime time in its cgroup");
	if (r == -EINVAL && scheduler->policy == PLAN_SCHED_ISO)
		fault_note(fault,
			   "SCHED_ISO is a number that Linux keeps free: no kernel of kernel.org has it");
	if (scheduler->flags & (PLAN_SCHED_UTIL_CLAMP_MIN | PLAN_SCHED_UTIL_CLAMP_MAX))
		need_note(fault, NEED_UTIL_CLAMP, r);
	return r;
}

#define IO_CLASS_SHIFT 13 /* IOPRIO_CLASS_SHIFT of linux/ioprio.h, which 5.10's headers lack */
#define IO_WHO_PROCESS 1  /* IOPRIO_WHO_PROCESS: our group may be the caller's (PRC-31) */

static int io_priority_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_io_priority *priority = STAGE_RECORD(io_priority, record);
	int r = sys_ioprio_set(IO_WHO_PROCESS, 0, (int)(priority->class << IO_CLASS_SHIFT | priority->level));

	(void)shim;
	if (r < 0)
		fault_set(fault, FAULT_SET_NAME, r, "I/O priority");
	if (r == -EPERM)
		fault_note(fault, "the realtime class needs CAP_SYS_NICE");
	return r;
}

#define WORD_BITS (8 * sizeof(unsigned long))

/* What an older kernel, or one without NUMA, lacks of this policy. */
static void note_policy(const struct plan_memory_policy *policy, int error, struct fault *fault)
{
	need_note(fault, NEED_MEMORY_POLICY, error);
	if (policy->mode == PLAN_MEMORY_WEIGHTED)
		need_note(fault, NEED_WEIGHTED_INTERLEAVE, error);
	if (policy->mode == PLAN_MEMORY_PREFERRED_MANY)
		need_note(fault, NEED_PREFERRED_MANY, error);
	if (policy->flags & PLAN_MEMORY_NUMA_BALANCING)
		need_note(fault, NEED_NUMA_BALANCING, error);
}

static int memory_policy_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_memory_policy *policy = STAGE_RECORD(memory_policy, record);
	unsigned long nodes[(PLAN_MAX_NODE + 1) / WORD_BITS] = { 0 };

	for (uint32_t i = 0; i < policy->nodes.count; i++) {
		uint64_t node = plan_number(shim->plan, policy->nodes, i);

		nodes[node / WORD_BITS] |= 1ul << node % WORD_BITS;
	}
	/* the kernel reads one bit less than it is told of */
	int r = sys_set_mempolicy((int)(policy->mode | policy->flags), nodes, PLAN_MAX_NODE + 2);
	if (r < 0)
		fault_set(fault, FAULT_SET_NAME, r, "memory policy");
	if (r == -EINVAL)
		fault_note(fault, "none of the nodes is there and allowed, or the kernel is too old");
	note_policy(policy, r, fault);
	return r;
}

static int umask_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	(void)shim, (void)fault;
	sys_umask((mode_t)STAGE_RECORD(umask, record)->mask); /* never fails */
	return 0;
}

/* What the kernel gives a new session keyring (join_session_keyring), and search for its user: a later
 * `exec` finds it by name. */
#define KEYRING_PERMISSIONS 0x3f1b0000ul

/* A kernel without keyrings has nothing to share (ENOSYS): go on. */
static int join_keyring(const char *name)
{
	long key = sys_keyctl(KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)(uintptr_t)name, 0, 0, 0);

	if (key == -ENOSYS)
		return 0;
	if (key < 0)
		return (int)key;
	return (int)sys_keyctl(KEYCTL_SETPERM, (unsigned long)key, KEYRING_PERMISSIONS, 0, 0);
}

static int keyring_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_keyring *keyring = STAGE_RECORD(keyring, record);
	const char *name = plan_text(shim->plan, keyring->name);
	const char *label = plan_text(shim->plan, keyring->label);
	int r = 0;

	if (keyring->label.length)
		r = procfs_write(shim->proc, "self/attr/keycreate", label, keyring->label.length);
	if (r < 0)
		return fault_set2(fault, FAULT_LABEL, r, label, " of the keys made by ", name);
	r = join_keyring(name);
	if (r < 0)
		return fault_set(fault, FAULT_KEYRING, r, name);
	/* only this key: the program's own are labelled by policy */
	if (keyring->label.length)
		r = procfs_write(shim->proc, "self/attr/keycreate", "", 0);
	return r < 0 ? fault_set(fault, FAULT_LABEL, r, "of new keys") : 0;
}

/* "exec NAME": takes effect at execve. Kernels before 5.8, or with one LSM alone: the shared file. */
static int label_apparmor(struct shim *shim, const char *profile)
{
	char *text = shim->path_buffer;
	size_t length;
	int r;

	text[0] = 0;
	fault_append(text, sizeof shim->path_buffer, "exec ");
	fault_append(text, sizeof shim->path_buffer, profile);
	length = strlen(text);
	if (length - strlen("exec ") != strlen(profile))
		return -ENAMETOOLONG; /* cut, it would name another profile */
	r = procfs_write(shim->proc, "self/attr/apparmor/exec", text, length);
	return r == -ENOENT ? procfs_write(shim->proc, "self/attr/exec", text, length) : r;
}

static int label_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_label *label = STAGE_RECORD(label, record);
	const char *value = plan_text(shim->plan, label->value);
	const char *file = label->lsm == PLAN_LSM_SELINUX_KEY ? "self/attr/keycreate" : "self/attr/exec";
	int r;

	if (label->lsm == PLAN_LSM_APPARMOR)
		r = label_apparmor(shim, value);
	else
		r = procfs_write(shim->proc, file, value, label->value.length);
	if (r == 0)
		return 0;
	fault_set(fault, FAULT_LABEL, r, value);
	if (r == -ENOENT && label->lsm == PLAN_LSM_APPARMOR)
		fault_note(fault, "no such AppArmor profile is loaded");
	return r;
}

const struct stage stage_limits = { "limits",
				    { { PLAN_KIND_oom_score_adj, oom_score_adj_run },
				      { PLAN_KIND_rlimit, rlimit_run },
				      { PLAN_KIND_scheduler, scheduler_run },
				      { PLAN_KIND_io_priority, io_priority_run },
				      { PLAN_KIND_memory_policy, memory_policy_run },
				      { PLAN_KIND_umask, umask_run },
				      { PLAN_KIND_keyring, keyring_run },
				      { PLAN_KIND_label, label_run } } };
