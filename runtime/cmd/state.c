/* `ocirun state`: the container's state as JSON (STT-01..17). Takes no lock and changes nothing: managers
 * poll it every 100 ms.
 */
#include <stdio.h>

#include "cmd/state_json.h"
#include "container/root.h"

void state_json(struct json_out *out, const struct state *state, enum container_status status,
		const char *owner)
{
	bool gone = status == STATUS_STOPPED;

	json_out_open(out, '{');
	json_out_member(out, "ociVersion",
			ocirun_spec_version); /* of this document, not of config.json (STT-02) */
	json_out_member(out, "id", state->id ? state->id : "");
	json_out_key(out, "pid");
	json_out_signed(out, gone ? 0 : state->pid); /* STT-04: the number may be somebody else's by now */
	json_out_member(out, "status", status_words[status]);
	json_out_member(out, "bundle", state->bundle ? state->bundle : "");
	json_out_member(out, "rootfs", state->rootfs ? state->rootfs : "");
	if (state->created) /* an empty time is an error to Go's decoder (STT-08) */
		json_out_member(out, "created", state->created);
	if (state->annotations.count) {
		json_out_key(out, "annotations");
		json_out_open(out, '{');
		for (uint32_t i = 0; i < state->annotations.count; i++)
			json_out_member(out, state->annotations.items[i].key,
					state->annotations.items[i].value);
		json_out_close(out, '}');
	}
	json_out_member(out, "owner", owner);
	json_out_close(out, '}');
}

static int run(const struct globals *globals, const void *values, int count, char **arguments,
	       struct error *error)
{
	struct container container;
	struct json_out out = { .file = stdout, .indent = "  " };

	(void)values;
	(void)count;
	int r = container_find(globals, arguments[0], LOCK_NONE, false, &container, error);
	if (r < 0)
		return r;
	if (!container.state.id)
		container.state.id = arguments[0];
	/* the owner's name is for people and costs a read of /etc/passwd: `list` has it (STT-10) */
	state_json(&out, &container.state, container_status(&container, NULL), "");
	putc('\n', stdout);
	container_close(&container);
	return 0;
}

const struct command command_state = {
	.name = "state",
	.arguments = "<container-id>",
	.summary = "print the state of a container as JSON",
	.statuses = "created running paused stopped",
	.least = 1,
	.most = 1,
	.run = run,
};
