/* Annotation run.oci.delegate-cgroup (ANN-13): the container is in a group below its own, and that one is its
 * program's to manage. What config.json limits is written one level higher, where nothing of the container
 * reaches: with a cgroup namespace the inner group is the root that it sees. cgroup v2 alone: in v1 a group
 * that is given away can be left.
 */
#include "compile/rows.h"

#include <string.h>

#define KEY "run.oci.delegate-cgroup"
#define LEVELS 8 /* "a/b/c": more are nobody's wish */
#define NAME_BYTES 255

/* One component of the value: the name of a group, and of nothing above. */
static int check_name(struct compile *c, const char *name, size_t length)
{
	bool dots = (length == 1 && name[0] == '.') || (length == 2 && name[0] == '.' && name[1] == '.');

	if (dots)
		return compile_refuse(c, COMPILE_DELEGATE,
				      "must be a path below the container's own group, without \".\" or "
				      "\"..\"");
	if (length > NAME_BYTES)
		return compile_refuse(c, COMPILE_DELEGATE, "a name in it is longer than %d bytes",
				      NAME_BYTES);
	if (memchr(name, '\n', length))
		return compile_refuse(c, COMPILE_DELEGATE, "the name of a group has no line break");
	return 0;
}

/* "/a//b/" -> "/a/b"; a leading slash means nothing, as with crun. ret_levels: 2. */
static int clean(struct compile *c, const char *value, const char **ret, uint32_t *ret_levels)
{
	const char *path = "";
	uint32_t levels = 0;

	for (const char *at = value; *at;) {
		size_t length = strcspn(at, "/");
		int r = check_name(c, at, length);

		if (r < 0)
			return r;
		if (length && ++levels > LEVELS)
			return compile_refuse(c, COMPILE_DELEGATE, "more than %d groups in each other",
					      LEVELS);
		if (length)
			path = arena_format(c->arena, "%s/%.*s", path, (int)length, at);
		at += length;
		at += *at == '/';
	}
	*ret = path;
	*ret_levels = levels;
	return 0;
}

int compile_delegate(struct compile *c)
{
	const char *value = compile_annotation_value(c, KEY);
	const char *path = "";
	int r;

	if (!value || !*value)
		return 0;
	r = clean(c, value, &path, &c->delegate_levels);
	if (r < 0)
		return r;
	if (!*path)
		return compile_refuse(c, COMPILE_DELEGATE, "must name a group");
	if (c->facts->cgroup_mode != CGROUP_MODE_V2 || !c->facts->hierarchy_count)
		return compile_refuse(c, COMPILE_DELEGATE,
				      "delegate-cgroup not supported on cgroup v1: it needs a host with "
				      "cgroup v2 alone");
	c->result->cgroup_delegated = path;
	return 0;
}

void compile_delegated_groups(struct compile *c, const struct plan_cgroup *outer, const char *outer_path)
{
	const char *below = c->result->cgroup_delegated;

	for (uint32_t level = 1; level <= c->delegate_levels; level++) {
		struct plan_cgroup record = *outer;
		const char *end = below + 1;

		for (uint32_t i = 1; i < level; i++)
			end += strcspn(end, "/") + 1;
		end += strcspn(end, "/");
		record.path = writer_text(c->writer, arena_format(c->arena, "%s%.*s", outer_path,
								  (int)(end - below), below));
		if (level < c->delegate_levels)
			record.flags = (record.flags & ~(uint64_t)PLAN_CGROUP_BORN) | PLAN_CGROUP_OUTER;
		WRITER_ADD(c->writer, CGROUP, cgroup, &record, COMPILE_DELEGATE);
	}
}
