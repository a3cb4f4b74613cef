/* Host halves of the cgroup rows against the real kernel: v1 hierarchies where this machine has them, and a
 * cgroup2 mounted in a mount namespace of our own. Needs root; skips what the machine lacks. Group names bear
 * our pid and are removed at the end.
 */
#include "cgroup_fixture.h"

static void makes_limits_joins_and_removes_v1(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };
	struct plan_cgroup_join join = { .group = 0 };
	int tasks, pid;

	(void)state;
	needs_v1("/sys/fs/cgroup/pids/tasks");
	group(PLAN_CGROUP_V1, "/sys/fs/cgroup/pids", "/a", PLAN_CGROUP_MUST_BE_EMPTY);
	limit(0, "pids.max", "11", 0);
	limit(0, "pids.max", "12", PLAN_WRITE_LATE);
	limit(0, "no.such.file", "1", PLAN_WRITE_MISSING_OK);
	assert_int_equal(make_and_limit(&groups, &fault), 0);
	assert_int_equal(groups.count, 1);
	assert_int_equal(groups.made, 1);
	assert_int_equal(groups.born, -1);
	assert_string_equal(read_file(path("/sys/fs/cgroup/pids", "/a/pids.max")), "11\n");
	assert_int_equal(host_cgroups_late(plan(), &groups, &fault), 0);
	assert_string_equal(read_file(path("/sys/fs/cgroup/pids", "/a/pids.max")), "12\n");

	tasks = host_cgroups_tasks(&groups, &join);
	assert_true(tasks >= 0);
	pid = fork();
	if (pid == 0) {
		sys_write(tasks, "0", 1);
		nap(NULL);
	}
	fd_close(tasks);
	while (!strchr(read_file(path("/sys/fs/cgroup/pids", "/a/tasks")), '\n'))
		sys_poll(NULL, 0, 1);
	host_cgroups_close(&groups);

	/* CRE-20: the same group again is refused, and left as it is */
	assert_int_equal(make_and_limit(&groups, &fault), -EBUSY);
	assert_string_equal(fault.object, "container's cgroup is not empty: 1 process(es) found");
	assert_int_equal(fault.error, 0);
	assert_int_equal(fault.record, 0);
	assert_true(exists(path("/sys/fs/cgroup/pids", "/a")));

	mkdir(path("/sys/fs/cgroup/pids", "/a/below"), 0755);
	assert_int_equal(host_cgroup_remove(path("/sys/fs/cgroup/pids", "/a"), 2000), 0);
	reap(pid);
	assert_false(exists(path("/sys/fs/cgroup/pids", "/a")));
	assert_int_equal(host_cgroup_remove(path("/sys/fs/cgroup/pids", "/a"), 0), 0);
	assert_int_equal(host_cgroup_remove(path("/sys/fs/cgroup/pids", ""), 0), 0);
}

static void fills_a_new_cpuset(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };

	(void)state;
	needs_v1("/sys/fs/cgroup/cpuset/cpuset.cpus");
	group(PLAN_CGROUP_V1, "/sys/fs/cgroup/cpuset", "/a/b", 0)->name = build_text(&build, "cpuset");
	assert_int_equal(make_and_limit(&groups, &fault), 0);
	assert_true(strlen(read_file(path("/sys/fs/cgroup/cpuset", "/a/b/cpuset.cpus"))) > 1);
	assert_true(strlen(read_file(path("/sys/fs/cgroup/cpuset", "/a/b/cpuset.mems"))) > 1);
	host_cgroups_close(&groups);
	assert_int_equal(host_cgroup_remove(path("/sys/fs/cgroup/cpuset", ""), 1000), 0);
}

