/* Decimal numbers as text, without stdio. */
#ifndef OCIRUN_NUMBER_H
#define OCIRUN_NUMBER_H

#include <stdint.h>

#define NUMBER_TEXT 24 /* bytes that hold any int64_t or uint64_t and its NUL */

/* Write `value` in decimal with a NUL. Returns the length without it. */
unsigned number_text(char text[NUMBER_TEXT], uint64_t value);
/* The same for a signed value. */
unsigned number_text_signed(char text[NUMBER_TEXT], int64_t value);
/* Parse the whole string as decimal digits. 0, or -EINVAL (empty, sign, space, tail), -ERANGE. */
int number_parse(const char *text, uint64_t greatest, uint64_t *ret);

#endif
