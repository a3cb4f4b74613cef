/* jsmn and the grammar check: see json.h. The walk below is driven by the text and takes one of jsmn's
 * tokens for every value it meets; when the two disagree, the text is refused. So an error of either is no
 * way in, and when jsmn gives up early, the walk still finds the place and the reason.
 */
#include "json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS /* without them closing a bracket searches all tokens before it */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include <jsmn.h>
#pragma GCC diagnostic pop

#define FEW_KEYS 12 /* members of an object that are compared pair by pair; more are sorted */

struct walk {
	struct arena *arena;
	const char *text;
	size_t length, at;
	const jsmntok_t *tokens;
	unsigned token_count, next_token;
	struct json_node *nodes;
	unsigned node_count;
	unsigned open[JSON_MAX_DEPTH]; /* the nodes whose closing bracket has not come yet */
	unsigned depth;
	struct error *error;
};

const char *json_type_name(enum json_type type)
{
	static const char *const names[JSON_TYPES] = {
		"null", "a boolean", "a number", "a string", "an array", "an object",
	};

	return names[type];
}

static int invalid(const struct walk *walk, size_t at, const char *why)
{
	unsigned long line = 1;

	for (size_t i = 0; i < at && i < walk->length; i++)
		line += walk->text[i] == '\n';
	return error_set(walk->error, EINVAL, "invalid JSON at byte %zu (line %lu): %s", at, line, why);
}

static int unexpected(const struct walk *walk, const char *wanted)
{
	char why[96];

	if (walk->at >= walk->length)
		snprintf(why, sizeof why, "the text ends where %s must come", wanted);
	else if (walk->text[walk->at] > 0x20 && walk->text[walk->at] < 0x7f)
		snprintf(why, sizeof why, "unexpected '%c' where %s must come", walk->text[walk->at], wanted);
	else
		snprintf(why, sizeof why, "unexpected byte 0x%02x where %s must come",
			 (unsigned char)walk->text[walk->at], wanted);
	return invalid(walk, walk->at, why);
}

/* The next byte that is not white space, or -1 at the end. */
static int peek(struct walk *walk)
{
	for (; walk->at < walk->length; walk->at++) {
		char c = walk->text[walk->at];

		if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
			return (unsigned char)c;
	}
	return -1;
}

/* jsmn must have cut the same piece out of the text. A scalar that is the whole text is the exception: in
 * strict mode jsmn wants something behind it. */
static int agree(struct walk *walk, jsmntype_t type, size_t start, size_t end)
{
	const jsmntok_t *token = &walk->tokens[walk->next_token];

	if (walk->next_token >= walk->token_count) {
		if (!walk->depth && end == walk->length)
			return 0;
		return invalid(walk, start,
			       end == walk->length ? "the text ends inside an array or object"
						   : "the tokenizer stops here");
	}
	walk->next_token++;
	if (token->type != type || (size_t)token->start != start || (end && (size_t)token->end != end))
		return invalid(walk, start, "the tokenizer reads this in another way");
	return 0;
}

static struct json_node *node_new(struct walk *walk)
{
	struct json_node *node = &walk->nodes[walk->node_count++];

	node->span = 1;
	return node;
}

/* There is a node for every token and two more: the walk stops at the first value without a token. */
static int scan_string(struct walk *walk)
{
	size_t start = walk->at;
	struct json_node *node = node_new(walk);
	const char *why = json_scan_string(walk->arena, walk->text, walk->length, &walk->at, node);

	node->type = JSON_STRING;
	return why ? invalid(walk, walk->at, why) : agree(walk, JSMN_STRING, start + 1, walk->at - 1);
}

static int scan_primitive(struct walk *walk)
{
	size_t start = walk->at;
	const char *why = json_scan_primitive(walk->text, walk->length, &walk->at, node_new(walk));

	return why ? invalid(walk, walk->at, why) : agree(walk, JSMN_PRIMITIVE, start, walk->at);
}

