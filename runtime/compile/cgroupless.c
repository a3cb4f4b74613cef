/* `--cgroup-manager disabled` (GLB-15), which podman sends for --cgroups=disabled: the container stays in the
 * group of whoever makes it. Nothing of that group is ours to change, kill or remove, so what only a group of
 * its own could keep is refused.
 */
#include "compile/rows.h"

#include <linux/capability.h>
#include <string.h>

#include "lexical.h"

#define CGROUPLESS "a container without a control group (--cgroup-manager disabled) cannot "

/* Device rules are kept by a group's filter. Without one they hold as long as no device node can be made, nor
 * opened that the image brings (compile_seal): what is in /dev is what the config asked for. */
static bool may_make_devices(const struct compile *c)
{
	const struct spec_capabilities *sets = c->spec->process->capabilities;

	return !compile_user_namespace(c) && sets && sets->bounding >> CAP_MKNOD & 1;
}

static bool denies_devices(const struct spec_resources *resources)
{
	for (uint32_t i = 0; i < resources->device_count; i++)
		if (!resources->devices[i].allow)
			return true;
	return false;
}

bool compile_shuts_devices(const struct compile *c)
{
	const struct spec_resources *resources = c->spec->linux_->resources;

	return c->options->cgroupless && resources && denies_devices(resources);
}

/* Our own nodes are on a mount of their own, in a mount namespace. */
static bool covers_dev(const struct compile *c)
{
	for (uint32_t i = 0; i < c->spec->mount_count; i++)
		if (strcmp(lexical_join(c->arena, "/", c->spec->mounts[i].destination), "/dev") == 0)
			return true;
	return false;
}

int compile_cgroupless(struct compile *c)
{
	const struct facts *facts = c->facts;
	const char **dirs = arena_alloc(c->arena, (facts->hierarchy_count + 1u) * sizeof *dirs);

	if (compile_annotation_value(c, COMPILE_DELEGATE + sizeof "/annotations"))
		return compile_refuse(c, COMPILE_DELEGATE, CGROUPLESS "delegate one");
	if (compile_has_limits(c))
		return compile_refuse(c, RESOURCES, CGROUPLESS "be limited");
	if (compile_shuts_devices(c) && may_make_devices(c))
		return compile_refuse(c, RESOURCES "/devices",
				      CGROUPLESS "be kept from devices while it holds CAP_MKNOD");
	if (compile_shuts_devices(c) && !covers_dev(c))
		return compile_refuse(c, RESOURCES "/devices",
				      CGROUPLESS "be kept from the devices of its image without a mount on "
						 "/dev: add one to mounts, of type tmpfs");
	/* for mounts of type cgroup, which show it; none counts as the container's */
	for (uint32_t i = 0; i < facts->hierarchy_count; i++)
		dirs[i] = lexical_join(c->arena, facts->hierarchies[i].mount, facts->hierarchies[i].own + 1);
	c->result->cgroup_dirs = (struct spec_strings){ 0, dirs };
	return 0;
}
