/* Id-mapped trees (mount_setattr(2), MOUNT_ATTR_IDMAP): only a detached one can be mapped, and only by who
 * has CAP_SYS_ADMIN where its file system belongs: so here, with the host's rights, and not in `mounts`.
 * Attaches nothing, enters no namespace.
 */
#include "sources_idmap.h"

#include "idmap_source.h"

static bool mapped(const struct plan_source *source)
{
	return source->uid_map.length || source->user.length;
}

static bool same_text(const struct plan *plan, struct plan_str a, struct plan_str b)
{
	return strcmp(plan_text(plan, a), plan_text(plan, b)) == 0;
}

static bool same_map(const struct plan *plan, const struct plan_source *a, const struct plan_source *b)
{
	return same_text(plan, a->uid_map, b->uid_map) && same_text(plan, a->gid_map, b->gid_map) &&
	       same_text(plan, a->user, b->user);
}

/* Those of one row are mapped together; what is opened among the mounts is attached at once, each alone. */
static bool together(const struct plan_source *a, const struct plan_source *b)
{
	return a == b || (a->head.row == b->head.row && a->head.row != PLAN_ROW_MOUNTS);
}

/* Is there a tree still to come that wants the same map? */
static bool comes_again(const struct shim *shim, const struct plan_source *source)
{
	plan_each(shim->plan, r) {
		const struct plan_source *other = STAGE_RECORD(source, r);

		if (r->kind == PLAN_KIND_source && mapped(other) && together(source, other) &&
		    shim_tree(shim, other->tree) < 0 && same_map(shim->plan, source, other))
			return true;
	}
	return false;
}

int sources_idmap(struct shim *shim, const struct plan_source *source, struct fault *fault)
{
	if (!mapped(source) || comes_again(shim, source))
		return 0;
	FD_AUTO user = idmap_source_user(shim->plan, source, shim->proc, fault);
	if (user < 0)
		return user;
	plan_each(shim->plan, record) {
		const struct plan_source *one = STAGE_RECORD(source, record);

		if (record->kind != PLAN_KIND_source || !mapped(one) || !together(source, one) ||
		    !same_map(shim->plan, source, one))
			continue;
		int tree = shim_tree(shim, one->tree);
		int r = tree < 0 ? 0 : idmap_source_apply(shim->plan, one, tree, user, fault);
		if (r < 0)
			return r;
	}
	return 0;
}
