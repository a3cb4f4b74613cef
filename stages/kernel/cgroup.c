/* What cgroup v1 and v2 have in common: see cgroup.h. All by descriptor, without a path of the host: a
 * container with a writable cgroup mount may make, move and remove groups while we read them, and nest them
 * as deep as it likes.
 */
#include "cgroup.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>

#include "fd.h"
#include "number.h"
#include "plan.h"

#define GROUP_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
#define REMOVE_STEPS 131072 /* directories entered in one pass: bounds a race against mkdir inside */

struct dirent_head {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* The directories in a directory, a few at a time. */
struct listing {
	int fd;
	size_t at, filled;
	union {
		uint64_t align;
		char bytes[1024];
	} buffer;
};

int cgroup_version(int dir)
{
	int64_t magic = sys_fs_magic(dir);

	if (magic < 0)
		return (int)magic;
	if (magic == CGROUP2_SUPER_MAGIC)
		return PLAN_CGROUP_V2;
	return magic == CGROUP_SUPER_MAGIC ? PLAN_CGROUP_V1 : -EXDEV;
}

int cgroup_is_mount_root(int dir)
{
	int64_t here = sys_mount_id(dir, "", AT_EMPTY_PATH), above = sys_mount_id(dir, "..", 0);

	if (here < 0 || above < 0)
		return here < 0 ? (int)here : (int)above;
	return here != above;
}

static bool plain_name(const char *name)
{
	return name[0] && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}

int cgroup_open_child(int dir, const char *name)
{
	return plain_name(name) ? sys_openat(dir, name, GROUP_FLAGS, 0) : -EINVAL;
}

int cgroup_write(int dir, const char *file, const char *value, size_t length)
{
	FD_AUTO fd = plain_name(file) ? sys_openat(dir, file, O_WRONLY | O_NOFOLLOW, 0) : -EINVAL;
	ssize_t written;

	if (fd < 0)
		return fd;
	written = sys_write(fd, value, length);
	if (written < 0)
		return (int)written;
	return (size_t)written == length ? 0 : -EIO;
}

int cgroup_put(int dir, const char *file, const char *text)
{
	return cgroup_write(dir, file, text, strlen(text));
}

ssize_t cgroup_read(int dir, const char *file, char *buffer, size_t size)
{
	FD_AUTO fd = plain_name(file) ? sys_openat(dir, file, O_RDONLY | O_NOFOLLOW, 0) : -EINVAL;
	size_t used = 0;
	int r;

	if (fd < 0)
		return fd;
	/* Files of more than one page come in pieces. */
	r = fd_read_all(fd, buffer, size - 1, &used);
	if (r < 0)
		return r;
	if (used > 0 && buffer[used - 1] == '\n')
		used--;
	buffer[used] = 0;
	return (ssize_t)used;
}

int cgroup_find_key(const char *text, const char *key, uint64_t *ret)
{
	size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		char number[NUMBER_TEXT] = "";

		line += *line == '\n';
		if (strncmp(line, key, length) != 0 || line[length] != ' ')
			continue;
		line += length + 1;
		length = strcspn(line, "\n");
		if (length >= sizeof number)
			return -ERANGE;
		memcpy(number, line, length);
		return number_parse(number, UINT64_MAX, ret);
	}
	return -ENODATA;
}

int cgroup_read_key(int dir, const char *file, const char *key, uint64_t *ret)
{
	char text[2048];
	ssize_t length = cgroup_read(dir, file, text, sizeof text);

	return length < 0 ? (int)length : cgroup_find_key(text, key, ret);
}

/* The next directory's name, borrowed from the listing; 1, 0 at the end, or -errno. */
static int listing_next(struct listing *listing, const char **ret_name)
{
	for (;;) {
		const struct dirent_head *entry;

		if (listing->at >= listing->filled) {
			ssize_t r = sys_getdents(listing->fd, listing->buffer.bytes, sizeof listing->buffer);

			if (r <= 0)
				/* ENOENT: the directory itself was removed after we opened it */
				return r == -ENOENT || r == -ENODEV ? 0 : (int)r;
			listing->at = 0;
			listing->filled = (size_t)r;
		}
		entry = (const void *)(listing->buffer.bytes + listing->at);
		listing->at += entry->length;
		/* kernfs fills d_type; groups are its only directories */
		if (entry->type == 4 /* DT_DIR */ && plain_name(entry->name)) {
			*ret_name = entry->name;
			return 1;
		}
	}
}

/* A group that went away between the listing and now. */
static bool gone(int error)
{
	return error == -ENOENT || error == -ENODEV;
}

