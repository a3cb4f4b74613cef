/* Row CGROUP_JOIN: cgroup v1 and the affinity. A v2 group needs nothing here: the shim was born in it.
 *
 * "0" into `tasks` by the single-threaded shim itself takes 0.03 to 0.09 ms; a pid into cgroup.procs from
 * outside waits 5 to 9 ms for RCU. The descriptors came with the plan: no path of the host is opened.
 */
#include <string.h>

#include "stage.h"

#define MASK_SIZE 8192 /* bytes: 65,536 processors; the kernel takes as many as it has */

/* The n-th record `cgroup`, or NULL. */
static const struct plan_cgroup *group_number(const struct plan *plan, uint64_t n)
{
	plan_each(plan, r)
		if (r->kind == PLAN_KIND_cgroup && n-- == 0)
			return (const void *)r;
	return NULL;
}

static int failed(const struct shim *shim, uint64_t n, int error, struct fault *fault)
{
	const struct plan_cgroup *group = group_number(shim->plan, n);

	if (!group)
		return fault_set(fault, FAULT_CGROUP, error, "");
	fault_set2(fault, FAULT_CGROUP, error, plan_text(shim->plan, group->mount), "",
		   plan_text(shim->plan, group->path));
	if (error == -ENOSPC)
		fault_note(fault, "cpuset.cpus or cpuset.mems of the group is empty");
	if (error == -ENODEV)
		fault_note(fault, "the group has been removed");
	return error;
}

static int join(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_cgroup_join *join = STAGE_RECORD(cgroup_join, record);
	FD_AUTO tasks = join->tasks < PLAN_MAX_SLOTS ? fd_take(&shim->slots[join->tasks]) : -1;
	ssize_t r = sys_write(tasks, "0", 1);

	return r < 0 ? failed(shim, join->group, (int)r, fault) : 0;
}

/* Those that a process of `exec` may run on in the end: a wish of the user's, so a refusal is a failure. The
 * kernel numbers the bits within each unsigned long, whatever the byte order. */
static int choose(const struct shim *shim, const struct plan_affinity *wanted, unsigned char *mask,
		  struct fault *fault)
{
	unsigned long word;

	for (uint32_t i = 0; i < wanted->processors.count; i++) {
		uint64_t n = plan_number(shim->plan, wanted->processors, i) % (8ULL * MASK_SIZE);
		unsigned char *at = mask + n / (8 * sizeof word) * sizeof word;

		memcpy(&word, at, sizeof word);
		word |= 1ul << n % (8 * sizeof word);
		memcpy(at, &word, sizeof word);
	}
	int r = sys_sched_setaffinity(0, MASK_SIZE, mask);
	if (r < 0)
		fault_set(fault, FAULT_SET_NAME, r, "execCPUAffinity.final");
	if (r == -EINVAL)
		fault_note(fault, "none of these processors is there and allowed by the cpuset");
	return r;
}

/* The caller's affinity is no wish of the container's. Since 6.2 the kernel keeps a mask that was asked for
 * across the move into a cpuset, so it has to be forgotten by asking for all. A refusal changes nothing. */
static int affinity(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_affinity *wanted = STAGE_RECORD(affinity, record);
	unsigned char mask[MASK_SIZE];

	memset(mask, 0, sizeof mask);
	if (wanted->processors.count)
		return choose(shim, wanted, mask, fault);
	if (!wanted->reset)
		return 0;
	memset(mask, 0xff, sizeof mask);
	sys_sched_setaffinity(0, sizeof mask, mask);
	return 0;
}

const struct stage stage_cgroup = {
	.name = "cgroup",
	.kinds = { { PLAN_KIND_cgroup_join, join }, { PLAN_KIND_affinity, affinity } },
};
