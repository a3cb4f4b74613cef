/* The device filter on a real cgroup2: loaded, attached, replaced without a gap, obeyed. Needs root and a
 * kernel with CONFIG_CGROUP_BPF; skips otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/bpf.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf_device.h"
#include "fd.h"

static char mount[] = "/tmp/ocirun-bpf-XXXXXX";
static char dir[64];
static int group = -1;

/* r0 = verdict; exit */
/* clang-format off */
#define VERDICT(verdict)                                                                           \
	{ { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = (verdict) }, { .code = BPF_JMP | BPF_EXIT } }
/* clang-format on */
static const struct bpf_insn allow[] = VERDICT(1), deny[] = VERDICT(0);

static int attached(void)
{
	uint32_t ids[16];
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr);
	attr.query.target_fd = (uint32_t)group;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = 16;
	assert_int_equal(sys_bpf(BPF_PROG_QUERY, &attr, sizeof attr), 0);
	return (int)attr.query.prog_cnt;
}

/* What open("/dev/null") says inside the group: 0 or an errno. */
static int open_inside(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD,
				   .flags = CLONE_INTO_CGROUP,
				   .cgroup = (unsigned)group };
	siginfo_t info;
	long pid = syscall(SYS_clone3, &args, sizeof args);

	if (pid == 0) {
		int fd = sys_openat(AT_FDCWD, "/dev/null", O_RDONLY, 0);

		sys_exit(fd < 0 ? -fd : 0);
	}
	assert_true(pid > 0);
	assert_int_equal(sys_waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	return info.si_status;
}

static int fresh(void **state)
{
	int r;

	(void)state;
	if (group >= 0) {
		group = fd_close(group);
		rmdir(dir);
	}
	mkdir(dir, 0755);
	group = sys_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0);
	if (group < 0)
		return 0;
	r = bpf_device_attach(group, allow, sizeof allow, false);
	if (r == -ENOSYS || r == -EPERM) /* a machine that forbids it */
		group = fd_close(group);
	return 0;
}

static void needs_group(void)
{
	if (group < 0)
		skip();
}

static void is_obeyed_and_replaced(void **state)
{
	(void)state;
	needs_group();
	assert_int_equal(attached(), 1);
	assert_int_equal(open_inside(), 0);
	assert_int_equal(bpf_device_attach(group, deny, sizeof deny, true), 0);
	assert_int_equal(attached(), 1);
	assert_int_equal(open_inside(), EPERM);
	assert_int_equal(bpf_device_attach(group, allow, sizeof allow, true), 0);
	assert_int_equal(open_inside(), 0);
}

/* LIM-06: somebody who opens a device all the time, while one filter that allows it takes the place of
 * another, is never refused. */
static void is_replaced_without_a_gap(void **state)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .flags = CLONE_INTO_CGROUP };
	siginfo_t info;

	(void)state;
	needs_group();
	args.cgroup = (unsigned)group;
	long pid = syscall(SYS_clone3, &args, sizeof args);
	if (pid == 0)
		for (;;) {
			int fd = sys_openat(AT_FDCWD, "/dev/null", O_RDONLY, 0);

			if (fd < 0)
				sys_exit(-fd);
			sys_close(fd);
		}
	assert_true(pid > 0);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(bpf_device_attach(group, allow, sizeof allow, true), 0);
		assert_int_equal(attached(), 1);
	}
	/* to one that refuses: at once, and for good */
	assert_int_equal(bpf_device_attach(group, deny, sizeof deny, true), 0);
	assert_int_equal(sys_waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	assert_int_equal(info.si_code, CLD_EXITED);
	assert_int_equal(info.si_status, EPERM);
}

/* LIM-06: since 5.11 programs are charged to the group's memory, and no locked memory is needed at all. */
static void needs_no_locked_memory(void **state)
{
	struct rlimit before;

	(void)state;
	needs_group();
	assert_int_equal(sys_prlimit(0, RLIMIT_MEMLOCK, NULL, &before), 0);
	const struct rlimit soft = { 0, before.rlim_max };
	assert_int_equal(sys_prlimit(0, RLIMIT_MEMLOCK, &soft, NULL), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(bpf_device_attach(group, allow, sizeof allow, true), 0);
	assert_int_equal(sys_prlimit(0, RLIMIT_MEMLOCK, &before, NULL), 0);
}

/* All that an update left behind when it was cut short goes away with the next. */
static void replaces_more_than_one(void **state)
{
	(void)state;
	needs_group();
	assert_int_equal(bpf_device_attach(group, deny, sizeof deny, false), 0);
	assert_int_equal(attached(), 2);
	assert_int_equal(open_inside(), EPERM);
	assert_int_equal(bpf_device_attach(group, allow, sizeof allow, true), 0);
	assert_int_equal(attached(), 1);
	assert_int_equal(open_inside(), 0);
}

/* A program of somebody else's (systemd) stays. */
static void leaves_the_programs_of_others(void **state)
{
	union bpf_attr attr;
	int foreign;

	(void)state;
	needs_group();
	memset(&attr, 0, sizeof attr);
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)deny;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t) "none";
	foreign = sys_bpf(BPF_PROG_LOAD, &attr, sizeof attr);
	assert_true(foreign >= 0);
	memset(&attr, 0, sizeof attr);
	attr.target_fd = (uint32_t)group;
	attr.attach_bpf_fd = (uint32_t)foreign;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	assert_int_equal(sys_bpf(BPF_PROG_ATTACH, &attr, sizeof attr), 0);
	fd_close(foreign);
	assert_int_equal(bpf_device_attach(group, allow, sizeof allow, true), 0);
	assert_int_equal(attached(), 2);
	assert_int_equal(open_inside(), EPERM);
}

static void refuses_what_is_no_program(void **state)
{
	(void)state;
	needs_group();
	assert_int_equal(bpf_device_attach(group, allow, 0, false), -EINVAL);
	assert_int_equal(bpf_device_attach(group, allow, 12, false), -EINVAL);
	/* no exit */
	assert_int_equal(bpf_device_attach(group, allow, sizeof allow[0], false), -EINVAL);
	assert_int_equal(attached(), 1);
}

static int start(void **state)
{
	(void)state;
	if (geteuid() != 0 || !mkdtemp(mount))
		return 0;
	snprintf(dir, sizeof dir, "%s/ocirun-test-%d", mount, (int)getpid());
	if (sys_unshare(0x20000 /* CLONE_NEWNS */) == 0 &&
	    sys_mount("none", "/", NULL, 0x4000 | 0x40000 /* MS_REC | MS_PRIVATE */, NULL) == 0)
		sys_mount("none", mount, "cgroup2", 0, NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	group = fd_close(group);
	rmdir(dir);
	sys_umount2(mount, SYS_MNT_DETACH);
	rmdir(mount);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(is_obeyed_and_replaced, fresh),
		cmocka_unit_test_setup(is_replaced_without_a_gap, fresh),
		cmocka_unit_test_setup(needs_no_locked_memory, fresh),
		cmocka_unit_test_setup(replaces_more_than_one, fresh),
		cmocka_unit_test_setup(leaves_the_programs_of_others, fresh),
		cmocka_unit_test_setup(refuses_what_is_no_program, fresh),
	};

	return cmocka_run_group_tests(tests, start, end);
}
