/* The pid file: see pidfile.h. A reader sees no file, the former one or all of the new one. */
#include "pidfile.h"

#include <errno.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>

#include "fd.h"
#include "number.h"

#define ATTEMPTS 16
#define SUFFIX 64

/* The temporary stands beside the target, since rename works within one file system only. The name is ours
 * alone (pid and turn), so a leftover of a crash is never in the way for good (CRE-07). */
static int open_temporary(int dir, const char *path, char *name, size_t size)
{
	const char *base = strrchr(path, '/');
	int length = base ? (int)(base + 1 - path) : 0, fd = -EEXIST;

	base = base ? base + 1 : path;
	for (int turn = 0; turn < ATTEMPTS && fd == -EEXIST; turn++) {
		int r = snprintf(name, size, "%.*s.%.200s.%d.%d", length, path, base, sys_getpid(), turn);

		if (r < 0 || (size_t)r >= size)
			return -ENAMETOOLONG;
		fd = sys_openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
	}
	return fd;
}

int pidfile_write(int dir, const char *path, int64_t pid, struct error *error)
{
	char name[PATH_MAX + SUFFIX], text[NUMBER_TEXT];
	unsigned length = number_text_signed(text, pid);
	FD_AUTO fd = open_temporary(dir, path, name, sizeof name);

	if (fd < 0)
		return error_errno(error, fd, "cannot create a file beside pid file %s", path);
	ssize_t written = sys_write(fd, text, length);
	int r = written == (ssize_t)length ? sys_renameat2(dir, name, dir, path, 0)
		: written < 0              ? (int)written
					   : -EIO;
	if (r < 0) {
		sys_unlinkat(dir, name, 0);
		return error_errno(error, r, "cannot write pid file %s", path);
	}
	return 0;
}
