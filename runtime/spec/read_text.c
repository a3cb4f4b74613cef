/* The parsers of dispatch.h for strings and what is made of strings. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "objects.h"

const char *read_text(struct reader *reader, const struct json_node *node)
{
	return arena_copy(reader->arena, node->text, node->length);
}

int read_string(struct reader *reader, const struct json_node *node, void *member)
{
	*(const char **)member = read_text(reader, node);
	return 0;
}

int read_nonempty(struct reader *reader, const struct json_node *node, void *member)
{
	if (!node->length)
		return spec_refuse(reader, "must not be empty");
	return read_string(reader, node, member);
}

int read_optional(struct reader *reader, const struct json_node *node, void *member)
{
	return node->length ? read_string(reader, node, member) : 0;
}

int read_absolute(struct reader *reader, const struct json_node *node, void *member)
{
	if (!node->length || node->text[0] != '/')
		return spec_refuse(reader, "must be an absolute path, not \"%.*s\"", (int)node->length,
				   node->text);
	return read_string(reader, node, member);
}

static int read_list(struct reader *reader, const struct json_node *node, json_parser *parse,
		     struct spec_strings *ret)
{
	const char **items = arena_alloc(reader->arena, (node->count + 1) * sizeof *items);
	const struct json_node *element = node + 1;

	for (uint32_t i = 0; i < node->count; i++, element += element->span) {
		int r = read_type(reader, element, JSON_STRING);
		if (r == 0)
			r = parse(reader, element, &items[i]);
		if (r < 0)
			return error_at(reader->error, r, i);
	}
	ret->items = items;
	ret->count = node->count;
	return 0;
}

int read_strings(struct reader *reader, const struct json_node *node, void *member)
{
	return read_list(reader, node, read_string, member);
}

int read_absolutes(struct reader *reader, const struct json_node *node, void *member)
{
	return read_list(reader, node, read_absolute, member);
}

int read_pairs(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_pairs *pairs = member;
	const struct json_node *key = node + 1;

	pairs->items = node->count ? arena_alloc(reader->arena, node->count * sizeof *pairs->items) : NULL;
	for (uint32_t i = 0; i < node->count; i++, key += 1 + key[1].span) {
		struct spec_pair *pair = &pairs->items[i];

		pair->key = read_text(reader, key);
		if (!key->length)
			return spec_refuse(reader, "a key must not be empty");
		int r = read_type(reader, key + 1, JSON_STRING);
		if (r < 0)
			return error_in_key(reader, r, pair->key);
		pair->value = read_text(reader, key + 1);
	}
	pairs->count = node->count;
	return 0;
}

int read_word(struct reader *reader, const struct json_node *node, const struct word *table, const char *what,
	      const struct word **ret)
{
	int r = read_type(reader, node, JSON_STRING);
	char allowed[1024];
	size_t used = 0;

	if (r < 0)
		return r;
	for (const struct word *row = table; row->word; row++)
		if (strlen(row->word) == node->length && !memcmp(row->word, node->text, node->length)) {
			*ret = row;
			return 0;
		}
	for (const struct word *row = table; row->word && used < sizeof allowed; row++)
		used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%s", used ? ", " : "",
					 row->word);
	return spec_refuse(reader, "unknown %s \"%.*s\" (allowed: %s)", what, (int)node->length, node->text,
			   allowed);
}

int spec_refuse(struct reader *reader, const char *format, ...)
{
	char text[ERROR_TEXT];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return error_set(reader->error, EINVAL, "%s", text);
}

void spec_warn(struct reader *reader, const char *format, ...)
{
	struct spec_strings *warnings = &reader->spec->warnings;
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	/* room for a power of two and the NULL: a config of nothing but warnings stays linear */
	if ((warnings->count & (warnings->count + 1)) == 0) {
		const char **items = arena_alloc(reader->arena, (2 * warnings->count + 3) * sizeof *items);

		if (warnings->count)
			memcpy(items, warnings->items, warnings->count * sizeof *items);
		warnings->items = items;
	}
	warnings->items[warnings->count++] = arena_copy(reader->arena, text, strlen(text));
}

const char *pointer_step(struct arena *arena, const char *key)
{
	char *step = arena_alloc(arena, 2 * strlen(key) + 1), *end = step;

	for (; *key; key++) {
		if (*key == '~' || *key == '/') {
			*end++ = '~';
			*end++ = *key == '~' ? '0' : '1';
		} else {
			*end++ = *key;
		}
	}
	*end = 0;
	return step;
}

int error_in_key(struct reader *reader, int r, const char *key)
{
	return r < 0 ? error_in(reader->error, r, pointer_step(reader->arena, key)) : r;
}
