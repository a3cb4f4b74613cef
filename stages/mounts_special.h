/* The mounts that are more than "make and attach": see mounts.c, which alone calls these. */
#ifndef OCIRUN_MOUNTS_SPECIAL_H
#define OCIRUN_MOUNTS_SPECIAL_H

#include "stage.h"

/* tmpcopyup: copy what directory `from` holds into the empty directory `to`: files, directories, links,
 * special files, with modes and owners; also owner and mode of `to` itself, as `flags` of the mount
 * say (PLAN_MOUNT_KEEP_*). 0 or -errno. */
int mounts_copy_up(int from, int to, uint64_t flags);
/* how = remount: new flags and options for the mount whose root stands at the target. 0 or -errno; the
 * kernel's own words are not known for these. */
int mounts_remount(struct shim *shim, const struct plan_mount *mount);
/* how = symlink: a link at the target to `device`. The same link already there is fine. 0 or -errno. */
int mounts_symlink(struct shim *shim, const struct plan_mount *mount);
/* copy-symlink: the same with the link that the tree consists of, instead of mounting it. 0 or -errno. */
int mounts_copy_symlink(struct shim *shim, const struct plan_mount *mount, int tree);

#endif
