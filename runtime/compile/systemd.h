/* What systemd is asked for with its driver: a unit, and its properties as text (systemd-helper/value.h). Not
 * part of the plan: systemd lives on the host alone.
 */
#ifndef OCIRUN_COMPILE_SYSTEMD_H
#define OCIRUN_COMPILE_SYSTEMD_H

#include <stdio.h>

#include "facts.h"
#include "spec/spec.h"

struct systemd_property {
	const char *name, *value;
	uint32_t since; /* the first version of systemd that has it; an older one goes without */
	bool late;      /* a limit that set-up would starve under: set when the container is ready */
};
struct systemd_properties {
	uint32_t count, size;
	struct systemd_property *items;
};
struct systemd_unit {
	const char *name, *slice;
	const char *path;     /* of its group in each hierarchy: "/system.slice/ocirun-web.scope" */
	const char *subgroup; /* ANN-12: the container is in a group below the unit's; NULL: in that */
	bool user;            /* the user's systemd, not the system's */
	struct systemd_properties properties;
};

/* Set a property, in the place of an earlier value. */
void systemd_put(struct arena *arena, struct systemd_properties *list, const char *name, const char *value);
/* The properties of a resources object (CGR-08, LIM-40): the numbers that compile writes to the group's
 * files. For `create`, and for `update`, which hands them to systemd_set_properties (host/systemd.h) before
 * it writes the files. -EINVAL with a pointer. */
int systemd_limits(struct arena *arena, const struct spec_resources *resources, enum cgroup_mode mode,
		   struct systemd_properties *list, struct error *error);
/* The quota that systemd will make of it, a whole percent of a processor: for the group's files, too, since
 * systemd writes it there whenever it looks again (daemon-reload). runc does the same. */
void systemd_round_quota(struct spec_resources *resources);
/* DevicePolicy and DeviceAllow: at creation alone. `resources` may be NULL: the defaults. */
void systemd_devices(struct arena *arena, const struct spec_resources *resources,
		     struct systemd_properties *list);

/* `ocirun plan`: a line for the unit and for each property. */
void systemd_dump_text(const struct systemd_unit *unit, FILE *out);

#endif
