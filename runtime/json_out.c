/* Writing JSON: see json_out.h. Slashes are not escaped (HOK-14: clients compare paths as text). */
#include "json_out.h"

#include <inttypes.h>
#include <string.h>

/* Length of the UTF-8 character that `text` begins with, 0 when it is none: overlong forms, surrogates
 * and what lies above U+10FFFF are refused, as RFC 3629 does. */
static size_t utf8_length(const unsigned char *text)
{
	static const struct {
		unsigned char first, last; /* of the leading byte */
		unsigned char least, most; /* of the second */
		unsigned char length;
	} rows[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (text[0] < rows[i].first || text[0] > rows[i].last)
			continue;
		if (text[1] < rows[i].least || text[1] > rows[i].most)
			return 0;
		for (size_t n = 2; n < rows[i].length; n++)
			if ((text[n] & 0xc0) != 0x80) /* stops at the NUL too */
				return 0;
		return rows[i].length;
	}
	return 0;
}

static void quote_control(FILE *file, unsigned char c)
{
	static const char letters[] = "\bb\tt\nn\ff\rr";

	for (const char *pair = letters; *pair; pair += 2)
		if ((unsigned char)pair[0] == c) {
			fprintf(file, "\\%c", pair[1]);
			return;
		}
	fprintf(file, "\\u%04x", c);
}

/* Length of what stands at `text` and needs no escape: one write for a path, not one for each of its bytes.
 */
static size_t plain_length(const unsigned char *text)
{
	const unsigned char *c = text;

	while (*c) {
		if (*c < 0x80) {
			if (*c < 0x20 || *c == '"' || *c == '\\' || *c == 0x7f)
				break;
			c++;
			continue;
		}
		size_t length = utf8_length(c);
		if (!length)
			break;
		c += length;
	}
	return (size_t)(c - text);
}

void json_out_quote(FILE *file, const char *text)
{
	const unsigned char *c = (const unsigned char *)text;

	putc('"', file);
	for (;;) {
		size_t length = plain_length(c);

		if (length)
			fwrite(c, 1, length, file);
		c += length;
		if (!*c)
			break;
		if (*c == '"' || *c == '\\')
			fprintf(file, "\\%c", *c);
		else if (*c < 0x20 || *c == 0x7f)
			quote_control(file, *c);
		else
			fputs("\xef\xbf\xbd", file); /* U+FFFD */
		c++;
	}
	putc('"', file);
}

static void new_line(const struct json_out *out)
{
	if (!out->indent)
		return;
	putc('\n', out->file);
	for (unsigned i = 0; i < out->depth; i++)
		fputs(out->indent, out->file);
}

/* What stands before a value or a key: comma, line and indent; nothing between a key and its value. */
static void before(struct json_out *out)
{
	if (out->value) {
		out->value = false;
		return;
	}
	if (out->comma)
		putc(',', out->file);
	if (out->depth)
		new_line(out);
	out->comma = true;
}

void json_out_open(struct json_out *out, char bracket)
{
	before(out);
	putc(bracket, out->file);
	out->depth++;
	out->comma = false;
}

void json_out_close(struct json_out *out, char bracket)
{
	out->depth--;
	if (out->comma)
		new_line(out); /* an empty one stays {} */
	putc(bracket, out->file);
	out->comma = true;
}

void json_out_key(struct json_out *out, const char *key)
{
	before(out);
	json_out_quote(out->file, key);
	fputs(out->indent ? ": " : ":", out->file);
	out->value = true;
}

void json_out_string(struct json_out *out, const char *text)
{
	before(out);
	json_out_quote(out->file, text);
}

void json_out_signed(struct json_out *out, int64_t value)
{
	before(out);
	fprintf(out->file, "%" PRId64, value);
}

void json_out_unsigned(struct json_out *out, uint64_t value)
{
	before(out);
	fprintf(out->file, "%" PRIu64, value);
}

void json_out_bool(struct json_out *out, bool value)
{
	before(out);
	fputs(value ? "true" : "false", out->file);
}

void json_out_null(struct json_out *out)
{
	before(out);
	fputs("null", out->file);
}

/* By whole numbers: what printf writes between them depends on the locale. */
void json_out_hundredths(struct json_out *out, double value)
{
	uint64_t hundredths = value > 0 ? (uint64_t)(value * 100 + 0.5) : 0;
	unsigned part = (unsigned)(hundredths % 100);

	json_out_unsigned(out, hundredths / 100);
	if (part % 10)
		fprintf(out->file, ".%02u", part);
	else if (part)
		fprintf(out->file, ".%u", part / 10);
}

void json_out_raw(struct json_out *out, const char *json)
{
	before(out);
	fputs(json, out->file);
}

void json_out_member(struct json_out *out, const char *key, const char *text)
{
	json_out_key(out, key);
	json_out_string(out, text);
}

void json_out_flag(struct json_out *out, const char *key, bool value)
{
	json_out_key(out, key);
	json_out_bool(out, value);
}
