/* Host halves: what whoever stands outside the container does for a plan. Linked by ocirun (glibc) and by
 * ociinit (outer half of --plan). They know the plan and the kernel, neither JSON nor the state directory.
 * All return 0 (or what they say), or -errno with the fault filled, row and record included.
 */
#ifndef OCIRUN_HOST_H
#define OCIRUN_HOST_H

#include <stdbool.h>

#include "fault.h"
#include "fd.h"
#include "netlink.h"
#include "plan.h"

#define HOST_CGROUPS_MAX 65

/* The groups of a plan while a container is made. */
struct host_cgroups {
	uint32_t count;
	int dirs[HOST_CGROUPS_MAX]; /* O_RDONLY|O_DIRECTORY of each record `cgroup`, in order; owned */
	int born;                   /* index of the one to be cloned into, or -1 */
	uint64_t made;              /* bit n: group n's last directory was made by us */
};

/* Row CGROUP, before the clone: make each group (v2: enable controllers on the way down), write what is
 * EARLY. On failure what was made is removed again. */
int host_cgroups_make(const struct plan *plan, struct host_cgroups *ret, struct fault *fault);
/* After the clone, while the shim works, and before any hook of the host side: attach the device filter,
 * write limits that are not LATE, delegate. */
int host_cgroups_limit(const struct plan *plan, struct host_cgroups *groups, struct fault *fault);
/* The writes marked LATE: after READY, before GO. */
int host_cgroups_late(const struct plan *plan, struct host_cgroups *groups, struct fault *fault);
/* `update`: open the groups, which must exist, and write everything in order at once. The first refusal ends
 * it: what came before is written. */
int host_cgroups_update(const struct plan *plan, struct fault *fault);
/* Take an update back: every write is tried, and again after the others; the first failure is told. */
int host_cgroups_restore(const struct plan *plan, struct fault *fault);
/* Open the `tasks` file (v1) of a group for a record cgroup_join. Descriptor or -errno. */
int host_cgroups_tasks(const struct host_cgroups *groups, const struct plan_cgroup_join *join);
/* Fall-back when CLONE_INTO_CGROUP was refused: write pid to cgroup.procs of each group that is not
 * joined through tasks and not around another one (PLAN_CGROUP_OUTER). */
int host_cgroups_add(const struct plan *plan, struct host_cgroups *groups, int64_t pid, struct fault *fault);
void host_cgroups_close(struct host_cgroups *groups);

/* One group by its absolute directory, long after the plan: state, kill, delete. `dir` is one path of
 * state.json's cgroup_paths; v2 is told from v1 by statfs. A missing group is success. */
/* SIGKILL (or another signal) to every process below it: cgroup.kill (5.14), else freeze, kill, thaw. */
int host_cgroup_kill(const char *dir, int signal);
/* Kill what is left, wait for `populated 0` by poll on cgroup.events (v1: by re-reading, with growing
 * pauses), remove bottom-up, within `milliseconds`. -EBUSY when time is up. */
int host_cgroup_remove(const char *dir, int milliseconds);
/* 1: frozen (v2 cgroup.freeze, v1 freezer.state), 0: not or no such file. */
int host_cgroup_frozen(const char *dir);
/* Freeze it and wait until every process below is frozen. -ETIMEDOUT after `milliseconds`, thawed again;
 * -ENOENT: no group or no freezer; -EPERM: the root of a hierarchy. */
int host_cgroup_freeze(const char *dir, int milliseconds);
/* Thaw it; a missing file is success. */
int host_cgroup_thaw(const char *dir);
/* Write the pids below it (recursive) to pids, at most `size`; returns how many there are. */
int host_cgroup_pids(const char *dir, int64_t *pids, uint32_t size);
/* memory.events oom_kill / memory.oom_control oom_kill; 0 when unknown. */
uint64_t host_cgroup_oom_kills(const char *dir);

/* Row RDT: the resctrl group of a plan while a container is made. All zero: none. */
struct host_rdt {
	bool open;
	int group, monitor; /* directories; owned, -1: none */
	bool made, monitor_made;
};
/* Before the clone: make the group, or look whether one that is there allows what the config says; write
 * the schemata; make the monitoring group. On failure what was made is removed again. */
int host_rdt_make(const struct plan *plan, struct host_rdt *ret, struct fault *fault);
/* After READY, before GO: the process that becomes the container joins both. */
int host_rdt_join(const struct plan *plan, const struct host_rdt *rdt, int64_t pid, struct fault *fault);
/* Remove what was made (a class by name only while nobody is in it). Closes. */
void host_rdt_undo(const struct plan *plan, struct host_rdt *rdt);
void host_rdt_close(struct host_rdt *rdt);

/* Long after the plan, by the directories of state.json. */
/* `exec`: one more process in a group or monitoring group. A missing one is success. */
int host_rdt_join_at(const char *dir, int64_t pid);
/* Remove one directory; a missing one is success. Its tasks go back to the root. */
int host_rdt_remove(const char *dir);
/* `update`: write `schemata` (compile/rdt.h: compile_rdt_text) to the group, in one write. `root`: where
 * resctrl is mounted, for the kernel's reason. */
int host_rdt_write(const char *root, const char *dir, const char *schemata, struct fault *fault);

/* Answer MAP: write the maps of record `userns` for process pid (writer `host`). */
int host_userns_map(const struct plan *plan, int64_t pid, struct fault *fault);
/* Answer IDMAP: map the ids of `tree` (detached, the caller's) as the source says that asks as the number-th,
 * from 0, of those with PLAN_SOURCE_HOST_IDMAP. */
int host_idmap(const struct plan *plan, uint32_t number, int tree, struct fault *fault);
/* Row HOST_NETWORK: what has been moved, and what it takes to bring it back. All zero: nothing. */
struct host_network {
	bool open;
	int own, container;         /* the two namespaces; owned */
	struct netlink here, there; /* a socket in each */
	int64_t pid;                /* in the container's */
	uint32_t count;
	struct host_moved {
		char name[NETLINK_NAME], there[NETLINK_NAME]; /* here, and there */
		bool up, free_there;                          /* it was up; its old name was free there */
	} moved[PLAN_MAX_NET_DEVICES];
};
/* Before anything is made: every device must be there and movable. */
int host_network_check(const struct plan *plan, struct fault *fault);
/* When HOST is asked: move them all to the namespace of process pid. On failure, too, for the caller to
 * undo or close. */
int host_network_move(const struct plan *plan, int64_t pid, struct host_network *ret, struct fault *fault);
/* Bring back what was moved, as far as it goes: name, addresses, routes, up or down. Closes. */
void host_network_undo(struct host_network *network);
void host_network_close(struct host_network *network);

/* Row HOST_HOOKS: run them in order, first failure ends it. `abort_fd`: see hook.h. */
int host_hooks(const struct plan *plan, int64_t pid, int abort_fd, struct fault *fault);

#endif
