/* Between the files of the row CGROUP: cgroup.c goes through the records, cgroup_make.c makes a group,
 * cgroup_limits.c does what is done to one. Nobody else includes this.
 */
#ifndef OCIRUN_CGROUP_PLACE_H
#define OCIRUN_CGROUP_PLACE_H

#include "host.h"

#define CGROUPS_MAX 64 /* bits of host_cgroups.made */
_Static_assert(CGROUPS_MAX <= HOST_CGROUPS_MAX, "dirs has room");

/* What every step is given. */
struct cgroup_place {
	const struct plan *plan;
	struct host_cgroups *groups;
	struct fault *fault;
};

/* The n-th record `cgroup`, or NULL. */
const struct plan_cgroup *cgroup_number(const struct plan *plan, uint64_t n);
/* Set a fault that names the group: its mount point and `length` bytes of its path. Returns -|error|. */
int cgroup_refuse(const struct cgroup_place *at, const struct plan_cgroup *group, enum fault_op op, int error,
		  size_t length);

/* Group number n was refused with `error`, and its record and the limits allow to go on without it. */
bool cgroup_may_miss(const struct plan *plan, uint64_t n, int error);
/* What a user without rights can do. The first words are runc's: clients look for them (BAT-25). */
#define CGROUP_NO_RIGHTS                                                                          \
	"rootless needs no limits + no cgrouppath when no permission is granted for cgroups: "    \
	"ask systemd for some (systemd-run --user --scope -p Delegate=yes), and mount no cgroup " \
	"writable without"

/* One record each: 0, or -errno with the fault, row and record excepted. */
typedef int cgroup_step(const struct cgroup_place *at, const struct plan_record *record);
cgroup_step cgroup_run_group, cgroup_run_write, cgroup_run_device, cgroup_run_owner;

#endif
