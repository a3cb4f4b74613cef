/* Rows raise and limits. The fake's rlimits are 1024, 4096; its procfs is verified elsewhere. */
#include "stage_fixture.h"

static void make_all(void)
{
	BUILD_ADD(&build, LIMITS, oom_score_adj, .value = -10);
	fake_bytes("readlinkat", "77", 2);
	BUILD_ADD(&build, LIMITS, rlimit, .resource = 7, .soft = 5, .hard = UINT64_MAX);
	BUILD_ADD(&build, LIMITS, umask, .mask = 027);
	BUILD_ADD(&build, LIMITS, keyring, .name = build_text(&build, "_ses.web"));
	fake_return("keyctl", 1234);
	BUILD_ADD(&build, LIMITS, label, .lsm = PLAN_LSM_APPARMOR, .value = build_text(&build, "prof"));
	fake_bytes("readlinkat", "77", 2);
}

static void all_in_order(void **state)
{
	(void)state;
	make_all();
	assert_int_equal(fixture_run(&stage_limits), 0);
	assert_int_equal(fake_count("openat2 10 \"77/oom_score_adj\""), 1);
	assert_int_equal(fake_count("\"-10\""), 1);
	assert_int_equal(fake_count("prlimit 0 7 0x5 0xffffffffffffffff"), 1);
	assert_int_equal(fake_count("umask 027"), 1);
	assert_int_equal(fake_count("keyctl 1 "), 1);
	assert_int_equal(fake_count("keyctl 5 "), 1);
	assert_int_equal(fake_count("openat2 10 \"77/attr/apparmor/exec\""), 1);
	assert_int_equal(fake_count("\"exec prof\""), 1);
	assert_int_equal(fake_open_fds(), 0);
}

/* umask never fails */
static int is_umask(unsigned n)
{
	return n == 5;
}

static void every_failure_is_told(void **state)
{
	(void)state;
	fixture_sweep(&stage_limits, make_all, is_umask);
}

static void raise_only_raises(void **state)
{
	(void)state;
	BUILD_ADD(&build, RAISE, rlimit, .resource = 7, .soft = 1, .hard = 4096);
	BUILD_ADD(&build, RAISE, rlimit, .resource = 7, .soft = 1, .hard = 5000);
	assert_int_equal(fixture_run(&stage_limits), 0);
	assert_log("prlimit 0 7\nprlimit 0 7\nprlimit 0 7 0x400 0x1388\n");
}

static void missing_right_is_explained(void **state)
{
	(void)state;
	BUILD_ADD(&build, LIMITS, rlimit, .resource = 7, .soft = 1, .hard = 5000);
	fake_fail(1, EPERM);
	assert_int_equal(fixture_run(&stage_limits), -EPERM);
	assert_string_equal(fault.object, "RLIMIT_NOFILE");
	assert_non_null(strstr(fault.note, "CAP_SYS_RESOURCE"));
}

static void oom_score_adj_of_a_user_may_stay(void **state)
{
	(void)state;
	BUILD_ADD(&build, RAISE, oom_score_adj, .value = -10, .optional = 1);
	fake_bytes("readlinkat", "77", 2);
	fake_return("write", -EACCES);
	fake_return("prctl", 1); /* not hidden: a refusal it is */
	assert_int_equal(fixture_run(&stage_limits), 0);
	assert_int_equal(fake_count("write"), 1);
}

static void oom_score_adj_of_a_hidden_shim(void **state)
{
	(void)state;
	BUILD_ADD(&build, RAISE, oom_score_adj, .value = 321, .optional = 1);
	fake_bytes("readlinkat", "77", 2);
	fake_bytes("readlinkat", "77", 2);
	fake_return("write", -EACCES);
	assert_int_equal(fixture_run(&stage_limits), 0);
	assert_int_equal(fake_count("write"), 2);
	assert_non_null(strstr(fake_log(), "prctl 4 0x1 0 0 0\n"));
	assert_non_null(strstr(fake_log(), "prctl 4 0 0 0 0\n"));
}

static void oom_score_adj_of_root_may_not(void **state)
{
	(void)state;
	BUILD_ADD(&build, LIMITS, oom_score_adj, .value = -10);
	fake_bytes("readlinkat", "77", 2);
	fake_return("write", -EACCES);
	assert_int_equal(fixture_run(&stage_limits), -EACCES);
	assert_string_equal(fault.object, "oom_score_adj -10");
}

static void scheduling(void **state)
{
	(void)state;
	BUILD_ADD(&build, LIMITS, scheduler, .policy = PLAN_SCHED_DEADLINE, .flags = PLAN_SCHED_RECLAIM,
		  .runtime = 1, .deadline = 2, .period = 3, .cpuset = 1);
	BUILD_ADD(&build, LIMITS, io_priority, .class = PLAN_IO_REALTIME, .level = 3);
	BUILD_ADD(&build, LIMITS, memory_policy, .mode = PLAN_MEMORY_BIND, .flags = PLAN_MEMORY_STATIC_NODES,
		  .nodes = build_numbers(&build, (const uint64_t[]){ 0, 3 }, 2));
	assert_int_equal(fixture_run(&stage_limits), 0);
	assert_log("sched_setattr 0 policy 6 flags 0x2 nice 0 priority 0 1/2/3\n"
		   "ioprio_set 1 0 0x2003\n"
		   "set_mempolicy 0x8002 0x9 1025\n");
}

