/* Steps 1 to 9 of DESIGN's table of crash windows, in its order: each leaves something that the next command
 * can tell and clear. The directory's lock, held from the first step to the last, says that we live. Whatever
 * fails, everything made so far is undone.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "container/create.h"
#include "container/fifo.h"
#include "container/root.h"
#include "container/status.h"
#include "fd.h"
#include "pidfile.h"
#include "timestamp.h"

#define CREATING "creating.json"
#define NEW_NAME 32
#define REMOVE_MILLISECONDS 10000
#define RENAME_NOREPLACE_ 1u /* <linux/fs.h> brings MS_* that clash */

/* What the steps share. */
struct making {
	const struct globals *globals;
	const struct create_options *options;
	struct prepared *prepared;
	struct container container;
	struct launch *launch;
	struct error *error;
	char name[NEW_NAME]; /* of the directory before it is the container's */
	bool named;          /* it is */
	int fifo, page;      /* for the shim; owned */
};

/* ---- step 0: the state that is recorded --------------------------------------------------------------- */

/* Names of the groups, in the order of compiled->cgroup_dirs. */
static void name_groups(struct arena *arena, const struct compiled *compiled, struct state *state)
{
	uint32_t count = compiled->cgroup_dirs.count, i = 0;

	state->cgroup_dirs = compiled->cgroup_dirs;
	state->cgroup_names.items = arena_alloc(arena, (count + 1) * sizeof(char *));
	plan_each(&compiled->plan, record)
		if (record->kind == PLAN_KIND_cgroup && i < count)
			state->cgroup_names.items[i++] =
				plan_text(&compiled->plan,
					  ((const struct plan_cgroup *)(const void *)record)->name);
	while (i < count)
		state->cgroup_names.items[i++] = "";
	state->cgroup_names.count = count;
}

static void fill_state(struct making *making)
{
	struct arena *arena = making->globals->arena;
	const struct prepared *prepared = making->prepared;
	const struct spec *spec = &prepared->spec;
	const struct spec_namespace *pid = spec_namespace(spec, PLAN_NS_PID);
	struct state *state = &making->container.state;
	char boot[BOOT_ID_TEXT];

	state->id = making->options->id;
	state->oci_version = spec->oci_version;
	state->bundle = prepared->options.bundle;
	state->rootfs = prepared->options.rootfs;
	state->created = timestamp_now(arena_alloc(arena, TIMESTAMP_TEXT), 9);
	state->owner_uid = geteuid();
	state->boot_id = boot_id(boot) == 0 ? arena_format(arena, "%s", boot) : NULL;
	state->annotations = spec->annotations;
	state->cgroups_path = prepared->compiled.cgroups_path;
	/* of a namespace that is not its own, init's death takes nobody along */
	state->shared_pid_namespace = !pid || pid->path;
	state->no_new_keyring = making->options->no_new_keyring;
	state->gate_fifo = making->options->gate == PLAN_GATE_FIFO;
	state->poststart = spec->hooks[PLAN_HOOK_POSTSTART];
	state->poststop = spec->hooks[PLAN_HOOK_POSTSTOP];
	name_groups(arena, &prepared->compiled, state);
}

/* ---- steps 1 and 2: the directory --------------------------------------------------------------------- */

