/* json.c: what JSON is, what the nodes say. What is refused, with its text: tests/reject. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/json.h"

static struct arena arena;
static struct error error;

/* The text is copied to its exact length, so that the sanitizer sees a read behind it. */
static char *copy;
static int parse_bytes(const char *text, size_t length, const struct json_node **ret)
{
	free(copy);
	copy = malloc(length ? length : 1);
	memcpy(copy, text, length);
	memset(&error, 0, sizeof error);
	return json_parse(&arena, copy, length, ret, &error);
}

static int parse(const char *text, const struct json_node **ret)
{
	return parse_bytes(text, strlen(text), ret);
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	free(copy);
	copy = NULL;
	return 0;
}

static void is_string(const struct json_node *node, const char *text, size_t length)
{
	assert_int_equal(node->type, JSON_STRING);
	assert_int_equal(node->length, length);
	assert_memory_equal(node->text, text, length);
}

static void scalars_may_be_the_whole_text(void **state)
{
	const struct {
		const char *text;
		enum json_type type;
	} rows[] = {
		{ "null", JSON_NULL },      { " true\n", JSON_BOOL }, { "-0", JSON_NUMBER },
		{ "12.5e+3", JSON_NUMBER }, { "\"\"", JSON_STRING },  { "[ ]", JSON_ARRAY },
		{ "{\t}", JSON_OBJECT },
	};
	const struct json_node *node = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(parse(rows[i].text, &node), 0);
		assert_int_equal(node->type, rows[i].type);
		assert_int_equal(node->span, 1);
		assert_int_equal(node->count, 0);
	}
}

static void escapes_become_utf8(void **state)
{
	const struct json_node *node = NULL;

	(void)state;
	assert_int_equal(parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", &node), 0);
	is_string(node, "\"\\/\b\f\n\r\t", 8);
	assert_int_equal(parse("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"", &node), 0);
	is_string(node, "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10);
	assert_int_equal(parse("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"", &node), 0);
	is_string(node, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f", 10);
}

static void children_stand_behind_their_parent(void **state)
{
	const struct json_node *node = NULL;

	(void)state;
	assert_int_equal(parse("{\"a\":[1,[2,3],{}],\"b\":null}", &node), 0);
	assert_int_equal(node->count, 2);
	assert_int_equal(node->span, 10);
	const struct json_node *key = node + 1, *array = key + 1;
	is_string(key, "a", 1);
	assert_int_equal(array->count, 3);
	assert_int_equal(array->span, 6);
	const struct json_node *inner = array + 2;
	assert_int_equal(inner->count, 2);
	assert_int_equal(inner->length, 5);
	assert_memory_equal(inner->text, "[2,3]", 5);
	is_string(array + array->span, "b", 1);
}

static void depth_64_is_the_last_one(void **state)
{
	char text[131];
	const struct json_node *node = NULL;

	(void)state;
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	assert_int_equal(parse_bytes(text + 1, 128, &node), 0);
	assert_int_equal(node->span, 64);
	assert_int_equal(parse_bytes(text, 130, &node), -EINVAL);
	assert_string_equal(error.text, "invalid JSON at byte 64 (line 1): nested deeper than 64 levels");
	/* brackets in a string are no depth */
	memset(text + 1, '[', 128);
	text[0] = text[129] = '"';
	assert_int_equal(parse_bytes(text, 130, &node), 0);
}

static void the_place_is_byte_and_line(void **state)
{
	const struct json_node *node = NULL;

	(void)state;
	assert_int_equal(parse("{\n\"a\": 1,\n\n\"b\": !\n}", &node), -EINVAL);
	assert_string_equal(error.text,
			    "invalid JSON at byte 16 (line 4): unexpected '!' where a value must come");
	assert_string_equal(error.pointer, "");
}

/* jsmn alone, or a search through all keys, would need minutes for these. */
static void large_texts_take_no_square(void **state)
{
	const size_t count = 80000, size = count * 12 + 16;
	const struct json_node *node = NULL;
	char *text = malloc(size);
	size_t at = 0;

	(void)state;
	assert_non_null(text);
	text[at++] = '[';
	for (size_t i = 0; i < count; i++, at += 3)
		memcpy(text + at, i ? ",[]" : " []", 3);
	text[at++] = ']';
	assert_int_equal(parse_bytes(text, at, &node), 0);
	assert_int_equal(node->count, count);

	memset(text, '[', count);
	memset(text + count, ']', count);
	assert_int_equal(parse_bytes(text, 2 * count, &node), -EINVAL);

	at = 0;
	for (size_t i = 0; i < count; i++)
		at += (size_t)snprintf(text + at, size - at, "%c\"%zu\":0", i ? ',' : '{', i);
	text[at++] = '}';
	assert_int_equal(parse_bytes(text, at, &node), 0);
	assert_int_equal(node->count, count);
	free(text);
}

static void longer_than_16_mib_is_refused_unread(void **state)
{
	const struct json_node *node = NULL;

	(void)state;
	memset(&error, 0, sizeof error);
	assert_int_equal(json_parse(&arena, "", JSON_MAX_LENGTH + 1, &node, &error), -EFBIG);
	assert_null(node);
}

/* Every prefix of a text is refused, and every text with one byte changed ends in one way or the other. */
static void cut_and_damaged_texts_are_survived(void **state)
{
	static const char text[] =
		"{\"a\\u00e9\":[1,-2.5e3,true,null,{\"b\":\"\\ud83d\\ude00\xc3\xa9\"}],\"c\":{}}";
	const struct json_node *node = NULL;
	char damaged[sizeof text];

	(void)state;
	assert_int_equal(parse(text, &node), 0);
	for (size_t length = 0; length < sizeof text - 1; length++)
		assert_int_equal(parse_bytes(text, length, &node), -EINVAL);
	for (size_t i = 0; i < sizeof text - 1; i++)
		for (int byte = 0; byte < 256; byte++) {
			memcpy(damaged, text, sizeof text);
			damaged[i] = (char)byte;
			int r = parse_bytes(damaged, sizeof text - 1, &node);
			assert_true(r == 0 || (r == -EINVAL && error.text[0]));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(scalars_may_be_the_whole_text, teardown),
		cmocka_unit_test_teardown(escapes_become_utf8, teardown),
		cmocka_unit_test_teardown(children_stand_behind_their_parent, teardown),
		cmocka_unit_test_teardown(depth_64_is_the_last_one, teardown),
		cmocka_unit_test_teardown(the_place_is_byte_and_line, teardown),
		cmocka_unit_test_teardown(large_texts_take_no_square, teardown),
		cmocka_unit_test_teardown(longer_than_16_mib_is_refused_unread, teardown),
		cmocka_unit_test_teardown(cut_and_damaged_texts_are_survived, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
