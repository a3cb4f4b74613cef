/* The gate: each kind's calls, what stays open, and every failure. */
#include "gate.h"

#include "stage_fixture.h"

static void go(void)
{
	struct message_head head = { MESSAGE_GO, 0 };

	fake_message(&head, sizeof head, NULL, 0);
}

static void make(enum plan_gate_kind kind)
{
	bool fifo = kind == PLAN_GATE_FIFO;

	BUILD_ADD(&build, GATE, gate, .kind = kind, .fifo = fifo ? 0 : PLAN_NONE,
		  .fault = fifo ? 1 : PLAN_NONE);
	build.header.slot_count = fifo ? 2 : 0;
	if (fifo) {
		shim.slots[0] = 30;
		shim.slots[1] = 31;
	}
}

static void make_fifo(void)
{
	make(PLAN_GATE_FIFO);
	go();
	fake_bytes("read", "", 1);
}

static void fifo(void **state)
{
	(void)state;
	make_fifo();
	assert_int_equal(fixture_run(&stage_gate), 0);
	assert_log("mmap 31 4096 0x3 0x1\n"
		   "close 31\n"
		   "getpid\n" /* not 1: signals are for the kernel to heed */
		   "sendmsg 9 type=7 bytes=8 fds=0 0x4040\n"
		   "recvmsg 9 0\n"
		   "close 9\n"
		   "read 30\n");
	assert_non_null(shim.page);
	assert_int_equal(shim.sock, -1);
	assert_int_equal(shim.slots[0], 30); /* its closing tells `start` of execve */
}

/* getpid cannot fail */
static int its_pid(unsigned call)
{
	return call == 2;
}

static void every_failure_is_told(void **state)
{
	(void)state;
	fixture_sweep(&stage_gate, make_fifo, its_pid);
}

static void run_keeps_the_socket(void **state)
{
	(void)state;
	make(PLAN_GATE_RUN);
	go();
	assert_int_equal(fixture_run(&stage_gate), 0);
	assert_int_equal(shim.sock, 9);
	assert_int_equal(fake_count("read "), 0);
}

static void none_does_not_wait(void **state)
{
	(void)state;
	make(PLAN_GATE_NONE);
	assert_int_equal(fixture_run(&stage_gate), 0);
	assert_int_equal(fake_calls(), 1);
	assert_int_equal(shim.sock, 9);
}

static void fifo_has_to_be_there(void **state)
{
	(void)state;
	BUILD_ADD(&build, GATE, gate, .kind = PLAN_GATE_FIFO, .fifo = PLAN_NONE, .fault = PLAN_NONE);
	assert_int_equal(fixture_run(&stage_gate), -EINVAL);
	assert_int_equal(fake_calls(), 0);
}

static void abort_does_not_start(void **state)
{
	struct message_head head = { MESSAGE_ABORT, 0 };

	(void)state;
	make(PLAN_GATE_FIFO);
	fake_message(&head, sizeof head, NULL, 0);
	assert_int_equal(fixture_run(&stage_gate), -ECANCELED);
	assert_int_equal(fake_count("read "), 0);
}

static void interrupted_read_goes_on(void **state)
{
	(void)state;
	make(PLAN_GATE_FIFO);
	go();
	fake_return("read", -EINTR);
	fake_bytes("read", "", 1);
	assert_int_equal(fixture_run(&stage_gate), 0);
}

static void end_of_file_is_no_start(void **state)
{
	(void)state;
	make(PLAN_GATE_FIFO);
	go();
	assert_int_equal(fixture_run(&stage_gate), -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fifo, fixture_start),
		cmocka_unit_test_setup(every_failure_is_told, fixture_start),
		cmocka_unit_test_setup(run_keeps_the_socket, fixture_start),
		cmocka_unit_test_setup(none_does_not_wait, fixture_start),
		cmocka_unit_test_setup(fifo_has_to_be_there, fixture_start),
		cmocka_unit_test_setup(abort_does_not_start, fixture_start),
		cmocka_unit_test_setup(interrupted_read_goes_on, fixture_start),
		cmocka_unit_test_setup(end_of_file_is_no_start, fixture_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
