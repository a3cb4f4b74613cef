/* The command line's grammar: see options.h. Knows rows, no command. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

int options_bool(const char *word)
{
	static const char *const words[2][6] = {
		{ "0", "f", "F", "FALSE", "false", "False" },
		{ "1", "t", "T", "TRUE", "true", "True" },
	};

	for (int value = 0; value < 2; value++)
		for (int i = 0; i < 6; i++)
			if (!strcmp(word, words[value][i]))
				return value;
	return -EINVAL;
}

static const struct option *find(const struct option *options, const char *name, size_t length)
{
	for (const struct option *option = options; option && option->name; option++) {
		if (strlen(option->name) == length && !strncmp(option->name, name, length))
			return option;
		if (length == 1 && option->letter && option->letter == name[0])
			return option;
	}
	return NULL;
}

static int set_bool(void *member, const char *text, const char *name, struct error *error)
{
	int value = text ? options_bool(text) : 1;

	if (value < 0)
		return error_set(error, EINVAL, "invalid boolean value \"%s\" for -%s: parse error", text,
				 name);
	*(bool *)member = value;
	return 0;
}

static int set_string(void *member, const char *text, const char *name, struct error *error)
{
	(void)name;
	(void)error;
	*(const char **)member = text;
	return 0;
}

static int set_number(void *member, const char *text, const char *name, struct error *error)
{
	bool negative = text[0] == '-';
	uint64_t value;

	if (number_parse(text + negative, 0x7fffffff, &value) < 0)
		return error_set(error, EINVAL, "invalid value \"%s\" for flag -%s: parse error", text, name);
	*(int *)member = negative ? -(int)value : (int)value;
	return 0;
}

static int add_string(void *member, const char *text, const char *name, struct error *error)
{
	struct option_list *list = member;
	const char **words = realloc(list->words, (size_t)(list->count + 1) * sizeof *words);

	if (!words)
		return error_set(error, ENOMEM, "no memory for option -%s", name);
	words[list->count++] = text;
	list->words = words;
	return 0;
}

void options_forget(const struct option *options, void *values)
{
	for (const struct option *option = options; option && option->name; option++)
		if (option->kind == OPTION_LIST) {
			struct option_list *list = (void *)((char *)values + option->offset);

			free(list->words);
			*list = (struct option_list){ 0, NULL };
		}
}

static int (*const setters[])(void *, const char *, const char *, struct error *) = {
	[OPTION_BOOL] = set_bool,
	[OPTION_STRING] = set_string,
	[OPTION_NUMBER] = set_number,
	[OPTION_LIST] = add_string,
};

/* One option: `word` without its dashes, `next` the word behind it (NULL: none). Returns how many words it
 * took, or -EINVAL. */
static int take(const struct option *options, const char *word, const char *next, void *values,
		struct parsed *parsed, struct error *error)
{
	size_t length = strcspn(word, "=");
	const char *text = word[length] ? word + length + 1 : NULL;
	const struct option *option = find(options, word, length);
	int words = 1;

	if (!option && !text && (!strcmp(word, "h") || !strcmp(word, "help"))) {
		parsed->help = true;
		return 1;
	}
	if (!option)
		return error_set(error, EINVAL, "flag provided but not defined: -%.*s", (int)length, word);
	if (!text && option->kind != OPTION_BOOL) {
		/* podman reads this very text to learn which options a runtime has (GLB-25) */
		if (!next)
			return error_set(error, EINVAL, "flag needs an argument: -%.*s", (int)length, word);
		text = next;
		words = 2;
	}
	int r = setters[option->kind]((char *)values + option->offset, text, option->name, error);
	return r < 0 ? r : words;
}

int options_parse(const struct option *options, bool in_order, int count, char **words, void *values,
		  struct parsed *ret, struct error *error)
{
	struct parsed parsed = { .arguments = words };
	int at = 0;

	while (at < count) {
		const char *word = words[at];

		if (word[0] != '-' || !word[1]) { /* "-" alone is an argument: standard input */
			words[parsed.count++] = words[at++];
			if (in_order)
				break;
			continue;
		}
		word += word[1] == '-' ? 2 : 1;
		if (!*word) { /* "--" */
			at++;
			break;
		}
		if (*word == '-' || *word == '=')
			return error_set(error, EINVAL, "bad flag syntax: %s", words[at]);
		int r = take(options, word, at + 1 < count ? words[at + 1] : NULL, values, &parsed, error);
		if (r < 0)
			return r;
		at += r;
	}
	while (at < count)
		words[parsed.count++] = words[at++];
	*ret = parsed;
	return 0;
}
