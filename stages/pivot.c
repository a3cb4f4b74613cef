/* Row `pivot`: "/" becomes the container's root, and the host's file systems are gone from the view by
 * the one umount on the way (an RCU wait: DESIGN, "What the kernel itself costs"). Sets shim->pivoted;
 * shim->root stays: it is the root of the mount that "/" is now. No host path is reachable behind it.
 */
#include "attach.h"
#include "mount.h"
#include "pivot_move.h"
#include "stage.h"

#define COVERS_MAX 8           /* mounts over the host's own "/": more are none of ours */
#define COVER_DIRECTORY "root" /* inside the tmpfs that takes an initramfs' place */

/* pivot_root(".", ".") stacks the old root on the new one, where umount finds it first: no directory
 * inside the container has to be made for it. "." is the new root before and after. */
static int pivot_here(int root)
{
	int r = sys_fchdir(root);

	if (r >= 0)
		r = sys_pivot_root(".", ".");
	return r < 0 ? r : sys_umount2(".", SYS_MNT_DETACH);
}

/* Before Linux 7 an initramfs cannot be pivoted away from: it is mounted on nothing. A tmpfs over it can
 * be; the root moves there. What pivot leaves below is out of reach: ".." ends at the top of the stack. */
static int cover_initramfs(int root)
{
	static const struct mount_request request = { .type = "tmpfs", .source = "tmpfs" };
	struct fault ignored = { 0 };
	FD_AUTO cover = mount_new(&request, &ignored);
	FD_AUTO slash = cover < 0 ? cover : sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	int r = slash;

	if (r >= 0)
		r = mount_attach(cover, slash);
	if (r >= 0)
		r = sys_fchdir(cover);
	if (r >= 0)
		r = sys_chroot(".");
	if (r >= 0)
		r = sys_mkdirat(cover, COVER_DIRECTORY, 0700);
	if (r < 0)
		return r;
	return sys_move_mount(root, "", cover, COVER_DIRECTORY, MOVE_MOUNT_F_EMPTY_PATH);
}

/* The umount takes what is on top. When the host's root has something mounted over it, that alone is gone,
 * and "/.." would still lead to the host: at a root, ".." steps to the top of what is stacked there. */
static int verify_top(int root)
{
	int64_t ours = sys_mount_id(root, "", AT_EMPTY_PATH), top = sys_mount_id(AT_FDCWD, "..", 0);

	if (ours < 0 || top < 0)
		return (int)(ours < 0 ? ours : top);
	return ours == top ? 0 : -EXDEV;
}

static int pivot_root(struct shim *shim, struct fault *fault)
{
	int r = pivot_here(shim->root);

	if (r == -EINVAL && cover_initramfs(shim->root) >= 0)
		r = pivot_here(shim->root);
	if (r >= 0)
		r = verify_top(shim->root);
	for (int i = 0; r == -EXDEV && i < COVERS_MAX; i++) {
		r = sys_umount2(".", SYS_MNT_DETACH);
		if (r >= 0)
			r = verify_top(shim->root);
	}
	if (r >= 0)
		return 0;
	fault_set(fault, FAULT_PIVOT, r, "the container's root");
	if (r == -EINVAL)
		fault_note(fault, "the root is no mount point, or shared with the host");
	return r;
}

static int change_root(int root)
{
	int r = sys_fchdir(root);

	if (r >= 0)
		r = sys_chroot(".");
	return r;
}

/* CRE-08. The host's mounts stay below: root in the container may still get at them by tricks, which is
 * why nobody should ask for this; a whole proc or sysfs among them would even let a user namespace
 * inside mount fresh ones, so these go. */
static int pivot_move(struct shim *shim, struct fault *fault)
{
	FD_AUTO slash = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	int r = slash < 0 ? slash : pivot_hide_kernel_files(shim, fault);

	if (r >= 0)
		r = sys_move_mount(shim->root, "", slash, "",
				   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	if (r >= 0)
		r = change_root(shim->root);
	return r < 0 ? fault_set(fault, FAULT_PIVOT, r, "the container's root, without pivot_root") : 0;
}

static int pivot_chroot(struct shim *shim, struct fault *fault)
{
	int r = change_root(shim->root);

	return r < 0 ? fault_set(fault, FAULT_PIVOT, r, "the container's root") : 0;
}

/* What `sources` raised, unless config.json sets the limit itself: the trees are attached by now. */
static int restore_limit(struct shim *shim, struct fault *fault)
{
	struct rlimit limit;
	int r;

	if (!shim->soft_nofile)
		return 0;
	plan_each(shim->plan, record)
		if (record->kind == PLAN_KIND_rlimit &&
		    STAGE_RECORD(rlimit, record)->resource == RLIMIT_NOFILE)
			return 0;
	r = sys_prlimit(0, RLIMIT_NOFILE, NULL, &limit);
	limit.rlim_cur = shim->soft_nofile;
	if (r >= 0)
		r = sys_prlimit(0, RLIMIT_NOFILE, &limit, NULL);
	return r < 0 ? fault_set(fault, FAULT_SET_LIMIT, r, "RLIMIT_NOFILE") : 0;
}

/* config-linux.md, rootfsPropagation: "shared" is a new peer group of the container's own, not a slave of the
 * host's, which our clone is. */
static int propagate(const struct shim *shim, uint64_t propagation, struct fault *fault)
{
	int r = propagation & MS_SHARED ? attach_propagation(shim->root, MS_PRIVATE) : 0;

	if (r >= 0)
		r = attach_propagation(shim->root, propagation);
	return r < 0 ? fault_set(fault, FAULT_SET_PROPAGATION, r, "/") : 0;
}

static int pivot_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	static int (*const ways[])(struct shim *, struct fault *) = {
		[PLAN_PIVOT_ROOT] = pivot_root,
		[PLAN_PIVOT_MOVE] = pivot_move,
		[PLAN_PIVOT_CHROOT] = pivot_chroot,
	};
	const struct plan_pivot *pivot = STAGE_RECORD(pivot, record);
	int r = ways[pivot->how](shim, fault);

	if (r < 0)
		return r;
	shim->pivoted = true;
	r = pivot->propagation ? propagate(shim, pivot->propagation, fault) : 0;
	return r < 0 ? r : restore_limit(shim, fault);
}

const struct stage stage_pivot = { "pivot", { { PLAN_KIND_pivot, pivot_run } } };
