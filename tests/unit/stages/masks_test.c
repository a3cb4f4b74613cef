/* Rows `masks` and `seal`: nothing that stands is ever left unmasked (CVE-2025-31133). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stage_bench.h"

static struct bench b;

static void add_mask(struct bench *bench, const char *path)
{
	BUILD_ADD(&bench->build, MASKS, masked_path, .path = build_text(&bench->build, path), .null = 0);
}

static void add_readonly(struct bench *bench, const char *path)
{
	BUILD_ADD(&bench->build, MASKS, readonly_path, .path = build_text(&bench->build, path));
}

static int setup(void **state)
{
	(void)state;
	bench_start(&b);
	bench_trees(&b, 1);
	return 0;
}

/* BAT-34: one st_dev; and no detached mount is left to be dissolved. */
static void directories_share_one_tmpfs(void **state)
{
	(void)state;
	add_mask(&b, "/proc/acpi");
	add_mask(&b, "/proc/scsi");
	add_mask(&b, "/sys/firmware");
	assert_int_equal(bench_run(&b, &stage_masks), 0);
	assert_int_equal(fake_count("fsopen \"tmpfs\""), 1);
	assert_int_equal(fake_count("\"nr_inodes\" \"1\""), 1);
	assert_int_equal(fake_count("open_tree"), 2);
	assert_int_equal(fake_count("move_mount"), 3);
	assert_int_equal(fake_open_fds(), 1);
}

static void files_get_the_hosts_null(void **state)
{
	(void)state;
	add_mask(&b, "/proc/kcore");
	add_mask(&b, "/proc/keys");
	fake_stat(S_IFREG | 0400, 0, 0, 9);
	fake_stat(S_IFREG | 0400, 0, 0, 10);
	assert_int_equal(bench_run(&b, &stage_masks), 0);
	assert_int_equal(fake_count("move_mount 60 \"\" 100"), 1);
	assert_int_equal(fake_count("open_tree 60 \"\" 0x1001"), 1);
	assert_int_equal(fake_count("move_mount"), 2);
	assert_int_equal(b.shim.trees[0], 60);
	assert_int_equal(fake_open_fds(), 0);
}

static void missing_paths_need_no_mask(void **state)
{
	(void)state;
	add_readonly(&b, "/proc/bus");
	add_mask(&b, "/proc/kcore");
	fake_return("openat2", -ENOENT);
	fake_return("openat2", -ENOTDIR);
	assert_int_equal(bench_run(&b, &stage_masks), 0);
	assert_int_equal(fake_calls(), 2);
}

static void any_other_failure_ends(void **state)
{
	static const int errors[] = { EACCES, ELOOP, EAGAIN, EMFILE, EPERM, ENOMEM };

	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		setup(NULL);
		add_mask(&b, "/proc/kcore");
		fake_return("openat2", -errors[i]);
		assert_int_equal(bench_run(&b, &stage_masks), -errors[i]);
		assert_string_equal(b.fault.object, "/proc/kcore");
	}
}

static void missing_null_is_no_excuse(void **state)
{
	(void)state;
	b.shim.trees[0] = -1;
	add_mask(&b, "/proc/kcore");
	fake_stat(S_IFREG | 0400, 0, 0, 9);
	assert_int_equal(bench_run(&b, &stage_masks), -EBADF);
}

static void readonly_before_it_is_seen(void **state)
{
	(void)state;
	add_readonly(&b, "/proc/sys");
	assert_int_equal(bench_run(&b, &stage_masks), 0);
	assert_string_equal(fake_log(),
			    "openat2 50 \"/proc/sys\" 0x200000 in-root no-magiclinks\n"
			    "open_tree 100 \"\" 0x9001\n"
			    "mount_setattr 101 \"\" 0x1000 set=0x1 clear=0 propagation=0 userns=0\n"
			    "move_mount 101 \"\" 100 \"\" 0x44\n"
			    "close 101\n"
			    "close 100\n");
}

