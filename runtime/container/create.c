/* Steps 3 to 9 of DESIGN's table of crash windows, in its order: each leaves something that the next command
 * can tell and clear. The directory's lock, held from the first step to the last, says that we live. Whatever
 * fails, everything made so far is undone.
 */
#include <errno.h>
#include <string.h>
#include <sys/file.h>

#include "container/fifo.h"
#include "container/making.h"
#include "container/root.h"
#include "container/scope.h"
#include "container/status.h"
#include "console.h"
#include "fd.h"
#include "notify.h"
#include "pidfd_socket.h"
#include "pidfile.h"

#define REMOVE_MILLISECONDS 10000

/* ---- before all steps: who waits for the container ------------------------------------------------------
 */

/* The option comes before the annotation: a wrong path of either is an error before anything is made. */
static int call_others(struct making *making)
{
	const struct prepared *prepared = making->prepared;
	const char *receiver = making->options->pidfd_socket;
	struct launch *launch = making->launch;

	launch->kind = "standard";
	launch->agent.status = status_words[STATUS_CREATING];
	if (!receiver)
		receiver = spec_annotation(&prepared->spec, PIDFD_RECEIVER);
	int r = pidfd_socket_connect(receiver, &launch->receiver, making->error);
	if (r == 0)
		r = console_connect(making->options->console_socket, &launch->console, making->error);
	return r < 0 ? r
		     : agent_connect(making->globals->arena, &prepared->spec, &prepared->options,
				     &launch->agent, making->error);
}

/* ---- steps 3 and 4: groups, gate, launch -------------------------------------------------------------- */

int making_groups(struct making *making)
{
	const struct plan *plan = &making->prepared->compiled.plan;
	struct fault fault = { .row = PLAN_ROW_CGROUP, .record = FAULT_NO_RECORD };

	if (host_cgroups_make(plan, &making->launch->groups, &fault) == 0)
		return 0;
	making->launch->groups = (struct host_cgroups){ .born = -1 };
	fault_error(plan, &fault, making->error);
	return -making->error->code;
}

/* Only what we made ends with the container. */
static int make_rdt(struct making *making)
{
	const struct plan *plan = &making->prepared->compiled.plan;
	struct fault fault = { .row = PLAN_ROW_RDT, .record = FAULT_NO_RECORD };
	struct state *state = &making->container.state;

	if (host_rdt_make(plan, &making->launch->rdt, &fault) == 0) {
		state->rdt_made = state->rdt_made && making->launch->rdt.made;
		return 0;
	}
	state->rdt_made = false;
	state->rdt_monitor = NULL;
	fault_error(plan, &fault, making->error);
	return -making->error->code;
}

static int join_rdt(struct making *making)
{
	const struct plan *plan = &making->prepared->compiled.plan;
	struct fault fault = { .row = PLAN_ROW_RDT, .record = FAULT_NO_RECORD };

	if (host_rdt_join(plan, &making->launch->rdt, making->launch->pid, &fault) == 0)
		return 0;
	fault_error(plan, &fault, making->error);
	return -making->error->code;
}

/* The shim's descriptors, by the slots that the plan gave them. `ret` holds -1 where nothing was asked. */
static int fill_slots(struct making *making, int *ret)
{
	const struct plan *plan = &making->prepared->compiled.plan;
	const struct plan_gate *gate = plan_find(plan, PLAN_KIND_gate);

	if (gate && gate->fifo < PLAN_MAX_SLOTS) {
		making->fifo = fifo_make(making->container.dir, making->error);
		if (making->fifo < 0)
			return making->fifo;
		ret[gate->fifo] = making->fifo;
	}
	if (gate && gate->fault < PLAN_MAX_SLOTS) {
		making->page = fifo_make_page(making->container.dir, making->error);
		if (making->page < 0)
			return making->page;
		ret[gate->fault] = making->page;
	}
	return 0;
}

/* The `tasks` files by which the shim joins groups of v1. */
static int fill_tasks(struct making *making, int *ret)
{
	const struct plan *plan = &making->prepared->compiled.plan;

	plan_each(plan, record) {
		const struct plan_cgroup_join *join = (const void *)record;

		if (record->kind != PLAN_KIND_cgroup_join || join->tasks >= PLAN_MAX_SLOTS)
			continue;
		int fd = host_cgroups_tasks(&making->launch->groups, join);
		if (fd < 0)
			return error_errno(making->error, fd, "cannot open the tasks file of a cgroup");
		ret[join->tasks] = fd;
	}
	return 0;
}

/* The groups stand: the last descriptors, and whether all are there. */
static int complete_slots(struct making *making)
{
	uint32_t count = making->prepared->compiled.plan.header->slot_count;
	int r = fill_tasks(making, making->slots);

	for (uint32_t i = 0; r == 0 && i < count; i++)
		if (making->slots[i] < 0)
			r = error_set(making->error, EINVAL,
				      "the plan asks for a descriptor that nobody gives");
	return r;
}

