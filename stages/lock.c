/* Row `sources`, record `lock`: mount flags that the host has set stay locked in a user namespace. A detached
 * clone knows no locks, so the root of a container that keeps CAP_SYS_ADMIN could make a host's read-only
 * mount writable. The kernel locks what a new user namespace COPIES (copy_mnt_ns: lock_mnt_tree): so the
 * trees stand for a moment in a namespace of the host's, on a tmpfs of their own, and are cloned again from
 * the copy. Nothing is mounted in the namespace we came from.
 */
#include "lock.h"

#include "attach.h"
#include "mount.h"
#include "number.h"

/* One mount point a tree: a directory or a file, named by its number. Returns it open. */
static int make_point(int parking, int tree, const char *name)
{
	struct stat stat;
	int r = sys_fstat(tree, &stat);

	if (r < 0)
		return r;
	r = S_ISDIR(stat.st_mode) ? sys_mkdirat(parking, name, 0700)
				  : sys_mknodat(parking, name, S_IFREG | 0600, 0, 0);
	return r < 0 ? r : sys_openat(parking, name, O_PATH | O_NOFOLLOW, 0);
}

static int park(struct shim *shim, int parking, uint64_t tree)
{
	char name[NUMBER_TEXT];
	int r;

	number_text(name, tree);
	FD_AUTO point = make_point(parking, shim->trees[tree], name);
	if (point < 0)
		return point;
	r = mount_attach(shim->trees[tree], point);
	if (r >= 0)
		r = attach_settle(shim, tree, shim->trees[tree]);
	fd_close_at(&shim->trees[tree]);
	return r;
}

/* The host's view in a namespace of our own, the tmpfs at `place`. Returns the tmpfs's root. */
static int make_parking(const char *place)
{
	struct mount_request request = { .type = "tmpfs", .source = "tmpfs" };
	struct fault ignored = { 0 };
	int r = sys_unshare(CLONE_NEWNS);

	if (r >= 0)
		r = sys_mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL);
	if (r < 0)
		return r;
	FD_AUTO where = sys_openat(AT_FDCWD, place, O_PATH | O_DIRECTORY, 0);
	if (where < 0)
		return where;
	FD_AUTO parking = mount_new(&request, &ignored);
	if (parking < 0)
		return parking;
	r = mount_attach(parking, where);
	return r < 0 ? r : fd_take(&parking);
}

int lock_trees(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const char *place = plan_text(shim->plan, STAGE_RECORD(lock, record)->place);
	FD_AUTO parking = make_parking(place);
	int r = parking;

	plan_each(shim->plan, other) {
		const struct plan_source *source = STAGE_RECORD(source, other);

		if (r >= 0 && other->kind == PLAN_KIND_source && shim_tree(shim, source->tree) >= 0)
			r = park(shim, parking, source->tree);
	}
	if (r < 0)
		return fault_set(fault, FAULT_MOUNT, r, "what comes from the host, for a user namespace");
	shim->parked = place;
	return 0;
}

/* ---- inside -------------------------------------------------------------------------------------------- */

static int take(struct shim *shim, int parking, const struct plan_source *source)
{
	char name[NUMBER_TEXT];

	number_text(name, source->tree);
	int tree = mount_clone(parking, name, AT_SYMLINK_NOFOLLOW, source->flags & PLAN_SOURCE_RECURSIVE);
	if (tree < 0)
		return tree;
	shim->trees[source->tree] = tree;
	/* a clone is a peer of what it was made from; the copy itself is the host's slave by now */
	return shim->unsettled || !source->propagation
		       ? 0
		       : mount_change(tree, 0, 0, source->propagation & ~(uint64_t)MS_REC, true);
}

int lock_take_back(struct shim *shim, struct fault *fault)
{
	int r;

	if (!shim->parked)
		return 0;
	r = sys_unshare(CLONE_NEWNS);
	if (r < 0)
		return fault_set(fault, FAULT_UNSHARE, r, "mount");
	FD_AUTO parking = sys_openat(AT_FDCWD, shim->parked, O_RDONLY | O_DIRECTORY, 0);
	r = parking;
	plan_each(shim->plan, record) {
		const struct plan_source *source = STAGE_RECORD(source, record);

		if (r >= 0 && record->kind == PLAN_KIND_source && record->row != PLAN_ROW_MOUNTS &&
		    source->what != PLAN_SOURCE_PROC)
			r = take(shim, parking, source);
	}
	shim->parked = NULL;
	return r < 0 ? fault_set(fault, FAULT_CLONE_TREE, r,
				 "what comes from the host, in the user namespace")
		     : 0;
}
