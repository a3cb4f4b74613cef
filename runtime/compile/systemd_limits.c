/* The resources object as properties of a systemd unit: the numbers that cgroup_v1.c and cgroup_v2.c write to
 * the group's files, so that whatever systemd writes there again changes nothing (CGR-08, LIM-40).
 */
#include "compile/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "spec/number_list.h"

#define SINCE_SWAP 232 /* versions of systemd */
#define SINCE_PERIOD 242
#define SINCE_CPUSET 244
#define SINCE_IDLE 252
#define PERIOD 100000 /* microseconds: what the kernel takes when the config gives none */
#define ROUND 10000   /* microseconds in a second: systemd keeps whole hundredths of a processor */

struct list {
	struct arena *arena;
	struct systemd_properties *properties;
	enum cgroup_mode mode;
	struct error *error;
};

static struct systemd_property *property(struct list *list, const char *name)
{
	for (uint32_t i = 0; i < list->properties->count; i++)
		if (strcmp(list->properties->items[i].name, name) == 0)
			return &list->properties->items[i];
	if (list->properties->count == list->properties->size) {
		uint32_t size = list->properties->size ? 2 * list->properties->size : 32;
		struct systemd_property *more = arena_alloc(list->arena, size * sizeof *more);

		if (list->properties->count)
			memcpy(more, list->properties->items, list->properties->count * sizeof *more);
		list->properties->items = more;
		list->properties->size = size;
	}
	return &list->properties->items[list->properties->count++];
}

static void put(struct list *list, const char *name, const char *value, uint32_t since, bool late)
{
	*property(list, name) =
		(struct systemd_property){ .name = name, .value = value, .since = since, .late = late };
}

void systemd_put(struct arena *arena, struct systemd_properties *properties, const char *name,
		 const char *value)
{
	struct list list = { .arena = arena, .properties = properties };

	put(&list, name, value, 0, false);
}

/* -1 is "no limit", as the greatest number is to systemd. */
static void put_number(struct list *list, const char *name, int64_t value, uint32_t since, bool late)
{
	uint64_t number = value < 0 ? UINT64_MAX : (uint64_t)value;

	put(list, name, arena_format(list->arena, "uint64 %llu", (unsigned long long)number), since, late);
}

static int refuse(struct list *list, const char *pointer, const char *text)
{
	error_set(list->error, -EINVAL, "%s", text);
	snprintf(list->error->pointer, sizeof list->error->pointer, "%s", pointer);
	return -EINVAL;
}

/* ---- processors --------------------------------------------------------------------------------------- */

/* Microseconds a second, in steps of systemd's, upwards: a group below may ask for all that the config gives.
 */
static uint64_t quota_per_second(int64_t quota, uint64_t period)
{
	uint64_t per_second =
		(uint64_t)quota < UINT64_MAX / 1000000 ? (uint64_t)quota * 1000000 / period : UINT64_MAX / 2;

	return (per_second + ROUND - 1) / ROUND * ROUND;
}

void systemd_round_quota(struct spec_resources *resources)
{
	uint64_t period = resources->has_period && resources->cpu_period ? resources->cpu_period : PERIOD;
	uint64_t whole;

	if (!resources->has_quota || resources->cpu_quota <= 0 ||
	    (uint64_t)resources->cpu_quota >= INT64_MAX / 1000000)
		return;
	whole = quota_per_second(resources->cpu_quota, period);
	if (whole != (uint64_t)resources->cpu_quota * 1000000 / period &&
	    !__builtin_mul_overflow(whole, period, &whole))
		resources->cpu_quota = (int64_t)(whole / 1000000);
}

static void put_quota(struct list *list, int64_t quota, uint64_t period, bool has_period)
{
	uint64_t per_second = UINT64_MAX;

	if (has_period)
		put_number(list, "CPUQuotaPeriodUSec", (int64_t)period, SINCE_PERIOD, false);
	if (quota > 0)
		per_second = quota_per_second(quota, period);
	put(list, "CPUQuotaPerSecUSec",
	    arena_format(list->arena, "uint64 %llu", (unsigned long long)per_second), 0,
	    quota > 0 && compile_starves_cpu(quota, period));
}

