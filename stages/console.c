/* Descriptors 0-2: what the caller passed, or a terminal of the container's own.
 *
 * Passed: the host's /dev/null is exchanged for the container's, everything else is given to the user. A
 * rootfs whose /dev/null is a link to a file of the host, or a file that claims the device's number, changes
 * nothing (CVE-2026-88265).
 *
 * A terminal: made in the devpts on the container's /dev/pts. Its two ends are looked up in that file system
 * alone, in which nobody can make or rename anything, and behind nothing that is mounted over them; the slave
 * comes from the master and reaches /dev/console as a descriptor (CVE-2025-52565). /dev/console is never
 * opened nor made through a link (CVE-2026-88264).
 *
 * Either way a session of its own: no terminal of the caller's is the program's controlling one, nor a signal
 * to the caller's group its own (EXE-34).
 */
#include <linux/termios.h>
#include <sys/sysmacros.h>

#include "mount.h"
#include "number.h"
#include "path.h"
#include "stage.h"

#define DEVPTS_MAGIC 0x1cd1
#define PTMX_INODE 2     /* devpts makes it at each mount */
#define SLAVE_MAJOR 136u /* UNIX98_PTY_SLAVE_MAJOR */
#define CONSOLE "dev/console"

/* ---- what the caller passed --------------------------------------------------------------------------- */

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

	sys_setsid(); /* EPERM: it is a leader already */
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

/* ---- a terminal --------------------------------------------------------------------------------------- */

static int not_made(struct fault *fault, int error, const char *what)
{
	return fault_set(fault, FAULT_TERMINAL, error, what);
}

static int open_devpts(int root, struct fault *fault)
{
	FD_AUTO dir = path_open(root, "dev/pts", O_PATH | O_DIRECTORY);
	int64_t magic = dir < 0 ? dir : sys_fs_magic(dir);

	if (magic == DEVPTS_MAGIC)
		return fd_take(&dir);
	if (magic < 0 && magic != -ENOENT && magic != -ENOTDIR)
		return not_made(fault, (int)magic, "/dev/pts");
	not_made(fault, ENODEV, "/dev/pts is no devpts");
	fault_note(fault, "add to mounts: {\"destination\": \"/dev/pts\", \"type\": \"devpts\", \"source\": "
			  "\"devpts\", \"options\": [\"nosuid\", \"noexec\", \"newinstance\", "
			  "\"ptmxmode=0666\", \"mode=0620\"]}");
	return -ENODEV;
}

/* An entry of devpts itself: no mount over it, no link. */
static int open_entry(int devpts, const char *name)
{
	struct open_how how = {
		.flags = O_RDWR | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return sys_openat2(devpts, name, &how);
}

static int open_master(int devpts, struct fault *fault)
{
	FD_AUTO master = open_entry(devpts, "ptmx");
	int unlocked = 0, r;
	struct stat st;

	if (master < 0)
		return not_made(fault, master, "/dev/pts/ptmx");
	r = sys_fstat(master, &st);
	if (r == 0 && (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2) || st.st_ino != PTMX_INODE))
		r = -ENODEV;
	if (r == 0)
		r = sys_ioctl(master, TIOCSPTLCK, &unlocked);
	return r < 0 ? not_made(fault, r, "/dev/pts/ptmx") : fd_take(&master);
}

/* Before 4.13, and where an emulator does not know TIOCGPTPEER: by its number, in the same devpts. */
static int open_numbered_slave(int master, int devpts)
{
	char name[NUMBER_TEXT];
	unsigned number;
	struct stat st;
	int r = sys_ioctl(master, TIOCGPTN, &number);

	if (r < 0)
		return r;
	number_text(name, number);
	FD_AUTO slave = open_entry(devpts, name);
	r = slave < 0 ? slave : sys_fstat(slave, &st);
	if (r == 0 && (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(SLAVE_MAJOR, number)))
		r = -ENODEV;
	return r < 0 ? r : fd_take(&slave);
}

static int open_slave(int master, int devpts, struct fault *fault)
{
	uintptr_t flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
	int slave = sys_ioctl(master, TIOCGPTPEER, (void *)flags);

	if (slave == -EINVAL || slave == -ENOTTY)
		slave = open_numbered_slave(master, devpts);
	return slave < 0 ? not_made(fault, slave, "its end in the container") : slave;
}

