/* Row JOIN: everything is opened before anything is entered, and what that gives away is hidden first. */
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
	return 0;
}

static void add(uint64_t type, const char *path)
{
	BUILD_ADD(&build, JOIN, join, .type = type, .path = build_text(&build, path));
}

static void opens_all_before_the_first_join(void **state)
{
	(void)state;
	add(PLAN_NS_MOUNT, "/n/mnt");
	add(PLAN_NS_NETWORK, "/n/net");
	stage_start();
	assert_int_equal(stage_run(&stage_join), 0);
	assert_string_equal(fake_log(), "openat -100 \"/n/mnt\" 0 0\nopenat -100 \"/n/net\" 0 0\n"
					"setns 100 0x20000\nclose 100\nsetns 101 0x40000000\nclose 101\n");
}

/* CVE-2016-9962: members of a joined user namespace may look into whoever enters it. */
static void hides_before_a_user_namespace_and_becomes_root_in_it(void **state)
{
	(void)state;
	add(PLAN_NS_IPC, "/n/ipc");
	add(PLAN_NS_USER, "/n/user");
	stage_start();
	assert_int_equal(stage_run(&stage_join), 0);
	assert_string_equal(fake_log(),
			    "openat -100 \"/n/ipc\" 0 0\nopenat -100 \"/n/user\" 0 0\nprctl 4 0 0 0 0\n"
			    "setns 100 0x8000000\nclose 100\nsetns 101 0x10000000\nsetresgid 0 0 0\n"
			    "setresuid 0 0 0\nprctl 4 0 0 0 0\nclose 101\n");
}

static void hides_when_the_pid_namespace_is_anothers(void **state)
{
	(void)state;
	BUILD_ADD(&build, LAUNCH, launch, .pid_path = build_text(&build, "/n/pid"));
	add(PLAN_NS_UTS, "/n/uts");
	stage_start();
	assert_int_equal(stage_run(&stage_join), 0);
	assert_int_equal(fake_count("prctl 4 0"), 1);
}

static void says_which_path_is_of_the_wrong_type(void **state)
{
	(void)state;
	add(PLAN_NS_NETWORK, "/n/net");
	stage_start();
	fake_fail(2, EINVAL);
	assert_int_equal(stage_run(&stage_join), -EINVAL);
	assert_int_equal(fault.op, FAULT_JOIN);
	assert_string_equal(fault.object, "/n/net");
	assert_non_null(strstr(fault.note, "it is not a network namespace"));
}

static void says_which_path_is_missing(void **state)
{
	(void)state;
	add(PLAN_NS_NETWORK, "/n/net");
	add(PLAN_NS_IPC, "/n/ipc");
	stage_start();
	fake_fail(2, ENOENT);
	assert_int_equal(stage_run(&stage_join), -ENOENT);
	assert_string_equal(fault.object, "/n/ipc");
	assert_int_equal(fake_count("setns"), 0);
}

/* Exec: hidden, in a session of its own, then all namespaces in one call. */
static void enters_all_by_one_pidfd(void **state)
{
	(void)state;
	build.header.slot_count = 1;
	BUILD_ADD(&build, JOIN, enter, .pidfd = 0, .root = PLAN_NONE,
		  .types = PLAN_NS_MOUNT | PLAN_NS_PID | PLAN_NS_USER);
	stage_start();
	shim.slots[0] = 50;
	assert_int_equal(stage_run(&stage_join), 0);
	assert_string_equal(fake_log(), "prctl 4 0 0 0 0\nsetns 50 0x30020000\nsetresgid 0 0 0\n"
					"setresuid 0 0 0\nprctl 4 0 0 0 0\nclose 50\n");
}

static void enters_the_root_where_there_is_no_mount_namespace(void **state)
{
	(void)state;
	build.header.slot_count = 2;
	BUILD_ADD(&build, JOIN, enter, .pidfd = 0, .root = 1, .types = 0);
	stage_start();
	shim.slots[0] = 50;
	shim.slots[1] = 51;
	assert_int_equal(stage_run(&stage_join), 0);
	assert_string_equal(fake_log(), "prctl 4 0 0 0 0\nfchdir 51\nchroot \".\"\nclose 51\nclose 50\n");
}

/* Not before the others: the container would see a process that has the host's mounts. */
static void enters_the_pid_namespace_too(void **state)
{
	(void)state;
	build.header.slot_count = 1;
	BUILD_ADD(&build, JOIN, enter, .pidfd = 0, .root = PLAN_NONE, .types = PLAN_NS_PID | PLAN_NS_USER);
	stage_start();
	shim.slots[0] = 50;
	assert_int_equal(stage_run(&stage_join), 0);
	assert_int_equal(fake_count("setns 50 0x30000000"), 1);
}

static void says_that_the_container_has_ended(void **state)
{
	(void)state;
	build.header.slot_count = 1;
	BUILD_ADD(&build, JOIN, enter, .pidfd = 0, .root = PLAN_NONE, .types = PLAN_NS_MOUNT);
	stage_start();
	shim.slots[0] = 50;
	fake_fail(2, ESRCH);
	assert_int_equal(stage_run(&stage_join), -ESRCH);
	assert_non_null(strstr(fault.note, "container not running"));
}

static void every_call_may_fail(void **state)
{
	(void)state;
	add(PLAN_NS_USER, "/n/user");
	add(PLAN_NS_MOUNT, "/n/mnt");
	stage_sweep(&stage_join, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(opens_all_before_the_first_join, start),
		cmocka_unit_test_setup(hides_before_a_user_namespace_and_becomes_root_in_it, start),
		cmocka_unit_test_setup(hides_when_the_pid_namespace_is_anothers, start),
		cmocka_unit_test_setup(says_which_path_is_of_the_wrong_type, start),
		cmocka_unit_test_setup(says_which_path_is_missing, start),
		cmocka_unit_test_setup(enters_all_by_one_pidfd, start),
		cmocka_unit_test_setup(enters_the_root_where_there_is_no_mount_namespace, start),
		cmocka_unit_test_setup(enters_the_pid_namespace_too, start),
		cmocka_unit_test_setup(says_that_the_container_has_ended, start),
		cmocka_unit_test_setup(every_call_may_fail, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
