/* Make one group of the plan, or take the one that is there.
 *
 * Every directory is made and opened component by component below the descriptor of the hierarchy's mount,
 * which is checked to be one. Controllers are enabled only where something is missing, so the usual create
 * makes one mkdir and writes nothing above its own group.
 */
#include <string.h>

#include "cgroup.h"
#include "cgroup_place.h"
#include "cgroup_v1.h"
#include "cgroup_v2.h"
#include "number.h"

static int open_mount(const struct cgroup_place *at, const struct plan_cgroup *group)
{
	FD_AUTO mount = sys_openat(AT_FDCWD, plan_text(at->plan, group->mount), O_RDONLY | O_DIRECTORY, 0);
	int version;

	if (mount < 0)
		return cgroup_refuse(at, group, FAULT_OPEN, mount, 0);
	version = cgroup_version(mount);
	if (version != (int)group->version) {
		cgroup_refuse(at, group, FAULT_VERIFY, version < 0 ? version : -EXDEV, 0);
		fault_note(at->fault, group->version == PLAN_CGROUP_V2 ? "no cgroup2 is mounted there"
								       : "no cgroup v1 is mounted there");
		return version < 0 ? version : -EXDEV;
	}
	return fd_take(&mount);
}

/* One more component of a path: copies it to `name`, moves *at behind it. False at the end. */
static bool next_component(const char **at, char name[256], int *ret_error)
{
	const char *start = *at + strspn(*at, "/");
	size_t length = strcspn(start, "/");

	*ret_error = length > 255 ? -ENAMETOOLONG : 0;
	if (length == 0 || length > 255)
		return false;
	memcpy(name, start, length);
	name[length] = 0;
	*at = start + length;
	return true;
}

static bool last_component(const char *behind)
{
	return behind[strspn(behind, "/")] == 0;
}

/* Open the group `name` below parent, made when missing. ret_made: it was. The last one is made first: it is
 * missing as a rule, and the ones above are there. */
static int enter(int parent, const char *name, bool last, bool *ret_made)
{
	int r, fd = last ? -ENOENT : cgroup_open_child(parent, name);

	*ret_made = false;
	if (fd != -ENOENT)
		return fd;
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return -EINVAL;
	r = sys_mkdirat(parent, name, 0755);
	if (r < 0 && r != -EEXIST)
		return r;
	*ret_made = r == 0;
	fd = cgroup_open_child(parent, name);
	if (fd < 0 && *ret_made)
		sys_unlinkat(parent, name, AT_REMOVEDIR);
	return fd;
}

/* What to do with each level from the mount's root down to the last but one: `below` is open. */
typedef int level_step(const struct cgroup_place *at, const struct plan_cgroup *group, int level, int below);

static int fill_cpuset(const struct cgroup_place *at, const struct plan_cgroup *group, int level, int below)
{
	(void)at;
	(void)group;
	return cgroup_v1_fill_cpuset(level, below);
}

static int enable(const struct cgroup_place *at, const struct plan_cgroup *group, int level, int below)
{
	(void)below;
	cgroup_v2_enable(level, at->plan, group->enable);
	return 0;
}

/* Go down the group's path, made where it is missing; the group's descriptor, or -errno with the fault. */
static int descend(const struct cgroup_place *at, const struct plan_cgroup *group, level_step *step,
		   bool *ret_made)
{
	const char *path = plan_text(at->plan, group->path), *behind = path;
	FD_AUTO here = open_mount(at, group);
	char name[256];
	int r = 0;

	*ret_made = false;
	if (here < 0)
		return here;
	while (next_component(&behind, name, &r)) {
		int below = enter(here, name, last_component(behind), ret_made);

		r = below < 0 ? below : step ? step(at, group, here, below) : 0;
		if (r < 0) {
			fd_close(below);
			/* of the levels made only the last is ours alone: others may use those above */
			if (*ret_made && last_component(behind))
				sys_unlinkat(here, name, AT_REMOVEDIR);
			*ret_made = false;
			return cgroup_refuse(at, group, FAULT_MAKE_DIRECTORY, r, (size_t)(behind - path));
		}
		fd_close_at(&here);
		here = below;
	}
	return r < 0 ? cgroup_refuse(at, group, FAULT_MAKE_DIRECTORY, r, strlen(path)) : fd_take(&here);
}

/* CRE-20: a group with processes, or a frozen one, belongs to somebody. The texts are runc's. */
static int check_empty(const struct cgroup_place *at, int dir)
{
	uint64_t count = 0;
	char number[NUMBER_TEXT];
	int r = cgroup_count_pids(dir, &count);

	if (r < 0)
		return fault_set(at->fault, FAULT_READ, r, "cgroup.procs");
	if (count > 0) {
		number_text(number, count);
		fault_set2(at->fault, FAULT_NONE, 0, "container's cgroup is not empty: ", number,
			   " process(es) found");
		return -EBUSY;
	}
	if (cgroup_v2_frozen(dir) || cgroup_v1_frozen(dir)) {
		fault_set(at->fault, FAULT_NONE, 0, "container's cgroup unexpectedly frozen");
		return -EBUSY;
	}
	return 0;
}

