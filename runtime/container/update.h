/* New limits for a container that is there: what `update` does once it knows them. */
#ifndef OCIRUN_CONTAINER_UPDATE_H
#define OCIRUN_CONTAINER_UPDATE_H

#include "cmd/cmd.h"
#include "container/state.h"

/* The container is open and locked, and not stopped. All of `change` holds afterwards and is saved in
 * state.json, or none of it, and the file is as it was. */
int container_update(const struct globals *globals, const struct container *container,
		     const struct spec_resources *change, struct error *error);

#endif
