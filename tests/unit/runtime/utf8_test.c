/* What of a stranger's text may reach a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_out.h"
#include "utf8.h"

static void defused(const char *text, const char *want)
{
	char copy[64];

	snprintf(copy, sizeof copy, "%s", text);
	utf8_defuse(copy, '?');
	assert_string_equal(copy, want);
}

static void controls_of_one_byte_and_of_two(void **state)
{
	(void)state;
	defused("", "");
	defused("a\x1b[2Jb\r\n\x7f", "a?[2Jb???");
	defused("a\xc2\x9b"
		"2Jb",
		"a??2Jb"); /* U+009B: CSI */
	defused("\xc2\x80\xc2\x9f\xc2\xa0", "????\xc2\xa0");
}

static void bytes_that_are_no_utf_8(void **state)
{
	(void)state;
	defused("a\x9b"
		"2J",
		"a?2J");
	defused("\xc2", "?");
	defused("\xe2\x82", "??");
	defused("\xc0\x9b\xed\xa0\x80", "?????");
}

static void letters_stay(void **state)
{
	(void)state;
	defused("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x9b",
		"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x9b");
}

static void json_escapes_them(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	json_out_quote(out, "\xc3\x9f\x1b\xc2\x9b\x7f\"\\\n\x9b/");
	fclose(out);
	assert_string_equal(text, "\"\xc3\x9f\\u001b\\u009b\\u007f\\\"\\\\\\n\xef\xbf\xbd/\"");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(controls_of_one_byte_and_of_two),
		cmocka_unit_test(bytes_that_are_no_utf_8),
		cmocka_unit_test(letters_stay),
		cmocka_unit_test(json_escapes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
