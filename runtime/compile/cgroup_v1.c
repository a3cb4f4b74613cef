/* The resources object as files of cgroup v1 (LIM rows, cgroup-v1 documentation of the kernel). A limit whose
 * controller this host does not have is refused: it would silently not hold.
 */
#include "compile/rows.h"

#include <string.h>

/* Write where the controller lives, or refuse. */
static int put(struct compile *c, const char *controller, const char *file, const char *value, uint64_t flags,
	       const char *pointer)
{
	uint32_t group;

	if (!compile_group(c, controller, &group))
		return compile_refuse(c, pointer, "cannot be set: controller \"%s\" not available",
				      controller);
	compile_write(c, group, file, value, flags, pointer);
	return 0;
}

static int put_number(struct compile *c, const char *controller, const char *file, int64_t value,
		      uint64_t flags, const char *pointer)
{
	return put(c, controller, file, compile_number(c, value), flags, pointer);
}

/* The kernel keeps limit <= memory+swap at every step; which write has to come first depends on what stands
 * there, so one that gives EINVAL is tried again after the others. */
static int memory(struct compile *c, const struct spec_resources *s)
{
	uint64_t late = s->has_memory_limit ? compile_starves_memory(s->memory_limit) : 0;
	int r = 0;

	if (s->has_memory_swap && s->memory_swap > 0 && s->has_memory_limit &&
	    s->memory_swap < s->memory_limit)
		return compile_refuse(c, RESOURCES "/memory/swap",
				      "memory+swap limit should be >= memory limit");
	if (s->has_memory_limit && s->memory_limit != 0)
		r = put_number(c, "memory", "memory.limit_in_bytes", s->memory_limit,
			       late | PLAN_WRITE_BUSY_OK, RESOURCES "/memory/limit");
	/* without swap accounting the file is missing: no swap to limit, as runc has it only for "no
	 * limit" */
	if (r >= 0 && s->has_memory_swap && s->memory_swap != 0)
		r = put_number(c, "memory", "memory.memsw.limit_in_bytes", s->memory_swap,
			       late | PLAN_WRITE_BUSY_OK | (s->memory_swap < 0 ? PLAN_WRITE_MISSING_OK : 0u),
			       RESOURCES "/memory/swap");
	if (r >= 0 && s->has_memory_reservation && s->memory_reservation != 0)
		r = put_number(c, "memory", "memory.soft_limit_in_bytes", s->memory_reservation, 0,
			       RESOURCES "/memory/reservation");
	if (r >= 0 && s->has_memory_swappiness)
		r = put_number(c, "memory", "memory.swappiness", (int64_t)s->memory_swappiness, 0,
			       RESOURCES "/memory/swappiness");
	if (r >= 0 && s->has_disable_oom_killer && s->disable_oom_killer)
		r = put(c, "memory", "memory.oom_control", "1", 0, RESOURCES "/memory/disableOOMKiller");
	return r;
}

/* Period, quota and burst bound one another: which has to come first depends on what stands there, so one
 * that gives EINVAL is tried again after the others. */
static int cpu(struct compile *c, const struct spec_resources *s)
{
	uint64_t period = s->has_period && s->cpu_period ? s->cpu_period : 100000;
	uint64_t late = s->has_quota ? compile_starves_cpu(s->cpu_quota, period) : 0;
	int r = 0;

	if (s->has_idle)
		r = put_number(c, "cpu", "cpu.idle", s->cpu_idle, 0, RESOURCES "/cpu/idle");
	/* an idle group has no shares: the kernel refuses to set them */
	if (r >= 0 && s->has_shares && s->cpu_shares && !(s->has_idle && s->cpu_idle))
		r = put_number(c, "cpu", "cpu.shares", (int64_t)s->cpu_shares, 0, RESOURCES "/cpu/shares");
	if (r >= 0 && s->has_period && s->cpu_period)
		r = put_number(c, "cpu", "cpu.cfs_period_us", (int64_t)s->cpu_period, PLAN_WRITE_BUSY_OK,
			       RESOURCES "/cpu/period");
	if (r >= 0 && s->has_quota && s->cpu_quota)
		r = put_number(c, "cpu", "cpu.cfs_quota_us", s->cpu_quota, late | PLAN_WRITE_BUSY_OK,
			       RESOURCES "/cpu/quota");
	if (r >= 0 && s->has_burst)
		r = put_number(c, "cpu", "cpu.cfs_burst_us", (int64_t)s->cpu_burst, late | PLAN_WRITE_BUSY_OK,
			       RESOURCES "/cpu/burst");
	if (r >= 0 && s->has_rt_period && s->cpu_rt_period)
		r = put_number(c, "cpu", "cpu.rt_period_us", (int64_t)s->cpu_rt_period, PLAN_WRITE_BUSY_OK,
			       RESOURCES "/cpu/realtimePeriod");
	if (r >= 0 && s->has_rt_runtime && s->cpu_rt_runtime)
		r = put_number(c, "cpu", "cpu.rt_runtime_us", s->cpu_rt_runtime, PLAN_WRITE_BUSY_OK,
			       RESOURCES "/cpu/realtimeRuntime");
	return r;
}

static int cpuset_and_pids(struct compile *c, const struct spec_resources *s)
{
	int64_t pids = s->pids_limit > 0 ? s->pids_limit : 1;
	int r = 0;

	if (s->cpus && *s->cpus)
		r = put(c, "cpuset", "cpuset.cpus", s->cpus, compile_cpuset_time(c), RESOURCES "/cpu/cpus");
	if (r >= 0 && s->mems && *s->mems)
		r = put(c, "cpuset", "cpuset.mems", s->mems, 0, RESOURCES "/cpu/mems");
	if (r < 0 || !s->has_pids_limit)
		return r;
	if (s->pids_limit < 0)
		return put(c, "pids", "pids.max", "max", 0, RESOURCES "/pids/limit");
	return put_number(c, "pids", "pids.max", pids, compile_starves_pids(pids), RESOURCES "/pids/limit");
}

int compile_limits_v1(struct compile *c)
{
	const struct spec_resources *resources = c->spec->linux_->resources;
	int r = 0;

	if (resources && resources->unified.count)
		return compile_refuse(c, RESOURCES "/unified",
				      "unified resources need a cgroup v2 host: invalid configuration");
	if (resources)
		r = memory(c, resources);
	if (resources && r >= 0)
		r = cpu(c, resources);
	if (resources && r >= 0)
		r = cpuset_and_pids(c, resources);
	return r;
}
