/* The resources object as files of cgroup v2 (LIM rows, cgroup-v2.rst of the kernel). The config speaks
 * v1's language: shares, memory+swap in one number; the conversions are here.
 */
#include "compile/rows.h"

#include <math.h>
#include <string.h>

#include "cgroup/path.h"

#define GROUP 0 /* the only hierarchy */

static int put(struct compile *c, const char *file, const char *value, uint64_t flags, const char *pointer)
{
	const char *controller = arena_copy(c->arena, file, strcspn(file, "."));

	if (!cgroup_has_word(c->facts->v2_controllers, controller))
		return compile_refuse(c, pointer, "cannot be set: controller \"%s\" not available",
				      controller);
	compile_write(c, GROUP, file, value, flags, pointer);
	return 0;
}

/* -1 is "max" in v2's words. */
static const char *limit_text(struct compile *c, int64_t limit)
{
	return limit < 0 ? "max" : compile_number(c, limit);
}

/* v1's limit is for memory and swap together, v2's for swap alone: as it is, when memory has none. */
static int swap(struct compile *c, const struct spec_resources *s)
{
	const char *pointer = RESOURCES "/memory/swap";
	int64_t memory = s->has_memory_limit ? s->memory_limit : 0, only;

	if (!s->has_memory_swap || s->memory_swap == 0)
		return 0;
	if (s->memory_swap < 0)
		return put(c, "memory.swap.max", "max", PLAN_WRITE_MISSING_OK, pointer);
	if (memory == 0)
		return compile_refuse(c, pointer, "unable to set swap limit without memory limit");
	if (s->memory_swap < memory)
		return compile_refuse(c, pointer, "memory+swap limit should be >= memory limit");
	only = memory < 0 ? s->memory_swap : s->memory_swap - memory;
	/* a kernel without swap accounting has no file, and then no swap is what the container gets */
	return put(c, "memory.swap.max", compile_number(c, only), only ? 0 : PLAN_WRITE_MISSING_OK, pointer);
}

/* Swap first: with the smaller memory.max in place the kernel would begin to swap out. */
static int memory(struct compile *c, const struct spec_resources *s)
{
	int r = swap(c, s);

	if (r >= 0 && s->has_memory_limit && s->memory_limit != 0)
		r = put(c, "memory.max", limit_text(c, s->memory_limit),
			compile_starves_memory(s->memory_limit), RESOURCES "/memory/limit");
	if (r >= 0 && s->has_memory_reservation && s->memory_reservation != 0)
		r = put(c, "memory.low", limit_text(c, s->memory_reservation), 0,
			RESOURCES "/memory/reservation");
	return r;
}

/* 2..262144 (default 1024) to 1..10000 (default 100): a curve through the three points, whose exponent is
 * quadratic in the binary logarithm. A linear one would give a default container half of its weight. */
int64_t compile_cpu_weight(uint64_t shares)
{
	double l, exponent;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2((double)shares);
	exponent = (l * l + 125.0 * l) / 612.0 - 7.0 / 34.0;
	/* less what rounding adds at the exact points: 1024 is 100 and not 101 */
	return (int64_t)ceil(pow(10.0, exponent) - 1e-6);
}

static int bandwidth(struct compile *c, const struct spec_resources *s)
{
	uint64_t period = s->has_period && s->cpu_period ? s->cpu_period : 100000, flags;
	bool limited = s->has_quota && s->cpu_quota > 0;
	int r = 0;

	/* the burst may not be above the quota: which has to come first depends on what stands there */
	flags = (limited ? compile_starves_cpu(s->cpu_quota, period) : 0) |
		(s->has_burst ? PLAN_WRITE_BUSY_OK : 0u);
	if ((s->has_quota && s->cpu_quota) || (s->has_period && s->cpu_period))
		r = put(c, "cpu.max",
			arena_format(c->arena, "%s %llu", limited ? compile_number(c, s->cpu_quota) : "max",
				     (unsigned long long)period),
			flags, s->has_quota ? RESOURCES "/cpu/quota" : RESOURCES "/cpu/period");
	if (r >= 0 && s->has_burst)
		r = put(c, "cpu.max.burst", compile_number(c, (int64_t)s->cpu_burst), flags,
			RESOURCES "/cpu/burst");
	return r;
}

