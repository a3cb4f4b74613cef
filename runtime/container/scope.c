/* See scope.h. What systemd has made is checked, not believed: the shim must be where the plan will write.
 * Once the unit stands, the rest is done as with cgroupfs.
 */
#include "container/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "cgroup/unit.h"
#include "cgroup_v1.h"
#include "cgroup_v2.h"
#include "container/making.h"
#include "fd.h"
#include "host.h"
#include "systemd.h"

#define PROC_CGROUP 16384 /* bytes of /proc/PID/cgroup: 14 lines at most */

static const struct systemd_unit *unit_of(const struct making *making)
{
	return making->prepared->compiled.systemd;
}

/* A group that is there belongs to somebody: to a unit that systemd will not make again. Nothing of it may be
 * named as ours. */
static bool is_taken(const struct making *making)
{
	const struct spec_strings *dirs = &making->container.state.cgroup_dirs;
	struct stat about;

	for (uint32_t i = 0; i < dirs->count; i++)
		if (sys_fstatat(AT_FDCWD, dirs->items[i], &about, AT_SYMLINK_NOFOLLOW) != -ENOENT)
			return true;
	return false;
}

static void disown(struct making *making)
{
	making->container.state.scope = NULL;
	making->container.state.cgroup_dirs.count = making->container.state.cgroup_names.count = 0;
}

/* The path of one line, "ID:CONTROLLERS:PATH", when it is of the hierarchy that systemd's units are in. */
static const char *line_path(char *line, bool v2)
{
	char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;

	if (!path)
		return NULL;
	*path++ = 0;
	return strcmp(controllers + 1, v2 ? "" : "name=systemd") == 0 ? path : NULL;
}

/* Where systemd has the shim: "" when it is nowhere. `text` is PROC_CGROUP bytes. 0 or -errno. */
static int find_place(const struct making *making, char *text, const char **ret)
{
	bool v2 = making->prepared->facts.cgroup_mode == CGROUP_MODE_V2;
	char name[64], *rest = text;
	const char *found = NULL;
	size_t length = 0;

	snprintf(name, sizeof name, "/proc/%lld/cgroup", (long long)making->launch->pid);
	FD_AUTO fd = sys_openat(AT_FDCWD, name, O_RDONLY, 0);
	int r = fd < 0 ? fd : fd_read_all(fd, text, PROC_CGROUP - 1, &length);
	if (r < 0)
		return r;
	text[length] = 0;
	for (char *line; !found && (line = strsep(&rest, "\n"));)
		found = line_path(line, v2);
	*ret = found ? found : "";
	return 0;
}

/* A request that failed may have been heard: a unit that has our shim in it is ours. */
static bool is_inside(const struct making *making)
{
	char text[PROC_CGROUP];
	const char *found = "";

	return find_place(making, text, &found) == 0 && strcmp(found, unit_of(making)->path) == 0;
}

/* CRE-20, BAT-22: said as with cgroupfs, before systemd is asked. In a frozen group our shim would stand
 * still from the moment it is put there. */
