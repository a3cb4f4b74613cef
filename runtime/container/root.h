/* What commands need of container/root.c beyond state.h. */
#ifndef OCIRUN_ROOT_H
#define OCIRUN_ROOT_H

#include <linux/limits.h>

#include "cmd/cmd.h"
#include "container/state.h"

#define PATH_BYTES PATH_MAX

/* id_check, --root and container_open in one: what every command on an existing container begins with. A
 * missing root is a missing container. */
int container_find(const struct globals *globals, const char *id, enum container_lock lock, bool half,
		   struct container *ret, struct error *error);
/* Take the command's lock of an open container. milliseconds -1: wait for ever; else -ETIMEDOUT. -ENOENT
 * when it was deleted meanwhile. The state is not read again. */
int container_lock(struct container *container, enum container_lock lock, int milliseconds,
		   struct error *error);
/* Does a living creator hold the directory? */
bool container_creating(int dir);
/* Wait until it lets go; 0 or -ETIMEDOUT. */
int container_wait_creator(struct container *container, int milliseconds);
/* Take the creator's place, to clear away what it left: its lock, held until container_close. -ETIMEDOUT: it
 * is alive, or another command clears; -ENOENT: the id leads elsewhere by now. */
int container_claim(struct container *container, int milliseconds);

#endif
