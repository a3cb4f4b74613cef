/* cgroup v1 alone: cpuset's empty groups, the freezer. Kept small and apart: devices with 4.x vendor trees
 * and old distributions have nothing else. `dir`: a group's directory in one hierarchy.
 */
#ifndef OCIRUN_CGROUP_V1_H
#define OCIRUN_CGROUP_V1_H

#include <stdbool.h>

#include "sys.h"

/* Whether the hierarchy `name` ("cpu,cpuacct") holds a controller. */
bool cgroup_v1_has(const char *name, const char *controller);
/* A new cpuset group has no processors and no memory nodes, and takes no task: copy what is empty from its
 * parent. */
int cgroup_v1_fill_cpuset(int parent, int dir);
/* Freeze or thaw. -ETIMEDOUT after `milliseconds`, thawed again. -ENOENT: another hierarchy. */
int cgroup_v1_freeze(int dir, bool frozen, int milliseconds);
/* 1: FROZEN or FREEZING, 0: not, or another hierarchy. */
int cgroup_v1_frozen(int dir);

#endif
