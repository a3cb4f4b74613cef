/* New limits for a container that is there: what `update` does once it knows them. */
#ifndef OCIRUN_CONTAINER_UPDATE_H
#define OCIRUN_CONTAINER_UPDATE_H

#include "cmd/cmd.h"
#include "container/state.h"

struct container_change {
	struct spec_resources resources;
	const char *l3_cache_schema, *mem_bw_schema; /* of its resctrl group; NULL: as they are */
};

/* The container is open and locked, and not stopped. All of `change` holds afterwards, or none of it; its
 * resources are saved in state.json (the schemata stand in resctrl alone). */
int container_update(const struct globals *globals, const struct container *container,
		     const struct container_change *change, struct error *error);

#endif
