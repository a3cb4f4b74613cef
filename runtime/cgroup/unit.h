/* Names of the systemd driver (CGR-02, CGR-03, CGR-04). Text alone: nothing is asked. */
#ifndef OCIRUN_CGROUP_UNIT_H
#define OCIRUN_CGROUP_UNIT_H

#include <stdbool.h>

#include "arena.h"
#include "error.h"

struct unit_name {
	const char *unit, *slice; /* "ocirun-web.scope", "system.slice" */
	const char *path;         /* its group in each hierarchy: "/system.slice/ocirun-web.scope" */
};

/* `wanted` is linux.cgroupsPath, "slice:prefix:name", or NULL or "": the default. `user`: of a user's
 * systemd, whose own group is `root` ("" for the system's). Everything returned lives in `arena`. -EINVAL. */
int unit_name(struct arena *arena, const char *wanted, const char *id, bool user, const char *root,
	      struct unit_name *ret, struct error *error);
/* Whether systemd makes a slice of this name, and not a scope. */
bool unit_is_slice(const char *unit);

#endif
