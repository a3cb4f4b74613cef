/* The pipeline as a table. The order is the security argument, so every row says why it stands where it
 * stands (DESIGN "The pipeline"). The plan's records are already sorted by row: the checker refuses others.
 * A unit test proves that every kind of record has one owner in each row that it may stand in.
 */
#include "order.h"

#include "gate.h"

static const struct stage *const order[PLAN_ROW_COUNT] = {
	/* first: whatever comes later is charged to the container's groups and bound by their limits */
	[PLAN_ROW_CGROUP_JOIN] = &stage_cgroup,
	/* bind sources are found by the host's rules: with its rights, in its view, before any namespace */
	[PLAN_ROW_SOURCES] = &stage_sources,
	/* host capabilities end at the next row, when there is a user namespace */
	[PLAN_ROW_RAISE] = &stage_limits,
	/* namespaces by path: the paths are the host's, so before the view changes */
	[PLAN_ROW_JOIN] = &stage_join,
	/* before the other namespaces, so that they are owned by it and its root may set them up */
	[PLAN_ROW_USERNS] = &stage_userns,
	/* after the v1 joins, or the cgroup namespace would have the wrong root */
	[PLAN_ROW_NAMESPACES] = &stage_namespaces,
	/* needs the network namespace; sysfs, mounted later, shows it */
	[PLAN_ROW_NETWORK] = &stage_network,
	/* who has no rights over the host's view gets them in a copy of it, where the host's flags are locked
	 */
	[PLAN_ROW_SOURCES_INSIDE] = &stage_sources,
	/* the view becomes private before the first mount: nothing propagates to the host */
	[PLAN_ROW_ROOTFS] = &stage_rootfs,
	/* into the root just attached, while the trees of `sources` are held */
	[PLAN_ROW_MOUNTS] = &stage_mounts,
	/* in the /dev that was mounted */
	[PLAN_ROW_DEVICES] = &stage_devices,
	/* hooks of the host see a whole container that still lies within the host's view */
	[PLAN_ROW_HOST_POINT] = &stage_hooks,
	/* their paths are the host's: before pivot; in the container's namespaces: by the shim */
	[PLAN_ROW_HOOKS] = &stage_hooks,
	/* the last row that needs a path of the host; behind it none can be reached */
	[PLAN_ROW_PIVOT] = &stage_pivot,
	/* acts on the namespaces alone; hooks before it see the names still unset, as the host has them */
	[PLAN_ROW_SYSTEM] = &stage_system,
	/* the container's own /dev/null and devpts are in their places */
	[PLAN_ROW_CONSOLE] = &stage_console,
	/* behind everything that writes to /proc or looks into what is masked */
	[PLAN_ROW_MASKS] = &stage_masks,
	/* after this nothing can be created inside: last of what changes the tree */
	[PLAN_ROW_SEAL] = &stage_seal,
	/* the last that needs the host's /proc; children have it too */
	[PLAN_ROW_INHERIT] = &stage_limits,
	/* others see us from here on: nothing of the host is left to be reached through us, and what asks for
	 * rights that the program will not have is done. The rows behind it are those that a child would not
	 * inherit, or that would be in the way of a clone */
	[PLAN_ROW_FORK] = &stage_namespaces,
	/* a low RLIMIT_NOFILE or RLIMIT_FSIZE would stop our own set-up; CAP_SYS_RESOURCE is still here */
	[PLAN_ROW_LIMITS] = &stage_limits,
	/* nothing behind it needs a capability, but a filter without no_new_privs */
	[PLAN_ROW_IDENTITY] = &stage_identity,
	/* looked up with the rights of the user, so that `create` fails where execve would */
	[PLAN_ROW_PROGRAM] = &stage_program,
	/* a filter with a listener, while `create` still lives to hand the listener to its agent */
	[PLAN_ROW_LISTENER] = &stage_seccomp,
	/* all that can fail has been done: created means startable */
	[PLAN_ROW_GATE] = &stage_gate,
	/* by specification part of `start` */
	[PLAN_ROW_START_HOOKS] = &stage_hooks,
	/* the last call before execve: no call of ours but that meets the user's filter */
	[PLAN_ROW_SECCOMP] = &stage_seccomp,
	[PLAN_ROW_EXEC] = &stage_exec,
};

const struct stage *order_stage(enum plan_row row)
{
	return order[row];
}

stage_step *order_step(enum plan_row row, enum plan_kind kind)
{
	const struct stage *stage = order[row];

	for (size_t i = 0; stage && i < STAGE_KINDS && stage->kinds[i].run; i++)
		if (stage->kinds[i].kind == kind)
			return stage->kinds[i].run;
	return NULL;
}

/* A row of the host half has no stage. A record that its stage does not know cannot be: the test of this
 * table forbids it. */
static int order_record(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	stage_step *step = order_step(record->row, record->kind);

	if (!order[record->row])
		return 0;
	return step ? step(shim, record, fault) : fault_set(fault, FAULT_CHECK_PLAN, ENOSYS, "record");
}

int order_run(struct shim *shim, struct fault *fault)
{
	const struct plan_record *record = plan_first(shim->plan);
	int r;

	for (uint32_t number = 0; record; number++, record = plan_next(shim->plan, record)) {
		r = order_record(shim, record, fault);
		if (r < 0) { /* the stage has said why, or else its name has to do */
			fault_set(fault, FAULT_NONE, r, order[record->row]->name);
			fault->row = record->row;
			fault->record = number;
			return r;
		}
	}
	return 0;
}