/* memory.memsw must never be below memory.limit: whichever comes first, one has to wait. */
static void writes_again_what_had_to_wait(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };

	(void)state;
	needs_v1("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes");
	group(PLAN_CGROUP_V1, "/sys/fs/cgroup/memory", "/a", 0);
	limit(0, "memory.memsw.limit_in_bytes", "33554432", PLAN_WRITE_BUSY_OK);
	limit(0, "memory.limit_in_bytes", "16777216", PLAN_WRITE_BUSY_OK);
	assert_int_equal(make_and_limit(&groups, &fault), 0);
	assert_string_equal(read_file(path("/sys/fs/cgroup/memory", "/a/memory.memsw.limit_in_bytes")),
			    "33554432\n");
	host_cgroups_close(&groups);
	assert_int_equal(host_cgroup_oom_kills(path("/sys/fs/cgroup/memory", "/a")), 0);
	assert_int_equal(host_cgroup_remove(path("/sys/fs/cgroup/memory", ""), 1000), 0);
}

/* Which of two files a kernel has is seen only here (blkio.bfq.weight, blkio.weight). */
static void writes_the_other_file_where_one_is_absent(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };

	(void)state;
	needs_v1("/sys/fs/cgroup/pids/tasks");
	group(PLAN_CGROUP_V1, "/sys/fs/cgroup/pids", "/a", 0);
	BUILD_ADD(&build, CGROUP, cgroup_write, .file = build_text(&build, "pids.max"),
		  .value = build_text(&build, "14"), .other_file = build_text(&build, "no.such.file"),
		  .other_value = build_text(&build, "1"));
	assert_int_equal(make_and_limit(&groups, &fault), 0);
	host_cgroups_close(&groups);
	assert_string_equal(read_file(path("/sys/fs/cgroup/pids", "/a/pids.max")), "14\n");
	BUILD_ADD(&build, CGROUP, cgroup_write, .file = build_text(&build, "no.such.file"),
		  .value = build_text(&build, "1"), .other_file = build_text(&build, "pids.max"),
		  .other_value = build_text(&build, "15"));
	assert_int_equal(make_and_limit(&groups, &fault), 0);
	host_cgroups_close(&groups);
	assert_string_equal(read_file(path("/sys/fs/cgroup/pids", "/a/pids.max")), "15\n");
	assert_int_equal(host_cgroup_remove(path("/sys/fs/cgroup/pids", ""), 1000), 0);
}

static void kills_a_frozen_v1_group(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };
	char *dir = path("/sys/fs/cgroup/freezer", "/a");
	int64_t pids[4];
	int pid;

	(void)state;
	needs_v1("/sys/fs/cgroup/freezer/tasks");
	group(PLAN_CGROUP_V1, "/sys/fs/cgroup/freezer", "/a", PLAN_CGROUP_MUST_BE_EMPTY);
	assert_int_equal(make_and_limit(&groups, &fault), 0);
	pid = sleeper(-1);
	assert_int_equal(host_cgroups_add(plan(), &groups, pid, &fault), 0);
	assert_int_equal(host_cgroup_pids(dir, pids, 4), 1);
	assert_int_equal(pids[0], pid);
	write_file(path("/sys/fs/cgroup/freezer", "/a/freezer.state"), "FROZEN");
	assert_int_equal(host_cgroup_frozen(dir), 1);
	assert_int_equal(host_cgroup_kill(dir, SIGKILL), 0);
	reap(pid);
	assert_int_equal(host_cgroup_frozen(dir), 0);
	host_cgroups_close(&groups);

	write_file(path("/sys/fs/cgroup/freezer", "/a/freezer.state"), "FROZEN");
	assert_int_equal(make_and_limit(&groups, &fault), -EBUSY);
	assert_string_equal(fault.object, "container's cgroup unexpectedly frozen");
	assert_int_equal(host_cgroup_thaw(path("/sys/fs/cgroup/freezer", "/a")), 0);
	assert_int_equal(host_cgroup_remove(path("/sys/fs/cgroup/freezer", ""), 1000), 0);
}

