/* Reading through an owned descriptor: see fd.h. Never closes one. */
#include "fd.h"

#include <errno.h>

int fd_read_all(int fd, char *bytes, size_t size, size_t *ret_length)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = sys_read(fd, bytes + length, size - length);

		if (got == -EINTR)
			continue;
		if (got < 0)
			return (int)got;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	*ret_length = length;
	return 0;
}
