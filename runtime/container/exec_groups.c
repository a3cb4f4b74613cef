/* Which control groups a process of `exec` joins: the container's by state.json, below them with --cgroup, or
 * init's own where the kernel refuses the container's (EXE-18, EXE-19). Names alone: nothing is joined here.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cgroup/path.h"
#include "container/exec.h"
#include "fd.h"
#include "lexical.h"

/* The part of `path` below `base`, which begins with '/'; NULL when it is not below. */
static const char *below(const char *path, const char *base)
{
	size_t length = base ? strlen(base) : 0;

	if (!path || !base || !strcmp(base, "/"))
		return path;
	if (strncmp(path, base, length) != 0 || (path[length] && path[length] != '/'))
		return NULL;
	return path[length] ? path + length : "/";
}

/* A group of state.json as hierarchy and path. Where a hierarchy is mounted follows from its name (facts.c):
 * that one of its kind is still there is seen when it is opened. */
static int locate(struct arena *arena, const struct state *state, uint32_t i, struct exec_group *ret,
		  struct error *error)
{
	const char *dir = state->cgroup_dirs.items[i], *path = NULL;
	const char *name = i < state->cgroup_names.count ? state->cgroup_names.items[i] : "";
	const char *mount = CGROUP_UNIFIED;

	if (*name)
		mount = arena_format(arena, CGROUP_ROOT "/%s", !strncmp(name, "name=", 5) ? name + 5 : name);
	path = below(dir, mount);
	if (!path && !*name) {
		mount = CGROUP_ROOT;
		path = below(dir, mount);
	}
	if (!path)
		return error_set(error, ENOENT, "the cgroup %s of state.json is not below %s", dir, mount);
	*ret = (struct exec_group){ !*name, mount, path, name };
	return 0;
}

/* The group that a controller ("" v2) is in; "systemd" is what "name=systemd" is called for short. */
static struct exec_group *find(struct exec_group *groups, uint32_t count, const char *controller)
{
	for (uint32_t i = 0; i < count; i++) {
		const char *name = groups[i].name;

		if (!*name && !*controller)
			return &groups[i];
		if (*controller && (cgroup_has_word(name, controller) ||
				    (!strncmp(name, "name=", 5) && !strcmp(name + 5, controller))))
			return &groups[i];
	}
	return NULL;
}

struct choice {
	struct arena *arena;
	struct exec_group *groups;
	uint32_t count;
	uint64_t chosen; /* bit n: group n */
	struct error *error;
};

static int choose(struct choice *choice, const char *controller, const char *sub)
{
	struct exec_group *group = find(choice->groups, choice->count, controller);

	if (!group)
		return error_set(choice->error, EINVAL, "unknown controller %s in --cgroup", controller);
	/* what is joined has to be the container's: ".." would lead to another one's limits */
	const char *base = group->path;
	const char *path = lexical_join(choice->arena, base, sub + strspn(sub, "/"));
	if (!below(path, base))
		return error_set(choice->error, EINVAL, "bad sub cgroup path: %s", sub);
	uint64_t bit = 1ull << (group - choice->groups);
	if (choice->chosen & bit)
		return error_set(choice->error, EINVAL,
				 "invalid --cgroup argument(s): controller %s specified multiple times",
				 controller);
	choice->chosen |= bit;
	group->path = path;
	return 0;
}

/* "cpu,cpuset:/sub": controllers of one hierarchy count once. */
static int choose_listed(struct choice *choice, const char *word, const char *colon)
{
	const char *at = word, *seen = "";
	int r = 0;

	while (r == 0 && at <= colon) {
		size_t length = strcspn(at, ",:");
		const char *controller = arena_copy(choice->arena, at, length);
		const struct exec_group *group = find(choice->groups, choice->count, controller);

		if (!length)
			return error_set(choice->error, EINVAL,
					 "invalid --cgroup argument: %s (empty <controller> prefix)", word);
		if (!group || !*seen || find(choice->groups, choice->count, seen) != group ||
		    !strcmp(seen, controller))
			r = choose(choice, controller, colon + 1);
		seen = controller;
		at += length + 1;
	}
	return r;
}

static int choose_all(struct choice *choice, const struct option_list *wanted)
{
	int r = 0;

	for (int i = 0; r == 0 && i < wanted->count; i++) {
		const char *word = wanted->words[i], *colon = strchr(word, ':');

		if (colon)
			r = choose_listed(choice, word, colon);
		else if (wanted->count != 1)
			r = error_set(choice->error, EINVAL,
				      "invalid --cgroup argument: %s (missing <controller>: prefix)", word);
		else
			r = choose(choice, "", word);
	}
	return r;
}

int exec_own_groups(struct arena *arena, const struct state *state, struct exec_group **ret,
		    struct error *error)
{
	uint32_t count = state->cgroup_dirs.count;
	struct exec_group *groups = arena_alloc(arena, (count + 1) * sizeof *groups);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = locate(arena, state, i, &groups[i], error);
	*ret = groups;
	return r;
}

int exec_groups(struct arena *arena, const struct exec_target *target, const struct option_list *wanted,
		struct exec_into *ret, struct error *error)
{
	uint32_t count = target->container.state.cgroup_dirs.count;
	struct exec_group *groups;
	int r = exec_own_groups(arena, &target->container.state, &groups, error);
	struct choice choice = { .arena = arena, .groups = groups, .count = count, .error = error };
	const char *delegated = target->container.state.cgroup_delegated;

	/* ANN-13: the group around it takes no process, and nothing of the container reaches it */
	for (uint32_t i = 0; r == 0 && delegated && i < count; i++)
		if (groups[i].v2)
			groups[i].path = lexical_join(arena, groups[i].path, delegated + 1);
	if (r == 0)
		r = choose_all(&choice, wanted);
	ret->groups = groups;
	ret->group_count = count;
	ret->groups_asked = wanted->count > 0;
	return r;
}

int exec_groups_of_init(struct arena *arena, const struct exec_target *target, struct exec_into *into,
			struct error *error)
{
	struct exec_group *groups = arena_alloc(arena, (into->group_count + 1) * sizeof *groups);
	char name[64], text[16384];
	size_t length;

	snprintf(name, sizeof name, "/proc/%lld/cgroup", (long long)target->container.state.pid);
	FD_AUTO fd = sys_openat(AT_FDCWD, name, O_RDONLY, 0);
	int r = fd < 0 ? fd : fd_read_all(fd, text, sizeof text - 1, &length);
	if (r < 0)
		return error_errno(error, r, "cannot read %s", name);
	text[length] = 0;
	/* the line of v2 is the last; a path that begins with /.. is not below what we see */
	const char *line = !strncmp(text, "0::", 3) ? text : strstr(text, "\n0::");
	if (!line || !(line = strchr(line, '/')) || !strncmp(line, "/..", 3))
		return -ENOENT;
	const char *path = arena_copy(arena, line, strcspn(line, "\n"));
	memcpy(groups, into->groups, into->group_count * sizeof *groups);
	struct exec_group *group = find(groups, into->group_count, "");
	if (!group || !strcmp(group->path, path))
		return -ENOENT;
	group->path = path;
	into->groups = groups;
	return 0;
}
