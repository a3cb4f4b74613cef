/* What the mount stages share: attaching trees of `sources`, attributes and propagation, on kernels
 * with mount_setattr and before. Trees never pass through a path.
 */
#ifndef OCIRUN_ATTACH_H
#define OCIRUN_ATTACH_H

#include "stage.h"

/* MOUNT_ATTR_* to set and clear on a mount and, `rec_`, on all mounts of its tree. */
struct attach_attributes {
	uint64_t set, clear, rec_set, rec_clear;
};

/* Has the kernel (before 5.12) no way to do this, or none for a detached tree? Then it is done once more
 * when the tree stands. */
static inline bool attach_must_wait(int r)
{
	return r == -ENOSYS || r == -EOPNOTSUPP;
}
/* The record that opened a tree, or NULL. For messages, and for its propagation. */
const struct plan_source *attach_source(const struct plan *plan, uint64_t tree);
/* Change flags of the mount that `fd` is the root of. 0 or -errno: -ENOSYS, -EOPNOTSUPP before 5.12 for
 * what only mount_setattr can do. */
int attach_change(int fd, const struct attach_attributes *change);
/* Set propagation (MS_* with or without MS_REC) of the attached mount `fd`. 0 or -errno. */
int attach_propagation(int fd, uint64_t propagation);
/* Attach a tree that several records may use: the first gets the tree itself, which stays open in its
 * place, later ones clones of it (they are single mounts). So no detached tree is left to be dissolved
 * by the kernel at its close, which waits for RCU. 0 or -errno. */
int attach_shared(struct shim *shim, uint64_t tree, int target);
/* The same for a descriptor outside shim->trees; `attached` says whether it stands already. */
int attach_clone(int fd, bool attached, int target);
/* Right after a tree was attached on a kernel before 5.12: make it private or slave, as its source
 * record says. `fd` is its root. Nothing to do on others. 0 or -errno. */
int attach_settle(const struct shim *shim, uint64_t tree, int fd);

#endif
