/* `process.capabilities`: five lists of names. A name that no kernel has is a warning, not an error
 * (config.md: "any value which cannot be mapped to a relevant kernel interface ... MUST be logged as a
 * warning"): images outlive the names, and less rights are the safe side.
 */
#include <stdio.h>
#include <string.h>

#include "objects.h"

#define NAMES_BYTES 896 /* all there are, with commas */

static const struct word *known(const struct json_node *node)
{
	for (const struct word *word = words_capabilities; word->word; word++)
		if (json_is(node, word->word))
			return word;
	return NULL;
}

static int read_set(struct reader *reader, const struct json_node *node, void *member)
{
	uint64_t *set = member;
	const struct json_node *name = node + 1;

	for (uint32_t i = 0; i < node->count; i++, name += name->span) {
		int r = read_type(reader, name, JSON_STRING);
		if (r < 0)
			return error_at(reader->error, r, i);
		const struct word *word = known(name);
		if (word)
			*set |= 1ULL << word->value;
		else
			spec_warn(reader, "ignoring unknown or unavailable capabilities: [%.*s]",
				  (int)name->length, name->text);
	}
	return 0;
}

/* The kernel raises only what is in both of the others (capabilities(7)): the rest is left out, in the words
 * that runc has for it (BAT-39), but on one line: Buildah asks for all of them, every time.
 */
static void warn_ambient(struct reader *reader, const struct spec_capabilities *sets)
{
	uint64_t stray = sets->ambient & ~(sets->permitted & sets->inheritable);
	char names[NAMES_BYTES] = "";
	size_t length = 0;

	for (const struct word *word = words_capabilities; word->word && length < sizeof names; word++)
		if (stray & 1ULL << word->value)
			length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
						   length ? ", " : "", word->word);
	if (stray)
		spec_warn(reader, "can't raise ambient capability %s: operation not permitted", names);
}

int read_capabilities(struct reader *reader, const struct json_node *node, void *member)
{
#define SET(set) KEY(#set, JSON_ARRAY, read_set, offsetof(struct spec_capabilities, set))
	static const struct key keys[] = {
		SET(bounding), SET(effective), SET(permitted), SET(inheritable), SET(ambient), { 0 },
	};
#undef SET

	int r = read_object(reader, node, keys, member);

	if (r == 0)
		warn_ambient(reader, member);
	return r;
}
