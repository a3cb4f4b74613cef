/* Hooks for real: /bin/sh as the hook, everything that a hook may do to its runner. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "hook.h"

static char *const no_env[] = { NULL };

/* Run a script. */
static int run(struct hook_run *hook, const char *script, struct fault *fault)
{
	char *args[] = { (char *)"sh", (char *)"-c", (char *)(uintptr_t)script, NULL };

	hook->kind = "createRuntime";
	hook->index = 2;
	hook->path = "/bin/sh";
	hook->args = args;
	if (!hook->env)
		hook->env = no_env;
	if (!hook->cwd)
		hook->cwd = "";
	memset(fault, 0, sizeof *fault);
	return hook_run(hook, fault);
}

static struct hook_run fresh(void)
{
	return (struct hook_run){ .state = "{}", .state_length = 2, .abort_fd = -1 };
}

static unsigned open_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void succeeds(void **state)
{
	struct hook_run hook = fresh();
	struct fault fault;
	unsigned before = open_descriptors();

	(void)state;
	assert_int_equal(run(&hook, "echo words; echo more >&2", &fault), 0);
	assert_int_equal(fault.set, 0);
	assert_int_equal(open_descriptors(), before);
}

static void state_on_stdin(void **state)
{
	struct hook_run hook = fresh();
	struct fault fault;

	(void)state;
	hook.state = "{\"pid\":";
	hook.state_length = strlen(hook.state);
	hook.state_pid = "77";
	hook.state_tail = ",\"x\":1}";
	assert_int_equal(run(&hook, "test \"$(cat)\" = '{\"pid\":77,\"x\":1}'", &fault), 0);
	/* sealed: the hook cannot write to it */
	assert_int_equal(run(&hook, "! echo x >&0", &fault), 0);
}

static void environment_cwd_descriptors(void **state)
{
	struct hook_run hook = fresh();
	struct fault fault;
	char *const env[] = { (char *)"A=1", NULL };

	(void)state;
	hook.env = env;
	hook.cwd = "/usr";
	assert_int_equal(run(&hook, "test $A = 1 && test -z \"$HOME\" && test $(pwd) = /usr", &fault), 0);
	/* 0 1 2 and no other (3 is the shell's own open of the directory) */
	assert_int_equal(run(&hook, "set -- /proc/self/fd/*; test $# -le 4", &fault), 0);
	assert_int_equal(run(&hook, "test ! -e /proc/$$/fd/4", &fault), 0);
}

/* PRO-28 */
static void signals_are_fresh(void **state)
{
	struct hook_run hook = fresh();
	struct fault fault;
	const uint64_t all = ~0ULL;
	uint64_t old;
	int r;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sys_sigprocmask(SIG_SETMASK, &all, &old);
	r = run(&hook, "! grep -E '^Sig(Blk|Ign):' /proc/self/status | grep -v '0000000000000000$'", &fault);
	sys_sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(r, 0);
}

/* PRO-23 */
static void exit_status(void **state)
{
	struct hook_run hook = fresh();
	struct fault fault;
	unsigned before = open_descriptors();

	(void)state;
	assert_int_equal(run(&hook, "echo one; echo two; printf 'bad\\n\\n' >&2; exit 3", &fault), -EIO);
	assert_int_equal(fault.op, FAULT_HOOK);
	assert_int_equal(fault.error, 0);
	assert_string_equal(fault.object, "error running createRuntime hook #2: exit status 3, "
					  "stdout: one two, stderr: bad");
	assert_int_equal(open_descriptors(), before);
}

static void death_by_signal(void **state)
{
	struct hook_run hook = fresh();
	struct fault fault;

	(void)state;
	assert_true(run(&hook, "kill -SYS $$", &fault) < 0); /* BAT-44 */
	assert_string_equal(fault.object, "error running createRuntime hook #2: signal: bad system call, "
					  "stdout: , stderr: ");
	assert_true(run(&hook, "kill -KILL $$", &fault) < 0);
	assert_non_null(strstr(fault.object, "signal: killed, "));
	assert_true(run(&hook, "kill -40 $$", &fault) < 0);
	assert_non_null(strstr(fault.object, "signal: 40, "));
}

/* More than a pipe holds, on both streams, then the last KiB of each. */
static void much_output(void **state)
{
	struct hook_run hook = fresh();
	struct fault fault;

	(void)state;
	assert_true(run(&hook,
			"i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; "
			"echo abcdefghijabcdefghijabcdefghijabcdefghij >&2; i=$((i+1)); done; "
			"printf LASTOUT; printf LASTERR >&2; exit 1",
			&fault) < 0);
	assert_non_null(strstr(fault.object, "LASTOUT, stderr: "));
	assert_string_equal(fault.object + strlen(fault.object) - 7, "LASTERR");
	assert_in_range(strlen(fault.object), 2000, FAULT_OBJECT - 1);
}

