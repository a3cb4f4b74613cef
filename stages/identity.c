/* Who the program is: groups, ids, capabilities, no_new_privs, working directory. After this row the shim
 * has the user's rights and no more (one exception: see identity_caps). The order of the steps matters:
 * each needs rights that a later one gives up. Sets shim->identity.
 *
 * Inheritable and ambient sets are exactly the record's, never derived (CVE-2022-29162, CVE-2022-27650).
 */
#include <linux/capability.h>
#include <sys/prctl.h>

#include "number.h"
#include "path.h"
#include "stage.h"

#define CAP_BIT(cap) (1ull << (cap))

/* EINVAL: the id is not mapped. A whole sentence, since clients of runc look for its words. */
static int refused_id(struct fault *fault, enum fault_op op, int error, const char *what, uint64_t id)
{
	char number[NUMBER_TEXT];

	number_text(number, id);
	if (error != -EINVAL)
		return fault_set(fault, op, error, number);
	fault_set2(fault, op, 0, "cannot set", what, " to unmapped ");
	fault_append(fault->object, sizeof fault->object, what);
	fault_append(fault->object, sizeof fault->object, " ");
	fault_append(fault->object, sizeof fault->object, number);
	fault_append(fault->object, sizeof fault->object, " in user namespace");
	return error;
}

/* The list's slots are 8 bytes each, the kernel wants 4: moved together in place, since 65536 groups do not
 * fit on a stack. Position 4*i never passes the slot 8*i that is read next. */
static int set_groups(struct shim *shim, const struct plan_identity *id, struct fault *fault)
{
	gid_t *groups = (gid_t *)(void *)(shim->plan->slots + id->groups.first);
	int r;

	for (uint32_t i = 0; i < id->groups.count; i++) {
		gid_t group = (gid_t)plan_number(shim->plan, id->groups, i);

		memcpy(groups + i, &group, sizeof group);
	}
	r = sys_setgroups(id->groups.count, groups);
	/* what a user without rights maps by itself never gets to change its groups (CVE-2014-8989) */
	if (r == -EPERM && id->flags & PLAN_ID_GROUPS_OPTIONAL && id->groups.count == 0)
		return 0;
	if (r < 0)
		fault_set(fault, FAULT_SET_GROUPS, r, NULL);
	if (r == -EPERM && id->flags & PLAN_ID_GROUPS_OPTIONAL)
		fault_note(fault,
			   "setgroups is denied in this user namespace: cannot set any additional groups in "
			   "a rootless container without a range in /etc/subgid");
	return r;
}

/* Needs CAP_SETPCAP: before the ids change. EINVAL: one behind the kernel's last capability. */
static int drop_bounding(uint64_t keep, struct fault *fault)
{
	char number[NUMBER_TEXT];
	int r = 0;

	for (unsigned cap = 0; cap < 64 && r >= 0; cap++) {
		if (keep & CAP_BIT(cap))
			continue;
		r = sys_prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
		if (r == -EINVAL)
			return 0;
		if (r < 0) {
			number_text(number, cap);
			fault_set2(fault, FAULT_SET_CAPS, r, "bounding: number ", number, "");
		}
	}
	return r;
}

static int set_ids(const struct plan_identity *id, struct fault *fault)
{
	uid_t uid = (uid_t)id->uid;
	gid_t gid = (gid_t)id->gid;
	int r = sys_setresgid(gid, gid, gid);

	if (r < 0)
		return refused_id(fault, FAULT_SET_GID, r, "gid", id->gid);
	/* else setresuid away from 0 empties the permitted set; execve forgets the flag */
	if (id->flags & PLAN_ID_CAPS && uid != 0) {
		r = sys_prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
		if (r < 0)
			return fault_set(fault, FAULT_PRCTL, r, "keep capabilities");
	}
	r = sys_setresuid(uid, uid, uid);
	return r < 0 ? refused_id(fault, FAULT_SET_UID, r, "uid", id->uid) : 0;
}

static int raise_ambient(uint64_t ambient, struct fault *fault)
{
	char number[NUMBER_TEXT];
	int r = 0;

	for (unsigned cap = 0; cap < 64 && r >= 0; cap++) {
		if (!(ambient & CAP_BIT(cap)))
			continue;
		r = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
		if (r < 0) {
			number_text(number, cap);
			fault_set2(fault, FAULT_SET_CAPS, r, "ambient: number ", number, "");
		}
	}
	return r;
}

