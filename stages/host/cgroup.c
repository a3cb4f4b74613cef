/* Row CGROUP: groups, limits, device filter and delegation, before the clone (and the late limits at READY).
 *
 * Every directory is made and opened component by component below the descriptor of the hierarchy's mount,
 * which is checked to be one. Controllers are enabled only where something is missing, so the usual create
 * makes one mkdir, and writes nothing above its own group. Processes are joined elsewhere: this file writes
 * cgroup.procs only in the fall-back (it waits 5 to 9 ms for RCU).
 */
#include <linux/magic.h>
#include <string.h>

#include "bpf_device.h"
#include "cgroup.h"
#include "cgroup_v1.h"
#include "cgroup_v2.h"
#include "host.h"
#include "needs.h"
#include "number.h"

#define GROUPS_MAX 64 /* bits of host_cgroups.made */
#define RETRY_MAX 16  /* writes that may wait for another one */
#define SHOWN 200     /* bytes of a value in a message */

_Static_assert(GROUPS_MAX <= HOST_CGROUPS_MAX, "dirs has room");

/* Where we are: for faults. */
struct place {
	const struct plan *plan;
	struct host_cgroups *groups;
	struct fault *fault;
};

static const struct plan_cgroup *group_record(const struct plan_record *record)
{
	return (const void *)record;
}

/* The n-th record `cgroup`, or NULL. */
static const struct plan_cgroup *group_number(const struct plan *plan, uint64_t n)
{
	for plan_each (plan, r)
		if (r->kind == PLAN_KIND_cgroup && n-- == 0)
			return group_record(r);
	return NULL;
}

/* Name the group: its mount point and `length` bytes of its path. */
static int refuse(const struct place *at, const struct plan_cgroup *group, enum fault_op op, int error,
		  size_t length)
{
	const char *path = plan_text(at->plan, group->path);
	char shown[FAULT_OBJECT] = "";

	if (length < sizeof shown)
		memcpy(shown, path, length);
	return fault_set2(at->fault, op, error, plan_text(at->plan, group->mount), "", shown);
}

static int open_mount(const struct place *at, const struct plan_cgroup *group)
{
	FD_AUTO mount = sys_openat(AT_FDCWD, plan_text(at->plan, group->mount), O_RDONLY | O_DIRECTORY, 0);
	int version;

	if (mount < 0)
		return refuse(at, group, FAULT_OPEN, mount, 0);
	version = cgroup_version(mount);
	if (version != (int)group->version) {
		refuse(at, group, FAULT_VERIFY, version < 0 ? version : -EXDEV, 0);
		fault_note(at->fault, group->version == PLAN_CGROUP_V2 ? "no cgroup2 file system is mounted there" :
									   "no cgroup v1 hierarchy is mounted there");
		return version < 0 ? version : -EXDEV;
	}
	return fd_take(&mount);
}

/* One more component of a path: copies it to `name`, moves *at behind it. False at the end. */
static bool next_component(const char **at, char name[256], int *ret_error)
{
	const char *start = *at + strspn(*at, "/");
	size_t length = strcspn(start, "/");

	*ret_error = length > 255 ? -ENAMETOOLONG : 0;
	if (length == 0 || length > 255)
		return false;
	memcpy(name, start, length);
	name[length] = 0;
	*at = start + length;
	return true;
}

static bool last_component(const char *behind)
{
	return behind[strspn(behind, "/")] == 0;
}

/* Open the group `name` below parent, made when missing. ret_made: it was. The last one is made first: it is
 * missing as a rule, and the ones above are there. */
static int enter(int parent, const char *name, bool last, bool *ret_made)
{
	int r, fd = last ? -ENOENT : cgroup_open_child(parent, name);

	*ret_made = false;
	if (fd != -ENOENT)
		return fd;
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return -EINVAL;
	r = sys_mkdirat(parent, name, 0755);
	if (r < 0 && r != -EEXIST)
		return r;
	*ret_made = r == 0;
	fd = cgroup_open_child(parent, name);
	if (fd < 0 && *ret_made)
		sys_unlinkat(parent, name, AT_REMOVEDIR);
	return fd;
}

/* What to do with each level from the mount's root down to the last but one: `below` is open. */
typedef int level_step(const struct place *at, const struct plan_cgroup *group, int level, int below);

