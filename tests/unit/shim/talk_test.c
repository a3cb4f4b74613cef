/* The conversation: what may be said when, what answers end it, and the last word. */
#include "stage_fixture.h"

static void answer(uint32_t type, uint32_t length, size_t size)
{
	struct {
		struct message_head head;
		char more[8];
	} message = { { type, length }, "" };

	fake_message(&message, size, NULL, 0);
}

static int tell(enum message_type type, int fd)
{
	return shim.talk->tell(&shim, type, type == MESSAGE_FAULT ? (const void *)&fault : NULL, fd, &fault);
}

static void a_message_is_one_datagram(void **state)
{
	(void)state;
	assert_int_equal(tell(MESSAGE_READY, -1), 0);
	assert_int_equal(fake_count("sendmsg 9 type=7 bytes=8 fds=0"), 1);
	assert_int_equal(fake_calls(), 1);
}

static void a_descriptor_goes_along(void **state)
{
	(void)state;
	assert_int_equal(tell(MESSAGE_FORKED, 50), 0);
	assert_int_equal(fake_count("type=3 bytes=8 fds=1"), 1);
	assert_int_equal(fake_count("close"), 0); /* it stays the caller's */
}

static void refuse_tell(enum message_type type, int fd)
{
	memset(&fault, 0, sizeof fault);
	assert_int_equal(tell(type, fd), -EPROTO);
	assert_int_equal(fault.op, FAULT_SEND);
}

static void messages_of_the_other_side(void **state)
{
	(void)state;
	refuse_tell(MESSAGE_PLAN, 50);
	refuse_tell(MESSAGE_DONE, -1);
	refuse_tell(MESSAGE_GO, -1);
	refuse_tell(MESSAGE_ABORT, -1);
	assert_int_equal(fake_calls(), 0);
}

static void wrong_number_of_descriptors(void **state)
{
	(void)state;
	refuse_tell(MESSAGE_LISTENER, -1);
	refuse_tell(MESSAGE_FORKED, -1);
	refuse_tell(MESSAGE_IDMAP, -1);
	refuse_tell(MESSAGE_MAP, 50);
	refuse_tell(MESSAGE_HOST, 50);
}

static void order_of_messages(void **state)
{
	(void)state;
	assert_int_equal(tell(MESSAGE_MAP, -1), 0);
	refuse_tell(MESSAGE_MAP, -1);
	assert_int_equal(tell(MESSAGE_FORKED, 50), 0);
	refuse_tell(MESSAGE_FORKED, 50);
	refuse_tell(MESSAGE_MAP, -1);
	assert_int_equal(tell(MESSAGE_IDMAP, 50), 0);
	assert_int_equal(tell(MESSAGE_IDMAP, 50), 0); /* one for each mount */
	assert_int_equal(tell(MESSAGE_HOST, -1), 0);
	refuse_tell(MESSAGE_IDMAP, 50);
	refuse_tell(MESSAGE_HOST, -1);
	assert_int_equal(tell(MESSAGE_LISTENER, 50), 0);
	refuse_tell(MESSAGE_LISTENER, 50);
	refuse_tell(MESSAGE_HOST, -1);
	assert_int_equal(tell(MESSAGE_READY, -1), 0);
	refuse_tell(MESSAGE_READY, -1);
	refuse_tell(MESSAGE_LISTENER, 50);
	assert_int_equal(tell(MESSAGE_FAULT, -1), 0); /* any time, once */
	refuse_tell(MESSAGE_FAULT, -1);
}

static void ask_waits_for_done(void **state)
{
	(void)state;
	answer(MESSAGE_DONE, 0, 8);
	assert_int_equal(shim.talk->ask(&shim, MESSAGE_MAP, -1, &fault), 0);
	assert_int_equal(fake_count("recvmsg"), 1);
}

static void ask_only_what_is_answered(void **state)
{
	(void)state;
	assert_int_equal(shim.talk->ask(&shim, MESSAGE_READY, -1, &fault), -EPROTO);
	assert_int_equal(fake_calls(), 0);
}

static void bad_answer(uint32_t type, uint32_t length, size_t size, int error)
{
	fixture_start(NULL);
	answer(type, length, size);
	assert_int_equal(talk_wait(&shim, MESSAGE_GO, &fault), -error);
	assert_int_equal(fault.op, FAULT_RECEIVE);
}

