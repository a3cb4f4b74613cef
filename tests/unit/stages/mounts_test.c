/* Row `mounts`: targets are resolved once and inside the root, flags come before the mount is seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stage_bench.h"

static struct bench b;

#define ADD(bench, at, ...) \
	BUILD_ADD(&(bench)->build, MOUNTS, mount, .target = build_text(&(bench)->build, at), __VA_ARGS__)

static const uint64_t rslave_shared[] = { PLAN_PROP_SLAVE | PLAN_PROP_RECURSIVE, PLAN_PROP_SHARED };
static const char *const one_option[] = { "size=1m", NULL };

static void add_bind(struct bench *bench)
{
	bench_trees(bench, 1);
	BUILD_ADD(&bench->build, SOURCES, source, .tree = 0, .path = build_text(&bench->build, "/srv"),
		  .propagation = PLAN_PROP_SLAVE);
	ADD(bench, "/data", .how = PLAN_MOUNT_BIND, .tree = 0, .attr_set = PLAN_ATTR_RDONLY,
	    .rec_set = PLAN_ATTR_NOSUID, .propagation = build_numbers(&bench->build, rslave_shared, 2));
}

static void add_tmpfs(struct bench *bench, uint64_t flags)
{
	ADD(bench, "/run", .how = PLAN_MOUNT_FILESYSTEM, .type = build_text(&bench->build, "tmpfs"),
	    .device = build_text(&bench->build, "tmpfs"), .tree = PLAN_NONE,
	    .options = build_strings(&bench->build, one_option, 0), .attr_set = PLAN_ATTR_NODEV,
	    .flags = flags);
}

static void add_proc(struct bench *bench)
{
	ADD(bench, "/proc", .how = PLAN_MOUNT_FILESYSTEM, .type = build_text(&bench->build, "proc"),
	    .tree = PLAN_NONE, .flags = PLAN_MOUNT_PLAIN_DIRECTORY);
}

static int setup(void **state)
{
	(void)state;
	bench_start(&b);
	return 0;
}

static void bind_is_changed_then_attached(void **state)
{
	(void)state;
	add_bind(&b);
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
	assert_string_equal(fake_log(),
			    "fstat 60\n"
			    "openat2 50 \"/data\" 0x210000 in-root no-magiclinks\n"
			    "mount_setattr 60 \"\" 0x9000 set=0x2 clear=0 propagation=0 userns=0\n"
			    "mount_setattr 60 \"\" 0x1000 set=0x1 clear=0 propagation=0 userns=0\n"
			    "move_mount 60 \"\" 100 \"\" 0x44\n"
			    "mount_setattr 60 \"\" 0x9000 set=0 clear=0 propagation=0x80000 userns=0\n"
			    "mount_setattr 60 \"\" 0x1000 set=0 clear=0 propagation=0x100000 userns=0\n"
			    "close 100\n"
			    "close 60\n");
	assert_int_equal(b.shim.trees[0], -1);
}

/* Somebody who shares the root file system removed it; one who goes on removing it does not keep us for ever.
 */
static void bind_target_that_was_removed_is_found_again(void **state)
{
	const char *first, *again;

	(void)state;
	add_bind(&b);
	fake_return("move_mount", -ENOENT);
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
	first = strstr(fake_log(), "openat2 50 \"/data\"");
	assert_non_null(first);
	again = strstr(first + 1, "openat2 50 \"/data\"");
	assert_non_null(again);
	assert_non_null(strstr(again, "move_mount"));
}

static void bind_target_that_never_stays_is_told(void **state)
{
	(void)state;
	add_bind(&b);
	for (int i = 0; i < 10; i++)
		fake_return("move_mount", -ENOENT);
	assert_int_equal(bench_run(&b, &stage_mounts), -ENOENT);
}

/* 5.10: attached, cut off from the host at once, then changed. */
static void bind_on_old_kernels(void **state)
{
	const char *attach, *settle;

	(void)state;
	bench_trees(&b, 1);
	BUILD_ADD(&b.build, SOURCES, source, .tree = 0, .path = build_text(&b.build, "/srv"),
		  .propagation = PLAN_PROP_SLAVE);
	ADD(&b, "/data", .how = PLAN_MOUNT_BIND, .tree = 0, .attr_set = PLAN_ATTR_RDONLY);
	b.shim.unsettled = true;
	for (int i = 0; i < 3; i++)
		fake_return("mount_setattr", -ENOSYS);
	fake_return("mount", -EINVAL);
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
	attach = strstr(fake_log(), "move_mount");
	settle = strstr(fake_log(), "0x84000");
	assert_true(attach && settle && attach < settle);
	assert_non_null(strstr(settle, "0x1001021")); /* STRICTATIME BIND REMOUNT RDONLY */
}

