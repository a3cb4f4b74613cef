/* The state root and what stands in it: ids, --root, opening and locking one container. Knows the layout
 * ROOT/ID/ and its locks; never looks into a process (status.c) and removes nothing (destroy.c).
 *
 * Two locks, both flock: the creator's on the directory itself, from mkdir until GO; a command's on the copy
 * of config.json. They die with their process, so a crash leaves none.
 */
#include "container/root.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"

#define ROOT_NAME "ocirun"
#define ROOT_SYSTEM "/run/" ROOT_NAME
#define ID_MAX 255 /* NAME_MAX: an id is a directory's name */

/* ---- ids ---------------------------------------------------------------------------------------------- */

int id_check(const char *id, struct error *error)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-.";

	if (!id || !*id)
		return error_set(error, EINVAL, "container id cannot be empty");
	/* '@' is not among the letters: names that begin with it are ours */
	if (id[strspn(id, allowed)] || !strcmp(id, ".") || !strcmp(id, ".."))
		return error_set(error, EINVAL, "invalid container ID format: %s", id);
	if (strlen(id) > ID_MAX)
		return error_set(error, EINVAL, "invalid container ID format: longer than %d bytes", ID_MAX);
	return 0;
}

/* ---- the root's path ---------------------------------------------------------------------------------- */

/* Root of a user namespace that is not the first: its map is not the whole range. */
static bool in_user_namespace(void)
{
	char map[64] = "";
	FD_AUTO fd = sys_openat(AT_FDCWD, "/proc/self/uid_map", O_RDONLY, 0);
	unsigned long inside, outside, count;

	if (fd < 0)
		return false;
	ssize_t got = sys_read(fd, map, sizeof map - 1);
	if (got <= 0)
		return false;
	map[got] = 0;
	char *rest = map;
	inside = strtoul(rest, &rest, 10);
	outside = strtoul(rest, &rest, 10);
	count = strtoul(rest, &rest, 10);
	return inside || outside || count != 4294967295UL;
}

/* GLB-01: an ordinary user, or what only looks like root, keeps its state below XDG_RUNTIME_DIR. */
static const char *xdg_directory(void)
{
	const char *directory = getenv("XDG_RUNTIME_DIR"), *user = getenv("USER");

	if (!directory || directory[0] != '/')
		return NULL; /* the XDG specification: a relative path is to be ignored */
	if (geteuid() != 0)
		return directory;
	if (user && !strcmp(user, "root"))
		return NULL;
	return in_user_namespace() ? directory : NULL;
}

/* Remove "//", "." and ".." by text alone, in place. `path` is absolute. */
static void clean(char *path)
{
	char *out = path;

	for (char *part = path; *part;) {
		part += strspn(part, "/");
		size_t length = strcspn(part, "/");

		if (length == 2 && part[0] == '.' && part[1] == '.') {
			while (out > path && *--out != '/')
				;
		} else if (length && !(length == 1 && part[0] == '.')) {
			*out++ = '/';
			memmove(out, part, length);
			out += length;
		}
		part += length;
	}
	if (out == path)
		*out++ = '/';
	*out = 0;
}

int root_path(struct arena *arena, const char *option, const char **ret, struct error *error)
{
	char here[PATH_BYTES], *path;

	if (!option) {
		const char *xdg = xdg_directory();

		*ret = xdg ? arena_format(arena, "%s/" ROOT_NAME, xdg) : ROOT_SYSTEM;
		return 0;
	}
	if (option[0] == '/') {
		path = arena_format(arena, "%s", option);
	} else {
		ssize_t r = sys_getcwd(here, sizeof here);

		if (r < 0)
			return error_errno(error, (int)r, "cannot make --root %s absolute", option);
		if (here[0] != '/') /* "(unreachable)/...": outside our root */
			return error_set(error, ENOENT, "cannot make --root %s absolute", option);
		path = arena_format(arena, "%s/%s", here, option);
	}
	clean(path);
	if (!strcmp(path, "/"))
		return error_set(error, EINVAL, "Option --root argument should not be set to /");
	*ret = path;
	return 0;
}

/* mkdir -p; `path` is absolute and clean. The parents get the same mode: they are ours as well. */
static int make_directories(const char *path)
{
	char part[PATH_BYTES];
	size_t length = strlen(path);

	if (length >= sizeof part)
		return -ENAMETOOLONG;
	int r = sys_mkdirat(AT_FDCWD, path, 0700);
	if (r != -ENOENT)
		return r == -EEXIST ? 0 : r;
	memcpy(part, path, length + 1);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		r = sys_mkdirat(AT_FDCWD, part, 0700);
		if (r < 0 && r != -EEXIST)
			return r;
		*slash = '/';
	}
	r = sys_mkdirat(AT_FDCWD, path, 0700);
	return r == -EEXIST ? 0 : r;
}

