/* Row program: the look-up as execvp(3) has it, the sentences that clients match, HOME and LISTEN_PID. */
#include "stage_fixture.h"

#define NAME_ARGS(name) ((const char *const[]){ name, NULL })

static const char *const no_env[] = { NULL };

static void make(const char *name, const char *const *env, uint64_t flags)
{
	struct plan_list args = build_argv(&build, NAME_ARGS(name)), list = build_argv(&build, env);

	BUILD_ADD(&build, PROGRAM, program, .args = args, .env = list, .flags = flags);
}

static void make_path(void)
{
	make("sh", (const char *const[]){ "PATH=/a:/b", NULL }, 0);
	fake_return("openat2", -ENOENT);
	fake_stat(S_IFREG | 0755, 0, 0, 5);
}

static void regular(void)
{
	fake_stat(S_IFREG | 0755, 0, 0, 5);
}

static void found_in_path(void **state)
{
	(void)state;
	make_path();
	assert_int_equal(fixture_run(&stage_program), 0);
	assert_string_equal(shim.path, "/b/sh");
	assert_string_equal(shim.args[0], "sh");
	assert_null(shim.args[1]);
	assert_string_equal(shim.env[0], "PATH=/a:/b");
	assert_int_equal(fake_count("openat2 -100 \"/a/sh\""), 1);
	assert_int_equal(fake_count("no-magiclinks"), 2);
	assert_int_equal(fake_open_fds(), 0);
}

static void every_failure_is_told(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 3; n++) {
		fixture_start(NULL);
		make("/x", no_env, 0);
		regular();
		fake_fail(n, EIO);
		assert_int_equal(fixture_run(&stage_program), -EIO);
		assert_int_equal(fault.op, FAULT_STAT);
		assert_string_equal(fault.object, "/x");
		assert_int_equal(fake_open_fds(), 0);
	}
}

static void not_in_path(void **state)
{
	(void)state;
	make("nosuch", (const char *const[]){ "PATH=/a", NULL }, 0);
	fake_return("openat2", -ENOENT);
	assert_int_equal(fixture_run(&stage_program), -ENOENT);
	assert_int_equal(fault.op, FAULT_FIND);
	assert_int_equal(fault.error, 0);
	assert_string_equal(fault.object, "exec: \"nosuch\": executable file not found in $PATH");
}

static void empty_name(void **state)
{
	(void)state;
	make("", no_env, 0);
	assert_int_equal(fixture_run(&stage_program), -ENOENT);
	assert_string_equal(fault.object, "exec: \"\": executable file not found in $PATH");
}

static void no_such_path(void **state)
{
	(void)state;
	make("/x", no_env, 0);
	fake_return("openat2", -ENOENT);
	assert_int_equal(fixture_run(&stage_program), -ENOENT);
	assert_string_equal(fault.object, "exec: \"/x\": stat /x: no such file or directory");
}

static void directory(void **state)
{
	(void)state;
	make("/x", no_env, 0);
	assert_int_equal(fixture_run(&stage_program), -EISDIR);
	assert_string_equal(fault.object, "exec: \"/x\": is a directory");
}

static void not_executable(void **state)
{
	(void)state;
	make("./x", no_env, 0);
	regular();
	fake_return("access", -EACCES);
	assert_int_equal(fixture_run(&stage_program), -EACCES);
	assert_string_equal(fault.object, "exec: \"./x\": permission denied");
}

/* CVE-2024-21626 */
static void magic_link(void **state)
{
	(void)state;
	make("/proc/self/fd/7/bin/sh", no_env, 0);
	fake_return("openat2", -ELOOP);
	assert_int_equal(fixture_run(&stage_program), -ELOOP);
	assert_int_equal(fake_calls(), 1);
}

static void search_goes_on_and_remembers_eacces(void **state)
{
	static const char *const env[] = { "PATH=/a:/b:/c", NULL };

	(void)state;
	make("sh", env, 0);
	regular();
	fake_return("access", -EACCES);
	fake_return("openat2", 60);
	fake_return("openat2", -ENOENT);
	fake_return("openat2", -ENOTDIR);
	assert_int_equal(fixture_run(&stage_program), -EACCES);
	assert_string_equal(fault.object, "exec: \"sh\": permission denied");
	assert_int_equal(fake_count("openat2"), 3);
}