/* Another hierarchy than freezer's cannot hold anybody still. */
static void kills_in_any_v1_hierarchy(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };
	int pids[5];

	(void)state;
	needs_v1("/sys/fs/cgroup/pids/tasks");
	group(PLAN_CGROUP_V1, "/sys/fs/cgroup/pids", "/a", 0);
	assert_int_equal(make_and_limit(&groups, &fault), 0);
	for (int i = 0; i < 5; i++) {
		pids[i] = sleeper(-1);
		assert_int_equal(host_cgroups_add(plan(), &groups, pids[i], &fault), 0);
	}
	host_cgroups_close(&groups);
	assert_int_equal(host_cgroup_kill(path("/sys/fs/cgroup/pids", "/a"), SIGKILL), 0);
	for (int i = 0; i < 5; i++)
		reap(pids[i]);
	assert_int_equal(host_cgroup_remove(path("/sys/fs/cgroup/pids", "/a"), 1000), 0);
}

static void is_born_in_v2_and_killed_there(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };
	char *dir = path(v2, "/a");
	int64_t pids[1];
	int one, two, below;

	(void)state;
	needs_v2();
	group(PLAN_CGROUP_V2, v2, "/a", PLAN_CGROUP_BORN | PLAN_CGROUP_MUST_BE_EMPTY);
	assert_int_equal(make_and_limit(&groups, &fault), 0);
	assert_int_equal(groups.born, 0);
	one = sleeper(groups.dirs[0]);
	assert_true(one > 0);
	/* a group that the container made for itself */
	assert_int_equal(sys_mkdirat(groups.dirs[0], "below", 0755), 0);
	below = cgroup_open_child(groups.dirs[0], "below");
	two = sleeper(below);
	assert_true(two > 0);
	fd_close(below);
	assert_int_equal(host_cgroup_pids(dir, pids, 1), 2);
	assert_int_equal(host_cgroup_remove(dir, 2000), 0);
	reap(one);
	reap(two);
	assert_false(exists(dir));
	host_cgroups_close(&groups);
}

/* What kernels before 5.14 have instead of cgroup.kill. */
static void kills_by_pid_and_keeps_a_pause(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };
	char *dir = path(v2, "/a");
	int pid;

	(void)state;
	needs_v2();
	group(PLAN_CGROUP_V2, v2, "/a", PLAN_CGROUP_BORN);
	assert_int_equal(make_and_limit(&groups, &fault), 0);
	pid = sleeper(groups.dirs[0]);
	assert_int_equal(host_cgroup_freeze(path(v2, "/none"), 1000), -ENOENT);
	assert_int_equal(host_cgroup_freeze(v2, 1000), -EPERM);
	assert_int_equal(host_cgroup_freeze(dir, 1000), 0);
	/* a signal that is not the last one leaves a paused container paused */
	assert_int_equal(host_cgroup_kill(dir, SIGCONT), 0);
	assert_int_equal(host_cgroup_frozen(dir), 1);
	assert_int_equal(host_cgroup_thaw(dir), 0);
	assert_int_equal(cgroup_signal(groups.dirs[0], SIGKILL), 0);
	reap(pid);
	host_cgroups_close(&groups);
	assert_int_equal(host_cgroup_remove(dir, 1000), 0);
}

static void removes_what_is_nested_deeper_than_a_walk(void **state)
{
	char *dir = path(v2, "/a");
	int fd, next, depth = CGROUP_DEPTH_MAX + 20;

	(void)state;
	needs_v2();
	mkdir(path(v2, ""), 0755);
	mkdir(dir, 0755);
	fd = sys_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0);
	for (int i = 0; i < depth; i++) {
		assert_int_equal(sys_mkdirat(fd, "d", 0755), 0);
		next = cgroup_open_child(fd, "d");
		assert_true(next >= 0);
		fd_close(fd);
		fd = next;
	}
	fd_close(fd);
	assert_int_equal(host_cgroup_pids(dir, NULL, 0), -ELOOP);
	assert_int_equal(host_cgroup_remove(dir, 3000), 0);
	assert_false(exists(dir));
}

