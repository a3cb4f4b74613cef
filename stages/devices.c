/* Row `devices`: nodes, links and directories that the container needs besides its mounts. Everything is
 * made below a directory that was opened inside the root (a /dev that is a link stays inside:
 * CVE-2026-41579, CVE-2026-47766), and never through a link. Keeps shim->device_parent, since most of
 * them stand in /dev.
 */
#include <sys/sysmacros.h>

#include "attach.h"
#include "path.h"
#include "stage.h"

#define DIRECTORY_MODE 0755
#define TARGET_MODE 0644 /* of an empty file that a node is bound on */

/* One plain component? Only then does it stand in the directory kept from the last device. */
static bool is_plain(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}

/* The directory that holds the path's last component, made when missing. Stays the shim's. */
static int device_parent(struct shim *shim, const char *path, const char **ret_name)
{
	size_t length = shim->device_parent_length;
	int r;

	if (shim->device_parent_path && strncmp(path, shim->device_parent_path, length) == 0 &&
	    is_plain(path + length)) {
		*ret_name = path + length;
		return shim->device_parent;
	}
	r = path_make_parent(shim->root, path, DIRECTORY_MODE, ret_name);
	if (r < 0)
		return r;
	if (shim->device_parent_path)
		fd_close(shim->device_parent);
	shim->device_parent = r;
	shim->device_parent_path = path;
	shim->device_parent_length = (size_t)(*ret_name - path);
	return r;
}

static int bind_node(struct shim *shim, const struct plan_device *device, struct fault *fault)
{
	const char *path = plan_text(shim->plan, device->path);
	FD_AUTO target = path_make_file(shim->root, path, TARGET_MODE);
	int r = target < 0 ? target : attach_shared(shim, device->tree, target);

	return r < 0 ? fault_set(fault, FAULT_MOUNT, r, path) : 0;
}

/* It was there: it must be the device asked for, and is left as it is (it may be the host's own). */
static int verify_node(int parent, const char *name, const struct plan_device *device)
{
	struct stat stat;
	int r = sys_fstatat(parent, name, &stat, AT_SYMLINK_NOFOLLOW);

	if (r < 0)
		return r;
	if ((stat.st_mode & S_IFMT) != (device->mode & S_IFMT))
		return -EEXIST;
	if (S_ISFIFO(stat.st_mode))
		return 0;
	return stat.st_rdev == makedev((unsigned)device->major, (unsigned)device->minor) ? 0 : -EEXIST;
}

static int make_node(struct shim *shim, const struct plan_device *device, struct fault *fault)
{
	const char *path = plan_text(shim->plan, device->path), *name;
	int r, parent = device_parent(shim, path, &name);

	if (parent < 0)
		return fault_set(fault, FAULT_MAKE_NODE, parent, path);
	r = sys_mknodat(parent, name, (mode_t)device->mode, (unsigned)device->major, (unsigned)device->minor);
	if (r == -EEXIST) {
		r = verify_node(parent, name, device);
		if (r >= 0)
			return 0;
		fault_set(fault, FAULT_MAKE_NODE, r, path);
		if (r == -EEXIST)
			fault_note(fault, "something else than this device stands there");
		return r;
	}
	/* the device cgroup or a user namespace forbids nodes, not the use of the host's (DEV-08) */
	if (r == -EPERM && shim_tree(shim, device->tree) >= 0)
		return bind_node(shim, device, fault);
	if (r < 0)
		return fault_set(fault, FAULT_MAKE_NODE, r, path);
	if (device->uid || device->gid)
		r = sys_fchownat(parent, name, (uid_t)device->uid, (gid_t)device->gid, AT_SYMLINK_NOFOLLOW);
	return r < 0 ? fault_set(fault, FAULT_CHANGE_OWNER, r, path) : 0;
}

static int make_link(struct shim *shim, const struct plan_device *device, struct fault *fault)
{
	const char *path = plan_text(shim->plan, device->path), *name;
	const char *target = plan_text(shim->plan, device->target);
	int r, parent = device_parent(shim, path, &name);

	if (parent < 0)
		return fault_set(fault, FAULT_MAKE_LINK, parent, path);
	r = sys_symlinkat(target, parent, name);
	if (r == -EEXIST && device->flags & PLAN_DEVICE_REPLACE) {
		r = sys_unlinkat(parent, name, 0);
		if (r < 0)
			return fault_set(fault, FAULT_REMOVE, r, path);
		r = sys_symlinkat(target, parent, name);
	}
	if (r == -EEXIST && device->flags & PLAN_DEVICE_EXIST_OK)
		return 0;
	return r < 0 ? fault_set(fault, FAULT_MAKE_LINK, r, path) : 0;
}

static int make_directory(struct shim *shim, const struct plan_device *device, struct fault *fault)
{
	const char *path = plan_text(shim->plan, device->path);
	mode_t mode = (mode_t)device->mode & 07777;
	int r = path_make_directory(shim->root, path, mode ? mode : DIRECTORY_MODE);

	if (r < 0)
		return fault_set(fault, FAULT_MAKE_DIRECTORY, r, path);
	fd_close(r);
	return 0;
}

static int device_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	static int (*const ways[])(struct shim *, const struct plan_device *, struct fault *) = {
		[PLAN_DEVICE_MKNOD] = make_node,
		[PLAN_DEVICE_BIND] = bind_node,
		[PLAN_DEVICE_LINK] = make_link,
		[PLAN_DEVICE_DIRECTORY] = make_directory,
	};
	const struct plan_device *device = STAGE_RECORD(device, record);

	return ways[device->how](shim, device, fault);
}

const struct stage stage_devices = { "devices", { { PLAN_KIND_device, device_run } } };
