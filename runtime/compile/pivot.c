/* Row `pivot`: how the container's root becomes "/". */
#include "compile/rows.h"

int compile_pivot(struct compile *c)
{
	uint64_t wanted = c->spec->linux_->rootfs_propagation;
	struct plan_pivot record = { .how = PLAN_PIVOT_ROOT, .propagation = wanted };
	const char *source = wanted ? "/linux/rootfsPropagation" : "";

	if (!c->has_mount_namespace)
		record.how = PLAN_PIVOT_CHROOT;
	else if (c->options->no_pivot)
		record.how = PLAN_PIVOT_MOVE;
	if (record.how != PLAN_PIVOT_ROOT && wanted & PLAN_PROP_PRIVATE)
		return compile_refuse(c, source, "private mounts can only be had with pivot_root");
	if (record.how == PLAN_PIVOT_CHROOT && wanted)
		return compile_refuse(c, source, "rootfsPropagation needs a mount namespace");
	if (wanted & PLAN_PROP_UNBINDABLE) { /* the readonlyPaths are still to be bound */
		struct plan_seal seal = { .path = writer_text(c->writer, "/"), .propagation = wanted };

		record.propagation = 0;
		WRITER_ADD(c->writer, SEAL, seal, &seal, source);
	}
	WRITER_ADD(c->writer, PIVOT, pivot, &record, source);
	return 0;
}
