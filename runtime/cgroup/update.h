/* Changing the limits of a container: what the new ones are, and the writing of them, all or none. For
 * `update`; device rules are never touched (UPD-23).
 */
#ifndef OCIRUN_CGROUP_UPDATE_H
#define OCIRUN_CGROUP_UPDATE_H

#include "compile/compile.h"
#include "container/state.h"

/* merge.c: what was asked for now on top of what holds. `ret_all` is what is saved. `ret_asked` is what has
 * to be written: the change, and those limits that the kernel or the conversion to cgroup v2 ties to one of
 * it (quota and period, memory and swap, idle and shares). */
void resources_merge(struct arena *arena, const struct spec_resources *saved,
		     const struct spec_resources *change, struct spec_resources *ret_all,
		     struct spec_resources *ret_asked);

/* Write `asked` to the container's groups. On failure what stood there before stands there again. */
int cgroup_update(struct arena *arena, const struct state *state, const struct facts *facts,
		  const struct spec_resources *asked, struct error *error);

#endif