static int before_plan(void *context, struct error *error)
{
	struct making *making = context;
	int r = scope_make(making);

	(void)error; /* the same one */
	return r == 0 ? complete_slots(making) : r;
}

static int launch_shim(struct making *making)
{
	uint32_t count = making->prepared->compiled.plan.header->slot_count;
	int slots[PLAN_MAX_SLOTS];

	memset(slots, 0xff, sizeof slots);
	making->slots = slots;
	making->launch->context = making;
	int r = fill_slots(making, slots);
	if (making->prepared->compiled.systemd)
		making->launch->before_plan = before_plan;
	else if (r == 0)
		r = complete_slots(making);
	if (r == 0)
		r = launch_start(making->launch, slots, count, NULL, making->error);
	for (uint32_t i = 0; i < PLAN_MAX_SLOTS; i++)
		if (slots[i] >= 0 && slots[i] != making->fifo && slots[i] != making->page)
			sys_close(slots[i]);
	making->slots = NULL;
	/* only the shim may hold the fifo: `start` asks the kernel whether anybody does */
	fd_close_at(&making->fifo);
	fd_close_at(&making->page);
	return r;
}

/* CGR-12: what the container goes on without is none of its groups, now or later. */
static void forget_missing_groups(struct making *making)
{
	const struct host_cgroups *groups = &making->launch->groups;
	const struct spec_strings *all = &making->prepared->compiled.cgroup_dirs;
	struct state *state = &making->container.state;
	uint32_t kept = 0;

	/* behind those stand the groups that are delegated: never without the ones around them */
	for (uint32_t i = 0; i < groups->count && i < all->count; i++)
		kept += groups->dirs[i] >= 0;
	if (kept == state->cgroup_dirs.count)
		return;
	state->cgroup_dirs.items = arena_alloc(making->globals->arena, (kept + 1) * sizeof(char *));
	state->cgroup_dirs.count = 0;
	for (uint32_t i = 0; i < groups->count && i < all->count; i++) {
		if (groups->dirs[i] < 0)
			continue;
		state->cgroup_names.items[state->cgroup_dirs.count] = state->cgroup_names.items[i];
		state->cgroup_dirs.items[state->cgroup_dirs.count++] = all->items[i];
	}
	state->cgroup_names.count = state->cgroup_dirs.count;
	if (kept)
		return;
	state->cgroups_path = NULL;
	if (state->shared_pid_namespace) /* BAT-51 */
		log_warning(
			making->globals,
			"a container without a cgroup and without a pid namespace of its own: what its init "
			"leaves behind cannot be found. Such configuration is strongly discouraged");
}

/* ---- steps 5 to 9 ------------------------------------------------------------------------------------- */

/* So that whoever finds us dead can find the shim. */
int making_note_process(struct making *making)
{
	struct state *state = &making->container.state;
	char letter;

	if (state->pid == making->launch->pid)
		return 0;
	int r = process_stat(making->launch->pid, &letter, &state->start_time);
	if (r < 0)
		return error_errno(making->error, r, "cannot read the start time of process %lld",
				   (long long)making->launch->pid);
	state->pid = making->launch->pid;
	return making_note(making);
}

int making_limits(struct making *making,
		  int (*limit)(const struct plan *, struct host_cgroups *, struct fault *))
{
	struct fault fault = { .row = PLAN_ROW_CGROUP, .record = FAULT_NO_RECORD };
	const struct plan *plan = &making->prepared->compiled.plan;

	if (limit(plan, &making->launch->groups, &fault) == 0)
		return 0;
	fault_error(plan, &fault, making->error);
	return -making->error->code;
}

static int on_forked(void *context, struct error *error)
{
	struct making *making = context;

	(void)error; /* the same one */
	return making_note_process(making);
}

/* The shim is at work: what we do here costs no time of its own. */
static int meanwhile(void *context, struct error *error)
{
	struct making *making = context;
	int r = making_note_process(making);

	(void)error; /* the same one */
	return r == 0 ? making_limits(making, host_cgroups_limit) : r;
}

static int converse(struct making *making)
{
	making->launch->meanwhile = meanwhile;
	making->launch->on_forked = on_forked;
	int r = launch_serve(making->launch, making->error);

	if (r == 0 && making->prepared->compiled.systemd)
		r = scope_late(making);
	if (r == 0)
		r = join_rdt(making);
	if (r < 0)
		return r;
	r = making_limits(making, host_cgroups_late);
	return r < 0 ? launch_last_word(making->launch, r, making->error) : 0;
}

/* The last steps: from the rename on the container is there, whatever becomes of us. */
static int finish(struct making *making)
{
	const struct create_options *options = making->options;
	struct container *container = &making->container;
	int r = 0;

	if (options->pid_file)
		r = pidfile_write(AT_FDCWD, options->pid_file, container->state.pid, making->error);
	if (r == 0)
		r = state_publish(container->dir, making->error);
	if (r == 0 && options->gate == PLAN_GATE_FIFO)
		r = launch_go(making->launch, making->error);
	if (r < 0 && options->pid_file && making->container.state.pid)
		sys_unlinkat(AT_FDCWD, options->pid_file, 0); /* CRE-06: only after success */
	return r;
}

