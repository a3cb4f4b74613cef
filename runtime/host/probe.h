/* What only a try can tell about this host, for `ocirun check`: children that make namespaces and end.
 * Nothing of it outlives them, nothing is mounted where anybody could see it.
 */
#ifndef OCIRUN_PROBE_H
#define OCIRUN_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

/* Each 0, or -errno of the first step that failed; what was not reached has the errno of the step before. */
struct probe_namespaces {
	int user;   /* a user namespace */
	int inside; /* its root may have a mount namespace and change it: AppArmor may forbid that */
	int proc;   /* and mount proc in a pid namespace: not where the host's is covered */
	int sysfs;  /* and sysfs with a network namespace */
};
void probe_user_namespace(struct probe_namespaces *ret);

/* A range of /etc/subuid or /etc/subgid. */
struct subid_range {
	uint64_t start, count;
};
/* The ranges of a user, named by name or number, in one of the two files. How many there are; `ret` in the
 * arena. */
uint32_t probe_subids(struct arena *arena, const char *file, const char *user, uint32_t uid,
		      struct subid_range **ret);
/* Whether `size` ids from `first` on lie in one of them. */
bool probe_subids_hold(const struct subid_range *ranges, uint32_t count, uint64_t first, uint64_t size);

/* The program may change ids: setuid root, or a file capability. */
bool probe_has_rights(const char *program);
/* A file as one line of text, in the arena, without the newline; NULL: not there. */
const char *probe_line(struct arena *arena, const char *path);
/* The deepest directory of `path` that exists, in the arena. */
const char *probe_existing(struct arena *arena, const char *path);

#endif
