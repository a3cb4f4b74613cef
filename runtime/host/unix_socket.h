/* Sockets of the AF_UNIX family, by any path: sun_path holds 107 bytes, a path of the host up to 4095. */
#ifndef OCIRUN_UNIX_SOCKET_H
#define OCIRUN_UNIX_SOCKET_H

#include <stddef.h>

/* Connect a new socket of this type (SOCK_STREAM, SOCK_DGRAM) to the one at `path`, or to the abstract one
 * when it begins with '@'. A listener that does not accept is given up after ten seconds (-EAGAIN). Returns
 * the descriptor, which is the caller's, or -errno. */
int unix_connect(const char *path, int type);
/* A datagram socket bound as `name` in the directory `dir`; what stands there is removed first. Returns the
 * descriptor, which is the caller's, or -errno. */
int unix_bind_datagram(int dir, const char *name);
/* Send all of the text, with `fd` (borrowed) beside its first byte. 0 or -errno. */
int unix_send_fd(int sock, const char *text, size_t length, int fd);

#endif
