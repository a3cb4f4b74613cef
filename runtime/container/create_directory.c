/* Steps 0 to 2 of `create`: the state that is recorded, and the directory that appears under its id whole and
 * locked, or not at all.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "container/making.h"
#include "container/root.h"
#include "container/status.h"
#include "fd.h"
#include "timestamp.h"

#define RENAME_NOREPLACE_ 1u /* <linux/fs.h> brings MS_* that clash */

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

/* The program's 0, 1 and 2 are ours. */
static void name_descriptors(struct arena *arena, struct spec_strings *ret)
{
	static const char *const links[] = { "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2" };
	char path[PATH_BYTES];

	ret->items = arena_alloc(arena, sizeof links);
	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
		ssize_t length = sys_readlinkat(AT_FDCWD, links[i], path, sizeof path);

		ret->items[ret->count++] = arena_copy(arena, path, length > 0 ? (size_t)length : 0);
	}
}

/* The group of linux.intelRdt. Not ours before it is made. */
static void name_rdt(struct arena *arena, const struct compiled *compiled, struct state *state)
{
	const struct plan *plan = &compiled->plan;
	const struct plan_rdt *rdt = plan_find(plan, PLAN_KIND_rdt);

	if (!rdt)
		return;
	state->rdt_root = plan_text(plan, rdt->root);
	state->rdt_path = rdt->group.length
				  ? arena_format(arena, "%s/%s", state->rdt_root, plan_text(plan, rdt->group))
				  : state->rdt_root;
	if (rdt->monitor.length)
		state->rdt_monitor = arena_format(arena, "%s/mon_groups/%s", state->rdt_path,
						  plan_text(plan, rdt->monitor));
	state->rdt_made = !(rdt->flags & PLAN_RDT_KEEP);
}

void making_state(struct making *making)
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
	state->cgroup_delegated = prepared->compiled.cgroup_delegated;
	if (prepared->compiled.systemd) {
		state->scope = prepared->compiled.systemd->name;
		state->slice = prepared->compiled.systemd->slice;
		state->scope_of_user = prepared->compiled.systemd->user;
	}
	/* of a namespace that is not its own, init's death takes nobody along */
	state->shared_pid_namespace = !pid || pid->path;
	state->no_new_keyring = making->options->no_new_keyring;
	state->gate_fifo = making->options->gate == PLAN_GATE_FIFO;
	state->poststart = spec->hooks[PLAN_HOOK_POSTSTART];
	state->poststop = spec->hooks[PLAN_HOOK_POSTSTOP];
	name_groups(arena, &prepared->compiled, state);
	name_descriptors(arena, &state->external_descriptors);
	name_rdt(arena, &prepared->compiled, state);
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

static bool is_missing(const char *path)
{
	struct stat about;

	return sys_fstatat(AT_FDCWD, path, &about, AT_SYMLINK_NOFOLLOW) == -ENOENT;
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

	state.scope = NULL; /* it cannot be there before the shim is: named with its pid */
	for (uint32_t i = 0; i < dirs->count && !making->prepared->compiled.systemd; i++) {
		if (!is_missing(dirs->items[i]))
			continue;
		new_dirs.items[new_dirs.count++] = dirs->items[i];
		new_names.items[new_names.count++] = state.cgroup_names.items[i];
	}
	state.cgroup_dirs = new_dirs;
	state.cgroup_names = new_names;
	state.rdt_made = state.rdt_made && is_missing(state.rdt_path);
	if (state.rdt_monitor && !is_missing(state.rdt_monitor))
		state.rdt_monitor = NULL;
	return state;
}

static int new_directory(struct making *making)
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

int making_directory(struct making *making)
{
	int r = new_directory(making);

	return r == 0 ? take_id(making) : r;
}

int making_note(const struct making *making)
{
	return state_write(making->container.dir, CREATING, &making->container.state, making->error);
}
