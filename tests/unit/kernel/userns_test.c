/* Id maps written from outside, on the real kernel. Needs root (CAP_SETUID over the parent namespace); skips
 * otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "host.h"
#include "plan_build.h"

static struct plan_build build;
static struct plan view;
static int pid, go; /* a child in a new user namespace; it ends when `go` is closed */

static int start(void **state)
{
	int up[2], down[2];
	char byte = 0;

	(void)state;
	pid = 0;
	if (geteuid() != 0)
		return 0;
	if (sys_pipe(up) < 0 || sys_pipe(down) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		int r = sys_unshare(PLAN_NS_USER);

		close(down[1]);
		sys_write(up[1], "x", 1);
		sys_read(down[0], &byte, 1);
		if (r == 0)
			r = sys_setresgid(0, 0, 0);
		if (r == 0)
			r = sys_setresuid(0, 0, 0);
		sys_exit(r == 0 ? 0 : 1);
	}
	close(up[1]);
	close(down[0]);
	go = down[1];
	return sys_read(up[0], &byte, 1) == 1 && close(up[0]) == 0 ? 0 : -1;
}

/* The child's exit status once it was let go. */
static int end_child(void)
{
	siginfo_t info = { 0 };

	if (pid <= 0)
		return -1;
	close(go);
	sys_waitid(P_PID, (id_t)pid, &info, WEXITED);
	pid = 0;
	return info.si_status;
}

static int end(void **state)
{
	(void)state;
	end_child();
	return 0;
}

/* `lines` extents of one id each: 0 becomes `first`, 1 the one two above, ... so that none can be merged. */
static struct plan_str extents(unsigned lines, unsigned first)
{
	char text[8192];
	int used = 0;

	for (unsigned i = 0; i < lines; i++)
		used += snprintf(text + used, sizeof text - (size_t)used, "%u %u 1\n", i, first + 2 * i);
	return build_text(&build, text);
}

static int map(unsigned lines, uint64_t writer, struct fault *fault)
{
	struct plan_refusal why = { 0 };
	struct plan_str uids, gids;

	if (pid <= 0)
		skip();
	memset(fault, 0, sizeof *fault);
	build_start(&build);
	uids = extents(lines, 1000);
	gids = extents(1, 3000);
	BUILD_ADD(&build, USERNS, userns, .writer = writer, .uid_map = uids, .gid_map = gids);
	assert_int_equal(plan_check(build.bytes, build_finish(&build), &view, &why), 0);
	return host_userns_map(&view, pid, fault);
}

static void maps_ids_for_a_child(void **state)
{
	struct fault fault;

	(void)state;
	assert_int_equal(map(1, PLAN_MAP_HOST, &fault), 0);
	assert_int_equal(end_child(), 0);
}

static void takes_as_many_lines_as_the_kernel(void **state)
{
	struct fault fault;

	(void)state;
	assert_int_equal(map(340, PLAN_MAP_HOST, &fault), 0);
	assert_int_equal(end_child(), 0);
}

static void says_what_was_too_much(void **state)
{
	struct fault fault;

	(void)state;
	assert_int_equal(map(341, PLAN_MAP_HOST, &fault), -EINVAL);
	assert_int_equal(fault.op, FAULT_MAP_IDS);
	assert_string_equal(fault.object, "uid_map");
	assert_int_equal(fault.row, PLAN_ROW_USERNS);
	assert_int_equal(fault.record, 0);
	assert_non_null(strstr(fault.note, "340 lines"));
	assert_int_equal(end_child(), 1);
}

static void says_that_the_process_is_gone(void **state)
{
	struct fault fault;
	int gone = pid;

	(void)state;
	end_child();
	pid = gone;
	assert_int_equal(gone > 0 ? map(1, PLAN_MAP_HOST, &fault) : -ENOENT, -ENOENT);
	pid = 0;
}

static void maps_only_when_the_plan_asks(void **state)
{
	struct fault fault;

	(void)state;
	assert_int_equal(map(1, PLAN_MAP_SELF, &fault), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(maps_ids_for_a_child, start, end),
		cmocka_unit_test_setup_teardown(takes_as_many_lines_as_the_kernel, start, end),
		cmocka_unit_test_setup_teardown(says_what_was_too_much, start, end),
		cmocka_unit_test_setup_teardown(says_that_the_process_is_gone, start, end),
		cmocka_unit_test_setup_teardown(maps_only_when_the_plan_asks, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
