/* See value.h. One pass from left to right: a value whose type is known beforehand (after "@type", or the
 * second element of an array) is read as that type; any other says its own.
 */
#include "systemd-helper/value.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MAX 65536u
#define DEPTH_MAX 8u
#define SHOWN 40 /* characters of what was not understood */

struct parser {
	struct arena *arena;
	const char *at;
	struct systemd_node *nodes;
	uint32_t count, size;
	struct error *error;
};

static int refuse(struct parser *p, const char *what)
{
	if (!*p->at)
		return error_set(p->error, EINVAL, "%s at its end", what);
	return error_set(p->error, EINVAL, "%s at \"%.*s\"", what, SHOWN, p->at);
}

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, " \t\n");
}

static int add(struct parser *p, char type, uint32_t *ret)
{
	if (p->count == NODES_MAX)
		return refuse(p, "too many values");
	if (p->count == p->size) {
		uint32_t size = p->size ? 2 * p->size : 16;
		struct systemd_node *more = arena_alloc(p->arena, size * sizeof *more);

		if (p->count)
			memcpy(more, p->nodes, p->count * sizeof *more);
		p->nodes = more;
		p->size = size;
	}
	p->nodes[p->count].type = type;
	p->nodes[p->count].span = 1;
	*ret = p->count++;
	return 0;
}

/* ---- types -------------------------------------------------------------------------------------------- */

static const struct word {
	const char *name;
	char type;
} words[] = {
	{ "boolean", 'b' }, { "byte", 'y' },   { "int16", 'n' },      { "uint16", 'q' },
	{ "int32", 'i' },   { "uint32", 'u' }, { "int64", 'x' },      { "uint64", 't' },
	{ "double", 'd' },  { "string", 's' }, { "objectpath", 'o' }, { "signature", 'g' },
};

/* Bytes of one complete type at `text`, 0: none. */
static size_t type_length(const char *text, unsigned depth)
{
	size_t length = 1;

	if (!*text || depth > DEPTH_MAX)
		return 0;
	if (strchr("ybnqiuxtdsog", *text))
		return 1;
	if (*text == 'a') {
		length = type_length(text + 1, depth + 1);
		return length ? 1 + length : 0;
	}
	if (*text != '(' || text[1] == ')')
		return 0;
	while (text[length] != ')') {
		size_t one = type_length(text + length, depth + 1);

		if (!one)
			return 0;
		length += one;
	}
	return length + 1;
}

/* ---- basic values ------------------------------------------------------------------------------------- */

static const struct range {
	char type;
	int64_t least;
	uint64_t greatest;
} ranges[] = {
	{ 'y', 0, UINT8_MAX },         { 'n', INT16_MIN, INT16_MAX }, { 'q', 0, UINT16_MAX },
	{ 'i', INT32_MIN, INT32_MAX }, { 'u', 0, UINT32_MAX },        { 'x', INT64_MIN, INT64_MAX },
	{ 't', 0, UINT64_MAX },
};

static const struct range *range_of(char type)
{
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (ranges[i].type == type)
			return &ranges[i];
	return NULL;
}

static int read_integer(struct parser *p, const struct range *range, struct systemd_node *node)
{
	const char *digits = p->at + (*p->at == '-' || *p->at == '+');
	bool negative = *p->at == '-';
	char *end;

	errno = 0;
	unsigned long long value = strtoull(digits, &end, 0); /* 10, 0x10, 010 */
	uint64_t greatest = negative ? (uint64_t) - (range->least + 1) + 1 : range->greatest;
	if (*digits < '0' || *digits > '9')
		return refuse(p, "a number is expected");
	if (errno || (negative && range->least == 0 && value) ||
	    (range->least || !negative ? value > greatest : false))
		return refuse(p, "a number that its type cannot hold");
	node->number = negative ? 0 - (uint64_t)value : value;
	p->at = end;
	return 0;
}

static int read_double(struct parser *p, struct systemd_node *node)
{
	size_t length = strspn(p->at, "+-0123456789.eE");
	const char *text = arena_copy(p->arena, p->at, length);
	char *end;

	node->real = strtod(text, &end);
	if (!length || *end || !isfinite(node->real))
		return refuse(p, "a number is expected");
	p->at += length;
	return 0;
}

