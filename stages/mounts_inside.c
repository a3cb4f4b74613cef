/* Sources that stand in the container's own root: opened at their turn, when what lies below has been
 * mounted. Their paths are the container's: resolved in the root, by descriptor, as those of targets.
 */
#include "mounts_inside.h"

#include "mount.h"
#include "path.h"
#include "sources_idmap.h"

/* A clone is a peer of what it was made from. Before 5.12: attach_settle. */
static int settle(const struct shim *shim, const struct plan_source *source, int tree)
{
	if (shim->unsettled || !source->propagation)
		return 0;
	return mount_change(tree, 0, 0, source->propagation & ~(uint64_t)MS_REC, true);
}

int mounts_inside(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_source *source = STAGE_RECORD(source, record);
	const char *path = plan_text(shim->plan, source->path);
	FD_AUTO from = path_open(shim->root, path, O_PATH);
	int r = from;

	if (r >= 0)
		r = mount_clone(from, "", AT_EMPTY_PATH, source->flags & PLAN_SOURCE_RECURSIVE);
	if (r < 0)
		return fault_set2(fault, FAULT_CLONE_TREE, r, path, " of the container's root", "");
	if (source->tree >= shim->tree_count || shim->trees[source->tree] >= 0) {
		fd_close(r);
		return fault_set(fault, FAULT_CHECK_PLAN, EBADSLT, path);
	}
	shim->trees[source->tree] = r;
	r = settle(shim, source, r);
	if (r < 0)
		return fault_set(fault, FAULT_SET_PROPAGATION, r, path);
	if (source->flags & PLAN_SOURCE_HOST_IDMAP)
		return shim->talk->ask(shim, MESSAGE_IDMAP, shim->trees[source->tree], fault);
	return sources_idmap(shim, source, fault);
}
