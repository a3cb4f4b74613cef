/* The relay between two terminals that the test makes itself: "container" is the one that a shim would have
 * made, "person" the one that standard input and output are. No process takes part: each step of the wait is
 * made by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "console_relay.h"
#include "fd.h"

struct pair {
	int master, slave;
};

static struct pair container, person;
static struct console_relay relay;
static struct side_work work;

static struct pair new_pair(void)
{
	struct pair pair = { .master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC) };

	assert_true(pair.master >= 0);
	assert_int_equal(unlockpt(pair.master), 0);
	pair.slave = open(ptsname(pair.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(pair.slave >= 0);
	fcntl(pair.master, F_SETFL, O_RDWR | O_NONBLOCK);
	return pair;
}

static void make_raw(int fd)
{
	struct termios modes;

	tcgetattr(fd, &modes);
	cfmakeraw(&modes);
	tcsetattr(fd, TCSANOW, &modes);
}

static int start(void **state)
{
	(void)state;
	container = new_pair();
	person = new_pair();
	fcntl(container.slave, F_SETFL, O_RDWR | O_NONBLOCK);
	return 0;
}

static int end(void **state)
{
	(void)state;
	close(container.slave);
	close(person.master);
	close(person.slave);
	return 0;
}

/* The master of the container becomes the relay's. */
static void open_relay(int input, int output)
{
	relay_open(&relay, container.master, input, output);
	work = relay_side_work(&relay);
}

/* One round of signals_wait; false when nothing happens within `patience` ms. */
static bool round_of(int patience)
{
	struct pollfd ends[SIDE_ENDS];
	unsigned count = work.watch(work.context, ends);

	if (poll(ends, count, patience) <= 0)
		return false;
	work.serve(work.context, ends);
	return true;
}

static void settle(void)
{
	while (round_of(50))
		;
}

static void assert_read(int fd, const char *expected)
{
	char bytes[256] = { 0 };
	size_t length = 0;

	for (int i = 0; i < 100 && length < strlen(expected); i++) {
		ssize_t n = read(fd, bytes + length, sizeof bytes - 1 - length);

		round_of(10);
		length += n > 0 ? (size_t)n : 0;
	}
	assert_string_equal(bytes, expected);
}

static void both_ways_and_modes_come_back(void **state)
{
	struct termios before, during, after;

	(void)state;
	make_raw(container.slave);
	tcgetattr(person.slave, &before);
	open_relay(person.slave, person.slave);
	tcgetattr(person.slave, &during);
	assert_false(during.c_lflag & (ICANON | ECHO | ISIG | IEXTEN));
	assert_int_equal(during.c_oflag, before.c_oflag);
	/* not non-blocking for whoever shares it */
	assert_false(fcntl(person.slave, F_GETFL) & O_NONBLOCK);
	assert_int_equal(write(person.master, "\003keys\n", 6), 6);
	assert_read(container.slave, "\003keys\n");
	assert_int_equal(write(container.slave, "out\n", 4), 4);
	assert_read(person.master, "out\r\n");
	relay_close(&relay, -1);
	tcgetattr(person.slave, &after);
	assert_int_equal(before.c_lflag, after.c_lflag);
	assert_int_equal(before.c_iflag, after.c_iflag);
	assert_int_equal(before.c_oflag, after.c_oflag);
	assert_int_equal(before.c_cflag, after.c_cflag);
	assert_memory_equal(before.c_cc, after.c_cc, sizeof before.c_cc);
}

static void what_is_left_at_the_end_is_written(void **state)
{
	char bytes[4096];
	size_t length = 0;

	(void)state;
	make_raw(container.slave);
	make_raw(person.slave);
	open_relay(person.slave, person.slave);
	memset(bytes, 'x', 3000);
	assert_int_equal(write(container.slave, bytes, 3000), 3000);
	relay_close(&relay, -1);
	for (ssize_t n; (n = read(person.master, bytes, sizeof bytes)) > 0;)
		length += (size_t)n;
	assert_int_equal(length, 3000);
}

