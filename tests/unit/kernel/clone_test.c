/* The two clones, for real: memory, signals, pidfd, exit status, sibling. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clone.h"
#include "fd.h"

struct seen {
	int pid, parent;
	uint64_t mask;
	volatile int handled;
};

static int look(void *argument)
{
	struct seen *seen = argument;

	seen->pid = sys_getpid();
	seen->parent = getppid();
	sys_sigprocmask(SIG_BLOCK, NULL, &seen->mask);
	return 42;
}

static void child_has_our_memory(void **state)
{
	struct seen seen = { 0 };
	const uint64_t usr1 = 1ULL << (SIGUSR1 - 1);
	uint64_t old, after;
	siginfo_t info = { 0 };
	int pidfd = -1, pid;

	(void)state;
	assert_int_equal(sys_sigprocmask(SIG_SETMASK, &usr1, &old), 0);
	pid = clone_vfork(0, -1, &pidfd, look, &seen);
	sys_sigprocmask(SIG_SETMASK, &old, &after);
	assert_true(pid > 0);
	assert_int_equal(seen.pid, pid);
	assert_int_equal(seen.parent, getpid());
	assert_true(seen.mask == usr1 && after == usr1);
	assert_true(pidfd >= 0);
	assert_int_equal(sys_waitid((idtype_t)3, (id_t)pidfd, &info, WEXITED), 0);
	assert_int_equal(info.si_code, CLD_EXITED);
	assert_int_equal(info.si_status, 42);
	close(pidfd);
}

static int execs(void *argument)
{
	char *const args[] = { (char *)"sh", (char *)"-c", (char *)"exit 7", NULL }, *const env[] = { NULL };

	(void)argument;
	sys_execve("/bin/sh", args, env);
	return 1;
}

static void child_execs(void **state)
{
	siginfo_t info = { 0 };
	int pid = clone_vfork(0, -1, NULL, execs, NULL);

	(void)state;
	assert_true(pid > 0);
	assert_int_equal(sys_waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	assert_int_equal(info.si_status, 7);
}

static volatile sig_atomic_t handled;

static void handler(int signal)
{
	(void)signal;
	handled = 1;
}

static int kills_itself(void *argument)
{
	(void)argument;
	sys_kill(sys_getpid(), SIGUSR2);
	return 0;
}

/* A handler of ours must not run in the child, on our memory: there the signal has its default action. */
static void handlers_stay_here(void **state)
{
	struct sigaction action = { .sa_handler = handler }, old;
	siginfo_t info = { 0 };
	int pid;

	(void)state;
	sigaction(SIGUSR2, &action, &old);
	pid = clone_vfork(0, -1, NULL, kills_itself, NULL);
	sigaction(SIGUSR2, &old, NULL);
	assert_true(pid > 0);
	assert_int_equal(sys_waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	assert_int_equal(info.si_code, CLD_KILLED);
	assert_int_equal(info.si_status, SIGUSR2);
	assert_false(handled);
}

static void failure_is_an_errno(void **state)
{
	int pidfd = 77;
	uint64_t before, after;

	(void)state;
	sys_sigprocmask(SIG_BLOCK, NULL, &before);
	assert_int_equal(clone_vfork(CLONE_THREAD, -1, &pidfd, look, NULL), -EINVAL);
	assert_int_equal(clone_vfork(0, 9999, &pidfd, look, NULL), -EBADF);
	assert_int_equal(pidfd, 77);
	sys_sigprocmask(SIG_BLOCK, NULL, &after);
	assert_true(before == after);
}

/* The child goes on as its own sibling, which is ours to wait for: with __WALL, as it gives no signal. */
static void sibling(void **state)
{
	siginfo_t info = { 0 };
	int status;
	pid_t first;

	(void)state;
	first = fork();
	if (first == 0) {
		pid_t before = getpid(); /* on the stack that both have */
		int r = clone_sibling(0);

		_exit(r == 0 && getpid() != before ? 9 : 1);
	}
	assert_int_equal(waitpid(first, &status, 0), first);
	assert_int_equal(status, 0);
	assert_int_equal(sys_waitid(P_ALL, 0, &info, WEXITED | __WALL), 0);
	assert_int_not_equal(info.si_pid, first);
	assert_int_equal(info.si_status, 9);
}

static void no_sibling(void **state)
{
	(void)state;
	assert_int_equal(clone_sibling(CLONE_NEWNS | CLONE_FS), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(child_has_our_memory),
		cmocka_unit_test(child_execs),
		cmocka_unit_test(handlers_stay_here),
		cmocka_unit_test(failure_is_an_errno),
		cmocka_unit_test(sibling),
		cmocka_unit_test(no_sibling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
