/* Rows HOST_POINT, HOOKS, START_HOOKS (init half) and HOST_HOOKS (host half), on the fake kernel. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "fake_sys.h"
#include "host.h"
#include "hook.h"
#include "stage.h"

/* One plan, by hand: a hook, a second hook, a filter. */
static char pool[] __attribute__((aligned(8))) = "filter..\0/bin/hook\0hook\0A=1\0{\"pid\":\0}\0/bundle";
#define S(o, l)                              \
	{                                    \
		(uint32_t)(o), (uint32_t)(l) \
	}
#define HEAD(k, r)                                                                          \
	{                                                                                   \
		.kind = PLAN_KIND_##k, .row = PLAN_ROW_##r, .size = sizeof(struct plan_##k) \
	}

static struct {
	struct plan_header header;
	struct plan_hook first, second;
	struct plan_seccomp seccomp;
} bytes;
static union plan_slot slots[32];
static struct plan plan;
static struct shim shim;
static struct fault fault;
static int asked, answer;

static int ask(struct shim *s, enum message_type type, int fd, struct fault *f)
{
	(void)s;
	assert_int_equal(fd, -1);
	assert_int_equal(type, MESSAGE_HOST);
	asked++;
	return answer < 0 ? fault_set(f, FAULT_RECEIVE, answer, "done") : answer;
}

static const struct shim_talk talk = { .ask = ask };

static struct plan_hook make_hook(enum plan_row row, enum plan_hook_kind kind, uint32_t slot)
{
	struct plan_hook hook = {
		.head = HEAD(hook, HOOKS),
		.kind = kind,
		.index = slot / 16,
		.path = S(9, 9),
		.args = S(slot, 1),
		.env = S(slot + 8, 1),
		.cwd = S(8, 0),
		.state_head = S(28, 7),
		.state_tail = S(36, 1),
	};

	hook.head.row = (uint16_t)row;
	slots[slot].str = (struct plan_str)S(19, 4);
	slots[slot + 8].str = (struct plan_str)S(24, 3);
	return hook;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	memset(&bytes, 0, sizeof bytes);
	memset(slots, 0, sizeof slots);
	memset(&fault, 0, sizeof fault);
	memset(&shim, 0, sizeof shim);
	bytes.header.record_count = 3;
	bytes.header.list_offset = sizeof bytes;
	bytes.first = make_hook(PLAN_ROW_HOOKS, PLAN_HOOK_CREATE_CONTAINER, 0);
	bytes.second = make_hook(PLAN_ROW_HOOKS, PLAN_HOOK_CREATE_CONTAINER, 16);
	bytes.seccomp =
		(struct plan_seccomp){ .head = HEAD(seccomp, SECCOMP), .filter = S(0, 8), .flags = 2 };
	plan = (struct plan){ .header = &bytes.header, .pool = pool, .slots = slots };
	shim = (struct shim){ .plan = &plan, .talk = &talk, .sock = -1, .proc = 50, .root = 51 };
	asked = answer = 0;
	return 0;
}

static int run(const struct plan_record *record)
{
	for (int i = 0; i < STAGE_KINDS && stage_hooks.kinds[i].kind; i++)
		if (stage_hooks.kinds[i].kind == (enum plan_kind)record->kind)
			return stage_hooks.kinds[i].run(&shim, record, &fault);
	fail_msg("no step for kind %d", record->kind);
	return 0;
}

/* Position of a line in the log. */
static long at(const char *text)
{
	const char *found = strstr(fake_log(), text);

	if (!found)
		fail_msg("no \"%s\" in:\n%s", text, fake_log());
	return found - fake_log();
}

static void host_point_asks(void **state)
{
	struct plan_host_point point = { .head = HEAD(host_point, HOST_POINT), .ask = 1 };

	(void)state;
	assert_int_equal(run(&point.head), 0);
	assert_int_equal(asked, 1);
	answer = -EPIPE;
	assert_int_equal(run(&point.head), -EPIPE);
	assert_int_equal(fault.set, 1);
	assert_int_equal(fake_calls(), 0);
}

static void create_container(void **state)
{
	(void)state;
	fake_bytes("readlinkat", "4711", 4);
	assert_int_equal(run(&bytes.first.head), 0);
	/* PR_SET_DUMPABLE 0 first of all; the root entered last; never a filter */
	assert_true(at("prctl 4 0 ") < at("clone_vm"));
	assert_true(at("fchdir 51") < at("execve \"/bin/hook\" \"hook\" env:\"A=1\""));
	assert_true(at("\"{\"pid\":\"") < at("\"4711\" 7"));
	assert_true(at("\"4711\" 7") < at("\"}\" 11"));
	assert_int_equal(fake_count("seccomp"), 0);
	assert_int_equal(fake_open_fds(), 0);
	assert_int_equal(fake_count("BAD"), 0);
}

