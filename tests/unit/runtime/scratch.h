/* A directory of a test's own below TMPDIR, removed with what it holds (two levels) at the end. */
#ifndef OCIRUN_TEST_SCRATCH_H
#define OCIRUN_TEST_SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int scratch_visit(const char *path, const struct stat *about, int flag, struct FTW *walk)
{
	(void)about;
	(void)flag;
	(void)walk;
	return remove(path);
}

static inline char *scratch_make(char path[64])
{
	snprintf(path, 64, "/tmp/ocirun-test.XXXXXX");
	return mkdtemp(path);
}

static inline void scratch_remove(const char *path)
{
	nftw(path, scratch_visit, 8, FTW_DEPTH | FTW_PHYS);
}

/* Write a file below dir. */
static inline int scratch_write(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int r = fd < 0 ? -1 : dprintf(fd, "%s", text);

	if (fd >= 0)
		close(fd);
	return r;
}

#endif
