/* Row system. */
#include "stage_fixture.h"

static void make_all(void)
{
	BUILD_ADD(&build, SYSTEM, hostname, .name = build_text(&build, "web"));
	BUILD_ADD(&build, SYSTEM, domainname, .name = build_text(&build, "example.org"));
	BUILD_ADD(&build, SYSTEM, sysctl, .path = build_text(&build, "net/ipv4/ip_forward"),
		  .value = build_text(&build, "1"));
	BUILD_ADD(&build, SYSTEM, personality, .domain = 8);
}

static void all_in_order(void **state)
{
	(void)state;
	make_all();
	assert_int_equal(fixture_run(&stage_system), 0);
	assert_int_equal(fake_count("sethostname \"web\""), 1);
	assert_int_equal(fake_count("setdomainname \"example.org\""), 1);
	/* below the host's /proc, through no link and no other mount (CVE-2025-52881) */
	assert_int_equal(fake_count("openat2 10 \"sys/net/ipv4/ip_forward\""), 1);
	assert_int_equal(fake_count("beneath no-xdev no-symlinks"), 1);
	assert_int_equal(fake_count("write 100 \"1\""), 1);
	assert_int_equal(fake_count("personality 0x8"), 1);
	assert_int_equal(fake_open_fds(), 0);
}

static void every_failure_is_told(void **state)
{
	(void)state;
	fixture_sweep(&stage_system, make_all, NULL);
}

static void fault_names_the_sysctl(void **state)
{
	(void)state;
	BUILD_ADD(&build, SYSTEM, sysctl, .path = build_text(&build, "kernel/msgmax"),
		  .value = build_text(&build, "x"));
	fake_return("write", -EINVAL);
	assert_int_equal(fixture_run(&stage_system), -EINVAL);
	assert_string_equal(fault.object, "sysctl kernel/msgmax = x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_in_order, fixture_start),
		cmocka_unit_test_setup(every_failure_is_told, fixture_start),
		cmocka_unit_test_setup(fault_names_the_sysctl, fixture_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
