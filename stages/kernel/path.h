/* Paths inside a root that may be hostile: openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), then work
 * on descriptors (CVE-2021-30465, CVE-2024-45310). `root` is a descriptor of the root directory; `path`
 * counts from it whether it begins with '/' or not; ".." and links never leave it. No host path is
 * resolved here. All return a descriptor (caller's, close-on-exec) or 0, or a negative errno.
 */
#ifndef OCIRUN_PATH_H
#define OCIRUN_PATH_H

#include "sys.h"

/* Open what stands at path with the flags of open(2). */
int path_open(int root, const char *path, int flags);
/* O_PATH of the directory that holds path's last component, links on the way followed; ret_name points
 * into path. -EINVAL when path has no last component ("/", ".."). */
int path_parent(int root, const char *path, const char **ret_name);
/* The same, missing directories made with `mode`. */
int path_make_parent(int root, const char *path, mode_t mode, const char **ret_name);
/* O_PATH of the directory at path; it and its parents are made with `mode` when missing. First tries
 * the open alone: one call when it is there. -ENOTDIR when something else stands there. */
int path_make_directory(int root, const char *path, mode_t mode);
/* O_PATH of the file at path, made empty with `mode` (O_EXCL, never through a link) when missing, its
 * parents 0755. Not an error when a file of another type stands there. -EISDIR for a directory. */
int path_make_file(int root, const char *path, mode_t mode);
/* "/proc/self/fd/N" for calls that take only a path. Use while the trusted /proc is visible. */
#define PATH_FD_TEXT 40
const char *path_of_fd(char text[PATH_FD_TEXT], int fd);

#endif
