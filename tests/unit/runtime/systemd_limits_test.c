/* Limits as systemd has them: the quota in whole percents of a processor, for its property and for the file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "compile/systemd.h"

static int64_t rounded(int64_t quota, uint64_t period)
{
	struct spec_resources resources = {
		.has_quota = true, .cpu_quota = quota, .has_period = period > 0, .cpu_period = period
	};

	systemd_round_quota(&resources);
	return resources.cpu_quota;
}

static void quota_goes_up_to_a_percent(void **state)
{
	(void)state;
	assert_int_equal(rounded(500000, 900000), 504000);
	assert_int_equal(rounded(12345, 50000), 12500);
	assert_int_equal(rounded(12345, 0), 13000); /* of the kernel's own period, 100 ms */
	assert_int_equal(rounded(504000, 900000), 504000);
	assert_int_equal(rounded(20000, 1000000), 20000);
}

static void no_limit_and_beyond_stay(void **state)
{
	(void)state;
	assert_int_equal(rounded(-1, 50000), -1);
	assert_int_equal(rounded(0, 50000), 0);
	assert_true(rounded(INT64_MAX, 1) == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quota_goes_up_to_a_percent),
		cmocka_unit_test(no_limit_and_beyond_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
