/* Paths inside a root that does what it can to lead out of it. A directory of this process's own stands
 * for the host, one below it is the root. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "path.h"

static char host[] = "/tmp/path_test.XXXXXX"; /* for tests only: mkdtemp */
static int root = -1, outside = -1;

static int setup(void **state)
{
	(void)state;
	strcpy(host + strlen(host) - 6, "XXXXXX");
	umask(0);
	if (!mkdtemp(host))
		return -1;
	outside = open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);
	mkdirat(outside, "root", 0755);
	root = openat(outside, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	mkdirat(root, "etc", 0755);
	close(openat(root, "etc/file", O_CREAT | O_WRONLY, 0644));
	return root < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	close(root);
	close(outside);
	snprintf(command, sizeof command, "rm -rf %s", host);
	return system(command);
}

static void link_at(const char *target, const char *path)
{
	assert_int_equal(symlinkat(target, root, path), 0);
}

/* Same file? */
static void assert_is(int fd, const char *path)
{
	struct stat a, b;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(fstatat(root, path, &b, 0), 0);
	assert_true(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

/* Nothing but "root" stands on the host. */
static void assert_contained(void)
{
	static const char *const names[] = { "made", "etc", "x", "escaped", "a" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(faccessat(outside, names[i], F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

static void opens_inside(void **state)
{
	(void)state;
	assert_is(path_open(root, "etc/file", O_PATH), "etc/file");
	assert_is(path_open(root, "/etc/file", O_RDONLY), "etc/file");
	assert_is(path_open(root, "/../../etc/../etc/file", O_PATH), "etc/file");
	assert_is(path_open(root, "/", O_PATH), ".");
	assert_is(path_open(root, "", O_PATH), ".");
	assert_int_equal(path_open(root, "/none", O_PATH), -ENOENT);
}

static void makes_directories(void **state)
{
	struct stat st;

	(void)state;
	assert_is(path_make_directory(root, "/made/b/c/", 0711), "made/b/c");
	assert_is(path_make_directory(root, "made/b/c", 0700), "made/b/c");
	assert_int_equal(fstatat(root, "made/b", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0711);
	assert_is(path_make_directory(root, "/../../made/b/../d", 0755), "made/d");
	assert_is(path_make_directory(root, "/made/new/../other", 0755), "made/other");
	assert_is(path_make_directory(root, "/", 0755), ".");
	assert_int_equal(path_make_directory(root, "/etc/file", 0755), -ENOTDIR);
	assert_int_equal(path_make_directory(root, "/etc/file/x", 0755), -ENOTDIR);
	assert_contained();
}

static void follows_links_inside(void **state)
{
	(void)state;
	link_at("/", "top");
	link_at("../../../..", "up");
	link_at("/etc", "abs");
	assert_is(path_make_directory(root, "top/x", 0755), "x");
	assert_is(path_make_directory(root, "up/made/b", 0755), "made/b");
	assert_is(path_make_directory(root, "abs/sub/d", 0755), "etc/sub/d");
	assert_contained();
}

static void dangling_links(void **state)
{
	(void)state;
	link_at("/escaped/dir", "dangle");
	link_at("../../../escaped2", "etc/dangle");
	link_at("dangle", "twice");
	assert_is(path_make_directory(root, "/twice/a/b", 0755), "escaped/dir/a/b");
	assert_is(path_make_directory(root, "/etc/dangle/q", 0755), "escaped2/q");
	link_at("/escaped3/file", "dfile");
	assert_is(path_make_file(root, "/dfile", 0600), "escaped3/file");
	link_at("../x/y", "etc/dfile2");
	assert_is(path_make_file(root, "etc/dfile2", 0600), "x/y");
	assert_contained();
}

static void loops_and_magic(void **state)
{
	(void)state;
	link_at("loop2", "loop");
	link_at("loop", "loop2");
	link_at("grow/grow", "grow");
	assert_int_equal(path_make_directory(root, "loop/x", 0755), -ELOOP);
	assert_int_equal(path_make_file(root, "loop", 0644), -ELOOP);
	assert_true(path_make_directory(root, "grow/x", 0755) < 0);
	/* a magic link of a procfs inside the "root" that is the host's own "/" */
	FD_AUTO top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(path_open(top, "/proc/self/exe", O_PATH), -ELOOP);
	assert_int_equal(path_make_file(top, "/proc/self/root/x", 0644), -ELOOP);
	assert_int_equal(path_make_directory(top, "/proc/self/cwd/x", 0755), -ELOOP);
}

static void makes_files(void **state)
{
	struct stat st;

	(void)state;
	assert_is(path_make_file(root, "/a/b/c", 0640), "a/b/c");
	assert_int_equal(fstatat(root, "a/b/c", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(path_make_file(root, "/etc", 0644), -EISDIR);
	assert_int_equal(path_make_file(root, "/", 0644), -EISDIR);
	assert_int_equal(path_make_file(root, "/a/new/", 0644), -EISDIR);
	assert_int_equal(path_make_file(root, "/etc/file/x", 0644), -ENOTDIR);
	mkfifoat(root, "fifo", 0600);
	assert_is(path_make_file(root, "fifo", 0644), "fifo");
	assert_contained();
}

/* CVE-2024-45310: somebody exchanges a directory for a link that leads out, all the time. Each call makes
 * its directory inside, or fails; nothing ever appears outside. */
static void racing_attacker(void **state)
{
	unsigned made = 0;
	pid_t attacker;

	(void)state;
	assert_int_equal(mkdirat(root, "race", 0755), 0);
	link_at("../..", "link");
	attacker = fork();
	if (attacker == 0)
		for (;;)
			sys_renameat2(root, "race", root, "link", 2 /* RENAME_EXCHANGE */);
	for (int i = 0; i < 400; i++) {
		char path[64];
		int fd;

		snprintf(path, sizeof path, "race/a/%d/%c", i, 'x');
		fd = i % 2 ? path_make_directory(root, path, 0755) : path_make_file(root, path, 0644);
		made += fd >= 0;
		if (fd >= 0)
			close(fd);
	}
	kill(attacker, SIGKILL);
	waitpid(attacker, NULL, 0);
	assert_contained();
	assert_true(made > 0);
}

static void parents(void **state)
{
	const char *name = NULL, *path = "/etc/name";

	(void)state;
	assert_is(path_parent(root, path, &name), "etc");
	assert_ptr_equal(name, path + 5);
	assert_is(path_parent(root, "name", &name), ".");
	assert_string_equal(name, "name");
	assert_is(path_make_parent(root, "/p/q/r", 0755, &name), "p/q");
	assert_string_equal(name, "r");
	name = path;
	assert_int_equal(path_parent(root, "/", &name), -EINVAL);
	assert_int_equal(path_parent(root, "", &name), -EINVAL);
	assert_int_equal(path_parent(root, "/a/..", &name), -EINVAL);
	assert_int_equal(path_parent(root, "a/.", &name), -EINVAL);
	assert_int_equal(path_parent(root, "/none/x", &name), -ENOENT);
	assert_ptr_equal(name, path);
}

static void long_paths(void **state)
{
	char deep[4200];

	(void)state;
	/* 4095 bytes: 2047 directories, every prefix looked up from the root */
	for (int i = 0; i < 4094; i += 2)
		memcpy(deep + i, "/d", 2);
	deep[4094] = '/';
	deep[4095] = 0;
	{
		FD_AUTO fd = path_make_directory(root, deep, 0755);
		assert_true(fd >= 0);
	}
	memset(deep, 'n', 300);
	deep[300] = 0;
	assert_int_equal(path_make_directory(root, deep, 0755), -ENAMETOOLONG);
	assert_int_equal(path_make_file(root, deep, 0644), -ENAMETOOLONG);
	memset(deep, '/', 4199);
	deep[4199] = 0;
	assert_int_equal(path_make_directory(root, deep, 0755), -ENAMETOOLONG);
}

static void fd_text(void **state)
{
	char text[PATH_FD_TEXT];

	(void)state;
	assert_string_equal(path_of_fd(text, 2147483647), "/proc/self/fd/2147483647");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(opens_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(makes_directories, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_links_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(dangling_links, setup, teardown),
		cmocka_unit_test_setup_teardown(loops_and_magic, setup, teardown),
		cmocka_unit_test_setup_teardown(makes_files, setup, teardown),
		cmocka_unit_test_setup_teardown(racing_attacker, setup, teardown),
		cmocka_unit_test_setup_teardown(parents, setup, teardown),
		cmocka_unit_test_setup_teardown(long_paths, setup, teardown),
		cmocka_unit_test(fd_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