/* All that the other side could see changing is done before it has the master (PRO-08). */
static int shape(int slave, const struct plan_console *console, struct fault *fault)
{
	struct winsize size = { .ws_row = (unsigned short)console->rows,
				.ws_col = (unsigned short)console->columns };
	struct termios modes;
	int r = 0;

	if (size.ws_row || size.ws_col)
		r = sys_ioctl(slave, TIOCSWINSZ, &size);
	if (r == 0 && console->flags & PLAN_CONSOLE_RELAYED) {
		r = sys_ioctl(slave, TCGETS, &modes);
		modes.c_oflag &= ~(tcflag_t)ONLCR;
		if (r == 0)
			r = sys_ioctl(slave, TCSETS, &modes);
	}
	if (r == 0)
		r = give(slave, (uid_t)console->uid);
	return r < 0 ? not_made(fault, r, "size, modes and owner") : 0;
}

/* The file at /dev/console, made when it may be: -ENOENT when it is missing and may not. Never a link. */
static int open_console(int root, bool make)
{
	const char *name;
	FD_AUTO parent =
		make ? path_make_parent(root, CONSOLE, 0755, &name) : path_parent(root, CONSOLE, &name);
	struct stat st;

	if (parent < 0)
		return parent;
	FD_AUTO target = sys_openat(parent, name, O_PATH | O_NOFOLLOW, 0);
	if (target == -ENOENT && make)
		target = sys_openat(parent, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	int r = target < 0 ? target : sys_fstat(target, &st);
	if (r == 0 && S_ISLNK(st.st_mode))
		r = -ELOOP;
	return r < 0 ? r : fd_take(&target);
}

/* PRO-05. What is mounted is the slave that we hold, whatever /dev/pts shows by now. */
static int put_on_console(struct shim *shim, int slave, uint64_t flags, struct fault *fault)
{
	bool make = flags & PLAN_CONSOLE_MAKE;
	FD_AUTO target = open_console(shim_root(shim), make);
	FD_AUTO tree = target < 0 ? target : mount_clone(slave, "", AT_EMPTY_PATH, false);
	int r = tree < 0 ? tree : mount_attach(tree, target);

	if (r >= 0 || (target == -ENOENT && !make))
		return 0;
	not_made(fault, r, "/dev/console");
	if (r == -ELOOP)
		fault_note(fault, "the image has a symlink there");
	if (r == -EROFS)
		fault_note(fault, "mount a tmpfs on /dev, or put an empty file there");
	return r;
}

/* PRO-07. TIOCSCTTY 0: a terminal that another session has is never taken from it. The end of a session's
 * leader hangs its terminal up: where we fork, the child takes it. */
static int take(const struct plan *plan, int slave, struct fault *fault)
{
	int r = 0;

	if (!stage_forks(plan)) {
		sys_setsid();
		r = sys_ioctl(slave, TIOCSCTTY, NULL);
	}
	if (r < 0)
		return not_made(fault, r, "as the controlling one");
	for (int fd = 0; fd <= 2 && r >= 0; fd++)
		r = sys_dup3(slave, fd, 0);
	return r < 0 ? not_made(fault, r, "as standard input and output") : 0;
}

static int console_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_console *console = STAGE_RECORD(console, record);
	FD_AUTO devpts = open_devpts(shim_root(shim), fault);
	FD_AUTO master = devpts < 0 ? devpts : open_master(devpts, fault);
	FD_AUTO slave = master < 0 ? master : open_slave(master, devpts, fault);
	int r = slave < 0 ? slave : shape(slave, console, fault);

	if (r == 0 && console->flags & PLAN_CONSOLE_BIND)
		r = put_on_console(shim, slave, console->flags, fault);
	if (r == 0)
		r = take(shim->plan, slave, fault);
	if (r == 0)
		shim->master = fd_take(&master);
	return r;
}

const struct stage stage_console = {
	"console",
	{ { PLAN_KIND_stdio, stdio_run }, { PLAN_KIND_console, console_run } },
};
