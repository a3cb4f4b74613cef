/* See pidfd_socket.h: one connection, one message, no answer. */
#include "pidfd_socket.h"

#include <string.h>
#include <sys/socket.h>

#include "unix_socket.h"

int pidfd_socket_connect(const char *path, int *ret_sock, struct error *error)
{
	int sock = path ? unix_connect(path, SOCK_STREAM) : -1;

	*ret_sock = sock < 0 ? -1 : sock;
	return path && sock < 0 ? error_errno(error, sock, "cannot connect to the pidfd socket %s", path) : 0;
}

int pidfd_socket_send(int sock, const char *kind, int pidfd, struct error *error)
{
	int r = unix_send_fd(sock, kind, strlen(kind), pidfd);

	return r < 0 ? error_errno(error, r, "cannot send the pidfd of the container process") : 0;
}
