/* The new mount API with what 5.10 needs instead. All return a descriptor or 0, or a negative errno. */
#ifndef OCIRUN_MOUNT_H
#define OCIRUN_MOUNT_H

#include <stdbool.h>

#include "fault.h"
#include "sys.h"

/* Detached clone of the mount at (dir, path): OPEN_TREE_CLONE, with submounts when `recursive`.
 * flags: AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW or 0. */
int mount_clone(int dir, const char *path, int flags, bool recursive);
/* Change mount flags (MOUNT_ATTR_*) and propagation (one of MS_PRIVATE MS_SLAVE MS_SHARED
 * MS_UNBINDABLE, or 0) of the mount that `fd` is the root of: mount_setattr (5.12). Before it: the old
 * remount for an ATTACHED mount when not recursive; else -ENOSYS (-EOPNOTSUPP for a detached one).
 * atime is a group: a set or cleared atime bit replaces the whole of it. */
int mount_change(int fd, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive);
/* move_mount of a detached tree onto an open target. */
int mount_attach(int tree, int target);

struct mount_request {
	const char *type;    /* file system */
	const char *source;  /* or "" */
	uint32_t super;      /* MS_RDONLY and other super block flags */
	uint64_t attributes; /* MOUNT_ATTR_* for fsmount */
	uint32_t option_count;
	/* option i: "key=value" or "flag"; kept by the caller */
	const char *(*option)(const void *context, uint32_t i);
	const void *context;
};
/* New file system, detached: fsopen, fsconfig, fsmount. An option too long for fsconfig (256 bytes) or
 * a file system of the old kind (EINVAL from fsconfig on 5.10) or MS_SILENT and MS_I_VERSION, which
 * fsconfig has not, give -E2BIG and no fault: use mount_legacy. The fs context's own log goes into the
 * fault's note; its object is the type. Returns the mount's descriptor. */
int mount_new(const struct mount_request *request, struct fault *fault);
/* The same with one mount(2) onto an open, verified target; attributes are set as MS_ flags. Needs /proc.
 * Returns an O_PATH descriptor of the new mount's root (by ".." at the target as root: no name is looked
 * up). Options of 4096 bytes or more: a fault with E2BIG, mount(2) reads no more. */
int mount_legacy(const struct mount_request *request, int target, struct fault *fault);

#endif
