/* UTF-8, as far as texts of strangers are shown: what is one character, and which of them would speak to a
 * terminal instead of standing on it. Knows no locale.
 */
#ifndef OCIRUN_UTF8_H
#define OCIRUN_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length of the character of two bytes or more that `text` begins with, 0 when it is none: overlong forms,
 * surrogates and what lies above U+10FFFF are refused, as RFC 3629 does. Reads no further
 * than a NUL, or `left` bytes. */
size_t utf8_length(const char *text, size_t left);
/* Length of what `text` begins with when it may not reach a terminal: a control character, of ASCII or one of
 * U+0080 to U+009F (U+009B is ESC [), or a byte that is no UTF-8. 0: it may, or the text ends here. */
size_t utf8_control(const char *text);
/* Bytes to the next character: never past the end. 0 at the end. */
static inline size_t utf8_step(const char *text)
{
	size_t length = utf8_length(text, SIZE_MAX);

	return length ? length : *text != 0;
}
/* `text` with `instead` in place of each of these bytes. */
void utf8_defuse(char *text, char instead);

#endif
