/* Tries in children: see probe.h. Read and forget; every step is one that `create` would do, in its order. */
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "fd.h"
#include "mount.h"
#include "number.h"

#define FILE_MAX (1 << 20)

/* ---- namespaces --------------------------------------------------------------------------------------- */

static int write_own(const char *file, const char *text)
{
	FD_AUTO fd = sys_openat(AT_FDCWD, file, O_WRONLY, 0);
	ssize_t r = fd < 0 ? fd : sys_write(fd, text, strlen(text));

	return r < 0 ? (int)r : 0;
}

static int become_root(uint32_t uid, uint32_t gid)
{
	char uids[64], gids[64];
	int r = write_own("/proc/self/setgroups", "deny");

	snprintf(uids, sizeof uids, "0 %u 1\n", uid);
	snprintf(gids, sizeof gids, "0 %u 1\n", gid);
	if (r == 0)
		r = write_own("/proc/self/uid_map", uids);
	return r == 0 ? write_own("/proc/self/gid_map", gids) : r;
}

static int mount_here(const char *type)
{
	struct mount_request request = { .type = type, .source = type };
	struct fault ignored = { 0 };
	int fd = mount_new(&request, &ignored);

	fd_close(fd);
	return fd < 0 ? fd : 0;
}

/* In the child; as far as it comes. */
static void try_all(struct probe_namespaces *ret)
{
	uint32_t uid = geteuid(), gid = getegid();

	ret->user = sys_unshare(CLONE_NEWUSER);
	ret->inside = ret->user ? ret->user : become_root(uid, gid);
	if (ret->inside == 0)
		ret->inside = sys_unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET);
	if (ret->inside == 0)
		ret->inside = sys_mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL);
	ret->sysfs = ret->inside ? ret->inside : mount_here("sysfs");
	ret->proc = ret->inside;
}

/* Runs `child` in a process of its own and reads back what it made of the struct. */
static void in_child(void (*child)(struct probe_namespaces *), struct probe_namespaces *result)
{
	int ends[2], r = sys_pipe(ends);
	pid_t pid = r < 0 ? -1 : fork();

	if (pid == 0) {
		child(result);
		_exit(sys_write(ends[1], result, sizeof *result) != (ssize_t)sizeof *result);
	}
	if (r < 0)
		return;
	fd_close(ends[1]);
	while (sys_read(ends[0], result, sizeof *result) == -EINTR)
		;
	fd_close(ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The first process of the new pid namespace: only there can its proc be mounted. */
static void try_proc(struct probe_namespaces *ret)
{
	ret->proc = mount_here("proc");
}

static void try_namespaces(struct probe_namespaces *ret)
{
	try_all(ret);
	if (ret->proc == 0)
		in_child(try_proc, ret);
}

void probe_user_namespace(struct probe_namespaces *ret)
{
	*ret = (struct probe_namespaces){ -EIO, -EIO, -EIO, -EIO };
	fflush(NULL); /* the child has a copy of what waits to be written */
	in_child(try_namespaces, ret);
}

/* ---- files -------------------------------------------------------------------------------------------- */

static char *read_text(struct arena *arena, const char *path)
{
	FD_AUTO fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0);
	char *text = arena_alloc(arena, FILE_MAX + 1);
	size_t length = 0;

	return fd < 0 || fd_read_all(fd, text, FILE_MAX, &length) < 0 ? NULL : text;
}

const char *probe_line(struct arena *arena, const char *path)
{
	char text[4096];
	FD_AUTO fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0);
	ssize_t got = fd < 0 ? fd : sys_read(fd, text, sizeof text - 1);

	if (got < 0)
		return NULL;
	text[got] = 0;
	return arena_copy(arena, text, strcspn(text, "\n"));
}

/* "name:start:count"; false: another's line, or none. */
static bool read_range(const char *line, size_t length, const char *user, uint32_t uid,
		       struct subid_range *ret)
{
	char text[256], *colon, *second, number[NUMBER_TEXT];

	if (length >= sizeof text)
		return false;
	memcpy(text, line, length);
	text[length] = 0;
	colon = strchr(text, ':');
	second = colon ? strchr(colon + 1, ':') : NULL;
	if (!second)
		return false;
	*colon++ = *second++ = 0;
	number_text(number, uid);
	if (strcmp(text, user) != 0 && strcmp(text, number) != 0)
		return false;
	return number_parse(colon, UINT32_MAX, &ret->start) == 0 &&
	       number_parse(second, UINT32_MAX, &ret->count) == 0;
}

uint32_t probe_subids(struct arena *arena, const char *file, const char *user, uint32_t uid,
		      struct subid_range **ret)
{
	const char *text = read_text(arena, file);
	uint32_t lines = 1, count = 0;

	for (const char *at = text; at && (at = strchr(at, '\n')); at++)
		lines++;
	*ret = arena_alloc(arena, lines * sizeof **ret);
	for (const char *at = text; at && *at;) {
		size_t length = strcspn(at, "\n");

		count += read_range(at, length, user, uid, &(*ret)[count]);
		at += length;
		at += *at != 0;
	}
	return count;
}

bool probe_subids_hold(const struct subid_range *ranges, uint32_t count, uint64_t first, uint64_t size)
{
	for (uint32_t i = 0; i < count; i++)
		if (first >= ranges[i].start && first - ranges[i].start <= ranges[i].count &&
		    size <= ranges[i].count - (first - ranges[i].start))
			return true;
	return false;
}

bool probe_has_rights(const char *program)
{
	struct stat about;

	if (sys_fstatat(AT_FDCWD, program, &about, 0) < 0)
		return false;
	return (about.st_mode & S_ISUID && about.st_uid == 0) ||
	       getxattr(program, "security.capability", NULL, 0) > 0;
}

const char *probe_existing(struct arena *arena, const char *path)
{
	char *at = arena_copy(arena, path, strlen(path)), *slash;
	struct stat about;

	while (sys_fstatat(AT_FDCWD, at, &about, 0) < 0 && (slash = strrchr(at, '/')) && slash != at)
		*slash = 0;
	return at;
}
