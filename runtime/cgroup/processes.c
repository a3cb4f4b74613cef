/* Who is in a container: see processes.h. Its groups are asked; /proc, which has to be searched whole, only
 * where a rootless container has none.
 */
#include "cgroup/processes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container/destroy.h"
#include "container/status.h"
#include "fd.h"
#include "host.h"
#include "number.h"

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

/* Without groups (rootless): those of init's pid namespace, as far as we may look at them. */
struct search {
	struct arena *arena;
	struct stat wanted;
	int64_t *pids;
	uint32_t count, room;
};

static bool in_namespace(int proc, const char *name, const struct stat *wanted)
{
	char path[64];
	struct stat found;

	snprintf(path, sizeof path, "%.20s/ns/pid", name);
	return sys_fstatat(proc, path, &found, 0) == 0 && found.st_ino == wanted->st_ino &&
	       found.st_dev == wanted->st_dev;
}

static int search_one(int proc, const char *name, void *context)
{
	struct search *search = context;
	uint64_t pid;

	if (number_parse(name, INT32_MAX, &pid) < 0 || !in_namespace(proc, name, &search->wanted))
		return 0;
	if (search->count == search->room) {
		int64_t *more = arena_alloc(search->arena, (search->room + 256) * sizeof *more);

		if (search->count)
			memcpy(more, search->pids, search->count * sizeof *more);
		search->pids = more;
		search->room += 256;
	}
	search->pids[search->count++] = (int64_t)pid;
	return 0;
}

static int namespace_pids(struct arena *arena, const struct state *state, int64_t **ret, struct error *error)
{
	struct search search = { .arena = arena };
	char init[64];
	FD_AUTO proc = sys_openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY, 0);

	if (container_ended(state))
		return 0;
	snprintf(init, sizeof init, "%lld/ns/pid", (long long)state->pid);
	int r = proc < 0 ? proc : sys_fstatat(proc, init, &search.wanted, 0);
	if (r == -ENOENT)
		return 0;
	/* waiting for start it cannot be looked at; and a namespace that others share says nothing */
	if (state->shared_pid_namespace || r == -EACCES || r == -EPERM) {
		*ret = arena_alloc(arena, sizeof **ret);
		**ret = state->pid;
		return 1;
	}
	if (r == 0)
		r = directory_each(proc, search_one, &search);
	if (r < 0)
		return error_errno(error, r, "cannot list the processes of the container");
	qsort(search.pids, search.count, sizeof *search.pids, by_number);
	*ret = search.pids;
	return (int)search.count;
}

/* A process is in one group of each hierarchy, so the first that knows any knows all. The last comes first:
 * the v2 tree of a hybrid host, where nobody can move a process by mistake as in v1. */
int container_pids(struct arena *arena, const struct state *state, int64_t **ret, struct error *error)
{
	if (state->cgroup_dirs.count == 0)
		return namespace_pids(arena, state, ret, error);
	for (uint32_t i = state->cgroup_dirs.count; i-- > 0;) {
		int r = group_pids(arena, state->cgroup_dirs.items[i], ret);

		if (r == -EACCES || r == -EPERM)
			return error_errno(
				error, r,
				"cannot list the processes in %s (ps failure might be caused by lack of full "
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
