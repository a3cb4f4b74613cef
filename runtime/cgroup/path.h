/* Where the container's groups are. Text alone: nothing is looked at or made. */
#ifndef OCIRUN_CGROUP_PATH_H
#define OCIRUN_CGROUP_PATH_H

#include "facts.h"

/* The container's group below the mount of one hierarchy: clean, begins with '/'. `wanted` is
 * linux.cgroupsPath or NULL. */
const char *cgroup_path(struct arena *arena, const struct facts *facts,
			const struct facts_hierarchy *hierarchy, const char *wanted, const char *id);
/* v2: the tree without a name; v1: the one that has the controller. NULL: none. */
const struct facts_hierarchy *cgroup_hierarchy(const struct facts *facts, const char *controller);
/* Whether a list "cpu,cpuacct" or "cpu memory" holds the word. */
bool cgroup_has_word(const char *list, const char *word);

#endif
