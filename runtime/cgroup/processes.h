/* The processes of a container, by its groups: for ps and events. */
#ifndef OCIRUN_PROCESSES_H
#define OCIRUN_PROCESSES_H

#include "container/state.h"

/* Host pids of every process in the container's groups and below, ascending, in `arena`. Returns how many
 * (none is no error), or -errno with the error filled. */
int container_pids(struct arena *arena, const struct state *state, int64_t **ret, struct error *error);

#endif
