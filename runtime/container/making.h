/* What the files of `create` share: create.c is steps 3 to 9 of DESIGN's table of crash windows and the
 * undoing, create_directory.c what is recorded and the directory (steps 0 to 2). Nobody else includes this.
 */
#ifndef OCIRUN_MAKING_H
#define OCIRUN_MAKING_H

#include "cmd/cmd.h"
#include "container/create.h"

#define CREATING "creating.json"
#define NEW_NAME 32

/* One container while it is made. */
struct making {
	const struct globals *globals;
	const struct create_options *options;
	struct prepared *prepared;
	struct container container;
	struct launch *launch;
	struct error *error;
	char name[NEW_NAME]; /* of the directory before it is the container's */
	bool named;          /* it is */
	bool unit_made;      /* with the systemd driver: systemd has made it */
	int fifo, page;      /* for the shim; owned */
	int *slots;          /* the shim's descriptors, -1 where none is given yet; while it is launched */
};

/* Step 0: container.state from the spec and the plan. */
void making_state(struct making *making);
/* Steps 1 and 2: the locked directory under a name of ours, then under the id. 0 or -errno; what was made
 * until then is for the caller to undo. */
int making_directory(struct making *making);
/* Note the shim's pid, and its start time, unless that was done (create.c). */
int making_note_process(struct making *making);
/* Make or open the groups (create.c). */
int making_groups(struct making *making);
/* Write limits of the groups: host_cgroups_limit or host_cgroups_late (create.c). */
int making_limits(struct making *making,
		  int (*limit)(const struct plan *, struct host_cgroups *, struct fault *));
/* In the place of the shim's launch: init is made by criu (restore.c). */
int making_restore(struct making *making);
/* root.readonly for init `pid`, which has not gone on yet (restore_root.c). */
int making_root_readonly(struct making *making, int64_t pid);
/* Write creating.json anew: whoever finds us dead reads there what to clear. */
int making_note(const struct making *making);

#endif