/* The list as bits, the lowest byte first: what systemd's properties take. */
static int put_set(struct list *list, const char *name, const char *text, const char *pointer)
{
	struct number_set set;
	uint32_t last = 0;
	const char *bytes = "";

	if (!number_list_parse(text, strlen(text), NUMBER_LIST_MAX, &set))
		return refuse(list, pointer, "must be a list of numbers, such as \"0-3,7\"");
	for (uint32_t i = 0; i <= NUMBER_LIST_MAX; i++)
		if (number_set_has(&set, i))
			last = i;
	for (uint32_t i = 0; i <= last / 8; i++)
		bytes = arena_format(list->arena, "%s%s0x%02x", bytes, i ? "," : "",
				     (unsigned)(set.words[i / 8] >> i % 8 * 8 & 0xff));
	put(list, name, arena_format(list->arena, "@ay [%s]", bytes), SINCE_CPUSET, false);
	return 0;
}

static int put_cpu(struct list *list, const struct spec_resources *s)
{
	bool v2 = list->mode == CGROUP_MODE_V2, has_period = s->has_period && s->cpu_period;
	int r = 0;

	if (v2 && s->has_idle && s->cpu_idle)
		put_number(list, "CPUWeight", 0, SINCE_IDLE, false);
	else if (s->has_shares && s->cpu_shares)
		put_number(list, v2 ? "CPUWeight" : "CPUShares",
			   v2 ? compile_cpu_weight(s->cpu_shares) : (int64_t)s->cpu_shares, 0, false);
	if ((s->has_quota && s->cpu_quota) || has_period)
		put_quota(list, s->has_quota ? s->cpu_quota : 0, has_period ? s->cpu_period : PERIOD,
			  has_period);
	if (s->cpus && *s->cpus)
		r = put_set(list, "AllowedCPUs", s->cpus, RESOURCES "/cpu/cpus");
	if (r == 0 && s->mems && *s->mems)
		r = put_set(list, "AllowedMemoryNodes", s->mems, RESOURCES "/cpu/mems");
	return r;
}

/* ---- memory, tasks, input and output ------------------------------------------------------------------ */

static void put_memory(struct list *list, const struct spec_resources *s)
{
	bool v2 = list->mode == CGROUP_MODE_V2, limited = s->has_memory_limit && s->memory_limit > 0;

	if (s->has_memory_limit && s->memory_limit)
		put_number(list, v2 ? "MemoryMax" : "MemoryLimit", s->memory_limit, 0,
			   compile_starves_memory(s->memory_limit));
	if (v2 && s->has_memory_reservation && s->memory_reservation)
		put_number(list, "MemoryLow", s->memory_reservation, 0, false);
	if (!v2 || !s->has_memory_swap || s->memory_swap == 0)
		return;
	if (s->memory_swap < 0 || (limited && s->memory_swap >= s->memory_limit))
		put_number(list, "MemorySwapMax", s->memory_swap < 0 ? -1 : s->memory_swap - s->memory_limit,
			   SINCE_SWAP, false);
}

static void put_tasks_and_io(struct list *list, const struct spec_resources *s)
{
	bool v2 = list->mode == CGROUP_MODE_V2;
	uint32_t weight = s->block_io.weight;

	if (s->has_pids_limit)
		put_number(list, "TasksMax", s->pids_limit ? s->pids_limit : 1, 0,
			   compile_starves_pids(s->pids_limit ? s->pids_limit : 1));
	if (weight)
		put_number(list, v2 ? "IOWeight" : "BlockIOWeight", v2 ? compile_io_weight(weight) : weight,
			   0, false);
}

/* ---- unified ------------------------------------------------------------------------------------------ */

