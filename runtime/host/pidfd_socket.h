/* Who gets the process's pidfd: the socket of --pidfd-socket, or of the annotation run.oci.pidfd_receiver
 * (PRO-09, ANN-10).
 */
#ifndef OCIRUN_PIDFD_SOCKET_H
#define OCIRUN_PIDFD_SOCKET_H

#include "error.h"

/* The annotation: a socket for the pidfd of the container's first process. */
#define PIDFD_RECEIVER "run.oci.pidfd_receiver"

/* Connect to the stream socket at `path`; first of all, so that a wrong path leaves nothing behind. ret_sock
 * is the caller's; -1 when `path` is NULL. 0 or -errno with the error filled. */
int pidfd_socket_connect(const char *path, int *ret_sock, struct error *error);
/* Send one message with the pidfd: `kind` is its text, "standard" (create, run) or "setns" (exec), as runc
 * has it. 0 or -errno with the error filled. */
int pidfd_socket_send(int sock, const char *kind, int pidfd, struct error *error);

#endif
