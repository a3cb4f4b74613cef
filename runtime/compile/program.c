/* Row `program`: arguments and environment. What only the shim can know (its pid for LISTEN_PID, HOME from
 * the container's passwd file) has a place kept for it.
 */
#include "compile/rows.h"

#include <string.h>

/* The value of a variable, or NULL. */
static const char *variable(const struct spec_strings *env, const char *name)
{
	size_t length = strlen(name);

	for (uint32_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], name, length) == 0 && env->items[i][length] == '=')
			return env->items[i] + length + 1;
	return NULL;
}

/* The config's variables and, for a socket-activated container, LISTEN_FDS as the caller had it; LISTEN_PID
 * has room for any pid and is filled by the shim. */
static struct plan_list environment(struct compile *c, const struct spec_strings *env)
{
	const char **items = arena_alloc(c->arena, (env->count + 2u) * sizeof *items);
	uint32_t count = env->count;

	for (uint32_t i = 0; i < env->count; i++)
		items[i] = env->items[i];
	if (c->options->listen_fds) {
		items[count++] = arena_format(c->arena, "LISTEN_FDS=%s", c->options->listen_fds);
		items[count++] = "LISTEN_PID=";
	}
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