static int check_free(const struct making *making)
{
	const struct spec_strings *dirs = &making->container.state.cgroup_dirs;

	for (uint32_t i = 0; i < dirs->count && !unit_is_slice(unit_of(making)->name); i++) {
		FD_AUTO dir = sys_openat(AT_FDCWD, dirs->items[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
		uint64_t count = 0;

		if (dir < 0)
			continue;
		if (cgroup_count_pids(dir, &count) == 0 && count > 0)
			return error_set(making->error, EBUSY,
					 "container's cgroup is not empty: %llu process(es) found (unit %s)",
					 (unsigned long long)count, unit_of(making)->name);
		if (cgroup_v2_frozen(dir) || cgroup_v1_frozen(dir))
			return error_set(making->error, EBUSY, "container's cgroup unexpectedly frozen");
	}
	return 0;
}

/* The unit is named before it is there: whoever finds us dead can clear both. What systemd began and did not
 * end in time is the undoing's to stop. */
static int start_unit(struct making *making)
{
	const struct systemd_unit *unit = unit_of(making);
	struct state *state = &making->container.state, whole = *state;
	bool taken = is_taken(making), begun = false;

	int r = taken ? check_free(making) : 0;

	if (taken)
		disown(making);
	if (r == 0)
		r = making_note_process(making);
	whole.pid = state->pid;
	whole.start_time = state->start_time;
	if (r == 0)
		r = systemd_start(making->globals->arena, unit,
				  unit_is_slice(unit->name) ? 0 : making->launch->pid, &begun, making->error);
	if (r < 0 && !begun && !is_inside(making)) {
		disown(making);
		return r;
	}
	making->unit_made = true;
	*state = whole;
	return r == 0 && taken ? making_note(making) : r; /* one of a unit that had failed */
}

/* ---- the groups ------------------------------------------------------------------------------------------
 */

static int check_place(const struct making *making)
{
	const struct systemd_unit *unit = unit_of(making);
	char text[PROC_CGROUP];
	const char *found = "";
	int r = find_place(making, text, &found);

	if (r < 0)
		return error_errno(making->error, r, "cannot read /proc/%lld/cgroup",
				   (long long)making->launch->pid);
	if (strcmp(found, unit->path) == 0)
		return 0;
	return error_set(making->error, EXDEV, "systemd has put the container into %s and not into %s",
			 *found ? found : "no control group", unit->path);
}

/* The container's group, and those below it that are delegated. */
static int make_directories(const struct making *making, const char *dir, const char **ret)
{
	const char *delegated = making->container.state.cgroup_delegated;
	const char *below = delegated ? delegated : "";
	int r = sys_mkdirat(AT_FDCWD, dir, 0755);

	*ret = dir;
	for (size_t length = 0; below[length] && (r == 0 || r == -EEXIST);) {
		length += 1 + strcspn(below + length + 1, "/");
		*ret = arena_format(making->globals->arena, "%s%.*s", dir, (int)length, below);
		r = sys_mkdirat(AT_FDCWD, *ret, 0755);
	}
	return r;
}

static int refuse_enter(const struct making *making, int r, const char *dir)
{
	const char *delegated = making->container.state.cgroup_delegated;

	return error_errno(making->error, r, "%scannot enter %s", delegated ? COMPILE_DELEGATE ": " : "",
			   dir);
}

/* Before the controllers are enabled for it: a group with processes enables none for those below. */
static int enter(const struct making *making)
{
	const char *dir;
	int r = make_directories(making, making->container.state.cgroup_dirs.items[0], &dir);
	const char *procs = arena_format(making->globals->arena, "%s/cgroup.procs", dir);
	char number[32];
	int length = snprintf(number, sizeof number, "%lld", (long long)making->launch->pid);

	FD_AUTO fd = r < 0 && r != -EEXIST ? r : sys_openat(AT_FDCWD, procs, O_WRONLY, 0);
	ssize_t written = fd < 0 ? fd : sys_write(fd, number, (size_t)length);
	return written < 0 ? refuse_enter(making, (int)written, dir) : 0;
}

static int add_process(struct making *making)
{
	const struct plan *plan = &making->prepared->compiled.plan;
	struct fault fault = { .row = PLAN_ROW_CGROUP, .record = FAULT_NO_RECORD };

	if (host_cgroups_add(plan, &making->launch->groups, making->launch->pid, &fault) == 0)
		return 0;
	fault_error(plan, &fault, making->error);
	return -making->error->code;
}

int scope_make(struct making *making)
{
	const struct systemd_unit *unit = unit_of(making);
	bool slice = unit_is_slice(unit->name), v2 = making->prepared->facts.cgroup_mode == CGROUP_MODE_V2;
	bool below = unit->subgroup || making->container.state.cgroup_delegated;
	int r = start_unit(making);

	if (r == 0 && !slice)
		r = check_place(making);
	if (r == 0 && v2 && below)
		r = enter(making);
	if (r == 0)
		r = making_groups(making);
	/* v1 hierarchies are joined by the shim itself */
	if (r == 0 && (slice || below))
		r = add_process(making);
	return r;
}

int scope_late(struct making *making)
{
	const struct systemd_unit *unit = unit_of(making);
	struct systemd_properties late = { 0 };

	late.items = arena_alloc(making->globals->arena, (unit->properties.count + 1) * sizeof *late.items);
	for (uint32_t i = 0; i < unit->properties.count; i++)
		if (unit->properties.items[i].late)
			late.items[late.count++] = unit->properties.items[i];
	return systemd_set_properties(making->globals->arena, unit->name, unit->user, &late, making->error);
}

/* Killed first: systemd would begin with SIGTERM and wait for a minute and a half. */
int scope_stop(const struct state *state, struct error *error)
{
	struct arena arena = { 0 };

	if (!state->scope)
		return 0;
	for (uint32_t i = 0; i < state->cgroup_dirs.count; i++)
		host_cgroup_kill(state->cgroup_dirs.items[i], SIGKILL);
	int r = systemd_stop(&arena, state->scope, state->scope_of_user, error);
	arena_free(&arena);
	return r;
}
