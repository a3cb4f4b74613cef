/* A launch for real: the embedded ociinit, a small plan without namespaces or rights, until execve. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compile/writer.h"
#include "fd.h"
#include "launch.h"

#if defined(__x86_64__)
#define TEST_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define TEST_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define TEST_ARCH AUDIT_ARCH_RISCV64
#else
#define TEST_ARCH AUDIT_ARCH_ARM
#endif

static void compile_program(struct arena *arena, const char *const *args, uint32_t count, const char *map,
			    struct compiled *ret)
{
	struct writer *w = writer_new(arena);
	struct error error = { 0 };
	const char *const env[] = { "PATH=/bin:/usr/bin" };
	struct plan_gate gate = { .kind = PLAN_GATE_RUN, .fifo = PLAN_NONE, .fault = PLAN_NONE };
	struct plan_program program = { .args = writer_argv(w, count, args), .env = writer_argv(w, 1, env) };
	struct plan_exec last = { .kept = 0 };
	struct plan_userns userns = { .uid_map = writer_text(w, map), .gid_map = writer_text(w, map) };

	userns.writer = PLAN_MAP_HOST;
	if (map)
		WRITER_ADD(w, USERNS, userns, &userns, "/linux/uidMappings");
	WRITER_ADD(w, PROGRAM, program, &program, "/process/args");
	WRITER_ADD(w, GATE, gate, &gate, "");
	WRITER_ADD(w, EXEC, exec, &last, "/process/args");
	memset(ret, 0, sizeof *ret);
	assert_int_equal(writer_finish(w, TEST_ARCH, ret, &error), 0);
}

static int end_of(const struct launch *launch)
{
	siginfo_t info = { 0 };

	assert_int_equal(sys_waitid(P_PID, (id_t)launch->pid, &info, WEXITED), 0);
	return info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
}

static void runs_a_program(void **state)
{
	static const char *const args[] = { "sh", "-c", "exit 7" };
	struct arena arena = { 0 };
	struct error error = { 0 };
	struct compiled compiled;

	(void)state;
	compile_program(&arena, args, 3, NULL, &compiled);
	struct launch launch;
	launch_init(&launch, &compiled);
	assert_int_equal(launch_start(&launch, NULL, 0, NULL, &error), 0);
	assert_true(launch.pid > 0 && launch.pidfd >= 0);
	int r = launch_serve(&launch, &error);
	assert_string_equal(error.text, "");
	assert_int_equal(r, 0);
	assert_int_equal(launch_go(&launch, &error), 0);
	assert_int_equal(launch_wait_exec(&launch, &error), 0);
	assert_int_equal(end_of(&launch), 7);
	launch_close(&launch);
	arena_free(&arena);
}

static void a_missing_program_is_an_error_before_go(void **state)
{
	static const char *const args[] = { "no-such-program" };
	struct arena arena = { 0 };
	struct error error = { 0 };
	struct compiled compiled;

	(void)state;
	compile_program(&arena, args, 1, NULL, &compiled);
	struct launch launch;
	launch_init(&launch, &compiled);
	assert_int_equal(launch_start(&launch, NULL, 0, NULL, &error), 0);
	assert_true(launch_serve(&launch, &error) < 0);
	assert_non_null(strstr(error.text, "executable file not found"));
	launch_abort(&launch);
	arena_free(&arena);
}

/* The launch holds a group open that was removed, as systemd does with an empty scope. */
static void lose_group(struct launch *launch)
{
	char dir[] = "/tmp/ocirun-group.XXXXXX";

	assert_non_null(mkdtemp(dir));
	launch->groups.dirs[0] = sys_openat(AT_FDCWD, dir, O_PATH | O_DIRECTORY, 0);
	launch->groups.count = 1;
	assert_int_equal(rmdir(dir), 0);
}

static int find_no_group(void *context, struct error *error)
{
	struct launch *launch = context;
	struct pollfd end = { .fd = launch->pidfd, .events = POLLIN };

	if (sys_poll(&end, 1, 500) > 0) /* one that does not fail stays, and so does its group */
		lose_group(launch);
	return error_set(error, ENOENT, "no group");
}

static int kill_and_find_no_group(void *context, struct error *error)
{
	sys_kill((pid_t)((const struct launch *)context)->pid, SIGKILL);
	return find_no_group(context, error);
}

