/* Row console: descriptors 0-2 (CVE-2026-88265), or a terminal (PRO-04..08). */
#include <linux/termios.h>
#include <stdio.h>

#include "stage_fixture.h"

static void null(void)
{
	fake_stat(S_IFCHR | 0666, 1, 3, 5);
}

static void pipes(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		fake_stat(S_IFIFO | 0600, 0, 0, 5);
}

static void make(void)
{
	BUILD_ADD(&build, CONSOLE, stdio, .uid = 1000);
	for (int i = 0; i < 3; i++) /* stdin, the two looks at the container's */
		null();
	pipes(2);
}

static void null_is_exchanged_and_pipes_are_given(void **state)
{
	(void)state;
	make();
	assert_int_equal(fixture_run(&stage_console), 0);
	assert_int_equal(fake_count("in-root no-magiclinks"), 2);
	assert_int_equal(fake_count("dup3 101 0 0"), 1);
	assert_int_equal(fake_count("fchownat 0"), 0); /* PRO-06 */
	assert_int_equal(fake_count("fchownat 1 \"\" 1000:-1 0x1000"), 1);
	assert_int_equal(fake_count("fchownat 2 \"\" 1000:-1 0x1000"), 1);
	assert_int_equal(fake_open_fds(), 0);
}

/* The first call makes a session, if there is none yet; 3 to 6 look for a good /dev/null inside: without one
 * the host's stays. */
static int looking(unsigned n)
{
	return n == 1 || (n >= 3 && n <= 6);
}

static void every_failure_is_told(void **state)
{
	(void)state;
	fixture_sweep(&stage_console, make, looking);
}

static void one_null_for_all_three(void **state)
{
	(void)state;
	BUILD_ADD(&build, CONSOLE, stdio, .uid = 1000);
	for (int i = 0; i < 5; i++)
		null();
	assert_int_equal(fixture_run(&stage_console), 0);
	assert_int_equal(fake_count("openat2"), 2);
	assert_int_equal(fake_count("dup3 101 "), 3);
}

/* What pretends to be /dev/null is neither opened nor used nor chowned. */
static void pretender(mode_t mode, unsigned major, unsigned minor)
{
	fixture_start(NULL);
	BUILD_ADD(&build, CONSOLE, stdio, .uid = 1000);
	null();
	fake_stat(mode, major, minor, 5);
	pipes(2);
	assert_int_equal(fixture_run(&stage_console), 0);
	assert_int_equal(fake_count("openat2"), 1);
	assert_int_equal(fake_count("dup3"), 0);
	assert_int_equal(fake_count("fchownat 0"), 0);
	assert_int_equal(fake_open_fds(), 0);
}

static void pretenders(void **state)
{
	(void)state;
	pretender(S_IFREG | 0666, 1, 3);
	pretender(S_IFBLK | 0666, 1, 3);
	pretender(S_IFIFO | 0666, 0, 0);
	pretender(S_IFCHR | 0666, 1, 5);
}

/* Exchanged between the two looks. */
static void racing_pretender(void **state)
{
	(void)state;
	BUILD_ADD(&build, CONSOLE, stdio, .uid = 1000);
	null();
	null();
	pipes(3);
	assert_int_equal(fixture_run(&stage_console), 0);
	assert_int_equal(fake_count("dup3"), 0);
	assert_int_equal(fake_open_fds(), 0);
}

static void what_cannot_be_given_stays(void **state)
{
	static const int errors[] = { EPERM, EROFS, EINVAL };

	(void)state;
	for (int i = 0; i < 3; i++) {
		fixture_start(NULL);
		BUILD_ADD(&build, CONSOLE, stdio, .uid = 1000);
		pipes(3);
		fake_return("fchownat", -errors[i]);
		assert_int_equal(fixture_run(&stage_console), 0);
		assert_int_equal(fake_count("fchownat"), 3);
	}
}

/* ---- a terminal -----------------------------------------------------------------------------------------
 */

