/* state.json: what is written is read back, and what is not ours is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "container/state.h"
#include "scratch.h"

static char path[64];
static int dir;

static int setup(void **state)
{
	(void)state;
	if (!scratch_make(path))
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	close(dir);
	scratch_remove(path);
	return 0;
}

static const char *const words[] = { "hook", "a \"b\"\n\t\x01", "caf\xc3\xa9", NULL };
static const char *const dirs[] = { "/sys/fs/cgroup/memory/x", "/sys/fs/cgroup/unified/x", NULL };
static const char *const names[] = { "memory", "", NULL };

static struct state example(void)
{
	static struct spec_pair pairs[] = { { "key", "value" }, { "", "\\/" } };
	static struct spec_hook hook;

	hook = (struct spec_hook){ .path = "/bin/hook", .timeout = 7, .has_env = true };
	hook.args = (struct spec_strings){ 3, (const char **)(uintptr_t)words };
	return (struct state){
		.id = "web",
		.oci_version = "1.3.0",
		.bundle = "/b",
		.rootfs = "/b/r",
		.created = "2026",
		.owner_uid = 4294967295u,
		.boot_id = "boot",
		.pid = 2147483647,
		.start_time = UINT64_MAX,
		.annotations = { 2, pairs },
		.cgroup_dirs = { 2, (const char **)(uintptr_t)dirs },
		.cgroup_names = { 2, (const char **)(uintptr_t)names },
		.cgroups_path = "/x",
		.external_descriptors = { 2, (const char **)(uintptr_t)names },
		.shared_pid_namespace = true,
		.gate_fifo = true,
		.poststop = { 1, &hook },
	};
}

static void written_is_read_back(void **state)
{
	struct state in = example(), out;
	struct arena arena = { 0 };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(state_write(dir, "state.json", &in, &error), 0);
	assert_int_equal(state_read(&arena, dir, "state.json", &out, &error), 0);
	assert_string_equal(out.id, "web");
	assert_int_equal(out.owner_uid, in.owner_uid);
	assert_int_equal(out.pid, in.pid);
	assert_true(out.start_time == in.start_time);
	assert_true(out.shared_pid_namespace && out.gate_fifo);
	assert_int_equal(out.annotations.count, 2);
	assert_string_equal(out.annotations.items[1].value, "\\/");
	assert_int_equal(out.cgroup_dirs.count, 2);
	assert_string_equal(out.cgroup_names.items[1], "");
	assert_string_equal(out.cgroup_dirs.items[0], dirs[0]);
	assert_int_equal(out.external_descriptors.count,
			 2); /* also through an update, which writes it again */
	assert_string_equal(out.external_descriptors.items[0], names[0]);
	assert_int_equal(out.poststart.count, 0);
	assert_int_equal(out.poststop.count, 1);
	assert_int_equal(out.poststop.items[0].timeout, 7);
	assert_true(out.poststop.items[0].has_env);
	for (int i = 0; i < 3; i++)
		assert_string_equal(out.poststop.items[0].args.items[i], words[i]);
	assert_null(out.poststop.items[0].args.items[3]);
	arena_free(&arena);
}

static void the_other_name_disappears(void **state)
{
	struct state in = example();
	struct error error = { 0 };

	(void)state;
	assert_int_equal(state_write(dir, "creating.json", &in, &error), 0);
	assert_int_equal(state_publish(dir, &error), 0);
	assert_int_equal(faccessat(dir, "creating.json", F_OK, 0), -1);
	assert_int_equal(faccessat(dir, "state.json", F_OK, 0), 0);
}

static void missing_is_told_apart(void **state)
{
	struct arena arena = { 0 };
	struct error error = { 0 };
	struct state out;

	(void)state;
	assert_int_equal(state_read(&arena, dir, "nothing.json", &out, &error), -ENOENT);
	arena_free(&arena);
}

static void foreign_files_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{",
		"{\"format\":2}",
		"{\"id\":1}",
		"{\"init_process_pid\":-1}",
		"{\"init_process_pid\":99999999999}",
		"{\"init_process_pid\":1.5}",
		"{\"owner\":4294967296}",
		"{\"cgroup_paths\":{\"\":\"../etc\"}}",
		"{\"cgroup_paths\":{\"\":1}}",
		"{\"annotations\":{\"a\":{}}}",
		"{\"poststop\":[{}]}",
		"{\"poststop\":[\"x\"]}",
		"{\"poststop\":[{\"path\":\"/x\",\"args\":[1]}]}",
		"{\"id\":\"a\",\"id\":\"b\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct arena arena = { 0 };
		struct error error = { 0 };
		struct state out;

		assert_true(scratch_write(dir, "bad.json", texts[i]) >= 0);
		int r = state_read(&arena, dir, "bad.json", &out, &error);
		if (r >= 0 || r == -ENOENT || !error.text[0])
			fail_msg("accepted: %s", texts[i]);
		arena_free(&arena);
	}
}

static void unknown_keys_are_ignored(void **state)
{
	struct arena arena = { 0 };
	struct error error = { 0 };
	struct state out;

	(void)state;
	assert_true(scratch_write(dir, "later.json",
				  "{\"new\":{\"a\":[1,{}]},\"id\":\"x\",\"created\":null}") > 0);
	assert_int_equal(state_read(&arena, dir, "later.json", &out, &error), 0);
	assert_string_equal(out.id, "x");
	assert_null(out.created);
	arena_free(&arena);
}

static void links_and_fifos_are_no_state(void **state)
{
	struct arena arena = { 0 };
	struct error error = { 0 };
	struct state out;

	(void)state;
	assert_int_equal(symlinkat("state.json", dir, "link.json"), 0);
	assert_true(state_read(&arena, dir, "link.json", &out, &error) < 0);
	memset(&error, 0, sizeof error);
	assert_int_equal(mkfifoat(dir, "fifo.json", 0600), 0);
	assert_true(state_read(&arena, dir, "fifo.json", &out, &error) < 0); /* and does not block */
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_is_read_back),     cmocka_unit_test(the_other_name_disappears),
		cmocka_unit_test(missing_is_told_apart),    cmocka_unit_test(foreign_files_are_refused),
		cmocka_unit_test(unknown_keys_are_ignored), cmocka_unit_test(links_and_fifos_are_no_state),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