static void pid_without_procfs(void **state)
{
	(void)state;
	shim.proc = -1;
	assert_int_equal(run(&bytes.first.head), 0);
	at("\"4243\" 7");
}

static void start_container_is_filtered(void **state)
{
	(void)state;
	bytes.first.head.row = PLAN_ROW_START_HOOKS;
	bytes.first.kind = PLAN_HOOK_START_CONTAINER;
	assert_int_equal(run(&bytes.first.head), 0);
	assert_true(at("seccomp 1 0x2") < at("execve"));
	assert_true(at("clone_vm") < at("seccomp"));
	assert_int_equal(fake_count("fchdir"), 0);
	/* a filter with a listener was loaded before, and was inherited */
	fake_reset();
	bytes.seccomp.head.row = PLAN_ROW_LISTENER;
	assert_int_equal(run(&bytes.first.head), 0);
	assert_int_equal(fake_count("seccomp"), 0);
}

static void failing_hook(void **state)
{
	(void)state;
	fake_wait(CLD_KILLED, SIGSYS);
	bytes.first.kind = PLAN_HOOK_START_CONTAINER;
	assert_int_equal(run(&bytes.first.head), -EIO);
	assert_string_equal(fault.object, "error running startContainer hook #0: signal: bad system call, "
					  "stdout: , stderr: ");
}

/* The other side hangs up while a hook runs: it is killed and reaped. */
static void abort_kills(void **state)
{
	(void)state;
	shim.sock = 60;
	fake_return("poll", 2); /* the first two descriptors: pidfd and socket: ended counts */
	assert_int_equal(run(&bytes.first.head), 0);
	fake_reset();
	fake_return("poll", -EINVAL);
	assert_true(run(&bytes.first.head) < 0);
	assert_true(at("pidfd_send_signal") < at("waitid"));
	assert_int_equal(fake_open_fds(), 0);
}

/* Every call fails in turn: a fault or success, and nothing stays open. */
static void every_failure(void **state)
{
	unsigned calls;

	assert_int_equal(run(&bytes.first.head), 0);
	calls = fake_calls();
	assert_in_range(calls, 10, 100);
	for (unsigned n = 1; n <= calls; n++) {
		int r;

		setup(state);
		fake_fail(n, EACCES);
		r = run(&bytes.first.head);
		assert_true(r < 0 ? fault.set == 1 : r == 0);
		if (r < 0 && fake_count("clone_vm"))
			assert_true(strncmp(fault.object, "error running createContainer hook #0", 37) == 0);
		assert_int_equal(fake_open_fds(), 0);
		assert_int_equal(fake_count("BAD"), 0);
	}
}

static void host_half(void **state)
{
	(void)state;
	bytes.second.head.row = PLAN_ROW_HOST_HOOKS;
	bytes.second.kind = PLAN_HOOK_PRESTART;
	bytes.second.cwd = (struct plan_str)S(38, 7);
	assert_int_equal(host_hooks(&plan, 99, -1, &fault), 0);
	assert_int_equal(fake_count("execve"), 1); /* that of its row alone */
	assert_true(at("chdir \"/bundle\"") < at("execve"));
	at("\"99\" 7");
	assert_int_equal(fake_count("prctl"), 0);
	fake_wait(CLD_EXITED, 3);
	assert_int_equal(host_hooks(&plan, 99, -1, &fault), -EIO);
	assert_int_equal(fault.row, PLAN_ROW_HOST_HOOKS);
	assert_int_equal(fault.record, 1);
	assert_string_equal(fault.object,
			    "error running prestart hook #1: exit status 3, stdout: , stderr: ");
}

/* HOK-11: in order, and nothing behind a failure. */
static void host_stops_at_failure(void **state)
{
	(void)state;
	bytes.first.head.row = bytes.second.head.row = PLAN_ROW_HOST_HOOKS;
	assert_int_equal(host_hooks(&plan, 99, -1, &fault), 0);
	assert_int_equal(fake_count("execve"), 2);
	setup(state);
	bytes.first.head.row = bytes.second.head.row = PLAN_ROW_HOST_HOOKS;
	fake_wait(CLD_EXITED, 1);
	assert_true(host_hooks(&plan, 99, -1, &fault) < 0);
	assert_int_equal(fake_count("execve"), 1);
	assert_int_equal(fault.record, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(host_point_asks, setup),
		cmocka_unit_test_setup(create_container, setup),
		cmocka_unit_test_setup(pid_without_procfs, setup),
		cmocka_unit_test_setup(start_container_is_filtered, setup),
		cmocka_unit_test_setup(failing_hook, setup),
		cmocka_unit_test_setup(abort_kills, setup),
		cmocka_unit_test_setup(every_failure, setup),
		cmocka_unit_test_setup(host_half, setup),
		cmocka_unit_test_setup(host_stops_at_failure, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