#define DEVPTS 0x1cd1
#define FLAGS (PLAN_CONSOLE_BIND | PLAN_CONSOLE_MAKE | PLAN_CONSOLE_RELAYED)

static void devpts(void)
{
	fake_return("fs_magic", DEVPTS);
	fake_stat(S_IFCHR | 0666, 5, 2, 2);
}

static void make_terminal(void)
{
	BUILD_ADD(&build, CONSOLE, console, .uid = 1000, .rows = 25, .columns = 80, .flags = FLAGS);
	devpts();
}

static void a_terminal(void **state)
{
	char expected[2048];

	(void)state;
	make_terminal();
	assert_int_equal(fixture_run(&stage_console), 0);
	snprintf(expected, sizeof expected,
		 "openat2 11 \"dev/pts\" 0x210000 in-root no-magiclinks\n"
		 "fs_magic 100\n"
		 "openat2 100 \"ptmx\" 0x102 beneath no-xdev no-symlinks no-magiclinks\n"
		 "fstat 101\n"
		 "ioctl 101 %#lx\n"
		 "ioctl 101 %#lx\n"
		 "ioctl 102 %#lx\n"
		 "ioctl 102 %#lx\n"
		 "ioctl 102 %#lx %#x\n"
		 "fchownat 102 \"\" 1000:-1 0x1000\n"
		 "openat2 11 \"dev/\" 0x210000 in-root no-magiclinks\n"
		 "openat 103 \"console\" 0x220000 0\n"
		 "fstat 104\n"
		 "close 103\n"
		 "open_tree 102 \"\" 0x1001\n"
		 "move_mount 105 \"\" 104 \"\" 0x44\n"
		 "close 105\n"
		 "close 104\n"
		 "setsid\n"
		 "ioctl 102 %#lx\n"
		 "dup3 102 0 0\n"
		 "dup3 102 1 0\n"
		 "dup3 102 2 0\n"
		 "close 102\n"
		 "close 100\n",
		 (unsigned long)TIOCSPTLCK, (unsigned long)TIOCGPTPEER, (unsigned long)TIOCSWINSZ,
		 (unsigned long)TCGETS, (unsigned long)TCSETS, (unsigned)OPOST, (unsigned long)TIOCSCTTY);
	assert_log(expected);
	assert_int_equal(shim.master, 101);
	assert_int_equal(fake_open_fds(), 1);
}

/* setsid: it is a leader already. */
static int session(unsigned n)
{
	return n == 16;
}

static void every_failure_of_a_terminal_is_told(void **state)
{
	(void)state;
	fixture_sweep(&stage_console, make_terminal, session);
}

static void exec_binds_nothing_and_asks_for_no_size(void **state)
{
	(void)state;
	BUILD_ADD(&build, CONSOLE, console, .uid = 0);
	devpts();
	assert_int_equal(fixture_run(&stage_console), 0);
	assert_int_equal(fake_count("open_tree"), 0);
	assert_int_equal(fake_count("console"), 0);
	assert_int_equal(fake_count("ioctl"), 3);
}

static void assert_refused(int error, const char *object, const char *note)
{
	assert_int_equal(fixture_run(&stage_console), -error);
	assert_non_null(strstr(fault.object, object));
	assert_non_null(strstr(fault.note, note));
	assert_int_equal(shim.master, -1);
	assert_int_equal(fake_open_fds(), 0);
}

static void no_devpts_names_the_mount_to_add(void **state)
{
	(void)state;
	BUILD_ADD(&build, CONSOLE, console, .uid = 0);
	assert_refused(ENODEV, "/dev/pts is no devpts", "\"type\": \"devpts\"");
	fixture_start(NULL);
	BUILD_ADD(&build, CONSOLE, console, .uid = 0);
	fake_return("openat2", -ENOENT);
	assert_refused(ENODEV, "/dev/pts is no devpts", "\"type\": \"devpts\"");
}

