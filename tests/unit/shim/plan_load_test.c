/* How the plan comes into the shim: what is refused before one byte of it is looked at. */
#include "plan_load.h"

#include "stage_fixture.h"

#define SEALED (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static struct plan loaded;

/* One datagram PLAN with `count` descriptors from 40, the plan's memfd first. */
static void message(uint32_t type, uint32_t length, unsigned count)
{
	struct message_head head = { type, length };
	int fds[PLAN_MAX_SLOTS + 2];

	for (unsigned i = 0; i < count; i++)
		fds[i] = (int)(40 + i);
	fake_message(&head, sizeof head, fds, count);
}

static void refuse(enum fault_op op, int error)
{
	assert_int_equal(plan_load(&shim, &loaded, &fault), -error);
	assert_int_equal(fault.op, op);
	assert_null(shim.plan);
	assert_int_equal(fake_count("mmap"), 0);
}

static void wrong_messages(void **state)
{
	static const struct {
		uint32_t type, length;
		unsigned count;
	} bad[] = { { MESSAGE_GO, 0, 1 },
		    { MESSAGE_PLAN, 8, 1 },
		    { MESSAGE_PLAN, 0, 0 },
		    { MESSAGE_PLAN, 0, PLAN_MAX_SLOTS + 2 } };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		fixture_start(state);
		message(bad[i].type, bad[i].length, bad[i].count);
		refuse(FAULT_RECEIVE, EBADMSG);
	}
}

/* Whoever holds it could change the plan behind the verifier. */
static void every_seal_is_needed(void **state)
{
	static const int seals[] = { F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE };

	for (size_t i = 0; i < sizeof seals / sizeof *seals; i++) {
		fixture_start(state);
		message(MESSAGE_PLAN, 0, 1);
		fake_return("fcntl", SEALED & ~seals[i]);
		refuse(FAULT_VERIFY, EPERM);
		assert_int_equal(fake_open_fds(), 0);
	}
}

static void no_memfd(void **state)
{
	(void)state;
	message(MESSAGE_PLAN, 0, 1);
	fake_return("fcntl", -EINVAL);
	refuse(FAULT_VERIFY, EINVAL);
}

static void empty_memfd(void **state)
{
	(void)state;
	message(MESSAGE_PLAN, 0, 1);
	fake_return("fcntl", SEALED);
	refuse(FAULT_READ, EFBIG);
}

/* The creator died before it had sent the plan. */
static void end_of_file_ends_it(void **state)
{
	jmp_buf where;
	int status;

	(void)state;
	fake_exit_to(&where);
	status = setjmp(where);
	if (status == 0) {
		plan_load(&shim, &loaded, &fault);
		fail_msg("did not exit");
	}
	assert_int_equal(status - 1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_messages),
		cmocka_unit_test(every_seal_is_needed),
		cmocka_unit_test_setup(no_memfd, fixture_start),
		cmocka_unit_test_setup(empty_memfd, fixture_start),
		cmocka_unit_test_setup(end_of_file_ends_it, fixture_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