/* KEEP_ADMIN: a filter without no_new_privs loads only with CAP_SYS_ADMIN, and what it then forbids may be
 * capset itself. So execve takes it away: it is in neither the bounding nor the inheritable set. */
static int set_caps(const struct plan_identity *id, struct fault *fault)
{
	uint64_t admin = id->flags & PLAN_ID_KEEP_ADMIN ? CAP_BIT(CAP_SYS_ADMIN) : 0;
	uint64_t able = id->permitted & id->inheritable;
	int r = sys_capset(id->effective | admin, id->permitted | admin, id->inheritable);

	if (r < 0)
		return fault_set(fault, FAULT_SET_CAPS, r, NULL);
	/* capset cut the ambient set to `able`: what our caller left in it may still be there */
	if (able & ~id->ambient) {
		r = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
		if (r < 0)
			return fault_set(fault, FAULT_SET_CAPS, r, "ambient");
	}
	/* ambient beyond permitted and inheritable cannot be raised; runc goes on without, and so do we */
	return raise_ambient(id->ambient & able, fault);
}

/* By descriptor, inside the root, through no magic link (CVE-2024-21626). */
static int enter(struct shim *shim, const char *cwd)
{
	FD_AUTO dir = path_open(shim_root(shim), cwd, O_PATH | O_DIRECTORY);

	return dir < 0 ? dir : sys_fchdir(dir);
}

/* The kernel's getcwd says "(unreachable)/..." for what lies outside of the root. */
static int verify_cwd(struct shim *shim, const char *cwd, struct fault *fault)
{
	ssize_t r = sys_getcwd(shim->path_buffer, sizeof shim->path_buffer);

	/* longer than a path can be, but reached inside the root: path_open has seen to that */
	if (r == -ERANGE || r == -ENAMETOOLONG)
		return 0;
	if (r == -ENOENT || (r >= 0 && shim->path_buffer[0] != '/'))
		return fault_set(fault, FAULT_CHDIR, 0,
				 "current working directory is outside of container mount namespace root"
				 " -- possible container breakout detected");
	return r < 0 ? fault_set(fault, FAULT_CHDIR, (int)r, cwd) : 0;
}

static int hide(struct fault *fault)
{
	int r = sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);

	return r < 0 ? fault_set(fault, FAULT_PRCTL, r, "not dumpable") : 0;
}

/* The last two: no_new_privs for execve, and nobody but the host's root may trace or read the shim while it
 * waits: a change of ids has made it dumpable or not at the will of fs.suid_dumpable. */
static int set_process(const struct plan_identity *id, struct fault *fault)
{
	int r = 0;

	if (id->flags & PLAN_ID_NO_NEW_PRIVS)
		r = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (r < 0)
		return fault_set(fault, FAULT_PRCTL, r, "no_new_privs");
	return hide(fault);
}

static int identity_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_identity *id = STAGE_RECORD(identity, record);
	const char *cwd = id->cwd.length ? plan_text(shim->plan, id->cwd) : "/";
	int r = 0, entered;

	shim->identity = id;
	shim_drop_host(shim);
	/* as the runtime first; what only the user may enter (FUSE, NFS) is tried again as the user */
	entered = enter(shim, cwd);
	if (id->flags & PLAN_ID_SETGROUPS)
		r = set_groups(shim, id, fault);
	if (r >= 0 && id->flags & PLAN_ID_CAPS)
		r = drop_bounding(id->bounding, fault);
	/* from here on we look like any container's root to another one's, who could trace us before the
	 * filter is loaded, the fifo in hand (CVE-2016-9962) */
	if (r >= 0)
		r = hide(fault);
	if (r >= 0)
		r = set_ids(id, fault);
	if (r >= 0 && id->flags & PLAN_ID_CAPS)
		r = set_caps(id, fault);
	if (r < 0)
		return r;
	if (entered == -EACCES || entered == -EPERM)
		entered = enter(shim, cwd);
	if (entered < 0)
		return fault_set(fault, FAULT_CHDIR, entered, cwd);
	r = verify_cwd(shim, cwd, fault);
	return r < 0 ? r : set_process(id, fault);
}

const struct stage stage_identity = { "identity", { { PLAN_KIND_identity, identity_run } } };
