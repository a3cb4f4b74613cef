/* The tables of the command line (commands.c): what the parser, help, the pages and completion take for
 * granted. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "commands.h"
#include "container/status.h"

static void commands_stand_by_name_and_are_found(void **state)
{
	(void)state;
	const struct command *const *command = commands;

	for (; *command; command++) {
		assert_ptr_equal(commands_find((*command)->name), *command);
		assert_true(!command[1] || strcmp((*command)->name, command[1]->name) < 0);
		assert_non_null((*command)->run);
		assert_true((*command)->summary && *(*command)->summary);
		assert_true((*command)->most < 0 || (*command)->least <= (*command)->most);
	}
	assert_true(command - commands >= 17);
	assert_null(commands_find("help")); /* main's own */
	assert_null(commands_find(""));
}

static bool is_known_status(const char *word, size_t length)
{
	for (int i = 0; i <= STATUS_STOPPED; i++)
		if (strlen(status_words[i]) == length && !strncmp(status_words[i], word, length))
			return true;
	return false;
}

static void statuses_are_words_of_the_specification(void **state)
{
	(void)state;
	for (const struct command *const *command = commands; *command; command++)
		for (const char *word = (*command)->statuses; word && *word;) {
			size_t length = strcspn(word, " ");

			assert_true(is_known_status(word, length));
			assert_non_null(strstr((*command)->arguments, "<container-id>"));
			word += length + (word[length] != 0);
		}
}

/* What an option writes, in bytes. */
static size_t width(enum option_kind kind)
{
	static const size_t widths[] = {
		[OPTION_BOOL] = sizeof(bool),
		[OPTION_STRING] = sizeof(char *),
		[OPTION_NUMBER] = sizeof(int),
		[OPTION_LIST] = sizeof(struct option_list),
	};

	return widths[kind];
}

static void check_options(const struct option *options, size_t size)
{
	for (const struct option *option = options; option && option->name; option++) {
		assert_true(strlen(option->name) > 1); /* one letter would be read as a letter */
		assert_string_not_equal(option->name, "help");
		assert_int_not_equal(option->letter, 'h');
		assert_true(option->help && *option->help);
		assert_int_equal(option->kind == OPTION_BOOL, option->value == NULL);
		assert_true(option->offset + width(option->kind) <= size);
		for (const struct option *other = option + 1; other->name; other++) {
			assert_string_not_equal(option->name, other->name);
			assert_true(!option->letter || option->letter != other->letter);
			assert_int_not_equal(option->offset, other->offset); /* two would write one member */
		}
	}
}

static void options_have_one_name_one_letter_and_room(void **state)
{
	(void)state;
	check_options(global_options, sizeof(struct global_values));
	for (const struct command *const *command = commands; *command; command++)
		check_options((*command)->options, (*command)->size);
}

/* The texts go into pages, completion and help as they are. */
static void texts_are_one_plain_line(void **state)
{
	(void)state;
	for (const struct command *const *command = commands; *command; command++)
		for (const struct option *option = (*command)->options; option && option->name; option++) {
			for (const char *c = option->help; *c; c++)
				assert_true(isprint((unsigned char)*c));
			for (const char *c = option->value ? option->value : ""; *c; c++)
				assert_true(isgraph((unsigned char)*c) && *c != '\'');
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_stand_by_name_and_are_found),
		cmocka_unit_test(statuses_are_words_of_the_specification),
		cmocka_unit_test(options_have_one_name_one_letter_and_room),
		cmocka_unit_test(texts_are_one_plain_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