/* A first-time user's first error: what to type. */
static int refused_root(const char *path, bool is_default, int r, const char *what, struct error *error)
{
	bool xdg = is_default && strcmp(path, ROOT_SYSTEM) != 0;

	if (xdg)
		return error_errno(error, r, "cannot %s the state root %s (is XDG_RUNTIME_DIR right?)", what,
				   path);
	error_errno(error, r, "cannot %s the state root %s", what, path);
	if (is_default && geteuid() != 0) {
		size_t used = strlen(error->text);

		snprintf(error->text + used, sizeof error->text - used,
			 " (XDG_RUNTIME_DIR is not set: export XDG_RUNTIME_DIR=/run/user/%u if that "
			 "directory is there, or give --root a directory of your own)",
			 geteuid());
	}
	return r;
}

/* The default is a path that nobody typed: who else could make it, or write in it, would choose what we find.
 * A --root is the caller's word for the directory, and only its containers are looked at (check_owner). */
static int check_root(int fd, const char *path, struct error *error)
{
	struct stat about;
	int r = sys_fstat(fd, &about);

	if (r < 0)
		return error_errno(error, r, "cannot look at the state root %s", path);
	if (about.st_uid != geteuid())
		return error_set(
			error, EPERM,
			"the state root %s belongs to user %u, not to %u (remove it, or give --root a "
			"directory of your own)",
			path, about.st_uid, geteuid());
	if (about.st_mode & 022)
		return error_set(error, EPERM,
				 "the state root %s can be written by others (see what is in it, then: chmod "
				 "go-w %s)",
				 path, path);
	return 0;
}

int root_open(const char *path, bool make, bool is_default, struct error *error)
{
	bool xdg = is_default && strcmp(path, ROOT_SYSTEM) != 0;
	int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);

	if (fd == -ENOENT && make) {
		int r = make_directories(path);

		if (r < 0)
			return refused_root(path, is_default, r, "make", error);
		fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
		/* GLB-03: the sticky bit tells login managers that clean XDG_RUNTIME_DIR to leave it */
		if (fd >= 0 && xdg)
			sys_fchmod(fd, 01700);
	}
	if (fd < 0)
		return refused_root(path, is_default, fd, "open", error);
	int r = is_default ? check_root(fd, path, error) : 0;
	if (r < 0)
		fd_close_at(&fd);
	return r < 0 ? r : fd;
}

/* ---- one container ------------------------------------------------------------------------------------ */

