/* procfs by descriptor: the real one, and what only looks like it. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "fd.h"
#include "netlink.h"
#include "procfs.h"

static void opens(void **state)
{
	char text[64], want[64];
	ssize_t n;

	(void)state;
	FD_AUTO proc = procfs_open();
	assert_true(proc >= 0);
	FD_AUTO fd = procfs_open_file(proc, "self/stat", O_RDONLY);
	assert_true(fd >= 0);
	n = read(fd, text, sizeof text - 1);
	text[n > 0 ? n : 0] = 0;
	snprintf(want, sizeof want, "%d (", getpid());
	assert_int_equal(strncmp(text, want, strlen(want)), 0);
	FD_AUTO path = procfs_open_file(proc, "sys/kernel", O_PATH | O_DIRECTORY);
	assert_true(path >= 0);
}

static void refuses(void **state)
{
	(void)state;
	FD_AUTO proc = procfs_open();
	assert_int_equal(procfs_open_file(proc, "self", O_RDONLY), -ELOOP);
	assert_int_equal(procfs_open_file(proc, "self/exe", O_RDONLY), -ELOOP);
	assert_int_equal(procfs_open_file(proc, "self/root/etc/passwd", O_RDONLY), -ELOOP);
	assert_int_equal(procfs_open_file(proc, "../etc/passwd", O_RDONLY), -EXDEV);
	assert_int_equal(procfs_open_file(proc, "/etc/passwd", O_RDONLY), -EXDEV);
	assert_int_equal(procfs_write(proc, "none/at/all", "1", 1), -ENOENT);
	assert_int_equal(procfs_write(-1, "sys/kernel/hostname", "1", 1), -EBADF);
}

static void writes(void **state)
{
	char name[16] = "";

	(void)state;
	FD_AUTO proc = procfs_open();
	assert_int_equal(procfs_write(proc, "self/comm", "renamed", 7), 0);
	FD_AUTO fd = procfs_open_file(proc, "self/comm", O_RDONLY);
	assert_true(read(fd, name, sizeof name) > 0);
	assert_int_equal(strncmp(name, "renamed\n", 8), 0);
}

/* An over-mounted file and an over-mounted /proc (CVE-2019-16884, CVE-2025-52881). Runs last: in a mount
 * namespace of its own. */
static void over_mounts(void **state)
{
	(void)state;
	if (geteuid() != 0 || sys_unshare(CLONE_NEWNS) < 0) {
		print_message("left out: needs root and CAP_SYS_ADMIN for a mount namespace\n");
		skip();
	}
	FD_AUTO proc = procfs_open();
	assert_int_equal(sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(sys_mount("/dev/null", "/proc/version", NULL, MS_BIND, NULL), 0);
	assert_int_equal(procfs_open_file(proc, "version", O_RDONLY), -EXDEV);
	assert_int_equal(sys_mount("/proc/sys", "/proc", NULL, MS_BIND, NULL), 0);
	assert_int_equal(procfs_open(), -EXDEV);
	assert_int_equal(sys_mount("x", "/proc", "tmpfs", 0, NULL), 0);
	assert_int_equal(procfs_open(), -EXDEV);
	/* the leak checker of `make asan` reads the real one at exit */
	assert_int_equal(sys_umount2("/proc", MNT_DETACH), 0);
	assert_int_equal(sys_umount2("/proc", MNT_DETACH), 0);
}

static void loopback(void **state)
{
	char flags[16] = "";

	(void)state;
	if (geteuid() != 0 || sys_unshare(CLONE_NEWNET | CLONE_NEWNS) < 0) {
		print_message("left out: needs root and CAP_SYS_ADMIN for a network namespace\n");
		skip();
	}
	/* a sysfs shows the interfaces of the namespace it was mounted in */
	assert_int_equal(sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(sys_mount("x", "/sys", "sysfs", 0, NULL), 0);
	assert_int_equal(netlink_loopback_up(), 0);
	FD_AUTO fd = sys_openat(AT_FDCWD, "/sys/class/net/lo/flags", O_RDONLY, 0);
	assert_true(sys_read(fd, flags, sizeof flags - 1) > 0);
	assert_int_equal(strtoul(flags, NULL, 16) & 1, 1);
	assert_int_equal(netlink_loopback_up(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(opens), cmocka_unit_test(refuses),
					    cmocka_unit_test(writes), cmocka_unit_test(loopback),
					    cmocka_unit_test(over_mounts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
