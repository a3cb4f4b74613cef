/* Row `rootfs`: the new mount namespace is cut off from the host's, then the root's tree is attached
 * where the bundle has it (hooks look for it there). Sets shim->root. Runs behind `namespaces`, before
 * anything is mounted (R9: nothing may ever be mounted in the host's view).
 */
#include "attach.h"
#include "mount.h"
#include "stage.h"

#define CUT_OFF (PLAN_PROP_PRIVATE | PLAN_PROP_SLAVE | PLAN_PROP_UNBINDABLE)

/* A shared view would carry every mount of the container to the host, and pivot_root refuses it. */
static int cut_off_view(const struct plan_rootfs *rootfs, struct fault *fault)
{
	uint64_t type = rootfs->view & ~(uint64_t)PLAN_PROP_RECURSIVE;
	int r;

	if (!(type & CUT_OFF) || type & PLAN_PROP_SHARED || type & (type - 1)) {
		r = fault_set(fault, FAULT_SET_PROPAGATION, EINVAL, "/");
		fault_note(fault, "the view must be made private or slave");
		return r;
	}
	r = sys_mount(NULL, "/", NULL, (unsigned long)(type | MS_REC), NULL);
	if (r >= 0)
		return 0;
	fault_set(fault, FAULT_SET_PROPAGATION, r, "/");
	if (r == -EINVAL)
		fault_note(fault, "/ is no mount point: is this a chroot?");
	return r;
}

/* Where the tree is attached. By the host's rules, links included: what will be seen there is the tree
 * that we hold, whatever the path leads to. A user namespace's root may not be let through the
 * directories above: "/" serves as well, only hooks can tell. */
static int open_place(const char *path)
{
	int r = sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);

	return r == -EACCES ? sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0) : r;
}

static int attach_root(struct shim *shim, const struct plan_rootfs *rootfs, struct fault *fault)
{
	const char *path = plan_text(shim->plan, rootfs->path);
	int tree = shim_tree(shim, rootfs->tree), r;
	FD_AUTO place = tree < 0 ? -EBADF : open_place(path);

	r = place < 0 ? place : mount_attach(tree, place);
	if (r >= 0)
		r = attach_settle(shim, rootfs->tree, tree);
	if (r < 0)
		return fault_set2(fault, FAULT_MOUNT, r, "the root file system", " on ", path);
	shim->root = fd_take(&shim->trees[rootfs->tree]);
	return 0;
}

static int rootfs_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_rootfs *rootfs = STAGE_RECORD(rootfs, record);
	const char *path = plan_text(shim->plan, rootfs->path);
	int r;

	if (rootfs->flags & PLAN_ROOTFS_NO_ATTACH) {
		r = sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
		if (r < 0)
			return fault_set(fault, FAULT_OPEN, r, path);
		shim->root = r;
		return 0;
	}
	r = cut_off_view(rootfs, fault);
	return r < 0 ? r : attach_root(shim, rootfs, fault);
}

const struct stage stage_rootfs = { "rootfs", { { PLAN_KIND_rootfs, rootfs_run } } };
