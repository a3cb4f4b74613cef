/* The pid file: digits, no newline, never half there (CRE-06, CRE-07). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "pidfile.h"

struct place {
	char path[64];
	int dir;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	strcpy(place->path, "/tmp/pidfile-test-XXXXXX");
	if (!mkdtemp(place->path))
		return -1;
	place->dir = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = place;
	return place->dir < 0 ? -1 : 0;
}

static int count_and_remove(const struct place *place)
{
	DIR *list = opendir(place->path);
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(list))) {
		if (entry->d_name[0] == '.' && (!entry->d_name[1] || entry->d_name[1] == '.'))
			continue;
		unlinkat(place->dir, entry->d_name, 0);
		count++;
	}
	closedir(list);
	return count;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	count_and_remove(place);
	close(place->dir);
	rmdir(place->path);
	free(place);
	return 0;
}

static void check_content(const struct place *place, const char *name, const char *expected)
{
	char text[64] = "";
	FD_AUTO fd = openat(place->dir, name, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof text - 1) >= 0);
	assert_string_equal(text, expected);
}

static void holds_digits_alone(void **state)
{
	struct place *place = *state;
	struct error error = { 0 };

	assert_int_equal(pidfile_write(place->dir, "init.pid", 4194303, &error), 0);
	check_content(place, "init.pid", "4194303");
	assert_int_equal(count_and_remove(place), 1);
}

static void takes_an_absolute_path_and_replaces(void **state)
{
	struct place *place = *state;
	struct error error = { 0 };
	char path[128];

	snprintf(path, sizeof path, "%s/pid", place->path);
	assert_int_equal(pidfile_write(AT_FDCWD, path, 123456, &error), 0);
	assert_int_equal(pidfile_write(AT_FDCWD, path, 7, &error), 0);
	check_content(place, "pid", "7");
	assert_int_equal(count_and_remove(place), 1);
}

/* What a crashed runtime left under the temporary name must not be in the way. */
static void a_stale_temporary_does_not_matter(void **state)
{
	struct place *place = *state;
	struct error error = { 0 };
	char name[64];

	snprintf(name, sizeof name, ".pid.%d.0", getpid());
	close(openat(place->dir, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(pidfile_write(place->dir, "pid", 8, &error), 0);
	check_content(place, "pid", "8");
}

static void leaves_nothing_on_failure(void **state)
{
	struct place *place = *state;
	struct error error = { 0 };

	assert_int_equal(mkdirat(place->dir, "pid", 0700), 0);
	assert_true(pidfile_write(place->dir, "pid", 8, &error) < 0);
	assert_non_null(strstr(error.text, "cannot write pid file pid"));
	assert_int_equal(unlinkat(place->dir, "pid", AT_REMOVEDIR), 0);
	assert_int_equal(count_and_remove(place), 0);

	struct error missing = { 0 };
	assert_int_equal(pidfile_write(place->dir, "no/such/pid", 8, &missing), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(holds_digits_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_an_absolute_path_and_replaces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stale_temporary_does_not_matter, set_up, tear_down),
		cmocka_unit_test_setup_teardown(leaves_nothing_on_failure, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
