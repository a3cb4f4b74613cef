/* The stats event: processors, memory, processes; see stats.h. Devices and huge pages: stats_blkio.c. */
#include "cgroup/stats.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/path.h"
#include "fd.h"

#define NANOSECONDS 1000000000ULL

const char *stats_dir(const struct state *state, const char *controller, bool *ret_v2)
{
	const struct spec_strings *dirs = &state->cgroup_dirs, *names = &state->cgroup_names;

	*ret_v2 = dirs->count == 1 && (names->count == 0 || !names->items[0][0]);
	if (*ret_v2)
		return dirs->items[0];
	/* on a hybrid host the v2 tree has no controllers */
	for (uint32_t i = 0; i < dirs->count && i < names->count; i++)
		if (cgroup_has_word(names->items[i], controller))
			return dirs->items[i];
	return NULL;
}

static int open_dir(const struct state *state, const char *controller, bool *ret_v2)
{
	const char *dir = stats_dir(state, controller, ret_v2);

	return dir ? sys_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0) : -1;
}

static void number(struct json_out *out, const char *key, uint64_t value)
{
	json_out_key(out, key);
	json_out_unsigned(out, value);
}

/* Ticks of the user interface (100 a second everywhere) as nanoseconds. */
static uint64_t nanoseconds(uint64_t ticks)
{
	long hertz = sysconf(_SC_CLK_TCK);

	return ticks * (NANOSECONDS / (uint64_t)(hertz > 0 ? hertz : 100));
}

/* Column `column` (0: the processor) of every line of cpuacct.usage_all, without its heading. */
static void per_processor(struct json_out *out, const char *key, const char *text, int column)
{
	const char *line = strchr(text, '\n');

	if (!line)
		return;
	json_out_key(out, key);
	json_out_open(out, '[');
	for (; line && line[1]; line = strchr(line + 1, '\n')) {
		const char *at = line + 1;
		char *end;
		uint64_t value = strtoull(at, &end, 10);

		for (int i = 0; i < column; i++)
			value = strtoull(end, &end, 10);
		json_out_unsigned(out, value);
	}
	json_out_close(out, ']');
}

/* A line of numbers. */
static void number_line(struct json_out *out, const char *key, const char *text)
{
	char *end;

	if (!*text)
		return;
	json_out_key(out, key);
	json_out_open(out, '[');
	for (uint64_t value = strtoull(text, &end, 10); end != text; value = strtoull(text, &end, 10)) {
		json_out_unsigned(out, value);
		text = end;
	}
	json_out_close(out, ']');
}

static void usage_v1(struct json_out *out, struct arena *arena, int dir)
{
	const char *all = stats_text(arena, dir, "cpuacct.usage_all"); /* cpu user system, 4.8 */
	const char *stat = stats_text(arena, dir, "cpuacct.stat");

	stats_member(out, "total", stats_number(arena, dir, "cpuacct.usage"));
	number_line(out, "percpu", stats_text(arena, dir, "cpuacct.usage_percpu"));
	per_processor(out, "percpu_kernel", all, 2);
	per_processor(out, "percpu_user", all, 1);
	number(out, "kernel", nanoseconds(stats_key(stat, "system")));
	number(out, "user", nanoseconds(stats_key(stat, "user")));
}

static void usage_v2(struct json_out *out, const char *stat)
{
	stats_member(out, "total", 1000 * stats_key(stat, "usage_usec"));
	number(out, "kernel", 1000 * stats_key(stat, "system_usec"));
	number(out, "user", 1000 * stats_key(stat, "user_usec"));
}

static void write_cpu(struct json_out *out, struct arena *arena, const struct state *state)
{
	bool v2;
	FD_AUTO cpu = open_dir(state, "cpu", &v2), account = open_dir(state, "cpuacct", &v2);
	const char *stat = stats_text(arena, cpu, "cpu.stat");

	json_out_key(out, "cpu");
	json_out_open(out, '{');
	json_out_key(out, "usage");
	json_out_open(out, '{');
	if (v2)
		usage_v2(out, stat);
	else
		usage_v1(out, arena, account);
	json_out_close(out, '}');
	json_out_key(out, "throttling");
	json_out_open(out, '{');
	stats_member(out, "periods", stats_key(stat, "nr_periods"));
	stats_member(out, "throttledPeriods", stats_key(stat, "nr_throttled"));
	stats_member(out, "throttledTime",
		     v2 ? 1000 * stats_key(stat, "throttled_usec") : stats_key(stat, "throttled_time"));
	json_out_close(out, '}');
	if (v2)
		stats_pressure(out, stats_text(arena, cpu, "cpu.pressure"));
	json_out_close(out, '}');
}

/* "0-2,5" as [0,1,2,5]; left out when empty. The list is the kernel's: numbers below its bit mask's size. */
static void number_list(struct json_out *out, const char *key, const char *text)
{
	if (!*text)
		return;
	json_out_key(out, key);
	json_out_open(out, '[');
	while (*text) {
		char *end;
		uint64_t first = strtoull(text, &end, 10), last = first;

		if (*end == '-')
			last = strtoull(end + 1, &end, 10);
		for (; first <= last && last < 65536; first++)
			json_out_unsigned(out, first);
		text = *end == ',' ? end + 1 : "";
	}
	json_out_close(out, ']');
}

