/* The two files of the gate: see fifo.h. Knows nothing of what waits behind it. */
#include "container/fifo.h"

#include <errno.h>

#include "fd.h"

#define FIFO "exec.fifo"
#define PAGE "fault"

int fifo_make(int dir, struct error *error)
{
	int r = sys_mknodat(dir, FIFO, S_IFIFO | 0600, 0, 0);

	if (r == 0)
		r = sys_openat(dir, FIFO, O_RDWR | O_NOFOLLOW, 0);
	return r < 0 ? error_errno(error, r, "cannot make " FIFO) : r;
}

int fifo_make_page(int dir, struct error *error)
{
	FD_AUTO fd = sys_openat(dir, PAGE, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	int r = fd < 0 ? fd : sys_ftruncate(fd, FAULT_PAGE);

	return r < 0 ? error_errno(error, r, "cannot make the page for faults") : fd_take(&fd);
}

int fifo_open(int dir, struct error *error)
{
	int fd = sys_openat(dir, FIFO, O_WRONLY | O_NONBLOCK | O_NOFOLLOW, 0);

	if (fd == -ENXIO || fd == -ENOENT)
		return error_set(error, fd, "container process is already dead");
	return fd < 0 ? error_errno(error, fd, "cannot open " FIFO) : fd;
}

int fifo_release(int fifo, struct error *error)
{
	ssize_t written = sys_write(fifo, "0", 1);

	if (written == -EPIPE)
		return error_set(error, ENXIO, "container process is already dead");
	return written < 0 ? error_errno(error, (int)written, "cannot write to " FIFO) : 0;
}

int fifo_wait(int fifo, int milliseconds)
{
	struct pollfd end = { .fd = fifo }; /* POLLERR comes unasked: the last reader is gone */
	int r;

	do
		r = sys_poll(&end, 1, milliseconds);
	while (r == -EINTR);
	if (r < 0)
		return r;
	return r ? 0 : -ETIMEDOUT;
}

int fifo_read_page(int dir, struct fault *ret)
{
	FD_AUTO fd = sys_openat(dir, PAGE, O_RDONLY | O_NOFOLLOW, 0);
	ssize_t got = fd < 0 ? fd : sys_pread(fd, ret, sizeof *ret, 0);

	if (got < 0)
		return (int)got;
	return got == (ssize_t)sizeof *ret ? 0 : -EIO;
}

void fifo_remove(int dir)
{
	sys_unlinkat(dir, FIFO, 0);
	sys_unlinkat(dir, PAGE, 0);
}
