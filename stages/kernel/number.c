/* Decimal numbers as text: the only conversion below stages/. No locale, no sign on input, no tail:
 * what is parsed came from the kernel or from a container's file and is taken exactly or not at all.
 */
#include "number.h"

#include <errno.h>

unsigned number_text(char text[NUMBER_TEXT], uint64_t value)
{
	char reversed[NUMBER_TEXT];
	unsigned length = 0;

	do {
		reversed[length++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	for (unsigned i = 0; i < length; i++)
		text[i] = reversed[length - 1 - i];
	text[length] = 0;
	return length;
}

unsigned number_text_signed(char text[NUMBER_TEXT], int64_t value)
{
	char digits[NUMBER_TEXT];
	unsigned length;

	if (value >= 0)
		return number_text(text, (uint64_t)value);
	/* 0 - (uint64_t): the magnitude of INT64_MIN has no int64_t */
	length = number_text(digits, 0 - (uint64_t)value);
	text[0] = '-';
	for (unsigned i = 0; i <= length; i++)
		text[i + 1] = digits[i];
	return length + 1;
}

int number_parse(const char *text, uint64_t greatest, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		uint64_t digit = (uint64_t)(unsigned char)*text - '0';

		if (digit > 9)
			return -EINVAL;
		if (digit > greatest || value > (greatest - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}
