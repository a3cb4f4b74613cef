/* Id maps of sources, for who has the host's rights: the shim before it changes namespaces (sources_idmap.c),
 * the host side for what is mounted inside a user namespace (stages/host/idmap.c).
 */
#ifndef OCIRUN_IDMAP_SOURCE_H
#define OCIRUN_IDMAP_SOURCE_H

#include "fault.h"
#include "plan.h"
#include "sys.h"

/* The user namespace whose map the source asks for: made, or opened by its path. `proc`: the verified /proc,
 * or -1 to open it. A descriptor that the caller owns, or -errno with the fault filled. */
int idmap_source_user(const struct plan *plan, const struct plan_source *source, int proc,
		      struct fault *fault);
/* Map the ids of the detached `tree` of the source. 0, or -errno with the fault filled, file system named. */
int idmap_source_apply(const struct plan *plan, const struct plan_source *source, int tree, int user,
		       struct fault *fault);

#endif
