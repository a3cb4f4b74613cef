/* Decimal numbers as text. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "number.h"

static void texts(void **state)
{
	static const struct {
		int64_t value;
		const char *text;
	} rows[] = { { 0, "0" },
		     { 7, "7" },
		     { 10, "10" },
		     { -1, "-1" },
		     { INT64_MAX, "9223372036854775807" },
		     { INT64_MIN, "-9223372036854775808" } };
	char text[NUMBER_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(number_text_signed(text, rows[i].value), __builtin_strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
	}
	assert_int_equal(number_text(text, UINT64_MAX), 20);
	assert_string_equal(text, "18446744073709551615");
}

static void parses(void **state)
{
	uint64_t value = 99;

	(void)state;
	assert_int_equal(number_parse("0", 10, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(number_parse("007", 10, &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(number_parse("10", 10, &value), 0);
	assert_int_equal(number_parse("18446744073709551615", UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(number_parse("0", 0, &value), 0);
}

static void refuses(void **state)
{
	static const char *const wrong[] = { "", "-1", "+1", " 1", "1 ", "1\n", "0x1", "a", "1.0" };
	static const char *const large[] = { "11", "18446744073709551616", "99999999999999999999999" };
	uint64_t value = 99;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(number_parse(wrong[i], UINT64_MAX, &value), -EINVAL);
	for (size_t i = 0; i < sizeof large / sizeof *large; i++)
		assert_int_equal(number_parse(large[i], 10, &value), -ERANGE);
	assert_int_equal(number_parse("9", 8, &value), -ERANGE);
	assert_int_equal(number_parse("18446744073709551616", UINT64_MAX, &value), -ERANGE);
	assert_int_equal(value, 99); /* untouched on failure */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(texts), cmocka_unit_test(parses),
					    cmocka_unit_test(refuses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
