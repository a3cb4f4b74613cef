/* All or none: see update.h. Before the first write what stands in each file is read, so that a refusal in
 * the middle can be taken back to the very numbers that the kernel had: they need not be those of the config.
 */
#include "cgroup/update.h"

#include <errno.h>
#include <string.h>

#include "cgroup.h"
#include "container/exec.h"
#include "fd.h"
#include "host.h"
#include "launch.h"
#include "number.h"
#include "systemd.h"

#define TEXT_BYTES 65536

/* The container's groups and a plan for them. */
struct change {
	struct arena *arena;
	const struct facts *facts;
	const struct spec_strings *dirs;
	struct exec_group *groups;
	struct compiled compiled;
};

/* ---- what stands in a file ------------------------------------------------------------------------------
 */

/* Files with a line for each device, and what a line is written as that is not there. NULL: every one is. */
static const struct keyed {
	const char *prefix, *absent;
} keyed[] = {
	{ "blkio.", "0" },
	{ "io.max", "rbps=max wbps=max riops=max wiops=max" },
	{ "io.weight", "default" },
	{ "io.bfq.weight", "default" },
	{ "io.latency", "target=0" },
	{ "rdma.max", NULL },
	{ "misc.max", NULL },
	{ "net_prio.ifpriomap", NULL },
};

static const struct keyed *find_keyed(const char *file)
{
	for (size_t i = 0; i < sizeof keyed / sizeof keyed[0]; i++)
		if (!strncmp(file, keyed[i].prefix, strlen(keyed[i].prefix)))
			return &keyed[i];
	return NULL;
}

/* The line whose first word is that of `value`. */
static const char *keyed_line(struct arena *arena, const struct keyed *row, const char *text,
			      const char *value)
{
	size_t length = strcspn(value, " ");

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (!strncmp(line, value, length) && line[length] == ' ')
			return arena_copy(arena, line, strcspn(line, "\n"));
	return row->absent ? arena_format(arena, "%.*s %s", (int)length, value, row->absent) : NULL;
}

/* What to write to have the same again, once `value` is there; NULL: nothing can be. */
static const char *standing(struct arena *arena, const char *file, const char *text, const char *value)
{
	static const char oom_control[] = "oom_kill_disable ";
	const struct keyed *row = strchr(value, ' ') ? find_keyed(file) : NULL;

	if (row)
		return keyed_line(arena, row, text, value);
	if (!strcmp(file, "memory.oom_control"))
		return strncmp(text, oom_control, sizeof oom_control - 1) != 0
			       ? NULL
			       : arena_copy(arena, text + sizeof oom_control - 1, 1);
	/* an empty list (cpuset.cpus of v2) is written as an empty line: a write of nothing is none */
	return *text ? arena_copy(arena, text, strcspn(text, "\n")) : "\n";
}

static bool read_standing(const struct change *change, const struct plan_cgroup_write *write,
			  struct cgroup_value *ret)
{
	const struct plan *plan = &change->compiled.plan;
	FD_AUTO dir = sys_openat(AT_FDCWD, change->dirs->items[write->group], O_RDONLY | O_DIRECTORY, 0);
	const char *file = plan_text(plan, write->file), *value = plan_text(plan, write->value);
	char text[TEXT_BYTES];
	ssize_t length = dir < 0 ? dir : cgroup_read(dir, file, text, sizeof text);

	if (length == -ENOENT && write->other_file.length) {
		file = plan_text(plan, write->other_file);
		value = plan_text(plan, write->other_value);
		length = cgroup_read(dir, file, text, sizeof text);
	}
	if (length < 0)
		return false;
	*ret = (struct cgroup_value){ (uint32_t)write->group, file,
				      standing(change->arena, file, text, value) };
	return ret->value != NULL;
}

/* In reverse: what was changed first is changed back last. */
static int compile_back(const struct change *change, struct compiled *ret, struct error *error)
{
	const struct plan *plan = &change->compiled.plan;
	struct cgroup_value *values = arena_alloc(change->arena, plan->header->record_count * sizeof *values);
	uint32_t room = plan->header->record_count, first = room;

	plan_each(plan, record) {
		const struct plan_cgroup_write *write = (const void *)record; /* if it is one */

		if (record->kind == PLAN_KIND_cgroup_write && write->group < change->dirs->count &&
		    read_standing(change, write, &values[first - 1]))
			first--;
	}
	return compile_writes(change->arena, change->facts, change->dirs->count, change->groups, room - first,
			      values + first, ret, error);
}

/* ---- memory.checkBeforeUpdate ---------------------------------------------------------------------------
 */

