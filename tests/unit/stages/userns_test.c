/* Row USERNS: who writes the maps, in which order, and what the ids become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "stage_run.h"

static void add(uint64_t writer, uint64_t flags)
{
	build_start(&build);
	BUILD_ADD(&build, USERNS, userns, .writer = writer, .uid_map = build_text(&build, "0 1000 1\n"),
		  .gid_map = build_text(&build, "0 1001 1\n"), .flags = flags);
}

static int start(void **state)
{
	(void)state;
	talk_error = 0;
	return 0;
}

/* Three files below self, one dumpable before. */
static void script(void)
{
	for (int i = 0; i < 3; i++)
		fake_bytes("readlinkat", "77", 2);
	fake_return("prctl", 1);
}

static void writes_its_own_maps_and_denies_setgroups_first(void **state)
{
	const char *deny, *uids, *gids;

	(void)state;
	add(PLAN_MAP_SELF, PLAN_USERNS_DENY_SETGROUPS);
	stage_start();
	script();
	assert_int_equal(stage_run(&stage_userns), 0);
	assert_int_equal(strncmp(fake_log(), "unshare 0x10000000\n", 19), 0);
	deny = strstr(fake_log(), "\"77/setgroups\"");
	uids = strstr(fake_log(), "\"77/uid_map\"");
	gids = strstr(fake_log(), "\"77/gid_map\"");
	assert_true(deny && uids && gids && deny < uids && uids < gids);
	assert_int_equal(fake_count("\"0 1000 1 \""), 1);
	assert_int_equal(fake_count("\"0 1001 1 \""), 1);
	assert_string_equal(talked, "");
	/* root inside, and still dumpable: the time offsets and oom score are to be written yet */
	assert_non_null(strstr(fake_log(), "prctl 3 0 0 0 0\nsetresgid 0 0 0\nsetresuid 0 0 0\n"
					   "prctl 4 0x1 0 0 0\n"));
}

static void stays_hidden_when_it_was(void **state)
{
	(void)state;
	add(PLAN_MAP_HOST, 0);
	stage_start();
	assert_int_equal(stage_run(&stage_userns), 0);
	assert_string_equal(talked, "map");
	assert_string_equal(fake_log(), "unshare 0x10000000\nprctl 3 0 0 0 0\nsetresgid 0 0 0\n"
					"setresuid 0 0 0\nprctl 4 0 0 0 0\n");
}

static void asks_for_the_tool_too(void **state)
{
	(void)state;
	add(PLAN_MAP_TOOL, 0);
	stage_start();
	talk_error = EPIPE;
	assert_int_equal(stage_run(&stage_userns), -EPIPE);
	assert_string_equal(talked, "map");
	assert_int_equal(fake_count("setres"), 0);
}

static void explains_the_limit(void **state)
{
	(void)state;
	add(PLAN_MAP_HOST, 0);
	stage_start();
	fake_fail(1, ENOSPC);
	assert_int_equal(stage_run(&stage_userns), -ENOSPC);
	assert_int_equal(fault.op, FAULT_UNSHARE);
	assert_non_null(strstr(fault.note, "max_user_namespaces"));
}

static void every_call_may_fail(void **state)
{
	(void)state;
	add(PLAN_MAP_SELF, PLAN_USERNS_DENY_SETGROUPS);
	stage_sweep(&stage_userns, script, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(writes_its_own_maps_and_denies_setgroups_first, start),
		cmocka_unit_test_setup(stays_hidden_when_it_was, start),
		cmocka_unit_test_setup(asks_for_the_tool_too, start),
		cmocka_unit_test_setup(explains_the_limit, start),
		cmocka_unit_test_setup(every_call_may_fail, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
