/* Writes to procfs that cannot be misled: see procfs.h. The one descriptor that everything starts from was
 * verified; below it no link, no other mount and no ".." is followed. Never resolves a path from "/".
 */
#include "procfs.h"

#include <errno.h>
#include <string.h>

#include "fd.h"
#include "number.h"

#define PROC_MAGIC 0x9fa0
#define PROC_ROOT_INODE 1 /* a directory of procfs bound over /proc has another */
#define PROC_PATH 512     /* "sys/" and the 255 bytes of a sysctl fit */

int procfs_open(void)
{
	FD_AUTO proc = sys_openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	struct stat st;
	int64_t magic;
	int r;

	if (proc < 0)
		return proc;
	magic = sys_fs_magic(proc);
	if (magic < 0)
		return (int)magic;
	r = sys_fstat(proc, &st);
	if (r < 0)
		return r;
	if (magic != PROC_MAGIC || st.st_ino != PROC_ROOT_INODE)
		return -EXDEV;
	return fd_take(&proc);
}

/* "self/x" as "PID/x": the link is read, not followed, so that RESOLVE_NO_SYMLINKS can stay. */
static int resolve_self(int proc, const char *path, char text[PROC_PATH])
{
	char pid[NUMBER_TEXT];
	size_t rest = strlen(path + strlen("self"));
	ssize_t n = sys_readlinkat(proc, "self", pid, sizeof pid - 1);
	uint64_t number;

	if (n < 0)
		return (int)n;
	pid[n] = 0;
	if (number_parse(pid, INT32_MAX, &number) < 0)
		return -EXDEV; /* not what procfs says */
	if ((size_t)n + rest >= PROC_PATH)
		return -ENAMETOOLONG;
	memcpy(text, pid, (size_t)n);
	memcpy(text + n, path + strlen("self"), rest + 1);
	return 0;
}

int procfs_open_file(int proc, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_NOCTTY),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	char text[PROC_PATH];
	int r;

	if (strncmp(path, "self/", 5) == 0) {
		r = resolve_self(proc, path, text);
		if (r < 0)
			return r;
		path = text;
	}
	/* openat2 refuses flags that O_PATH would ignore */
	if (flags & O_PATH)
		how.flags = (uint64_t)(unsigned)flags;
	return sys_openat2(proc, path, &how);
}

int procfs_write(int proc, const char *path, const char *value, size_t length)
{
	FD_AUTO fd = procfs_open_file(proc, path, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = sys_write(fd, value, length);
	if (n < 0)
		return (int)n;
	return (size_t)n == length ? 0 : -EIO;
}