static int fill_cpuset(const struct place *at, const struct plan_cgroup *group, int level, int below)
{
	(void)at;
	(void)group;
	return cgroup_v1_fill_cpuset(level, below);
}

static int enable(const struct place *at, const struct plan_cgroup *group, int level, int below)
{
	(void)below;
	cgroup_v2_enable(level, at->plan, group->enable);
	return 0;
}

/* Go down the group's path, made where it is missing; the group's descriptor, or -errno with the fault. */
static int descend(const struct place *at, const struct plan_cgroup *group, level_step *step, bool *ret_made)
{
	const char *path = plan_text(at->plan, group->path), *behind = path;
	FD_AUTO here = open_mount(at, group);
	char name[256];
	int r = 0;

	*ret_made = false;
	if (here < 0)
		return here;
	while (next_component(&behind, name, &r)) {
		int below = enter(here, name, last_component(behind), ret_made);

		r = below < 0 ? below : step ? step(at, group, here, below) : 0;
		if (r < 0) {
			fd_close(below);
			/* of the levels made, only the last is ours alone: another create may use the others */
			if (*ret_made && last_component(behind))
				sys_unlinkat(here, name, AT_REMOVEDIR);
			*ret_made = false;
			return refuse(at, group, FAULT_MAKE_DIRECTORY, r, (size_t)(behind - path));
		}
		fd_close_at(&here);
		here = below;
	}
	return r < 0 ? refuse(at, group, FAULT_MAKE_DIRECTORY, r, strlen(path)) : fd_take(&here);
}

static int count_step(void *context, int64_t pid)
{
	uint64_t *count = context;

	(void)pid;
	(*count)++;
	return 0;
}

/* CRE-20: a group with processes, or a frozen one, belongs to somebody. The texts are runc's. */
static int check_empty(const struct place *at, int dir)
{
	uint64_t count = 0;
	char number[NUMBER_TEXT];
	int r = cgroup_each_pid(dir, count_step, &count);

	if (r < 0)
		return fault_set(at->fault, FAULT_READ, r, "cgroup.procs");
	if (count > 0) {
		number_text(number, count);
		fault_set2(at->fault, FAULT_NONE, 0, "container's cgroup is not empty: ", number, " process(es) found");
		return -EBUSY;
	}
	if (cgroup_v2_frozen(dir) || cgroup_v1_frozen(dir)) {
		fault_set(at->fault, FAULT_NONE, 0, "container's cgroup unexpectedly frozen");
		return -EBUSY;
	}
	return 0;
}

static int make_group(const struct place *at, const struct plan_cgroup *group, bool *ret_made)
{
	bool cpuset = group->version == PLAN_CGROUP_V1 &&
		      cgroup_v1_has(plan_text(at->plan, group->name), "cpuset");
	FD_AUTO dir = descend(at, group, cpuset ? fill_cpuset : NULL, ret_made);
	int r;

	if (dir < 0)
		return dir;
	if (!*ret_made && (group->flags & PLAN_CGROUP_MUST_BE_EMPTY)) {
		r = check_empty(at, dir);
		if (r < 0)
			return r;
	}
	if (group->version == PLAN_CGROUP_V2 && !cgroup_v2_has(dir, at->plan, group->enable)) {
		bool again;
		/* The group exists by now: it gets its files when its parent enables the controller. */
		int same = descend(at, group, enable, &again);

		if (same < 0)
			return same;
		fd_close(same);
	}
	return fd_take(&dir);
}

/* A rootless user without delegation: go on without this group, as the record allows. */
static bool may_miss(const struct plan_cgroup *group, int error)
{
	return (group->flags & PLAN_CGROUP_OPTIONAL) &&
	       (error == -EACCES || error == -EPERM || error == -EROFS || error == -ENOENT);
}