static int value(struct walk *walk)
{
	int c = peek(walk);

	if (c == '"')
		return scan_string(walk);
	if (c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return scan_primitive(walk);
	if (c != '{' && c != '[')
		return unexpected(walk, "a value");
	int r = agree(walk, c == '{' ? JSMN_OBJECT : JSMN_ARRAY, walk->at, 0);
	if (r < 0)
		return r;
	walk->open[walk->depth++] = walk->node_count; /* room: depth_check came first */
	struct json_node *node = node_new(walk);
	node->type = c == '{' ? JSON_OBJECT : JSON_ARRAY;
	node->text = walk->text + walk->at++;
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct json_node *one = *(const struct json_node *const *)a;
	const struct json_node *two = *(const struct json_node *const *)b;

	if (one->length != two->length)
		return one->length < two->length ? -1 : 1;
	return memcmp(one->text, two->text, one->length);
}

static int duplicate(struct walk *walk, const struct json_node *key)
{
	char why[128];

	snprintf(why, sizeof why, "duplicate key \"%.*s\" in the object that ends here",
		 key->length < 64 ? (int)key->length : 64, key->text);
	return invalid(walk, walk->at, why);
}

static int many_keys_differ(struct walk *walk, const struct json_node *object)
{
	const struct json_node **keys = malloc(object->count * sizeof(const struct json_node *)),
			       *key = object + 1;
	int r = 0;

	if (!keys)
		return error_set(walk->error, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < object->count; i++, key += 1 + key[1].span)
		keys[i] = key;
	qsort(keys, object->count, sizeof(const struct json_node *), compare_keys);
	for (uint32_t i = 1; r == 0 && i < object->count; i++)
		if (!compare_keys(&keys[i - 1], &keys[i]))
			r = duplicate(walk, keys[i]);
	free(keys);
	return r;
}

/* Which of two equal keys counts differs between readers: a way to show one config and run another. */
static int keys_differ(struct walk *walk, const struct json_node *object)
{
	const struct json_node *keys[FEW_KEYS], *key = object + 1;

	if (object->count > FEW_KEYS)
		return many_keys_differ(walk, object);
	for (uint32_t i = 0; i < object->count; i++, key += 1 + key[1].span) {
		keys[i] = key;
		for (uint32_t n = 0; n < i; n++)
			if (!compare_keys(&keys[n], &keys[i]))
				return duplicate(walk, key);
	}
	return 0;
}

static int close_value(struct walk *walk)
{
	struct json_node *node = &walk->nodes[walk->open[walk->depth - 1]];

	node->length = (uint32_t)(walk->text + walk->at + 1 - node->text);
	node->span = (uint32_t)(walk->node_count - walk->open[walk->depth - 1]);
	int r = node->type == JSON_OBJECT ? keys_differ(walk, node) : 0;
	walk->at++;
	walk->depth--;
	return r;
}

/* What may come inside the innermost open bracket: its end, or (a comma and) one more member. */
static int member(struct walk *walk)
{
	struct json_node *node = &walk->nodes[walk->open[walk->depth - 1]];
	bool object = node->type == JSON_OBJECT;
	int end = object ? '}' : ']', c = peek(walk);

	if (c == end)
		return close_value(walk);
	if (node->count) {
		if (c != ',')
			return unexpected(walk, object ? "',' or '}'" : "',' or ']'");
		walk->at++;
		c = peek(walk);
	}
	node->count++;
	if (!object)
		return value(walk);
	if (c != '"')
		return unexpected(walk, node->count == 1 ? "a key or '}'" : "a key");
	int r = scan_string(walk);
	if (r < 0)
		return r;
	if (peek(walk) != ':')
		return unexpected(walk, "':'");
	walk->at++;
	return value(walk);
}

static int walk_text(struct walk *walk)
{
	int r = value(walk);

	while (r == 0 && walk->depth)
		r = member(walk);
	if (r == 0 && peek(walk) >= 0)
		r = unexpected(walk, "the end");
	return r;
}

/* Bounds the walk's stack, and jsmn's time: with parent links it still climbs over all closed brackets at
 * each closing one, quadratic in the depth. Counts at the same time how many tokens a JSON text of this
 * shape can have at most. */
static int depth_check(const struct walk *walk, unsigned *ret_tokens)
{
	unsigned depth = 0, tokens = 1;

	for (size_t i = 0; i < walk->length; i++) {
		char c = walk->text[i];

		if (c <= ' ') /* first: half of what a person has laid out */
			continue;
		if (c == '"') {
			tokens++;
			for (i++; i < walk->length && walk->text[i] != '"'; i++)
				i += walk->text[i] == '\\';
		} else if (c == '[' || c == '{') {
			tokens += 2; /* itself, and a number as its first element */
			if (++depth > JSON_MAX_DEPTH)
				return invalid(walk, i, "nested deeper than 64 levels");
		} else if (c == ']' || c == '}') {
			depth -= depth > 0;
		} else {
			tokens += c == ',' || c == ':';
		}
	}
	*ret_tokens = tokens;
	return 0;
}

int json_parse(struct arena *arena, const char *text, size_t length, const struct json_node **ret,
	       struct error *error)
{
	struct walk walk = { .arena = arena, .text = text, .length = length, .error = error };
	jsmn_parser parser;
	unsigned room = 0;

	if (length > JSON_MAX_LENGTH)
		return error_set(error, EFBIG, "the text has %zu bytes, more than %u", length,
				 JSON_MAX_LENGTH);
	int r = depth_check(&walk, &room);
	if (r < 0)
		return r;
	jsmntok_t *tokens = malloc(room * sizeof *tokens);
	if (!tokens)
		return error_set(error, ENOMEM, "out of memory");
	jsmn_init(&parser);
	jsmn_parse(&parser, text, length, tokens, room); /* on an error: the tokens that came before it */
	walk.tokens = tokens;
	walk.token_count = parser.toknext;
	walk.nodes = arena_alloc(arena, (walk.token_count + 2) * sizeof *walk.nodes);
	r = walk_text(&walk);
	free(tokens);
	if (r < 0)
		return r;
	*ret = walk.nodes;
	return 0;
}
