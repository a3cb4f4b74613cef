/* Writing JSON: see json_out.h. Slashes are not escaped (HOK-14: clients compare paths as text). */
#include "json_out.h"

#include <inttypes.h>
#include <string.h>

#include "utf8.h"

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
static size_t plain_length(const char *text)
{
	const char *c = text;

	while (*c && *c != '"' && *c != '\\' && !utf8_control(c))
		c += utf8_step(c);
	return (size_t)(c - text);
}

void json_out_quote(FILE *file, const char *text)
{
	putc('"', file);
	for (const char *c = text;;) {
		size_t length = plain_length(c);

		if (length)
			fwrite(c, 1, length, file);
		c += length;
		if (!*c)
			break;
		length = utf8_length(c, SIZE_MAX);
		if (*c == '"' || *c == '\\')
			fprintf(file, "\\%c", *c);
		else if (length) /* U+0080 to U+009F: a terminal may take them for its own */
			quote_control(file, (unsigned char)c[1]);
		else if (utf8_control(c) && (unsigned char)*c < 0x80)
			quote_control(file, (unsigned char)*c);
		else
			fputs("\xef\xbf\xbd", file); /* U+FFFD */
		c += utf8_step(c);
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
