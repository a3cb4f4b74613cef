/* Rows listener and seccomp. */
#include "stage_fixture.h"

static const uint64_t filter[] = { 0x06, 0x7fff000000000006 };

static void make_plain(void)
{
	BUILD_ADD(&build, SECCOMP, seccomp, .filter = build_blob(&build, filter, sizeof filter),
		  .flags = PLAN_FILTER_LOG | PLAN_FILTER_SPEC_ALLOW);
}

static void plain_filter_is_one_call(void **state)
{
	(void)state;
	make_plain();
	assert_int_equal(fixture_run(&stage_seccomp), 0);
	assert_int_equal(fake_calls(), 1);
	assert_int_equal(fake_count("seccomp 1 0x6"), 1);
}

static void listener_goes_up(void **state)
{
	(void)state;
	BUILD_ADD(&build, LISTENER, seccomp, .filter = build_blob(&build, filter, sizeof filter),
		  .flags = PLAN_FILTER_NEW_LISTENER | PLAN_FILTER_WAIT_KILLABLE);
	fake_return("seccomp", 50);
	assert_int_equal(fixture_run(&stage_seccomp), 0);
	assert_int_equal(fake_count("seccomp 1 0x28"), 1);
	assert_int_equal(fake_count("type=6 bytes=8 fds=1"), 1);
	assert_int_equal(fake_count("close 50"), 1);
}

static void missing_right_is_explained(void **state)
{
	(void)state;
	make_plain();
	fake_fail(1, EACCES);
	assert_int_equal(fixture_run(&stage_seccomp), -EACCES);
	assert_int_equal(fault.op, FAULT_FILTER);
	assert_non_null(strstr(fault.note, "CAP_SYS_ADMIN"));
}

static void an_older_kernel_is_named(void **state)
{
	static const struct {
		uint64_t flags;
		const char *needed;
	} rows[] = {
		{ PLAN_FILTER_NEW_LISTENER | PLAN_FILTER_WAIT_KILLABLE,
		  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: from Linux 5.19" },
		{ PLAN_FILTER_NEW_LISTENER, "seccomp listeners: from Linux 5.0" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		fixture_start(state);
		BUILD_ADD(&build, LISTENER, seccomp, .filter = build_blob(&build, filter, sizeof filter),
			  .flags = rows[i].flags);
		fake_fail(1, EINVAL);
		assert_int_equal(fixture_run(&stage_seccomp), -EINVAL);
		assert_non_null(strstr(fault.note, rows[i].needed));
	}
}

static void every_failure_is_told(void **state)
{
	(void)state;
	fixture_sweep(&stage_seccomp, make_plain, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(plain_filter_is_one_call, fixture_start),
		cmocka_unit_test_setup(listener_goes_up, fixture_start),
		cmocka_unit_test_setup(missing_right_is_explained, fixture_start),
		cmocka_unit_test_setup(an_older_kernel_is_named, fixture_start),
		cmocka_unit_test_setup(every_failure_is_told, fixture_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
