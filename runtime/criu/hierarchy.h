/* The options of the host's cgroup v2 hierarchy (nsdelegate, memory_recursiveprot ...). They are one set for
 * the whole machine, and criu takes them away: it mounts the hierarchy for the container without any, from
 * the initial cgroup namespace, where the kernel takes that as a wish.
 */
#ifndef OCIRUN_CRIU_HIERARCHY_H
#define OCIRUN_CRIU_HIERARCHY_H

#include "arena.h"

struct hierarchy {
	const char *mount;   /* a mount of it; NULL: there is none */
	const char *options; /* "nsdelegate,memory_recursiveprot"; "" : none */
};

/* As they are now. What cannot be read is "none". */
void hierarchy_read(struct arena *arena, struct hierarchy *ret);
/* Set them as they were, if they have changed. 0 or -errno. */
int hierarchy_write_back(struct arena *arena, const struct hierarchy *before);
/* Find it in the text of mountinfo (changed here). */
void hierarchy_find(struct arena *arena, char *mountinfo, struct hierarchy *ret);

#endif
