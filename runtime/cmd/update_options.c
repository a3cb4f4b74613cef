/* The options of `update` (UPD-03..18): one row each, with what it is a value of. Texts of errors are runc's
 * as far as the option goes.
 */
#include "cmd/update_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

#define VALUE(member) COMMAND_OPTION(update_values, member)

const struct option update_options[] = {
	{ "resources", 'r', OPTION_STRING, "FILE",
	  "JSON file of resources, or - for standard input; the options for limits are then ignored",
	  VALUE(resources) },
	{ "blkio-weight", 0, OPTION_STRING, "N", "weight of block I/O, 10 to 1000", VALUE(blkio_weight) },
	{ "cpu-period", 0, OPTION_STRING, "N", "microseconds in which the quota may be used up",
	  VALUE(cpu_period) },
	{ "cpu-quota", 0, OPTION_STRING, "N", "microseconds of processor time in a period; -1: no limit",
	  VALUE(cpu_quota) },
	{ "cpu-burst", 0, OPTION_STRING, "N", "microseconds that unused quota may add", VALUE(cpu_burst) },
	{ "cpu-share", 0, OPTION_STRING, "N", "share of processor time, next to other containers",
	  VALUE(cpu_share) },
	{ "cpu-rt-period", 0, OPTION_STRING, "N", "microseconds, realtime period (cgroup v1)",
	  VALUE(cpu_rt_period) },
	{ "cpu-rt-runtime", 0, OPTION_STRING, "N", "microseconds, realtime limit (cgroup v1)",
	  VALUE(cpu_rt_runtime) },
	{ "cpu-idle", 0, OPTION_STRING, "0|1", "1: runs only when nothing else wants to", VALUE(cpu_idle) },
	{ "cpuset-cpus", 0, OPTION_STRING, "LIST", "processors to use, such as 0-2,5", VALUE(cpuset_cpus) },
	{ "cpuset-mems", 0, OPTION_STRING, "LIST", "memory nodes to use", VALUE(cpuset_mems) },
	{ "memory", 0, OPTION_STRING, "SIZE", "memory limit in bytes, or with k, m, g; -1: none",
	  VALUE(memory) },
	{ "memory-reservation", 0, OPTION_STRING, "SIZE", "memory that is kept when memory is scarce",
	  VALUE(memory_reservation) },
	{ "memory-swap", 0, OPTION_STRING, "SIZE", "limit of memory and swap together; -1: none",
	  VALUE(memory_swap) },
	{ "kernel-memory", 0, OPTION_STRING, "SIZE", "accepted for compatibility, has no effect",
	  VALUE(kernel_memory) },
	{ "kernel-memory-tcp", 0, OPTION_STRING, "SIZE", "accepted for compatibility, has no effect",
	  VALUE(kernel_memory_tcp) },
	{ "pids-limit", 0, OPTION_STRING, "N", "number of processes and threads; -1: no limit",
	  VALUE(pids_limit) },
	{ "l3-cache-schema", 0, OPTION_STRING, "SCHEMA", "Intel RDT: L3 cache", VALUE(l3_cache_schema) },
	{ "mem-bw-schema", 0, OPTION_STRING, "SCHEMA", "Intel RDT: memory bandwidth", VALUE(mem_bw_schema) },
	{ 0 },
};

/* ---- values ---------------------------------------------------------------------------------------------
 */

static int parse_unsigned(const char *text, void *member)
{
	return number_parse(text, UINT64_MAX, member);
}

static int parse_signed(const char *text, void *member)
{
	bool negative = *text == '-';
	uint64_t size;
	int r = number_parse(text + negative, (uint64_t)INT64_MAX, &size);

	if (r == 0)
		*(int64_t *)member = negative ? -(int64_t)size : (int64_t)size;
	return r;
}

static int parse_idle(const char *text, void *member)
{
	int r = parse_signed(text, member);
	int64_t idle = r == 0 ? *(int64_t *)member : 0;

	return idle == 0 || idle == 1 ? r : -ERANGE;
}

static int parse_weight(const char *text, void *member)
{
	uint64_t weight;
	int r = number_parse(text, 1000, &weight);

	if (r < 0 || (weight != 0 && weight < 10))
		return r < 0 ? r : -ERANGE;
	*(uint32_t *)member = (uint32_t)weight;
	return 0;
}

/* The factor that a unit stands for: "", b, and k to p with an i, a b, or both behind it; 0: no unit. */
static double unit_factor(const char *text)
{
	static const char letters[] = "kmgtp";
	const char *letter = *text ? strchr(letters, *text | 0x20) : NULL;
	double factor = 1;

	if (letter) {
		for (const char *at = letters; at <= letter; at++)
			factor *= 1024;
		text++;
		text += (*text | 0x20) == 'i';
	}
	text += (*text | 0x20) == 'b';
	return *text ? 0 : factor;
}