/* A whole number, or "max". */
static bool read_limit(const char *text, int64_t *ret)
{
	char *end;

	if (strcmp(text, "max") == 0) {
		*ret = -1;
		return true;
	}
	errno = 0;
	long long value = strtoll(text, &end, 10);
	*ret = value;
	return !errno && end != text && !*end && value >= 0;
}

static int unified_quota(struct list *list, const char *value, const char *pointer)
{
	size_t length = strcspn(value, " ");
	const char *quota_text = arena_copy(list->arena, value, length);
	const char *period_text = value + length + strspn(value + length, " ");
	int64_t quota, period = PERIOD;

	if (!read_limit(quota_text, &quota) ||
	    (*period_text && (!read_limit(period_text, &period) || period <= 0)))
		return refuse(list, pointer, "must be \"QUOTA PERIOD\" in microseconds");
	put_quota(list, quota, (uint64_t)period, *period_text != 0);
	return 0;
}

static const struct unified {
	const char *key, *name;
	uint32_t since;
	enum { LIMIT, SET, IDLE, QUOTA } kind;
} unified_rows[] = {
	{ "cpu.max", "", 0, QUOTA },
	{ "cpu.weight", "CPUWeight", 0, LIMIT },
	{ "cpu.idle", "CPUWeight", SINCE_IDLE, IDLE },
	{ "cpuset.cpus", "AllowedCPUs", 0, SET },
	{ "cpuset.mems", "AllowedMemoryNodes", 0, SET },
	{ "memory.max", "MemoryMax", 0, LIMIT },
	{ "memory.high", "MemoryHigh", 0, LIMIT },
	{ "memory.low", "MemoryLow", 0, LIMIT },
	{ "memory.min", "MemoryMin", 0, LIMIT },
	{ "memory.swap.max", "MemorySwapMax", SINCE_SWAP, LIMIT },
	{ "pids.max", "TasksMax", 0, LIMIT },
};

static bool starves(const char *name, int64_t value)
{
	return (strcmp(name, "MemoryMax") == 0 && compile_starves_memory(value)) ||
	       (strcmp(name, "TasksMax") == 0 && compile_starves_pids(value));
}

static int put_unified_row(struct list *list, const struct unified *row, const char *value,
			   const char *pointer)
{
	int64_t number;

	if (row->kind == QUOTA)
		return unified_quota(list, value, pointer);
	if (row->kind == SET)
		return *value ? put_set(list, row->name, value, pointer) : 0;
	if (!read_limit(value, &number))
		return refuse(list, pointer, "must be a number or \"max\"");
	if (row->kind == LIMIT)
		put_number(list, row->name, number, row->since, starves(row->name, number));
	else if (number == 1)
		put_number(list, row->name, 0, row->since, false);
	return 0;
}

static int put_unified(struct list *list, const struct spec_pairs *pairs)
{
	int r = 0;

	for (uint32_t i = 0; i < pairs->count && r == 0; i++) {
		const struct spec_pair *pair = &pairs->items[i];
		const char *pointer = arena_format(list->arena, RESOURCES "/unified/%s", pair->key);

		for (size_t k = 0; k < sizeof unified_rows / sizeof unified_rows[0] && r == 0; k++)
			if (strcmp(unified_rows[k].key, pair->key) == 0)
				r = put_unified_row(list, &unified_rows[k], pair->value, pointer);
	}
	return r;
}

/* ---- devices ------------------------------------------------------------------------------------------ */

static bool covers(const struct spec_device_rule *wide, const struct spec_device_rule *narrow)
{
	return (wide->type == 'a' || wide->type == narrow->type) &&
	       (wide->major < 0 || wide->major == narrow->major) &&
	       (wide->minor < 0 || wide->minor == narrow->minor);
}

/* Some device is both's, though neither rule covers the other: one has no major number, the other no minor.
 */
