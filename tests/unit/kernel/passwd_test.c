/* Hostile /etc/passwd files. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "passwd.h"

static char dir[] = "/tmp/passwd_test.XXXXXX";
static int root = -1;

static int setup(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return mkdirat(root, "etc", 0755);
}

static int teardown(void **state)
{
	(void)state;
	unlinkat(root, "etc/passwd", 0);
	unlinkat(root, "etc/real", 0);
	unlinkat(root, "etc", AT_REMOVEDIR);
	close(root);
	return rmdir(dir);
}

static void put(const char *text, size_t length)
{
	int fd = openat(root, "etc/passwd", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	close(fd);
}

static void assert_home(uint32_t uid, const char *want)
{
	char home[16];

	passwd_home(root, uid, home, sizeof home);
	assert_string_equal(home, want);
}

static void finds(void **state)
{
	static const char text[] = "root:x:0:0:root:/root:/bin/sh\n\n# words\nbad\n"
				   "a:x:7:7::/home/a:/bin/sh\nb:x:7:7::/home/b:\n"
				   "long:x:8:8::/sixteen/bytes/x:\nfits:x:9:9::/fifteen/bytes:\n"
				   "rel:x:10:10::home:\nempty:x:11:11:::\nshort:x:12:12:/home\n"
				   "neg:x:-1:0::/neg:\nhex:x:0x20:0::/hex:\nbig:x:4294967309:0::/big:\n"
				   "max:x:4294967294:0::/max:\nlast:x:14:14::/last";

	(void)state;
	put(text, sizeof text - 1);
	assert_home(0, "/root");
	assert_home(7, "/home/a"); /* the first one */
	assert_home(8, "/");       /* 16 bytes do not fit with their NUL */
	assert_home(9, "/fifteen/bytes");
	assert_home(10, "/");
	assert_home(11, "/");
	assert_home(12, "/");
	assert_home(13, "/"); /* 4294967309 - 2^32 */
	assert_home(32, "/");
	assert_home(UINT32_MAX, "/");
	assert_home(4294967294u, "/max");
	assert_home(14, "/last");
}

static void odd_bytes(void **state)
{
	static const char text[] = "a\0b:x:5:5::/h\0me:/bin/sh\nc:x:6:6::/c\n";

	(void)state;
	put(text, sizeof text - 1);
	assert_home(5, "/");
	assert_home(6, "/c");
	put("", 0);
	assert_home(0, "/");
}

/* A line over many pieces; an end that never comes is cut at 1 MiB. */
static void large(void **state)
{
	size_t size = 3 << 20;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', size);
	memcpy(text + 100000, "\nu:x:5:5::/u:\n", 14);
	memcpy(text + (2 << 20), "\nv:x:6:6::/v:\n", 14);
	put(text, size);
	free(text);
	assert_home(5, "/u");
	assert_home(6, "/");
}

static void other_files(void **state)
{
	int fd;

	(void)state;
	assert_home(0, "/"); /* none */
	mkfifoat(root, "etc/passwd", 0644);
	assert_home(0, "/"); /* does not block */
	unlinkat(root, "etc/passwd", 0);
	fd = openat(root, "etc/real", O_CREAT | O_WRONLY, 0644);
	assert_int_equal(write(fd, "r:x:0:0::/r:\n", 13), 13);
	close(fd);
	assert_int_equal(symlinkat("real", root, "etc/passwd"), 0);
	assert_home(0, "/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(large, setup, teardown),
		cmocka_unit_test_setup_teardown(other_files, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
