/* The restored root read-only. criu makes every mount as it was but this one: the root is what it was given,
 * and it has to write in it. Before the processes go on, from within their mount namespace.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "clone.h"
#include "container/making.h"
#include "fd.h"

#define KEPT \
	(MS_NOSUID | MS_NODEV | MS_NOEXEC) /* statfs has the same bits; the kernel keeps atime's itself */

/* In a child: its root and directory become those of the namespace. No /proc is needed, which would be the
 * container's. */
static int make_readonly(void *argument)
{
	const int *namespace = argument;
	int r = sys_setns(*namespace, CLONE_NEWNS);
	FD_AUTO root = r == 0 ? sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0) : r;
	int64_t flags = root < 0 ? root : sys_fs_flags(root);

	if (flags < 0)
		return 1;
	r = sys_mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | ((unsigned long)flags & KEPT),
		      NULL);
	return r == 0 ? 0 : 1;
}

int making_root_readonly(struct making *making, int64_t pid)
{
	siginfo_t info = { 0 };
	char path[64];

	if (!making->prepared->spec.root_readonly)
		return 0;
	snprintf(path, sizeof path, "/proc/%lld/ns/mnt", (long long)pid);
	FD_AUTO namespace = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
	int child = namespace < 0 ? namespace : clone_vfork(0, -1, NULL, make_readonly, &namespace);
	int r = child;
	while (child > 0 && (r = sys_waitid(P_PID, (id_t)child, &info, WEXITED | __WALL)) == -EINTR)
		;
	if (r >= 0 && (info.si_code != CLD_EXITED || info.si_status != 0))
		r = -EIO;
	return r < 0 ? error_in(making->error,
				error_errno(making->error, r, "cannot make the restored root read-only"),
				"root")
		     : 0;
}
