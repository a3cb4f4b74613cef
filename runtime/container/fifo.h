/* The gate's two files in the container's directory: exec.fifo and the page `fault` (DESIGN, "The gate"). */
#ifndef OCIRUN_FIFO_H
#define OCIRUN_FIFO_H

#include <stdbool.h>

#include "error.h"
#include "fault.h"

/* Make the fifo (0600) and open it for both ways: the shim reads until `start`, and a starter that dies
 * leaves no hang-up behind. Descriptor or -errno. */
int fifo_make(int dir, struct error *error);
/* Make the page, empty. Descriptor or -errno. */
int fifo_make_page(int dir, struct error *error);
/* Open for the starter: -ENXIO with "container process is already dead" when nobody waits. */
int fifo_open(int dir, struct error *error);
/* Write the one byte. */
int fifo_release(int fifo, struct error *error);
/* Wait until nobody reads any more: execve, or death. 0, -ETIMEDOUT. */
int fifo_wait(int fifo, int milliseconds);
/* What the shim left on the page: 0 and the fault (`set`: it failed; `executing`: it came to execve), or
 * -errno (-ENOENT: the plan gave it no page). */
int fifo_read_page(int dir, struct fault *ret);
/* The gate is open for good: both files go. */
void fifo_remove(int dir);

#endif
