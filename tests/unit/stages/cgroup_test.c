/* Row CGROUP_JOIN: call lists and faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "stage_run.h"

static int start(void **state)
{
	(void)state;
	talk_error = 0;
	build_start(&build);
	BUILD_ADD(&build, CGROUP, cgroup, .version = PLAN_CGROUP_V1, .mount = build_text(&build, "/c/cpuset"),
		  .path = build_text(&build, "/web"), .name = build_text(&build, "cpuset"));
	BUILD_ADD(&build, CGROUP_JOIN, cgroup_join, .group = 0, .tasks = 0);
	BUILD_ADD(&build, CGROUP_JOIN, affinity, .reset = 1);
	build.header.slot_count = 1;
	return 0;
}

static void joins_by_descriptor_and_forgets_the_affinity(void **state)
{
	(void)state;
	stage_start();
	shim.slots[0] = 50;
	assert_int_equal(stage_run(&stage_cgroup), 0);
	assert_non_null(strstr(fake_log(), "write 50 \"0\"\nclose 50\nsched_setaffinity 0 8192"));
	assert_int_equal(shim.slots[0], -1);
}

/* execCPUAffinity: these or a failure. */
static void takes_the_processors_of_exec(void **state)
{
	(void)state;
	build_start(&build);
	BUILD_ADD(&build, CGROUP_JOIN, affinity,
		  .processors = build_numbers(&build, (const uint64_t[]){ 1, 64 }, 2));
	stage_start();
	assert_int_equal(stage_run(&stage_cgroup), 0);
	assert_int_equal(fake_count("sched_setaffinity 0 8192"), 1);
	stage_start();
	fake_fail(1, EINVAL);
	assert_int_equal(stage_run(&stage_cgroup), -EINVAL);
	assert_string_equal(fault.object, "execCPUAffinity.final");
}

static void names_the_group_it_cannot_join(void **state)
{
	(void)state;
	stage_start();
	shim.slots[0] = 50;
	fake_fail(1, ENOSPC);
	assert_int_equal(stage_run(&stage_cgroup), -ENOSPC);
	assert_int_equal(fault.op, FAULT_CGROUP);
	assert_string_equal(fault.object, "/c/cpuset/web");
	assert_non_null(strstr(fault.note, "cpuset.cpus"));
	assert_int_equal(fake_count("close 50"), 1);
}

static void goes_on_when_the_affinity_stays(void **state)
{
	(void)state;
	stage_start();
	shim.slots[0] = 50;
	fake_fail(2, EINVAL);
	assert_int_equal(stage_run(&stage_cgroup), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(joins_by_descriptor_and_forgets_the_affinity, start),
		cmocka_unit_test_setup(names_the_group_it_cannot_join, start),
		cmocka_unit_test_setup(takes_the_processors_of_exec, start),
		cmocka_unit_test_setup(goes_on_when_the_affinity_stays, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
