/* A launch for real: the embedded ociinit, a small plan without namespaces or rights, until execve. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/audit.h>
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

static void compile_program(struct arena *arena, const char *const *args, uint32_t count,
			    struct compiled *ret)
{
	struct writer *w = writer_new(arena);
	struct error error = { 0 };
	const char *const env[] = { "PATH=/bin:/usr/bin" };
	struct plan_gate gate = { .kind = PLAN_GATE_RUN, .fifo = PLAN_NONE, .fault = PLAN_NONE };
	struct plan_program program = { .args = writer_argv(w, count, args), .env = writer_argv(w, 1, env) };
	struct plan_exec last = { .kept = 0 };

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
	compile_program(&arena, args, 3, &compiled);
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
	compile_program(&arena, args, 1, &compiled);
	struct launch launch;
	launch_init(&launch, &compiled);
	assert_int_equal(launch_start(&launch, NULL, 0, NULL, &error), 0);
	assert_true(launch_serve(&launch, &error) < 0);
	assert_non_null(strstr(error.text, "executable file not found"));
	launch_abort(&launch);
	arena_free(&arena);
}

static void a_killed_shim_is_told_by_its_signal(void **state)
{
	static const char *const args[] = { "true" };
	struct arena arena = { 0 };
	struct error error = { 0 };
	struct compiled compiled;

	(void)state;
	compile_program(&arena, args, 1, &compiled);
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
	compile_program(&arena, args, 1, &compiled);
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
	compile_program(&arena, args, 2, &compiled);
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

static void another_ociinit_is_copied(void **state)
{
	static const char *const args[] = { "true" };
	struct arena arena = { 0 };
	struct error error = { 0 };
	struct compiled compiled;

	(void)state;
	compile_program(&arena, args, 1, &compiled);
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
		cmocka_unit_test(another_ociinit_is_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
