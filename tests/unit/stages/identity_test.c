/* Row identity: the order of the calls is the point. */
#include "stage_fixture.h"

static const uint64_t groups[] = { 5, 70000, 6 };

/* Only CAP_CHOWN is kept. A kernel whose last capability is number 2 keeps the log short. */
static void make_user(void)
{
	BUILD_ADD(&build, IDENTITY, identity, .uid = 1000, .gid = 100,
		  .groups = build_numbers(&build, groups, 3), .bounding = 1, .permitted = 1, .effective = 1,
		  .flags = PLAN_ID_SETGROUPS | PLAN_ID_CAPS | PLAN_ID_NO_NEW_PRIVS,
		  .cwd = build_text(&build, "/w"));
	fake_return("prctl", 0);
	fake_return("prctl", 0);
	fake_return("prctl", -EINVAL);
}

static void user_with_caps(void **state)
{
	(void)state;
	make_user();
	assert_int_equal(fixture_run(&stage_identity), 0);
	assert_log("close 10\n"
		   "openat2 11 \"/w\" 0x210000 in-root no-magiclinks\n"
		   "fchdir 100\n"
		   "close 100\n"
		   "setgroups 3 5 70000 6\n"
		   "prctl 24 0x1 0 0 0\n"
		   "prctl 24 0x2 0 0 0\n"
		   "prctl 24 0x3 0 0 0\n"
		   "prctl 4 0 0 0 0\n"
		   "setresgid 100 100 100\n"
		   "prctl 8 0x1 0 0 0\n"
		   "setresuid 1000 1000 1000\n"
		   "capset 0x1 0x1 0\n"
		   "getcwd\n"
		   "prctl 38 0x1 0 0 0\n"
		   "prctl 4 0 0 0 0\n");
	assert_ptr_equal(shim.identity, plan_find(&plan, PLAN_KIND_identity));
}

static void every_failure_is_told(void **state)
{
	(void)state;
	fixture_sweep(&stage_identity, make_user, NULL);
}

/* PRO-38: where setgroups is denied for ever an empty list is no failure, any other is. */
static void groups_that_can_never_be_set(void **state)
{
	(void)state;
	BUILD_ADD(&build, IDENTITY, identity, .flags = PLAN_ID_SETGROUPS | PLAN_ID_GROUPS_OPTIONAL);
	fake_return("setgroups", -EPERM);
	assert_int_equal(fixture_run(&stage_identity), 0);
}

static void groups_that_are_asked_for_and_denied(void **state)
{
	(void)state;
	BUILD_ADD(&build, IDENTITY, identity, .flags = PLAN_ID_SETGROUPS | PLAN_ID_GROUPS_OPTIONAL,
		  .groups = build_numbers(&build, (const uint64_t[]){ 5 }, 1));
	fake_return("setgroups", -EPERM);
	assert_int_equal(fixture_run(&stage_identity), -EPERM);
	assert_non_null(strstr(fault.note, "cannot set any additional groups in a rootless container"));
}

static void root_keeps_no_caps_flag(void **state)
{
	(void)state;
	BUILD_ADD(&build, IDENTITY, identity, .bounding = (1ull << 41) - 1, .flags = PLAN_ID_CAPS);
	fake_return("prctl", -EINVAL);
	assert_int_equal(fixture_run(&stage_identity), 0);
	assert_int_equal(fake_count("prctl 8 "), 0);
	assert_int_equal(fake_count("setgroups"), 0);
	assert_int_equal(fake_count("openat2 11 \"/\""), 1); /* no cwd: the root */
	assert_int_equal(fake_count("prctl 24 0x29 "), 1);
	assert_int_equal(fake_count("prctl 24"), 1);
}

static void without_caps_nothing_is_touched(void **state)
{
	(void)state;
	BUILD_ADD(&build, IDENTITY, identity, .uid = 7);
	assert_int_equal(fixture_run(&stage_identity), 0);
	assert_int_equal(fake_count("capset"), 0);
	assert_int_equal(fake_count("prctl"), 2); /* not dumpable, twice: changing ids may undo it */
}

static void admin_stays_for_the_filter(void **state)
{
	(void)state;
	BUILD_ADD(&build, IDENTITY, identity, .uid = 7, .effective = 1, .permitted = 1, .inheritable = 0,
		  .bounding = ~0ull >> 1, .flags = PLAN_ID_CAPS | PLAN_ID_KEEP_ADMIN);
	fake_return("prctl", -EINVAL);
	assert_int_equal(fixture_run(&stage_identity), 0);
	assert_int_equal(fake_count("capset 0x200001 0x200001 0"), 1);
}

