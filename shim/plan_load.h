/* The plan and its descriptors, from the socket into the shim. */
#ifndef OCIRUN_PLAN_LOAD_H
#define OCIRUN_PLAN_LOAD_H

#include "stage.h"

/* Receive PLAN, check seals, map, verify; fill *plan and shim->plan, shim->slots. 0, or -errno with fault.
 * The plan's memory is private and writable, and lives as long as the process. */
int plan_load(struct shim *shim, struct plan *plan, struct fault *fault);
/* The schema of this build, which a plan's header must name. */
uint64_t plan_load_schema(void);

#endif
