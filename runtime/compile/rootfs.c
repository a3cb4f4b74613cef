/* Row `rootfs`: the root's tree, and what the view of the new mount namespace becomes before anything is
 * mounted in it.
 */
#include "compile/rows.h"

int compile_rootfs(struct compile *c)
{
	struct plan_rootfs record = {
		.path = writer_text(c->writer, c->options->rootfs),
		.tree = PLAN_NONE,
		.view = compile_propagation(c),
	};

	if (!c->has_mount_namespace) {
		record.view = 0;
		record.flags = PLAN_ROOTFS_NO_ATTACH;
	} else {
		record.tree = compile_tree(c, c->options->rootfs, PLAN_SOURCE_RECURSIVE,
					   compile_propagation(c), "/root/path");
	}
	WRITER_ADD(c->writer, ROOTFS, rootfs, &record, "/root/path");
	return 0;
}
