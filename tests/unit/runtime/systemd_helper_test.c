/* The exchange with ocirun-systemd: with made-up helpers that do what one must not, and with the real one
 * before a bus that is not there, does not answer, or hangs up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "arena.h"
#include "fd.h"
#include "systemd-helper/wire.h"
#include "systemd.h"

#include "scratch.h"

static void assert_within(int64_t begun, int milliseconds)
{
	assert_in_range(sys_clock_ms() - begun, 0, milliseconds);
}

static const char *script(struct arena *arena, const char *directory, const char *text)
{
	const char *path = arena_format(arena, "%s/helper", directory);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	fclose(file);
	assert_int_equal(chmod(path, 0700), 0);
	return path;
}

/* Who leaves with the request unread resets the socket, and its answer may be lost with it. */
#define READS "dd bs=16 count=1 >/dev/null 2>&1; "

static void test_false_helpers(void **state)
{
	char directory[64];
	struct arena arena = { 0 };
	char reply[WIRE_REPLY];

	(void)state;
	assert_non_null(scratch_make(directory));
	int64_t begun = sys_clock_ms();
	assert_int_equal(systemd_exchange("/nowhere/helper", "x", 2, 5000, reply), -EPIPE);
	assert_int_equal(systemd_exchange(script(&arena, directory, "exit 0"), "x", 2, 5000, reply), -EPIPE);
	assert_int_equal(systemd_exchange(script(&arena, directory, "kill -SEGV $$"), "x", 2, 5000, reply),
			 -EPIPE);
	assert_within(begun, 4000);
	begun = sys_clock_ms();
	assert_int_equal(systemd_exchange(script(&arena, directory, "exec sleep 100"), "x", 2, 200, reply),
			 -ETIMEDOUT);
	assert_within(begun, 5000);
	assert_int_equal(systemd_exchange(script(&arena, directory, READS "printf '0\\0done\\0' >&0"), "x", 2,
					  5000, reply),
			 7);
	assert_string_equal(reply + 2, "done");
	/* it gets no environment and no descriptor but its socket */
	int leak = open("/dev/null", O_RDONLY);
	assert_true(leak >= 0);
	const char *text = arena_format(
		&arena, READS "[ ! -e /proc/$$/fd/%d ] && [ -z \"$HOME$LEAK\" ] && echo clean >&0", leak);
	assert_int_equal(setenv("LEAK", "1", 1), 0);
	assert_int_equal(systemd_exchange(script(&arena, directory, text), "x", 2, 5000, reply), 6);
	assert_int_equal(unsetenv("LEAK"), 0);
	close(leak);
	scratch_remove(directory);
	arena_free(&arena);
}

/* ---- the real one ----------------------------------------------------------------------------------------
 */

/* Beside the directory of the tests: build/test/runtime/X_test, build/ocirun-systemd. NULL: built without. */
static const char *real_helper(struct arena *arena)
{
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	assert_true(length > 0);
	self[length] = 0;
	for (int level = 0; level < 3; level++)
		*strrchr(self, '/') = 0;
	const char *path = arena_format(arena, "%s/ocirun-systemd", self);
	return access(path, X_OK) == 0 ? path : NULL;
}

/* Strings up to NULL as one request; the reply's code, its text in `reply`. */
static int ask(const char *helper, char *reply, int milliseconds, ...)
{
	char request[4096];
	size_t length = 0;
	va_list words;
	const char *word;

	va_start(words, milliseconds);
	while ((word = va_arg(words, const char *))) {
		memcpy(request + length, word, strlen(word) + 1);
		length += strlen(word) + 1;
	}
	va_end(words);
	int r = systemd_exchange(helper, request, length, milliseconds, reply);
	if (r < 0)
		return r;
	assert_true(r > 2 && reply[r - 1] == 0);
	return atoi(reply);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 100), 0);
	return fd;
}

static void test_bad_requests(void **state)
{
	struct arena arena = { 0 };
	const char *helper = real_helper(&arena);
	char reply[WIRE_REPLY];

	(void)state;
	if (!helper)
		skip();
	assert_int_equal(ask(helper, reply, 5000, "0", NULL), EPROTO);
	assert_int_equal(ask(helper, reply, 5000, WIRE_VERSION, "sing", "100", "u", "0", "", NULL), EPROTO);
	assert_int_equal(ask(helper, reply, 5000, WIRE_VERSION, WIRE_STOP, "soon", "u", "0", "", NULL),
			 EPROTO);
	assert_int_equal(ask(helper, reply, 5000, WIRE_VERSION, WIRE_STOP, "1", "u", "0", "tcp:x", "", NULL),
			 EPROTO);
	assert_int_equal(ask(helper, reply, 5000, WIRE_VERSION, WIRE_SET, "1", "u", "0", "", "A", "0", NULL),
			 EPROTO);
	assert_int_equal(ask(helper, reply, 5000, WIRE_VERSION, WIRE_SET, "1", "u", "0", "", "A", "0",
			     "uint64", NULL),
			 EPROTO);
	arena_free(&arena);
}

static void test_no_bus(void **state)
{
	struct arena arena = { 0 };
	const char *helper = real_helper(&arena);
	char reply[WIRE_REPLY];

	(void)state;
	if (!helper)
		skip();
	int64_t begun = sys_clock_ms();
	assert_int_equal(ask(helper, reply, 5000, WIRE_VERSION, WIRE_MANAGER, "4000", "", "0",
			     "direct unix:path=/nowhere/a", "bus unix:path=/nowhere/b", "", NULL),
			 ENOENT);
	assert_non_null(strstr(reply + strlen(reply) + 1, "cannot reach systemd"));
	assert_within(begun, 3000);
	arena_free(&arena);
}

/* A daemon that takes connections and says nothing: the deadline ends it, in the helper itself. */
static void test_deaf_bus(void **state)
{
	struct arena arena = { 0 };
	const char *helper = real_helper(&arena);
	char directory[64], reply[WIRE_REPLY];

	(void)state;
	if (!helper)
		skip();
	const char *path = arena_format(&arena, "%s/bus", scratch_make(directory));
	int fd = listen_at(path);
	int64_t begun = sys_clock_ms();
	assert_int_equal(ask(helper, reply, 8000, WIRE_VERSION, WIRE_MANAGER, "300", "", "0",
			     arena_format(&arena, "bus unix:path=%s", path), "", NULL),
			 ETIMEDOUT);
	assert_within(begun, 4000);
	close(fd);
	scratch_remove(directory);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_false_helpers),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_no_bus),
		cmocka_unit_test(test_deaf_bus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