static int cpu(struct compile *c, const struct spec_resources *s)
{
	int r = 0;

	if (s->has_rt_runtime && s->cpu_rt_runtime)
		return compile_refuse(c, RESOURCES "/cpu/realtimeRuntime",
				      "realtime limits do not exist in cgroup v2");
	if (s->has_rt_period && s->cpu_rt_period)
		return compile_refuse(c, RESOURCES "/cpu/realtimePeriod",
				      "realtime limits do not exist in cgroup v2");
	if (s->has_idle)
		r = put(c, "cpu.idle", compile_number(c, s->cpu_idle), 0, RESOURCES "/cpu/idle");
	/* an idle group has no weight: the kernel refuses to set one */
	if (r >= 0 && s->has_shares && s->cpu_shares && !(s->has_idle && s->cpu_idle))
		r = put(c, "cpu.weight", compile_number(c, compile_cpu_weight(s->cpu_shares)), 0,
			RESOURCES "/cpu/shares");
	return r < 0 ? r : bandwidth(c, s);
}

static int cpuset_and_pids(struct compile *c, const struct spec_resources *s)
{
	int64_t pids = s->pids_limit == 0 ? 1 : s->pids_limit;
	int r = 0;

	if (s->cpus && *s->cpus)
		r = put(c, "cpuset.cpus", s->cpus, compile_cpuset_time(c), RESOURCES "/cpu/cpus");
	if (r >= 0 && s->mems && *s->mems)
		r = put(c, "cpuset.mems", s->mems, 0, RESOURCES "/cpu/mems");
	if (r >= 0 && s->has_pids_limit)
		r = put(c, "pids.max", limit_text(c, pids), compile_starves_pids(pids),
			RESOURCES "/pids/limit");
	return r;
}

/* Files by their own names, one write a line (io.max has a line for each device). */
static int unified_file(struct compile *c, const struct spec_pair *pair, const char *pointer)
{
	const char *controller = arena_copy(c->arena, pair->key, strcspn(pair->key, "."));
	bool core = strcmp(controller, "cgroup") == 0; /* cgroup.max.depth and the like are always there */

	if (!strchr(pair->key, '.') || strchr(pair->key, '/'))
		return compile_refuse(c, pointer,
				      "unified resource \"%s\" must be a file name, CONTROLLER.PARAMETER",
				      pair->key);
	if (!core && !cgroup_has_word(c->facts->v2_controllers, controller))
		return compile_refuse(c, pointer,
				      "unified resource \"%s\" can't be set: controller \"%s\" not "
				      "available",
				      pair->key, controller);
	for (const char *line = pair->value; *line;) {
		size_t length = strcspn(line, "\n");

		if (length)
			compile_write(c, GROUP, pair->key, arena_copy(c->arena, line, length), 0, pointer);
		line += length;
		line += *line != 0;
	}
	return 0;
}

static int unified(struct compile *c, const struct spec_pairs *pairs)
{
	int r = 0;

	for (uint32_t i = 0; i < pairs->count && r >= 0; i++)
		r = unified_file(c, &pairs->items[i],
				 compile_pointer(c, RESOURCES "/unified/%s", pairs->items[i].key));
	return r;
}

int compile_devices_v2(struct compile *c)
{
	const struct spec_resources *s = c->spec->linux_->resources;
	struct device_rules rules = compile_device_rules(c->arena, s);
	struct plan_cgroup_device record = { .group = GROUP };
	const void *program;
	uint32_t length;

	if (rules.allow && rules.count == 0)
		return 0;
	program = compile_device_program(c->arena, &rules, &length);
	record.program = writer_blob(c->writer, program, length);
	WRITER_ADD(c->writer, CGROUP, cgroup_device, &record, s ? RESOURCES "/devices" : "");
	return 0;
}

int compile_limits_v2(struct compile *c)
{
	const struct spec_resources *resources = c->spec->linux_->resources;
	int r = 0;

	if (resources)
		r = memory(c, resources);
	if (resources && r >= 0)
		r = cpu(c, resources);
	if (resources && r >= 0)
		r = cpuset_and_pids(c, resources);
	if (resources && r >= 0)
		r = unified(c, &resources->unified);
	return r;
}