static int read_boolean(struct parser *p, struct systemd_node *node)
{
	bool is_true = strncmp(p->at, "true", 4) == 0;

	if (!is_true && strncmp(p->at, "false", 5) != 0)
		return refuse(p, "true or false is expected");
	node->number = is_true;
	p->at += is_true ? 4 : 5;
	return 0;
}

/* \uXXXX as UTF-8; 0: none. */
static size_t read_unicode(const char *at, char *to)
{
	char digits[5] = "", *end;

	strncpy(digits, at, 4);
	unsigned long code = strtoul(digits, &end, 16);
	if (end != digits + 4 || code == 0 || (code >= 0xd800 && code < 0xe000))
		return 0;
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = (char)(0xc0 | code >> 6);
		to[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	to[0] = (char)(0xe0 | code >> 12);
	to[1] = (char)(0x80 | (code >> 6 & 0x3f));
	to[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

/* Behind a backslash: bytes written to `to`, 0: no such escape. */
static size_t read_escape(struct parser *p, char *to)
{
	static const char from[] = "abfnrtv\\'\"", what[] = "\a\b\f\n\r\t\v\\'\"";
	const char *found = *p->at ? strchr(from, *p->at) : NULL;
	size_t length = 1;

	if (found)
		*to = what[found - from];
	else if (*p->at == 'u')
		length = read_unicode(p->at + 1, to);
	else
		return 0;
	if (length) /* four digits were there: nothing is read beyond the end */
		p->at += found ? 1 : 5;
	return length;
}

static int read_text(struct parser *p, struct systemd_node *node)
{
	char quote = *p->at, *text = arena_alloc(p->arena, strlen(p->at) + 4), *to = text;

	if (quote != '\'' && quote != '"')
		return refuse(p, "a string in quotes is expected");
	p->at++;
	while (*p->at && *p->at != quote) {
		if (*p->at != '\\') {
			*to++ = *p->at++;
			continue;
		}
		p->at++;
		/* a backslash may be the last character: there is nothing behind the end */
		size_t length = *p->at ? read_escape(p, to) : 0;
		if (!length)
			return refuse(p, "an unknown escape");
		to += length;
	}
	if (!*p->at)
		return refuse(p, "a string without its closing quote");
	p->at++;
	node->text = text;
	return 0;
}

static int read_basic(struct parser *p, char type)
{
	const struct range *range = range_of(type);
	uint32_t n;
	int r = add(p, type, &n);

	if (r < 0)
		return r;
	struct systemd_node *node = &p->nodes[n];
	node->signature = arena_copy(p->arena, &type, 1);
	if (range)
		return read_integer(p, range, node);
	return type == 'b' ? read_boolean(p, node) : type == 'd' ? read_double(p, node) : read_text(p, node);
}

/* ---- containers --------------------------------------------------------------------------------------- */

static int read_value(struct parser *p, const char *expected, unsigned depth);

/* After an element: a comma and more, or the end. 1: more, 0: the end, or -EINVAL. */
static int next(struct parser *p, char end)
{
	skip_blanks(p);
	if (*p->at == ',') {
		p->at++;
		skip_blanks(p);
		return *p->at != end ? 1 : (p->at++, 0);
	}
	if (*p->at != end)
		return refuse(p, end == ']' ? "',' or ']' is expected" : "',' or ')' is expected");
	p->at++;
	return 0;
}

/* `expected`: of the whole array, or NULL: the first element says it. */
static int read_array(struct parser *p, const char *expected, unsigned depth)
{
	const char *element = expected ? expected + 1 : NULL;
	uint32_t n;
	int r = add(p, 'a', &n), more = 1;

	p->at++;
	skip_blanks(p);
	if (r == 0 && *p->at == ']') {
		more = 0;
		p->at++;
		if (!element)
			return refuse(p, "an empty array needs a type (@as [])");
	}
	while (r == 0 && more) {
		uint32_t first = p->count;

		r = read_value(p, element, depth + 1);
		if (r < 0)
			return r;
		if (!element)
			element = p->nodes[first].signature;
		r = more = next(p, ']');
		r = r < 0 ? r : 0;
	}
	if (r < 0)
		return r;
	p->nodes[n].span = p->count - n;
	p->nodes[n].signature = arena_format(p->arena, "a%s", element);
	return 0;
}

static int read_tuple(struct parser *p, const char *expected, unsigned depth)
{
	const char *element = expected ? expected + 1 : NULL, *signature = "";
	uint32_t n;
	int r = add(p, 'r', &n), more = 1;

	p->at++;
	while (r == 0 && more) {
		uint32_t first = p->count;
		size_t length = element ? type_length(element, 0) : 0;

		if (element && !length)
			return refuse(p, "more elements than the type has");
		r = read_value(p, element ? arena_copy(p->arena, element, length) : NULL, depth + 1);
		if (r < 0)
			return r;
		signature = arena_format(p->arena, "%s%s", signature, p->nodes[first].signature);
		element = element ? element + length : NULL;
		r = more = next(p, ')');
		r = r < 0 ? r : 0;
	}
	if (r < 0)
		return r;
	if (element && *element != ')')
		return refuse(p, "fewer elements than the type has");
	p->nodes[n].span = p->count - n;
	p->nodes[n].signature = arena_format(p->arena, "(%s)", signature);
	return 0;
}

/* ---- any value ---------------------------------------------------------------------------------------- */

/* What a value without a type before it is; 0: nothing that begins a value. */
static char natural_type(const char *at)
{
	size_t length = strspn(at, "+-0123456789xXabcdefABCDEF.");

	if (*at == '[')
		return 'a';
	if (*at == '(')
		return '(';
	if (*at == '\'' || *at == '"')
		return 's';
	if (strncmp(at, "true", 4) == 0 || strncmp(at, "false", 5) == 0)
		return 'b';
	if (!length || !strchr("+-0123456789", *at))
		return 0;
	return memchr(at, '.', length) ? 'd' : 'i';
}

/* "@a(ss)" or "uint64" before a value. NULL: neither. */
static const char *read_type(struct parser *p)
{
	size_t length = strcspn(p->at, " \t\n");

	if (*p->at == '@') {
		size_t whole = type_length(p->at + 1, 0);
		const char *type = arena_copy(p->arena, p->at + 1, whole);

		if (!whole || whole + 1 != length)
			return NULL;
		p->at += length;
		return type;
	}
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i].name) == length && memcmp(words[i].name, p->at, length) == 0) {
			p->at += length;
			return arena_copy(p->arena, &words[i].type, 1);
		}
	return NULL;
}

