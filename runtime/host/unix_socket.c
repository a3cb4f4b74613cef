/* See unix_socket.h. A path that is too long for sun_path is opened without being used (O_PATH), and its
 * descriptor's link in /proc is what the kernel gets.
 */
#include "unix_socket.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "fd.h"
#include "path.h"

#define PATIENCE_SECONDS 10

/* Abstract names have no NUL at the end: their length is the address's. */
static int abstract(const char *path, struct sockaddr_un *address, socklen_t *ret_length)
{
	size_t length = strlen(path);

	if (length < 2)
		return -EINVAL;
	if (length > sizeof address->sun_path)
		return -ENAMETOOLONG;
	memcpy(address->sun_path + 1, path + 1, length - 1);
	*ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return 0;
}

/* `keep` holds what a link in /proc leads to until the call is over. */
static int address_of(const char *path, struct sockaddr_un *address, socklen_t *ret_length, int *keep)
{
	size_t length = strlen(path);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*ret_length = sizeof *address;
	if (path[0] == '@')
		return abstract(path, address, ret_length);
	if (length == 0)
		return -ENOENT;
	if (length < sizeof address->sun_path) {
		memcpy(address->sun_path, path, length);
		return 0;
	}
	*keep = sys_openat(AT_FDCWD, path, O_PATH, 0);
	if (*keep < 0)
		return *keep;
	_Static_assert(PATH_FD_TEXT <= sizeof address->sun_path, "the link in /proc fits");
	path_of_fd(address->sun_path, *keep);
	return 0;
}

int unix_connect(const char *path, int type)
{
	const struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
	struct sockaddr_un address;
	socklen_t length;
	FD_AUTO keep = -1;
	int r = address_of(path, &address, &length, &keep);

	if (r < 0)
		return r;
	FD_AUTO sock = sys_socket(AF_UNIX, type, 0);
	if (sock < 0)
		return sock;
	/* a listener whose queue is full would hold us for ever */
	if (setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0)
		return -errno;
	do
		r = connect(sock, (const struct sockaddr *)&address, length) < 0 ? -errno : 0;
	while (r == -EINTR);
	return r < 0 ? r : fd_take(&sock);
}

int unix_bind_datagram(int dir, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char link[PATH_FD_TEXT];

	if (snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", path_of_fd(link, dir), name) >=
	    (int)sizeof address.sun_path)
		return -ENAMETOOLONG;
	FD_AUTO sock = sys_socket(AF_UNIX, SOCK_DGRAM, 0);
	int r = sock < 0 ? sock : sys_unlinkat(dir, name, 0);
	if (r < 0 && r != -ENOENT)
		return r;
	if (bind(sock, (const struct sockaddr *)&address, sizeof address) < 0)
		return -errno;
	return fd_take(&sock);
}

int unix_send_fd(int sock, const char *text, size_t length, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .head = { CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	size_t done = 0;

	memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
	while (done < length) { /* a stream may take it in pieces */
		struct iovec part = { (void *)(uintptr_t)(text + done), length - done };
		struct msghdr message = { .msg_iov = &part,
					  .msg_iovlen = 1,
					  .msg_control = done ? NULL : &control,
					  .msg_controllen = done ? 0 : sizeof control };
		ssize_t sent = sys_sendmsg(sock, &message, MSG_NOSIGNAL);

		if (sent < 0 && sent != -EINTR)
			return (int)sent;
		done += sent > 0 ? (size_t)sent : 0;
	}
	return 0;
}
