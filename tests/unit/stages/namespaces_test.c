/* Row NAMESPACES: one unshare, the time namespace entered, the second clone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "stage_run.h"

static void add(uint64_t unshare, uint64_t born, const char *offsets)
{
	build_start(&build);
	BUILD_ADD(&build, NAMESPACES, namespaces, .unshare = unshare, .born = born,
		  .time_offsets = offsets ? build_text(&build, offsets) : (struct plan_str){ 0, 0 });
}

static int start(void **state)
{
	(void)state;
	talk_error = 0;
	return 0;
}

static void self_links(void)
{
	fake_bytes("readlinkat", "77", 2);
	fake_bytes("readlinkat", "77", 2);
}

static void makes_all_in_one_call(void **state)
{
	(void)state;
	add(PLAN_NS_MOUNT | PLAN_NS_UTS | PLAN_NS_CGROUP, 0, NULL);
	stage_start();
	assert_int_equal(stage_run(&stage_namespaces), 0);
	assert_string_equal(fake_log(), "unshare 0x6020000\n");
}

static void writes_the_offsets_before_it_enters(void **state)
{
	const char *offsets, *enter;

	(void)state;
	add(PLAN_NS_TIME, 0, "monotonic 5 0\n");
	stage_start();
	self_links();
	assert_int_equal(stage_run(&stage_namespaces), 0);
	offsets = strstr(fake_log(), "\"77/timens_offsets\"");
	enter = strstr(fake_log(), "setns 102 0x80");
	assert_true(offsets && enter && offsets < enter);
	assert_int_equal(fake_count("\"time_for_children\""), 1);
	assert_int_equal(fake_open_fds(), 0);
}

static void the_new_process_names_itself(void **state)
{
	(void)state;
	add(0, PLAN_NS_PID, NULL);
	stage_start();
	fake_return("clone3", 0);
	assert_int_equal(stage_run(&stage_namespaces), 0);
	assert_int_equal(fake_count("clone3 0x20008000 signal=0"), 1);
	assert_int_equal(fake_count("pidfd_open 4243"), 1);
	assert_string_equal(talked, "forked");
	assert_int_equal(fake_open_fds(), 0);
}

static void the_old_one_says_nothing(void **state)
{
	jmp_buf left;
	int status;

	(void)state;
	add(0, PLAN_NS_PID, NULL);
	stage_start();
	fake_return("clone3", 4242);
	fake_exit_to(&left);
	status = setjmp(left);
	if (status == 0)
		stage_run(&stage_namespaces);
	fake_exit_to(NULL);
	assert_int_equal(status, 1); /* exit status 0 */
	assert_string_equal(talked, "");
}

/* Into a pid namespace that was joined: the same clone, which makes none. */
static void forks_into_a_joined_pid_namespace(void **state)
{
	(void)state;
	build_start(&build);
	BUILD_ADD(&build, NAMESPACES, namespaces, .fork = 1);
	stage_start();
	fake_return("clone3", 0);
	assert_int_equal(stage_run(&stage_namespaces), 0);
	assert_int_equal(fake_count("clone3"), 1);
	assert_int_equal(fake_count("unshare"), 0);
	assert_null(strstr(fake_log(), "0x20008000"));
	assert_string_equal(talked, "forked");
}

static void fork_late(uint64_t flags, bool terminal)
{
	build_start(&build);
	if (terminal)
		BUILD_ADD(&build, CONSOLE, console, .uid = 0);
	BUILD_ADD(&build, FORK, namespaces, .fork = 1);
	BUILD_ADD(&build, IDENTITY, identity, .permitted = 1 << 5, .flags = flags);
	stage_start();
	fake_return("clone3", 0);
	assert_int_equal(stage_run(&stage_namespaces), 0);
}

/* Who sees the child may trace it: at its birth it has the program's rights and those of the rows behind it,
 * CAP_SYS_ADMIN only where a filter needs it. Its session and its terminal are its own. */
static void what_forks_late_has_few_rights(void **state)
{
	(void)state;
	fork_late(PLAN_ID_CAPS, true);
	const char *capset = strstr(fake_log(), "capset"), *clone = strstr(fake_log(), "clone3");
	const char *setsid = strstr(fake_log(), "setsid"), *ioctl = strstr(fake_log(), "ioctl 0 0x540e");
	assert_true(capset && clone && setsid && ioctl && capset < clone && clone < setsid && setsid < ioctl);
	assert_non_null(strstr(fake_log(), "capset 0x18001e2 0x18001e2 0\n"));
	fork_late(PLAN_ID_CAPS | PLAN_ID_KEEP_ADMIN, false);
	assert_non_null(strstr(fake_log(), "capset 0x1a001e2 0x1a001e2 0\n"));
	assert_null(strstr(fake_log(), "ioctl"));
	fork_late(0, false);
	assert_null(strstr(fake_log(), "capset"));
}

static void names_the_one_that_the_kernel_lacks(void **state)
{
	(void)state;
	add(PLAN_NS_TIME | PLAN_NS_UTS, 0, NULL);
	stage_start();
	fake_return("unshare", -EINVAL); /* both */
	fake_return("unshare", -EINVAL); /* time alone */
	assert_int_equal(stage_run(&stage_namespaces), -EINVAL);
	assert_string_equal(fault.object, "time");
	assert_string_equal(fault.note, "time namespaces: from Linux 5.6, with CONFIG_TIME_NS");
}

static void as_the_child(void)
{
	self_links();
	fake_return("clone3", 0);
}

static void every_call_may_fail(void **state)
{
	(void)state;
	add(PLAN_NS_TIME | PLAN_NS_MOUNT, PLAN_NS_PID, "boottime 1 0\n");
	stage_sweep(&stage_namespaces, as_the_child, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(makes_all_in_one_call, start),
		cmocka_unit_test_setup(writes_the_offsets_before_it_enters, start),
		cmocka_unit_test_setup(the_new_process_names_itself, start),
		cmocka_unit_test_setup(the_old_one_says_nothing, start),
		cmocka_unit_test_setup(forks_into_a_joined_pid_namespace, start),
		cmocka_unit_test_setup(what_forks_late_has_few_rights, start),
		cmocka_unit_test_setup(names_the_one_that_the_kernel_lacks, start),
		cmocka_unit_test_setup(every_call_may_fail, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
