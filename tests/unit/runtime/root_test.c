/* Ids, --root, opening and locking. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>

#include <cmocka.h>

#include "container/root.h"
#include "scratch.h"

static char path[64];
static int root = -1;
static struct arena arena;

static int setup(void **state)
{
	(void)state;
	if (!scratch_make(path))
		return -1;
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	close(root);
	scratch_remove(path);
	arena_free(&arena);
	return 0;
}

static void ids(void **state)
{
	static const char *const good[] = { "a", "web-1", "A_b+c.d", "..a", ".a", "0" };
	static const char *const bad[] = { ".", "..", "a/b", "a b", "@gone", "caf\xc3\xa9", "a\n", "/" };
	struct error error = { 0 };
	char name[300];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(id_check(good[i], &error), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		memset(&error, 0, sizeof error);
		assert_int_equal(id_check(bad[i], &error), -EINVAL);
		assert_non_null(strstr(error.text, "invalid container ID format"));
	}
	memset(&error, 0, sizeof error);
	assert_int_equal(id_check("", &error), -EINVAL);
	assert_string_equal(error.text, "container id cannot be empty");
	memset(name, 'a', sizeof name);
	name[255] = 0;
	assert_int_equal(id_check(name, &error), 0);
	name[255] = 'a';
	name[256] = 0;
	assert_int_equal(id_check(name, &error), -EINVAL);
}

static void roots_are_absolute_and_clean(void **state)
{
	static const struct {
		const char *option, *wanted;
	} cases[] = {
		{ "/a/b", "/a/b" },     { "//a/./b/", "/a/b" },
		{ "/a/../../b", "/b" }, { "/a/b/..", "/a" },
		{ "/..", NULL },        { "/", NULL },
		{ "/a/..", NULL },      { "../../../../../../../../..", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error error = { 0 };
		const char *got = NULL;
		int r = root_path(&arena, cases[i].option, &got, &error);

		if (cases[i].wanted) {
			assert_int_equal(r, 0);
			assert_string_equal(got, cases[i].wanted);
		} else {
			assert_int_equal(r, -EINVAL);
			assert_string_equal(error.text, "Option --root argument should not be set to /");
		}
	}
}

static void relative_roots_begin_here(void **state)
{
	struct error error = { 0 };
	char here[4096], wanted[4200];
	const char *got;

	(void)state;
	assert_non_null(getcwd(here, sizeof here));
	snprintf(wanted, sizeof wanted, "%s/x", here);
	assert_int_equal(root_path(&arena, "./y/../x", &got, &error), 0);
	assert_string_equal(got, wanted);
}

static void made_private(void **state)
{
	struct error error = { 0 };
	struct stat about;
	char deep[100];

	(void)state;
	snprintf(deep, sizeof deep, "%s/p/q", path);
	assert_int_equal(root_open(deep, false, false, &error), -ENOENT);
	memset(&error, 0, sizeof error);
	int fd = root_open(deep, true, false, &error);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &about), 0);
	assert_int_equal(about.st_mode & 07777, 0700);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
}

static int make(const char *id, bool whole)
{
	assert_int_equal(mkdirat(root, id, 0711), 0);
	int dir = openat(root, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	char text[64];

	snprintf(text, sizeof text, "{\"id\":\"%s\"}", id);
	scratch_write(dir, "config.json", "{}");
	scratch_write(dir, whole ? "state.json" : "creating.json", text);
	return dir;
}

static int try(const char *id, enum container_lock lock, bool half, struct container *container)
{
	struct error error = { 0 };
	int r = container_open(&arena, root, path, id, lock, half, container, &error);

	if (r == -ENOENT)
		assert_string_equal(error.text, "container does not exist");
	return r;
}

static void missing_and_strange(void **state)
{
	struct container container;

	(void)state;
	assert_int_equal(try("none", LOCK_NONE, true, &container), -ENOENT);
	assert_int_equal(symlinkat("/tmp", root, "link"), 0);
	assert_true(try("link", LOCK_NONE, true, &container) < 0);
}

static void refuse(const char *id, int wanted, const char *text)
{
	struct container container;
	struct error error = { 0 };

	assert_int_equal(container_open(&arena, root, path, id, LOCK_NONE, true, &container, &error), wanted);
	assert_string_equal(error.text, text);
}

static void anothers_state_is_none(void **state)
{
	struct container container;
	int dir = make("mine", true);

	(void)state;
	assert_int_equal(try("mine", LOCK_NONE, false, &container), 0);
	container_close(&container);
	assert_int_equal(fchmod(dir, 0731), 0);
	refuse("mine", -EPERM, "the state of container mine can be written by others");
	assert_int_equal(fchmod(dir, 0711), 0);
	scratch_write(dir, "state.json", "{\"id\":\"$(touch x)\"}");
	refuse("mine", -EINVAL, "state.json of mine names another id");
	if (geteuid() == 0) { /* nobody else may give a directory away */
		assert_int_equal(fchown(dir, 65534, 0), 0);
		refuse("mine", -EPERM, "container mine belongs to user 65534");
	}
	close(dir);
}

