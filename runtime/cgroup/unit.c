/* See unit.h. What is refused here systemd would refuse too, later and in words that name no pointer. */
#include "cgroup/unit.h"

#include <errno.h>
#include <string.h>

#define UNIT_MAX 255 /* bytes of a unit's name; so many has a directory's */
#define SLICE ".slice"

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length > tail && strcmp(text + length - tail, end) == 0;
}

bool unit_is_slice(const char *unit)
{
	return ends_with(unit, SLICE);
}

static int check_characters(const char *name, struct error *error)
{
	static const char valid[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ:-_.\\@";
	size_t good = strspn(name, valid);

	if (name[good])
		return error_set(error, EINVAL, "a systemd unit cannot be named \"%s\": '%c' is not allowed",
				 name, name[good]);
	if (strlen(name) > UNIT_MAX)
		return error_set(error, EINVAL, "a systemd unit's name cannot have more than %d bytes",
				 UNIT_MAX);
	return 0;
}

/* "a-b.slice" lies in "a.slice": /a.slice/a-b.slice. The root is "-.slice". */
static int expand(struct arena *arena, const char *slice, const char **ret, struct error *error)
{
	size_t length = strlen(slice);
	const char *path = "";

	if (!ends_with(slice, SLICE))
		return error_set(error, EINVAL, "invalid slice name: %s", slice);
	length -= sizeof SLICE - 1;
	if (length == 1 && slice[0] == '-') {
		*ret = "";
		return 0;
	}
	for (size_t i = 0; i <= length; i++) {
		bool dash = i == length || slice[i] == '-';

		if (dash && (i == 0 || slice[i - 1] == '-'))
			return error_set(error, EINVAL, "invalid slice name: %s", slice);
		if (dash)
			path = arena_format(arena, "%s/%.*s" SLICE, path, (int)i, slice);
	}
	*ret = path;
	return 0;
}

/* The three parts, or the defaults of an absent path. */
static int split(struct arena *arena, const char *wanted, const char *id, const char *part[3],
		 struct error *error)
{
	const char *first, *second;

	part[0] = "";
	part[1] = "ocirun";
	part[2] = id;
	if (!wanted || !*wanted)
		return 0;
	first = strchr(wanted, ':');
	second = first ? strchr(first + 1, ':') : NULL;
	if (!second || strchr(second + 1, ':') || !second[1])
		return error_set(error, EINVAL,
				 "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd "
				 "cgroups, got \"%s\" instead",
				 wanted);
	part[0] = arena_copy(arena, wanted, (size_t)(first - wanted));
	part[1] = arena_copy(arena, first + 1, (size_t)(second - first - 1));
	part[2] = second + 1;
	return 0;
}

int unit_name(struct arena *arena, const char *wanted, const char *id, bool user, const char *root,
	      struct unit_name *ret, struct error *error)
{
	const char *part[3], *above = "";
	int r = split(arena, wanted, id, part, error);

	if (r < 0)
		return r;
	ret->slice = *part[0] ? part[0] : user ? "user.slice" : "system.slice";
	if (strcmp(ret->slice, "-") == 0)
		ret->slice = "-.slice";
	ret->unit = unit_is_slice(part[2]) ? part[2] : arena_format(arena, "%s-%s.scope", part[1], part[2]);
	r = check_characters(ret->slice, error);
	if (r == 0)
		r = check_characters(ret->unit, error);
	/* a slice says itself what it lies in, whatever the first part says */
	if (r == 0)
		r = expand(arena, unit_is_slice(ret->unit) ? ret->unit : ret->slice, &above, error);
	if (r < 0)
		return r;
	ret->path = unit_is_slice(ret->unit) ? arena_format(arena, "%s%s", root, above)
					     : arena_format(arena, "%s%s/%s", root, above, ret->unit);
	return 0;
}
