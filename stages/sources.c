/* Row `sources`: opens what comes from the host, with the host's rights and view, before any namespace
 * changes. Fills shim->trees and shim->proc. The only stage, beside `rootfs`, that resolves paths by the
 * host's rules: they are the user's own words, not the container's. Attaches nothing.
 */
#include <sys/sysmacros.h>

#include "attach.h"
#include "lock.h"
#include "mount.h"
#include "procfs.h"
#include "sources_idmap.h"
#include "stage.h"

#define SPARE_DESCRIPTORS 128u /* beside the trees: namespaces, hooks, what a step opens */
#define NULL_MAJOR 1
#define NULL_MINOR 3

static uint32_t count_sources(const struct plan *plan)
{
	uint32_t count = 0;

	plan_each(plan, r)
		count += r->kind == PLAN_KIND_source;
	return count;
}

/* Every tree is held open until it is attached: make room for many. `pivot` lowers it again. A limit
 * that cannot be raised shows as EMFILE where it hurts. */
static void make_room(struct shim *shim)
{
	uint64_t need = count_sources(shim->plan) + SPARE_DESCRIPTORS;
	struct rlimit limit;
	uint64_t soft;

	/* a limit below this starves far more than us: spare the call */
	if (need <= 2ULL * SPARE_DESCRIPTORS || sys_prlimit(0, RLIMIT_NOFILE, NULL, &limit) < 0 ||
	    limit.rlim_cur >= need || limit.rlim_cur == limit.rlim_max)
		return;
	soft = limit.rlim_cur;
	limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
	if (sys_prlimit(0, RLIMIT_NOFILE, &limit, NULL) >= 0)
		shim->soft_nofile = soft;
}

/* Private or slave before anyone attaches it; before 5.12 right after, see attach_settle(). */
static int settle(struct shim *shim, int tree, uint64_t propagation)
{
	int r;

	if (!propagation || shim->unsettled)
		return 0;
	r = mount_change(tree, 0, 0, propagation & ~(uint64_t)MS_REC, true);
	/* EINVAL: mount(2) instead of mount_setattr; newer 5.10s refuse it for what is in no namespace */
	if (!attach_must_wait(r) && r != -EINVAL)
		return r;
	shim->unsettled = true;
	return 0;
}

/* Take the tree over: it is the shim's in any case. */
static int keep(struct shim *shim, const struct plan_source *source, int tree, struct fault *fault)
{
	const char *path = plan_text(shim->plan, source->path);
	int r;

	if (source->tree >= shim->tree_count || shim->trees[source->tree] >= 0) {
		fd_close(tree);
		return fault_set(fault, FAULT_CHECK_PLAN, EBADSLT, path);
	}
	shim->trees[source->tree] = tree;
	r = settle(shim, tree, source->propagation);
	return r < 0 ? fault_set(fault, FAULT_SET_PROPAGATION, r, path) : 0;
}

static int open_tree(struct shim *shim, const struct plan_source *source, struct fault *fault)
{
	const char *path = plan_text(shim->plan, source->path);
	int flags = source->flags & PLAN_SOURCE_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
	int r = mount_clone(AT_FDCWD, path, flags, source->flags & PLAN_SOURCE_RECURSIVE);

	if (r >= 0) {
		r = keep(shim, source, r, fault);
		return r < 0 ? r : sources_idmap(shim, source, fault);
	}
	fault_set(fault, FAULT_CLONE_TREE, r, path);
	if (r == -EINVAL)
		fault_note(
			fault,
			source->head.row == PLAN_ROW_SOURCES_INSIDE &&
					!(source->flags & PLAN_SOURCE_RECURSIVE)
				? "what is mounted below it stays covered in a user namespace: use rbind"
				: "it stands on an unbindable mount, or on one of another mount namespace");
	return r;
}

/* CVE-2025-31133: what masks a file is the device 1:3 of the host, verified on the descriptor that is
 * cloned. Nothing of the container's is looked at. */
static int open_null(struct shim *shim, const struct plan_source *source, struct fault *fault)
{
	const char *path = plan_text(shim->plan, source->path);
	FD_AUTO fd = sys_openat(AT_FDCWD, path, O_PATH | O_NOFOLLOW, 0);
	struct stat stat;
	int r = fd;

	if (r < 0)
		return fault_set(fault, FAULT_OPEN, r, path);
	r = sys_fstat(fd, &stat);
	if (r < 0)
		return fault_set(fault, FAULT_STAT, r, path);
	if (!S_ISCHR(stat.st_mode) || stat.st_rdev != makedev(NULL_MAJOR, NULL_MINOR)) {
		r = fault_set(fault, FAULT_VERIFY, ENODEV, path);
		fault_note(fault, "not the device 1:3");
		return r;
	}
	r = mount_clone(fd, "", AT_EMPTY_PATH, false);
	if (r < 0)
		return fault_set(fault, FAULT_CLONE_TREE, r, path);
	return keep(shim, source, r, fault);
}

static int open_proc(struct shim *shim, const struct plan_source *source, struct fault *fault)
{
	int r;

	(void)source;
	if (shim->proc >= 0)
		return 0;
	r = procfs_open();
	if (r < 0)
		return fault_set(fault, FAULT_VERIFY, r, "/proc");
	shim->proc = r;
	return 0;
}

static int source_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	static int (*const ways[])(struct shim *, const struct plan_source *, struct fault *) = {
		[PLAN_SOURCE_TREE] = open_tree,
		[PLAN_SOURCE_NULL] = open_null,
		[PLAN_SOURCE_PROC] = open_proc,
	};
	const struct plan_source *source = STAGE_RECORD(source, record);

	if (record == plan_find(shim->plan, PLAN_KIND_source))
		make_room(shim);
	return ways[source->what](shim, source, fault);
}

const struct stage stage_sources = { "sources",
				     { { PLAN_KIND_source, source_run }, { PLAN_KIND_lock, lock_trees } } };
