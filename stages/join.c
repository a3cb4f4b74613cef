/* Row JOIN: namespaces by path. All are opened before the first is entered: afterwards the paths would be
 * looked up in another mount namespace. The compiler orders the records: a user namespace last when root
 * joins (the others may belong to the host's), first when rootless (it gives the right to join the others).
 * A pid namespace by path is no record here: the shim was born in it.
 *
 * Exec enters all namespaces of one process at once, by its pidfd: the number of a process that has ended
 * could be another's by now (record `enter`).
 */
#include <sys/prctl.h>

#include "lock.h"
#include "stage.h"

#define JOINS_MAX 8

static const struct {
	uint64_t type;
	const char *name;
} types[] = {
	{ PLAN_NS_TIME, "a time" }, { PLAN_NS_MOUNT, "a mount" },     { PLAN_NS_CGROUP, "a cgroup" },
	{ PLAN_NS_UTS, "a uts" },   { PLAN_NS_IPC, "an ipc" },        { PLAN_NS_USER, "a user" },
	{ PLAN_NS_PID, "a pid" },   { PLAN_NS_NETWORK, "a network" },
};

static const char *type_name(uint64_t type)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (types[i].type == type)
			return types[i].name;
	return "one";
}

/* Whether somebody inside could look into us once we are there: members of a user namespace have all
 * capabilities over what enters it, those of a pid namespace see us (CVE-2016-9962). */
static bool exposes(const struct plan *plan)
{
	const struct plan_launch *launch = plan_find(plan, PLAN_KIND_launch);

	plan_each(plan, r)
		if (r->kind == PLAN_KIND_join && STAGE_RECORD(join, r)->type & (PLAN_NS_USER | PLAN_NS_PID))
			return true;
	return launch && launch->pid_path.length > 0;
}

static int hide(struct fault *fault)
{
	int r = sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);

	return r < 0 ? fault_set(fault, FAULT_PRCTL, r, "dumpable") : 0;
}

static int open_all(struct shim *shim, struct fault *fault)
{
	unsigned count = 0;

	plan_each(shim->plan, r) {
		const char *path;
		int fd;

		if (r->kind != PLAN_KIND_join)
			continue;
		path = plan_text(shim->plan, STAGE_RECORD(join, r)->path);
		if (count == JOINS_MAX)
			return fault_set(fault, FAULT_JOIN, E2BIG, path);
		fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
		if (fd < 0)
			return fault_set(fault, FAULT_JOIN, fd, path);
		shim->joins[count++] = fd;
	}
	return 0;
}

/* The place of a record among its kind. */
static unsigned place(const struct plan *plan, const struct plan_record *record)
{
	unsigned n = 0;

	plan_each(plan, r) {
		if (r == record)
			break;
		n += r->kind == PLAN_KIND_join;
	}
	return n;
}

/* uid 0 of the namespace is what the later rows count on. Changing ids resets dumpable (to
 * fs.suid_dumpable, which an administrator may have set to 1). */
static int become_root(struct fault *fault)
{
	int r = sys_setresgid(0, 0, 0);

	if (r < 0)
		return fault_set(fault, FAULT_SET_GID, r, "0 in the joined user namespace");
	r = sys_setresuid(0, 0, 0);
	if (r < 0)
		return fault_set(fault, FAULT_SET_UID, r, "0 in the joined user namespace");
	return hide(fault);
}

static int enter(struct shim *shim, const struct plan_join *join, unsigned n, struct fault *fault)
{
	const char *path = plan_text(shim->plan, join->path);
	FD_AUTO fd = fd_take(&shim->joins[n]);
	int r = sys_setns(fd, (int)join->type);

	if (r == 0 && join->type & PLAN_NS_USER) {
		r = lock_take_back(shim, fault);
		return r < 0 ? r : become_root(fault);
	}
	if (r == 0)
		return 0;
	fault_set(fault, FAULT_JOIN, r, path);
	if (r == -EINVAL) {
		fault_note(fault, "it is not ");
		fault_note(fault, type_name(join->type));
		fault_note(fault, " namespace");
		if (join->type & PLAN_NS_USER)
			fault_note(fault, ", or it is the one we are in already");
	}
	if (r == -EPERM)
		fault_note(fault, "the user namespace that owns it is not ours to administer");
	return r;
}

static int run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	unsigned n = place(shim->plan, record);
	int r = 0;

	if (n == 0) {
		r = open_all(shim, fault);
		if (r == 0 && exposes(shim->plan))
			r = hide(fault);
	}
	return r < 0 ? r : enter(shim, STAGE_RECORD(join, record), n, fault);
}

static int take_slot(struct shim *shim, uint64_t slot)
{
	return slot < PLAN_MAX_SLOTS ? fd_take(&shim->slots[slot]) : -1;
}

static int enter_root(int root, struct fault *fault)
{
	int r = sys_fchdir(root);

	if (r >= 0)
		r = sys_chroot(".");
	return r < 0 ? fault_set(fault, FAULT_CHDIR, r, "the container's root") : 0;
}

/* One call for all: the kernel checks every namespace before it enters the first, and the rights that it asks
 * for are those from outside, whoever owns them. Not dumpable before (CVE-2016-9962). */
static int enter_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_enter *into = STAGE_RECORD(enter, record);
	FD_AUTO pidfd = take_slot(shim, into->pidfd);
	FD_AUTO root = take_slot(shim, into->root);
	int wanted = (int)into->types, r = hide(fault);

	if (r < 0)
		return r;
	if (wanted)
		r = sys_setns(pidfd, wanted);
	if (r < 0) {
		fault_set(fault, FAULT_JOIN, r, "of the container");
		if (r == -ESRCH)
			fault_note(fault, "container not running: its init process has ended");
		if (r == -EPERM)
			fault_note(fault, "only its owner may, and nobody while it waits for start");
		return r;
	}
	if (wanted & PLAN_NS_USER)
		r = become_root(fault);
	return r == 0 && root >= 0 ? enter_root(root, fault) : r;
}

const struct stage stage_join = {
	.name = "join",
	.kinds = { { PLAN_KIND_join, run }, { PLAN_KIND_enter, enter_run } },
};
