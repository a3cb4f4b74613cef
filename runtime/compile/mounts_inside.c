/* Mounts that name the container's root by the path that it has on the host. Other runtimes make all mounts
 * in the view where the root is attached at that path: a destination below it is one in the root, and a
 * source below it shows what was mounted there before. Paths are compared as text; a link in the image leads
 * nowhere out of it.
 */
#include "compile/rows.h"

#include <string.h>

#include "lexical.h"

/* What `path` is below `top`: "" for itself, "/x" below it, NULL: not there. */
static const char *below(const char *path, const char *top)
{
	size_t length = strlen(top);

	if (length <= 1 || strncmp(path, top, length) != 0)
		return NULL;
	return path[length] == 0 || path[length] == '/' ? path + length : NULL;
}

static const char *in_root(const struct compile *c, const char *path)
{
	const char *rest = c->options->rootfs ? below(path, c->options->rootfs) : NULL;

	return rest && !*rest ? "/" : rest;
}

const char *compile_target(struct compile *c, const struct spec_mount *mount)
{
	const char *path = lexical_join(c->arena, "/", mount->destination);
	const char *inner = in_root(c, path);

	return inner ? inner : path;
}

const char *compile_inner_source(struct compile *c, const struct spec_mount *mount, const char *path)
{
	const char *inner = in_root(c, path);

	for (const struct spec_mount *earlier = c->spec->mounts; inner && earlier < mount; earlier++) {
		const char *target = compile_target(c, earlier);

		if (strcmp(inner, "/") == 0 || below(inner, target) || below(target, inner))
			return inner;
	}
	return NULL;
}
