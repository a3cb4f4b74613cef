/* Row `pivot` (and `rootfs` before it): the calls, their order, and what is left when one fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stage_bench.h"

static struct bench b;

static void add_pivot(struct bench *bench, uint64_t how, uint64_t propagation)
{
	fake_return("mount_id", 7);
	fake_return("mount_id", 7);
	BUILD_ADD(&bench->build, PIVOT, pivot, .how = how, .propagation = propagation);
}

static void add_rootfs(struct bench *bench, uint64_t view)
{
	bench_trees(bench, 1);
	bench->shim.root = -1;
	BUILD_ADD(&bench->build, ROOTFS, rootfs, .path = build_text(&bench->build, "/b/rootfs"), .tree = 0,
		  .view = view);
}

static int setup(void **state)
{
	(void)state;
	bench_start(&b);
	return 0;
}

static void view_is_cut_off_before_the_root_stands(void **state)
{
	(void)state;
	add_rootfs(&b, PLAN_PROP_SLAVE | PLAN_PROP_RECURSIVE);
	assert_int_equal(bench_run(&b, &stage_rootfs), 0);
	assert_string_equal(fake_log(), "mount \"-\" \"/\" \"-\" 0x84000 \"-\"\n"
					"openat -100 \"/b/rootfs\" 0x210000 0\n"
					"move_mount 60 \"\" 100 \"\" 0x44\n"
					"close 100\n");
	assert_int_equal(b.shim.root, 60);
	assert_int_equal(b.shim.trees[0], -1);
}

/* R9: no view that carries mounts to the host is accepted. */
static void shared_view_is_refused(void **state)
{
	static const uint64_t views[] = { 0, PLAN_PROP_RECURSIVE, PLAN_PROP_SHARED | PLAN_PROP_RECURSIVE,
					  PLAN_PROP_SHARED | PLAN_PROP_SLAVE };

	(void)state;
	for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
		bench_start(&b);
		add_rootfs(&b, views[i]);
		assert_int_equal(bench_run(&b, &stage_rootfs), -EINVAL);
		assert_int_equal(fake_calls(), 0);
	}
}

static void root_out_of_reach_stands_on_slash(void **state)
{
	(void)state;
	add_rootfs(&b, PLAN_PROP_SLAVE);
	fake_return("openat", -EACCES);
	assert_int_equal(bench_run(&b, &stage_rootfs), 0);
	assert_int_equal(fake_count("openat -100 \"/\""), 1);
}

static void one_pivot_one_umount(void **state)
{
	(void)state;
	add_pivot(&b, PLAN_PIVOT_ROOT, 0);
	assert_int_equal(bench_run(&b, &stage_pivot), 0);
	assert_string_equal(fake_log(), "fchdir 50\n"
					"pivot_root \".\" \".\"\n"
					"umount2 \".\" 0x2\n"
					"mount_id 50 \"\" 0x1000\n"
					"mount_id -100 \"..\" 0\n");
	assert_true(b.shim.pivoted);
	assert_int_equal(b.shim.root, BENCH_ROOT);
}

static void propagation_comes_last(void **state)
{
	(void)state;
	add_pivot(&b, PLAN_PIVOT_ROOT, PLAN_PROP_SHARED | PLAN_PROP_RECURSIVE);
	assert_int_equal(bench_run(&b, &stage_pivot), 0);
	/* a peer group of its own: the host's master goes first, of the top alone */
	assert_int_equal(fake_count("mount_setattr 50 \"\" 0x1000 set=0 clear=0 propagation=0x40000"), 1);
	assert_int_equal(fake_count("mount_setattr 50 \"\" 0x9000 set=0 clear=0 propagation=0x100000"), 1);
	assert_int_equal(fake_calls(), 7);
}

/* Kernels before 7: an initramfs is mounted on nothing. */
static void initramfs_is_covered_first(void **state)
{
	(void)state;
	add_pivot(&b, PLAN_PIVOT_ROOT, 0);
	fake_return("pivot_root", -EINVAL);
	assert_int_equal(bench_run(&b, &stage_pivot), 0);
	assert_int_equal(fake_count("fsopen \"tmpfs\""), 1);
	assert_int_equal(fake_count("chroot \".\""), 1);
	assert_int_equal(fake_count("move_mount 50 \"\""), 1);
	assert_int_equal(fake_count("pivot_root"), 2);
	assert_int_equal(fake_count("umount2"), 1);
	assert_int_equal(fake_open_fds(), 0);
}

/* A host whose own "/" is covered: the first umount takes the cover. */
static void host_is_not_left_on_top(void **state)
{
	(void)state;
	fake_return("mount_id", 7);
	fake_return("mount_id", 8);
	add_pivot(&b, PLAN_PIVOT_ROOT, 0);
	assert_int_equal(bench_run(&b, &stage_pivot), 0);
	assert_int_equal(fake_count("umount2"), 2);

	bench_start(&b); /* the fake kernel gives a new id each time */
	BUILD_ADD(&b.build, PIVOT, pivot, .how = PLAN_PIVOT_ROOT);
	assert_int_equal(bench_run(&b, &stage_pivot), -EXDEV);
	assert_false(b.shim.pivoted);
}

