/* Pieces of container/destroy.c that kill and delete share. */
#ifndef OCIRUN_DESTROY_H
#define OCIRUN_DESTROY_H

#include "container/state.h"

/* SIGKILL to init (pidfd, or -1: none), with a shared pid namespace to everybody in its groups, and thaw
 * them. 0 or -errno. */
int container_kill(const struct container *container, int pidfd);
/* Wait for the end of a process; a pidfd of -1 has ended. 0, or -ETIMEDOUT. */
int container_wait_end(int pidfd, int milliseconds);
/* Remove the directory of an id whose state.json cannot be read: nothing is known of processes or groups.
 * -EBUSY: its creator lives. */
int container_discard(int root_fd, const char *id, struct error *error);
/* The same of one that is open: what the id leads to by now, if it is another, stays. */
int container_discard_opened(struct container *container, struct error *error);
/* Call `each` for every name of a directory but "." and ".."; another value than 0 ends it and is returned.
 */
int directory_each(int dir, int (*each)(int dir, const char *name, void *context), void *context);

#endif
