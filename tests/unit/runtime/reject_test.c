/* Every case of tests/reject: a config.json that must be refused, with exactly the message of error.txt
 * ("POINTER: TEXT", or TEXT alone where the pointer is ""). OCIRUN_TESTS names the folder tests.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/spec.h"

static char folder[512];

static char *slurp(const char *name, const char *file, size_t *ret_length)
{
	char path[1024];

	snprintf(path, sizeof path, "%s/%s/%s", folder, name, file);
	FILE *in = fopen(path, "r");
	if (!in)
		fail_msg("cannot open %s", path);
	/* exactly as long as the file: the sanitizer sees a read behind its end */
	fseek(in, 0, SEEK_END);
	*ret_length = (size_t)ftell(in);
	rewind(in);
	char *text = malloc(*ret_length ? *ret_length : 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, *ret_length, in), *ret_length);
	fclose(in);
	return text;
}

static int is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int check(const char *name)
{
	size_t length, wanted_length;
	char *text = slurp(name, "config.json", &length), *wanted = slurp(name, "error.txt", &wanted_length);
	struct arena arena = { NULL };
	struct spec spec;
	struct error error = { 0 };
	char got[ERROR_POINTER + ERROR_TEXT + 4];
	int r = spec_parse(&arena, text, length, &spec, &error);

	snprintf(got, sizeof got, "%s%s%s\n", error.pointer, error.pointer[0] ? ": " : "", error.text);
	int bad = r >= 0 || strlen(got) != wanted_length || memcmp(got, wanted, wanted_length) != 0;
	if (bad)
		print_error("%s: wanted %.*s got %d %s", name, (int)wanted_length, wanted, r, got);
	arena_free(&arena);
	free(text);
	free(wanted);
	return bad;
}

static void rejects_every_case_with_its_message(void **state)
{
	struct dirent **entries;
	int bad = 0, count;

	(void)state;
	count = scandir(folder, &entries, is_case, alphasort);
	if (count < 60)
		fail_msg("%s: %d cases, too few", folder, count);
	for (int i = 0; i < count; i++) {
		bad += check(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	assert_int_equal(bad, 0);
}

int main(void)
{
	const char *tests = getenv("OCIRUN_TESTS");
	const struct CMUnitTest all[] = { cmocka_unit_test(rejects_every_case_with_its_message) };

	snprintf(folder, sizeof folder, "%s/reject", tests ? tests : "tests");
	return cmocka_run_group_tests(all, NULL, NULL);
}
