/* What of a container's notifications goes on to the service manager, and in what order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "notify.h"

/* As a string: what is left of `text`. */
static const char *filtered(const char *text, size_t length, bool *ret_ready)
{
	static char buffer[NOTIFY_BYTES + 1];

	memcpy(buffer, text, length);
	buffer[notify_filter(buffer, length, ret_ready)] = 0;
	return buffer;
}

static void lines_of_the_container_pass(void **state)
{
	static const struct {
		const char *text, *left;
		bool ready;
	} cases[] = {
		{ "READY=1", "READY=1\n", true },
		{ "STATUS=a=b\nREADY=1\n", "STATUS=a=b\nREADY=1\n", true },
		{ "READY=0", "READY=0\n", false },
		{ "READY=11", "READY=11\n", false },
		{ "XREADY=1", "XREADY=1\n", false },
		{ "MAINPIDX=1", "MAINPIDX=1\n", false },
		{ "RELOADING=1\nMONOTONIC_USEC=4", "RELOADING=1\nMONOTONIC_USEC=4\n", false },
		{ "\n\n\nWATCHDOG=1\n\n", "WATCHDOG=1\n", false },
		{ "", "", false },
		{ "\n", "", false },
	};
	bool ready;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_string_equal(filtered(cases[i].text, strlen(cases[i].text), &ready), cases[i].left);
		assert_int_equal(ready, cases[i].ready);
	}
}

static void lines_of_the_host_do_not(void **state)
{
	static const char *const hosts[] = { "MAINPID=1",        "MAINPIDFD=1",       "MAINPIDFDID=1",
					     "NOTIFYACCESS=all", "FDSTORE=1",         "FDSTOREREMOVE=1",
					     "FDNAME=x",         "FDPOLL=0",          "BARRIER=1",
					     "no equals sign",   "STATUS\rMAINPID=1", "\rMAINPID=1" };
	char text[64];
	bool ready;

	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		assert_string_equal(filtered(hosts[i], strlen(hosts[i]), &ready), "");
		int length = snprintf(text, sizeof text, "A=1\r%s\nREADY=1", hosts[i]);
		assert_string_equal(filtered(text, (size_t)length, &ready), "A=1\nREADY=1\n");
		assert_true(ready);
	}
}

static void zero_bytes_only_at_the_end(void **state)
{
	bool ready;

	(void)state;
	assert_string_equal(filtered("READY=1\0\0", 9, &ready), "READY=1\n");
	assert_true(ready);
	assert_string_equal(filtered("A=1\0READY=1", 11, &ready), "");
	assert_false(ready);
}

static void the_longest_datagram_has_room(void **state)
{
	char text[NOTIFY_BYTES];
	bool ready;

	(void)state;
	memset(text, 'x', sizeof text);
	text[1] = '=';
	assert_int_equal(notify_filter(text, sizeof text - 1, &ready), sizeof text);
	assert_int_equal(text[sizeof text - 1], '\n');
}

static void say(int sock, const char *text)
{
	assert_int_equal(send(sock, text, strlen(text), 0), (ssize_t)strlen(text));
}

static void expect(int sock, const char *text)
{
	char got[NOTIFY_BYTES + 1];
	ssize_t length = recv(sock, got, sizeof got - 1, MSG_DONTWAIT);

	assert_true(length >= 0);
	got[length] = 0;
	assert_string_equal(got, text);
}

/* Pairs in the place of the two bound sockets. */
static void ready_pid_barrier_then_the_rest(void **state)
{
	struct globals globals = { 0 };
	struct notify notify;
	int inside[2], outside[2];

	(void)state;
	notify_init(&notify, &globals);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, inside), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, outside), 0);
	notify.bound = inside[0];
	notify.manager = outside[0];
	say(inside[1], "STATUS=before");
	say(inside[1], "READY=1\nMAINPID=1");
	say(inside[1], "READY=1");
	/* the process is dead; nobody takes the barrier's descriptor: it is closed with the datagram below */
	notify_side_work(&notify, 4711);
	notify_drain(&notify);
	expect(outside[1], "STATUS=before\n");
	expect(outside[1], "READY=1\n");
	expect(outside[1], "MAINPID=4711\n");
	expect(outside[1], "BARRIER=1\n");
	expect(outside[1], "READY=1\n");
	notify_until_ready(&notify, 4711, -1);
	assert_int_equal(notify.barrier, -1);
	notify_close(&notify);
	close(inside[1]);
	close(outside[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_the_container_pass),
		cmocka_unit_test(lines_of_the_host_do_not),
		cmocka_unit_test(zero_bytes_only_at_the_end),
		cmocka_unit_test(the_longest_datagram_has_room),
		cmocka_unit_test(ready_pid_barrier_then_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
