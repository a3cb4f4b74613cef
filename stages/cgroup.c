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

/* The caller's affinity is no wish of the container's. Since 6.2 the kernel keeps a mask that was asked for
 * across the move into a cpuset, so it has to be forgotten by asking for all. A refusal changes nothing. */
static int affinity(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	unsigned char mask[MASK_SIZE];

	(void)shim;
	(void)fault;
	if (!STAGE_RECORD(affinity, record)->reset)
		return 0;
	memset(mask, 0xff, sizeof mask);
	sys_sched_setaffinity(0, sizeof mask, mask);
	return 0;
}

const struct stage stage_cgroup = {
	.name = "cgroup",
	.kinds = { { PLAN_KIND_cgroup_join, join }, { PLAN_KIND_affinity, affinity } },
};
