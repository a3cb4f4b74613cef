/* Answer to IDMAP: the ids of a tree that was cloned inside the container's user namespace. A file system of
 * the host's takes a map only from who has CAP_SYS_ADMIN where it belongs (can_idmap_mount() of
 * fs/namespace.c), and nobody inside has; the tree is detached, so it does not matter in whose mount
 * namespace it was cloned.
 */
#include "host.h"
#include "idmap_source.h"

/* Flagged sources ask in the order of their records. */
static const struct plan_source *asked(const struct plan *plan, uint32_t number, uint32_t *ret_record)
{
	uint32_t record = 0;

	plan_each(plan, r) {
		const struct plan_source *source = (const void *)r; /* if it is one */

		*ret_record = record++;
		if (r->kind == PLAN_KIND_source && source->flags & PLAN_SOURCE_HOST_IDMAP && number-- == 0)
			return source;
	}
	return NULL;
}

int host_idmap(const struct plan *plan, uint32_t number, int tree, struct fault *fault)
{
	const struct plan_source *source = asked(plan, number, &fault->record);

	if (!source)
		return fault_set(fault, FAULT_MAP_IDS, -EPROTO, "of a mount that the plan does not name");
	fault->row = source->head.row;
	FD_AUTO user = idmap_source_user(plan, source, -1, fault);
	return user < 0 ? user : idmap_source_apply(plan, source, tree, user, fault);
}
