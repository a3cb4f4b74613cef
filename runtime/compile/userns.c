/* Row `userns`: the new user namespace and its id maps, as the text that is written to the kernel. */
#include "compile/rows.h"

#include <string.h>

/* "inside outside size" lines. The kernel takes a map in one write below a page, so a longer one is refused
 * here and not after half the container has been made. */
int compile_map_text(struct compile *c, const struct spec_id_maps *maps, const char *pointer,
		     struct plan_str *ret)
{
	char text[PLAN_MAX_IDMAP + 64];
	size_t used = 0;

	for (uint32_t i = 0; i < maps->count; i++) {
		const struct spec_id_map *map = &maps->items[i];

		used += (size_t)snprintf(text + used, sizeof text - used, "%u %u %u\n", map->container_id,
					 map->host_id, map->size);
		if (used > PLAN_MAX_IDMAP)
			return compile_refuse(c, pointer,
					      "the id map is too long: the kernel takes %u bytes, "
					      "entry %u goes beyond them",
					      PLAN_MAX_IDMAP, i);
	}
	*ret = writer_text(c->writer, used ? text : NULL);
	return 0;
}

static int check(struct compile *c)
{
	const struct spec_linux *linux_ = c->spec->linux_;
	bool maps = linux_->uid_maps.count && linux_->gid_maps.count;

	if (!compile_user_namespace(c)) {
		if (linux_->uid_maps.count || linux_->gid_maps.count)
			return compile_refuse(c,
					      linux_->uid_maps.count ? "/linux/uidMappings"
								     : "/linux/gidMappings",
					      "id mappings need a user namespace");
		return 0;
	}
	if (c->new_user_namespace && !maps)
		return compile_refuse(c, "/linux/namespaces",
				      "user namespaces enabled, but no namespace path to join "
				      "nor mappings to apply specified");
	return 0;
}

int compile_userns(struct compile *c)
{
	const struct spec_linux *linux_ = c->spec->linux_;
	struct plan_userns record = { .writer = PLAN_MAP_HOST };
	int r = check(c);

	if (r < 0 || !c->new_user_namespace)
		return r;
	/* the kernel lets an unprivileged writer map groups only after setgroups has been given up */
	if (c->facts->uid != 0) {
		record.writer = PLAN_MAP_SELF;
		record.flags = PLAN_USERNS_DENY_SETGROUPS;
	}
	r = compile_map_text(c, &linux_->uid_maps, "/linux/uidMappings", &record.uid_map);
	if (r >= 0)
		r = compile_map_text(c, &linux_->gid_maps, "/linux/gidMappings", &record.gid_map);
	if (r < 0)
		return r;
	WRITER_ADD(c->writer, USERNS, userns, &record, "/linux/uidMappings");
	if (record.writer == PLAN_MAP_SELF)
		compile_proc(c);
	return 0;
}