static void enables_a_controller_on_the_way(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };
	struct plan_cgroup *g;
	char root[512];
	bool was_on;

	(void)state;
	needs_v2();
	snprintf(root, sizeof root, "%s/cgroup.controllers", v2);
	if (!strstr(read_file(root), "hugetlb"))
		skip();
	snprintf(root, sizeof root, "%s/cgroup.subtree_control", v2);
	was_on = strstr(read_file(root), "hugetlb") != NULL;
	g = group(PLAN_CGROUP_V2, v2, "/a/b", 0);
	/* the one that does not exist is tolerated here: only a limit's own write fails */
	g->enable = build_strings(&build, (const char *const[]){ "hugetlb", "nonesuch", NULL }, 0);
	limit(0, "hugetlb.2MB.max", "0", 0);
	assert_int_equal(make_and_limit(&groups, &fault), 0);
	assert_string_equal(read_file(path(v2, "/a/b/hugetlb.2MB.max")), "0\n");
	host_cgroups_close(&groups);
	assert_int_equal(host_cgroup_remove(path(v2, ""), 1000), 0);

	/* a limit whose controller is missing names it */
	limit(0, "nonesuch.max", "7\n", 0);
	assert_int_equal(make_and_limit(&groups, &fault), -ENOENT);
	assert_int_equal(fault.op, FAULT_WRITE);
	assert_int_equal(fault.record, 2);
	assert_non_null(strstr(fault.object, "\"7\" to /tmp/"));
	assert_non_null(strstr(fault.object, "/a/b/nonesuch.max"));
	assert_non_null(strstr(fault.note, "hugetlb"));
	host_cgroup_remove(path(v2, ""), 1000);
	if (!was_on)
		write_file(root, "-hugetlb");
}

static void refuses_paths_that_climb(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };
	struct plan_cgroup *g;

	(void)state;
	needs_v2();
	g = group(PLAN_CGROUP_V2, v2, "", 0);
	g->path = build_text(&build, path("", "/../.."));
	assert_int_equal(make_and_limit(&groups, &fault), -EINVAL);
	g->mount = build_text(&build, "/tmp");
	fault.set = 0;
	assert_int_equal(make_and_limit(&groups, &fault), -EXDEV);
	assert_int_equal(fault.op, FAULT_VERIFY);
}

/* A group that cannot be made may be missing when the record says so; its slot still gets a descriptor. */
static void goes_on_without_an_optional_group(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };
	struct plan_cgroup_join join = { .group = 0 };
	int tasks;

	(void)state;
	group(PLAN_CGROUP_V2, "/nonexistent", "/a", PLAN_CGROUP_OPTIONAL | PLAN_CGROUP_BORN);
	limit(0, "devices.deny", "a", 0); /* rules for devices are for who has rights */
	assert_int_equal(make_and_limit(&groups, &fault), 0);
	assert_int_equal(groups.dirs[0], -1);
	assert_int_equal(groups.born, -1);
	tasks = host_cgroups_tasks(&groups, &join);
	assert_int_equal(sys_write(tasks, "0", 1), 1);
	fd_close(tasks);
	host_cgroups_close(&groups);
}

/* CGR-12: what a limit depends on is never left out. */
static void refuses_to_limit_a_group_that_cannot_be_made(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };

	(void)state;
	group(PLAN_CGROUP_V2, "/nonexistent", "/a", PLAN_CGROUP_OPTIONAL | PLAN_CGROUP_BORN);
	limit(0, "pids.max", "1", 0);
	assert_int_equal(make_and_limit(&groups, &fault), -ENOENT);
}

static void never_touches_a_hierarchy_root(void **state)
{
	(void)state;
	needs_v2();
	assert_int_equal(host_cgroup_kill(v2, SIGTERM), -EPERM);
	assert_int_equal(host_cgroup_remove(v2, 100), 0);
	assert_true(exists(v2));
	assert_int_equal(host_cgroup_kill("/tmp", SIGTERM), -EXDEV);
	assert_int_equal(host_cgroup_kill(path(v2, "/none"), SIGTERM), 0);
	assert_int_equal(host_cgroup_pids(path(v2, "/none"), NULL, 0), 0);
}

