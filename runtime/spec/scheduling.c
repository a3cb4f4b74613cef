/* process.scheduler, process.ioPriority and process.execCPUAffinity. What sched_setattr(2) would answer with
 * a bare EINVAL is said here in words; whether the kernel has a policy (SCHED_ISO: none yet) is its own
 * business.
 */
#include <string.h>

#include "number_list.h"
#include "objects.h"
#include "plan.h"

#define AT(member) offsetof(struct spec_scheduler, member)

static int read_policy(struct reader *reader, const struct json_node *node, void *member)
{
	const struct word *word = NULL;
	int r = read_word(reader, node, words_sched_policies, "scheduler policy", &word);

	if (r == 0)
		*(uint32_t *)member = (uint32_t)word->value;
	return r;
}

static int read_flag(struct reader *reader, const struct json_node *node, void *member)
{
	const struct word *word = NULL;
	int r = read_word(reader, node, words_sched_flags, "scheduler flag", &word);

	if (r == 0)
		*(uint64_t *)member = word->value;
	return r;
}

static int read_flags(struct reader *reader, const struct json_node *node, void *member)
{
	uint32_t count = 0;
	void *items;
	int r = read_array(reader, node, JSON_STRING, read_flag, sizeof(uint64_t), &items, &count);

	for (uint32_t i = 0; r == 0 && i < count; i++)
		*(uint64_t *)member |= ((const uint64_t *)items)[i];
	return r;
}

static int read_nice(struct reader *reader, const struct json_node *node, void *member)
{
	int64_t value;
	int r = read_signed(reader, node, -20, 19, &value);

	if (r == 0)
		*(int32_t *)member = (int32_t)value;
	return r;
}

static int read_priority(struct reader *reader, const struct json_node *node, void *member)
{
	int64_t value;
	int r = read_signed(reader, node, 0, 99, &value);

	if (r == 0)
		*(uint32_t *)member = (uint32_t)value;
	return r;
}

/* Nanoseconds; the kernel keeps the uppermost bit for itself. */
static int read_time(struct reader *reader, const struct json_node *node, void *member)
{
	return read_unsigned(reader, node, INT64_MAX, member);
}

/* The rules of sched(7) that join two members. */
static int check(struct reader *reader, const struct spec_scheduler *s)
{
	bool realtime = s->policy == PLAN_SCHED_FIFO || s->policy == PLAN_SCHED_RR;
	uint64_t period = s->period ? s->period : s->deadline;

	if (s->priority && !realtime)
		return spec_refuse(reader, "priority is only for SCHED_FIFO and SCHED_RR");
	if (!s->priority && realtime)
		return spec_refuse(reader, "SCHED_FIFO and SCHED_RR need a priority from 1 to 99");
	if (s->policy != PLAN_SCHED_DEADLINE && (s->runtime || s->deadline || s->period))
		return spec_refuse(reader, "runtime, deadline and period are only for SCHED_DEADLINE");
	if (s->policy == PLAN_SCHED_DEADLINE &&
	    (!s->runtime || s->runtime > s->deadline || s->deadline > period))
		return spec_refuse(reader, "SCHED_DEADLINE needs 0 < runtime <= deadline <= period");
	return 0;
}

int read_scheduler(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("policy", JSON_STRING, read_policy, AT(policy)),
		KEY("nice", JSON_NUMBER, read_nice, AT(nice)),
		KEY("priority", JSON_NUMBER, read_priority, AT(priority)),
		KEY("flags", JSON_ARRAY, read_flags, AT(flags)),
		KEY("runtime", JSON_NUMBER, read_time, AT(runtime)),
		KEY("deadline", JSON_NUMBER, read_time, AT(deadline)),
		KEY("period", JSON_NUMBER, read_time, AT(period)),
		{ 0 },
	};
	struct spec_scheduler *scheduler = arena_alloc(reader->arena, sizeof *scheduler);

	*(struct spec_scheduler **)member = scheduler;
	int r = read_object(reader, node, keys, scheduler);
	return r < 0 ? r : check(reader, scheduler);
}

static int read_class(struct reader *reader, const struct json_node *node, void *member)
{
	const struct word *word = NULL;
	int r = read_word(reader, node, words_io_classes, "I/O priority class", &word);

	if (r == 0)
		*(uint32_t *)member = (uint32_t)word->value;
	return r;
}

static int read_level(struct reader *reader, const struct json_node *node, void *member)
{
	int64_t value;
	int r = read_signed(reader, node, 0, 7, &value);

	if (r == 0)
		*(uint32_t *)member = (uint32_t)value;
	return r;
}

int read_io_priority(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("class", JSON_STRING, read_class, offsetof(struct spec_io_priority, class)),
		KEY("priority", JSON_NUMBER, read_level, offsetof(struct spec_io_priority, level)),
		{ 0 },
	};
	struct spec_io_priority *priority = arena_alloc(reader->arena, sizeof *priority);

	*(struct spec_io_priority **)member = priority;
	return read_object(reader, node, keys, priority);
}

static int read_processors(struct reader *reader, const struct json_node *node, void *member)
{
	struct number_set set;

	if (!number_list_parse(node->text, node->length, NUMBER_LIST_MAX, &set))
		return spec_refuse(reader, "must be a list of processors like \"0-3,7\", not \"%.*s\"",
				   (int)node->length, node->text);
	return read_optional(reader, node, member);
}

/* Of processes that `exec` adds, not of the container's first one: kept as text (PRC-33, PRC-34). */
int read_exec_affinity(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY("initial", JSON_STRING, read_processors, offsetof(struct spec_process, affinity_initial)),
		KEY("final", JSON_STRING, read_processors, offsetof(struct spec_process, affinity_final)),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}
