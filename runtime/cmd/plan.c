/* `ocirun plan`: what `create` would do, in order, before anything is touched. The same preparation as
 * create, then the text dump in place of the launch.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "compile/compile.h"
#include "container/create.h"
#include "container/root.h"

struct values {
	const char *id;
};

static const struct option options[] = {
	{ "id", 0, OPTION_STRING, "ID", "container id to plan for (default: plan)",
	  COMMAND_OPTION(values, id) },
	{ 0 },
};

static const char *absolute(const struct globals *globals, const char *path)
{
	char here[PATH_BYTES];

	if (path[0] == '/' || sys_getcwd(here, sizeof here) < 0)
		return path;
	return !strcmp(path, ".") ? arena_format(globals->arena, "%s", here)
				  : arena_format(globals->arena, "%s/%s", here, path);
}

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct values *values = given;
	struct create_options create = {
		.id = values->id ? values->id : "plan",
		.bundle = absolute(globals, count > 0 ? arguments[0] : "."),
		.gate = PLAN_GATE_FIFO,
		.plan_only = true,
	};
	struct prepared prepared = { 0 };
	int r = create_prepare(globals, &create, &prepared, error);

	if (r == 0 && prepared.compiled.systemd)
		systemd_dump_text(prepared.compiled.systemd, stdout);
	if (r == 0)
		plan_dump_text(&prepared.compiled.plan, stdout);
	return r;
}

const struct command command_plan = {
	.name = "plan",
	.arguments = "[bundle]",
	.summary = "print what create would do with a bundle, and do nothing",
	.options = options,
	.size = sizeof(struct values),
	.least = 0,
	.most = 1,
	.run = run,
};