static int check_limit(const char *what, int64_t limit, uint64_t usage, struct error *error)
{
	if (limit <= 0 || (uint64_t)limit > usage)
		return 0;
	return error_set(error, EBUSY, "rejecting %s limit %lld <= usage %llu", what, (long long)limit,
			 (unsigned long long)usage);
}

/* UPD-25: v1 refuses such a limit itself, v2 reclaims and then kills. A group whose usage cannot be read is
 * not held against the user. */
static int check_memory(const struct change *change, const struct spec_resources *asked, struct error *error)
{
	uint64_t usage, swap = 0;
	char text[NUMBER_TEXT];
	int r;

	if (!asked->check_before_update || change->facts->cgroup_mode != CGROUP_MODE_V2 ||
	    !change->dirs->count)
		return 0;
	FD_AUTO dir = sys_openat(AT_FDCWD, change->dirs->items[0], O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0 || cgroup_read(dir, "memory.current", text, sizeof text) <= 0 ||
	    number_parse(text, UINT64_MAX, &usage) < 0)
		return 0;
	if (cgroup_read(dir, "memory.swap.current", text, sizeof text) > 0)
		number_parse(text, UINT64_MAX, &swap);
	r = asked->has_memory_swap ? check_limit("memory+swap", asked->memory_swap, usage + swap, error) : 0;
	return r == 0 && asked->has_memory_limit ? check_limit("memory", asked->memory_limit, usage, error)
						 : r;
}

/* ---- the update -----------------------------------------------------------------------------------------
 */

/* The pointers are of config.json, where the resources are part of `linux`; here they are the whole. */
static int without_prefix(struct error *error, int r)
{
	static const char prefix[] = "/linux/resources";

	if (r < 0 && !strncmp(error->pointer, prefix, sizeof prefix - 1))
		memmove(error->pointer, error->pointer + sizeof prefix - 1,
			strlen(error->pointer) - (sizeof prefix - 1) + 1);
	return r;
}

/* What stood there before; `error` is told that, too, when it cannot be had again. */
static void take_back(const struct compiled *back, struct error *error)
{
	struct fault again = { .row = PLAN_ROW_CGROUP, .record = FAULT_NO_RECORD };
	struct error other = { 0 };

	if (host_cgroups_restore(&back->plan, &again) < 0) {
		size_t used = strlen(error->text);

		fault_error(&back->plan, &again, &other);
		snprintf(error->text + used, sizeof error->text - used,
			 "; the limits from before could not be set again: %s", other.text);
	}
}

static int write_all(const struct change *change, const struct compiled *back, struct error *error)
{
	struct fault fault = { .row = PLAN_ROW_CGROUP, .record = FAULT_NO_RECORD };
	int r = host_cgroups_update(&change->compiled.plan, &fault);

	if (r == 0)
		return 0;
	fault_error(&change->compiled.plan, &fault, error);
	take_back(back, error);
	return r;
}

/* Once the kernel has taken all of it: systemd must know, or it would write the old limits again. It has its
 * own way with numbers, so the files are written once more behind it. */
static int tell_systemd(const struct change *change, const struct state *state,
			const struct spec_resources *asked, const struct compiled *back, struct error *error)
{
	struct systemd_properties properties = { 0 };
	int r;

	if (!state->scope)
		return 0;
	r = systemd_limits(change->arena, asked, change->facts->cgroup_mode, &properties, error);
	if (r == 0)
		r = systemd_set_properties(change->arena, state->scope, state->scope_of_user, &properties,
					   error);
	if (r == 0)
		return write_all(change, back, error);
	take_back(back, error);
	return r;
}

int cgroup_update(struct arena *arena, const struct state *state, const struct facts *facts,
		  const struct spec_resources *asked, struct error *error)
{
	struct change change = { .arena = arena, .facts = facts, .dirs = &state->cgroup_dirs };
	struct compiled back = { .bytes = NULL };
	struct spec_resources rounded = *asked;
	int r = exec_own_groups(arena, state, &change.groups, error);

	if (state->scope)
		systemd_round_quota(&rounded);
	asked = &rounded;
	if (r == 0)
		r = check_memory(&change, asked, error);
	if (r == 0)
		r = compile_update(arena, asked, facts, change.dirs->count, change.groups, &change.compiled,
				   error);
	if (r == 0)
		r = compile_back(&change, &back, error);
	if (r == 0)
		r = write_all(&change, &back, error);
	if (r == 0)
		r = tell_systemd(&change, state, asked, &back, error);
	return without_prefix(error, r);
}
