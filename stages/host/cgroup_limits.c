/* What is done to a group that was made: limits, device filter, delegation. Values come ready from the plan;
 * here is only the writing, and saying why one was refused.
 */
#include <string.h>

#include "bpf_device.h"
#include "cgroup.h"
#include "cgroup_place.h"
#include "cgroup_v2.h"
#include "needs.h"

#define SHOWN 200 /* bytes of a value in a message */

/* The descriptor of group n. -1: an optional one that could not be made. -EINVAL, with the fault: no such. */
static int group_dir(const struct cgroup_place *at, uint64_t n)
{
	if (n >= at->groups->count)
		return fault_set(at->fault, FAULT_CHECK_PLAN, EINVAL, "a cgroup that is not in it");
	return at->groups->dirs[n];
}

/* Why a limit was refused, where the errno alone leaves a user at a loss. */
static void explain_write(const struct cgroup_place *at, const char *file, int dir, int error)
{
	size_t length = strcspn(file, ".");
	char controller[64] = "", line[512];

	if (!strcmp(file, "cpu.max.burst"))
		need_note(at->fault, NEED_CPU_BURST, error);
	if (!strcmp(file, "cpu.idle"))
		need_note(at->fault, NEED_CPU_IDLE, error);
	if ((error != -ENOENT && error != -EACCES) || length >= sizeof controller || at->fault->note[0])
		return;
	memcpy(controller, file, length);
	/* v1 has no such file: there the hierarchy is the controller */
	if (cgroup_v2_offers(dir, controller) != 0 ||
	    cgroup_read(dir, "cgroup.controllers", line, sizeof line) < 0)
		return;
	fault_note(at->fault, "controllers available in this group: ");
	fault_note(at->fault, line[0] ? line : "none");
}

static int write_failed(const struct cgroup_place *at, const struct plan_cgroup_write *write, int dir,
			int error)
{
	const struct plan_cgroup *group = cgroup_number(at->plan, write->group);
	const char *value = plan_text(at->plan, write->value);
	size_t length = strcspn(value, "\n");
	char object[SHOWN + 16] = "\"";

	memcpy(object + 1, value, length < SHOWN ? length : SHOWN);
	fault_append(object, sizeof object, length > SHOWN ? "...\" to " : "\" to ");
	fault_set2(at->fault, FAULT_WRITE, error, object, "", plan_text(at->plan, group->mount));
	fault_append(at->fault->object, sizeof at->fault->object, plan_text(at->plan, group->path));
	fault_append(at->fault->object, sizeof at->fault->object, "/");
	fault_append(at->fault->object, sizeof at->fault->object, plan_text(at->plan, write->file));
	explain_write(at, plan_text(at->plan, write->file), dir, error);
	return error;
}

int cgroup_run_write(const struct cgroup_place *at, const struct plan_record *record)
{
	const struct plan_cgroup_write *write = (const void *)record;
	int r, dir = group_dir(at, write->group);

	if (dir < 0)
		return dir == -1 ? 0 : dir;
	r = cgroup_write(dir, plan_text(at->plan, write->file), plan_text(at->plan, write->value),
			 write->value.length);
	if (r == -ENOENT && write->other_file.length)
		r = cgroup_write(dir, plan_text(at->plan, write->other_file),
				 plan_text(at->plan, write->other_value), write->other_value.length);
	if (r == 0 || (r == -ENOENT && (write->flags & PLAN_WRITE_MISSING_OK)))
		return 0;
	return write_failed(at, write, dir, r);
}

int cgroup_run_device(const struct cgroup_place *at, const struct plan_record *record)
{
	const struct plan_cgroup_device *device = (const void *)record;
	int r, dir = group_dir(at, device->group);
	bool fresh = dir >= 0 && (at->groups->made >> device->group & 1);
	const struct plan_cgroup *group;

	if (dir < 0)
		return dir == -1 ? 0 : dir;
	r = bpf_device_attach(dir, plan_text(at->plan, device->program), device->program.length, !fresh);
	if (r == 0)
		return 0;
	group = cgroup_number(at->plan, device->group);
	cgroup_refuse(at, group, FAULT_DEVICE_FILTER, r, group->path.length);
	need_note(at->fault, NEED_BPF, r);
	need_note(at->fault, NEED_DEVICE_FILTER, r);
	if (r == -EPERM)
		fault_note(at->fault,
			   "it needs CAP_SYS_ADMIN on the host: inside a container it is impossible");
	return r;
}

static int change_owner(const struct cgroup_place *at, const struct plan_cgroup_owner *owner, int dir,
			const char *file)
{
	int r = sys_fchownat(dir, file, (uid_t)owner->uid, (gid_t)owner->gid,
			     AT_SYMLINK_NOFOLLOW | (file[0] ? 0 : AT_EMPTY_PATH));

	/* the kernel's list also names files of controllers that are off here */
	if (r == 0 || (r == -ENOENT && file[0]))
		return 0;
	return fault_set2(at->fault, FAULT_CHANGE_OWNER, r,
			  plan_text(at->plan, cgroup_number(at->plan, owner->group)->path), "/", file);
}

/* Files that a delegate may write (4.15); before it, or without sysfs, the three that always were. */
static void delegate_list(char *text, size_t size)
{
	FD_AUTO fd = sys_openat(AT_FDCWD, "/sys/kernel/cgroup/delegate", O_RDONLY, 0);
	ssize_t length = fd < 0 ? fd : sys_read(fd, text, size - 1);

	text[length > 0 ? length : 0] = 0;
	if (length <= 0)
		fault_append(text, size, "cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n");
}

/* CGR-09: exactly the kernel's list, so that the limits above it stay out of reach. */
int cgroup_run_owner(const struct cgroup_place *at, const struct plan_record *record)
{
	const struct plan_cgroup_owner *owner = (const void *)record;
	int r, dir = group_dir(at, owner->group);
	char list[1024];

	if (dir < 0)
		return dir == -1 ? 0 : dir;
	delegate_list(list, sizeof list);
	r = change_owner(at, owner, dir, "");
	for (char *name = list, *end; r == 0 && (end = strchr(name, '\n')); name = end + 1) {
		*end = 0;
		if (*name && !strchr(name, '/'))
			r = change_owner(at, owner, dir, name);
	}
	return r;
}