bool container_creating(int dir)
{
	if (flock(dir, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	flock(dir, LOCK_UN);
	return false;
}

/* Still the directory that the id leads to? A delete may have renamed it while we waited for the lock. */
static bool still_there(const struct container *container)
{
	struct stat ours, named;

	return sys_fstat(container->dir, &ours) == 0 &&
	       sys_fstatat(container->root_fd, container->id, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

static int missing(struct error *error)
{
	return error_set(error, ENOENT, "container does not exist");
}

/* What a state holds is done with our rights: hooks are run, groups and directories removed. So only our own
 * is read, and uid 0 trusts uid 0 alone. In a user namespace an owner without a mapping is the overflow uid,
 * which is not us either. The directory is enough: none but its owner can make or move a file in it. */
static int check_owner(const struct container *container, struct error *error)
{
	struct stat about;
	int r = sys_fstat(container->dir, &about);

	if (r < 0)
		return error_errno(error, r, "cannot look at the state of container %s", container->id);
	if (about.st_uid != geteuid())
		return error_set(error, EPERM, "container %s belongs to user %u", container->id,
				 about.st_uid);
	if (about.st_mode & 022)
		return error_set(error, EPERM, "the state of container %s can be written by others",
				 container->id);
	return 0;
}

static int wait_for_lock(int fd, int operation, int milliseconds)
{
	const struct timespec pause = { .tv_nsec = 10000000L };

	if (milliseconds < 0) {
		while (flock(fd, operation) < 0)
			if (errno != EINTR)
				return -errno;
		return 0;
	}
	for (int waited = 0; flock(fd, operation | LOCK_NB) < 0; waited += 10) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (waited >= milliseconds)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int container_lock(struct container *container, enum container_lock lock, int milliseconds,
		   struct error *error)
{
	if (lock == LOCK_NONE)
		return 0;
	if (container->lock < 0) {
		int fd = sys_openat(container->dir, "config.json", O_RDONLY | O_NOFOLLOW, 0);

		/* a creator killed between its first steps leaves none: there is nobody to be locked out */
		if (fd == -ENOENT && container->half_made)
			return still_there(container) ? 0 : missing(error);
		if (fd == -ENOENT)
			return missing(error);
		if (fd < 0)
			return error_errno(error, fd, "cannot open config.json of %s", container->id);
		container->lock = fd;
	}
	int r = wait_for_lock(container->lock, lock == LOCK_SHARED ? LOCK_SH : LOCK_EX, milliseconds);
	if (r == -ETIMEDOUT)
		return error_set(error, r, "container %s is in use by another command", container->id);
	if (r < 0)
		return error_errno(error, r, "cannot lock container %s", container->id);
	return still_there(container) ? 0 : missing(error);
}

int container_wait_creator(struct container *container, int milliseconds)
{
	int r = wait_for_lock(container->dir, LOCK_SH, milliseconds);

	if (r == 0)
		flock(container->dir, LOCK_UN);
	return r;
}

int container_claim(struct container *container, int milliseconds)
{
	int r = wait_for_lock(container->dir, LOCK_EX, milliseconds);

	return r < 0 || still_there(container) ? r : -ENOENT;
}

/* state.json, or creating.json. Twice, since the rename that ends a creation may come between the two reads.
 */
static int read_files(struct arena *arena, struct container *container, struct error *error)
{
	int r = -ENOENT;

	for (int turn = 0; turn < 2; turn++) {
		memset(error, 0, sizeof *error);
		container->half_made = false;
		r = state_read(arena, container->dir, "state.json", &container->state, error);
		if (r != -ENOENT)
			return r;
		memset(error, 0, sizeof *error);
		container->half_made = true;
		r = state_read(arena, container->dir, "creating.json", &container->state, error);
		if (r != -ENOENT)
			return r;
	}
	memset(error, 0, sizeof *error);
	return 0; /* neither: the creator died very early */
}

/* The creator lets go only after the rename: nobody holds the directory and still no state.json means that it
 * died. In the order "files, then creator" a container that was finished in between would pass for its
 * leftover. */
static int read_state(struct arena *arena, struct container *container, struct error *error)
{
	int r = read_files(arena, container, error);

	container->creating = r == 0 && container->half_made && container_creating(container->dir);
	if (r == 0 && container->half_made && !container->creating)
		r = read_files(arena, container, error);
	/* its groups and hooks would be another one's */
	if (r == 0 && container->state.id && strcmp(container->state.id, container->id) != 0)
		r = error_set(error, EINVAL, "state.json of %s names another id", container->id);
	return r;
}

static int open_checked(struct arena *arena, enum container_lock lock, bool half, struct container *container,
			struct error *error)
{
	int r = check_owner(container, error);

	if (r == 0)
		r = read_state(arena, container, error);
	if (r < 0)
		return r;
	if (container->half_made && !half && !container->creating)
		return missing(error);
	r = container_lock(container, lock, -1, error);
	if (r < 0 || lock == LOCK_NONE)
		return r;
	return read_state(arena, container, error); /* whoever held the lock may have changed it */
}

int container_open(struct arena *arena, int root_fd, const char *root, const char *id,
		   enum container_lock lock, bool half, struct container *ret, struct error *error)
{
	struct container container = { .id = id, .root = root, .root_fd = -1, .lock = -1 };

	container.dir = sys_openat(root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (container.dir == -ENOENT)
		return missing(error);
	if (container.dir < 0)
		return error_errno(error, container.dir, "cannot open the state of container %s", id);
	container.root_fd = sys_dup(root_fd, 3);
	int r = container.root_fd < 0 ? error_errno(error, container.root_fd, "cannot keep %s open", root)
				      : open_checked(arena, lock, half, &container, error);
	if (r < 0) {
		container_close(&container);
		return r;
	}
	*ret = container;
	return 0;
}

int container_find(const struct globals *globals, const char *id, enum container_lock lock, bool half,
		   struct container *ret, struct error *error)
{
	const char *root = "";
	int r = id_check(id, error);

	if (r == 0)
		r = root_path(globals->arena, globals->root, &root, error);
	if (r < 0)
		return r;
	FD_AUTO fd = root_open(root, false, !globals->root, error);
	if (fd == -ENOENT) { /* no root, so no container: the text that clients look for */
		memset(error, 0, sizeof *error);
		return missing(error);
	}
	if (fd < 0)
		return fd;
	return container_open(globals->arena, fd, root, id, lock, half, ret, error);
}

void container_close(struct container *container)
{
	fd_close_at(&container->lock);
	fd_close_at(&container->dir);
	fd_close_at(&container->root_fd);
}
