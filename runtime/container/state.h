/* The state of one container on disk: ROOT/ID/ (0711) with config.json (copy), creating.json or state.json,
 * exec.fifo (0600), fault (one page). Written atomically (temporary name, rename), read with bounds. The
 * keys of state.json that third parties read in runc's are the same: id, init_process_pid,
 * init_process_start, created, cgroup_paths, namespace_paths, external_descriptors (PRO-11).
 */
#ifndef OCIRUN_STATE_H
#define OCIRUN_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "spec/spec.h"

enum container_status { STATUS_CREATING, STATUS_CREATED, STATUS_RUNNING, STATUS_PAUSED, STATUS_STOPPED };
extern const char *const status_words[];

struct state {
	const char *id, *oci_version, *bundle, *rootfs;
	const char *created; /* RFC 3339, nanoseconds, UTC */
	uint32_t owner_uid;
	const char *boot_id;
	int64_t pid;         /* 0: not born yet */
	uint64_t start_time; /* field 22 of /proc/PID/stat, clock ticks */
	struct spec_pairs annotations;
	struct spec_strings
		cgroup_dirs; /* absolute directories; in JSON an object cgroup_paths name -> dir */
	struct spec_strings cgroup_names; /* same count: "memory", "cpu,cpuacct", "" for v2 */
	/* What 0, 1 and 2 of the program were at create ("pipe:[4711]"). */
	struct spec_strings external_descriptors;
	const char *cgroups_path;
	const char *cgroup_delegated; /* "/payload": below the v2 group, where init was put; NULL: in it */
	const char *resources;        /* JSON: all limits after an `update`; NULL: those of config.json */
	const char *scope, *slice;    /* systemd's unit, with its driver; else NULL */
	bool scope_of_user;           /* it is the user's systemd's */
	bool shared_pid_namespace;    /* kill and delete go through the cgroup */
	bool no_new_keyring;          /* created so: exec leaves the caller's too */
	bool gate_fifo;               /* made by create (false: run) */
	struct spec_hook_list poststart, poststop;
	/* linux.intelRdt: mount point, group, monitoring group (directories; NULL: none), and whether the
	 * group ends with the container */
	const char *rdt_root, *rdt_path, *rdt_monitor;
	bool rdt_made;
};

/* Write `state` as `name` ("creating.json") in the container's directory, whole or not at all. */
int state_write(int dir, const char *name, const struct state *state, struct error *error);
/* creating.json becomes state.json: from here on the container is there. */
int state_publish(int dir, struct error *error);
/* Read it; everything lives in `arena`. -ENOENT: no such file. */
int state_read(struct arena *arena, int dir, const char *name, struct state *ret, struct error *error);

/* container/root.c: ids, the state root, locks. */
/* Letters, digits, _ + - . ; not "." or ".."; at most 255 bytes; not beginning with '@' (ours). */
int id_check(const char *id, struct error *error);
/* Resolve --root (NULL: the default of GLB-01 with "ocirun"), absolute; refuses "/" (GLB-02). */
int root_path(struct arena *arena, const char *option, const char **ret, struct error *error);
/* Open it; `make`: mkdir -p 0700 (XDG default: with the sticky bit). -EPERM: a default that is another
 * user's, or that others can write. */
int root_open(const char *path, bool make, bool is_default, struct error *error);

/* An open container: directory, lock (flock on its config.json copy), state. */
struct container {
	const char *id, *root;
	int root_fd, dir, lock; /* owned; -1 none */
	struct state state;
	bool half_made; /* no state.json when it was opened: a creator's leftover, or still being made: */
	bool creating;  /* its creator was alive */
};
enum container_lock { LOCK_NONE, LOCK_SHARED, LOCK_EXCLUSIVE };
/* Open ROOT/ID. Missing: -ENOENT, text "container does not exist". Half-made by a dead creator: -ENOENT
 * too unless `half` (then half_made is set). -EPERM: another user's, or others can write it. -EINVAL: its
 * state is no state, or names another id. */
int container_open(struct arena *arena, int root_fd, const char *root, const char *id,
		   enum container_lock lock, bool half, struct container *ret, struct error *error);
void container_close(struct container *container);

/* container/status.c. Derived, never stored: see DESIGN "State and crash windows". ret_pidfd (may be NULL)
 * gets a pidfd of a living, checked init, or -1. */
enum container_status container_status(const struct container *container, int *ret_pidfd);

/* container/destroy.c: kill leftovers, cgroups, rename to @gone, unlink. Runs no hooks. */
int container_destroy(struct container *container, int milliseconds, struct error *error);
/* Remove @new.* and @gone.* leftovers and a half-made ID whose creator is dead. */
int container_sweep(int root_fd, const char *id, struct error *error);

#endif
