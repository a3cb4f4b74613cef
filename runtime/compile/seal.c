/* Row `seal`: the root read-only, last of all. What mounts asked to be sealed (tmpfs, /dev) was added while
 * they were compiled and stands before it.
 */
#include "compile/rows.h"

int compile_seal(struct compile *c)
{
	struct plan_seal record = { .attr = c->spec->root_readonly ? PLAN_ATTR_RDONLY : 0 };

	if (compile_shuts_devices(c))
		record.attr |= PLAN_ATTR_NODEV;
	if (!record.attr)
		return 0;
	if (!c->has_mount_namespace) /* without one there is no mount on /dev either */
		return compile_refuse(c, "/root/readonly", "a read-only root needs a mount namespace");
	record.path = writer_text(c->writer, "/");
	WRITER_ADD(c->writer, SEAL, seal, &record,
		   record.attr & PLAN_ATTR_RDONLY ? "/root/readonly" : "/linux/resources/devices");
	return 0;
}
