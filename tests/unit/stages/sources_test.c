/* Row `sources`: what is opened, what is verified, and that a tree is never left a peer of the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stage_bench.h"

static struct bench b;

static void add_tree(struct bench *bench, uint64_t tree, const char *path, uint64_t flags,
		     uint64_t propagation)
{
	BUILD_ADD(&bench->build, SOURCES, source, .tree = tree, .what = PLAN_SOURCE_TREE,
		  .path = build_text(&bench->build, path), .flags = flags, .propagation = propagation);
}

static void add_null(struct bench *bench)
{
	BUILD_ADD(&bench->build, SOURCES, source, .tree = 1, .what = PLAN_SOURCE_NULL,
		  .path = build_text(&bench->build, "/dev/null"), .propagation = PLAN_PROP_PRIVATE);
}

static int setup(void **state)
{
	(void)state;
	bench_start(&b);
	return 0;
}

static void tree_is_cut_off_while_detached(void **state)
{
	(void)state;
	add_tree(&b, 0, "/srv", PLAN_SOURCE_RECURSIVE, PLAN_PROP_SLAVE);
	assert_int_equal(bench_run(&b, &stage_sources), 0);
	assert_int_equal(b.shim.trees[0], 100);
	assert_false(b.shim.unsettled);
	assert_string_equal(fake_log(),
			    "open_tree -100 \"/srv\" 0x8001\n"
			    "mount_setattr 100 \"\" 0x9000 set=0 clear=0 propagation=0x80000 userns=0\n");
}

static void link_itself_is_cloned(void **state)
{
	(void)state;
	add_tree(&b, 0, "/srv", PLAN_SOURCE_NOFOLLOW, PLAN_PROP_PRIVATE);
	assert_int_equal(bench_run(&b, &stage_sources), 0);
	assert_int_equal(fake_count("open_tree -100 \"/srv\" 0x101"), 1);
}

/* 5.10: what a detached tree cannot be told is told when it stands, by mounts and rootfs. */
static void old_kernel_is_remembered(void **state)
{
	(void)state;
	add_tree(&b, 0, "/srv", 0, PLAN_PROP_SLAVE);
	add_tree(&b, 1, "/opt", 0, PLAN_PROP_SLAVE);
	fake_return("mount_setattr", -ENOSYS);
	fake_return("mount", -EINVAL);
	assert_int_equal(bench_run(&b, &stage_sources), 0);
	assert_true(b.shim.unsettled);
	assert_int_equal(fake_count("mount_setattr"), 1);
}

static void missing_source_is_named(void **state)
{
	(void)state;
	add_tree(&b, 0, "/not/there", 0, PLAN_PROP_SLAVE);
	fake_return("open_tree", -ENOENT);
	assert_int_equal(bench_run(&b, &stage_sources), -ENOENT);
	assert_int_equal(b.fault.op, FAULT_CLONE_TREE);
	assert_string_equal(b.fault.object, "/not/there");
}

static void tree_is_opened_once(void **state)
{
	(void)state;
	add_tree(&b, 0, "/srv", 0, 0);
	add_tree(&b, 0, "/opt", 0, 0);
	assert_int_equal(bench_run(&b, &stage_sources), -EBADSLT);
	assert_int_equal(fake_open_fds(), 1);
}

static void null_is_cloned_from_what_was_verified(void **state)
{
	(void)state;
	add_null(&b);
	fake_stat(S_IFCHR | 0666, 1, 3, 4);
	assert_int_equal(bench_run(&b, &stage_sources), 0);
	assert_int_equal(fake_count("open_tree 100 \"\" 0x1001"), 1);
	assert_int_equal(fake_open_fds(), 1);
}

/* CVE-2025-31133, CVE-2026-88265: number and type; a regular file may bear any number. */
static void null_must_be_the_device(void **state)
{
	static const struct {
		mode_t mode;
		unsigned major, minor;
	} wrong[] = { { S_IFREG | 0666, 1, 3 },
		      { S_IFBLK | 0666, 1, 3 },
		      { S_IFCHR | 0666, 1, 5 },
		      { S_IFLNK | 0777, 1, 3 } };

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		bench_start(&b);
		add_null(&b);
		fake_stat(wrong[i].mode, wrong[i].major, wrong[i].minor, 4);
		assert_int_equal(bench_run(&b, &stage_sources), -ENODEV);
		assert_int_equal(b.fault.op, FAULT_VERIFY);
		assert_int_equal(fake_count("open_tree"), 0);
		assert_int_equal(fake_open_fds(), 0);
	}
}

static void few_trees_ask_for_no_limit(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		add_tree(&b, i, "/srv", 0, 0);
	assert_int_equal(bench_run(&b, &stage_sources), 0);
	assert_int_equal(fake_count("prlimit"), 0);
}