static void another_error_is_no_initramfs(void **state)
{
	(void)state;
	add_pivot(&b, PLAN_PIVOT_ROOT, 0);
	fake_return("pivot_root", -EPERM);
	assert_int_equal(bench_run(&b, &stage_pivot), -EPERM);
	assert_false(b.shim.pivoted);
	assert_int_equal(b.fault.op, FAULT_PIVOT);
	assert_int_equal(fake_count("umount2"), 0);
}

/* CRE-08: whole proc and sysfs mounts, and no others, outside the root. */
static void move_takes_proc_and_sysfs_away(void **state)
{
	static const char mountinfo[] = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
					"21 20 0:5 / /proc rw,nosuid shared:5 - proc proc rw\n"
					"22 20 0:6 / /sys rw - sysfs sysfs rw\n"
					"23 20 0:5 / /a\\040b rw - proc proc rw\n"
					"24 20 0:5 /sys /part rw - proc proc rw\n"
					"25 20 8:1 / /proclike rw - ext4 proc rw\n"
					"26 20 0:7 / /b/rootfs/proc rw - proc proc rw\n"
					"27 20 0:8 / /b/rootfs2 rw - proc proc rw\n";

	(void)state;
	add_pivot(&b, PLAN_PIVOT_MOVE, 0);
	b.shim.proc = 51;
	fake_bytes("readlinkat", "/b/rootfs", 9);
	fake_bytes("readlinkat", "77", 2);
	/* two pieces, cut inside a line */
	fake_bytes("read", mountinfo, 100);
	fake_bytes("read", mountinfo + 100, sizeof mountinfo - 101);
	assert_int_equal(bench_run(&b, &stage_pivot), 0);
	assert_int_equal(fake_count("umount2 \"/proc\" 0x2"), 1);
	assert_int_equal(fake_count("umount2 \"/sys\" 0x2"), 1);
	assert_int_equal(fake_count("umount2 \"/a b\" 0x2"), 1);
	assert_int_equal(fake_count("umount2 \"/b/rootfs2\" 0x2"), 1);
	assert_int_equal(fake_count("umount2"), 4);
	assert_int_equal(fake_count("chroot \".\""), 1);
	assert_int_equal(fake_open_fds(), 0);
}

static void locked_ones_are_covered(void **state)
{
	static const char mountinfo[] = "21 20 0:5 / /proc rw,nosuid shared:5 - proc proc rw\n";

	(void)state;
	add_pivot(&b, PLAN_PIVOT_MOVE, 0);
	b.shim.proc = 51;
	fake_bytes("readlinkat", "/b/rootfs", 9);
	fake_bytes("readlinkat", "77", 2);
	fake_bytes("read", mountinfo, sizeof mountinfo - 1);
	fake_return("umount2", -EINVAL);
	assert_int_equal(bench_run(&b, &stage_pivot), 0);
	assert_int_equal(fake_count("openat -100 \"/proc\""), 1);
	assert_int_equal(fake_count("fsopen \"tmpfs\""), 1);
	assert_int_equal(fake_count("move_mount"), 2);
}

static void raised_limit_is_lowered_again(void **state)
{
	(void)state;
	add_pivot(&b, PLAN_PIVOT_ROOT, 0);
	b.shim.soft_nofile = 256;
	assert_int_equal(bench_run(&b, &stage_pivot), 0);
	assert_int_equal(fake_count("prlimit"), 2);

	bench_start(&b);
	add_pivot(&b, PLAN_PIVOT_ROOT, 0);
	BUILD_ADD(&b.build, LIMITS, rlimit, .resource = RLIMIT_NOFILE, .soft = 10, .hard = 10);
	b.shim.soft_nofile = 256;
	assert_int_equal(bench_run(&b, &stage_pivot), 0);
	assert_int_equal(fake_count("prlimit"), 0);
}

static void fill(struct bench *bench)
{
	bench->shim.soft_nofile = 256;
	add_pivot(bench, PLAN_PIVOT_ROOT, PLAN_PROP_SHARED);
}

static void fill_rootfs(struct bench *bench)
{
	add_rootfs(bench, PLAN_PROP_PRIVATE);
}

static int none_kept(const struct bench *bench)
{
	(void)bench;
	return 0;
}

static void every_failure_is_told(void **state)
{
	(void)state;
	bench_sweep(fill, &stage_pivot, EPERM, 0, none_kept);
	bench_sweep(fill_rootfs, &stage_rootfs, EPERM, 0, none_kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(view_is_cut_off_before_the_root_stands, setup),
		cmocka_unit_test_setup(shared_view_is_refused, setup),
		cmocka_unit_test_setup(root_out_of_reach_stands_on_slash, setup),
		cmocka_unit_test_setup(one_pivot_one_umount, setup),
		cmocka_unit_test_setup(propagation_comes_last, setup),
		cmocka_unit_test_setup(initramfs_is_covered_first, setup),
		cmocka_unit_test_setup(host_is_not_left_on_top, setup),
		cmocka_unit_test_setup(another_error_is_no_initramfs, setup),
		cmocka_unit_test_setup(move_takes_proc_and_sysfs_away, setup),
		cmocka_unit_test_setup(locked_ones_are_covered, setup),
		cmocka_unit_test_setup(raised_limit_is_lowered_again, setup),
		cmocka_unit_test_setup(every_failure_is_told, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
