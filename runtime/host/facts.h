/* All probing of the host, into one struct. compile/ is a pure function of (spec, facts, options): golden
 * plans come from a facts file (`--host FILE`, JSON with these member names) and are the same everywhere.
 */
#ifndef OCIRUN_FACTS_H
#define OCIRUN_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"

/* Where the v2 tree is, or each v1 hierarchy below it under its name; the v2 tree of a hybrid host. */
#define CGROUP_ROOT "/sys/fs/cgroup"
#define CGROUP_UNIFIED CGROUP_ROOT "/unified"

enum cgroup_mode { CGROUP_MODE_NONE, CGROUP_MODE_V1, CGROUP_MODE_HYBRID, CGROUP_MODE_V2 };

struct facts_hierarchy {         /* v1, and the v2 tree of a hybrid host */
	const char *mount;       /* "/sys/fs/cgroup/cpu,cpuacct" */
	const char *controllers; /* "cpu,cpuacct", "name=systemd"; "" for v2 */
	const char *own;         /* the runtime's own group in it: "/", "/user.slice" */
};

struct facts {
	uint32_t uid, gid;        /* effective */
	uint64_t capabilities;    /* effective, bit n */
	uint32_t last_capability; /* /proc/sys/kernel/cap_last_cap */
	uint32_t kernel_major, kernel_minor;
	uint32_t audit_arch;    /* AUDIT_ARCH_* of this machine */
	const char *machine;    /* uname: "x86_64" */
	bool in_user_namespace; /* uid_map is not the whole range */
	bool owns_mounts;       /* only in a user namespace: our mount namespace belongs to it */
	bool setgroups_denied;  /* only in a user namespace: its groups can never change */
	enum cgroup_mode cgroup_mode;
	uint32_t hierarchy_count;
	struct facts_hierarchy *hierarchies; /* v2 and hybrid: the v2 tree is the last */
	const char *v2_controllers;          /* of the v2 root: "cpu memory pids" */
	bool apparmor, selinux;              /* active LSMs; only when asked for */
	bool clone_into_cgroup;              /* 5.7: always on 5.10 and newer unless seccomp forbids */
	bool has_kcore;                      /* /proc/kcore is there */
	bool cgroup_namespaces, time_namespaces;
	/* only when asked for: the mount point of resctrl, or NULL, and the names in its info/: "L3 L3_MON
	 * MB" */
	const char *resctrl, *resctrl_info;
};

/* May clone what is mounted: CAP_SYS_ADMIN, over the user namespace that our mount namespace belongs to.
 * Whoever may not does it inside of namespaces of its own. */
bool facts_may_mount(const struct facts *facts);
/* May make namespaces, and enter those of others, without a user namespace first: CAP_SYS_ADMIN. */
bool facts_is_admin(const struct facts *facts);
/* May clone into another pid namespace and come back: who is root of a user namespace alone has no right over
 * the pid namespace that it came with. */
bool facts_may_visit(const struct facts *facts);
/* May map any id of its own user namespace: CAP_SETUID and CAP_SETGID. */
bool facts_may_map(const struct facts *facts);

/* Look at this host. Few calls: no mountinfo; /sys/fs/cgroup by statfs, /proc/self/cgroup, prctl. What the
 * spec does not need may be left to its first use only when that saves a call. 0 or -errno. */
int facts_probe(struct arena *arena, struct facts *ret, struct error *error);
/* The machine and the caller's rights alone, all that a plan of `exec` asks for. */
void facts_probe_caller(struct arena *arena, struct facts *ret);
/* The LSMs: for a process with a label or profile. */
void facts_probe_lsm(struct facts *facts);
/* The same for resctrl: reads mountinfo, so only for a config with intelRdt. None is no failure. */
int facts_probe_resctrl(struct arena *arena, struct facts *facts, struct error *error);
/* Read them from a JSON text. */
int facts_parse(struct arena *arena, const char *text, size_t length, struct facts *ret, struct error *error);

#endif
