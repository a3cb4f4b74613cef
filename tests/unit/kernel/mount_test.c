/* The mount calls for real, in a mount namespace of this process's own. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "mount.h"
#include "path.h"

static const char *refused; /* why nothing can be tested here */
static int base = -1;       /* a tmpfs of our own */

static const char *option(const void *context, uint32_t i)
{
	return ((const char *const *)context)[i];
}

static int new_tmpfs(const char *const *options, uint32_t count, struct fault *fault)
{
	struct mount_request request = { .type = "tmpfs",
					 .source = "ours",
					 .option_count = count,
					 .option = option,
					 .context = options,
					 .attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC };

	memset(fault, 0, sizeof *fault);
	return mount_new(&request, fault);
}

static int group_setup(void **state)
{
	struct fault fault;
	int tree;

	(void)state;
	if (geteuid() != 0 || sys_unshare(CLONE_NEWNS) < 0) {
		refused = "needs root and CAP_SYS_ADMIN for a mount namespace";
		return 0;
	}
	if (sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	FD_AUTO tmp = sys_openat(AT_FDCWD, "/tmp", O_PATH | O_DIRECTORY, 0);
	tree = new_tmpfs(NULL, 0, &fault);
	if (tree < 0 || mount_attach(tree, tmp) < 0)
		return -1;
	base = tree;
	sys_mkdirat(base, "dir", 0755);
	sys_mkdirat(base, "other", 0755);
	return 0;
}

#define NEED_ROOT()                                               \
	do {                                                      \
		if (refused) {                                    \
			print_message("left out: %s\n", refused); \
			skip();                                   \
		}                                                 \
	} while (0)

static void new_file_system(void **state)
{
	static const char *const options[] = { "mode=0710", "size=64k", "nr_inodes=10" };
	struct fault fault;
	struct stat st;

	(void)state;
	NEED_ROOT();
	FD_AUTO tree = new_tmpfs(options, 3, &fault);
	assert_true(tree >= 0);
	assert_int_equal(sys_fstat(tree, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0710);
	assert_int_equal(sys_fs_flags(tree) & 0xf, 2 | 8);
	FD_AUTO dir = path_open(base, "dir", O_PATH);
	assert_int_equal(mount_attach(tree, dir), 0);
	assert_int_equal(sys_fstatat(base, "dir", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0710);
	assert_int_equal(sys_umount2("/tmp/dir", SYS_MNT_DETACH), 0);
}

static void super_flags(void **state)
{
	struct mount_request request = { .type = "tmpfs", .source = "", .super = MS_RDONLY | MS_SYNCHRONOUS };
	struct fault fault = { 0 };

	(void)state;
	NEED_ROOT();
	FD_AUTO tree = mount_new(&request, &fault);
	assert_true(tree >= 0);
	assert_int_equal(sys_fs_flags(tree) & (1 | 16), 1 | 16);
	assert_int_equal(sys_mkdirat(tree, "x", 0755), -EROFS);
	request.super = MS_SILENT;
	assert_int_equal(mount_new(&request, &fault), -E2BIG);
	assert_int_equal(fault.set, 0);
}

/* The kernel's own words reach the fault. */
static void wrong_option(void **state)
{
	static const char *const options[] = { "size=64k", "nonsense=1" };
	struct fault fault;
	struct mount_request request = { .type = "no-such-fs", .source = "" };

	(void)state;
	NEED_ROOT();
	assert_int_equal(new_tmpfs(options, 2, &fault), -EINVAL);
	assert_int_equal(fault.op, FAULT_MOUNT);
	assert_string_equal(fault.object, "tmpfs");
	assert_non_null(strstr(fault.note, "nonsense"));
	memset(&fault, 0, sizeof fault);
	assert_int_equal(mount_new(&request, &fault), -ENODEV);
	assert_int_equal(fault.error, ENODEV);
}

static void long_value(void **state)
{
	char text[400] = "lowerdir=";
	const char *const options[] = { text };
	struct fault fault;

	(void)state;
	NEED_ROOT();
	memset(text + 9, 'a', 256);
	assert_int_equal(new_tmpfs(options, 1, &fault), -E2BIG);
	assert_int_equal(fault.set, 0);
}

/* mount(2) on a descriptor, and the way to what it mounted. */
static void legacy(void **state)
{
	static const char *const options[] = { "mode=0701", "size=64k" };
	struct mount_request request = { .type = "tmpfs",
					 .source = "",
					 .option_count = 2,
					 .option = option,
					 .context = options,
					 .super = MS_RDONLY,
					 .attributes = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME };
	struct fault fault = { 0 };
	struct stat st;
	char long_text[5000];
	const char *const long_options[] = { long_text };

	(void)state;
	NEED_ROOT();
	FD_AUTO dir = path_open(base, "other", O_PATH);
	FD_AUTO top = mount_legacy(&request, dir, &fault);
	assert_true(top >= 0);
	assert_int_equal(sys_fstat(top, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0701);
	assert_int_equal(sys_fs_flags(top) & (1 | 4 | 1024), 1 | 4 | 1024);
	assert_true(sys_mount_id(top, "", AT_EMPTY_PATH) != sys_mount_id(dir, "", AT_EMPTY_PATH));
	/* a second one stands on top of the first */
	FD_AUTO second = mount_legacy(&request, dir, &fault);
	assert_true(second >= 0);
	assert_true(sys_mount_id(second, "", AT_EMPTY_PATH) != sys_mount_id(top, "", AT_EMPTY_PATH));
	sys_umount2("/tmp/other", SYS_MNT_DETACH);
	sys_umount2("/tmp/other", SYS_MNT_DETACH);
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = 0;
	request.option_count = 1;
	request.context = long_options;
	assert_int_equal(mount_legacy(&request, dir, &fault), -E2BIG);
	assert_int_equal(fault.set, 1);
}

static void clones_and_changes(void **state)
{
	struct fault fault;
	FD_AUTO tree = -1;

	(void)state;
	NEED_ROOT();
	FD_AUTO sub = new_tmpfs(NULL, 0, &fault);
	FD_AUTO dir = path_open(base, "dir", O_PATH);
	assert_int_equal(mount_attach(sub, dir), 0);
	sys_mkdirat(sub, "marker", 0755);
	tree = mount_clone(base, "", AT_EMPTY_PATH, true);
	assert_true(tree >= 0);
	assert_int_equal(sys_access(tree, "dir/marker", 0, 0), 0);
	FD_AUTO alone = mount_clone(base, "", AT_EMPTY_PATH, false);
	assert_int_equal(sys_access(alone, "dir/marker", 0, 0), -ENOENT);
	assert_int_equal(mount_change(tree, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME, MOUNT_ATTR_NOSUID,
				      MS_PRIVATE, true),
			 0);
	assert_int_equal(sys_mkdirat(tree, "dir/x", 0755), -EROFS);
	assert_int_equal(sys_fs_flags(tree) & (1 | 2 | 8 | 1024), 1 | 8 | 1024);
	assert_int_equal(sys_mkdirat(base, "writable", 0755), 0);
	/* strictatime replaces noatime; nothing to change is nothing to do */
	assert_int_equal(mount_change(tree, MOUNT_ATTR_STRICTATIME, 0, 0, false), 0);
	assert_int_equal(sys_fs_flags(tree) & (1024 | 4096), 0);
	assert_int_equal(mount_change(-1, 0, 0, 0, false), 0);
	sys_umount2("/tmp/dir", SYS_MNT_DETACH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_file_system), cmocka_unit_test(super_flags),
		cmocka_unit_test(wrong_option),    cmocka_unit_test(long_value),
		cmocka_unit_test(legacy),          cmocka_unit_test(clones_and_changes),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
