/* Rows `raise` and `limits`: rlimits, the OOM score, scheduler, priorities, memory policy, umask, session
 * keyring, LSM labels. With a user
 * namespace what asks for the host's capabilities is done before it is entered (row `raise`); the final
 * values are set at the end in any case, where a low limit no longer hinders the set-up.
 */
#include "compile/rows.h"

#define DEFAULT_UMASK 0022 /* the caller's would depend on who started us; clients expect this one */

static void add_rlimits(struct compile *c)
{
	const struct spec_process *process = c->spec->process;

	for (uint32_t i = 0; i < process->rlimit_count; i++) {
		const char *pointer = compile_pointer(c, "/process/rlimits/%u", i);
		struct plan_rlimit record = {
			.resource = (uint64_t)process->rlimits[i].resource,
			.soft = process->rlimits[i].soft,
			.hard = process->rlimits[i].hard,
		};

		if (compile_user_namespace(c))
			WRITER_ADD(c->writer, RAISE, rlimit, &record, pointer);
		WRITER_ADD(c->writer, LIMITS, rlimit, &record, pointer);
	}
}

static void add_oom_score(struct compile *c)
{
	struct plan_oom_score_adj record = { .value = c->spec->process->oom_score_adj,
					     .optional = !facts_is_admin(c->facts) ||
							 c->facts->in_user_namespace };

	if (!c->spec->process->has_oom_score_adj)
		return;
	compile_proc(c);
	if (compile_user_namespace(c))
		WRITER_ADD(c->writer, RAISE, oom_score_adj, &record, "/process/oomScoreAdj");
	else
		WRITER_ADD(c->writer, INHERIT, oom_score_adj, &record, "/process/oomScoreAdj");
}

static void add_scheduler(struct compile *c)
{
	const struct spec_scheduler *scheduler = c->spec->process->scheduler;
	const struct spec_resources *resources = c->spec->linux_->resources;

	if (!scheduler)
		return;
	struct plan_scheduler record = {
		.policy = scheduler->policy,
		.flags = scheduler->flags,
		.nice = scheduler->nice,
		.priority = scheduler->priority,
		.runtime = scheduler->runtime,
		.deadline = scheduler->deadline,
		.period = scheduler->period,
		.cpuset = resources && resources->cpus,
	};
	if (compile_user_namespace(c))
		WRITER_ADD(c->writer, RAISE, scheduler, &record, "/process/scheduler");
	else
		WRITER_ADD(c->writer, LIMITS, scheduler, &record, "/process/scheduler");
}

static void add_io_priority(struct compile *c)
{
	const struct spec_io_priority *priority = c->spec->process->io_priority;

	if (!priority)
		return;
	struct plan_io_priority record = { .class = priority->class, .level = priority->level };
	if (compile_user_namespace(c))
		WRITER_ADD(c->writer, RAISE, io_priority, &record, "/process/ioPriority");
	else
		WRITER_ADD(c->writer, LIMITS, io_priority, &record, "/process/ioPriority");
}

/* Asks for no right: at the end, so that the shim's own pages are placed as ever. */
static void add_memory_policy(struct compile *c)
{
	const struct spec_memory_policy *policy = c->spec->linux_->memory_policy;

	if (!policy)
		return;
	struct plan_memory_policy record = {
		.mode = policy->mode,
		.flags = policy->flags,
		.nodes = writer_numbers(c->writer, policy->node_count, policy->nodes),
	};
	WRITER_ADD(c->writer, LIMITS, memory_policy, &record, "/linux/memoryPolicy");
}

static void add_keyring(struct compile *c)
{
	const char *name = arena_format(c->arena, "_ses.%s", c->options->id);
	struct plan_keyring record = { .name = writer_text(c->writer, name),
				       .label = writer_text(c->writer, c->spec->process->selinux_label) };

	if (!c->options->no_new_keyring)
		WRITER_ADD(c->writer, INHERIT, keyring, &record, "");
}

static int add_label(struct compile *c, bool active, const char *value, enum plan_lsm lsm, const char *name,
		     const char *pointer)
{
	struct plan_label record = { .lsm = lsm, .value = writer_text(c->writer, value) };

	if (!value || !*value)
		return 0;
	/* a profile that is not enforced must not look as if it were */
	if (!active)
		return compile_refuse(c, pointer, "%s is not enabled on this host", name);
	compile_proc(c);
	WRITER_ADD(c->writer, INHERIT, label, &record, pointer);
	return 0;
}

int compile_limits(struct compile *c)
{
	const struct spec_process *process = c->spec->process;
	struct plan_umask umask = { .mask = process->has_umask ? process->umask : DEFAULT_UMASK };
	int r;

	add_rlimits(c);
	add_oom_score(c);
	add_scheduler(c);
	add_io_priority(c);
	add_memory_policy(c);
	WRITER_ADD(c->writer, LIMITS, umask, &umask, process->has_umask ? "/process/user/umask" : "");
	add_keyring(c);
	r = add_label(c, c->facts->apparmor, process->apparmor_profile, PLAN_LSM_APPARMOR, "apparmor",
		      "/process/apparmorProfile");
	if (r >= 0)
		r = add_label(c, c->facts->selinux, process->selinux_label, PLAN_LSM_SELINUX_EXEC, "selinux",
			      "/process/selinuxLabel");
	return r;
}
