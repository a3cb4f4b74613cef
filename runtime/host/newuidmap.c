/* newuidmap(1) and newgidmap(1): see newuidmap.h. Found in PATH as a shell would, run without a shell, by the
 * own user and with the caller's environment; what they write to stderr becomes the error. Each has a
 * deadline, and writes nothing but the map of the process that it is told.
 */
#include "newuidmap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "hook.h"
#include "number.h"

#define SECONDS 10u /* a user database over the network may take its time */
#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* One of the two. */
struct tool {
	const char *name, *file, *pointer;
};
static const struct tool tools[] = {
	{ "newuidmap", "/etc/subuid", "/linux/uidMappings" },
	{ "newgidmap", "/etc/subgid", "/linux/gidMappings" },
};

const char *newuidmap_find(struct arena *arena, const char *name)
{
	const char *path = getenv("PATH");

	if (!path || !*path)
		path = PATH_DEFAULT;
	for (size_t length; *path; path += length + (path[length] == ':')) {
		length = strcspn(path, ":");
		/* an empty or a relative part is the directory of whoever calls us: not for a program with
		 * rights */
		if (*path != '/')
			continue;
		const char *file = arena_format(arena, "%.*s/%s", (int)length, path, name);
		if (access(file, X_OK) == 0)
			return file;
	}
	return NULL;
}

/* "newuidmap PID inside outside size ...", from the very text that the kernel would be given. */
static char **command_line(struct arena *arena, const char *program, int64_t pid, const char *map)
{
	size_t count = 2, room = strlen(map) / 2 + 4;
	char **args = arena_alloc(arena, room * sizeof *args);
	char *pid_text = arena_alloc(arena, NUMBER_TEXT);

	number_text(pid_text, (uint64_t)pid);
	args[0] = (char *)(uintptr_t)program;
	args[1] = pid_text;
	for (const char *word = map; *word;) {
		size_t length = strcspn(word, " \n");

		if (length)
			args[count++] = (char *)(uintptr_t)arena_copy(arena, word, length);
		word += length;
		word += *word != 0;
	}
	args[count] = NULL;
	return args;
}

static int missing(const struct tool *tool, struct error *error)
{
	return error_set(
		error, ENOENT,
		"more ids than the own one can be mapped only with %s, which is not in PATH (install the "
		"package uidmap, or map the own id alone)",
		tool->name);
}

static int run(struct arena *arena, const struct tool *tool, int64_t pid, const char *map,
	       struct error *error)
{
	const char *program = newuidmap_find(arena, tool->name);
	struct fault fault = { 0 };
	struct hook_run call = { .kind = "", .timeout = SECONDS, .cwd = "", .state = "", .abort_fd = -1 };

	if (!program)
		return missing(tool, error);
	call.path = program;
	call.args = command_line(arena, program, pid, map);
	call.env = environ;
	if (hook_run(&call, &fault) == 0)
		return 0;
	/* a sentence about a hook, which ends with the program's own words */
	const char *said = strstr(fault.object, "stderr: ");
	return error_set(error, EPERM, "%s failed: %s (it grants what %s lists for this user)", tool->name,
			 said ? said + strlen("stderr: ") : fault.object, tool->file);
}

int newuidmap_write(const struct plan *plan, const struct plan_userns *userns, int64_t pid,
		    struct error *error)
{
	const struct plan_str *const maps[] = { &userns->uid_map, &userns->gid_map };
	struct arena arena = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof tools / sizeof *tools; i++) {
		r = run(&arena, &tools[i], pid, plan_text(plan, *maps[i]), error);
		if (r < 0)
			snprintf(error->pointer, sizeof error->pointer, "%s", tools[i].pointer);
	}
	arena_free(&arena);
	return r;
}
