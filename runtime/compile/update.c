/* The plan of `update`: the row cgroup alone, of groups that exist, without device rules: those may have been
 * widened by others since (hooks for graphics cards), and what cannot be given here must not be taken away.
 * Pure, as compile.c; the conversions are those of `create`.
 */
#include "compile/rows.h"

static void add_groups(struct compile *c, const struct exec_group *groups)
{
	for (uint32_t i = 0; i < c->facts->hierarchy_count; i++) {
		struct plan_cgroup record = {
			.version = groups[i].v2 ? PLAN_CGROUP_V2 : PLAN_CGROUP_V1,
			.mount = writer_text(c->writer, groups[i].mount),
			.path = writer_text(c->writer, groups[i].path),
			.name = writer_text(c->writer, groups[i].name),
			.flags = PLAN_CGROUP_EXISTS,
		};

		/* huge pages and the like are enabled when a limit asks for them, which may be now */
		if (c->facts->cgroup_mode == CGROUP_MODE_V2)
			record.enable = compile_controllers(c);
		WRITER_ADD(c->writer, CGROUP, cgroup, &record, "");
	}
}

/* The host as far as the container has groups there: a limit of another controller is refused. */
static struct facts narrowed(struct arena *arena, const struct facts *facts, uint32_t count,
			     const struct exec_group *groups)
{
	struct facts result = *facts;

	result.hierarchies = arena_alloc(arena, (count + 1u) * sizeof *result.hierarchies);
	result.hierarchy_count = count;
	for (uint32_t i = 0; i < count; i++)
		result.hierarchies[i] = (struct facts_hierarchy){ groups[i].mount, groups[i].name, "/" };
	if (count == 0)
		result.v2_controllers = "";
	return result;
}

static struct compile begin(struct arena *arena, const struct facts *facts, struct error *error)
{
	return (struct compile){ .arena = arena,
				 .facts = facts,
				 .error = error,
				 .writer = writer_new(arena),
				 .null_tree = PLAN_NONE,
				 .proc_tree = PLAN_NONE };
}

int compile_update(struct arena *arena, const struct spec_resources *resources, const struct facts *facts,
		   uint32_t count, const struct exec_group *groups, struct compiled *ret, struct error *error)
{
	struct facts here = narrowed(arena, facts, count, groups);
	struct spec_resources asked = *resources;
	struct spec_process process = { .cwd = "/" };
	struct spec_linux linux_ = { .resources = &asked };
	const struct spec spec = { .process = &process, .linux_ = &linux_ };
	struct compiled result = { .bytes = NULL };
	struct compile c = begin(arena, &here, error);
	int r;

	c.spec = &spec;
	c.result = &result;
	add_groups(&c, groups);
	r = compile_resources(&c);
	if (r == 0)
		r = writer_finish(c.writer, facts->audit_arch, &result, error);
	if (r == 0)
		*ret = result;
	return r;
}

int compile_writes(struct arena *arena, const struct facts *facts, uint32_t group_count,
		   const struct exec_group *groups, uint32_t count, const struct cgroup_value *values,
		   struct compiled *ret, struct error *error)
{
	struct facts here = narrowed(arena, facts, group_count, groups);
	struct spec_linux linux_ = { .resources = NULL };
	const struct spec spec = { .linux_ = &linux_ };
	struct compile c = begin(arena, &here, error);

	c.spec = &spec;
	add_groups(&c, groups);
	for (uint32_t i = 0; i < count; i++)
		compile_write(&c, values[i].group, values[i].file, values[i].value, PLAN_WRITE_MISSING_OK,
			      "");
	return writer_finish(c.writer, facts->audit_arch, ret, error);
}
