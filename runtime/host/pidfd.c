/* What a pidfd says of itself: see pidfd.h. */
#include "pidfd.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <string.h>

#include "fd.h"
#include "number.h"

/* struct pidfd_info of linux/pidfd.h and its request (6.13, not in the headers of 5.10) */
struct pidfd_info_v0 {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ids[8], spare;
};
#define PIDFD_ASK_INFO _IOWR(0xff, 11, struct pidfd_info_v0)
#define PIDFD_INFO_HAS_PID 1u
_Static_assert(sizeof(struct pidfd_info_v0) == 64, "the size of the first version");

/* Before 6.13: the line "Pid:" of its fdinfo. */
static int64_t by_procfs(int pidfd)
{
	char path[64] = "/proc/self/fdinfo/", text[1024];
	uint64_t pid;

	number_text(path + strlen(path), (uint64_t)pidfd);
	FD_AUTO fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
	ssize_t got = fd < 0 ? fd : sys_read(fd, text, sizeof text - 1);
	if (got < 0)
		return got;
	text[got] = 0;
	char *line = strstr(text, "\nPid:\t");
	if (!line)
		return -EBADF;
	line += strlen("\nPid:\t");
	line[strcspn(line, "\n")] = 0;
	/* -1 of one that has ended is no number */
	return number_parse(line, INT32_MAX, &pid) == 0 ? (int64_t)pid : 0;
}

int64_t pidfd_process(int pidfd)
{
	struct pidfd_info_v0 info = { .mask = PIDFD_INFO_HAS_PID };
	int r = sys_ioctl(pidfd, PIDFD_ASK_INFO, &info);

	if (r == -ENOTTY || r == -EINVAL)
		return by_procfs(pidfd);
	return r == -ESRCH ? 0 : r < 0 ? r : info.mask & PIDFD_INFO_HAS_PID ? (int64_t)info.tgid : 0;
}
