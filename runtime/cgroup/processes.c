/* Who is in a container: see processes.h. Only its groups are asked; /proc would have to be searched whole.
 */
#include "cgroup/processes.h"

#include <errno.h>
#include <stdlib.h>

#include "host.h"

#define SPARE 16 /* processes born between counting and listing */

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* One group: counted, then listed with some room, until all fitted. */
static int group_pids(struct arena *arena, const char *dir, int64_t **ret)
{
	int room = host_cgroup_pids(dir, NULL, 0);

	while (room > 0) {
		int size = room + SPARE;
		int64_t *pids = arena_alloc(arena, (size_t)size * sizeof *pids);

		room = host_cgroup_pids(dir, pids, (uint32_t)size);
		if (room > 0 && room <= size) {
			qsort(pids, (size_t)room, sizeof *pids, by_number);
			*ret = pids;
			return room;
		}
	}
	return room;
}

/* A process is in one group of each hierarchy, so the first that knows any knows all. The last comes first:
 * the v2 tree of a hybrid host, where nobody can move a process by mistake as in v1. */
int container_pids(struct arena *arena, const struct state *state, int64_t **ret, struct error *error)
{
	for (uint32_t i = state->cgroup_dirs.count; i-- > 0;) {
		int r = group_pids(arena, state->cgroup_dirs.items[i], ret);

		if (r == -EACCES || r == -EPERM)
			return error_errno(
				error, r,
				"cannot list the processes in %s (this may be caused by lack of full "
				"access to cgroups)",
				state->cgroup_dirs.items[i]);
		if (r < 0)
			return error_errno(error, r, "cannot list the processes in %s",
					   state->cgroup_dirs.items[i]);
		if (r > 0)
			return r;
	}
	return 0;
}
