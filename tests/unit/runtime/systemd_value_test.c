/* Values of unit properties: what is read, as which type, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "systemd-helper/value.h"

static struct systemd_value parse(struct arena *arena, const char *text)
{
	struct systemd_value value = { 0 };
	struct error error = { 0 };

	if (systemd_value_parse(arena, text, &value, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	return value;
}

static void test_integers(void **state)
{
	static const struct {
		const char *text, *signature;
		uint64_t number;
	} cases[] = {
		{ "5", "i", 5 },
		{ "-5", "i", (uint64_t)-5 },
		{ "uint64 18446744073709551615", "t", UINT64_MAX },
		{ "uint64\t 0x10", "t", 16 },
		{ "int64 -9223372036854775808", "x", (uint64_t)INT64_MIN },
		{ "int32 -2147483648", "i", (uint64_t)INT32_MIN },
		{ "uint32 4294967295", "u", UINT32_MAX },
		{ "uint16 65535", "q", 65535 },
		{ "int16 -1", "n", (uint64_t)-1 },
		{ "byte 255", "y", 255 },
		{ " @t 7 ", "t", 7 },
		{ "true", "b", 1 },
		{ "boolean false", "b", 0 },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct systemd_value value = parse(&arena, cases[i].text);

		assert_int_equal(value.count, 1);
		assert_string_equal(value.nodes[0].signature, cases[i].signature);
		assert_true(value.nodes[0].number == cases[i].number);
	}
	assert_true(parse(&arena, "1.5").nodes[0].real == 1.5);
	assert_true(parse(&arena, "double 2").nodes[0].real == 2);
	arena_free(&arena);
}

static void test_strings(void **state)
{
	static const struct {
		const char *text, *bytes;
	} cases[] = {
		{ "'a b'", "a b" },
		{ "\"it's\"", "it's" },
		{ "'it\\'s \\\\ \\n'", "it's \\ \n" },
		{ "'\\u00e4\\u20ac'", "\xc3\xa4\xe2\x82\xac" },
		{ "string ''", "" },
		{ "objectpath '/a'", "/a" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(parse(&arena, cases[i].text).nodes[0].text, cases[i].bytes);
	assert_string_equal(systemd_value_quote(&arena, "it's \\"), "'it\\'s \\\\'");
	assert_string_equal(parse(&arena, systemd_value_quote(&arena, "it's \\")).nodes[0].text, "it's \\");
	arena_free(&arena);
}

static void test_containers(void **state)
{
	static const struct {
		const char *text, *signature;
		uint32_t count;
	} cases[] = {
		{ "['a', 'b']", "as", 3 },
		{ "@as []", "as", 1 },
		{ "[uint64 1, 2, 3,]", "at", 4 },
		{ "@ay [0x03,0xff]", "ay", 3 },
		{ "[('/dev/char/1:3', 'rwm'), ('a','b')]", "a(ss)", 7 },
		{ "@a(ss) []", "a(ss)", 1 },
		{ "('a', uint32 5, true)", "(sub)", 4 },
		{ "[[1],[2,3]]", "aai", 6 },
		{ "@a(st) [('a', 5)]", "a(st)", 4 },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct systemd_value value = parse(&arena, cases[i].text);

		assert_string_equal(value.nodes[0].signature, cases[i].signature);
		assert_int_equal(value.count, cases[i].count);
		assert_int_equal(value.nodes[0].span, value.count);
	}
	arena_free(&arena);
}

static void test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"word",
		"uint64",
		"uint64 -1",
		"uint64 18446744073709551616",
		"byte 256",
		"int16 40000",
		"int32 -2147483649",
		"2147483648",
		"5 6",
		"'a",
		"'a\\",
		"'\\q'",
		"'\\ud800'",
		"'\\u0000'",
		"'\\u12",
		"[",
		"[1",
		"[1,",
		"[]",
		"['a', 1]",
		"[uint64 1, uint32 2]",
		"(1",
		"()",
		"@",
		"@a",
		"@( 1",
		"@a(s 1",
		"@as 'a'",
		"@(ss) ('a')",
		"@(s) ('a','b')",
		"{'a': 1}",
		"<1>",
		"nothing",
		"just 1",
		"[[[[[[[[[[1]]]]]]]]]]",
		"double x",
		"1e999",
		"@tt 5",
		"uint64 5x",
		"true1",
	};
	struct systemd_value value;
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error error = { 0 };

		if (systemd_value_parse(&arena, cases[i], &value, &error) == 0)
			fail_msg("accepted: %s", cases[i]);
		assert_true(error.text[0] && !strchr(error.text, '\n'));
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
