/* The plan of `exec`: the same pipeline with other rows, namely cgroup, launch, join, console, limits,
 * identity, program and seccomp, without a gate (DESIGN). Nothing is made: the groups exist, the namespaces
 * are those of a process that is held by its pidfd. Pure, as compile.c.
 */
#include "compile/rows.h"

#include <string.h>

#include "spec/number_list.h"

static void add_groups(struct compile *c, const struct exec_into *into)
{
	for (uint32_t i = 0; i < into->group_count; i++) {
		const struct exec_group *group = &into->groups[i];
		struct plan_cgroup record = {
			.version = group->v2 ? PLAN_CGROUP_V2 : PLAN_CGROUP_V1,
			.mount = writer_text(c->writer, group->mount),
			.path = writer_text(c->writer, group->path),
			.name = writer_text(c->writer, group->name),
			.flags = PLAN_CGROUP_EXISTS | (group->v2 ? PLAN_CGROUP_BORN : 0),
		};
		struct plan_cgroup_join join = { .group = i };

		/* who may not move a process into it from here goes on where nothing is limited by it */
		if (!into->groups_asked && compile_rootless_cgroups(c) && !compile_has_limits(c))
			record.flags |= PLAN_CGROUP_OPTIONAL;
		WRITER_ADD(c->writer, CGROUP, cgroup, &record, "");
		if (group->v2)
			continue;
		join.tasks = writer_slot(c->writer);
		WRITER_ADD(c->writer, CGROUP_JOIN, cgroup_join, &join, "");
	}
}

/* EXE-27: behind the joins, whose cpuset bounds it. With an initial list alone that one stays; without any
 * the caller's is forgotten, as in create. */
static void add_affinity(struct compile *c)
{
	const struct spec_process *process = c->spec->process;
	const char *text = process->affinity_final ? process->affinity_final : "";
	struct plan_affinity record = { .reset = !process->affinity_initial && !*text };
	struct number_set set;
	uint64_t *numbers = NULL;
	uint32_t count = 0;

	if (*text &&
	    number_list_parse(text, strlen(text), NUMBER_LIST_MAX, &set)) { /* the reader saw to it */
		numbers = arena_alloc(c->arena, (NUMBER_LIST_MAX + 1) * sizeof *numbers);
		for (uint32_t i = 0; i <= NUMBER_LIST_MAX; i++)
			if (number_set_has(&set, i))
				numbers[count++] = i;
	}
	record.processors = writer_numbers(c->writer, count, numbers);
	WRITER_ADD(c->writer, CGROUP_JOIN, affinity, &record, *text ? "/process/execCPUAffinity/final" : "");
}

/* The pid namespace comes with the others, and a fork late: born in it, the shim would be seen by the
 * container while it still has the host's mounts and capabilities, and CAP_SYS_PTRACE is enough to have both,
 * dumpable or not (stages/namespaces.c). Nor could the launch enter it before the user namespace that may own
 * it. */
static void add_enter(struct compile *c, const struct exec_into *into)
{
	struct plan_launch launch = { .born = 0 };
	struct plan_enter enter = { .types = into->types, .root = PLAN_NONE };
	struct plan_namespaces forks = { .fork = 1 };

	enter.pidfd = writer_slot(c->writer);
	if (into->has_root)
		enter.root = writer_slot(c->writer);
	WRITER_ADD(c->writer, LAUNCH, launch, &launch, "");
	WRITER_ADD(c->writer, JOIN, enter, &enter, "");
	if (into->types & PLAN_NS_PID)
		WRITER_ADD(c->writer, FORK, namespaces, &forks, "");
}

static void add_personality(struct compile *c)
{
	const struct spec_linux *linux_ = c->spec->linux_;
	struct plan_personality record = { .domain = linux_->personality };

	if (linux_->has_personality)
		WRITER_ADD(c->writer, SYSTEM, personality, &record, "/linux/personality");
}

/* No GO: READY is the shim's last word, unless it fails. Under a filter that word might not come through the
 * socket: then there is a page for it. */
static void add_end(struct compile *c)
{
	struct plan_gate gate = { .kind = PLAN_GATE_NONE, .fifo = PLAN_NONE, .fault = PLAN_NONE };
	struct plan_exec exec = { .kept = c->options->kept };

	if (c->spec->linux_->seccomp)
		gate.fault = writer_slot(c->writer);
	WRITER_ADD(c->writer, GATE, gate, &gate, "");
	WRITER_ADD(c->writer, EXEC, exec, &exec, "");
}

int compile_exec(struct arena *arena, const struct spec *spec, const struct facts *facts,
		 const struct compile_options *options, const struct exec_into *into, struct compiled *ret,
		 struct error *error)
{
	static compile_row *const rows[] = { compile_console, compile_limits, compile_identity,
					     compile_program, compile_filter };
	struct compiled result = { .bytes = NULL };
	struct compile c = {
		.arena = arena,
		.spec = spec,
		.facts = facts,
		.options = options,
		.error = error,
		.writer = writer_new(arena),
		.result = &result,
		.joins_user_namespace = into->types & PLAN_NS_USER,
		.has_mount_namespace = into->types & PLAN_NS_MOUNT,
		.null_tree = PLAN_NONE,
		.proc_tree = PLAN_NONE,
	};
	int r = 0;

	add_groups(&c, into);
	add_affinity(&c);
	add_enter(&c, into);
	add_personality(&c);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0] && r >= 0; i++)
		r = rows[i](&c);
	if (r < 0)
		return r;
	add_end(&c);
	r = writer_finish(c.writer, facts->audit_arch, &result, error);
	if (r >= 0)
		*ret = result;
	return r;
}
