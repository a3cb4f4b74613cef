/* Id maps of more than the own id, for who has no right to write them: newuidmap(1) and newgidmap(1),
 * programs of the host that may, as far as /etc/subuid and /etc/subgid grant it to their caller (PRO-37).
 */
#ifndef OCIRUN_NEWUIDMAP_H
#define OCIRUN_NEWUIDMAP_H

#include "arena.h"
#include "error.h"
#include "plan.h"

/* Write both maps of the record for process `pid`, which waits for them. 0, or -errno: what the program said,
 * with the pointer of the map and what to do. */
int newuidmap_write(const struct plan *plan, const struct plan_userns *userns, int64_t pid,
		    struct error *error);
/* Where the program `name` stands in PATH, in the arena; NULL: nowhere. */
const char *newuidmap_find(struct arena *arena, const char *name);

#endif