static bool crosses(const struct spec_device_rule *any_major, const struct spec_device_rule *any_minor)
{
	return (any_major->type == 'a' || any_minor->type == 'a' || any_major->type == any_minor->type) &&
	       any_major->major < 0 && any_minor->major >= 0 && any_minor->minor < 0;
}

/* What of an allowance no later rule takes back. */
static struct spec_device_rule what_is_left(const struct device_rules *rules, uint32_t n)
{
	struct spec_device_rule left = rules->rules[n];

	for (uint32_t i = n + 1; i < rules->count; i++) {
		const struct spec_device_rule *later = &rules->rules[i];

		if (later->allow || !covers(later, &left))
			continue;
		left.read = left.read && !later->read;
		left.write = left.write && !later->write;
		left.mknod = left.mknod && !later->mknod;
	}
	return left;
}

/* The access of an entry, "rwm" or less. systemd lets an open through when one entry allows all of it, we
 * when rules allow it together: so an entry has what wider rules allow as well. (mknod is asked for alone.)
 */
static const char *entry_access(struct arena *arena, const struct device_rules *rules, uint32_t n)
{
	struct spec_device_rule all = what_is_left(rules, n);

	if (!all.read && !all.write && !all.mknod)
		return "";
	for (uint32_t i = 0; i < rules->count; i++) {
		const struct spec_device_rule *other = &rules->rules[i];

		if (!other->allow || (!covers(other, &all) && !crosses(other, &all)))
			continue;
		struct spec_device_rule left = what_is_left(rules, i);

		all.read = all.read || left.read;
		all.write = all.write || left.write;
	}
	return arena_format(arena, "%s%s%s", all.read ? "r" : "", all.write ? "w" : "", all.mknod ? "m" : "");
}

/* systemd's words: a node's place by numbers, a major number, all of a kind. A minor number under any major
 * it cannot say: all of the kind then; what is too much the filter of our own on the same group refuses. */
static const char *specifier(struct arena *arena, const struct spec_device_rule *rule, char type)
{
	const char *kind = type == 'b' ? "block" : "char";

	if (rule->major < 0)
		return arena_format(arena, "%s-*", kind);
	if (rule->minor < 0)
		return arena_format(arena, "%s-%lld", kind, (long long)rule->major);
	return arena_format(arena, "/dev/%s/%lld:%lld", kind, (long long)rule->major, (long long)rule->minor);
}

static const char *device_list(struct arena *arena, const struct device_rules *rules)
{
	const char *text = "";

	for (uint32_t i = 0; i < rules->count; i++) {
		const struct spec_device_rule *rule = &rules->rules[i];
		const char *access = rule->allow ? entry_access(arena, rules, i) : "";

		for (const char *type = "bc"; *access && *type; type++)
			if (rule->type == 'a' || rule->type == *type)
				text = arena_format(arena, "%s%s('%s','%s')", text, *text ? "," : "",
						    specifier(arena, rule, *type), access);
	}
	return arena_format(arena, "@a(ss) [%s]", text);
}

/* All of it, so that a daemon-reload, which sets systemd's filter again, changes nothing; where the default
 * is to allow, none: systemd knows no exceptions from that. */
void systemd_devices(struct arena *arena, const struct spec_resources *resources,
		     struct systemd_properties *list)
{
	struct device_rules rules = compile_device_rules(arena, resources);

	systemd_put(arena, list, "DevicePolicy", rules.allow ? "'auto'" : "'strict'");
	systemd_put(arena, list, "DeviceAllow", rules.allow ? "@a(ss) []" : device_list(arena, &rules));
}

int systemd_limits(struct arena *arena, const struct spec_resources *resources, enum cgroup_mode mode,
		   struct systemd_properties *properties, struct error *error)
{
	struct list list = { .arena = arena, .properties = properties, .mode = mode, .error = error };
	int r;

	put_memory(&list, resources);
	r = put_cpu(&list, resources);
	put_tasks_and_io(&list, resources);
	return r < 0 ? r : put_unified(&list, &resources->unified);
}