/* CVE-2025-52565: nothing but the ptmx of a devpts. */
static void pretended_ptmx(void **state)
{
	static const struct {
		mode_t mode;
		unsigned major, minor;
		uint64_t inode;
	} rows[] = { { S_IFREG, 5, 2, 2 }, { S_IFCHR, 1, 3, 2 }, { S_IFCHR, 5, 1, 2 }, { S_IFCHR, 5, 2, 9 } };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		fixture_start(NULL);
		BUILD_ADD(&build, CONSOLE, console, .uid = 0);
		fake_return("fs_magic", DEVPTS);
		fake_stat(rows[i].mode, rows[i].major, rows[i].minor, rows[i].inode);
		assert_refused(ENODEV, "/dev/pts/ptmx", "");
	}
}

static void before_4_13_the_slave_has_a_number(void **state)
{
	(void)state;
	BUILD_ADD(&build, CONSOLE, console, .uid = 0);
	devpts();
	fake_return("ioctl", 0); /* TIOCSPTLCK */
	fake_return("ioctl", -EINVAL);
	fake_stat(S_IFCHR | 0620, 136, 7, 10);
	assert_int_equal(fixture_run(&stage_console), 0);
	assert_int_equal(fake_count("openat2 100 \"7\" 0x102 beneath no-xdev no-symlinks no-magiclinks"), 1);
	fixture_start(NULL);
	BUILD_ADD(&build, CONSOLE, console, .uid = 0);
	devpts();
	fake_return("ioctl", 0);
	fake_return("ioctl", -EINVAL);
	fake_stat(S_IFCHR | 0620, 136, 8, 10);
	assert_refused(ENODEV, "its end in the container", "");
}

/* CVE-2026-88264 */
static void a_link_at_dev_console_is_refused(void **state)
{
	(void)state;
	BUILD_ADD(&build, CONSOLE, console, .flags = PLAN_CONSOLE_BIND | PLAN_CONSOLE_MAKE);
	devpts();
	fake_stat(S_IFLNK | 0777, 0, 0, 9);
	assert_refused(ELOOP, "/dev/console", "symlink");
	assert_int_equal(fake_count("move_mount"), 0);
}

static void a_missing_console_is_made_or_left_alone(void **state)
{
	(void)state;
	BUILD_ADD(&build, CONSOLE, console, .flags = PLAN_CONSOLE_BIND | PLAN_CONSOLE_MAKE);
	devpts();
	fake_return("openat", -ENOENT);
	assert_int_equal(fixture_run(&stage_console), 0);
	assert_int_equal(fake_count("openat 103 \"console\" 0x200c0 0600"), 1); /* O_EXCL O_NOFOLLOW */
	assert_int_equal(fake_count("move_mount"), 1);
	fixture_start(NULL);
	BUILD_ADD(&build, CONSOLE, console, .flags = PLAN_CONSOLE_BIND);
	devpts();
	fake_return("openat", -ENOENT);
	assert_int_equal(fixture_run(&stage_console), 0);
	assert_int_equal(fake_count("move_mount"), 0);
	assert_int_equal(shim.master, 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(null_is_exchanged_and_pipes_are_given, fixture_start),
		cmocka_unit_test_setup(every_failure_is_told, fixture_start),
		cmocka_unit_test_setup(one_null_for_all_three, fixture_start),
		cmocka_unit_test(pretenders),
		cmocka_unit_test_setup(racing_pretender, fixture_start),
		cmocka_unit_test(what_cannot_be_given_stays),
		cmocka_unit_test_setup(a_terminal, fixture_start),
		cmocka_unit_test_setup(every_failure_of_a_terminal_is_told, fixture_start),
		cmocka_unit_test_setup(exec_binds_nothing_and_asks_for_no_size, fixture_start),
		cmocka_unit_test_setup(no_devpts_names_the_mount_to_add, fixture_start),
		cmocka_unit_test(pretended_ptmx),
		cmocka_unit_test_setup(before_4_13_the_slave_has_a_number, fixture_start),
		cmocka_unit_test_setup(a_link_at_dev_console_is_refused, fixture_start),
		cmocka_unit_test_setup(a_missing_console_is_made_or_left_alone, fixture_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
