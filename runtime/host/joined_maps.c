/* See joined_maps.h. A map file shows the outer ids as they are in the reader's user namespace, but the
 * parent's to a reader that is inside (user_namespaces(7)): so a child goes in and stays there while we read
 * its files.
 */
#include "joined_maps.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "plan.h"

#define MAP_BYTES 16384 /* 340 lines, as the kernel prints them */

/* ---- maps ---------------------------------------------------------------------------------------------- */

int joined_maps_parse(struct arena *arena, const char *text, struct spec_id_maps *ret)
{
	uint32_t lines = 1;

	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	*ret = (struct spec_id_maps){ .items = arena_alloc(arena, lines * sizeof *ret->items) };
	while (*text) {
		uint32_t numbers[3];

		for (size_t i = 0; i < 3; i++) {
			char *end;
			unsigned long value = strtoul(text, &end, 10);

			if (end == text || value > UINT32_MAX)
				return -EINVAL;
			numbers[i] = (uint32_t)value;
			text = end;
		}
		if (*text++ != '\n')
			return -EINVAL;
		ret->items[ret->count++] = (struct spec_id_map){ .container_id = numbers[0],
								 .host_id = numbers[1],
								 .size = numbers[2] };
	}
	return 0;
}

static int by_container_id(const void *a, const void *b)
{
	uint32_t left = ((const struct spec_id_map *)a)->container_id;
	uint32_t right = ((const struct spec_id_map *)b)->container_id;

	return left < right ? -1 : left > right;
}

/* Sorted, and neighbours that go on in step put together: one map has one such form. */
static struct spec_id_maps normal(struct arena *arena, const struct spec_id_maps *maps)
{
	struct spec_id_map *items = arena_alloc(arena, (maps->count + 1) * sizeof *items);
	uint32_t count = 0;

	if (maps->count)
		memcpy(items, maps->items, maps->count * sizeof *items);
	qsort(items, maps->count, sizeof *items, by_container_id);
	for (uint32_t i = 0; i < maps->count; i++) {
		struct spec_id_map *last = &items[count ? count - 1 : 0];

		if (count && items[i].container_id - last->container_id == last->size &&
		    items[i].host_id - last->host_id == last->size)
			last->size += items[i].size;
		else
			items[count++] = items[i];
	}
	return (struct spec_id_maps){ count, items };
}

bool joined_maps_same(struct arena *arena, const struct spec_id_maps *a, const struct spec_id_maps *b)
{
	struct spec_id_maps left = normal(arena, a), right = normal(arena, b);

	if (left.count != right.count)
		return false;
	for (uint32_t i = 0; i < left.count; i++)
		if (left.items[i].container_id != right.items[i].container_id ||
		    left.items[i].host_id != right.items[i].host_id ||
		    left.items[i].size != right.items[i].size)
			return false;
	return true;
}

/* ---- the namespace ------------------------------------------------------------------------------------- */

/* Enters, says so, and stays until it is killed. Members of the namespace have all rights over who enters it:
 * nobody may look into a copy of us (CVE-2016-9962). */
static _Noreturn void stand_inside(int user, int to)
{
	char done = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (prctl(PR_SET_DUMPABLE, 0) == 0 && setns(user, CLONE_NEWUSER) == 0 && write(to, &done, 1) == 1)
		for (;;)
			pause();
	_exit(1);
}

static int read_maps(struct arena *arena, pid_t pid, const char *file, struct spec_id_maps *ret)
{
	char name[64];
	char *text = arena_alloc(arena, MAP_BYTES + 1);
	size_t length = 0;

	snprintf(name, sizeof name, "/proc/%d/%s", (int)pid, file);
	FD_AUTO fd = sys_openat(AT_FDCWD, name, O_RDONLY, 0);
	int r = fd < 0 ? fd : fd_read_all(fd, text, MAP_BYTES, &length);
	if (r < 0)
		return r;
	text[length] = 0;
	return joined_maps_parse(arena, text, ret);
}

static int compare(struct arena *arena, const struct spec *spec, const char *path, pid_t pid,
		   struct error *error)
{
	const struct {
		const char *file, *pointer;
		const struct spec_id_maps *wanted;
	} rows[] = { { "uid_map", "/linux/uidMappings", &spec->linux_->uid_maps },
		     { "gid_map", "/linux/gidMappings", &spec->linux_->gid_maps } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct spec_id_maps there = { 0 };
		int r = rows[i].wanted->count ? read_maps(arena, pid, rows[i].file, &there) : 0;

		if (r < 0)
			return error_errno(error, r, "cannot read the %s of the user namespace %s",
					   rows[i].file, path);
		if (!rows[i].wanted->count || joined_maps_same(arena, rows[i].wanted, &there))
			continue;
		error_set(error, EINVAL,
			  "is not the map of the user namespace that is joined (%s): give the same or none",
			  path);
		snprintf(error->pointer, sizeof error->pointer, "%s", rows[i].pointer);
		return -EINVAL;
	}
	return 0;
}

/* 1: it is inside; 0: it has ended. */
static int hear(int from)
{
	char byte;
	ssize_t got;

	do
		got = sys_read(from, &byte, 1);
	while (got == -EINTR);
	return got == 1;
}

static int look_inside(struct arena *arena, const struct spec *spec, const char *path, int user,
		       struct error *error)
{
	int ends[2], r = sys_pipe(ends);

	if (r < 0)
		return error_errno(error, r, "cannot make a pipe");
	fflush(NULL); /* the child has a copy of what waits to be written */
	pid_t pid = fork();
	if (pid == 0)
		stand_inside(user, ends[1]);
	r = pid < 0 ? error_errno(error, errno, "cannot fork") : 0;
	fd_close(ends[1]);
	if (pid > 0 && hear(ends[0]))
		r = compare(arena, spec, path, pid, error);
	fd_close(ends[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return r;
}

int joined_maps_check(struct arena *arena, const struct spec *spec, struct error *error)
{
	const struct spec_namespace *namespace = spec_namespace(spec, PLAN_NS_USER);

	if (!namespace || !namespace->path || !(spec->linux_->uid_maps.count || spec->linux_->gid_maps.count))
		return 0;
	FD_AUTO user = sys_openat(AT_FDCWD, namespace->path, O_RDONLY, 0);
	return user < 0 ? 0 : look_inside(arena, spec, namespace->path, user, error);
}
