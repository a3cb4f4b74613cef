/* poststart and poststop: the hooks that are in no plan, since they run long after it, from state.json alone.
 * Runs them on the host side, in the bundle (PRO-27), with exactly their environment (PRO-26).
 */
#include <string.h>

#include "cmd/cmd.h"
#include "compile/compile.h"
#include "container/create.h"
#include "hook.h"

/* What the hook reads on its stdin: compact, no newline (HOK-14). */
static const char *state_text(struct arena *arena, const struct state *state, const char *status, int64_t pid)
{
	/* a state need not have them: delete does without */
	const struct spec spec = { .oci_version = state->oci_version ? state->oci_version : "",
				   .annotations = state->annotations };
	const struct compile_options options = { .id = state->id ? state->id : "",
						 .bundle = state->bundle ? state->bundle : "" };
	const char *head, *tail;

	compile_state_text(arena, &spec, &options, status, &head, &tail);
	return arena_format(arena, "%s%lld%s", head, (long long)pid, tail);
}

/* A char *[] that execve takes, of strings that it does not change. */
static char *const *vector(struct arena *arena, const struct spec_strings *strings)
{
	char **items = arena_alloc(arena, (strings->count + 1) * sizeof *items);

	for (uint32_t i = 0; i < strings->count; i++)
		items[i] = arena_format(arena, "%s", strings->items[i]);
	return items;
}

static const char *annotation(const struct state *state, const char *key)
{
	for (uint32_t i = 0; i < state->annotations.count; i++)
		if (strcmp(state->annotations.items[i].key, key) == 0)
			return state->annotations.items[i].value;
	return NULL;
}

static int run_one(struct arena *arena, const struct state *state, const struct spec_hook *hook,
		   const char *kind, uint32_t index, const char *text, struct error *error)
{
	/* HOK-08: without args, argv is the path */
	const char *path[] = { hook->path };
	const struct spec_strings alone = { 1, path };
	const struct hook_run run = {
		.kind = kind,
		.index = index,
		.path = hook->path,
		.args = vector(arena, hook->args.count ? &hook->args : &alone),
		.env = vector(arena, &hook->env),
		.cwd = state->bundle ? state->bundle : "",
		.timeout = hook->timeout,
		.state = text,
		.state_length = strlen(text),
		.files = { annotation(state, HOOKS_STDOUT), annotation(state, HOOKS_STDERR) },
		.abort_fd = -1,
	};
	struct fault fault = { .row = PLAN_ROW_COUNT, .record = FAULT_NO_RECORD };

	if (hook_run(&run, &fault) == 0)
		return 0;
	fault_error(NULL, &fault, error);
	return error->code ? -error->code : error_set(error, EIO, "error running %s hook #%u", kind, index);
}

int container_poststart(const struct globals *globals, const struct state *state, struct error *error)
{
	if (!state->poststart.count)
		return 0;
	const char *text = state_text(globals->arena, state, "running", state->pid);

	for (uint32_t i = 0; i < state->poststart.count; i++) {
		int r = run_one(globals->arena, state, &state->poststart.items[i], "poststart", i, text,
				error);

		if (r < 0)
			return r;
	}
	return 0;
}

void container_poststop(const struct globals *globals, const struct state *state)
{
	if (!state->poststop.count)
		return;
	const char *text = state_text(globals->arena, state, "stopped", 0);

	for (uint32_t i = 0; i < state->poststop.count; i++) {
		struct error error = { 0 };

		if (run_one(globals->arena, state, &state->poststop.items[i], "poststop", i, text, &error) <
		    0)
			log_warning(globals, "%s", error.text);
	}
}
