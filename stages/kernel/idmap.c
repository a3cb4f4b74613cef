/* User namespaces for id-mapped mounts: see idmap.h. The only third clone of the shim, and a short one: a map
 * can be written only while some process is inside, and only from outside. Never enters the namespace, never
 * looks at a mount but the one it is given.
 */
#include "idmap.h"

#include <errno.h>
#include <sys/prctl.h>

#include "fd.h"
#include "procfs.h"

/* What the child leaves in the table of descriptors that both share. */
struct found {
	int self; /* its directory of /proc, or -errno */
	int user; /* its user namespace */
};

/* In the new namespace. It opens its own files because a parent that is not dumpable, or has no
 * CAP_SYS_PTRACE, may not; then it keeps the namespace alive until it is killed. */
static _Noreturn void child(int proc, int to)
{
	struct found found = { .user = -1 };
	FD_AUTO links = procfs_open_file(proc, "self/ns", O_PATH | O_DIRECTORY);

	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	found.user = links < 0 ? links : sys_openat(links, "user", O_RDONLY, 0);
	found.self = found.user < 0 ? found.user : procfs_open_file(proc, "self/.", O_PATH | O_DIRECTORY);
	fd_close_at(&links);
	if (sys_write(to, &found, sizeof found) == (ssize_t)sizeof found)
		for (;;)
			sys_poll(NULL, 0, -1);
	sys_exit(1);
}

static int hear(int from, struct found *ret)
{
	struct found found;
	ssize_t got;

	do
		got = sys_read(from, &found, sizeof found);
	while (got == -EINTR);
	if (got != (ssize_t)sizeof found)
		return got < 0 ? (int)got : -EPIPE;
	*ret = found;
	return found.self < 0 ? found.self : 0;
}

static int write_map(int self, const char *file, const char *map, size_t length)
{
	FD_AUTO fd = sys_openat(self, file, O_WRONLY | O_NOFOLLOW, 0);
	ssize_t n = fd < 0 ? fd : sys_write(fd, map, length);

	if (n < 0)
		return (int)n;
	return (size_t)n == length ? 0 : -EIO;
}

static void end(int pidfd)
{
	siginfo_t info;
	int r;

	sys_pidfd_send_signal(pidfd, SIGKILL);
	do
		r = sys_waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED);
	while (r == -EINTR);
}

int idmap_namespace(int proc, const char *uid_map, size_t uid_length, const char *gid_map, size_t gid_length)
{
	struct found found = { -1, -1 };
	int pidfd = -1, pipe[2], r = sys_pipe(pipe);
	struct sys_clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_FILES | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};

	if (r < 0)
		return r;
	r = sys_clone3(&args, sizeof args);
	if (r == 0)
		child(proc, pipe[1]);
	if (r > 0) {
		r = hear(pipe[0], &found);
		if (r >= 0)
			r = write_map(found.self, "uid_map", uid_map, uid_length);
		if (r >= 0)
			r = write_map(found.self, "gid_map", gid_map, gid_length);
		end(pidfd);
	}
	fd_close(pidfd);
	fd_close(pipe[0]);
	fd_close(pipe[1]);
	fd_close(found.self);
	if (r >= 0)
		return found.user;
	fd_close(found.user);
	return r;
}

int idmap_apply(int tree, int user, bool recursive)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)user };
	const unsigned flags = (unsigned)AT_EMPTY_PATH | (recursive ? (unsigned)AT_RECURSIVE : 0u);

	return sys_mount_setattr(tree, "", flags, &attr);
}
