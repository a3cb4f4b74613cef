/* pidfd.c: whose pidfd it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "pidfd.h"

static void of_a_living_process(void **state)
{
	FD_AUTO pidfd = sys_pidfd_open(getpid(), 0);

	(void)state;
	assert_true(pidfd >= 0);
	assert_int_equal(pidfd_process(pidfd), getpid());
}

static void of_one_that_is_gone(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(0);
	FD_AUTO pidfd = sys_pidfd_open(pid, 0);
	assert_true(pidfd >= 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(pidfd_process(pidfd), 0);
}

static void of_no_process(void **state)
{
	FD_AUTO root = sys_openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY, 0);

	(void)state;
	assert_true(root >= 0);
	assert_true(pidfd_process(root) < 0);
	assert_int_equal(pidfd_process(-1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_living_process),
		cmocka_unit_test(of_one_that_is_gone),
		cmocka_unit_test(of_no_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