static void write_cpuset(struct json_out *out, struct arena *arena, const struct state *state)
{
	static const struct {
		const char *key, *file, *list; /* list: the member that comes behind it */
	} rows[] = {
		{ "cpu_exclusive", "cpuset.cpu_exclusive", "mems" },
		{ "mem_hardwall", "cpuset.mem_hardwall", NULL },
		{ "mem_exclusive", "cpuset.mem_exclusive", NULL },
		{ "memory_migrate", "cpuset.memory_migrate", NULL },
		{ "memory_spread_page", "cpuset.memory_spread_page", NULL },
		{ "memory_spread_slab", "cpuset.memory_spread_slab", NULL },
		{ "memory_pressure", "cpuset.memory_pressure", NULL },
		{ "sched_load_balance", "cpuset.sched_load_balance", NULL },
		{ "sched_relax_domain_level", "cpuset.sched_relax_domain_level", NULL },
	};
	bool v2;
	FD_AUTO dir = open_dir(state, "cpuset", &v2);
	int files = v2 ? -1 : dir;

	json_out_key(out, "cpuset");
	json_out_open(out, '{');
	number_list(out, "cpus", stats_text(arena, files, "cpuset.cpus"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_out_key(out, rows[i].key);
		/* -1 is what sched_relax_domain_level mostly says */
		json_out_signed(out, strtoll(stats_text(arena, files, rows[i].file), NULL, 10));
		if (rows[i].list)
			number_list(out, rows[i].list, stats_text(arena, files, "cpuset.mems"));
	}
	json_out_close(out, '}');
}

struct amount {
	uint64_t limit, usage, max, failures;
};

static void write_amount(struct json_out *out, const char *key, struct amount amount)
{
	json_out_key(out, key);
	json_out_open(out, '{');
	number(out, "limit", amount.limit);
	stats_member(out, "usage", amount.usage);
	stats_member(out, "max", amount.max);
	number(out, "failcnt", amount.failures);
	json_out_close(out, '}');
}

static struct amount amount_v1(struct arena *arena, int dir, const char *prefix)
{
	return (struct amount){
		stats_number(arena, dir, arena_format(arena, "%s.limit_in_bytes", prefix)),
		stats_number(arena, dir, arena_format(arena, "%s.usage_in_bytes", prefix)),
		stats_number(arena, dir, arena_format(arena, "%s.max_usage_in_bytes", prefix)),
		stats_number(arena, dir, arena_format(arena, "%s.failcnt", prefix)),
	};
}

static void amounts_v1(struct json_out *out, struct arena *arena, int dir)
{
	static const struct {
		const char *key, *prefix;
	} rows[] = {
		{ "usage", "memory" },
		{ "swap", "memory.memsw" },
		{ "kernel", "memory.kmem" },
		{ "kernelTCP", "memory.kmem.tcp" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		write_amount(out, rows[i].key, amount_v1(arena, dir, rows[i].prefix));
}

/* What v1 calls swap is memory and swap together. */
static void amounts_v2(struct json_out *out, struct arena *arena, int dir)
{
	struct amount memory = { stats_number(arena, dir, "memory.max"),
				 stats_number(arena, dir, "memory.current"),
				 stats_number(arena, dir, "memory.peak"), 0 };
	struct amount swap = { stats_number(arena, dir, "memory.swap.max"),
			       stats_number(arena, dir, "memory.swap.current") + memory.usage, 0, 0 };

	swap.limit = swap.limit > UINT64_MAX - memory.limit ? UINT64_MAX : swap.limit + memory.limit;
	write_amount(out, "usage", memory);
	write_amount(out, "swap", swap);
	write_amount(out, "kernel", (struct amount){ 0 });
	write_amount(out, "kernelTCP", (struct amount){ 0 });
}

static void write_memory(struct json_out *out, struct arena *arena, const struct state *state)
{
	bool v2;
	FD_AUTO dir = open_dir(state, "memory", &v2);
	const char *stat = stats_text(arena, dir, "memory.stat");

	json_out_key(out, "memory");
	json_out_open(out, '{');
	stats_member(out, "cache", stats_key(stat, v2 ? "file" : "cache"));
	(v2 ? amounts_v2 : amounts_v1)(out, arena, dir);
	stats_raw(out, arena, stat);
	if (v2)
		stats_pressure(out, stats_text(arena, dir, "memory.pressure"));
	json_out_close(out, '}');
}

static void write_pids(struct json_out *out, struct arena *arena, const struct state *state)
{
	bool v2;
	FD_AUTO dir = open_dir(state, "pids", &v2);
	uint64_t limit = stats_number(arena, dir, "pids.max");

	json_out_key(out, "pids");
	json_out_open(out, '{');
	stats_member(out, "current", stats_number(arena, dir, "pids.current"));
	stats_member(out, "limit", limit == UINT64_MAX ? 0 : limit);
	json_out_close(out, '}');
}

void stats_write(struct json_out *out, struct arena *arena, const struct state *state)
{
	bool v2;
	FD_AUTO blkio = open_dir(state, "blkio", &v2), huge = open_dir(state, "hugetlb", &v2);

	json_out_open(out, '{');
	write_cpu(out, arena, state);
	write_cpuset(out, arena, state);
	write_memory(out, arena, state);
	write_pids(out, arena, state);
	stats_blkio(out, arena, blkio, v2);
	stats_hugetlb(out, arena, huge, v2);
	stats_rdt(out, arena, state);
	/* runc lists devices that it made itself: ocirun makes none */
	json_out_key(out, "network_interfaces");
	json_out_null(out);
	json_out_close(out, '}');
}