static void file_goes_onto_a_file(void **state)
{
	(void)state;
	bench_trees(&b, 1);
	ADD(&b, "/etc/hosts", .how = PLAN_MOUNT_BIND, .tree = 0);
	fake_stat(S_IFREG | 0644, 0, 0, 5);
	fake_stat(S_IFREG | 0644, 0, 0, 6);
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
	assert_int_equal(fake_count("openat2 50 \"/etc/hosts\" 0x200000"), 1);
}

/* MNT-17: clients look for "not a directory", whichever way round. */
static void file_onto_directory_is_enotdir(void **state)
{
	(void)state;
	bench_trees(&b, 1);
	BUILD_ADD(&b.build, SOURCES, source, .tree = 0, .path = build_text(&b.build, "/srv/f"));
	ADD(&b, "/etc", .how = PLAN_MOUNT_BIND, .tree = 0);
	fake_stat(S_IFREG | 0644, 0, 0, 5);
	fake_stat(S_IFDIR | 0755, 0, 0, 6);
	assert_int_equal(bench_run(&b, &stage_mounts), -ENOTDIR);
	assert_int_equal(b.fault.error, ENOTDIR);
	assert_string_equal(b.fault.object, "/srv/f on /etc");
}

static void filesystem_is_made_detached(void **state)
{
	(void)state;
	add_tmpfs(&b, 0);
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
	assert_int_equal(fake_count("fsconfig 101 1 \"size\" \"1m\""), 1);
	assert_int_equal(fake_count("fsmount 101 0x4"), 1);
	assert_int_equal(fake_count("move_mount 102 \"\" 100"), 1);
	assert_int_equal(fake_open_fds(), 0);
}

static void mode_is_that_of_what_is_covered(void **state)
{
	(void)state;
	add_tmpfs(&b, PLAN_MOUNT_KEEP_MODE);
	fake_stat(S_IFDIR | 01751, 0, 0, 6);
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
	assert_int_equal(fake_count("\"mode\" \"1751\""), 1);

	bench_start(&b);
	add_tmpfs(&b, PLAN_MOUNT_KEEP_MODE);
	fake_return("openat2", -ENOENT);
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
	assert_int_equal(fake_count("\"mode\""), 0);
}

/* CVE-2019-19921, CVE-2023-27561, MNT-10. */
static void proc_goes_on_no_link(void **state)
{
	(void)state;
	add_proc(&b);
	fake_return("openat2", -ELOOP);
	assert_int_equal(bench_run(&b, &stage_mounts), -ELOOP);
	assert_int_equal(fake_count("no-symlinks"), 1);
	assert_int_equal(fake_calls(), 1);
	assert_string_equal(b.fault.note, "filesystem \"proc\" must be mounted on ordinary directory");
}

static void made_directory_is_looked_at_again(void **state)
{
	(void)state;
	add_proc(&b);
	fake_return("openat2", -ENOENT);
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
	assert_int_equal(fake_count("no-symlinks"), 2);
	assert_int_equal(fake_open_fds(), 1); /* shim.proc_view, for the masks */
}

static void refusal_says_where_and_why(void **state)
{
	(void)state;
	add_proc(&b);
	fake_return("fsmount", -EPERM);
	assert_int_equal(bench_run(&b, &stage_mounts), -EPERM);
	assert_string_equal(b.fault.object, "proc on /proc");
	assert_non_null(strstr(b.fault.note, "user namespace"));
}

static void context_log_is_kept(void **state)
{
	(void)state;
	add_tmpfs(&b, 0);
	fake_return("fsconfig", 0);
	fake_return("fsconfig", -EINVAL);
	fake_bytes("read", "e tmpfs: Bad value for 'size'\n", 30);
	assert_int_equal(bench_run(&b, &stage_mounts), -EINVAL);
	assert_string_equal(b.fault.object, "tmpfs on /run");
	assert_string_equal(b.fault.note, "tmpfs: Bad value for 'size'");
}

static void cgroup2_falls_back_to_its_tree(void **state)
{
	(void)state;
	bench_trees(&b, 1);
	ADD(&b, "/sys/fs/cgroup", .how = PLAN_MOUNT_CGROUP2, .type = build_text(&b.build, "cgroup2"),
	    .tree = 0, .attr_set = PLAN_ATTR_RDONLY);
	fake_return("fsmount", -EBUSY);
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
	assert_int_equal(b.fault.set, 0);
	assert_int_equal(fake_count("move_mount 60"), 1);

	bench_start(&b);
	ADD(&b, "/sys/fs/cgroup", .how = PLAN_MOUNT_CGROUP2, .type = build_text(&b.build, "cgroup2"),
	    .tree = PLAN_NONE);
	fake_return("fsmount", -EPERM);
	assert_int_equal(bench_run(&b, &stage_mounts), -EPERM);
}