/* The shim's own reason, or its death, comes before what we miss when its group has gone with it. */
static void a_group_that_went_is_no_reason(void **state)
{
	static const struct {
		const char *args[1];
		int (*meanwhile)(void *, struct error *);
		const char *said;
	} rows[] = {
		{ { "no-such-program" }, find_no_group, "executable file not found" },
		{ { "true" },
		  kill_and_find_no_group,
		  "container init was killed by signal 9 (Killed) before it was ready" },
		{ { "true" }, find_no_group, "no group" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena arena = { 0 };
		struct error error = { 0 };
		struct compiled compiled;
		struct launch launch;

		compile_program(&arena, rows[i].args, 1, NULL, &compiled);
		launch_init(&launch, &compiled);
		launch.meanwhile = rows[i].meanwhile;
		launch.context = &launch;
		assert_int_equal(launch_start(&launch, NULL, 0, NULL, &error), 0);
		assert_true(launch_serve(&launch, &error) < 0);
		assert_non_null(strstr(error.text, rows[i].said));
		assert_null(strstr(error.text, "memory")); /* none is limited */
		launch_abort(&launch);
		if (launch.groups.count)
			sys_close(launch.groups.dirs[0]);
		arena_free(&arena);
	}
}

static void a_killed_shim_is_told_by_its_signal(void **state)
{
	static const char *const args[] = { "true" };
	struct arena arena = { 0 };
	struct error error = { 0 };
	struct compiled compiled;

	(void)state;
	compile_program(&arena, args, 1, NULL, &compiled);
	struct launch launch;
	launch_init(&launch, &compiled);
	assert_int_equal(launch_start(&launch, NULL, 0, NULL, &error), 0);
	assert_int_equal(sys_pidfd_send_signal(launch.pidfd, SIGKILL), 0);
	int r = launch_serve(&launch, &error);
	if (r == 0) { /* READY was faster: then the end comes instead of execve */
		assert_int_equal(launch_wait_exec(&launch, &error), 0);
		assert_int_equal(end_of(&launch), -SIGKILL);
		launch.pid = 0;
	} else {
		assert_non_null(strstr(error.text, "killed by signal 9"));
	}
	launch_abort(&launch);
	arena_free(&arena);
}

static void a_damaged_plan_is_refused(void **state)
{
	static const char *const args[] = { "true" };
	struct arena arena = { 0 };
	struct error error = { 0 };
	struct compiled compiled;

	(void)state;
	compile_program(&arena, args, 1, NULL, &compiled);
	((char *)compiled.bytes)[compiled.length - 1] ^= 1;
	struct launch launch;
	launch_init(&launch, &compiled);
	assert_int_equal(launch_start(&launch, NULL, 0, NULL, &error), 0);
	assert_true(launch_serve(&launch, &error) < 0);
	assert_non_null(strstr(error.text, "cannot accept the plan: checksum"));
	launch_abort(&launch);
	arena_free(&arena);
}

static void an_abort_leaves_no_child(void **state)
{
	static const char *const args[] = { "sleep", "60" };
	struct arena arena = { 0 };
	struct error error = { 0 };
	struct compiled compiled;
	siginfo_t info;

	(void)state;
	compile_program(&arena, args, 2, NULL, &compiled);
	struct launch launch;
	launch_init(&launch, &compiled);
	assert_int_equal(launch_start(&launch, NULL, 0, NULL, &error), 0);
	assert_int_equal(launch_serve(&launch, &error), 0);
	launch_abort(&launch);
	assert_int_equal(sys_waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL), -ECHILD);
	assert_int_equal(launch.sock, -1);
	assert_int_equal(launch.pidfd, -1);
	arena_free(&arena);
}

struct witness {
	const struct launch *launch;
	int calls;
	char map[256]; /* the uid map of the shim at the call */
};

static int look(void *context, struct error *error)
{
	struct witness *witness = context;
	char path[64];
	FILE *file;

	(void)error;
	witness->calls++;
	snprintf(path, sizeof path, "/proc/%lld/uid_map", (long long)witness->launch->pid);
	file = fopen(path, "re");
	assert_non_null(file);
	if (!fgets(witness->map, sizeof witness->map, file))
		witness->map[0] = 0;
	fclose(file);
	return 0;
}

static void witnessed(const struct compiled *compiled, struct witness *ret)
{
	struct error error = { 0 };
	struct launch launch;

	launch_init(&launch, compiled);
	launch.meanwhile = look;
	launch.context = ret;
	ret->launch = &launch;
	assert_int_equal(launch_start(&launch, NULL, 0, NULL, &error), 0);
	assert_int_equal(launch_serve(&launch, &error), 0);
	launch_abort(&launch);
}

/* The shim sleeps until its maps are written: what else there is to do waits behind them. */
static void what_the_host_does_meanwhile_comes_behind_the_maps(void **state)
{
	static const char *const args[] = { "true" };
	struct witness without = { .calls = 0 }, with = { .calls = 0 };
	struct arena arena = { 0 };
	struct compiled compiled;
	unsigned inside, outside, size;

	(void)state;
	compile_program(&arena, args, 1, NULL, &compiled);
	witnessed(&compiled, &without);
	assert_int_equal(without.calls, 1);
	if (geteuid() != 0)
		skip(); /* the maps of a process that is not dumpable are written by root alone */
	compile_program(&arena, args, 1, "0 0 1\n", &compiled);
	witnessed(&compiled, &with);
	assert_int_equal(with.calls, 1);
	assert_int_equal(sscanf(with.map, "%u %u %u", &inside, &outside, &size), 3);
	assert_int_equal(size, 1);
	arena_free(&arena);
}

static void another_ociinit_is_copied(void **state)
{
	static const char *const args[] = { "true" };
	struct arena arena = { 0 };
	struct error error = { 0 };
	struct compiled compiled;

	(void)state;
	compile_program(&arena, args, 1, NULL, &compiled);
	struct launch launch;
	launch_init(&launch, &compiled);
	assert_int_equal(launch_start(&launch, NULL, 0, "/no/such/ociinit", &error), -ENOENT);
	assert_non_null(strstr(error.text, "/no/such/ociinit"));
	launch_abort(&launch);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_a_program),
		cmocka_unit_test(a_missing_program_is_an_error_before_go),
		cmocka_unit_test(a_killed_shim_is_told_by_its_signal),
		cmocka_unit_test(a_damaged_plan_is_refused),
		cmocka_unit_test(an_abort_leaves_no_child),
		cmocka_unit_test(a_group_that_went_is_no_reason),
		cmocka_unit_test(what_the_host_does_meanwhile_comes_behind_the_maps),
		cmocka_unit_test(another_ociinit_is_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
