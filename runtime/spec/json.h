/* JSON text -> nodes. The one place where bytes that a user wrote become structure. jsmn cuts the text into
 * tokens; a single pass of our own then checks the whole grammar (RFC 8259), because jsmn accepts much that
 * is not JSON. Stricter than the RFC where two readers could disagree: duplicate keys, NUL and lone
 * surrogates in strings are refused. Nothing here knows what a key means.
 */
#ifndef OCIRUN_JSON_H
#define OCIRUN_JSON_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "error.h"

#define JSON_MAX_LENGTH (16u << 20) /* bytes; as the plan: args and env end at 6 MiB in the kernel */
#define JSON_MAX_DEPTH 64           /* the deepest known config has 7 */

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT, JSON_TYPES };

/* One value, or the key in front of one. Children stand right behind their parent, in the order of the
 * text; an object's are key, value, key, value. */
struct json_node {
	const char *text; /* as written; a string: unescaped and without quotes. Not NUL-terminated */
	uint32_t length;  /* bytes of text */
	uint32_t span;    /* nodes of this value, its own included: `node + span` is the next sibling */
	uint32_t count;   /* elements of an array, members of an object */
	enum json_type type;
};

/* Is the string, or key, `word`? Tables are searched with it: most rows differ in their first byte. */
static inline bool json_is(const struct json_node *node, const char *word)
{
	if (!node->length || *node->text != *word)
		return !node->length && !*word;
	return strlen(word) == node->length && !memcmp(word, node->text, node->length);
}
/* Parse `text`. Nodes live in `arena` and point into `text`. 0, or -EINVAL with an error of the form
 * "invalid JSON at byte N (line L): WHY", bytes counted from 0, lines from 1. */
int json_parse(struct arena *arena, const char *text, size_t length, const struct json_node **ret,
	       struct error *error);

/* "null" "a boolean" "a number" "a string" "an array" "an object" */
const char *json_type_name(enum json_type type);

/* Scan the string whose opening quote is at text[*at]; *at moves behind the closing quote. Fills text and
 * length of `ret`. NULL, or why it is not a string (*at is then the offending byte). */
const char *json_scan_string(struct arena *arena, const char *text, size_t length, size_t *at,
			     struct json_node *ret);

/* The same for a number, true, false or null. */
const char *json_scan_primitive(const char *text, size_t length, size_t *at, struct json_node *ret);

#endif
