/* Row USERNS: a new user namespace, its id maps, then root inside it.
 *
 * The shim must be dumpable here: otherwise its files in /proc belong to the host's root, and neither it nor
 * a rootless parent could write the maps. Changing ids clears that; it is given back, for the time offsets
 * and the rest of /proc/self, until the container can see us (row HOOKS).
 */
#include <sys/prctl.h>

#include "procfs.h"
#include "lock.h"
#include "stage.h"

static int map_failed(const char *file, int error, struct fault *fault)
{
	fault_set(fault, FAULT_MAP_IDS, error, file);
	if (error == -EPERM)
		fault_note(fault, "without rights over the parent namespace only the own id can be mapped");
	return error;
}

/* Writer `self`: one line that maps our own id needs no right at all (user_namespaces(7)). */
static int write_own(const struct shim *shim, const struct plan_userns *userns, int proc, struct fault *fault)
{
	const struct plan *plan = shim->plan;
	int r = 0;

	/* required before gid_map for a writer without CAP_SETGID (3.19, CVE-2014-8989) */
	if (userns->flags & PLAN_USERNS_DENY_SETGROUPS)
		r = procfs_write(proc, "self/setgroups", "deny", 4);
	if (r < 0)
		return map_failed("setgroups", r, fault);
	r = procfs_write(proc, "self/uid_map", plan_text(plan, userns->uid_map), userns->uid_map.length);
	if (r < 0)
		return map_failed("uid_map", r, fault);
	r = procfs_write(proc, "self/gid_map", plan_text(plan, userns->gid_map), userns->gid_map.length);
	return r < 0 ? map_failed("gid_map", r, fault) : 0;
}

static int map_ids(struct shim *shim, const struct plan_userns *userns, struct fault *fault)
{
	FD_AUTO own = -1;

	if (userns->writer != PLAN_MAP_SELF)
		return shim->talk->ask(shim, MESSAGE_MAP, -1, fault);
	if (shim->proc >= 0)
		return write_own(shim, userns, shim->proc, fault);
	own = procfs_open();
	if (own < 0)
		return fault_set(fault, FAULT_OPEN, own, "/proc");
	return write_own(shim, userns, own, fault);
}

/* Groups are left to the row `identity`: with setgroups denied they could not be changed here anyway. */
static int become_root(struct fault *fault)
{
	int dumpable = sys_prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), r = sys_setresgid(0, 0, 0);

	if (r < 0)
		return fault_set(fault, FAULT_SET_GID, r, "0 in the new user namespace: gid 0 is not mapped");
	r = sys_setresuid(0, 0, 0);
	if (r < 0)
		return fault_set(fault, FAULT_SET_UID, r, "0 in the new user namespace: uid 0 is not mapped");
	r = sys_prctl(PR_SET_DUMPABLE, dumpable == 1, 0, 0, 0);
	return r < 0 ? fault_set(fault, FAULT_PRCTL, r, "dumpable") : 0;
}

static int run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	int r = sys_unshare(PLAN_NS_USER);

	if (r < 0) {
		fault_set(fault, FAULT_UNSHARE, r, "user");
		if (r == -ENOSPC)
			fault_note(fault, "the limit user.max_user_namespaces is reached");
		if (r == -EPERM)
			fault_note(fault,
				   "user namespaces are switched off for this user, or we are in a chroot");
		return r;
	}
	r = lock_take_back(shim, fault);
	if (r >= 0)
		r = map_ids(shim, STAGE_RECORD(userns, record), fault);
	return r < 0 ? r : become_root(fault);
}

const struct stage stage_userns = {
	.name = "userns",
	.kinds = { { PLAN_KIND_userns, run } },
};
