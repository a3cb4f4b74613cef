/* Descriptors 0-2 without a terminal: the host's /dev/null is exchanged for the container's, everything else
 * is given to the user. Works on descriptors alone and verifies before use: a rootfs whose /dev/null is a
 * link to a file of the host, or a file that claims the device's number, changes nothing (CVE-2026-88265).
 */
#include <sys/sysmacros.h>

#include "path.h"
#include "stage.h"

static bool is_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && major(st->st_rdev) == 1 && minor(st->st_rdev) == 3;
}

/* First without opening the device itself, since a hostile one may act on open; then what was really opened.
 * -ENODEV when it is another thing. */
static int open_null(int root)
{
	static const int flags[] = { O_PATH, O_RDWR | O_NOCTTY };
	int fd = -1, r;
	struct stat st;

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		fd_close(fd);
		fd = path_open(root, "dev/null", flags[i]);
		if (fd < 0)
			return fd;
		r = sys_fstat(fd, &st);
		if (r == 0 && !is_null(&st))
			r = -ENODEV;
		if (r < 0) {
			fd_close(fd);
			return r;
		}
	}
	return fd;
}

/* Write access to a terminal or a pipe that the caller passed. Where it cannot be given the program may still
 * do with what it has: an unmapped id, a read-only file system, a file of another owner. */
static int give(int fd, uid_t uid)
{
	int r = sys_fchownat(fd, "", uid, (gid_t)-1, AT_EMPTY_PATH);

	return r == -EPERM || r == -EROFS || r == -EINVAL ? 0 : r;
}

static int stdio_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	static const char *const names[3] = { "stdin", "stdout", "stderr" };
	uid_t uid = (uid_t)STAGE_RECORD(stdio, record)->uid;
	FD_AUTO null = -1;
	struct stat st;
	int r;

	for (int fd = 0; fd <= 2; fd++) {
		r = sys_fstat(fd, &st);
		if (r < 0)
			return fault_set(fault, FAULT_STAT, r, names[fd]);
		if (is_null(&st)) {
			/* everyone's: never given away. No good one inside: the host's stays. */
			if (null == -1)
				null = open_null(shim_root(shim));
			r = null >= 0 ? sys_dup3(null, fd, 0) : 0;
		} else if (st.st_uid != uid) {
			r = give(fd, uid);
		}
		if (r < 0)
			return fault_set(fault, FAULT_CHANGE_OWNER, r, names[fd]);
	}
	return 0;
}

const struct stage stage_console = { "console", { { PLAN_KIND_stdio, stdio_run } } };
