/* Removal: what is left of a container's processes, its cgroups, then its directory. The rename to @gone is
 * the one step that frees the id; whatever dies after it is swept by the next command that writes in ROOT.
 * Nothing here is ever mounted, so nothing is unmounted (DEL-10). Runs no hooks.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "container/destroy.h"
#include "container/root.h"
#include "container/scope.h"
#include "fd.h"
#include "host.h"

#define GONE_ID 200             /* bytes of the id in its @gone name: NAME_MAX less prefix and number */
#define SWEEP_MILLISECONDS 2000 /* for the groups of a creator that was killed */
#define CLAIM_MILLISECONDS 100  /* commands that only look hold the lock for a moment */
#define NEW_SECONDS 10          /* a younger @new.* may be between its mkdir and its flock */

/* What getdents64(2) fills. */
struct entry {
	uint64_t inode;
	int64_t next;
	uint16_t length;
	uint8_t type;
	char name[];
};

int directory_each(int dir, int (*each)(int dir, const char *name, void *context), void *context)
{
	_Alignas(uint64_t) char buffer[8192];
	/* a description of its own, so that the offset is ours alone */
	FD_AUTO list = sys_openat(dir, ".", O_RDONLY | O_DIRECTORY, 0);

	if (list < 0)
		return list;
	for (;;) {
		ssize_t got = sys_getdents(list, buffer, sizeof buffer);

		if (got <= 0)
			return (int)got;
		for (ssize_t at = 0; at < got;) {
			const struct entry *entry = (const struct entry *)(const void *)(buffer + at);

			at += entry->length;
			if (!strcmp(entry->name, ".") || !strcmp(entry->name, ".."))
				continue;
			int r = each(dir, entry->name, context);
			if (r)
				return r;
		}
	}
}

/* ---- files -------------------------------------------------------------------------------------------- */

#define LEVELS 2 /* of directories: notify/socket/ */

/* A file, or a directory and what it holds; `context` is how deep: a strange tree ends as an error. */
static int unlink_entry(int dir, const char *name, void *context)
{
	unsigned level = *(unsigned *)context + 1;
	int r = sys_unlinkat(dir, name, 0);

	if (r != -EISDIR || level > LEVELS)
		return r == -ENOENT ? 0 : r;
	FD_AUTO below = sys_openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (below < 0)
		return below == -ENOENT ? 0 : below;
	r = directory_each(below, unlink_entry, &level);
	if (r < 0)
		return r;
	r = sys_unlinkat(dir, name, AT_REMOVEDIR);
	return r == -ENOENT ? 0 : r;
}

/* Two processes may do this to one directory: what is gone already is success. */
static int remove_directory(int root_fd, const char *name)
{
	FD_AUTO dir = sys_openat(root_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	unsigned level = 0;
	int r = directory_each(dir, unlink_entry, &level);
	if (r < 0)
		return r;
	r = sys_unlinkat(root_fd, name, AT_REMOVEDIR);
	return r == -ENOENT ? 0 : r;
}

static int rename_gone(const struct container *container, char *ret_name, size_t size)
{
	int r = -EEXIST;

	for (unsigned number = 0; r == -EEXIST && number < 10000; number++) {
		snprintf(ret_name, size, "@gone.%.*s.%u", GONE_ID, container->id, number);
		r = sys_renameat2(container->root_fd, container->id, container->root_fd, ret_name,
				  1 /* RENAME_NOREPLACE */);
	}
	return r;
}

static int remove_state(struct container *container, struct error *error)
{
	char gone[256];

	/* held until the end of the process, so that no sweep works on the same directory; not more than a
	 * courtesy, hence not an error */
	flock(container->dir, LOCK_EX | LOCK_NB);
	int r = rename_gone(container, gone, sizeof gone);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = remove_directory(container->root_fd, gone);
	if (r < 0)
		return error_errno(error, r, "cannot remove the state of container %s", container->id);
	return 0;
}

/* ---- processes and groups ----------------------------------------------------------------------------- */

int container_kill(const struct container *container, int pidfd)
{
	const struct spec_strings *dirs = &container->state.cgroup_dirs;
	int r = pidfd >= 0 ? sys_pidfd_send_signal(pidfd, SIGKILL) : 0;

	/* a frozen v1 group delivers the signal only when it thaws (KIL-09) */
	for (uint32_t i = 0; i < dirs->count; i++) {
		if (container->state.shared_pid_namespace)
			host_cgroup_kill(dirs->items[i], SIGKILL);
		host_cgroup_thaw(dirs->items[i]);
	}
	return r == -ESRCH ? 0 : r;
}

int container_wait_end(int pidfd, int milliseconds)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	if (pidfd < 0)
		return 0;
	int r = sys_poll(&end, 1, milliseconds);
	if (r < 0 && r != -EINTR)
		return r;
	return r > 0 ? 0 : -ETIMEDOUT;
}

/* The usual delete ends here: nobody is left in them. Who is has been killed. */
static bool removed_at_once(const struct spec_strings *dirs)
{
	bool all = true;

	for (uint32_t i = 0; i < dirs->count; i++)
		all = host_cgroup_remove(dirs->items[i], 0) == 0 && all;
	return all;
}

