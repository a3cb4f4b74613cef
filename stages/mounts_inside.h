/* Records `source` in row MOUNTS: see mounts_inside.c; the stage of that row alone calls this. */
#ifndef OCIRUN_MOUNTS_INSIDE_H
#define OCIRUN_MOUNTS_INSIDE_H

#include "stage.h"

/* Clone what stands at the record's path in the container's root into its tree. 0, or -errno with the fault
 * filled. */
int mounts_inside(struct shim *shim, const struct plan_record *record, struct fault *fault);

#endif