static void ambient_without_inheritable_is_left_out(void **state)
{
	(void)state;
	BUILD_ADD(&build, IDENTITY, identity, .uid = 7, .permitted = 0x21, .inheritable = 0x20,
		  .ambient = 0x21, .bounding = ~0ull >> 1, .flags = PLAN_ID_CAPS);
	fake_return("prctl", -EINVAL);
	assert_int_equal(fixture_run(&stage_identity), 0);
	assert_int_equal(fake_count("prctl 47 0x2 0x5 0 0"), 1);
	assert_int_equal(fake_count("prctl 47"), 1);
}

/* CVE-2022-29162: what the caller left in the ambient set does not pass */
static void inherited_ambient_is_cleared(void **state)
{
	(void)state;
	BUILD_ADD(&build, IDENTITY, identity, .permitted = 0x20, .inheritable = 0x20, .bounding = ~0ull >> 1,
		  .flags = PLAN_ID_CAPS);
	fake_return("prctl", -EINVAL);
	assert_int_equal(fixture_run(&stage_identity), 0);
	assert_int_equal(fake_count("prctl 47 0x4 0 0 0"), 1);
}

static void cwd_is_tried_again_as_the_user(void **state)
{
	(void)state;
	BUILD_ADD(&build, IDENTITY, identity, .uid = 7, .cwd = build_text(&build, "/w"));
	fake_return("fchdir", -EACCES);
	assert_int_equal(fixture_run(&stage_identity), 0);
	assert_int_equal(fake_count("fchdir"), 2);
	assert_int_equal(fake_open_fds(), 0);
	assert_true(strstr(fake_log(), "setresuid 7 7 7\nopenat2") != NULL);
}

static void cwd_outside_of_the_root_is_refused(void **state)
{
	static const char outside[] = "(unreachable)/etc";

	(void)state;
	BUILD_ADD(&build, IDENTITY, identity, .uid = 7);
	fake_bytes("getcwd", outside, sizeof outside);
	assert_true(fixture_run(&stage_identity) < 0);
	assert_non_null(strstr(fault.object, "possible container breakout detected"));
	assert_int_equal(fault.error, 0);
}

static void removed_cwd_is_refused(void **state)
{
	(void)state;
	BUILD_ADD(&build, IDENTITY, identity, .uid = 7);
	fake_return("getcwd", -ENOENT);
	assert_true(fixture_run(&stage_identity) < 0);
	assert_non_null(strstr(fault.object, "possible container breakout detected"));
}

static void unmapped_id_has_its_own_words(void **state)
{
	(void)state;
	BUILD_ADD(&build, IDENTITY, identity, .uid = 70000, .gid = 1);
	fake_return("setresuid", -EINVAL);
	assert_true(fixture_run(&stage_identity) < 0);
	assert_string_equal(fault.object, "cannot setuid to unmapped uid 70000 in user namespace");
	assert_int_equal(fault.error, 0);
}

/* CVE-2024-21626 */
static void nothing_of_the_host_stays_open(void **state)
{
	(void)state;
	BUILD_ADD(&build, IDENTITY, identity, .uid = 7);
	shim.trees[4] = 30;
	shim.joins[1] = 31;
	assert_int_equal(fixture_run(&stage_identity), 0);
	assert_int_equal(strncmp(fake_log(), "close 30\nclose 31\nclose 10\n", 27), 0);
	assert_int_equal(shim.proc, -1);
	assert_int_equal(shim.trees[4], -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(user_with_caps, fixture_start),
		cmocka_unit_test_setup(every_failure_is_told, fixture_start),
		cmocka_unit_test_setup(root_keeps_no_caps_flag, fixture_start),
		cmocka_unit_test_setup(groups_that_can_never_be_set, fixture_start),
		cmocka_unit_test_setup(groups_that_are_asked_for_and_denied, fixture_start),
		cmocka_unit_test_setup(without_caps_nothing_is_touched, fixture_start),
		cmocka_unit_test_setup(admin_stays_for_the_filter, fixture_start),
		cmocka_unit_test_setup(ambient_without_inheritable_is_left_out, fixture_start),
		cmocka_unit_test_setup(inherited_ambient_is_cleared, fixture_start),
		cmocka_unit_test_setup(cwd_is_tried_again_as_the_user, fixture_start),
		cmocka_unit_test_setup(cwd_outside_of_the_root_is_refused, fixture_start),
		cmocka_unit_test_setup(removed_cwd_is_refused, fixture_start),
		cmocka_unit_test_setup(unmapped_id_has_its_own_words, fixture_start),
		cmocka_unit_test_setup(nothing_of_the_host_stays_open, fixture_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
