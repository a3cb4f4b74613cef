/* Row NAMESPACES: the new ones beside the user namespace, all in one unshare, after the cgroups are joined (a
 * cgroup namespace has the group of this moment as its root). A time namespace holds only children: its
 * offsets are written, then it is entered. A pid namespace that belongs to a new user namespace, or that was
 * joined by who could not launch us in it, takes the second clone: we go on as our own sibling, and tell
 * FORKED.
 *
 * Row FORK: that clone once more, late, into a pid namespace in which others are (joined by path, or by
 * exec). Whoever has CAP_SYS_PTRACE there has all that we have, from the first instant on: /proc/PID/root,
 * and us ourselves by ptrace. No right protects from that one, dumpable or not, so there must be nothing to
 * have.
 */
#include <linux/capability.h>
#include <linux/termios.h>

#include "clone.h"
#include "needs.h"
#include "procfs.h"
#include "stage.h"

static const struct {
	uint64_t type;
	const char *name;
	enum need_id need;
} types[] = {
	{ PLAN_NS_TIME, "time", NEED_TIME_NAMESPACE },
	{ PLAN_NS_MOUNT, "mount", NEED_MOUNT_NAMESPACE },
	{ PLAN_NS_CGROUP, "cgroup", NEED_CGROUP_NAMESPACE },
	{ PLAN_NS_UTS, "uts", NEED_UTS_NAMESPACE },
	{ PLAN_NS_IPC, "ipc", NEED_IPC_NAMESPACE },
	{ PLAN_NS_NETWORK, "network", NEED_NETWORK_NAMESPACE },
	{ PLAN_NS_PID, "pid", NEED_PID_NAMESPACE },
};

/* The errno does not say which one: ask one by one until it comes again. We are lost anyway. */
static int unshare_failed(uint64_t all, int error, struct fault *fault)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (!(all & types[i].type) || sys_unshare((int)types[i].type) == 0)
			continue;
		fault_set(fault, FAULT_UNSHARE, error, types[i].name);
		need_note(fault, types[i].need, error);
		break;
	}
	fault_set(fault, FAULT_UNSHARE, error, "");
	if (error == -ENOSPC)
		fault_note(fault, "a limit user.max_*_namespaces is reached");
	if (error == -EPERM)
		fault_note(fault, "it needs CAP_SYS_ADMIN or a new user namespace");
	return error;
}

/* The offsets are fixed once a process is inside. */
static int enter_time(const struct shim *shim, const struct plan_namespaces *record, int proc,
		      struct fault *fault)
{
	FD_AUTO links = -1, time = -1;
	int r = 0;

	if (record->time_offsets.length > 0)
		r = procfs_write(proc, "self/timens_offsets", plan_text(shim->plan, record->time_offsets),
				 record->time_offsets.length);
	if (r < 0) {
		fault_set(fault, FAULT_WRITE, r, "/proc/self/timens_offsets");
		if (r == -ERANGE)
			fault_note(fault, "the clock would be negative, or beyond 146 years");
		return r;
	}
	links = procfs_open_file(proc, "self/ns", O_PATH | O_DIRECTORY);
	time = links < 0 ? links : sys_openat(links, "time_for_children", O_RDONLY, 0);
	r = time < 0 ? time : sys_setns(time, PLAN_NS_TIME);
	return r < 0 ? fault_set(fault, FAULT_JOIN, r, "time_for_children") : 0;
}

static int new_time(const struct shim *shim, const struct plan_namespaces *record, struct fault *fault)
{
	FD_AUTO own = -1;

	if (shim->proc >= 0)
		return enter_time(shim, record, shim->proc, fault);
	own = procfs_open();
	if (own < 0)
		return fault_set(fault, FAULT_OPEN, own, "/proc");
	return enter_time(shim, record, own, fault);
}

/* We go on as another process, which names itself to the host side before it says anything else: who is
 * killed before that has told nothing, and the end of the socket says so. */
static int second_clone(struct shim *shim, uint64_t born, struct fault *fault)
{
	FD_AUTO pidfd = -1;
	int r = clone_sibling(born);

	if (r < 0) {
		fault_set(fault, FAULT_CLONE, r, "in the new pid namespace");
		need_note(fault, NEED_PID_NAMESPACE, r);
		if (r == -ENOMEM) /* pid_namespaces(7): not only for want of memory */
			fault_note(fault, "or the first process of the pid namespace has ended");
		return r;
	}
	pidfd = sys_pidfd_open(sys_getpid(), 0);
	if (pidfd < 0)
		return fault_set(fault, FAULT_CLONE, pidfd, "a pidfd of the new process");
	return shim->talk->tell(shim, MESSAGE_FORKED, NULL, pidfd, fault);
}

#define CAP_BIT(cap) (1ull << (cap))

/* What the rows from here on ask for beside the program's own: final limits and priorities, ids, the bounding
 * set, a working directory of another user; a filter without no_new_privs (CAP_SYS_ADMIN, until execve). */
static int narrow(const struct shim *shim, struct fault *fault)
{
	const struct plan_identity *id = plan_find(shim->plan, PLAN_KIND_identity);
	uint64_t keep = CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETGID) | CAP_BIT(CAP_SETPCAP) |
			CAP_BIT(CAP_SYS_NICE) | CAP_BIT(CAP_SYS_RESOURCE) | CAP_BIT(CAP_DAC_OVERRIDE);
	uint64_t effective, permitted, inheritable;

	if (!id || !(id->flags & PLAN_ID_CAPS)) /* the program keeps all */
		return 0;
	keep |= id->permitted;
	if (id->flags & PLAN_ID_KEEP_ADMIN)
		keep |= CAP_BIT(CAP_SYS_ADMIN);
	int r = sys_capget(&effective, &permitted, &inheritable);
	if (r >= 0)
		r = sys_capset(effective & keep, permitted & keep, inheritable & keep);
	return r < 0 ? fault_set(fault, FAULT_SET_CAPS, r, "before the fork") : 0;
}

/* The child's session, since its parent's would end with that one; the terminal is 0 already. */
static int begin_session(const struct shim *shim, struct fault *fault)
{
	int r = 0;

	sys_setsid();
	if (plan_find(shim->plan, PLAN_KIND_console))
		r = sys_ioctl(0, TIOCSCTTY, NULL);
	return r < 0 ? fault_set(fault, FAULT_TERMINAL, r, "as the controlling one") : 0;
}

static int fork_late(struct shim *shim, struct fault *fault)
{
	int r = narrow(shim, fault);

	shim_drop_host(shim);
	if (r >= 0)
		r = second_clone(shim, 0, fault);
	return r < 0 ? r : begin_session(shim, fault);
}

static int run(struct shim *shim, const struct plan_record *generic, struct fault *fault)
{
	const struct plan_namespaces *record = STAGE_RECORD(namespaces, generic);

	if (generic->row == PLAN_ROW_FORK)
		return fork_late(shim, fault);
	int r = record->unshare ? sys_unshare((int)record->unshare) : 0;

	if (r < 0)
		return unshare_failed(record->unshare, r, fault);
	if (record->unshare & PLAN_NS_TIME) {
		r = new_time(shim, record, fault);
		if (r < 0)
			return r;
	}
	return record->born || record->fork ? second_clone(shim, record->born, fault) : 0;
}

const struct stage stage_namespaces = {
	.name = "namespaces",
	.kinds = { { PLAN_KIND_namespaces, run } },
};
