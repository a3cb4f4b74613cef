/* Row console: descriptors 0-2 (CVE-2026-88265). */
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

/* Calls 2 to 5 look for a good /dev/null inside: without one the host's stays. */
static int looking(unsigned n)
{
	return n >= 2 && n <= 5;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(null_is_exchanged_and_pipes_are_given, fixture_start),
		cmocka_unit_test_setup(every_failure_is_told, fixture_start),
		cmocka_unit_test_setup(one_null_for_all_three, fixture_start),
		cmocka_unit_test(pretenders),
		cmocka_unit_test_setup(racing_pretender, fixture_start),
		cmocka_unit_test(what_cannot_be_given_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