static void a_default_root_is_ours_alone(void **state)
{
	struct error error = { 0 };
	char place[100];

	(void)state;
	snprintf(place, sizeof place, "%s/default", path);
	int fd = root_open(place, true, true, &error);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0770), 0);
	assert_int_equal(root_open(place, true, true, &error), -EPERM);
	assert_non_null(strstr(error.text, "can be written by others"));
	int named = root_open(place, true, false, &error);
	assert_true(named >= 0);
	close(named);
	assert_int_equal(fchmod(fd, 0700), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchown(fd, 65534, 0), 0);
		memset(&error, 0, sizeof error);
		assert_int_equal(root_open(place, true, true, &error), -EPERM);
		assert_non_null(strstr(error.text, "belongs to user 65534, not to 0"));
	}
	close(fd);
}

static void a_dead_creator_left_nothing_to_see(void **state)
{
	struct container container;
	int dir = make("half", false);

	(void)state;
	assert_int_equal(try("half", LOCK_NONE, false, &container), -ENOENT);
	assert_int_equal(try("half", LOCK_NONE, true, &container), 0);
	assert_true(container.half_made);
	container_close(&container);
	/* and alive: it is there */
	assert_int_equal(flock(dir, LOCK_EX), 0);
	assert_int_equal(try("half", LOCK_NONE, false, &container), 0);
	assert_true(container_creating(container.dir));
	assert_int_equal(container_wait_creator(&container, 20), -ETIMEDOUT);
	assert_int_equal(container_status(&container, NULL), STATUS_CREATING);
	flock(dir, LOCK_UN);
	assert_int_equal(container_wait_creator(&container, 20), 0);
	/* what was seen stays true of the moment it was opened; who opens it now sees a leftover, or the
	 * whole */
	assert_int_equal(container_status(&container, NULL), STATUS_CREATING);
	container_close(&container);
	assert_int_equal(try("half", LOCK_NONE, true, &container), 0);
	assert_int_equal(container_status(&container, NULL), STATUS_STOPPED);
	assert_int_equal(container_claim(&container, 20), 0);
	container_close(&container);
	assert_int_equal(renameat(dir, "creating.json", dir, "state.json"), 0);
	assert_int_equal(try("half", LOCK_NONE, false, &container), 0);
	assert_false(container.half_made);
	assert_int_equal(renameat(root, "half", root, "@gone.half.0"), 0);
	assert_int_equal(container_claim(&container, 20), -ENOENT);
	container_close(&container);
	close(dir);
}

static void one_command_at_a_time(void **state)
{
	struct container first, second;
	struct error error = { 0 };

	(void)state;
	close(make("locked", true));
	assert_int_equal(try("locked", LOCK_EXCLUSIVE, false, &first), 0);
	assert_int_equal(try("locked", LOCK_NONE, false, &second), 0);
	assert_int_equal(container_lock(&second, LOCK_SHARED, 20, &error), -ETIMEDOUT);
	memset(&error, 0, sizeof error);
	/* the holder deletes: who waited learns that it is gone */
	assert_int_equal(renameat(root, "locked", root, "@gone.locked.0"), 0);
	container_close(&first);
	assert_int_equal(container_lock(&second, LOCK_SHARED, 1000, &error), -ENOENT);
	container_close(&second);
}

static void sweeping(void **state)
{
	struct error error = { 0 };
	int dir = make("@gone.x.0", true), left = make("left", false), live = make("live", false);

	(void)state;
	assert_int_equal(mkdirat(dir, "notify", 0700), 0);
	close(dir);
	assert_int_equal(flock(live, LOCK_EX), 0);
	assert_int_equal(container_sweep(root, "left", &error), 0);
	assert_int_equal(container_sweep(root, "live", &error), 0);
	assert_int_equal(container_sweep(root, "none", &error), 0);
	assert_int_equal(faccessat(root, "@gone.x.0", F_OK, 0), -1);
	assert_int_equal(faccessat(root, "left", F_OK, 0), -1);
	assert_int_equal(faccessat(root, "live", F_OK, 0), 0);
	close(left);
	close(live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test(roots_are_absolute_and_clean),
		cmocka_unit_test(relative_roots_begin_here),
		cmocka_unit_test(made_private),
		cmocka_unit_test(missing_and_strange),
		cmocka_unit_test(anothers_state_is_none),
		cmocka_unit_test(a_default_root_is_ours_alone),
		cmocka_unit_test(a_dead_creator_left_nothing_to_see),
		cmocka_unit_test(one_command_at_a_time),
		cmocka_unit_test(sweeping),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