static int run_group(const struct place *at, const struct plan_record *record)
{
	const struct plan_cgroup *group = group_record(record);
	struct host_cgroups *groups = at->groups;
	struct fault own = { 0 };
	const struct place here = { at->plan, groups, &own };
	bool made = false;
	int dir;

	if (groups->count >= GROUPS_MAX)
		return fault_set(at->fault, FAULT_CHECK_PLAN, EINVAL, "more than 64 cgroups");
	dir = make_group(&here, group, &made);
	if (made)
		groups->made |= 1ULL << groups->count;
	if (dir < 0 && !may_miss(group, dir)) {
		*at->fault = own;
		/* made, then refused: counted, so that it is removed again */
		groups->dirs[groups->count] = -1;
		groups->count += made;
		if (dir == -EACCES || dir == -EPERM || dir == -EROFS)
			fault_note(at->fault, "the cgroup tree is not writable for this user: delegate a group or "
					      "run without limits");
		return dir;
	}
	if (dir >= 0 && (group->flags & PLAN_CGROUP_BORN))
		groups->born = (int)groups->count;
	groups->dirs[groups->count++] = dir < 0 ? -1 : dir;
	return 0;
}

/* The descriptor of group n. -1: an optional one that could not be made. -EINVAL, with the fault: no such. */
static int group_dir(const struct place *at, uint64_t n)
{
	if (n >= at->groups->count)
		return fault_set(at->fault, FAULT_CHECK_PLAN, EINVAL, "a record names a cgroup that the plan lacks");
	return at->groups->dirs[n];
}

/* Why a limit was refused, where the errno alone leaves a user at a loss. */
static void explain_write(const struct place *at, const char *file, int dir, int error)
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

static int write_failed(const struct place *at, const struct plan_cgroup_write *write, int dir, int error)
{
	const struct plan_cgroup *group = group_number(at->plan, write->group);
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

static int run_write(const struct place *at, const struct plan_record *record)
{
	const struct plan_cgroup_write *write = (const void *)record;
	int r, dir = group_dir(at, write->group);

	if (dir < 0)
		return dir == -1 ? 0 : dir;
	r = cgroup_write(dir, plan_text(at->plan, write->file), plan_text(at->plan, write->value),
			 write->value.length);
	if (r == 0 || (r == -ENOENT && (write->flags & PLAN_WRITE_MISSING_OK)))
		return 0;
	return write_failed(at, write, dir, r);
}

static int run_device(const struct place *at, const struct plan_record *record)
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
	group = group_number(at->plan, device->group);
	refuse(at, group, FAULT_DEVICE_FILTER, r, group->path.length);
	need_note(at->fault, NEED_BPF, r);
	need_note(at->fault, NEED_DEVICE_FILTER, r);
	if (r == -EPERM)
		fault_note(at->fault, "it needs CAP_BPF or CAP_SYS_ADMIN on the host: a container cannot do this");
	return r;
}

