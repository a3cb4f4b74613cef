/* Answer to MAP: the id maps of a process that has just made its user namespace, written from outside by
 * whoever has CAP_SETUID and CAP_SETGID there (rootless: newuidmap does it, see runtime/host/newuidmap.c).
 */
#include <string.h>

#include "host.h"
#include "number.h"
#include "procfs.h"

/* O_PATH of /proc/PID: it stays with this very process, whatever becomes of the number. */
static int open_process(int64_t pid)
{
	FD_AUTO proc = procfs_open();
	char name[NUMBER_TEXT];

	if (proc < 0)
		return proc;
	number_text(name, (uint64_t)pid);
	return sys_openat(proc, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
}

/* The kernel takes a map once and in one write. */
static int write_file(int process, const char *file, const char *value, size_t length)
{
	FD_AUTO fd = sys_openat(process, file, O_WRONLY | O_NOFOLLOW, 0);
	ssize_t r;

	if (fd < 0)
		return fd;
	r = sys_write(fd, value, length);
	if (r < 0)
		return (int)r;
	return (size_t)r == length ? 0 : -EIO;
}

static int failed(struct fault *fault, const char *file, int error)
{
	fault_set(fault, FAULT_MAP_IDS, error, file);
	if (error == -EINVAL)
		fault_note(fault, "ids overlap, or a map has more than 340 lines or a page of text");
	if (error == -EPERM)
		fault_note(fault, "an id is not mapped in the parent namespace, or CAP_SETUID or CAP_SETGID "
				  "is missing");
	return error;
}

static int write_maps(const struct plan *plan, const struct plan_userns *userns, int process,
		      struct fault *fault)
{
	int r = 0;

	/* before the gid map: CVE-2014-8989, a group that only takes rights away could be dropped */
	if (userns->flags & PLAN_USERNS_DENY_SETGROUPS)
		r = write_file(process, "setgroups", "deny", 4);
	if (r < 0)
		return failed(fault, "setgroups", r);
	r = write_file(process, "uid_map", plan_text(plan, userns->uid_map), userns->uid_map.length);
	if (r < 0)
		return failed(fault, "uid_map", r);
	r = write_file(process, "gid_map", plan_text(plan, userns->gid_map), userns->gid_map.length);
	return r < 0 ? failed(fault, "gid_map", r) : 0;
}

/* The record and its number. */
static const struct plan_userns *find(const struct plan *plan, uint32_t *ret_number)
{
	uint32_t number = 0;

	plan_each(plan, r) {
		if (r->kind == PLAN_KIND_userns) {
			*ret_number = number;
			return (const void *)r;
		}
		number++;
	}
	return NULL;
}

int host_userns_map(const struct plan *plan, int64_t pid, struct fault *fault)
{
	uint32_t number = FAULT_NO_RECORD;
	const struct plan_userns *userns = find(plan, &number);
	FD_AUTO process = -1;
	int r;

	if (!userns || userns->writer != PLAN_MAP_HOST) {
		r = fault_set(fault, FAULT_MAP_IDS, EPROTO, "that the plan does not ask the host for");
	} else {
		process = open_process(pid);
		r = process < 0 ? fault_set(fault, FAULT_OPEN, process, "/proc of the container's process")
				: write_maps(plan, userns, process, fault);
	}
	if (r < 0) {
		fault->row = PLAN_ROW_USERNS;
		fault->record = number;
	}
	return r;
}
