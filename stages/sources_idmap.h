/* Id maps of the trees that `sources` opens: see sources.c and mounts_inside.c, which call this. */
#ifndef OCIRUN_SOURCES_IDMAP_H
#define OCIRUN_SOURCES_IDMAP_H

#include "stage.h"

/* Map the ids of the tree of `source`, if it has a map; trees with one map share a user namespace: they are
 * all mapped when the last of them stands. 0, or -errno with the fault filled. */
int sources_idmap(struct shim *shim, const struct plan_source *source, struct fault *fault);

#endif