/* "512m", "1.5 GiB": binary units in any case, as docker's and runc's users write them. */
static int parse_size(const char *text, void *member)
{
	size_t length = strspn(text, "0123456789.");
	char *end;
	double number, factor;

	if (!strcmp(text, "-1")) {
		*(int64_t *)member = -1;
		return 0;
	}
	if (length == strlen(text)) /* exact, where a double is not */
		if (parse_signed(text, member) == 0)
			return 0;
	number = strtod(text, &end);
	if (!length || end != text + length)
		return -EINVAL;
	factor = unit_factor(end + (*end == ' '));
	if (factor == 0)
		return -EINVAL;
	if (number * factor >= 9223372036854775807.0)
		return -ERANGE;
	*(int64_t *)member = (int64_t)(number * factor);
	return 0;
}

static int parse_text(const char *text, void *member)
{
	*(const char **)member = text;
	return 0;
}

/* ---- rows -----------------------------------------------------------------------------------------------
 */

#define AT(member) offsetof(struct spec_resources, member)
#define NO_FLAG SIZE_MAX
#define NO_MEMBER SIZE_MAX

static const struct row {
	const char *name;
	size_t value; /* in update_values */
	int (*parse)(const char *text, void *member);
	size_t member, flag; /* in spec_resources */
} rows[] = {
	{ "blkio-weight", VALUE(blkio_weight), parse_weight, AT(block_io.weight), NO_FLAG },
	{ "cpu-period", VALUE(cpu_period), parse_unsigned, AT(cpu_period), AT(has_period) },
	{ "cpu-quota", VALUE(cpu_quota), parse_signed, AT(cpu_quota), AT(has_quota) },
	{ "cpu-burst", VALUE(cpu_burst), parse_unsigned, AT(cpu_burst), AT(has_burst) },
	{ "cpu-share", VALUE(cpu_share), parse_unsigned, AT(cpu_shares), AT(has_shares) },
	{ "cpu-rt-period", VALUE(cpu_rt_period), parse_unsigned, AT(cpu_rt_period), AT(has_rt_period) },
	{ "cpu-rt-runtime", VALUE(cpu_rt_runtime), parse_signed, AT(cpu_rt_runtime), AT(has_rt_runtime) },
	{ "cpu-idle", VALUE(cpu_idle), parse_idle, AT(cpu_idle), AT(has_idle) },
	{ "cpuset-cpus", VALUE(cpuset_cpus), parse_text, AT(cpus), NO_FLAG },
	{ "cpuset-mems", VALUE(cpuset_mems), parse_text, AT(mems), NO_FLAG },
	{ "memory", VALUE(memory), parse_size, AT(memory_limit), AT(has_memory_limit) },
	{ "memory-reservation", VALUE(memory_reservation), parse_size, AT(memory_reservation),
	  AT(has_memory_reservation) },
	{ "memory-swap", VALUE(memory_swap), parse_size, AT(memory_swap), AT(has_memory_swap) },
	{ "kernel-memory", VALUE(kernel_memory), parse_size, NO_MEMBER, NO_FLAG },
	{ "kernel-memory-tcp", VALUE(kernel_memory_tcp), parse_size, NO_MEMBER, NO_FLAG },
	{ "pids-limit", VALUE(pids_limit), parse_signed, AT(pids_limit), AT(has_pids_limit) },
};

static const char *value_of(const struct update_values *values, const struct row *row)
{
	const char *text = *(const char *const *)((const char *)values + row->value);

	return text && *text ? text : NULL;
}

static int read_row(const struct globals *globals, const struct row *row, const char *text,
		    struct spec_resources *ret, struct error *error)
{
	int64_t unused;
	char *to = (char *)ret;
	int r = row->parse(text, row->member == NO_MEMBER ? (void *)&unused : to + row->member);

	if (r < 0)
		return error_set(error, EINVAL, "invalid value for %s: \"%s\"%s", row->name, text,
				 r == -ERANGE ? " is out of range" : "");
	if (row->flag != NO_FLAG)
		*(bool *)(to + row->flag) = true;
	if (row->member == NO_MEMBER)
		log_warning(globals, "--%s is ignored: the kernel has no such limit any more", row->name);
	return 0;
}

int update_from_options(const struct globals *globals, const struct update_values *values,
			struct spec_resources *ret, struct error *error)
{
	int r = 0;

	memset(ret, 0, sizeof *ret);
	for (size_t i = 0; r == 0 && i < sizeof rows / sizeof rows[0]; i++) {
		const char *text = value_of(values, &rows[i]);

		if (text)
			r = read_row(globals, &rows[i], text, ret, error);
	}
	return r;
}

bool update_has_options(const struct update_values *values)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (value_of(values, &rows[i]))
			return true;
	return false;
}
