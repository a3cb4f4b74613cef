/* The pipeline's table: complete, and without doubles. */
#include "order.h"

#include "stage_fixture.h"

static void every_record_has_one_owner(void **state)
{
	(void)state;
	for (int kind = 0; kind <= PLAN_KIND_MAX; kind++)
		for (int row = 0; plan_shapes[kind].name && row < PLAN_ROW_COUNT; row++) {
			bool allowed = plan_shapes[kind].rows >> row & 1;
			bool here = plan_rows[row].half == PLAN_HALF_INIT;
			bool found = order_step((enum plan_row)row, (enum plan_kind)kind) != NULL;

			if (allowed && here != found)
				fail_msg("%s in row %s: %s", plan_shapes[kind].name, plan_rows[row].name,
					 found ? "is of the host half" : "has no owner");
		}
}

static void every_row_has_the_stage_of_its_name(void **state)
{
	(void)state;
	for (int row = 0; row < PLAN_ROW_COUNT; row++) {
		const struct stage *stage = order_stage((enum plan_row)row);

		assert_int_equal(stage != NULL, plan_rows[row].half == PLAN_HALF_INIT);
		if (stage)
			assert_string_equal(stage->name, plan_rows[row].name);
	}
}

static void no_kind_twice_in_a_stage(void **state)
{
	(void)state;
	for (int row = 0; row < PLAN_ROW_COUNT; row++) {
		const struct stage *stage = order_stage((enum plan_row)row);

		for (int i = 0; stage && i < STAGE_KINDS; i++)
			for (int j = 0; j < i && stage->kinds[i].run; j++)
				assert_int_not_equal(stage->kinds[i].kind, stage->kinds[j].kind);
	}
}

static int run(void)
{
	struct plan_refusal why;

	assert_int_equal(plan_check(build.bytes, build_finish(&build), &plan, &why), 0);
	shim.plan = &plan;
	return order_run(&shim, &fault);
}

static void rows_of_the_host_are_passed_by(void **state)
{
	(void)state;
	BUILD_ADD(&build, LAUNCH, launch, .born = PLAN_NS_PID);
	BUILD_ADD(&build, SYSTEM, hostname, .name = build_text(&build, "a"));
	BUILD_ADD(&build, LIMITS, umask, .mask = 022);
	assert_int_equal(run(), 0);
	assert_log("sethostname \"a\"\numask 022\n");
}

static void failure_names_row_and_record(void **state)
{
	(void)state;
	BUILD_ADD(&build, LAUNCH, launch, .born = PLAN_NS_PID);
	BUILD_ADD(&build, SYSTEM, hostname, .name = build_text(&build, "a"));
	BUILD_ADD(&build, SYSTEM, hostname, .name = build_text(&build, "b"));
	BUILD_ADD(&build, LIMITS, umask, .mask = 022);
	fake_fail(2, EPERM);
	assert_int_equal(run(), -EPERM);
	assert_int_equal(fault.row, PLAN_ROW_SYSTEM);
	assert_int_equal(fault.record, 2);
	assert_string_equal(fault.object, "hostname b");
	assert_int_equal(fake_count("umask"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_record_has_one_owner),
		cmocka_unit_test(every_row_has_the_stage_of_its_name),
		cmocka_unit_test(no_kind_twice_in_a_stage),
		cmocka_unit_test_setup(rows_of_the_host_are_passed_by, fixture_start),
		cmocka_unit_test_setup(failure_names_row_and_record, fixture_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
