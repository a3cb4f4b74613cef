/* Row `devices`: nodes below a directory of the root, never through a link. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stage_bench.h"

static struct bench b;

static void add_node(struct bench *bench, const char *path, uint64_t minor, uint64_t tree, uint64_t uid)
{
	BUILD_ADD(&bench->build, DEVICES, device, .how = PLAN_DEVICE_MKNOD,
		  .path = build_text(&bench->build, path), .mode = S_IFCHR | 0666, .major = 1, .minor = minor,
		  .tree = tree, .uid = uid);
}

static void add_link(struct bench *bench, const char *path, uint64_t flags)
{
	BUILD_ADD(&bench->build, DEVICES, device, .how = PLAN_DEVICE_LINK,
		  .path = build_text(&bench->build, path), .target = build_text(&bench->build, "pts/ptmx"),
		  .tree = PLAN_NONE, .flags = flags);
}

static int setup(void **state)
{
	(void)state;
	bench_start(&b);
	return 0;
}

static void directory_is_opened_once(void **state)
{
	(void)state;
	add_node(&b, "/dev/null", 3, PLAN_NONE, 0);
	add_node(&b, "/dev/zero", 5, PLAN_NONE, 0);
	add_link(&b, "/dev/ptmx", 0);
	assert_int_equal(bench_run(&b, &stage_devices), 0);
	assert_string_equal(fake_log(), "openat2 50 \"/dev/\" 0x210000 in-root no-magiclinks\n"
					"mknodat 100 \"null\" 020666 1:3\n"
					"mknodat 100 \"zero\" 020666 1:5\n"
					"symlinkat \"pts/ptmx\" 100 \"ptmx\"\n");
}

/* DEV-20, and names that only look as if they stood in the same directory. */
static void other_directories_are_opened(void **state)
{
	(void)state;
	add_node(&b, "/dev/null", 3, PLAN_NONE, 0);
	add_node(&b, "/dev/net/tun", 3, PLAN_NONE, 0);
	add_node(&b, "/dev/net/../etc", 3, PLAN_NONE, 0);
	add_node(&b, "/device", 3, PLAN_NONE, 0);
	assert_int_equal(bench_run(&b, &stage_devices), 0);
	assert_int_equal(fake_count("openat2 50"), 4);
	assert_int_equal(fake_count("in-root no-magiclinks"), 4);
	assert_int_equal(fake_open_fds(), 1);
}

static void dots_are_no_device(void **state)
{
	(void)state;
	add_node(&b, "/dev/null", 3, PLAN_NONE, 0);
	add_node(&b, "/dev/..", 3, PLAN_NONE, 0);
	assert_int_equal(bench_run(&b, &stage_devices), -EINVAL);
	assert_int_equal(fake_count("mknodat"), 1);
}

static void owner_only_when_asked(void **state)
{
	(void)state;
	add_node(&b, "/dev/null", 3, PLAN_NONE, 7);
	assert_int_equal(bench_run(&b, &stage_devices), 0);
	assert_int_equal(fake_count("fchownat 100 \"null\" 7:0 0x100"), 1);
}

static void the_same_device_may_stand_there(void **state)
{
	(void)state;
	add_node(&b, "/dev/null", 3, PLAN_NONE, 7);
	fake_return("mknodat", -EEXIST);
	fake_stat(S_IFCHR | 0600, 1, 3, 5);
	assert_int_equal(bench_run(&b, &stage_devices), 0);
	assert_int_equal(fake_count("fchown"), 0);
}

static void nothing_else_may(void **state)
{
	static const struct {
		mode_t mode;
		unsigned minor;
	} there[] = { { S_IFREG, 3 }, { S_IFLNK, 3 }, { S_IFBLK, 3 }, { S_IFCHR, 5 } };

	(void)state;
	for (size_t i = 0; i < sizeof there / sizeof *there; i++) {
		bench_start(&b);
		add_node(&b, "/dev/null", 3, PLAN_NONE, 0);
		fake_return("mknodat", -EEXIST);
		fake_stat(there[i].mode | 0666, 1, there[i].minor, 5);
		assert_int_equal(bench_run(&b, &stage_devices), -EEXIST);
		assert_int_equal(b.fault.op, FAULT_MAKE_NODE);
	}
}

/* DEV-08; the tree may be the one that masks use too: it stays open. */
static void forbidden_nodes_are_bound(void **state)
{
	(void)state;
	bench_trees(&b, 1);
	add_node(&b, "/dev/null", 3, 0, 0);
	add_node(&b, "/dev/nul2", 3, 0, 0);
	fake_return("mknodat", -EPERM);
	fake_return("mknodat", -EPERM);
	fake_stat(S_IFREG | 0644, 0, 0, 9);
	fake_stat(S_IFREG | 0644, 0, 0, 9);
	assert_int_equal(bench_run(&b, &stage_devices), 0);
	assert_int_equal(fake_count("move_mount 60"), 1);
	assert_int_equal(fake_count("open_tree 60"), 1);
	assert_int_equal(fake_count("move_mount"), 2);
	assert_int_equal(b.shim.trees[0], 60);
}

static void forbidden_without_a_tree_fails(void **state)
{
	(void)state;
	add_node(&b, "/dev/null", 3, PLAN_NONE, 0);
	fake_return("mknodat", -EPERM);
	assert_int_equal(bench_run(&b, &stage_devices), -EPERM);
	assert_string_equal(b.fault.object, "/dev/null");
}

static void link_replaces_or_stays(void **state)
{
	(void)state;
	add_link(&b, "/dev/ptmx", PLAN_DEVICE_REPLACE);
	fake_return("symlinkat", -EEXIST);
	assert_int_equal(bench_run(&b, &stage_devices), 0);
	assert_int_equal(fake_count("unlinkat 100 \"ptmx\" 0"), 1);
	assert_int_equal(fake_count("symlinkat"), 2);

	bench_start(&b);
	add_link(&b, "/dev/fd", PLAN_DEVICE_EXIST_OK);
	fake_return("symlinkat", -EEXIST);
	assert_int_equal(bench_run(&b, &stage_devices), 0);

	bench_start(&b);
	add_link(&b, "/dev/fd", 0);
	fake_return("symlinkat", -EEXIST);
	assert_int_equal(bench_run(&b, &stage_devices), -EEXIST);
}

static void fill(struct bench *bench)
{
	add_node(bench, "/dev/null", 3, PLAN_NONE, 7);
	add_link(bench, "/dev/ptmx", PLAN_DEVICE_REPLACE);
	BUILD_ADD(&bench->build, DEVICES, device, .how = PLAN_DEVICE_DIRECTORY,
		  .path = build_text(&bench->build, "/work"), .tree = PLAN_NONE);
}

static int parent_kept(const struct bench *bench)
{
	return bench->shim.device_parent_path != NULL;
}

static void every_failure_is_told(void **state)
{
	(void)state;
	bench_sweep(fill, &stage_devices, EIO, 0, parent_kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(directory_is_opened_once, setup),
		cmocka_unit_test_setup(other_directories_are_opened, setup),
		cmocka_unit_test_setup(dots_are_no_device, setup),
		cmocka_unit_test_setup(owner_only_when_asked, setup),
		cmocka_unit_test_setup(the_same_device_may_stand_there, setup),
		cmocka_unit_test_setup(nothing_else_may, setup),
		cmocka_unit_test_setup(forbidden_nodes_are_bound, setup),
		cmocka_unit_test_setup(forbidden_without_a_tree_fails, setup),
		cmocka_unit_test_setup(link_replaces_or_stays, setup),
		cmocka_unit_test_setup(every_failure_is_told, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
