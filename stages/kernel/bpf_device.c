/* Load and attach a device filter: see bpf_device.h.
 *
 * BPF_F_ALLOW_MULTI on every attach: without it the program forbids filters further down and is refused below
 * one that was attached without. With it all programs on the way to the root must allow.
 */
#include "bpf_device.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "fd.h"

#define OUR_NAME "ocirun_device" /* how a later update knows it again; at most 15 bytes */
#define PROGRAMS_MAX 64          /* BPF_CGROUP_MAX_PROGS */

static uint64_t address(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

static int load_once(const void *program, size_t length)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr);
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = address(program);
	attr.insn_cnt = (uint32_t)(length / sizeof(struct bpf_insn));
	/* asked for only by helpers that are for GPL programs; ours calls none */
	attr.license = address("Apache-2.0");
	memcpy(attr.prog_name, OUR_NAME, sizeof OUR_NAME);
	return sys_bpf(BPF_PROG_LOAD, &attr, sizeof attr);
}

/* Before 5.11 programs count as locked memory of the user, and EPERM is all that a full account says: one
 * page each, so that root's 64 KiB would end with the sixteenth container. The limit is another's: put
 * back. */
static int load(const void *program, size_t length)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit before;
	int r = load_once(program, length), back;

	if (r != -EPERM || sys_prlimit(0, RLIMIT_MEMLOCK, &none, &before) < 0)
		return r;
	r = load_once(program, length);
	back = sys_prlimit(0, RLIMIT_MEMLOCK, &before, NULL);
	if (r >= 0 && back < 0) {
		fd_close(r);
		return back;
	}
	return r;
}

/* Attach, in the place of `old` unless that is -1. */
static int attach(int dir, int program, int old)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr);
	attr.target_fd = (uint32_t)dir;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (old >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)old;
	}
	return sys_bpf(BPF_PROG_ATTACH, &attr, sizeof attr);
}

static int detach(int dir, int program)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr);
	attr.target_fd = (uint32_t)dir;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	return sys_bpf(BPF_PROG_DETACH, &attr, sizeof attr);
}

/* A descriptor of program `id` when it is one of ours; -ENOENT when not, or gone. */
static int open_ours(uint32_t id)
{
	struct bpf_prog_info info;
	union bpf_attr attr;
	FD_AUTO fd = -1;
	int r;

	memset(&attr, 0, sizeof attr);
	attr.prog_id = id;
	fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr, sizeof attr);
	if (fd < 0)
		return fd;
	memset(&info, 0, sizeof info);
	memset(&attr, 0, sizeof attr);
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof info;
	attr.info.info = address(&info);
	r = sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof attr);
	if (r < 0)
		return r;
	return strncmp(info.name, OUR_NAME, sizeof info.name) ? -ENOENT : fd_take(&fd);
}

/* The ids of what is attached to this very group. Their count, or -errno. */
static int attached(int dir, uint32_t ids[PROGRAMS_MAX])
{
	union bpf_attr attr;
	int r;

	memset(&attr, 0, sizeof attr);
	attr.query.target_fd = (uint32_t)dir;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = address(ids);
	attr.query.prog_cnt = PROGRAMS_MAX;
	r = sys_bpf(BPF_PROG_QUERY, &attr, sizeof attr);
	return r < 0 ? r : (int)attr.query.prog_cnt;
}

static int attach_in_place(int dir, int program)
{
	uint32_t ids[PROGRAMS_MAX];
	FD_AUTO first = -1; /* the one of ours whose place it takes */
	int count = attached(dir, ids), r;

	if (count < 0)
		return count;
	for (int i = 0; i < count && first < 0; i++) {
		first = open_ours(ids[i]);
		if (first < 0 && first != -ENOENT)
			return first;
	}
	r = attach(dir, program, first);
	/* Further ones are there only after an update that was cut short. */
	for (int i = 0; i < count && r == 0 && first >= 0; i++) {
		FD_AUTO other = open_ours(ids[i]);

		/* ENOENT: the one that was replaced just now */
		if (other >= 0 && (r = detach(dir, other)) == -ENOENT)
			r = 0;
	}
	return r;
}

int bpf_device_attach(int dir, const void *program, size_t length, bool replace)
{
	FD_AUTO fd = -1;

	if (length == 0 || length % sizeof(struct bpf_insn))
		return -EINVAL;
	fd = load(program, length);
	if (fd < 0)
		return fd;
	return replace ? attach_in_place(dir, fd) : attach(dir, fd, -1);
}