static int copy_config(struct making *making)
{
	const struct prepared *prepared = making->prepared;
	FD_AUTO fd = sys_openat(making->container.dir, "config.json",
				O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	size_t done = 0;
	ssize_t written = fd < 0 ? fd : 0;

	while (written >= 0 && done < prepared->length) {
		written = sys_write(fd, prepared->text + done, prepared->length - done);
		done += written > 0 ? (size_t)written : 0;
		if (written == 0)
			written = -EIO;
	}
	if (written < 0)
		return error_errno(making->error, (int)written, "cannot copy config.json");
	return 0;
}

/* Until a group is known to be empty it is not ours: if we are killed, the sweep must not end the processes
 * of a group that was there before. Only those that do not exist yet are named. */
static struct state first_state(const struct making *making)
{
	struct arena *arena = making->globals->arena;
	struct state state = making->container.state;
	const struct spec_strings *dirs = &state.cgroup_dirs;
	struct spec_strings new_dirs = { .items = arena_alloc(arena, (dirs->count + 1) * sizeof(char *)) };
	struct spec_strings new_names = { .items = arena_alloc(arena, (dirs->count + 1) * sizeof(char *)) };
	struct stat about;

	for (uint32_t i = 0; i < dirs->count; i++) {
		if (sys_fstatat(AT_FDCWD, dirs->items[i], &about, AT_SYMLINK_NOFOLLOW) != -ENOENT)
			continue;
		new_dirs.items[new_dirs.count++] = dirs->items[i];
		new_names.items[new_names.count++] = state.cgroup_names.items[i];
	}
	state.cgroup_dirs = new_dirs;
	state.cgroup_names = new_names;
	return state;
}

static int make_directory(struct making *making)
{
	struct container *container = &making->container;
	int r = -EEXIST;

	/* a leftover of a process with our pid may be there: the next number then */
	for (int turn = 0; turn < 16 && r == -EEXIST; turn++) {
		snprintf(making->name, sizeof making->name, "@new.%d.%d", sys_getpid(), turn);
		r = sys_mkdirat(container->root_fd, making->name, 0711);
	}
	if (r < 0) {
		making->name[0] = 0;
		return error_errno(making->error, r, "cannot make a directory in %s", container->root);
	}
	container->dir = sys_openat(container->root_fd, making->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (container->dir < 0)
		return error_errno(making->error, container->dir, "cannot open %s/%s", container->root,
				   making->name);
	r = sys_fchmod(container->dir, 0711); /* whatever our umask is */
	if (r == 0)
		r = flock(container->dir, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
	if (r < 0)
		return error_errno(making->error, r, "cannot lock %s/%s", container->root, making->name);
	r = copy_config(making);
	if (r < 0)
		return r;
	const struct state state = first_state(making);
	return state_write(container->dir, CREATING, &state, making->error);
}

/* The id is taken by this one rename: whole and locked, or not at all (CRE-15). What a dead creator left is
 * cleared first. */
static int take_id(struct making *making)
{
	struct container *container = &making->container;
	int r = -EEXIST;

	for (int turn = 0; turn < 2 && r == -EEXIST; turn++) {
		if (turn && container_sweep(container->root_fd, container->id, making->error) < 0)
			return -making->error->code;
		r = sys_renameat2(container->root_fd, making->name, container->root_fd, container->id,
				  RENAME_NOREPLACE_);
	}
	if (r == -EEXIST)
		return error_set(making->error, EEXIST, "container with given ID already exists: %s",
				 container->id);
	if (r < 0)
		return error_errno(making->error, r, "cannot take the id %s", container->id);
	making->named = true;
	return 0;
}

/* ---- steps 3 and 4: groups, gate, launch -------------------------------------------------------------- */

static int make_groups(struct making *making)
{
	const struct plan *plan = &making->prepared->compiled.plan;
	struct fault fault = { .row = PLAN_ROW_CGROUP, .record = FAULT_NO_RECORD };

	if (host_cgroups_make(plan, &making->launch->groups, &fault) == 0)
		return 0;
	making->launch->groups = (struct host_cgroups){ .born = -1 };
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

static int launch_shim(struct making *making)
{
	uint32_t count = making->prepared->compiled.plan.header->slot_count;
	int slots[PLAN_MAX_SLOTS];

	memset(slots, 0xff, sizeof slots);
	int r = fill_slots(making, slots);
	for (uint32_t i = 0; r == 0 && i < count; i++)
		if (slots[i] < 0)
			r = error_set(making->error, EINVAL,
				      "the plan asks for a descriptor that nobody gives");
	if (r == 0)
		r = launch_start(making->launch, slots, count, NULL, making->error);
	for (uint32_t i = 0; i < PLAN_MAX_SLOTS; i++)
		if (slots[i] >= 0 && slots[i] != making->fifo && slots[i] != making->page)
			sys_close(slots[i]);
	/* only the shim may hold the fifo: `start` asks the kernel whether anybody does */
	fd_close_at(&making->fifo);
	fd_close_at(&making->page);
	return r;
}

/* ---- steps 5 to 9 ------------------------------------------------------------------------------------- */

/* So that whoever finds us dead can find the shim. */
static int note_process(struct making *making)
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
	return state_write(making->container.dir, CREATING, state, making->error);
}

static int set_limits(struct making *making,
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
	return note_process(making);
}

/* The shim is at work: what we do here costs no time of its own. */
static int converse(struct making *making)
{
	int r = note_process(making);

	making->launch->on_forked = on_forked;
	making->launch->context = making;
	if (r == 0)
		r = set_limits(making, host_cgroups_limit);
	if (r == 0)
		r = launch_serve(making->launch, making->error);
	return r == 0 ? set_limits(making, host_cgroups_late) : r;
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

static int make(struct making *making)
{
	int r = make_directory(making);

	if (r == 0)
		r = take_id(making);
	if (r == 0)
		r = make_groups(making);
	if (r == 0)
		r = launch_shim(making);
	if (r == 0)
		r = converse(making);
	return r == 0 ? finish(making) : r;
}

/* ---- undoing ------------------------------------------------------------------------------------------ */

/* Only the groups that we made: in one that was there before (CRE-20) others may live. */
static void forget_foreign_groups(struct making *making)
{
	struct spec_strings *dirs = &making->container.state.cgroup_dirs;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < dirs->count; i++)
		if (i < making->launch->groups.count && making->launch->groups.made & (1ULL << i))
			dirs->items[kept++] = dirs->items[i];
	dirs->count = kept;
}

/* CRE-23: no directory, group, process or mount stays; poststop runs when a hook had begun (HOK-12). The
 * error that led here stays the one that is told. */
static void undo(struct making *making)
{
	struct container *container = &making->container;
	struct error ignored = { 0 };

	launch_abort(making->launch);
	forget_foreign_groups(making);
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

	*launch = (struct launch){ .compiled = &prepared->compiled,
				   .groups = { .born = -1 },
				   .sock = -1,
				   .pidfd = -1,
				   .master = -1,
				   .agent = { .sock = -1 } };
	making.container.root_fd = root_open(prepared->root, true, !globals->root, error);
	if (making.container.root_fd < 0)
		return making.container.root_fd;
	fill_state(&making);
	int r = agent_connect(globals->arena, &prepared->spec, &prepared->options, &launch->agent, error);
	if (r == 0)
		r = make(&making);
	if (r < 0) {
		undo(&making);
		return r;
	}
	launch->on_forked = NULL; /* its context ends here */
	host_cgroups_close(&launch->groups);
	if (options->gate == PLAN_GATE_FIFO) {
		launch_close(launch);
		flock(making.container.dir, LOCK_UN);
	}
	*ret = making.container;
	return 0;
}
