/* Row CGROUP: groups before the clone; limits, device filter and delegation while the shim sets the container
 * up (compiling the filter in the kernel costs as much as ten mounts); the late limits at READY. The order is
 * that of the records; on failure what was made is removed again. Processes are joined elsewhere: this file
 * writes cgroup.procs only in the fall-back (it waits 5 to 9 ms for RCU).
 */
#include <string.h>

#include "cgroup.h"
#include "cgroup_place.h"
#include "number.h"

#define RETRY_MAX 16 /* writes that may wait for another one */

const struct plan_cgroup *cgroup_number(const struct plan *plan, uint64_t n)
{
	plan_each(plan, r)
		if (r->kind == PLAN_KIND_cgroup && n-- == 0)
			return (const void *)r;
	return NULL;
}

int cgroup_refuse(const struct cgroup_place *at, const struct plan_cgroup *group, enum fault_op op, int error,
		  size_t length)
{
	const char *path = plan_text(at->plan, group->path);
	char shown[FAULT_OBJECT] = "";

	if (length < sizeof shown)
		memcpy(shown, path, length);
	return fault_set2(at->fault, op, error, plan_text(at->plan, group->mount), "", shown);
}

static const struct {
	uint16_t kind;
	cgroup_step *run;
} steps[] = {
	{ PLAN_KIND_cgroup, cgroup_run_group },
	{ PLAN_KIND_cgroup_write, cgroup_run_write },
	{ PLAN_KIND_cgroup_device, cgroup_run_device },
	{ PLAN_KIND_cgroup_owner, cgroup_run_owner },
};

static int run(const struct cgroup_place *at, const struct plan_record *record)
{
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		if (steps[i].kind == record->kind)
			return steps[i].run(at, record);
	return 0;
}

/* When a record is executed: see host.h. */
enum phase { PHASE_MAKE, PHASE_LIMIT, PHASE_LATE, PHASE_ANY };

static enum phase phase_of(const struct plan_record *record)
{
	const struct plan_cgroup_write *write = (const void *)record; /* if it is one */

	if (record->kind == PLAN_KIND_cgroup)
		return PHASE_MAKE;
	if (record->kind != PLAN_KIND_cgroup_write)
		return PHASE_LIMIT;
	if (write->flags & PLAN_WRITE_EARLY)
		return PHASE_MAKE;
	return write->flags & PLAN_WRITE_LATE ? PHASE_LATE : PHASE_LIMIT;
}

static bool due(const struct plan_record *record, enum phase phase)
{
	return record->row == PLAN_ROW_CGROUP && (phase == PHASE_ANY || phase_of(record) == phase);
}

static bool may_retry(const struct plan_record *record, int error)
{
	return record->kind == PLAN_KIND_cgroup_write && (error == -EINVAL || error == -EBUSY) &&
	       (((const struct plan_cgroup_write *)(const void *)record)->flags & PLAN_WRITE_BUSY_OK);
}

static int at_record(const struct cgroup_place *at, uint32_t number, int r)
{
	at->fault->row = PLAN_ROW_CGROUP;
	at->fault->record = number;
	return r;
}

/* All records that are due, in order; then once more those that waited for another: v1 wants memory.limit
 * below memory.memsw at any time, so the right order depends on what stands there. */
