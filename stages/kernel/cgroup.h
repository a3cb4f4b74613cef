/* Control groups by descriptor, what v1 and v2 have in common: open, read, write, list, remove. `dir` is a
 * descriptor of a group's directory (O_PATH will do). Callers: cgroup_v1.c, cgroup_v2.c, stages/host.
 * Symlinks are never followed below `dir`; nothing here knows a mount point or the plan's records.
 */
#ifndef OCIRUN_CGROUP_H
#define OCIRUN_CGROUP_H

#include "sys.h"

#define CGROUP_DEPTH_MAX 256 /* levels below a group that a walk enters: one descriptor each */

/* PLAN_CGROUP_V1 or PLAN_CGROUP_V2 by the file system's magic; -EXDEV when it is no group at all. */
int cgroup_version(int dir);
/* 1 when `dir` is the root of its mount: never ours to kill in or to remove. 0, or -errno. */
int cgroup_is_mount_root(int dir);
/* O_RDONLY descriptor of the group `name` (one component) right below dir. -EINVAL for "", ".", ".." and
 * whatever holds a '/'. */
int cgroup_open_child(int dir, const char *name);
/* One write to a file of the group. -EINVAL when `file` is no plain name, -EIO for a short write. */
int cgroup_write(int dir, const char *file, const char *value, size_t length);
/* The same for a NUL-terminated text. */
int cgroup_put(int dir, const char *file, const char *text);
/* The first bytes of a file, NUL-terminated and without the last newline; the length, or -errno. */
ssize_t cgroup_read(int dir, const char *file, char *buffer, size_t size);
/* The number behind `key` in a text, or a file, of "key number" lines (cgroup.events, memory.events). 0,
 * -errno, or -ENODATA when there is no such key. */
int cgroup_find_key(const char *text, const char *key, uint64_t *ret);
int cgroup_read_key(int dir, const char *file, const char *key, uint64_t *ret);

/* Called for each process; anything but 0 ends the walk with that value. */
typedef int cgroup_pid_step(void *context, int64_t pid);
/* Each process in the group and in those below it. A group that vanishes meanwhile is empty. -ELOOP when
 * groups are nested deeper than CGROUP_DEPTH_MAX. Processes outside our pid namespace are left out. */
int cgroup_each_pid(int dir, cgroup_pid_step *step, void *context);
/* How many those are. Errors: as above. */
int cgroup_count_pids(int dir, uint64_t *ret);
/* Signal each of them. 0 also when there was none. */
int cgroup_signal(int dir, int signal);
/* One pass that removes every group below dir, deepest first, at any depth; a busy one gets SIGKILL for its
 * processes and ends the pass with -EBUSY: try again after a pause. */
int cgroup_remove_below(int dir);

#endif
