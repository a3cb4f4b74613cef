/* The scalars of JSON: strings (escapes, UTF-8), numbers, literals: see json.h. Every byte is looked at
 * once. Knows no structure: what may follow a value is json.c's business.
 */
#include <stdbool.h>
#include <string.h>

#include "json.h"
#include "utf8.h"

static size_t utf8_put(char *out, uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* Four hexadecimal digits at s, or UINT32_MAX. */
static uint32_t hex4(const char *s, size_t left)
{
	uint32_t value = 0;

	if (left < 4)
		return UINT32_MAX;
	for (size_t i = 0; i < 4; i++) {
		unsigned digit = (unsigned char)s[i];

		if (digit - '0' < 10)
			digit -= '0';
		else if ((digit | 0x20) - 'a' < 6)
			digit = (digit | 0x20) - 'a' + 10;
		else
			return UINT32_MAX;
		value = value << 4 | digit;
	}
	return value;
}

/* The escape whose 'u' is at s[0]: its code point and its length in the text from the 'u'. */
static const char *unicode_escape(const char *s, size_t left, uint32_t *ret_code, size_t *ret_length)
{
	uint32_t code = hex4(s + 1, left - 1);

	if (code == UINT32_MAX)
		return "\\u needs four hexadecimal digits";
	if (code == 0)
		return "string contains null byte (\\u0000)"; /* it would end here for the kernel */
	*ret_length = 5;
	if (code >= 0xdc00 && code <= 0xdfff)
		return "lone surrogate";
	if (code >= 0xd800 && code <= 0xdbff) {
		uint32_t low = left >= 11 && s[5] == '\\' && s[6] == 'u' ? hex4(s + 7, 4) : UINT32_MAX;

		if (low < 0xdc00 || low > 0xdfff)
			return "lone surrogate";
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		*ret_length = 11;
	}
	*ret_code = code;
	return NULL;
}

/* Is the escape behind a backslash legal? *ret_length: bytes of the text behind the backslash; the result
 * goes to out (NULL: only check), *ret_put bytes. */
static const char *escape(const char *s, size_t left, char *out, size_t *ret_length, size_t *ret_put)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *letter = left && s[0] ? strchr(letters, s[0]) : NULL;
	uint32_t code = 0;
	char scratch[4];

	if (letter) {
		code = (unsigned char)bytes[letter - letters];
		*ret_length = 1;
	} else if (left && s[0] == 'u') {
		const char *why = unicode_escape(s, left, &code, ret_length);

		if (why)
			return why;
	} else {
		return "unknown escape";
	}
	*ret_put = utf8_put(out ? out : scratch, code);
	return NULL;
}

static char *unescaped(struct arena *arena, const char *s, size_t length, size_t *ret_length)
{
	char *copy = arena_alloc(arena, length + 1); /* an escape is never longer unescaped */
	size_t used = 0;

	for (size_t i = 0; i < length;) {
		size_t taken = 1, put = 0;

		if (s[i] != '\\') {
			copy[used++] = s[i++];
			continue;
		}
		escape(s + i + 1, length - i - 1, copy + used, &taken, &put); /* checked before */
		i += 1 + taken;
		used += put;
	}
	*ret_length = used;
	return copy;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

const char *json_scan_string(struct arena *arena, const char *text, size_t length, size_t *at,
			     struct json_node *ret)
{
	size_t first = *at + 1, i = first;
	bool escapes = false;

	for (;;) {
		while (i < length && is_plain((unsigned char)text[i]))
			i++;
		*at = i;
		if (i >= length)
			return "string without an end";
		unsigned char c = (unsigned char)text[i];
		size_t step = 1, put;

		if (c == '"')
			break;
		if (c < 0x20)
			return c ? "control character in a string (must be escaped)" : "NUL byte";
		if (c == '\\') {
			const char *why = escape(text + i + 1, length - i - 1, NULL, &step, &put);

			if (why)
				return why;
			step++;
			escapes = true;
		} else {
			step = utf8_length(text + i, length - i);
			if (!step)
				return "not UTF-8";
		}
		i += step;
	}
	size_t bytes = i - first;
	ret->text = escapes ? unescaped(arena, text + first, bytes, &bytes) : text + first;
	ret->length = (uint32_t)bytes;
	*at = i + 1;
	return NULL;
}

static size_t digits(const char *text, size_t length, size_t at)
{
	while (at < length && text[at] >= '0' && text[at] <= '9')
		at++;
	return at;
}

/* RFC 8259, section 6: [-] int [frac] [exp]. NULL, or what is wrong; *at moves. */
static const char *number(const char *text, size_t length, size_t *at)
{
	size_t i = *at, from;

	if (text[i] == '-')
		i++;
	from = i;
	i = digits(text, length, i);
	if (i == from)
		return "malformed number";
	if (text[from] == '0' && i > from + 1)
		return "a number may not begin with 0";
	if (i < length && text[i] == '.') {
		from = ++i;
		i = digits(text, length, i);
		if (i == from)
			return "malformed number";
	}
	if (i < length && (text[i] == 'e' || text[i] == 'E')) {
		i++;
		if (i < length && (text[i] == '+' || text[i] == '-'))
			i++;
		from = i;
		i = digits(text, length, i);
		if (i == from)
			return "malformed number";
	}
	*at = i;
	return NULL;
}

static bool ends_value(const char *text, size_t length, size_t at)
{
	return at >= length || (text[at] && strchr(" \t\r\n,]}:", text[at]));
}

const char *json_scan_primitive(const char *text, size_t length, size_t *at, struct json_node *ret)
{
	static const struct {
		const char *word;
		size_t length;
		enum json_type type;
	} words[] = {
		{ "true", 4, JSON_BOOL },
		{ "false", 5, JSON_BOOL },
		{ "null", 4, JSON_NULL },
	};
	size_t from = *at, end = from;

	ret->text = text + from;
	if (text[from] == '-' || (text[from] >= '0' && text[from] <= '9')) {
		const char *why = number(text, length, &end);

		if (why)
			return why;
		if (!ends_value(text, length, end))
			return "malformed number";
		ret->type = JSON_NUMBER;
	}
	for (size_t i = 0; end == from && i < sizeof words / sizeof words[0]; i++)
		if (length - from >= words[i].length &&
		    !memcmp(text + from, words[i].word, words[i].length) &&
		    ends_value(text, length, from + words[i].length)) {
			end = from + words[i].length;
			ret->type = words[i].type;
		}
	if (end == from)
		return "unknown word (only true, false and null)";
	ret->length = (uint32_t)(end - from);
	*at = end;
	return NULL;
}
