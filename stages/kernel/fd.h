/* Owned descriptors: one owner each, -1 is "none", handed over with fd_take. */
#ifndef OCIRUN_FD_H
#define OCIRUN_FD_H

#include "sys.h"

/* Close if there is one. Returns -1, the new value of the variable. */
static inline int fd_close(int fd)
{
	if (fd >= 0)
		sys_close(fd);
	return -1;
}

static inline void fd_close_at(int *fd)
{
	*fd = fd_close(*fd);
}

/* Give up ownership: the variable becomes -1, the descriptor is the caller's. */
static inline int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Read up to `size` bytes, to the end of the file if it comes before. */
int fd_read_all(int fd, char *bytes, size_t size, size_t *ret_length);

/* A local descriptor that is closed at the end of its scope. */
#define FD_AUTO __attribute__((cleanup(fd_close_at))) int

#endif
