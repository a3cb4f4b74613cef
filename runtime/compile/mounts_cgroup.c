/* Mounts of type cgroup (MNT-13, MNT-14): what the container sees of control groups depends on the host's
 * layout and on whether it has a cgroup namespace of its own. v2: one file system. v1: a tmpfs with one
 * mount a hierarchy and links for merged controllers, as the host's distribution lays it out.
 */
#include "compile/rows.h"

#include <string.h>

#include "lexical.h"

#define SAFE (PLAN_ATTR_NOSUID | PLAN_ATTR_NODEV | PLAN_ATTR_NOEXEC)

/* CVE-2023-25809: without a cgroup namespace of its own the container sees groups that are not its own, some
 * of which an ordinary user may write to: its limits could be left behind. Nothing of it is ever writable.
 * Nor when what it sees is its maker's group. */
static bool must_be_readonly(const struct compile *c)
{
	return (compile_rootless_cgroups(c) && !compile_is_new(c, PLAN_NS_CGROUP)) || c->options->cgroupless;
}

/* The group that the container is in: what its own cgroup namespace shows as the root. */
static const char *root_of_namespace(const struct compile *c, uint32_t group)
{
	const char *dir = c->result->cgroup_dirs.items[group], *below = c->result->cgroup_delegated;

	return below ? arena_format(c->arena, "%s%s", dir, below) : dir;
}

/* cgroup2 on `target`. Bound in the group namespace of the host: there a mount sets the options of the one
 * super block that all share (apply_cgroup_root_flags), and the host would lose nsdelegate and
 * memory_recursiveprot. In a user namespace mounting may be refused: then bound as well. */
static void add_v2(struct compile *c, const struct spec_mount *mount, const char *target, uint32_t group,
		   const char *source)
{
	bool own = compile_is_new(c, PLAN_NS_CGROUP), shared = !compile_has(c, PLAN_NS_CGROUP);
	const char *host = own ? root_of_namespace(c, group) : c->facts->hierarchies[group].mount;
	struct plan_mount record = {
		.how = shared ? PLAN_MOUNT_BIND : PLAN_MOUNT_CGROUP2,
		.target = writer_text(c->writer, target),
		.tree = PLAN_NONE,
		.type = writer_text(c->writer, "cgroup2"),
		.device = writer_text(c->writer, "cgroup"),
		.super = mount->super_set & ~mount->super_clear,
		.attr_set = mount->attr_set,
		.attr_clear = mount->attr_clear,
		.rec_set = mount->rec_set,
		.rec_clear = mount->rec_clear,
	};

	/* read-only is the mount's: the super block is one with the host's, and would refuse to change */
	record.super &= ~(uint64_t)PLAN_SUPER_RDONLY;
	record.attr_set |= mount->super_set & PLAN_SUPER_RDONLY;
	if (must_be_readonly(c)) /* a tree of groups is one mount */
		*(compile_is_old(c) ? &record.attr_set : &record.rec_set) |= PLAN_ATTR_RDONLY;
	if (!shared)
		record.options = writer_strings(c->writer, mount->data.count, mount->data.items);
	/* an ordinary user's group may not be there; and a cgroup namespace that it owns never needs the bind
	 */
	if (!own || (compile_user_namespace(c) && !compile_rootless_cgroups(c)))
		record.tree = compile_tree(c, host, PLAN_SOURCE_RECURSIVE, compile_propagation(c), source);
	WRITER_ADD(c->writer, MOUNTS, mount, &record, source);
}

/* The options that name a hierarchy: its controllers, or "none" and its name. */
static struct plan_list hierarchy_options(struct compile *c, const char *controllers)
{
	const char *items[32];
	uint32_t count = 0;

	if (strncmp(controllers, "name=", 5) == 0)
		items[count++] = "none";
	while (*controllers && count < 32) {
		size_t length = strcspn(controllers, ",");

		items[count++] = arena_copy(c->arena, controllers, length);
		controllers += length;
		controllers += *controllers == ',';
	}
	return writer_strings(c->writer, count, items);
}