/* What only the host can say, before anything is made. */
static int check_host(struct making *making)
{
	struct fault fault = { .row = PLAN_ROW_HOST_NETWORK, .record = FAULT_NO_RECORD };
	const struct plan *plan = &making->prepared->compiled.plan;

	if (host_network_check(plan, &fault) == 0)
		return 0;
	fault_error(plan, &fault, making->error);
	return -making->error->code;
}

static int begin_process(struct making *making)
{
	int r = launch_shim(making);

	if (r == 0)
		forget_missing_groups(making);
	return r == 0 ? converse(making) : r;
}

/* criu is asked between the groups' limits and the late ones. */
static int restore_process(struct making *making)
{
	int r = making_restore(making);

	if (r < 0)
		return r;
	forget_missing_groups(making);
	r = making_note(making);
	if (r == 0 && making->prepared->compiled.systemd)
		r = scope_late(making);
	if (r == 0)
		r = join_rdt(making);
	return r == 0 ? making_limits(making, host_cgroups_late) : r;
}

static int make(struct making *making)
{
	int r = check_host(making);

	if (r == 0)
		r = making_directory(making);
	if (r == 0)
		r = making->prepared->compiled.systemd ? 0 : making_groups(making);
	if (r == 0 && making->prepared->options.notify)
		r = notify_make(making->container.dir, making->error);
	if (r == 0)
		r = make_rdt(making);
	if (r == 0)
		r = making->options->images ? restore_process(making) : begin_process(making);
	return r == 0 ? finish(making) : r;
}

/* ---- undoing ------------------------------------------------------------------------------------------ */

/* Only what we made: in a group that was there before (CRE-20) others may live, and a unit of that name that
 * systemd did not make for us is another container's, as when the id is taken (CRE-15). */
static void forget_foreign(struct making *making)
{
	const struct spec_strings *all = &making->prepared->compiled.cgroup_dirs;
	struct spec_strings *dirs = &making->container.state.cgroup_dirs;

	if (making->unit_made) { /* all of them lie in it */
		*dirs = *all;
		return;
	}
	making->container.state.scope = NULL;
	dirs->items = arena_alloc(making->globals->arena, (all->count + 1) * sizeof(char *));
	dirs->count = 0;
	for (uint32_t i = 0; i < all->count; i++)
		if (i < making->launch->groups.count && making->launch->groups.made & (1ULL << i))
			dirs->items[dirs->count++] = all->items[i];
}

/* CRE-23: no directory, group, process or mount stays; poststop runs when a hook had begun (HOK-12). The
 * error that led here stays the one that is told. */
static void undo(struct making *making)
{
	struct container *container = &making->container;
	struct error ignored = { 0 };

	launch_abort(making->launch);
	host_network_undo(&making->launch->network);
	host_rdt_undo(&making->prepared->compiled.plan, &making->launch->rdt);
	making->container.state.rdt_path = NULL; /* destroy has nothing to remove of it */
	forget_foreign(making);
	host_cgroups_close(&making->launch->groups);
	fd_close_at(&making->fifo);
	fd_close_at(&making->page);
	if (container->dir >= 0 && making->named) {
		container_destroy(container, REMOVE_MILLISECONDS, &ignored);
	} else if (making->name[0]) {
		/* destroy works by id: the name that is still our own serves as one */
		container->id = making->name;
		container_destroy(container, REMOVE_MILLISECONDS, &ignored);
	}
	if (making->launch->hooks_began)
		container_poststop(making->globals, &container->state);
	container_close(container);
}

int create_container(const struct globals *globals, const struct create_options *options,
		     struct prepared *prepared, struct container *ret, struct launch *launch,
		     struct error *error)
{
	struct making making = {
		.globals = globals,
		.options = options,
		.prepared = prepared,
		.launch = launch,
		.error = error,
		.container = { .id = options->id,
			       .root = prepared->root,
			       .root_fd = -1,
			       .dir = -1,
			       .lock = -1 },
		.fifo = -1,
		.page = -1,
	};

	launch_init(launch, &prepared->compiled);
	launch->globals = globals;
	making.container.root_fd = root_open(prepared->root, true, !globals->root, error);
	if (making.container.root_fd < 0)
		return making.container.root_fd;
	making_state(&making);
	int r = call_others(&making);
	if (r == 0)
		r = make(&making);
	if (r < 0) {
		undo(&making);
		return r;
	}
	launch->meanwhile = launch->on_forked = launch->before_plan = NULL; /* their context ends here */
	host_cgroups_close(&launch->groups);
	host_network_close(&launch->network);
	host_rdt_close(&launch->rdt);
	if (options->gate == PLAN_GATE_FIFO) {
		launch_close(launch);
		flock(making.container.dir, LOCK_UN);
	}
	*ret = making.container;
	return 0;
}
