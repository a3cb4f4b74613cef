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

bool compile_maps_hold(const struct spec_id_maps *maps, uint32_t id)
{
	for (uint32_t i = 0; i < maps->count; i++)
		if (id - maps->items[i].container_id < maps->items[i].size)
			return true;
	return false;
}

/* One line of one id, our own. */
static bool is_own(const struct spec_id_maps *maps, uint32_t id)
{
	return maps->count == 1 && maps->items[0].size == 1 && maps->items[0].host_id == id;
}

/* user_namespaces(7): with CAP_SETUID and CAP_SETGID any id can be mapped, without them only the own one;
 * wider maps are for newuidmap(1), which is only asked by an ordinary user (PRO-37). */
static enum plan_map_writer writer_of(const struct compile *c)
{
	const struct spec_linux *linux_ = c->spec->linux_;

	if (facts_may_map(c->facts))
		return PLAN_MAP_HOST;
	if (is_own(&linux_->uid_maps, c->facts->uid) && is_own(&linux_->gid_maps, c->facts->gid))
		return PLAN_MAP_SELF;
	return c->facts->uid == 0 ? PLAN_MAP_HOST : PLAN_MAP_TOOL;
}

bool compile_denies_setgroups(const struct compile *c)
{
	if (c->facts->setgroups_denied) /* and so do all namespaces below ours */
		return true;
	return c->new_user_namespace && writer_of(c) == PLAN_MAP_SELF;
}

/* What nobody can do without rights, said before anything is tried. */
static int check_ordinary(struct compile *c)
{
	if (!facts_is_admin(c->facts) && !compile_user_namespace(c))
		return compile_refuse(
			c, "/linux/namespaces",
			"rootless container requires user namespaces (\"ocirun spec --rootless\" "
			"writes a config for an ordinary user)");
	if (!facts_may_mount(c->facts) && !c->has_mount_namespace)
		return compile_refuse(c, "/linux/namespaces",
				      "a container of an ordinary user needs a mount namespace of its own");
	return 0;
}

static int check(struct compile *c)
{
	const struct spec_linux *linux_ = c->spec->linux_;
	bool maps = linux_->uid_maps.count && linux_->gid_maps.count;
	int r = check_ordinary(c);

	if (r < 0)
		return r;
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
	record.writer = writer_of(c);
	/* the kernel lets an unprivileged writer map groups only after setgroups has been given up */
	if (record.writer == PLAN_MAP_SELF)
		record.flags = PLAN_USERNS_DENY_SETGROUPS;
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
