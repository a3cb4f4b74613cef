/* User namespaces for id-mapped mounts, on the real kernel. Needs root; skips otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <unistd.h>

#include "fd.h"
#include "idmap.h"
#include "mount.h"
#include "procfs.h"

#define MAP "0 1000 10\n"
#define LENGTH (sizeof MAP - 1)

static int proc;

static int start(void **state)
{
	(void)state;
	proc = procfs_open();
	return proc < 0 ? -1 : 0;
}

static int stop(void **state)
{
	(void)state;
	proc = fd_close(proc);
	return 0;
}

static int children(void)
{
	siginfo_t info = { 0 };

	return sys_waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != -ECHILD;
}

static void namespace_outlives_its_child(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	int first = dup(0), user = idmap_namespace(proc, MAP, LENGTH, MAP, LENGTH);

	assert_true(user >= 0);
	assert_int_equal(children(), 0);
	/* nothing else of the shared table stays open */
	int next = dup(0);
	assert_true(next <= user + 1 || next == first + 1);
	close(next);
	close(first);
	fd_close(user);
}

static void bad_map_is_an_error_and_leaves_nothing(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	int before = dup(0);

	close(before);
	assert_int_equal(idmap_namespace(proc, "0 0 0\n", 6, MAP, LENGTH), -EINVAL);
	assert_int_equal(idmap_namespace(proc, MAP, LENGTH, "x", 1), -EINVAL);
	assert_int_equal(children(), 0);
	int after = dup(0);
	assert_int_equal(after, before);
	close(after);
}

static void tree_shows_mapped_ids(void **state)
{
	static const struct mount_request tmpfs = { .type = "tmpfs", .source = "idmap" };
	struct fault fault = { 0 };
	struct stat stat;

	(void)state;
	if (geteuid() != 0)
		skip();
	FD_AUTO user = idmap_namespace(proc, MAP, LENGTH, MAP, LENGTH);
	FD_AUTO tree = mount_new(&tmpfs, &fault);
	if (tree < 0)
		skip(); /* root in a namespace that may not mount */
	int r = idmap_apply(tree, user, false);
	if (r == -ENOSYS || r == -EINVAL)
		skip(); /* before 5.12; tmpfs: from 6.3 */
	assert_int_equal(r, 0);
	assert_int_equal(sys_fstat(tree, &stat), 0);
	assert_int_equal(stat.st_uid, 1000);
	assert_int_equal(stat.st_gid, 1000);
	assert_int_equal(idmap_apply(tree, user, true), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(namespace_outlives_its_child, start, stop),
		cmocka_unit_test_setup_teardown(bad_map_is_an_error_and_leaves_nothing, start, stop),
		cmocka_unit_test_setup_teardown(tree_shows_mapped_ids, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