static void remount_leaves_other_flags(void **state)
{
	(void)state;
	ADD(&b, "/run", .how = PLAN_MOUNT_REMOUNT, .tree = PLAN_NONE,
	    .options = build_strings(&b.build, one_option, 0), .attr_set = PLAN_ATTR_NOEXEC);
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
	assert_int_equal(fake_count("fspick 100"), 1);
	assert_int_equal(fake_count("mount_setattr 100 \"\" 0x1000 set=0x8"), 1);
	assert_int_equal(fake_count("mount \""), 0);
}

static void link_may_be_there_already(void **state)
{
	(void)state;
	ADD(&b, "/cg/cpu", .how = PLAN_MOUNT_SYMLINK, .device = build_text(&b.build, "cpu,cpuacct"),
	    .tree = PLAN_NONE);
	fake_return("symlinkat", -EEXIST);
	fake_bytes("readlinkat", "cpu,cpuacct", 11);
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
}

/* MNT-12; a kernel without SELinux has no label to set. */
static void queue_is_labelled(void **state)
{
	(void)state;
	for (int selinux = 0; selinux < 2; selinux++) {
		bench_start(&b);
		ADD(&b, "/dev/mqueue", .how = PLAN_MOUNT_FILESYSTEM, .type = build_text(&b.build, "mqueue"),
		    .tree = PLAN_NONE, .label = build_text(&b.build, "u:r:t:s0"));
		if (!selinux)
			fake_return("fsetxattr", -EOPNOTSUPP);
		assert_int_equal(bench_run(&b, &stage_mounts), 0);
		assert_int_equal(fake_count("fsetxattr 103 \"security.selinux\""), 1);
		assert_int_equal(fake_open_fds(), 0);
	}
}

/* MNT-99: for mount(2) a label with commas stands in quotes. */
static void label_is_quoted_where_commas_separate(void **state)
{
	static const char *const options[] = { "size=1m", "context=u:r:t:s0:c1,c2", "mode=700", NULL };

	(void)state;
	ADD(&b, "/run", .how = PLAN_MOUNT_FILESYSTEM, .type = build_text(&b.build, "tmpfs"),
	    .tree = PLAN_NONE, .super = PLAN_SUPER_SILENT, .options = build_strings(&b.build, options, 0));
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
	assert_non_null(strstr(fake_log(), "size=1m,context=\"u:r:t:s0:c1,c2\",mode=700"));
}

/* MNT-89: the link is made again and nothing mounted. */
static void link_is_copied(void **state)
{
	(void)state;
	bench_trees(&b, 1);
	ADD(&b, "/link", .how = PLAN_MOUNT_BIND, .tree = 0, .flags = PLAN_MOUNT_COPY_SYMLINK);
	fake_stat(S_IFLNK | 0777, 0, 0, 5);
	fake_bytes("readlinkat", "to/here", 7);
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
	assert_int_equal(fake_count("symlinkat \"to/here\""), 1);
	assert_int_equal(fake_count("move_mount"), 0);
	bench_start(&b);
	bench_trees(&b, 1);
	ADD(&b, "/dir", .how = PLAN_MOUNT_BIND, .tree = 0, .flags = PLAN_MOUNT_COPY_SYMLINK);
	assert_int_equal(bench_run(&b, &stage_mounts), 0);
	assert_int_equal(fake_count("move_mount"), 1);
}

static void fill(struct bench *bench)
{
	add_bind(bench);
	add_proc(bench);
}

static int tree_kept(const struct bench *bench)
{
	(void)bench; /* its number is the test's own */
	return 0;
}

static void every_failure_is_told(void **state)
{
	(void)state;
	bench_sweep(fill, &stage_mounts, EPERM, 0, tree_kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(bind_is_changed_then_attached, setup),
		cmocka_unit_test_setup(bind_target_that_was_removed_is_found_again, setup),
		cmocka_unit_test_setup(bind_target_that_never_stays_is_told, setup),
		cmocka_unit_test_setup(bind_on_old_kernels, setup),
		cmocka_unit_test_setup(file_goes_onto_a_file, setup),
		cmocka_unit_test_setup(file_onto_directory_is_enotdir, setup),
		cmocka_unit_test_setup(filesystem_is_made_detached, setup),
		cmocka_unit_test_setup(mode_is_that_of_what_is_covered, setup),
		cmocka_unit_test_setup(proc_goes_on_no_link, setup),
		cmocka_unit_test_setup(made_directory_is_looked_at_again, setup),
		cmocka_unit_test_setup(refusal_says_where_and_why, setup),
		cmocka_unit_test_setup(context_log_is_kept, setup),
		cmocka_unit_test_setup(cgroup2_falls_back_to_its_tree, setup),
		cmocka_unit_test_setup(remount_leaves_other_flags, setup),
		cmocka_unit_test_setup(link_may_be_there_already, setup),
		cmocka_unit_test_setup(queue_is_labelled, setup),
		cmocka_unit_test_setup(label_is_quoted_where_commas_separate, setup),
		cmocka_unit_test_setup(link_is_copied, setup),
		cmocka_unit_test_setup(every_failure_is_told, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