/* Of a container that is there: a missing group has been removed, and made again it would be another one.
 * With a step, for each level above it. */
static int open_group(const struct cgroup_place *at, const struct plan_cgroup *group, level_step *step)
{
	const char *path = plan_text(at->plan, group->path), *behind = path;
	FD_AUTO here = open_mount(at, group);
	char name[256];
	int r = 0;

	while (here >= 0 && next_component(&behind, name, &r)) {
		int below = cgroup_open_child(here, name);

		if (below < 0)
			return cgroup_refuse(at, group, FAULT_OPEN, below, (size_t)(behind - path));
		if (step)
			step(at, group, here, below);
		fd_close_at(&here);
		here = below;
	}
	return r < 0 ? cgroup_refuse(at, group, FAULT_OPEN, r, strlen(path)) : fd_take(&here);
}

/* `update` may ask for a controller that nobody needed before. */
static int open_existing(const struct cgroup_place *at, const struct plan_cgroup *group)
{
	FD_AUTO dir = open_group(at, group, NULL);

	if (dir >= 0 && group->version == PLAN_CGROUP_V2 && !cgroup_v2_has(dir, at->plan, group->enable))
		fd_close(open_group(at, group, enable));
	return dir < 0 ? dir : fd_take(&dir);
}

static int make_group(const struct cgroup_place *at, const struct plan_cgroup *group, bool *ret_made)
{
	bool cpuset =
		group->version == PLAN_CGROUP_V1 && cgroup_v1_has(plan_text(at->plan, group->name), "cpuset");
	FD_AUTO dir = descend(at, group, cpuset ? fill_cpuset : NULL, ret_made);
	int r;

	if (dir < 0)
		return dir;
	if (!*ret_made && (group->flags & PLAN_CGROUP_MUST_BE_EMPTY)) {
		r = check_empty(at, dir);
		if (r < 0)
			return r;
	}
	if (group->version == PLAN_CGROUP_V2 && !cgroup_v2_has(dir, at->plan, group->enable)) {
		bool again;
		/* The group exists by now: it gets its files when its parent enables the controller. */
		int same = descend(at, group, enable, &again);

		if (same < 0)
			return same;
		fd_close(same);
	}
	return fd_take(&dir);
}

/* A limit is to be written to group number n. Rules for devices do not count: without rights over the group
 * there are none over devices either. */
static bool has_limits(const struct plan *plan, uint64_t n)
{
	plan_each(plan, r) {
		const struct plan_cgroup_write *write = (const void *)r; /* if it is one */

		if (r->kind == PLAN_KIND_cgroup_write && write->group == n &&
		    strncmp(plan_text(plan, write->file), "devices.", 8) != 0)
			return true;
	}
	return false;
}

/* CGR-12: a rootless user without delegation goes on without this group, as the record allows. One that was
 * there and has gone is another matter (EXE-19). */
bool cgroup_may_miss(const struct plan *plan, uint64_t n, int error)
{
	const struct plan_cgroup *group = cgroup_number(plan, n);

	return group && (group->flags & PLAN_CGROUP_OPTIONAL) &&
	       (error == -EACCES || error == -EPERM || error == -EROFS ||
		(error == -ENOENT && !(group->flags & PLAN_CGROUP_EXISTS))) &&
	       !has_limits(plan, n);
}

int cgroup_run_group(const struct cgroup_place *at, const struct plan_record *record)
{
	const struct plan_cgroup *group = (const void *)record;
	struct host_cgroups *groups = at->groups;
	struct fault own = { 0 };
	const struct cgroup_place here = { at->plan, groups, &own };
	bool made = false;
	bool exists = group->flags & PLAN_CGROUP_EXISTS;
	int dir;

	if (groups->count >= CGROUPS_MAX)
		return fault_set(at->fault, FAULT_CHECK_PLAN, EINVAL, "more than 64 cgroups");
	dir = exists ? open_existing(&here, group) : make_group(&here, group, &made);
	if (made)
		groups->made |= 1ULL << groups->count;
	if (dir < 0 && !cgroup_may_miss(at->plan, groups->count, dir)) {
		*at->fault = own;
		/* made, then refused: counted, so that it is removed again */
		groups->dirs[groups->count] = -1;
		groups->count += made;
		if (dir == -EACCES || dir == -EPERM || dir == -EROFS)
			fault_note(at->fault, CGROUP_NO_RIGHTS);
		return dir;
	}
	if (dir >= 0 && (group->flags & PLAN_CGROUP_BORN))
		groups->born = (int)groups->count;
	groups->dirs[groups->count++] = dir < 0 ? -1 : dir;
	return 0;
}
