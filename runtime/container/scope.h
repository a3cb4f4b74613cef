/* With the systemd driver: the unit that a container's groups belong to, from its making to its end. */
#ifndef OCIRUN_SCOPE_H
#define OCIRUN_SCOPE_H

#include "container/state.h"

struct making;

/* Between the clone and PLAN: the unit around the shim, which waits, then the container's groups in it. The
 * unit stands in creating.json before systemd is asked. 0 or -errno; the caller undoes. */
int scope_make(struct making *making);
/* Limits that set-up would have starved under: before GO. */
int scope_late(struct making *making);
/* Kill what is left in the groups and stop the unit, if the container has one of its own. -ETIMEDOUT: systemd
 * does not come to it. */
int scope_stop(const struct state *state, struct error *error);

#endif