/* Nothing blocks, and no more than a buffer is taken from who writes. */
static void a_reader_that_waits_stops_the_writer_alone(void **state)
{
	char bytes[4096];
	int ends[2];
	size_t written = 0, got = 0;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	make_raw(container.slave);
	open_relay(person.slave, ends[1]);
	memset(bytes, 'y', sizeof bytes);
	for (int idle = 0; idle < 3;) {
		ssize_t n = write(container.slave, bytes, sizeof bytes);

		written += n > 0 ? (size_t)n : 0;
		idle = round_of(20) || n > 0 ? 0 : idle + 1;
	}
	assert_true(written > 65536 && written < 1048576);
	/* keys go on meanwhile */
	assert_int_equal(write(person.master, "key", 3), 3);
	settle();
	assert_int_equal(read(container.slave, bytes, sizeof bytes), 3);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	for (int idle = 0; idle < 3;) {
		ssize_t n = read(ends[0], bytes, sizeof bytes);

		got += n > 0 ? (size_t)n : 0;
		idle = round_of(20) || n > 0 ? 0 : idle + 1;
	}
	assert_int_equal(got, written);
	relay_close(&relay, -1);
	close(ends[0]);
	close(ends[1]);
}

static void a_pipe_that_ends_is_an_end_of_input(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	open_relay(ends[0], person.slave);
	assert_int_equal(write(ends[1], "one\ntwo", 7), 7);
	close(ends[1]);
	close(ends[0]);
	settle();
	assert_read(container.slave, "one\n");
	char bytes[16];
	assert_int_equal(read(container.slave, bytes, sizeof bytes), 3);
	assert_int_equal(read(container.slave, bytes, sizeof bytes), 0);
	relay_close(&relay, -1);
}

static void a_raw_program_gets_no_key_for_the_end(void **state)
{
	int ends[2], waiting = -1;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	make_raw(container.slave);
	open_relay(ends[0], person.slave);
	close(ends[1]);
	close(ends[0]);
	settle();
	assert_int_equal(ioctl(container.slave, FIONREAD, &waiting), 0);
	assert_int_equal(waiting, 0);
	relay_close(&relay, -1);
}

static void hangs_up_when_nobody_reads_any_more(void **state)
{
	int ends[2];
	struct pollfd hung_up = { container.slave, POLLIN, 0 };

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	open_relay(person.slave, ends[1]);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(write(container.slave, "x\n", 2), 2);
	settle();
	assert_int_equal(poll(&hung_up, 1, 1000), 1);
	assert_true(hung_up.revents & POLLHUP);
	assert_int_equal(relay.master, -1);
	assert_false(round_of(10)); /* and does not turn in circles */
	relay_close(&relay, -1);
}

/* A program may close its terminal and open it again: agetty does, systemd too. */
static void outlives_a_slave_that_is_closed_for_a_while(void **state)
{
	char name[64];

	(void)state;
	assert_int_equal(ptsname_r(container.master, name, sizeof name), 0);
	make_raw(container.slave);
	open_relay(person.slave, person.slave);
	close(container.slave);
	settle();
	container.slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(container.slave >= 0);
	assert_int_equal(write(container.slave, "again", 5), 5);
	assert_read(person.master, "again");
	relay_close(&relay, -1);
}

static void sockets_are_not_made_non_blocking(void **state)
{
	int ends[2];
	char bytes[16] = { 0 };

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	make_raw(container.slave);
	open_relay(ends[0], ends[0]);
	assert_false(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
	assert_int_equal(write(ends[1], "in", 2), 2);
	assert_read(container.slave, "in");
	assert_int_equal(write(container.slave, "out", 3), 3);
	settle();
	assert_int_equal(read(ends[1], bytes, sizeof bytes), 3);
	relay_close(&relay, -1);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_ways_and_modes_come_back, start, end),
		cmocka_unit_test_setup_teardown(what_is_left_at_the_end_is_written, start, end),
		cmocka_unit_test_setup_teardown(a_reader_that_waits_stops_the_writer_alone, start, end),
		cmocka_unit_test_setup_teardown(a_pipe_that_ends_is_an_end_of_input, start, end),
		cmocka_unit_test_setup_teardown(a_raw_program_gets_no_key_for_the_end, start, end),
		cmocka_unit_test_setup_teardown(hangs_up_when_nobody_reads_any_more, start, end),
		cmocka_unit_test_setup_teardown(outlives_a_slave_that_is_closed_for_a_while, start, end),
		cmocka_unit_test_setup_teardown(sockets_are_not_made_non_blocking, start, end),
	};

	signal(SIGPIPE, SIG_IGN); /* signals_open has it blocked */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