static int change_owner(const struct place *at, const struct plan_cgroup_owner *owner, int dir, const char *file)
{
	int r = sys_fchownat(dir, file, (uid_t)owner->uid, (gid_t)owner->gid,
			     AT_SYMLINK_NOFOLLOW | (file[0] ? 0 : AT_EMPTY_PATH));

	/* the kernel's list also names files of controllers that are off here */
	if (r == 0 || (r == -ENOENT && file[0]))
		return 0;
	return fault_set2(at->fault, FAULT_CHANGE_OWNER, r,
			  plan_text(at->plan, group_number(at->plan, owner->group)->path), "/", file);
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
static int run_owner(const struct place *at, const struct plan_record *record)
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

static const struct {
	uint16_t kind;
	int (*run)(const struct place *, const struct plan_record *);
} steps[] = {
	{ PLAN_KIND_cgroup, run_group },
	{ PLAN_KIND_cgroup_write, run_write },
	{ PLAN_KIND_cgroup_device, run_device },
	{ PLAN_KIND_cgroup_owner, run_owner },
};

static int run(const struct place *at, const struct plan_record *record)
{
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		if (steps[i].kind == record->kind)
			return steps[i].run(at, record);
	return 0;
}

/* Whether this run executes the record: late limits have a run of their own. */
static bool due(const struct plan_record *record, bool late)
{
	if (record->row != PLAN_ROW_CGROUP)
		return false;
	if (record->kind != PLAN_KIND_cgroup_write)
		return !late;
	return late == !!(((const struct plan_cgroup_write *)(const void *)record)->flags & PLAN_WRITE_LATE);
}

static bool may_retry(const struct plan_record *record, int error)
{
	return record->kind == PLAN_KIND_cgroup_write && (error == -EINVAL || error == -EBUSY) &&
	       (((const struct plan_cgroup_write *)(const void *)record)->flags & PLAN_WRITE_BUSY_OK);
}

static int at_record(const struct place *at, uint32_t number, int r)
{
	at->fault->row = PLAN_ROW_CGROUP;
	at->fault->record = number;
	return r;
}

/* All records that are due, in order; then once more those that waited for another: v1 wants memory.limit
 * below memory.memsw at any time, so the right order depends on what stands there. */
static int run_all(const struct place *at, bool late)
{
	const struct plan_record *waiting[RETRY_MAX];
	uint32_t numbers[RETRY_MAX], count = 0, number = 0;

	for plan_each (at->plan, r) {
		int error = due(r, late) ? run(at, r) : 0;

		if (error < 0 && (count == RETRY_MAX || !may_retry(r, error)))
			return at_record(at, number, error);
		if (error < 0) {
			at->fault->set = 0;
			numbers[count] = number;
			waiting[count++] = r;
		}
		number++;
	}
	for (uint32_t i = 0; i < count; i++) {
		int error = run(at, waiting[i]);

		if (error < 0)
			return at_record(at, numbers[i], error);
	}
	return 0;
}

/* Remove the groups that we made; nobody has joined them yet. */
static void undo(const struct place *at)
{
	for (uint32_t n = at->groups->count; n-- > 0;) {
		const struct plan_cgroup *group = group_number(at->plan, n);
		char path[PLAN_MAX_PATH + 1] = "";

		if (!(at->groups->made >> n & 1) || !group ||
		    group->mount.length + group->path.length >= sizeof path)
			continue;
		fault_append(path, sizeof path, plan_text(at->plan, group->mount));
		fault_append(path, sizeof path, plan_text(at->plan, group->path));
		sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
	}
}

int host_cgroups_make(const struct plan *plan, struct host_cgroups *ret, struct fault *fault)
{
	struct host_cgroups groups = { .born = -1 };
	const struct place at = { plan, &groups, fault };
	int r = run_all(&at, false);

	if (r < 0) {
		undo(&at);
		host_cgroups_close(&groups);
		return r;
	}
	*ret = groups;
	return 0;
}

int host_cgroups_late(const struct plan *plan, struct host_cgroups *groups, struct fault *fault)
{
	const struct place at = { plan, groups, fault };

	return run_all(&at, true);
}

int host_cgroups_tasks(const struct host_cgroups *groups, const struct plan_cgroup_join *join)
{
	if (join->group >= groups->count)
		return -EINVAL;
	/* Without an optional group the slot still needs a descriptor that takes the byte. */
	if (groups->dirs[join->group] < 0)
		return sys_openat(AT_FDCWD, "/dev/null", O_WRONLY, 0);
	return sys_openat(groups->dirs[join->group], "tasks", O_WRONLY | O_NOFOLLOW, 0);
}

static bool has_join(const struct plan *plan, uint64_t group)
{
	for plan_each (plan, r)
		if (r->kind == PLAN_KIND_cgroup_join &&
		    ((const struct plan_cgroup_join *)(const void *)r)->group == group)
			return true;
	return false;
}

int host_cgroups_add(const struct plan *plan, struct host_cgroups *groups, int64_t pid, struct fault *fault)
{
	const struct place at = { plan, groups, fault };
	char text[NUMBER_TEXT];
	uint32_t n = 0, number = 0;

	number_text(text, (uint64_t)pid);
	for plan_each (plan, record) {
		uint32_t group = n;
		int r = 0;

		n += record->kind == PLAN_KIND_cgroup;
		if (n > group && group < groups->count && groups->dirs[group] >= 0 && !has_join(plan, group))
			r = cgroup_put(groups->dirs[group], "cgroup.procs", text);
		if (r < 0) {
			refuse(&at, group_record(record), FAULT_CGROUP, r, group_record(record)->path.length);
			if (r == -EBUSY)
				fault_note(fault, "the group has controllers enabled for groups below it");
			if (r == -EOPNOTSUPP)
				fault_note(fault, "a threaded group, or below one: it takes no process");
			return at_record(&at, number, r);
		}
		number++;
	}
	return 0;
}

void host_cgroups_close(struct host_cgroups *groups)
{
	for (uint32_t i = 0; i < groups->count; i++)
		fd_close_at(&groups->dirs[i]);
	groups->count = 0;
	groups->born = -1;
}