/* "cpu" -> "cpu,cpuacct" for each controller of a merged hierarchy. */
static void add_links(struct compile *c, const struct facts_hierarchy *hierarchy, const char *target,
		      const char *source)
{
	const char *name = lexical_name(hierarchy->mount), *controller = hierarchy->controllers;

	while (*controller) {
		size_t length = strcspn(controller, ",");
		const char *word = arena_copy(c->arena, controller, length);
		struct plan_mount record = { .how = PLAN_MOUNT_SYMLINK, .tree = PLAN_NONE };

		controller += length;
		controller += *controller == ',';
		if (strcmp(word, name) == 0 || strncmp(word, "name=", 5) == 0)
			continue;
		record.target = writer_text(c->writer, arena_format(c->arena, "%s/%s", target, word));
		record.device = writer_text(c->writer, name);
		WRITER_ADD(c->writer, MOUNTS, mount, &record, source);
	}
}

static void add_v1(struct compile *c, const char *target, uint32_t group, uint64_t attributes,
		   const char *source)
{
	const struct facts_hierarchy *hierarchy = &c->facts->hierarchies[group];
	const char *place = arena_format(c->arena, "%s/%s", target, lexical_name(hierarchy->mount));
	/* the caller's, where an ordinary user may have none of its own: it is there in any case */
	const char *shown = compile_rootless_cgroups(c)
				    ? lexical_join(c->arena, hierarchy->mount, hierarchy->own + 1)
				    : c->result->cgroup_dirs.items[group];
	struct plan_mount record = {
		.target = writer_text(c->writer, place),
		.tree = PLAN_NONE,
		.attr_set = attributes,
	};

	if (compile_is_new(c, PLAN_NS_CGROUP)) {
		record.how = PLAN_MOUNT_FILESYSTEM;
		record.type = writer_text(c->writer, "cgroup");
		record.device = writer_text(c->writer, "cgroup");
		record.options = hierarchy_options(c, hierarchy->controllers);
	} else {
		record.how = PLAN_MOUNT_BIND;
		record.tree = compile_tree(c, shown, PLAN_SOURCE_RECURSIVE, compile_propagation(c), source);
	}
	if (must_be_readonly(c)) /* a tree of groups is one mount */
		*(compile_is_old(c) ? &record.attr_set : &record.rec_set) |= PLAN_ATTR_RDONLY;
	WRITER_ADD(c->writer, MOUNTS, mount, &record, source);
	if (strchr(hierarchy->controllers, ','))
		add_links(c, hierarchy, target, source);
}

static void add_tmpfs(struct compile *c, const struct spec_mount *mount, const char *target,
		      const char *source)
{
	static const char *const mode[] = { "mode=755" };
	struct plan_mount record = {
		.how = PLAN_MOUNT_FILESYSTEM,
		.target = writer_text(c->writer, target),
		.tree = PLAN_NONE,
		.type = writer_text(c->writer, "tmpfs"),
		.device = writer_text(c->writer, "tmpfs"),
		.options = writer_strings(c->writer, 1, mode),
		.attr_set = SAFE,
	};
	struct plan_seal seal = { .path = record.target, .attr = PLAN_ATTR_RDONLY };

	WRITER_ADD(c->writer, MOUNTS, mount, &record, source);
	if ((mount->attr_set | mount->super_set) & PLAN_ATTR_RDONLY)
		WRITER_ADD(c->writer, SEAL, seal, &seal, source);
}

int compile_cgroup_mount(struct compile *c, const struct spec_mount *mount, const char *target,
			 const char *source)
{
	uint64_t attributes = SAFE | ((mount->attr_set | mount->super_set) & PLAN_ATTR_RDONLY);
	const struct facts *facts = c->facts;

	if (facts->hierarchy_count == 0)
		return compile_refuse(c, source, "this host has no control groups to mount");
	if (facts->cgroup_mode == CGROUP_MODE_V2) {
		add_v2(c, mount, target, facts->hierarchy_count - 1, source);
		return 0;
	}
	if (mount->type && strcmp(mount->type, "cgroup2") == 0 && facts->cgroup_mode == CGROUP_MODE_V1)
		return compile_refuse(c, source, "cgroup2 cannot be mounted: this host has cgroup v1 alone");
	add_tmpfs(c, mount, target, source);
	for (uint32_t i = 0; i < facts->hierarchy_count; i++) {
		if (facts->hierarchies[i].controllers[0])
			add_v1(c, target, i, attributes, source);
		else
			add_v2(c, mount, arena_format(c->arena, "%s/unified", target), i, source);
	}
	return 0;
}