/* Hand on the numbers in one piece of cgroup.procs; `value` carries one over the edge of a piece. */
static int feed_pids(const char *text, size_t length, int64_t *value, cgroup_pid_step *step, void *context)
{
	for (size_t i = 0; i < length; i++) {
		int r = 0;

		if (text[i] >= '0' && text[i] <= '9') {
			*value = *value * 10 + (text[i] - '0');
			continue;
		}
		/* 0: lives outside our pid namespace */
		if (*value > 0)
			r = step(context, *value);
		*value = 0;
		if (r)
			return r;
	}
	return 0;
}

/* The processes of one group, without those below. */
static int own_pids(int dir, cgroup_pid_step *step, void *context)
{
	char text[2048];
	int64_t value = 0;
	FD_AUTO fd = sys_openat(dir, "cgroup.procs", O_RDONLY | O_NOFOLLOW, 0);

	if (fd < 0)
		return gone(fd) ? 0 : fd;
	for (;;) {
		ssize_t length = sys_read(fd, text, sizeof text);
		int r;

		/* EOPNOTSUPP: a threaded group (v2); its processes are listed by the domain above it */
		if (length == -EOPNOTSUPP || gone((int)length) || length == 0)
			return 0;
		if (length < 0)
			return (int)length;
		r = feed_pids(text, (size_t)length, &value, step, context);
		if (r)
			return r;
	}
}

static int walk(int dir, unsigned depth, cgroup_pid_step *step, void *context)
{
	FD_AUTO fd = sys_openat(dir, ".", GROUP_FLAGS, 0);
	struct listing listing = { .fd = fd };
	const char *name;
	int r;

	if (fd < 0)
		return gone(fd) ? 0 : fd;
	r = own_pids(fd, step, context);
	if (r)
		return r;
	while ((r = listing_next(&listing, &name)) > 0) {
		FD_AUTO child = cgroup_open_child(fd, name);

		if (gone(child))
			continue;
		if (child < 0)
			return child;
		r = depth < CGROUP_DEPTH_MAX ? walk(child, depth + 1, step, context) : -ELOOP;
		if (r)
			return r;
	}
	return r;
}

int cgroup_each_pid(int dir, cgroup_pid_step *step, void *context)
{
	return walk(dir, 0, step, context);
}

static int count_step(void *context, int64_t pid)
{
	uint64_t *count = context;

	(void)pid;
	(*count)++;
	return 0;
}

int cgroup_count_pids(int dir, uint64_t *ret)
{
	*ret = 0;
	return cgroup_each_pid(dir, count_step, ret);
}

static int signal_step(void *context, int64_t pid)
{
	int r = sys_kill((pid_t)pid, *(const int *)context);

	return r == -ESRCH ? 0 : r;
}

int cgroup_signal(int dir, int signal)
{
	return cgroup_each_pid(dir, signal_step, &signal);
}

/* Remove the groups right below `dir`. 0: none is left; 1: the group in ret_child has to be emptied first.
 * ret_seen: there was one at all. */
static int remove_children(int dir, int *ret_child, bool *ret_seen)
{
	struct listing listing = { .fd = dir };
	const char *name;
	int r;

	*ret_seen = false;
	while ((r = listing_next(&listing, &name)) > 0) {
		int child;

		*ret_seen = true;
		r = sys_unlinkat(dir, name, AT_REMOVEDIR);
		if (r == 0 || gone(r))
			continue;
		if (r != -EBUSY && r != -ENOTEMPTY)
			return r;
		child = cgroup_open_child(dir, name);
		if (gone(child))
			continue;
		if (child < 0)
			return child;
		*ret_child = child;
		return 1;
	}
	return r;
}

/* One descriptor at a time, back up by "..": a group cannot be moved to another parent, in v1 or v2. */
int cgroup_remove_below(int dir)
{
	FD_AUTO here = sys_openat(dir, ".", GROUP_FLAGS, 0);
	unsigned depth = 0;
	bool entered = false; /* just came down: no group below it is known */

	if (here < 0)
		return gone(here) ? 0 : here;
	for (unsigned steps = 0; steps < REMOVE_STEPS; steps++) {
		bool seen;
		int next = -1, r = remove_children(here, &next, &seen);

		if (r < 0)
			return r;
		if (r == 0 && depth == 0)
			return 0;
		if (r == 0 && entered && !seen) {
			/* It could not be removed and has nothing below: it holds processes. */
			own_pids(here, signal_step, &(int){ SIGKILL });
			return -EBUSY;
		}
		entered = r == 1;
		depth += entered ? 1u : -1u;
		if (!entered)
			next = sys_openat(here, "..", GROUP_FLAGS, 0);
		if (next < 0)
			return next;
		fd_close_at(&here);
		here = next;
	}
	return -EBUSY;
}
