/* Groups of a name of our own, in the v1 hierarchies that this machine has and in a cgroup2 mounted in a
 * mount namespace of our own. Include it in one file of a test; its start and end are the group's.
 */
#ifndef OCIRUN_CGROUP_FIXTURE_H
#define OCIRUN_CGROUP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup.h"
#include "cgroup_v2.h"
#include "clone.h"
#include "host.h"
#include "plan_build.h"

static char v2[] = "/tmp/ocirun-cgroup2-XXXXXX";
static char name[64]; /* of the group, with its slash */
static bool have_v2;
static struct plan_build build;
static struct plan view;

/* The plan as built so far. */
static const struct plan *plan(void)
{
	struct plan_refusal why = { 0 };
	size_t length = build_finish(&build);

	if (plan_check(build.bytes, length, &view, &why) < 0)
		fail_msg("plan: %s (%s, record %u)", why.what, why.field, why.record);
	return &view;
}

static char *path(const char *mount, const char *tail)
{
	static char text[4][512];
	static unsigned turn;

	turn = (turn + 1) % 4;
	snprintf(text[turn], sizeof text[turn], "%s%s%s", mount, name, tail);
	return text[turn];
}

static int exists(const char *file)
{
	return sys_access(AT_FDCWD, file, F_OK, 0) == 0;
}

static const char *read_file(const char *file)
{
	static char text[4096];
	int fd = sys_openat(AT_FDCWD, file, O_RDONLY, 0);
	ssize_t length = fd < 0 ? 0 : sys_read(fd, text, sizeof text - 1);

	fd_close(fd);
	text[length > 0 ? length : 0] = 0;
	return text;
}

static void write_file(const char *file, const char *value)
{
	int fd = sys_openat(AT_FDCWD, file, O_WRONLY, 0);

	sys_write(fd, value, strlen(value));
	fd_close(fd);
}

static struct plan_cgroup *group(uint64_t version, const char *mount, const char *tail, uint64_t flags)
{
	struct plan_cgroup *g = BUILD_ADD(&build, CGROUP, cgroup, .version = version, .flags = flags);

	g->mount = build_text(&build, mount);
	g->path = build_text(&build, path("", tail));
	return g;
}

static void limit(uint64_t n, const char *file, const char *value, uint64_t flags)
{
	BUILD_ADD(&build, CGROUP, cgroup_write, .group = n, .file = build_text(&build, file),
		  .value = build_text(&build, value), .flags = flags);
}

static int nap(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return 0;
}

/* A child that sleeps in the group `fd` (v2), or here. */
static int sleeper(int fd)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	long pid;

	if (fd >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)fd;
	}
	pid = syscall(SYS_clone3, &args, sizeof args);
	if (pid == 0)
		nap(NULL);
	return (int)pid;
}

static void reap(int pid)
{
	siginfo_t info;

	assert_int_equal(sys_waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	assert_int_equal(info.si_status, SIGKILL);
}

static int fresh(void **state)
{
	(void)state;
	build_start(&build);
	return 0;
}

static void needs_v1(const char *mount)
{
	if (geteuid() != 0 || !exists(mount))
		skip();
}

static void needs_v2(void)
{
	if (!have_v2)
		skip();
}

/* Groups and, as after the clone, their limits; a limit that fails takes the groups along, as create does. */
static int make_and_limit(struct host_cgroups *groups, struct fault *fault)
{
	int r = host_cgroups_make(plan(), groups, fault);

	if (r < 0)
		return r;
	r = host_cgroups_limit(plan(), groups, fault);
	if (r < 0)
		host_cgroups_close(groups);
	return r;
}

static int start(void **state)
{
	(void)state;
	snprintf(name, sizeof name, "/ocirun-test-%d", (int)getpid());
	if (geteuid() != 0 || !mkdtemp(v2))
		return 0;
	have_v2 = sys_unshare(0x20000 /* CLONE_NEWNS */) == 0 &&
		  sys_mount("none", "/", NULL, 0x4000 | 0x40000 /* MS_REC | MS_PRIVATE */, NULL) == 0 &&
		  sys_mount("none", v2, "cgroup2", 0, NULL) == 0;
	return 0;
}

static int end(void **state)
{
	static const char *const mounts[] = { "pids", "cpuset", "memory", "freezer" };

	(void)state;
	for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
		char mount[64];

		snprintf(mount, sizeof mount, "/sys/fs/cgroup/%s", mounts[i]);
		host_cgroup_remove(path(mount, ""), 1000);
	}
	if (have_v2) {
		host_cgroup_remove(path(v2, ""), 1000);
		sys_umount2(v2, SYS_MNT_DETACH);
	}
	rmdir(v2);
	return 0;
}

#endif
