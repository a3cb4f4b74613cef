/* `ocirun start`: let a created container's program begin (STA-01..07). */
#include "cmd/cmd.h"
#include "container/create.h"
#include "container/root.h"

static int run(const struct globals *globals, const void *values, int count, char **arguments,
	       struct error *error)
{
	struct container container;

	(void)values;
	(void)count;
	int r = container_find(globals, arguments[0], LOCK_EXCLUSIVE, false, &container, error);
	if (r < 0)
		return r;
	r = container_start(globals, &container, error);
	container_close(&container);
	return r;
}

const struct command command_start = {
	.name = "start",
	.arguments = "<container-id>",
	.summary = "let the program of a created container begin",
	.statuses = "created",
	.least = 1,
	.most = 1,
	.run = run,
};
