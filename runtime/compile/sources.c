/* Row `sources`: what the shim opens with the host's rights and in the host's view. Rows ask here for a
 * tree; the few that many need (/dev/null, /proc) are asked for once. Decides what a clone's propagation
 * becomes at once (R9: a clone that stays a peer carries the container's mounts to the host).
 * Without rights over that view, row `sources` has a second pass in the namespaces of the container.
 */
#include "compile/rows.h"

/* Cloning asks for rights over the view; an ordinary user has them only in a copy of it. The copy's flags are
 * locked, and it is no peer of the host's. */
static void add_source(struct compile *c, const struct plan_source *record, const char *source)
{
	if (facts_may_mount(c->facts))
		WRITER_ADD(c->writer, SOURCES, source, record, source);
	else
		WRITER_ADD(c->writer, SOURCES_INSIDE, source, record, source);
}

static struct plan_source mapped_source(struct compile *c, const char *path, uint64_t flags,
					uint64_t propagation, const struct tree_map *map)
{
	return (struct plan_source){
		.tree = writer_tree(c->writer),
		.what = PLAN_SOURCE_TREE,
		.path = writer_text(c->writer, path),
		.flags = flags,
		.propagation = propagation,
		.uid_map = map->uid_map,
		.gid_map = map->gid_map,
		.user = map->user,
	};
}

uint32_t compile_mapped_tree(struct compile *c, const char *path, uint64_t flags, uint64_t propagation,
			     const struct tree_map *map, const char *source)
{
	struct plan_source record = mapped_source(c, path, flags, propagation, map);

	add_source(c, &record, source);
	return (uint32_t)record.tree;
}

uint32_t compile_inner_tree(struct compile *c, const char *path, uint64_t flags, uint64_t propagation,
			    const struct tree_map *map, const char *source)
{
	struct plan_source record = mapped_source(c, path, flags, propagation, map);

	WRITER_ADD(c->writer, MOUNTS, source, &record, source);
	return (uint32_t)record.tree;
}

uint32_t compile_tree(struct compile *c, const char *path, uint64_t flags, uint64_t propagation,
		      const char *source)
{
	static const struct tree_map none;

	return compile_mapped_tree(c, path, flags, propagation, &none, source);
}

/* As if the clone were made in a view of that propagation, which is how other runtimes make it: slaves
 * still hear of mounts on the host. A shared view is never taken over whole: see mounts.c. */
uint64_t compile_propagation(const struct compile *c)
{
	uint64_t wanted = c->spec->linux_->rootfs_propagation;

	if (wanted & (PLAN_PROP_PRIVATE | PLAN_PROP_UNBINDABLE))
		return PLAN_PROP_PRIVATE | PLAN_PROP_RECURSIVE;
	return PLAN_PROP_SLAVE | PLAN_PROP_RECURSIVE;
}

uint32_t compile_null(struct compile *c)
{
	struct plan_source record = {
		.what = PLAN_SOURCE_NULL,
		.propagation = PLAN_PROP_PRIVATE | PLAN_PROP_RECURSIVE,
	};

	if (c->null_tree == PLAN_NONE) {
		c->null_tree = writer_tree(c->writer);
		record.tree = c->null_tree;
		record.path = writer_text(c->writer, "/dev/null");
		add_source(c, &record, "");
	}
	return c->null_tree;
}

uint32_t compile_proc(struct compile *c)
{
	struct plan_source record = { .tree = PLAN_NONE, .what = PLAN_SOURCE_PROC };

	if (c->proc_tree == PLAN_NONE) {
		c->proc_tree = writer_tree(c->writer);
		record.tree = c->proc_tree;
		record.path = writer_text(c->writer, "/proc");
		WRITER_ADD(c->writer, SOURCES, source, &record, "");
	}
	return c->proc_tree;
}