/* All are tried; the first failure is told (DEL-08). Groups of one container may be nested in no other. */
static int remove_groups(const struct container *container, int milliseconds, struct error *error)
{
	const struct spec_strings *dirs = &container->state.cgroup_dirs;
	int result = 0;

	if (removed_at_once(dirs))
		return 0;
	/* v1: a frozen task dies in none of its groups before the freezer's has let it go (KIL-09) */
	for (uint32_t i = 0; i < dirs->count; i++)
		host_cgroup_thaw(dirs->items[i]);
	for (uint32_t i = 0; i < dirs->count; i++) {
		int r = host_cgroup_remove(dirs->items[i], milliseconds);

		if (r < 0 && result == 0)
			result = error_errno(error, r, "unable to remove container's cgroup: %s",
					     dirs->items[i]);
	}
	return result;
}

/* The monitoring group, which only this container had; the group, when it was made for it. */
static int remove_rdt(const struct container *container, struct error *error)
{
	const struct state *state = &container->state;
	const char *dirs[] = { state->rdt_monitor, state->rdt_made ? state->rdt_path : NULL };
	int r = 0;

	if (!state->rdt_path)
		return 0;
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0] && r == 0; i++) {
		r = dirs[i] ? host_rdt_remove(dirs[i]) : 0;
		if (r < 0)
			r = error_errno(error, r, "unable to remove container's resctrl group: %s", dirs[i]);
	}
	return r;
}

int container_destroy(struct container *container, int milliseconds, struct error *error)
{
	struct error later = { 0 };
	int r = scope_stop(&container->state, error);
	/* a unit that was not stopped ends when its groups are empty and gone; the state stays to tell of it
	 */
	int groups = remove_groups(container, milliseconds, r < 0 ? &later : error);

	r = r < 0 ? r : groups;
	if (r == 0)
		r = remove_rdt(container, error);
	return r < 0 ? r : remove_state(container, error);
}

int container_discard_opened(struct container *container, struct error *error)
{
	int r = container_claim(container, 0);

	if (r == 0)
		return remove_state(container, error);
	return r == -ENOENT ? 0 : error_set(error, EBUSY, "container %s is being created", container->id);
}

int container_discard(int root_fd, const char *id, struct error *error)
{
	struct container container = { .id = id, .root_fd = root_fd, .lock = -1 };

	container.dir = sys_openat(root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (container.dir < 0)
		return error_errno(error, container.dir, "cannot open the state of container %s", id);
	struct stat about;
	int r = sys_fstat(container.dir, &about);
	/* it may be in order, and is all that its owner can find the processes by; to us it is a stranger's
	 * word */
	if (r == 0 && about.st_uid != geteuid())
		r = error_set(
			error, EPERM,
			"container %s belongs to user %u, who alone can delete it with its processes (rm "
			"-r removes the state and leaves them)",
			id, about.st_uid);
	else if (r == 0)
		r = container_discard_opened(&container, error);
	fd_close(container.dir);
	return r;
}

/* ---- leftovers of the dead ---------------------------------------------------------------------------- */

static bool young(int dir)
{
	struct timespec now;
	struct stat about;

	clock_gettime(CLOCK_REALTIME, &now);
	return sys_fstat(dir, &about) == 0 && now.tv_sec - about.st_mtim.tv_sec < NEW_SECONDS;
}

/* Failures are left for the next sweep: the command at hand has other work. */
static int sweep_entry(int root_fd, const char *name, void *context)
{
	bool made = !strncmp(name, "@new.", 5), gone = !strncmp(name, "@gone.", 6);

	(void)context;
	if (!made && !gone)
		return 0;
	FD_AUTO dir = sys_openat(root_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	/* first its age: a lock of ours, be it for a moment, would be in the way of a creator that takes its
	 * own */
	if (dir < 0 || (made && young(dir)) || flock(dir, LOCK_EX | LOCK_NB) < 0)
		return 0;
	remove_directory(root_fd, name);
	return 0;
}

/* A half-made id: its creator was killed. The shim ends by itself when its socket closes; what a hook left in
 * the groups does not. */
static int sweep_half_made(int root_fd, const char *id, struct error *error)
{
	struct arena arena = { 0 };
	struct container container = { .root_fd = -1, .dir = -1, .lock = -1 };
	int r = container_open(&arena, root_fd, "", id, LOCK_NONE, true, &container, error);

	if (r == -ENOENT)
		memset(error, 0, sizeof *error);
	/* creating.json is there before the id is (DESIGN, step 1): a directory without it is not ours to
	 * clear, as under a --root that is a place of other things */
	if (r == 0 && container.half_made && container.state.id && !container.creating &&
	    container_claim(&container, CLAIM_MILLISECONDS) == 0) {
		FD_AUTO pidfd = -1;

		container_status(&container, &pidfd);
		container_kill(&container, pidfd);
		container_wait_end(pidfd, SWEEP_MILLISECONDS);
		r = container_destroy(&container, SWEEP_MILLISECONDS, error);
	}
	container_close(&container);
	arena_free(&arena);
	return r == -ENOENT ? 0 : r;
}

int container_sweep(int root_fd, const char *id, struct error *error)
{
	int r = directory_each(root_fd, sweep_entry, NULL);

	if (r < 0)
		return error_errno(error, r, "cannot read the state root");
	return id ? sweep_half_made(root_fd, id, error) : 0;
}