static int run_all(const struct cgroup_place *at, enum phase phase)
{
	const struct plan_record *waiting[RETRY_MAX];
	uint32_t numbers[RETRY_MAX], count = 0, number = 0;

	plan_each(at->plan, r) {
		int error = due(r, phase) ? run(at, r) : 0;

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

static void remove_made(const struct cgroup_place *at, const struct plan_cgroup *group)
{
	char path[PLAN_MAX_PATH + 1] = "";

	if (group->mount.length + group->path.length >= sizeof path)
		return;
	fault_append(path, sizeof path, plan_text(at->plan, group->mount));
	fault_append(path, sizeof path, plan_text(at->plan, group->path));
	sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

/* Remove the groups that we made; nobody has joined them yet. */
static void undo(const struct cgroup_place *at)
{
	for (uint32_t n = at->groups->count; n-- > 0;) {
		const struct plan_cgroup *group = cgroup_number(at->plan, n);

		if (at->groups->made >> n & 1 && group)
			remove_made(at, group);
	}
}

int host_cgroups_make(const struct plan *plan, struct host_cgroups *ret, struct fault *fault)
{
	struct host_cgroups groups = { .born = -1 };
	const struct cgroup_place at = { plan, &groups, fault };
	int r = run_all(&at, PHASE_MAKE);

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
	const struct cgroup_place at = { plan, groups, fault };

	return run_all(&at, PHASE_LATE);
}

int host_cgroups_limit(const struct plan *plan, struct host_cgroups *groups, struct fault *fault)
{
	const struct cgroup_place at = { plan, groups, fault };

	return run_all(&at, PHASE_LIMIT);
}

int host_cgroups_update(const struct plan *plan, struct fault *fault)
{
	struct host_cgroups groups = { .born = -1 };
	const struct cgroup_place at = { plan, &groups, fault };
	int r = run_all(&at, PHASE_ANY);

	host_cgroups_close(&groups);
	return r;
}

/* Every write, in order; one that waits for another comes through in the second round. */
static int restore_writes(const struct cgroup_place *at)
{
	int r = 0;

	for (int round = 0; round < 2; round++) {
		uint32_t number = 0;

		r = 0;
		plan_each(at->plan, record) {
			int error = record->kind == PLAN_KIND_cgroup_write ? run(at, record) : 0;

			if (error < 0 && r == 0)
				r = at_record(at, number, error);
			number++;
		}
		if (r == 0)
			break;
	}
	return r;
}

int host_cgroups_restore(const struct plan *plan, struct fault *fault)
{
	struct host_cgroups groups = { .born = -1 };
	const struct cgroup_place at = { plan, &groups, fault };
	int r = run_all(&at, PHASE_MAKE); /* opens: they exist */

	if (r == 0)
		r = restore_writes(&at);
	host_cgroups_close(&groups);
	return r;
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

/* The process is put into group number n from here: it does not join by itself, and is not in one below. */
static bool takes_process(const struct plan *plan, const struct plan_cgroup *group, uint64_t n)
{
	plan_each(plan, r)
		if (r->kind == PLAN_KIND_cgroup_join &&
		    ((const struct plan_cgroup_join *)(const void *)r)->group == n)
			return false;
	return !(group->flags & PLAN_CGROUP_OUTER);
}

/* A group that exists, but that nobody without rights above it can be moved to. */
static void give_up_group(const struct cgroup_place *at, uint32_t n)
{
	const struct plan_cgroup *group = cgroup_number(at->plan, n);

	fd_close_at(&at->groups->dirs[n]);
	if (at->groups->made >> n & 1)
		remove_made(at, group);
	at->groups->made &= ~(1ULL << n);
	if (at->groups->born == (int)n)
		at->groups->born = -1;
}

int host_cgroups_add(const struct plan *plan, struct host_cgroups *groups, int64_t pid, struct fault *fault)
{
	const struct cgroup_place at = { plan, groups, fault };
	char text[NUMBER_TEXT];
	uint32_t n = 0, number = 0;

	number_text(text, (uint64_t)pid);
	plan_each(plan, record) {
		const struct plan_cgroup *here = (const void *)record; /* if it is one */
		uint32_t group = n;
		int r = 0;

		n += record->kind == PLAN_KIND_cgroup;
		if (n > group && group < groups->count && groups->dirs[group] >= 0 &&
		    takes_process(plan, here, group))
			r = cgroup_put(groups->dirs[group], "cgroup.procs", text);
		if (r < 0 && cgroup_may_miss(plan, group, r)) {
			give_up_group(&at, group);
			r = 0;
		}
		if (r < 0) {
			cgroup_refuse(&at, here, FAULT_CGROUP, r, here->path.length);
			if (r == -EBUSY)
				fault_note(fault, "the group has controllers enabled for groups below it");
			if (r == -EOPNOTSUPP)
				fault_note(fault, "a threaded group, or below one: it takes no process");
			if (r == -EACCES)
				fault_note(fault, CGROUP_NO_RIGHTS);
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