static int read_as(struct parser *p, const char *type, unsigned depth)
{
	skip_blanks(p);
	if (*type == 'a')
		return *p->at == '[' ? read_array(p, type, depth) : refuse(p, "an array is expected");
	if (*type == '(')
		return *p->at == '(' ? read_tuple(p, type, depth) : refuse(p, "a tuple is expected");
	return read_basic(p, *type);
}

static int read_value(struct parser *p, const char *expected, unsigned depth)
{
	if (depth > DEPTH_MAX)
		return refuse(p, "too many levels");
	skip_blanks(p);
	const char *start = p->at, *type = read_type(p);
	if (type && expected && strcmp(type, expected) != 0) {
		p->at = start;
		return refuse(p, "elements of one type are expected, but another type stands");
	}
	if (type || expected)
		return read_as(p, type ? type : expected, depth);
	char natural = natural_type(p->at);
	if (natural == 'a')
		return read_array(p, NULL, depth);
	if (natural == '(')
		return read_tuple(p, NULL, depth);
	return natural ? read_basic(p, natural) : refuse(p, "no value that a unit property can have");
}

int systemd_value_parse(struct arena *arena, const char *text, struct systemd_value *ret, struct error *error)
{
	struct parser parser = { .arena = arena, .at = text, .error = error };
	int r = read_value(&parser, NULL, 0);

	if (r < 0)
		return r;
	skip_blanks(&parser);
	if (*parser.at)
		return refuse(&parser, "more text than one value");
	*ret = (struct systemd_value){ parser.count, parser.nodes };
	return 0;
}

const char *systemd_value_quote(struct arena *arena, const char *text)
{
	char *quoted = arena_alloc(arena, 2 * strlen(text) + 3), *to = quoted;

	*to++ = '\'';
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to = '\'';
	return quoted;
}
