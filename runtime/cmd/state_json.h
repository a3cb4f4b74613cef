/* The JSON object that `state` prints and `list --format json` prints in an array. */
#ifndef OCIRUN_STATE_JSON_H
#define OCIRUN_STATE_JSON_H

#include "container/state.h"
#include "json_out.h"

/* Keys in the order that test suites compare (BAT-58). `owner`: user name or "". */
void state_json(struct json_out *out, const struct state *state, enum container_status status,
		const char *owner);

#endif
