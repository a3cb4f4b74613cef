/* What a stage sees: the shim's state, and its own row type. A stage file exports one
 * `const struct stage`, named stage_<file>; everything else in it is static. Stages know neither JSON nor
 * the state directory nor each other. No malloc, no stdio, no globals.
 */
#ifndef OCIRUN_STAGE_H
#define OCIRUN_STAGE_H

#include <stdbool.h>

#include "fault.h"
#include "fd.h"
#include "messages.h"
#include "plan.h"

struct shim;

/* Conversation with the host side; implemented by shim/talk.c, so that stages need not know it. */
struct shim_talk {
	/* Send one message with at most one descriptor (-1: none). 0 or -errno with fault. */
	int (*tell)(struct shim *, enum message_type, const void *body, int fd, struct fault *);
	/* tell, without a body, then wait for DONE. ABORT, EOF: the fault says so. */
	int (*ask)(struct shim *, enum message_type, int fd, struct fault *);
};

/* All that outlives a row. Owned by shim/main.c; a stage takes and leaves only what its comment says. */
struct shim {
	const struct plan *plan;
	const struct shim_talk *talk;
	int sock;                  /* to the host side; -1 when closed */
	uint32_t told;             /* messages sent so far, one bit each: owned by shim/talk.c */
	uint32_t kept;             /* descriptors 3.. that the program keeps */
	int slots[PLAN_MAX_SLOTS]; /* came with PLAN; -1: none or taken */
	uint32_t tree_count;       /* the plan's; what lies behind is never touched, so it costs no memory */
	int trees[PLAN_MAX_TREES]; /* filled by `sources`; -1: none or taken */
	int joins[8];              /* namespaces opened before the first join */
	int proc;                  /* host's /proc, O_PATH (source procfs); -1 */
	int root;                  /* O_PATH of the container's root; after pivot of "/" */
	int master;                /* of the terminal that `console` made, for READY; -1 */
	bool pivoted;              /* "/" is the container's root */
	/* of the mount stages; all 0 and NULL at first */
	const char *parked;                     /* where `lock` parked the trees; NULL: they are in trees[] */
	uint64_t attached[PLAN_MAX_TREES / 64]; /* bit: trees[i] stands in the view already; see attach.h */
	bool unsettled;                 /* before 5.12: propagation of a tree comes after its attaching */
	int proc_view;                  /* the root of that mount, for `masks`; 0: none */
	int64_t proc_mount;             /* id of the mount on the container's /proc; 0: none yet */
	int mask_tmpfs;                 /* the one under all masked directories; 0: not made yet */
	int device_parent;              /* directory of the last device, when device_parent_path is set */
	const char *device_parent_path; /* in the plan; its first device_parent_length bytes count */
	size_t device_parent_length;
	uint64_t soft_nofile;                 /* soft RLIMIT_NOFILE that `sources` raised; 0: did not */
	struct fault *page;                   /* fault page shared with `start`, or NULL */
	const struct plan_identity *identity; /* for hooks and seccomp */
	char **args, **env;                   /* of the program, NULL-terminated; set by `program` */
	char *path;                           /* executable found by `program` */
	char path_buffer[PLAN_MAX_PATH + 1];
	char home_buffer[PLAN_MAX_PATH + 16];
	char listen_buffer[40]; /* LISTEN_PID=pid */
};

/* Execute one record. 0, or -errno with the fault filled (row and record are filled by the caller). */
typedef int stage_step(struct shim *, const struct plan_record *, struct fault *);

struct stage_kind {
	enum plan_kind kind;
	stage_step *run;
};

#define STAGE_KINDS 8
struct stage {
	const char *name;                     /* that of its rows in PLAN_ROWS */
	struct stage_kind kinds[STAGE_KINDS]; /* ends with kind 0 when not full */
};

extern const struct stage stage_cgroup, stage_sources, stage_join, stage_userns, stage_namespaces,
	stage_network, stage_rootfs, stage_mounts, stage_devices, stage_hooks, stage_pivot, stage_system,
	stage_console, stage_masks, stage_seal, stage_limits, stage_identity, stage_program, stage_seccomp,
	stage_exec;

/* The tree of a TREE field, left in its place (-1 for PLAN_NONE). */
static inline int shim_tree(const struct shim *shim, uint64_t tree)
{
	return tree < shim->tree_count ? shim->trees[tree] : -1;
}

/* The container's root for path_*: what rootfs, pivot or join left, else "/" (exec: after the join). */
static inline int shim_root(struct shim *shim)
{
	if (shim->root < 0)
		shim->root = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	return shim->root;
}

/* What is still held of the host is let go before anything of the user's is looked up: a working directory
 * or a program named /proc/self/fd/N must not find it (CVE-2024-21626); nor may who sees us (row FORK): the
 * host's /proc is as good as its root. */
static inline void shim_drop_host(struct shim *shim)
{
	int *const late[] = { &shim->proc_view, &shim->mask_tmpfs, &shim->device_parent };

	for (size_t i = 0; i < shim->tree_count; i++)
		fd_close_at(&shim->trees[i]);
	for (size_t i = 0; i < sizeof shim->joins / sizeof *shim->joins; i++)
		fd_close_at(&shim->joins[i]);
	fd_close_at(&shim->proc);
	/* nor does whoever looks at a container that waits find more than it needs (BAT-52) */
	for (size_t i = 0; i < sizeof late / sizeof *late; i++)
		if (*late[i] > 0)
			fd_close_at(late[i]);
}

/* Is the program another process than the one that sets it up (row FORK)? */
static inline bool stage_forks(const struct plan *plan)
{
	plan_each(plan, record)
		if (record->row == PLAN_ROW_FORK)
			return true;
	return false;
}

#define STAGE_RECORD(kind, record) ((const struct plan_##kind *)(const void *)(record))

#endif
