/* Row `program`: arguments and environment. What only the shim can know (its pid for LISTEN_PID, HOME from
 * the container's passwd file) has a place kept for it.
 */
#include "compile/rows.h"

#include <string.h>

#define OWN_VARIABLES 4

/* The value of a variable, or NULL. */
static const char *variable(const struct spec_strings *env, const char *name)
{
	size_t length = strlen(name);

	for (uint32_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], name, length) == 0 && env->items[i][length] == '=')
			return env->items[i] + length + 1;
	return NULL;
}

/* What the runtime itself has to say to the program (PRO-15, PRO-16, PRO-17): LISTEN_* as the caller had
 * them, LISTEN_PID with room for any pid, filled by the shim. */
static uint32_t own_variables(struct compile *c, const char **ret)
{
	const struct compile_options *options = c->options;
	uint32_t count = 0;

	if (options->listen_fds) {
		ret[count++] = arena_format(c->arena, "LISTEN_FDS=%s", options->listen_fds);
		ret[count++] = "LISTEN_PID=";
	}
	if (options->listen_fds && options->listen_names)
		ret[count++] = arena_format(c->arena, "LISTEN_FDNAMES=%s", options->listen_names);
	if (options->notify)
		ret[count++] = "NOTIFY_SOCKET=" NOTIFY_TARGET "/" NOTIFY_NAME;
	return count;
}

static bool is_among(const char *variable, uint32_t count, const char *const *others)
{
	size_t length = strcspn(variable, "=") + 1;

	for (uint32_t i = 0; i < count; i++)
		if (strncmp(variable, others[i], length) == 0)
			return true;
	return false;
}

/* The config's variables, then our own in the place of those of the same name. */
static struct plan_list environment(struct compile *c, const struct spec_strings *env)
{
	const char *own[OWN_VARIABLES];
	const uint32_t own_count = own_variables(c, own);
	const char **items = arena_alloc(c->arena, (env->count + (size_t)own_count + 1) * sizeof *items);
	uint32_t count = 0;

	for (uint32_t i = 0; i < env->count; i++)
		if (!is_among(env->items[i], own_count, own))
			items[count++] = env->items[i];
	for (uint32_t i = 0; i < own_count; i++)
		items[count++] = own[i];
	return writer_argv(c->writer, count, items);
}

int compile_program(struct compile *c)
{
	const struct spec_process *process = c->spec->process;
	const char *home = variable(&process->env, "HOME");
	struct plan_program record = {
		.args = writer_argv(c->writer, process->args.count, process->args.items),
		.env = environment(c, &process->env),
		.flags = home && *home ? 0 : PLAN_PROGRAM_HOME,
	};

	WRITER_ADD(c->writer, PROGRAM, program, &record, "/process/args");
	return 0;
}
