/* Id-mapped mounts: which map a bind gets, as text for the kernel (config.md, "idmap"; MNT-85 to MNT-87).
 * The tree is mapped by `sources`, with the rights of the host: it has to be done before the container's own
 * user namespace exists, so that one is given by its maps, or by its path when it is joined.
 */
#include "compile/rows.h"

#include <string.h>

/* The piece of `map` that begins with its id number `done` and that one extent of the container maps.
 * Returns its size; 0: not mapped. */
static uint32_t piece(const struct spec_id_maps *container, const struct spec_id_map *map, uint32_t done,
		      struct spec_id_map *ret)
{
	uint32_t inside = map->host_id + done, size = map->size - done;

	for (uint32_t i = 0; i < container->count; i++) {
		const struct spec_id_map *extent = &container->items[i];
		uint32_t skip = inside - extent->container_id;

		if (inside < extent->container_id || skip >= extent->size)
			continue;
		if (size > extent->size - skip)
			size = extent->size - skip;
		*ret = (struct spec_id_map){ map->container_id + done, extent->host_id + skip, size, false };
		return size;
	}
	return 0;
}

/* "@": ids inside the container's user namespace, as the host's. A range may lie across several extents. */
static int resolve(struct compile *c, const struct spec_id_maps *maps, const struct spec_id_maps *container,
		   struct spec_id_maps *ret, const char *source)
{
	ret->items = arena_alloc(c->arena, sizeof *ret->items * maps->count * (container->count + 1));
	ret->count = 0;
	for (uint32_t i = 0; i < maps->count; i++) {
		const struct spec_id_map *map = &maps->items[i];

		if (!map->relative) {
			ret->items[ret->count++] = *map;
			continue;
		}
		for (uint32_t done = 0, size; done < map->size; done += size) {
			size = piece(container, map, done, &ret->items[ret->count++]);
			if (!size)
				return compile_refuse(c, source,
						      "idmap: the id %u (\"@\") is not mapped in the "
						      "container's user namespace",
						      map->host_id + done);
		}
	}
	return 0;
}

static int own_maps(struct compile *c, const struct spec_mount *mount, struct tree_map *ret,
		    const char *source)
{
	const struct spec_linux *linux_ = c->spec->linux_;
	struct spec_id_maps uids = { .count = 0 }, gids = { .count = 0 };
	int r = resolve(c, &mount->uid_maps, &linux_->uid_maps, &uids, source);

	if (r >= 0)
		r = resolve(c, &mount->gid_maps, &linux_->gid_maps, &gids, source);
	if (r >= 0)
		r = compile_map_text(c, &uids, source, &ret->uid_map);
	return r < 0 ? r : compile_map_text(c, &gids, source, &ret->gid_map);
}

int compile_idmap(struct compile *c, const struct spec_mount *mount, struct tree_map *ret, const char *source)
{
	const struct spec_namespace *user = spec_namespace(c->spec, PLAN_NS_USER);
	const struct spec_linux *linux_ = c->spec->linux_;
	int r;

	if (mount->uid_maps.count)
		return own_maps(c, mount, ret, source);
	if (!user)
		return compile_refuse(
			c, source,
			"idmap: the mount has no uidMappings and gidMappings, and the container no "
			"user namespace that they could be taken from");
	if (user->path) {
		ret->user = writer_text(c->writer, user->path);
		return 0;
	}
	r = compile_map_text(c, &linux_->uid_maps, "/linux/uidMappings", &ret->uid_map);
	return r < 0 ? r : compile_map_text(c, &linux_->gid_maps, "/linux/gidMappings", &ret->gid_map);
}