static void directories_in_path_are_passed_by(void **state)
{
	(void)state;
	make("sh", (const char *const[]){ "PATH=/a:/b", NULL }, 0);
	fake_stat(S_IFDIR | 0755, 0, 0, 5);
	regular();
	assert_int_equal(fixture_run(&stage_program), 0);
	assert_string_equal(shim.path, "/b/sh");
}

static void empty_entry_is_the_working_directory(void **state)
{
	(void)state;
	make("sh", (const char *const[]){ "PATH=:/b", NULL }, 0);
	regular();
	assert_int_equal(fixture_run(&stage_program), 0);
	assert_string_equal(shim.path, "sh");
}

static void no_path_at_all(void **state)
{
	(void)state;
	make("sh", no_env, 0);
	regular();
	assert_int_equal(fixture_run(&stage_program), 0);
	assert_string_equal(shim.path, "/bin/sh");
}

static void entry_too_long_for_a_path(void **state)
{
	static char env[5000];

	(void)state;
	memset(env, 'a', sizeof env - 1);
	memcpy(env, "PATH=/", 6);
	memcpy(env + sizeof env - 4, ":/b", 3);
	make("sh", (const char *const[]){ env, NULL }, 0);
	regular();
	assert_int_equal(fixture_run(&stage_program), 0);
	assert_string_equal(shim.path, "/b/sh");
}

static void listen_pid(void **state)
{
	static const char *const env[] = { "LISTEN_FDS=1", "LISTEN_PID=", "LISTEN_PIDX=", NULL };

	(void)state;
	make("/x", env, 0);
	regular();
	assert_int_equal(fixture_run(&stage_program), 0);
	assert_string_equal(shim.env[0], "LISTEN_FDS=1");
	assert_string_equal(shim.env[1], "LISTEN_PID=4243");
	assert_string_equal(shim.env[2], "LISTEN_PIDX=");
}

/* The passwd file of the container cannot be opened: "/" */
static void home_is_added(void **state)
{
	(void)state;
	make("/x", (const char *const[]){ "A=b", NULL }, PLAN_PROGRAM_HOME);
	fake_return("openat2", -ENOENT);
	regular();
	assert_int_equal(fixture_run(&stage_program), 0);
	assert_string_equal(shim.env[0], "A=b");
	assert_string_equal(shim.env[1], "HOME=/");
	assert_null(shim.env[2]);
}

static void empty_home_is_replaced(void **state)
{
	(void)state;
	make("/x", (const char *const[]){ "HOME=", "A=b", NULL }, PLAN_PROGRAM_HOME);
	fake_return("openat2", -ENOENT);
	regular();
	assert_int_equal(fixture_run(&stage_program), 0);
	assert_string_equal(shim.env[0], "HOME=/");
	assert_string_equal(shim.env[1], "A=b");
	assert_null(shim.env[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(found_in_path, fixture_start),
		cmocka_unit_test_setup(every_failure_is_told, fixture_start),
		cmocka_unit_test_setup(not_in_path, fixture_start),
		cmocka_unit_test_setup(empty_name, fixture_start),
		cmocka_unit_test_setup(no_such_path, fixture_start),
		cmocka_unit_test_setup(directory, fixture_start),
		cmocka_unit_test_setup(not_executable, fixture_start),
		cmocka_unit_test_setup(magic_link, fixture_start),
		cmocka_unit_test_setup(search_goes_on_and_remembers_eacces, fixture_start),
		cmocka_unit_test_setup(directories_in_path_are_passed_by, fixture_start),
		cmocka_unit_test_setup(empty_entry_is_the_working_directory, fixture_start),
		cmocka_unit_test_setup(no_path_at_all, fixture_start),
		cmocka_unit_test_setup(entry_too_long_for_a_path, fixture_start),
		cmocka_unit_test_setup(listen_pid, fixture_start),
		cmocka_unit_test_setup(home_is_added, fixture_start),
		cmocka_unit_test_setup(empty_home_is_replaced, fixture_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
