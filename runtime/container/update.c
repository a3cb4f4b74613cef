/* The steps of an update: what holds now (state.json, else config.json), the change on top, the groups, and
 * only then the state (UPD-24, UPD-26). Killed in between, limits are new and the state old: the next update
 * starts from the old ones and writes what it is asked for.
 */
#include "container/update.h"

#include <errno.h>
#include <string.h>

#include "cgroup/update.h"
#include "container/exec.h"

/* Of the last update; without one, of the config. */
static int read_saved(const struct globals *globals, const struct container *container,
		      struct spec_resources *ret, struct error *error)
{
	const char *text = container->state.resources;
	struct spec_strings warnings;
	struct spec spec = { 0 };
	size_t length;
	int r;

	memset(ret, 0, sizeof *ret);
	if (text)
		return error_in(error,
				spec_parse_resources(globals->arena, text, strlen(text), ret, &warnings,
						     error),
				"resources");
	r = exec_read(globals->arena, container->dir, "config.json", &text, &length, error);
	if (r == 0)
		r = spec_parse(text, length, &spec, error);
	if (r == 0 && spec.linux_->resources)
		*ret = *spec.linux_->resources;
	/* its arena goes with the process: the limits point into it */
	return r;
}

static int save(const struct globals *globals, const struct container *container,
		const struct spec_resources *all, struct error *error)
{
	struct state state = container->state;

	state.resources = spec_resources_text(globals->arena, all);
	if (!state.resources)
		return error_errno(error, ENOMEM, "cannot write state.json");
	return state_write(container->dir, "state.json", &state, error);
}

/* BAT-46: the kernel holds one of the two. */
static void warn_idle(const struct globals *globals, const struct spec_resources *change,
		      const struct spec_resources *asked)
{
	if (change->has_shares && change->cpu_shares && asked->has_idle && asked->cpu_idle)
		log_warning(globals, "unable to apply both cpu.shares and cpu.idle: cpu.idle wins");
}

int container_update(const struct globals *globals, const struct container *container,
		     const struct spec_resources *change, struct error *error)
{
	struct spec_resources saved, all, asked;
	struct facts facts;
	int r = read_saved(globals, container, &saved, error);

	if (r == 0)
		r = facts_probe(globals->arena, &facts, error);
	if (r < 0)
		return r;
	resources_merge(globals->arena, &saved, change, &all, &asked);
	warn_idle(globals, change, &asked);
	r = cgroup_update(globals->arena, &container->state, &facts, &asked, error);
	return r == 0 ? save(globals, container, &all, error) : r;
}
