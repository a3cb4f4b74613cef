/* Writes to procfs that cannot be misled (CVE-2019-16884, CVE-2025-52881): `proc` is the host's /proc,
 * held by O_PATH since the row `sources` and verified to be procfs's root (magic, inode 1). Each path is
 * opened below it with RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS (self is resolved by us),
 * so an over-mount is an error and not a trap.
 */
#ifndef OCIRUN_PROCFS_H
#define OCIRUN_PROCFS_H

#include "sys.h"

/* O_PATH of /proc when it is the root of a procfs; -EXDEV when it is something else. */
int procfs_open(void);
/* Open `path` below proc ("sys/kernel/hostname", "thread-self/attr/exec" is spelled "self/attr/exec":
 * "self/" is replaced by the caller's pid as this procfs sees it, read from its link). */
int procfs_open_file(int proc, const char *path, int flags);
/* Write `length` bytes to it in one write. 0 or -errno. */
int procfs_write(int proc, const char *path, const char *value, size_t length);

#endif
