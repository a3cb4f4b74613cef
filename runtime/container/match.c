/* Ids of the state root by a regular expression: see match.h. Opens no container. */
#include "container/match.h"

#include <errno.h>
#include <regex.h>
#include <string.h>

#include "cmd/cmd.h"
#include "container/destroy.h"
#include "container/root.h"
#include "container/state.h"
#include "fd.h"

struct match {
	struct match *next;
	const char *id;
};

struct matches {
	struct arena *arena;
	const regex_t *regex;
	struct match *first;
};

static int visit(int dir, const char *name, void *context)
{
	struct matches *matches = context;
	struct error ignored = { 0 };

	(void)dir;
	if (id_check(name, &ignored) < 0 || regexec(matches->regex, name, 0, NULL, 0) != 0)
		return 0;
	struct match *match = arena_alloc(matches->arena, sizeof *match);
	match->id = arena_copy(matches->arena, name, strlen(name));
	match->next = matches->first;
	matches->first = match;
	return 0;
}

static int collect(const struct globals *globals, struct matches *matches, struct error *error)
{
	const char *root = "";
	int r = root_path(globals->arena, globals->root, &root, error);

	if (r < 0)
		return r;
	FD_AUTO fd = root_open(root, false, !globals->root, error);
	if (fd < 0)
		return fd;
	r = directory_each(fd, visit, matches);
	return r < 0 ? error_errno(error, r, "cannot read the state root %s", root) : 0;
}

int container_match(const struct globals *globals, const char *expression,
		    int (*each)(const struct globals *globals, const char *id, const void *context,
				struct error *error),
		    const void *context, struct error *error)
{
	struct matches matches = { .arena = globals->arena };
	regex_t regex;

	if (regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB) != 0)
		return error_set(error, EINVAL, "invalid regular expression \"%s\"", expression);
	matches.regex = &regex;
	int r = collect(globals, &matches, error);
	regfree(&regex);
	for (struct match *match = r < 0 ? NULL : matches.first; match; match = match->next) {
		struct error one = { 0 };

		if (each(globals, match->id, context, &one) < 0 && r == 0) {
			*error = one;
			r = -error->code;
		}
	}
	return r;
}
