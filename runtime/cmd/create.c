/* `ocirun create`: everything up to the gate, then leave the container to the caller (CRE-01..28). */
#include "cmd/options_shared.h"

static const struct option options[] = { BUNDLE_OPTIONS, { 0 } };

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	struct create_options create;
	struct prepared prepared = { 0 };
	struct container container;
	struct launch launch;
	int r = options_of_bundle(given, arguments[0], &create, error);

	create.gate = PLAN_GATE_FIFO;
	(void)count;
	if (r == 0)
		r = create_prepare(globals, &create, &prepared, error);
	if (r == 0) {
		r = create_container(globals, &create, &prepared, &container, &launch, error);
		if (r == 0)
			container_close(&container);
	}
	return r;
}

const struct command command_create = {
	.name = "create",
	.arguments = "<container-id>",
	.summary = "set up a container; its program waits for start",
	.options = options,
	.size = sizeof(struct bundle_values),
	.least = 1,
	.most = 1,
	.run = run,
};
