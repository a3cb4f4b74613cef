/* Lexical path work: see lexical.h. What a symlink would change is decided later, by descriptor, below the
 * container's root or by the kernel: nothing here is a safety check.
 */
#include "lexical.h"

#include <string.h>

/* Append the parts of `path` to the clean path `out` of `length` bytes ("" is the root). */
static size_t append(char *out, size_t length, const char *path)
{
	while (*path) {
		size_t part = strcspn(path, "/");

		if (part == 2 && path[0] == '.' && path[1] == '.') {
			while (length && out[length - 1] != '/')
				length--;
			length -= length != 0;
		} else if (part && !(part == 1 && path[0] == '.')) {
			out[length++] = '/';
			memcpy(out + length, path, part);
			length += part;
		}
		path += part;
		path += *path == '/';
	}
	return length;
}

const char *lexical_join(struct arena *arena, const char *base, const char *path)
{
	char *out = arena_alloc(arena, strlen(base) + strlen(path) + 4);
	size_t length = path[0] == '/' ? 0 : append(out, 0, base);

	length = append(out, length, path);
	if (length == 0)
		out[length++] = '/';
	out[length] = 0;
	return out;
}

const char *lexical_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