static void delegates_the_kernels_list(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };
	struct stat stat;

	(void)state;
	needs_v2();
	group(PLAN_CGROUP_V2, v2, "/a", 0);
	BUILD_ADD(&build, CGROUP, cgroup_owner, .uid = 1234, .gid = 4321);
	assert_int_equal(make_and_limit(&groups, &fault), 0);
	assert_int_equal(sys_fstat(groups.dirs[0], &stat), 0);
	assert_int_equal(stat.st_uid, 1234);
	assert_int_equal(sys_fstatat(groups.dirs[0], "cgroup.procs", &stat, 0), 0);
	assert_int_equal(stat.st_gid, 4321);
	assert_int_equal(sys_fstatat(groups.dirs[0], "cgroup.freeze", &stat, 0), 0);
	assert_int_equal(stat.st_uid, 0);
	host_cgroups_close(&groups);
	assert_int_equal(host_cgroup_remove(path(v2, ""), 1000), 0);
}

/* ANN-13, where the shim could not be born in its group. */
static void moves_a_process_past_outer_groups(void **state)
{
	struct host_cgroups groups;
	struct fault fault = { 0 };
	int pid;

	(void)state;
	needs_v2();
	group(PLAN_CGROUP_V2, v2, "/a", PLAN_CGROUP_OUTER | PLAN_CGROUP_MUST_BE_EMPTY);
	group(PLAN_CGROUP_V2, v2, "/a/b", PLAN_CGROUP_BORN | PLAN_CGROUP_MUST_BE_EMPTY);
	assert_int_equal(make_and_limit(&groups, &fault), 0);
	assert_int_equal(groups.born, 1);
	pid = sleeper(-1);
	assert_int_equal(host_cgroups_add(plan(), &groups, pid, &fault), 0);
	assert_string_equal(read_file(path(v2, "/a/cgroup.procs")), "");
	assert_int_equal(atoi(read_file(path(v2, "/a/b/cgroup.procs"))), pid);
	host_cgroups_close(&groups);
	assert_int_equal(host_cgroup_remove(path(v2, "/a"), 2000), 0);
	reap(pid);
	assert_int_equal(host_cgroup_remove(path(v2, ""), 1000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(makes_limits_joins_and_removes_v1, fresh),
		cmocka_unit_test_setup(fills_a_new_cpuset, fresh),
		cmocka_unit_test_setup(writes_again_what_had_to_wait, fresh),
		cmocka_unit_test_setup(writes_the_other_file_where_one_is_absent, fresh),
		cmocka_unit_test_setup(kills_a_frozen_v1_group, fresh),
		cmocka_unit_test_setup(kills_in_any_v1_hierarchy, fresh),
		cmocka_unit_test_setup(is_born_in_v2_and_killed_there, fresh),
		cmocka_unit_test_setup(kills_by_pid_and_keeps_a_pause, fresh),
		cmocka_unit_test_setup(removes_what_is_nested_deeper_than_a_walk, fresh),
		cmocka_unit_test_setup(enables_a_controller_on_the_way, fresh),
		cmocka_unit_test_setup(refuses_paths_that_climb, fresh),
		cmocka_unit_test_setup(goes_on_without_an_optional_group, fresh),
		cmocka_unit_test_setup(refuses_to_limit_a_group_that_cannot_be_made, fresh),
		cmocka_unit_test_setup(never_touches_a_hierarchy_root, fresh),
		cmocka_unit_test_setup(delegates_the_kernels_list, fresh),
		cmocka_unit_test_setup(moves_a_process_past_outer_groups, fresh),
	};

	return cmocka_run_group_tests(tests, start, end);
}