static void add_mapped(struct bench *bench, uint64_t tree, const char *map, uint64_t flags)
{
	bench->shim.proc = 9;
	BUILD_ADD(&bench->build, SOURCES, source, .tree = tree, .what = PLAN_SOURCE_TREE,
		  .path = build_text(&bench->build, "/srv"), .flags = flags,
		  .uid_map = build_text(&bench->build, map), .gid_map = build_text(&bench->build, map));
}

/* What the child tells: descriptors below 100 are the test's own. */
static const int child_says[2] = { 70, 71 };

static void one_namespace_serves_all_trees_of_a_map(void **state)
{
	(void)state;
	add_mapped(&b, 0, "0 5 1\n", 0);
	add_mapped(&b, 1, "0 6 1\n", 0);
	add_mapped(&b, 2, "0 5 1\n", PLAN_SOURCE_RIDMAP);
	fake_bytes("read", child_says, sizeof child_says);
	fake_bytes("read", child_says, sizeof child_says);
	assert_int_equal(bench_run(&b, &stage_sources), 0);
	assert_int_equal(fake_count("clone3 0x10001400"), 2); /* NEWUSER FILES PIDFD */
	assert_int_equal(fake_count("set=0x100000 clear=0 propagation=0 userns=71"), 3);
	assert_int_equal(fake_count("\"\" 0x1000 set=0x100000"), 2);
	assert_int_equal(fake_count("\"\" 0x9000 set=0x100000"), 1);
	assert_int_equal(fake_count("openat 70 \"uid_map\""), 2);
	assert_int_equal(fake_count("close 71"), 2);
	assert_int_equal(fake_open_fds(), 3);
}

static void joined_namespace_is_opened(void **state)
{
	(void)state;
	BUILD_ADD(&b.build, SOURCES, source, .tree = 0, .what = PLAN_SOURCE_TREE,
		  .path = build_text(&b.build, "/srv"), .user = build_text(&b.build, "/proc/7/ns/user"));
	assert_int_equal(bench_run(&b, &stage_sources), 0);
	assert_int_equal(fake_count("clone3"), 0);
	assert_int_equal(fake_count("openat -100 \"/proc/7/ns/user\""), 1);
	assert_int_equal(fake_count("set=0x100000"), 1);
	assert_int_equal(fake_open_fds(), 1);
}

static void file_system_without_id_maps_is_named(void **state)
{
	(void)state;
	add_mapped(&b, 0, "0 5 1\n", PLAN_SOURCE_RIDMAP);
	fake_bytes("read", child_says, sizeof child_says);
	fake_return("mount_setattr", -EINVAL);
	assert_int_equal(bench_run(&b, &stage_sources), -EINVAL);
	assert_int_equal(b.fault.op, FAULT_MAP_IDS);
	assert_string_equal(b.fault.object, "of the mount at /srv");
	assert_non_null(strstr(b.fault.note, "proc"));
	bench_start(&b);
	add_mapped(&b, 0, "0 5 1\n", 0);
	fake_bytes("read", child_says, sizeof child_says);
	fake_return("mount_setattr", -ENOSYS);
	assert_int_equal(bench_run(&b, &stage_sources), -ENOSYS);
	assert_non_null(strstr(b.fault.note, "from Linux 5.12"));
}

static void fill_mapped(struct bench *bench)
{
	add_mapped(bench, 0, "0 5 1\n", 0);
	fake_bytes("read", child_says, sizeof child_says);
}

static void fill(struct bench *bench)
{
	add_tree(bench, 0, "/srv", PLAN_SOURCE_RECURSIVE, PLAN_PROP_SLAVE);
	add_null(bench);
	fake_stat(S_IFCHR | 0666, 1, 3, 4);
}

static int trees_kept(const struct bench *bench)
{
	return (bench->shim.trees[0] >= 0) + (bench->shim.trees[1] >= 0);
}

static void every_failure_is_told(void **state)
{
	(void)state;
	bench_sweep(fill, &stage_sources, EPERM, 0, trees_kept);
	/* the child may be gone already: no signal, no status */
	bench_sweep(fill_mapped, &stage_sources, EPERM, 2, trees_kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(tree_is_cut_off_while_detached, setup),
		cmocka_unit_test_setup(link_itself_is_cloned, setup),
		cmocka_unit_test_setup(old_kernel_is_remembered, setup),
		cmocka_unit_test_setup(missing_source_is_named, setup),
		cmocka_unit_test_setup(tree_is_opened_once, setup),
		cmocka_unit_test_setup(null_is_cloned_from_what_was_verified, setup),
		cmocka_unit_test_setup(null_must_be_the_device, setup),
		cmocka_unit_test_setup(few_trees_ask_for_no_limit, setup),
		cmocka_unit_test_setup(one_namespace_serves_all_trees_of_a_map, setup),
		cmocka_unit_test_setup(joined_namespace_is_opened, setup),
		cmocka_unit_test_setup(file_system_without_id_maps_is_named, setup),
		cmocka_unit_test_setup(every_failure_is_told, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