/* PRO-24; a child that keeps the pipes open delays nothing. */
static void timeout(void **state)
{
	struct hook_run hook = fresh();
	struct fault fault;
	int64_t begin = sys_clock_ms();

	(void)state;
	hook.timeout = 1;
	assert_true(run(&hook, "sleep 2 & while :; do echo noise; done", &fault) < 0);
	assert_string_equal(fault.object,
			    "error running createRuntime hook #2: hook ran past specified timeout of 1.0s");
	assert_in_range(sys_clock_ms() - begin, 1000, 1900);
	begin = sys_clock_ms();
	hook.timeout = 5;
	assert_int_equal(run(&hook, "sleep 2 & exit 0", &fault), 0);
	assert_in_range(sys_clock_ms() - begin, 0, 1500);
}

static void other_side_gone(void **state)
{
	struct hook_run hook = fresh();
	struct fault fault;
	int ends[2];
	int64_t begin = sys_clock_ms();

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[1]); /* hung up */
	hook.abort_fd = ends[0];
	assert_true(run(&hook, "sleep 3", &fault) < 0);
	assert_non_null(strstr(fault.object, "hook #2: killed: nobody waits"));
	assert_in_range(sys_clock_ms() - begin, 0, 1500);
	close(ends[0]);
}

static int refuses(void *argument)
{
	return *(int *)argument;
}

static void failures_before_exec(void **state)
{
	struct hook_run hook = fresh();
	struct fault fault;
	int error = -EPERM;
	char *args[] = { (char *)"x", NULL };

	(void)state;
	hook.cwd = "/none";
	assert_int_equal(run(&hook, "true", &fault), -ENOENT);
	assert_string_equal(fault.object, "error running createRuntime hook #2: chdir to /none");
	hook.cwd = "";
	hook.prepare = refuses;
	hook.argument = &error;
	assert_int_equal(run(&hook, "true", &fault), -EPERM);
	hook.prepare = NULL;
	hook.path = "/none/hook";
	hook.args = args;
	memset(&fault, 0, sizeof fault);
	assert_int_equal(hook_run(&hook, &fault), -ENOENT);
	assert_string_equal(fault.object, "error running createRuntime hook #2: exec /none/hook");
	assert_int_equal(fault.error, ENOENT);
}

/* A plan's list area and pool, by hand. */
static void from_record(void **state)
{
	static char pool[] = "\0/bin/sh\0sh\0-c\0A=1\0{\"pid\":\0}";
	union plan_slot slots[16] = { 0 };
	struct plan plan = { .pool = pool, .slots = slots };
	struct plan_hook record = {
		.kind = PLAN_HOOK_START_CONTAINER,
		.index = 5,
		.timeout = 9,
		.path = { 1, 7 },
		.args = { 0, 2 },
		.env = { 6, 1 },
		.state_head = { 19, 7 },
		.state_tail = { 27, 1 },
	};
	struct hook_run hook, empty;
	char pid[24];

	(void)state;
	slots[0].str = (struct plan_str){ 9, 2 };
	slots[1].str = (struct plan_str){ 12, 2 };
	slots[6].str = (struct plan_str){ 15, 3 };
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(hook_from_record(&plan, &record, 4711, pid, sizeof pid, &hook), 0);
		assert_string_equal(hook.kind, "startContainer");
		assert_string_equal(hook.path, "/bin/sh");
		assert_string_equal(hook.args[0], "sh");
		assert_string_equal(hook.args[1], "-c");
		assert_null(hook.args[2]);
		assert_string_equal(hook.env[0], "A=1");
		assert_null(hook.env[1]);
		assert_string_equal(hook.state_pid, "4711");
		assert_int_equal(hook.state_length, 7);
		assert_string_equal(hook.state_tail, "}");
		assert_int_equal(hook.abort_fd, -1);
	}
	assert_int_equal(hook_from_record(&plan, &record, 4711, pid, 4, &empty), -E2BIG);
	record.args = (struct plan_list){ 11, 0 };
	assert_int_equal(hook_from_record(&plan, &record, 0, pid, sizeof pid, &hook), 0);
	assert_string_equal(hook.args[0], "/bin/sh"); /* HOK-08 */
	assert_null(hook.args[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(succeeds),
		cmocka_unit_test(state_on_stdin),
		cmocka_unit_test(environment_cwd_descriptors),
		cmocka_unit_test(signals_are_fresh),
		cmocka_unit_test(exit_status),
		cmocka_unit_test(death_by_signal),
		cmocka_unit_test(much_output),
		cmocka_unit_test(timeout),
		cmocka_unit_test(other_side_gone),
		cmocka_unit_test(failures_before_exec),
		cmocka_unit_test(from_record),
	};

	/* what whoever started the tests left open is not the hooks' business */
	sys_close_range(3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
