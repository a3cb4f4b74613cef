#include "utf8.h"

size_t utf8_length(const char *text, size_t left)
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
	const unsigned char *bytes = (const unsigned char *)text;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (bytes[0] < rows[i].first || bytes[0] > rows[i].last)
			continue;
		if (left < rows[i].length || bytes[1] < rows[i].least || bytes[1] > rows[i].most)
			return 0;
		for (size_t n = 2; n < rows[i].length; n++)
			if ((bytes[n] & 0xc0) != 0x80) /* stops at the NUL too */
				return 0;
		return rows[i].length;
	}
	return 0;
}

size_t utf8_control(const char *text)
{
	const unsigned char first = (unsigned char)text[0];

	if (first == 0)
		return 0;
	if (first < 0x80)
		return first < 0x20 || first == 0x7f;
	size_t length = utf8_length(text, SIZE_MAX);
	if (length == 0)
		return 1;
	return first == 0xc2 && (unsigned char)text[1] < 0xa0 ? length : 0;
}

void utf8_defuse(char *text, char instead)
{
	while (*text) {
		size_t bad = utf8_control(text), step = utf8_step(text);

		for (size_t i = 0; i < bad; i++)
			text[i] = instead;
		text += step;
	}
}
