/* spec + facts + options -> plan. Pure: looks at nothing but its arguments (the seccomp cache aside, which
 * changes only speed). Each file compile/<row>.c writes the records that stages/<row>.c executes.
 */
#ifndef OCIRUN_COMPILE_H
#define OCIRUN_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "compile/systemd.h"
#include "facts.h"
#include "plan.h"
#include "spec/spec.h"

/* ANN-14: files to which the output of the host's hooks is appended. */
#define HOOKS_STDOUT "run.oci.hooks.stdout"
#define HOOKS_STDERR "run.oci.hooks.stderr"

/* --rootless: are missing rights over control groups passed over? */
enum rootless { ROOTLESS_AUTO, ROOTLESS_TRUE, ROOTLESS_FALSE };
/* A terminal for the process, where the config wants one. */
struct compile_terminal {
	bool relayed;           /* to the host's own terminal, which adds the \r to each \n */
	uint32_t rows, columns; /* of that one; 0: consoleSize of the config */
};

struct compile_options {
	const char *id;
	const char *bundle;          /* absolute */
	const char *rootfs;          /* absolute: root.path joined to the bundle, lexically clean */
	bool cgroupless;             /* --cgroup-manager disabled: no group, no limit */
	bool systemd_cgroup;         /* the driver: --systemd-cgroup */
	const char *systemd_root;    /* group of the user's systemd that makes the unit; NULL: the system's */
	const char *systemd_allowed; /* "A,B": unit properties that annotations may set; NULL: any */
	bool no_pivot, no_new_keyring;
	enum rootless rootless;
	uint32_t kept; /* --preserve-fds */
	enum plan_gate_kind gate;
	struct compile_terminal console;
	const char *listen_fds; /* LISTEN_FDS of the caller, or NULL; LISTEN_FDNAMES is then the next */
	const char *listen_names;
	const char *notify;      /* directory on the host of the notification socket, or NULL: none */
	uint64_t own_namespaces; /* PLAN_NS_*: given by path, and it is the one that we are in ourselves */
	const char *receiver;    /* RUN_OCI_SECCOMP_RECEIVER, or NULL */
	const char *cache;       /* directory of the seccomp cache (ROOT/@seccomp), or NULL: none */
	uint32_t bundle_uid;     /* unused by the spine */
};

/* Where a container finds the notification socket, as under runc. */
#define NOTIFY_TARGET "/run/notify"
#define NOTIFY_NAME "notify.sock"

/* A finished plan: one buffer, 8-aligned, ready for the memfd. */
struct compiled {
	void *bytes;
	size_t length;
	struct plan plan; /* checked view of it */
	/* what state.json keeps */
	struct spec_strings cgroup_dirs; /* absolute, in the order of the plan's groups */
	const char *cgroups_path;        /* resolved: "/ocirun/web" */
	const char *cgroup_delegated;    /* "/payload": below it, where the container is; NULL: in it */
	struct systemd_unit *systemd;    /* with the systemd driver, else NULL */
};

/* 0, or -EINVAL / -errno with the pointer of what cannot be done. `arena` owns everything returned. */
int compile_plan(struct arena *arena, const struct spec *spec, const struct facts *facts,
		 const struct compile_options *options, struct compiled *ret, struct error *error);

/* A running container, as `exec` and `update` find it: what compile cannot look up. */
struct exec_group {
	bool v2;
	const char *mount, *path, *name; /* as in the record `cgroup` */
};
struct exec_into {
	uint64_t types; /* PLAN_NS_* that differ from the runtime's own */
	bool has_root;  /* no mount namespace of its own: its root comes as a descriptor */
	uint32_t group_count;
	const struct exec_group *groups;
	bool groups_asked; /* for these: joined or refused */
};
/* Where the user wrote of the groups that are delegated (ANN-13). */
#define COMPILE_DELEGATE "/annotations/run.oci.delegate-cgroup"

/* The plan of one more process: `spec` is the container's, its process the one to run. */
int compile_exec(struct arena *arena, const struct spec *spec, const struct facts *facts,
		 const struct compile_options *options, const struct exec_into *into, struct compiled *ret,
		 struct error *error);

/* The plan of `update`: `resources` without its device rules as writes to the container's groups. */
int compile_update(struct arena *arena, const struct spec_resources *resources, const struct facts *facts,
		   uint32_t count, const struct exec_group *groups, struct compiled *ret,
		   struct error *error);
/* Bare writes to the same groups, in this order: what takes an update back. */
struct cgroup_value {
	uint32_t group;
	const char *file, *value;
};
int compile_writes(struct arena *arena, const struct facts *facts, uint32_t group_count,
		   const struct exec_group *groups, uint32_t count, const struct cgroup_value *values,
		   struct compiled *ret, struct error *error);

/* The state JSON for hooks, without pid: head ends behind `"pid":`, tail begins right behind the number.
 * Compact, slashes not escaped (HOK-14). */
void compile_state_text(struct arena *arena, const struct spec *spec, const struct compile_options *options,
			const char *status, const char **ret_head, const char **ret_tail);

/* Seccomp alone, for later `exec`: blob of struct sock_filter and flags. ret->length 0: no filter. */
struct compiled_filter {
	const void *bytes;
	uint32_t length; /* bytes */
	uint32_t flags;  /* SECCOMP_FILTER_FLAG_* */
};
/* Where the agent listens that a rule with SCMP_ACT_NOTIFY speaks to: linux.seccomp.listenerPath, or what
 * crun has for it (ANN-05). NULL: nobody is needed, or none is named. ret_pointer: of what named it. */
const char *compile_receiver(const struct spec *spec, const struct compile_options *options,
			     const char **ret_pointer);
int compile_seccomp(struct arena *arena, const struct spec_seccomp *seccomp, const struct facts *facts,
		    const char *cache, struct compiled_filter *ret, struct error *error);

/* `ocirun plan`: the plan as text, one record a line, in order: ROW KIND field=value ... # /pointer */
void plan_dump_text(const struct plan *plan, FILE *out);

#endif
