/* Capability sets of the config as the kernel will take them. libcap-ng knows the names for messages; the
 * sets themselves are masks, since the shim sets them without a library. Rules: capabilities(7),
 * "Transformation of capabilities" and the ambient set.
 */
#include <cap-ng.h>

#include "compile/rows.h"

static uint64_t known(const struct facts *facts)
{
	return facts->last_capability >= 63 ? UINT64_MAX >> 1 : (1ull << (facts->last_capability + 1)) - 1;
}

/* The first capability of a mask as the config writes it, for a message: the library has small letters. */
static const char *first_name(struct arena *arena, uint64_t mask)
{
	const char *name = capng_capability_to_name((unsigned)__builtin_ctzll(mask));
	char *text = arena_format(arena, "CAP_%s", name ? name : "unknown");

	for (char *c = text; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return text;
}

int compile_capabilities(struct compile *c, struct plan_identity *identity)
{
	const struct spec_capabilities *sets = c->spec->process->capabilities;
	uint64_t available = known(c->facts), stray;

	if (!sets)
		return 0; /* PRC-16: as in runc, an absent object leaves the sets as they are */
	/* what this kernel does not have is left out, as the specification wants */
	identity->bounding = sets->bounding & available;
	/* nor can anybody give what he does not have: the host's limits are the container's. In a user
	 * namespace its first process has them all. */
	if (!compile_user_namespace(c))
		available &= c->facts->capabilities;
	identity->permitted = sets->permitted & available;
	identity->effective = sets->effective & available;
	identity->inheritable = sets->inheritable & available;
	stray = identity->effective & ~identity->permitted;
	if (stray)
		return compile_refuse(c, "/process/capabilities/effective",
				      "capability %s is not in the permitted set",
				      first_name(c->arena, stray));
	/* the kernel refuses to raise an ambient one that is not in both of the others */
	identity->ambient = sets->ambient & identity->permitted & identity->inheritable;
	identity->flags |= PLAN_ID_CAPS;
	return 0;
}