/* 5.10 changes attached mounts alone, and by a remount that must repeat the flags it has. */
static void readonly_on_old_kernels(void **state)
{
	(void)state;
	add_readonly(&b, "/proc/sys");
	fake_return("mount_setattr", -ENOSYS);
	fake_return("mount_setattr", -ENOSYS);
	fake_return("fs_flags", 2 | 4 | 8 | 4096);
	fake_return("fs_flags", 2 | 4 | 8 | 4096);
	fake_return("mount", -EINVAL);
	assert_int_equal(bench_run(&b, &stage_masks), 0);
	/* MS_BIND REMOUNT RELATIME NOEXEC NODEV NOSUID RDONLY */
	assert_int_equal(fake_count("\".\" \"-\" 0x20102f"), 2);
}

static void seal_waits_for_writers(void **state)
{
	(void)state;
	BUILD_ADD(&b.build, SEAL, seal, .path = build_text(&b.build, "/dev"), .attr = PLAN_ATTR_RDONLY);
	fake_return("mount_setattr", -EBUSY);
	fake_return("mount_setattr", -EBUSY);
	assert_int_equal(bench_run(&b, &stage_seal), 0);
	assert_int_equal(fake_count("poll"), 2);
	assert_int_equal(fake_count("mount_setattr 100"), 3);
}

static void seal_makes_unbindable(void **state)
{
	(void)state;
	BUILD_ADD(&b.build, SEAL, seal, .path = build_text(&b.build, "/"),
		  .propagation = PLAN_PROP_UNBINDABLE | PLAN_PROP_RECURSIVE);
	assert_int_equal(bench_run(&b, &stage_seal), 0);
	assert_int_equal(fake_count("0x9000 set=0 clear=0 propagation=0x20000"), 1);
	assert_int_equal(fake_count("mount_setattr"), 1);
}

static void seal_ends_in_time(void **state)
{
	(void)state;
	BUILD_ADD(&b.build, SEAL, seal, .path = build_text(&b.build, "/"), .attr = PLAN_ATTR_RDONLY);
	for (int i = 0; i < 100; i++)
		fake_return("mount_setattr", -EBUSY);
	assert_int_equal(bench_run(&b, &stage_seal), -EBUSY);
	assert_int_equal(b.fault.op, FAULT_SET_FLAGS);
	assert_int_equal(fake_open_fds(), 0);
}

static void fill(struct bench *bench)
{
	bench_trees(bench, 1);
	add_readonly(bench, "/proc/sys");
	add_mask(bench, "/proc/acpi");
	add_mask(bench, "/proc/scsi");
	add_mask(bench, "/proc/kcore");
	add_mask(bench, "/proc/keys");
	fake_stat(S_IFDIR | 0555, 0, 0, 1);
	fake_stat(S_IFDIR | 0555, 0, 0, 1);
	fake_stat(S_IFREG | 0400, 0, 0, 9);
	fake_stat(S_IFREG | 0400, 0, 0, 9);
}

static int tmpfs_kept(const struct bench *bench)
{
	return bench->shim.mask_tmpfs > 0;
}

static void every_failure_is_told(void **state)
{
	(void)state;
	bench_sweep(fill, &stage_masks, EPERM, 0, tmpfs_kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(directories_share_one_tmpfs, setup),
		cmocka_unit_test_setup(files_get_the_hosts_null, setup),
		cmocka_unit_test_setup(missing_paths_need_no_mask, setup),
		cmocka_unit_test_setup(any_other_failure_ends, setup),
		cmocka_unit_test_setup(missing_null_is_no_excuse, setup),
		cmocka_unit_test_setup(readonly_before_it_is_seen, setup),
		cmocka_unit_test_setup(readonly_on_old_kernels, setup),
		cmocka_unit_test_setup(seal_waits_for_writers, setup),
		cmocka_unit_test_setup(seal_makes_unbindable, setup),
		cmocka_unit_test_setup(seal_ends_in_time, setup),
		cmocka_unit_test_setup(every_failure_is_told, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
