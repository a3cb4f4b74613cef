/* The grammar of the command line, GLB-24..33. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "options.h"

struct values {
	const char *bundle, *log;
	bool force, all;
	int count;
	struct option_list env;
};

static const struct option rows[] = {
	{ "bundle", 'b', OPTION_STRING, "DIR", "", offsetof(struct values, bundle) },
	{ "log", 0, OPTION_STRING, "PATH", "", offsetof(struct values, log) },
	{ "force", 'f', OPTION_BOOL, NULL, "", offsetof(struct values, force) },
	{ "all", 'a', OPTION_BOOL, NULL, "", offsetof(struct values, all) },
	{ "env", 'e', OPTION_LIST, "X", "", offsetof(struct values, env) },
	{ "preserve-fds", 0, OPTION_NUMBER, "N", "", offsetof(struct values, count) },
	{ 0 },
};

struct run {
	struct values values;
	struct parsed parsed;
	struct error error;
	int result;
};

#define WORDS(...) ((char *[]){ __VA_ARGS__, NULL })

static struct run parse(bool in_order, char **words)
{
	struct run run = { 0 };
	int count = 0;

	while (words[count])
		count++;
	run.result = options_parse(rows, in_order, count, words, &run.values, &run.parsed, &run.error);
	return run;
}

static void one_dash_or_two(void **state)
{
	(void)state;
	struct run run = parse(false, WORDS("-bundle", "/x", "--force", "-a", "id"));

	assert_int_equal(run.result, 0);
	assert_string_equal(run.values.bundle, "/x");
	assert_true(run.values.force && run.values.all);
	assert_int_equal(run.parsed.count, 1);
	assert_string_equal(run.parsed.arguments[0], "id");
}

static void a_list_has_every_occurrence_in_order(void **state)
{
	(void)state;
	struct run run = parse(true, WORDS("-e", "a=1", "--env=b=2", "id", "-e", "c"));

	assert_int_equal(run.result, 0);
	assert_int_equal(run.values.env.count, 2);
	assert_string_equal(run.values.env.words[0], "a=1");
	assert_string_equal(run.values.env.words[1], "b=2");
	assert_int_equal(run.parsed.count, 3);
	options_forget(rows, &run.values);
	assert_null(run.values.env.words);
}

static void values_join_or_follow(void **state)
{
	(void)state;
	struct run run = parse(false, WORDS("--bundle=/a=b", "-preserve-fds", "3", "-b=", "x"));

	assert_int_equal(run.result, 0);
	assert_string_equal(run.values.bundle, ""); /* the last one wins */
	assert_int_equal(run.values.count, 3);
	run = parse(false, WORDS("--log", "--force"));
	assert_string_equal(run.values.log, "--force"); /* as Go: a value may look like an option */
}

static void booleans_take_go_words(void **state)
{
	static const struct {
		const char *word;
		int value;
	} cases[] = { { "1", 1 }, { "t", 1 },         { "True", 1 },   { "0", 0 },         { "FALSE", 0 },
		      { "f", 0 }, { "yes", -EINVAL }, { "", -EINVAL }, { "tRue", -EINVAL } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(options_bool(cases[i].word), cases[i].value);
	assert_false(parse(false, WORDS("--force", "--force=false")).values.force);
	struct run run = parse(false, WORDS("--force=maybe"));
	assert_int_equal(run.result, -EINVAL);
	assert_string_equal(run.error.text, "invalid boolean value \"maybe\" for -force: parse error");
}

static void options_behind_arguments(void **state)
{
	(void)state;
	struct run run = parse(false, WORDS("id", "--force", "sig", "--", "-a", "-"));

	assert_int_equal(run.result, 0);
	assert_true(run.values.force);
	assert_false(run.values.all);
	assert_int_equal(run.parsed.count, 4);
	assert_string_equal(run.parsed.arguments[1], "sig");
	assert_string_equal(run.parsed.arguments[2], "-a");
	assert_string_equal(run.parsed.arguments[3], "-");
}

static void in_order_stops_at_the_first(void **state)
{
	(void)state;
	struct run run = parse(true, WORDS("-a", "id", "ls", "--force", "--", "x"));

	assert_int_equal(run.result, 0);
	assert_true(run.values.all);
	assert_false(run.values.force);
	assert_int_equal(run.parsed.count, 5);
	assert_string_equal(run.parsed.arguments[2], "--force");
}

static void failures_have_the_texts_of_go(void **state)
{
	static const struct {
		const char *word, *text;
	} cases[] = {
		{ "--nope", "flag provided but not defined: -nope" },
		{ "-nope=1", "flag provided but not defined: -nope" },
		{ "--log", "flag needs an argument: -log" },
		{ "-b", "flag needs an argument: -b" },
		{ "---x", "bad flag syntax: ---x" },
		{ "-=x", "bad flag syntax: -=x" },
		{ "--preserve-fds=3x", "invalid value \"3x\" for flag -preserve-fds: parse error" },
		{ "--preserve-fds=", "invalid value \"\" for flag -preserve-fds: parse error" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run run = parse(false, WORDS("id", (char *)(uintptr_t)cases[i].word));

		assert_int_equal(run.result, -EINVAL);
		assert_string_equal(run.error.text, cases[i].text);
	}
}

static void help_is_always_there(void **state)
{
	(void)state;
	assert_true(parse(false, WORDS("--help")).parsed.help);
	assert_true(parse(false, WORDS("id", "-h")).parsed.help);
	assert_false(parse(false, WORDS("--", "-h")).parsed.help);
	assert_int_equal(parse(false, WORDS("--help=1")).result, -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_dash_or_two),
		cmocka_unit_test(a_list_has_every_occurrence_in_order),
		cmocka_unit_test(values_join_or_follow),
		cmocka_unit_test(booleans_take_go_words),
		cmocka_unit_test(options_behind_arguments),
		cmocka_unit_test(in_order_stops_at_the_first),
		cmocka_unit_test(failures_have_the_texts_of_go),
		cmocka_unit_test(help_is_always_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
