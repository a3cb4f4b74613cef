/* User namespaces that nobody lives in: an id-mapped mount takes its map from one (mount_setattr(2)). */
#ifndef OCIRUN_IDMAP_H
#define OCIRUN_IDMAP_H

#include <stdbool.h>

#include "sys.h"

/* A new user namespace with these maps ("inside outside size\n"...), made by a child that ends before this
 * returns. `proc`: the host's /proc, see procfs.h. Returns its descriptor, or a negative errno. */
int idmap_namespace(int proc, const char *uid_map, size_t uid_length, const char *gid_map, size_t gid_length);
/* Let the detached mount `tree`, and all below it when `recursive`, show ids as the user namespace maps
 * them. 0 or -errno: -EINVAL when a file system cannot (5.12 knew few), -EPERM without CAP_SYS_ADMIN in the
 * namespace that the file system belongs to, or when it is mapped already, -ENOSYS before 5.12. */
int idmap_apply(int tree, int user, bool recursive);

#endif
