/* Row `masks`: readonlyPaths and maskedPaths, behind `pivot` and `console`, before `seal`. A path that is
 * not there needs no mask; any other failure ends the set-up (CVE-2025-31133: a mask is never silently
 * missing). What covers is a clone of the host's verified /dev/null or of one read-only tmpfs of ours:
 * nothing of the container's, so there is nothing to exchange. Keeps shim->mask_tmpfs.
 */
#include "attach.h"
#include "mount.h"
#include "path.h"
#include "stage.h"

static const char *const tmpfs_options[] = { "mode=0755", "nr_inodes=1" };

static const char *tmpfs_option(const void *context, uint32_t i)
{
	(void)context;
	return tmpfs_options[i];
}

/* The descriptor of what stands at the path, or -1 with *ret_missing. Links are followed in the root. Below
 * /proc it is looked up in the procfs that was mounted there, whatever the name leads to by now: or masks
 * would be missing where they count (CVE-2019-19921, CVE-2025-31133). */
static int open_masked(const struct shim *shim, const char *path, bool *ret_missing, struct fault *fault)
{
	bool proc = shim->proc_view > 0 && strncmp(path, "/proc/", 6) == 0;
	int r = path_open(proc ? shim->proc_view : shim->root, proc ? path + 6 : path, O_PATH);

	*ret_missing = r == -ENOENT || r == -ENOTDIR;
	return r >= 0 || *ret_missing ? r : fault_set(fault, FAULT_OPEN, r, path);
}

/* The first masked directory gets the tmpfs itself, the others clones of it: they share st_dev (BAT-34),
 * and no detached mount is left over. One inode, its root: nothing can ever be made in it. */
static int mask_directory(struct shim *shim, int target, struct fault *fault)
{
	static const struct mount_request request = {
		.type = "tmpfs",
		.source = "tmpfs",
		.super = MS_RDONLY,
		.attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		.option_count = sizeof tmpfs_options / sizeof *tmpfs_options,
		.option = tmpfs_option,
	};
	int r, tmpfs;

	if (shim->mask_tmpfs > 0)
		return attach_clone(shim->mask_tmpfs, true, target);
	tmpfs = mount_new(&request, fault);
	if (tmpfs < 0)
		return tmpfs;
	r = attach_clone(tmpfs, false, target);
	if (r < 0)
		fd_close(tmpfs);
	else
		shim->mask_tmpfs = tmpfs;
	return r;
}

static int masked_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_masked_path *masked = STAGE_RECORD(masked_path, record);
	const char *path = plan_text(shim->plan, masked->path);
	struct stat stat;
	bool missing;
	FD_AUTO target = open_masked(shim, path, &missing, fault);
	int r = target;

	if (target < 0)
		return missing ? 0 : r;
	r = sys_fstat(target, &stat);
	if (r < 0)
		return fault_set(fault, FAULT_STAT, r, path);
	if (S_ISDIR(stat.st_mode))
		r = mask_directory(shim, target, fault);
	else
		r = attach_shared(shim, masked->null, target);
	return r < 0 ? fault_set2(fault, FAULT_MOUNT, r, "a mask", " on ", path) : 0;
}

/* Read-only goes on the detached clone, so that the path is never seen writable and covered. Submounts
 * come along and keep their flags: they have records of their own if they are to change. */
static int cover_readonly(int target)
{
	FD_AUTO clone = mount_clone(target, "", AT_EMPTY_PATH, true);
	int r, early;

	if (clone < 0)
		return clone;
	early = mount_change(clone, MOUNT_ATTR_RDONLY, 0, 0, false);
	if (early < 0 && !attach_must_wait(early))
		return early;
	r = mount_attach(clone, target);
	if (r >= 0 && early < 0) /* before 5.12: an attached mount only */
		r = mount_change(clone, MOUNT_ATTR_RDONLY, 0, 0, false);
	return r;
}

static int readonly_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const char *path = plan_text(shim->plan, STAGE_RECORD(readonly_path, record)->path);
	bool missing;
	FD_AUTO target = open_masked(shim, path, &missing, fault);
	int r = target;

	if (target < 0)
		return missing ? 0 : r;
	r = cover_readonly(target);
	return r < 0 ? fault_set(fault, FAULT_SET_FLAGS, r, path) : 0;
}

const struct stage stage_masks = {
	"masks",
	{ { PLAN_KIND_readonly_path, readonly_run }, { PLAN_KIND_masked_path, masked_run } },
};
