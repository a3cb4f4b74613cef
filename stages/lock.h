/* Locked mount flags for user namespaces: see lock.c. */
#ifndef OCIRUN_LOCK_H
#define OCIRUN_LOCK_H

#include "stage.h"

/* Record `lock`, behind the sources: park all trees in a mount namespace of the host's. */
stage_step lock_trees;
/* Right after the user namespace was entered and before the ids change (the way to the place may be open to
 * the host's root alone): unshare the mount namespace, which copies and locks everything, and clone the trees
 * again from the copy. Nothing to do when nothing is parked. 0, or -errno with the fault. */
int lock_take_back(struct shim *shim, struct fault *fault);

#endif
