/* One more process in a running container: what `exec` does once it knows what to run. */
#ifndef OCIRUN_CONTAINER_EXEC_H
#define OCIRUN_CONTAINER_EXEC_H

#include "cmd/cmd.h"
#include "compile/compile.h"
#include "container/state.h"
#include "listen.h"

/* The container as it is now. */
struct exec_target {
	struct container container;
	int pidfd;        /* of its init, checked; owned */
	struct spec spec; /* of the copy of config.json that `create` made */
	enum container_status status;
};

struct exec_request {
	const struct spec_process *process;
	struct option_list cgroups; /* of --cgroup */
	const char *pid_file;       /* or NULL, as the next */
	const char *pidfd_socket, *console_socket;
	struct listen listen;
	bool detach;
};

/* Find and check it: -ENOENT, or -EBUSY (-ESRCH) with the texts of EXE-20, EXE-21. */
int exec_open(const struct globals *globals, const char *id, bool ignore_paused, struct exec_target *ret,
	      struct error *error);
void exec_close(struct exec_target *target);
/* A regular file of at most 16 MiB, as text with a NUL behind it. `dir` as in openat. */
int exec_read(struct arena *arena, int dir, const char *name, const char **ret, size_t *ret_length,
	      struct error *error);
/* Run it. Detached: 0 after execve; else the exit status of the process, or 128 and its signal. */
int exec_run(const struct globals *globals, const struct exec_target *target,
	     const struct exec_request *request, struct error *error);

/* exec_namespaces.c: the types (PLAN_NS_*) of init's namespaces that are not the caller's. -ESRCH: init has
 * ended; -EPERM: it is hidden from an ordinary user. */
int exec_namespaces(const struct exec_target *target, uint64_t *ret, struct error *error);
/* exec_groups.c: the container's groups as they stand in its state, as many as it has cgroup_dirs. */
int exec_own_groups(struct arena *arena, const struct state *state, struct exec_group **ret,
		    struct error *error);
/* The container's groups, or those below them that --cgroup names (EXE-18). */
int exec_groups(struct arena *arena, const struct exec_target *target, const struct option_list *wanted,
		struct exec_into *ret, struct error *error);
/* EXE-19: the v2 group becomes the one that init is in now. -ENOENT: there is none, or it is the same. */
int exec_groups_of_init(struct arena *arena, const struct exec_target *target, struct exec_into *into,
			struct error *error);

#endif
