/* --no-pivot: what pivot.c needs instead of pivot_root(2). */
#ifndef OCIRUN_PIVOT_MOVE_H
#define OCIRUN_PIVOT_MOVE_H

#include "stage.h"

/* Detach (or cover, where that is forbidden) every whole proc and sysfs outside the container's root,
 * whose mount is `root`. 0, or -errno with the fault. */
int pivot_hide_kernel_files(struct shim *shim, struct fault *fault);

#endif
