/* The steps of an update: what holds now (state.json, else config.json), the change on top, the groups, and
 * only then the state (UPD-24, UPD-26). Killed in between, limits are new and the state old: the next update
 * starts from the old ones and writes what it is asked for.
 */
#include "container/update.h"

#include <errno.h>
#include <string.h>

#include "cgroup/idle.h"
#include "cgroup/update.h"
#include "compile/rdt.h"
#include "container/exec.h"
#include "fd.h"
#include "host.h"
#include "launch.h"

#define SCHEMATA_BYTES 4096 /* kernfs shows and takes at most a page */

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
		r = spec_parse(globals->arena, text, length, &spec, error);
	if (r == 0 && spec.linux_->resources)
		*ret = *spec.linux_->resources;
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
static void warn_idle(const struct globals *globals, const struct spec_resources *change)
{
	if (idle_wins(change))
		log_warning(globals, "unable to apply both cpu.shares and cpu.idle: cpu.idle wins");
}

/* ---- linux.intelRdt -------------------------------------------------------------------------------------
 */

static bool asks_schemata(const struct container_change *change)
{
	return change->l3_cache_schema || change->mem_bw_schema;
}

static int check_schemata(const struct state *state, const struct container_change *change,
			  struct error *error)
{
	if (asks_schemata(change) && !state->rdt_path)
		return error_set(error, ENOTSUP,
				 "updating a non-existent Intel RDT configuration is not supported");
	if (change->mem_bw_schema && strncmp(change->mem_bw_schema, "MB:", 3) != 0)
		return error_set(error, EINVAL, "mem-bw-schema must start with \"MB:\", not \"%s\"",
				 change->mem_bw_schema);
	return 0;
}

static int read_schemata(const struct state *state, char text[SCHEMATA_BYTES], struct error *error)
{
	FD_AUTO dir = sys_openat(AT_FDCWD, state->rdt_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	FD_AUTO fd = dir < 0 ? dir : sys_openat(dir, "schemata", O_RDONLY | O_NOFOLLOW, 0);
	size_t length = 0;
	int r = fd < 0 ? fd : fd_read_all(fd, text, SCHEMATA_BYTES - 1, &length);

	text[length] = 0;
	return r < 0 ? error_errno(error, r, "cannot read %s/schemata", state->rdt_path) : 0;
}

static int write_schemata(const struct state *state, const char *text, struct error *error)
{
	struct fault fault = { .record = FAULT_NO_RECORD };
	int r = host_rdt_write(state->rdt_root, state->rdt_path, text, &fault);

	if (r < 0)
		fault_error(NULL, &fault, error);
	return r;
}

/* ---- the steps ------------------------------------------------------------------------------------------
 */

static int write_limits(const struct globals *globals, const struct container *container,
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
	warn_idle(globals, change);
	r = cgroup_update(globals->arena, &container->state, &facts, &asked, error);
	return r == 0 ? save(globals, container, &all, error) : r;
}

/* First the schemata, whose words the kernel alone can judge; they go back when the limits are refused. */
int container_update(const struct globals *globals, const struct container *container,
		     const struct container_change *change, struct error *error)
{
	const struct state *state = &container->state;
	char before[SCHEMATA_BYTES];
	struct error ignored = { 0 };
	int r = check_schemata(state, change, error);

	if (r < 0 || !asks_schemata(change))
		return r < 0 ? r : write_limits(globals, container, &change->resources, error);
	r = read_schemata(state, before, error);
	if (r == 0)
		r = write_schemata(state,
				   compile_rdt_text(globals->arena, change->l3_cache_schema,
						    change->mem_bw_schema),
				   error);
	if (r < 0)
		return r;
	r = write_limits(globals, container, &change->resources, error);
	if (r < 0)
		write_schemata(state, before, &ignored); /* what is told is the reason */
	return r;
}