static void answers_that_end_it(void **state)
{
	(void)state;
	bad_answer(MESSAGE_ABORT, 0, 8, ECANCELED);
	bad_answer(MESSAGE_DONE, 0, 8, EPROTO);
	bad_answer(MESSAGE_READY, 0, 8, EPROTO);
	bad_answer(MESSAGE_COUNT, 0, 8, EPROTO);
	bad_answer(0xffffffff, 0, 8, EPROTO);
	bad_answer(MESSAGE_GO, 8, 8, EBADMSG);
	bad_answer(MESSAGE_GO, 0, 4, EBADMSG);
}

static void descriptor_that_nobody_wants(void **state)
{
	struct message_head head = { MESSAGE_GO, 0 };
	int fd = 60;

	(void)state;
	fake_message(&head, sizeof head, &fd, 1);
	assert_int_equal(talk_wait(&shim, MESSAGE_GO, &fault), -EBADMSG);
}

static void interrupted_wait_goes_on(void **state)
{
	(void)state;
	fake_return("recvmsg", -EINTR);
	answer(MESSAGE_GO, 0, 8);
	assert_int_equal(talk_wait(&shim, MESSAGE_GO, &fault), 0);
}

/* Whoever is alone ends at once, without a word. */
#define ASSERT_EXITS(statement)                   \
	do {                                      \
		jmp_buf where;                    \
		fake_exit_to(&where);             \
		int status = setjmp(where);       \
		if (status == 0) {                \
			statement;                \
			fail_msg("did not exit"); \
		}                                 \
		assert_int_equal(status - 1, 1);  \
		fake_exit_to(NULL);               \
	} while (0)

static void end_of_file_ends_it(void **state)
{
	(void)state;
	ASSERT_EXITS(talk_wait(&shim, MESSAGE_GO, &fault));
	assert_int_equal(fake_count("sendmsg"), 0);
}

static void broken_pipe_ends_it(void **state)
{
	(void)state;
	fake_return("sendmsg", -EPIPE);
	ASSERT_EXITS(tell(MESSAGE_READY, -1));
}

static void full_socket_is_a_fault(void **state)
{
	(void)state;
	fake_return("sendmsg", -EAGAIN);
	assert_int_equal(tell(MESSAGE_READY, -1), -EAGAIN);
	assert_string_equal(fault.object, "ready");
}

static void last_word_through_the_socket(void **state)
{
	(void)state;
	fault_set(&fault, FAULT_MOUNT, EPERM, "x");
	ASSERT_EXITS(talk_last(&shim, &fault));
	assert_int_equal(fake_count("type=10 bytes=3616 fds=0"), 1);
}

static void last_word_behind_the_gate(void **state)
{
	static struct fault page;

	(void)state;
	shim.page = &page;
	shim.sock = -1;
	fault_set(&fault, FAULT_EXEC, ENOENT, "/x");
	fault.record = 7;
	ASSERT_EXITS(talk_last(&shim, &fault));
	assert_int_equal(fake_calls(), 0); /* a filter may forbid all */
	assert_int_equal(page.set, 1);
	assert_int_equal(page.record, 7);
	assert_string_equal(page.object, "/x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_message_is_one_datagram, fixture_start),
		cmocka_unit_test_setup(a_descriptor_goes_along, fixture_start),
		cmocka_unit_test_setup(messages_of_the_other_side, fixture_start),
		cmocka_unit_test_setup(wrong_number_of_descriptors, fixture_start),
		cmocka_unit_test_setup(order_of_messages, fixture_start),
		cmocka_unit_test_setup(ask_waits_for_done, fixture_start),
		cmocka_unit_test_setup(ask_only_what_is_answered, fixture_start),
		cmocka_unit_test_setup(answers_that_end_it, fixture_start),
		cmocka_unit_test_setup(descriptor_that_nobody_wants, fixture_start),
		cmocka_unit_test_setup(interrupted_wait_goes_on, fixture_start),
		cmocka_unit_test_setup(end_of_file_ends_it, fixture_start),
		cmocka_unit_test_setup(broken_pipe_ends_it, fixture_start),
		cmocka_unit_test_setup(full_socket_is_a_fault, fixture_start),
		cmocka_unit_test_setup(last_word_through_the_socket, fixture_start),
		cmocka_unit_test_setup(last_word_behind_the_gate, fixture_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
