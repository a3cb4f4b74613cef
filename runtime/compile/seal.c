/* Row `seal`: the root read-only, last of all. What mounts asked to be sealed (tmpfs, /dev) was added while
 * they were compiled and stands before it.
 */
#include "compile/rows.h"

int compile_seal(struct compile *c)
{
	struct plan_seal record = { .attr = PLAN_ATTR_RDONLY };

	if (!c->spec->root_readonly)
		return 0;
	if (!c->has_mount_namespace)
		return compile_refuse(c, "/root/readonly", "a read-only root needs a mount namespace");
	record.path = writer_text(c->writer, "/");
	WRITER_ADD(c->writer, SEAL, seal, &record, "/root/readonly");
	return 0;
}
