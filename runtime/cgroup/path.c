/* cgroupsPath to a path in each hierarchy (CGR-01, CGR-02): see path.h. The result must be the same for the
 * same config and id, and never leave the mount: ".." is resolved as text and ends at its root.
 */
#include "cgroup/path.h"

#include <string.h>

#include "lexical.h"

bool cgroup_has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list) {
		size_t part = strcspn(list, ", ");

		if (part == length && memcmp(list, word, length) == 0)
			return true;
		list += part;
		list += *list != 0;
	}
	return false;
}

const struct facts_hierarchy *cgroup_hierarchy(const struct facts *facts, const char *controller)
{
	for (uint32_t i = 0; i < facts->hierarchy_count; i++)
		if (controller[0] ? cgroup_has_word(facts->hierarchies[i].controllers, controller)
				  : facts->hierarchies[i].controllers[0] == 0)
			return &facts->hierarchies[i];
	return NULL;
}

/* A group with processes takes no controllers for its children (v2, "no internal process"), so a relative
 * path begins beside the runtime's own group, as in runc; in v1 it begins below it. */
static const char *base(struct arena *arena, const struct facts *facts,
			const struct facts_hierarchy *hierarchy)
{
	const char *own = hierarchy->own && *hierarchy->own ? hierarchy->own : "/";

	if (facts->cgroup_mode == CGROUP_MODE_V2)
		return lexical_join(arena, own, "..");
	return own;
}

const char *cgroup_path(struct arena *arena, const struct facts *facts,
			const struct facts_hierarchy *hierarchy, const char *wanted, const char *id)
{
	if (!wanted || !*wanted)
		wanted = id;
	if (wanted[0] == '/')
		return lexical_join(arena, "/", wanted);
	/* cleaned on its own first: a relative path stays below its base */
	return lexical_join(arena, base(arena, facts, hierarchy), lexical_join(arena, "/", wanted) + 1);
}
