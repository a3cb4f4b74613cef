/* Walks an object by its key rows: see dispatch.h. Generic in the sense that no key is named here. */
#include "dispatch.h"

#include <string.h>
#include <strings.h>

int read_type(struct reader *reader, const struct json_node *node, enum json_type type)
{
	if (node->type == type)
		return 0;
	return spec_refuse(reader, "must be %s, not %s", json_type_name(type), json_type_name(node->type));
}

static int read_member(struct reader *reader, const struct json_node *value, const struct key *row,
		       void *target)
{
	if (value->type == JSON_NULL && !row->required)
		return 0; /* Go writes null for an absent slice, map or pointer (BAT, CFG-08) */
	int r = row->type == JSON_TYPES ? 0 : read_type(reader, value, row->type);
	if (r == 0)
		r = row->parse(reader, value, (char *)target + row->offset);
	if (r == 0 && row->flag != NO_FLAG)
		*((bool *)target + row->flag) = true;
	return error_in(reader->error, r, row->name);
}

/* The row of a key, or that of no name. A key in other letters than the specification's is taken for it: Go's
 * decoder does so, and what runc honours must not be lost in silence ("noNewprivileges"). As there the last
 * one holds, and of two objects each member. */
static unsigned row_of(struct reader *reader, const struct json_node *key, const struct key *keys)
{
	unsigned n, close = 0;

	for (n = 0; keys[n].name; n++)
		if (json_is(key, keys[n].name))
			return n;
	while (keys[close].name && (strlen(keys[close].name) != key->length ||
				    strncasecmp(keys[close].name, key->text, key->length) != 0))
		close++;
	if (!keys[close].name)
		return n;
	spec_warn(reader, "\"%.*s\" is taken for \"%s\"", (int)key->length, key->text, keys[close].name);
	return close;
}

int read_object(struct reader *reader, const struct json_node *node, const struct key *keys, void *target)
{
	const struct json_node *key = node + 1;
	uint64_t seen = 0;

	for (uint32_t i = 0; i < node->count; i++, key += 1 + key[1].span) {
		unsigned n = row_of(reader, key, keys);

		if (!keys[n].name)
			continue;
		int r = read_member(reader, key + 1, &keys[n], target);
		if (r < 0)
			return r;
		seen |= 1ULL << n;
	}
	for (unsigned n = 0; keys[n].name; n++)
		if (keys[n].required && !(seen >> n & 1))
			return error_in(reader->error, spec_refuse(reader, "must be present"), keys[n].name);
	return 0;
}

int read_array(struct reader *reader, const struct json_node *node, enum json_type type, json_parser *parse,
	       size_t size, void **ret_items, uint32_t *ret_count)
{
	char *items = node->count ? arena_alloc(reader->arena, node->count * size) : NULL;
	const struct json_node *element = node + 1;

	for (uint32_t i = 0; i < node->count; i++, element += element->span) {
		int r = read_type(reader, element, type);
		if (r == 0)
			r = parse(reader, element, items + i * size);
		if (r < 0)
			return error_at(reader->error, r, i);
	}
	*ret_items = items;
	*ret_count = node->count;
	return 0;
}

/* Digits to 64 bits, exactly: Go's encoder writes all of a uint64. False: not an integer as JSON has it, or
 * more than 64 bits. */
static bool magnitude(const struct json_node *node, uint64_t *ret)
{
	uint64_t value = 0;

	for (uint32_t i = node->text[0] == '-'; i < node->length; i++)
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(node->text[i] - '0'), &value))
			return false;
	*ret = value;
	return true;
}

static int check_integer(struct reader *reader, const struct json_node *node)
{
	int shown = node->length < 40 ? (int)node->length : 40;
	int r = read_type(reader, node, JSON_NUMBER);

	for (uint32_t i = 0; r == 0 && i < node->length; i++)
		if (node->text[i] == '.' || node->text[i] == 'e' || node->text[i] == 'E')
			r = spec_refuse(reader, "must be an integer written with digits only, not %.*s",
					shown, node->text);
	return r;
}

static int out_of_range(struct reader *reader, const struct json_node *node, int64_t least, uint64_t greatest)
{
	int shown = node->length < 40 ? (int)node->length : 40;

	return spec_refuse(reader, "must be from %lld to %llu, not %.*s", (long long)least,
			   (unsigned long long)greatest, shown, node->text);
}

int read_signed(struct reader *reader, const struct json_node *node, int64_t least, int64_t greatest,
		int64_t *ret)
{
	int r = check_integer(reader, node);
	bool negative = node->text[0] == '-';
	uint64_t size;

	if (r < 0)
		return r;
	if (!magnitude(node, &size) || size > (uint64_t)INT64_MAX + negative)
		return out_of_range(reader, node, least, (uint64_t)greatest);
	int64_t value = negative ? (int64_t)(0 - size) : (int64_t)size;
	if (value < least || value > greatest)
		return out_of_range(reader, node, least, (uint64_t)greatest);
	*ret = value;
	return 0;
}

int read_unsigned(struct reader *reader, const struct json_node *node, uint64_t greatest, uint64_t *ret)
{
	int r = check_integer(reader, node);
	uint64_t value;

	if (r < 0)
		return r;
	if (!magnitude(node, &value) || value > greatest || (node->text[0] == '-' && value))
		return out_of_range(reader, node, 0, greatest);
	*ret = value;
	return 0;
}

int read_bool(struct reader *reader, const struct json_node *node, void *member)
{
	(void)reader;
	*(bool *)member = node->text[0] == 't';
	return 0;
}

int read_u32(struct reader *reader, const struct json_node *node, void *member)
{
	uint64_t value = 0;
	int r = read_unsigned(reader, node, UINT32_MAX, &value);

	if (r == 0)
		*(uint32_t *)member = (uint32_t)value;
	return r;
}

int read_id(struct reader *reader, const struct json_node *node, void *member)
{
	uint64_t value = 0;
	int r = read_unsigned(reader, node, ID_MAX, &value);

	if (r == 0)
		*(uint32_t *)member = (uint32_t)value;
	return r;
}

int read_u64(struct reader *reader, const struct json_node *node, void *member)
{
	return read_unsigned(reader, node, UINT64_MAX, member);
}

int read_i64(struct reader *reader, const struct json_node *node, void *member)
{
	return read_signed(reader, node, INT64_MIN, INT64_MAX, member);
}