static void deadline_beside_a_cpuset(void **state)
{
	(void)state;
	BUILD_ADD(&build, LIMITS, scheduler, .policy = PLAN_SCHED_DEADLINE, .cpuset = 1);
	fake_fail(1, EPERM);
	assert_int_equal(fixture_run(&stage_limits), -EPERM);
	assert_non_null(strstr(fault.note, "can't be used together with AllowedCPUs")); /* BAT-38 */
}

static void kernel_without_keyrings(void **state)
{
	(void)state;
	BUILD_ADD(&build, LIMITS, keyring, .name = build_text(&build, "_ses.web"));
	fake_return("keyctl", -ENOSYS);
	assert_int_equal(fixture_run(&stage_limits), 0);
	assert_int_equal(fake_calls(), 1);
}

static void keyring_label_is_taken_back(void **state)
{
	(void)state;
	BUILD_ADD(&build, LIMITS, keyring, .name = build_text(&build, "k"),
		  .label = build_text(&build, "l:l"));
	fake_bytes("readlinkat", "77", 2);
	fake_bytes("readlinkat", "77", 2);
	fake_return("keyctl", 3);
	assert_int_equal(fixture_run(&stage_limits), 0);
	assert_int_equal(fake_count("77/attr/keycreate"), 2);
	assert_int_equal(fake_count("\"l:l\""), 1);
	assert_int_equal(fake_count("\"\""), 1);
}

static void apparmor_before_5_8(void **state)
{
	(void)state;
	BUILD_ADD(&build, LIMITS, label, .lsm = PLAN_LSM_APPARMOR, .value = build_text(&build, "prof"));
	fake_bytes("readlinkat", "77", 2);
	fake_return("openat2", -ENOENT);
	fake_bytes("readlinkat", "77", 2);
	assert_int_equal(fixture_run(&stage_limits), 0);
	assert_int_equal(fake_count("openat2 10 \"77/attr/exec\""), 1);
	assert_int_equal(fake_count("\"exec prof\""), 1);
}

static void selinux_label_is_written_whole(void **state)
{
	(void)state;
	BUILD_ADD(&build, LIMITS, label, .lsm = PLAN_LSM_SELINUX_EXEC,
		  .value = build_text(&build, "a:b:c:s0"));
	fake_bytes("readlinkat", "77", 2);
	assert_int_equal(fixture_run(&stage_limits), 0);
	assert_int_equal(fake_count("77/attr/exec"), 1);
	assert_int_equal(fake_count("\"a:b:c:s0\""), 1);
}

static void an_older_kernel_is_named(void **state)
{
	static const struct {
		uint64_t mode, flags;
		int error;
		const char *needed;
	} rows[] = {
		{ PLAN_MEMORY_WEIGHTED, 0, EINVAL, "MPOL_WEIGHTED_INTERLEAVE: from Linux 6.9" },
		{ PLAN_MEMORY_PREFERRED_MANY, 0, EINVAL, "MPOL_PREFERRED_MANY: from Linux 5.15" },
		{ PLAN_MEMORY_BIND, PLAN_MEMORY_NUMA_BALANCING, EINVAL,
		  "MPOL_F_NUMA_BALANCING: from Linux 5.12" },
		{ PLAN_MEMORY_BIND, 0, ENOSYS, "memory policies: from Linux 2.6, with CONFIG_NUMA" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		fixture_start(state);
		BUILD_ADD(&build, LIMITS, memory_policy, .mode = rows[i].mode, .flags = rows[i].flags);
		fake_fail(1, rows[i].error);
		assert_int_equal(fixture_run(&stage_limits), -rows[i].error);
		assert_non_null(strstr(fault.note, rows[i].needed));
	}
	fixture_start(state);
	BUILD_ADD(&build, LIMITS, scheduler, .policy = PLAN_SCHED_OTHER, .flags = PLAN_SCHED_UTIL_CLAMP_MIN);
	fake_fail(1, EOPNOTSUPP);
	assert_int_equal(fixture_run(&stage_limits), -EOPNOTSUPP);
	assert_non_null(strstr(fault.note, "with CONFIG_UCLAMP_TASK"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_in_order, fixture_start),
		cmocka_unit_test_setup(every_failure_is_told, fixture_start),
		cmocka_unit_test_setup(raise_only_raises, fixture_start),
		cmocka_unit_test_setup(missing_right_is_explained, fixture_start),
		cmocka_unit_test_setup(oom_score_adj_of_a_user_may_stay, fixture_start),
		cmocka_unit_test_setup(oom_score_adj_of_root_may_not, fixture_start),
		cmocka_unit_test_setup(oom_score_adj_of_a_hidden_shim, fixture_start),
		cmocka_unit_test_setup(scheduling, fixture_start),
		cmocka_unit_test_setup(an_older_kernel_is_named, fixture_start),
		cmocka_unit_test_setup(deadline_beside_a_cpuset, fixture_start),
		cmocka_unit_test_setup(kernel_without_keyrings, fixture_start),
		cmocka_unit_test_setup(keyring_label_is_taken_back, fixture_start),
		cmocka_unit_test_setup(apparmor_before_5_8, fixture_start),
		cmocka_unit_test_setup(selinux_label_is_written_whole, fixture_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
