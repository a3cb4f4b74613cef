/* The derived status, on living and dead children of the test. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "container/destroy.h"
#include "container/root.h"
#include "container/status.h"
#include "scratch.h"

static char path[64], boot[BOOT_ID_TEXT];
static int dir = -1;

static int setup(void **state)
{
	(void)state;
	if (!scratch_make(path) || boot_id(boot) < 0)
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	close(dir);
	scratch_remove(path);
	return 0;
}

/* A child that waits for its end, under a name made to mislead a parser of /proc/PID/stat. */
static pid_t child(void)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_NAME, "a) Z 1 (b");
		if (write(ready[1], "", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static struct container container_of(pid_t pid)
{
	struct container container = { .id = "x", .root_fd = -1, .lock = -1, .dir = dir };
	char letter;

	container.state.pid = pid;
	container.state.boot_id = boot;
	assert_int_equal(process_stat(pid, &letter, &container.state.start_time), 0);
	assert_non_null(strchr("SR", letter));
	return container;
}

static void running_until_it_ends(void **state)
{
	pid_t pid = child();
	struct container container = container_of(pid);
	int pidfd = -1;

	(void)state;
	assert_int_equal(container_status(&container, &pidfd), STATUS_RUNNING);
	assert_true(pidfd >= 0);
	assert_int_equal(container_kill(&container, pidfd), 0);
	assert_int_equal(container_wait_end(pidfd, 5000), 0);
	close(pidfd);
	/* a zombie has ended (STT-14) */
	assert_int_equal(container_status(&container, &pidfd), STATUS_STOPPED);
	assert_int_equal(pidfd, -1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(container_status(&container, NULL), STATUS_STOPPED);
}

static void another_process_of_the_same_number(void **state)
{
	pid_t pid = child();
	struct container container = container_of(pid);
	int pidfd = 5;

	(void)state;
	container.state.start_time++;
	assert_int_equal(container_status(&container, &pidfd), STATUS_STOPPED);
	assert_int_equal(pidfd, -1);
	container.state.start_time--;
	container.state.boot_id = "00000000-0000-0000-0000-000000000000";
	assert_int_equal(container_status(&container, NULL), STATUS_STOPPED);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void created_while_the_fifo_has_a_reader(void **state)
{
	pid_t pid = child();
	struct container container = container_of(pid);

	(void)state;
	container.state.gate_fifo = true;
	assert_int_equal(container_status(&container, NULL), STATUS_RUNNING); /* no fifo: started */
	assert_int_equal(mkfifoat(dir, "exec.fifo", 0600), 0);
	assert_int_equal(container_status(&container, NULL),
			 STATUS_RUNNING); /* start was killed before its unlink */
	int held = openat(dir, "exec.fifo", O_RDWR | O_CLOEXEC);
	assert_int_equal(container_status(&container, NULL), STATUS_CREATED);
	container.state.gate_fifo = false;
	assert_int_equal(container_status(&container, NULL), STATUS_RUNNING);
	close(held);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void nobody_was_born(void **state)
{
	struct container container = { .id = "x", .dir = dir };

	(void)state;
	assert_int_equal(container_status(&container, NULL), STATUS_STOPPED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(running_until_it_ends),
		cmocka_unit_test(another_process_of_the_same_number),
		cmocka_unit_test(created_while_the_fifo_has_a_reader),
		cmocka_unit_test(nobody_was_born),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
