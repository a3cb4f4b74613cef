/* Golden plans: each tests/golden/NN-what/config.json, compiled for the host in tests/golden/hosts that its
 * file `host` names (v2 without one), must give the text in plan.txt. OCIRUN_GOLDEN=write rewrites them; the
 * difference is then for a person to read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/compile.h"

static char *read_file(const char *path, size_t *ret_length)
{
	FILE *file = fopen(path, "r");
	char *text;
	size_t length;

	if (!file)
		return NULL;
	text = malloc(1 << 20);
	assert_non_null(text);
	length = fread(text, 1, (1 << 20) - 1, file);
	text[length] = 0;
	fclose(file);
	if (ret_length)
		*ret_length = length;
	return text;
}

static const char *tests(void)
{
	const char *from = getenv("OCIRUN_TESTS");

	return from ? from : "tests";
}

static void read_facts(struct arena *arena, const char *directory, struct facts *facts)
{
	char path[1024], host[64] = "v2";
	struct error error = { 0 };
	size_t length;
	char *text;

	snprintf(path, sizeof path, "%s/host", directory);
	text = read_file(path, NULL);
	if (text)
		sscanf(text, "%63s", host);
	free(text);
	snprintf(path, sizeof path, "%s/golden/hosts/%s.json", tests(), host);
	text = read_file(path, &length);
	assert_non_null(text);
	if (facts_parse(arena, text, length, facts, &error) < 0)
		fail_msg("%s: %s", path, error.text);
	free(text);
}

static char *compiled_text(const char *directory, const char *config, size_t length)
{
	struct spec spec = { 0 };
	struct arena arena = { NULL };
	struct error error = { 0 };
	struct facts facts;
	struct compiled compiled;
	struct compile_options options = {
		.id = "golden",
		.bundle = "/bundle",
		.rootfs = "/bundle/rootfs",
		.gate = PLAN_GATE_FIFO,
	};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	read_facts(&arena, directory, &facts);
	/* a refusal is a golden text too: what cannot be done must say why */
	if (spec_parse(config, length, &spec, &error) < 0 ||
	    compile_plan(&arena, &spec, &facts, &options, &compiled, &error) < 0)
		fprintf(out, "refused: %s: %s\n", error.pointer, error.text);
	else
		plan_dump_text(&compiled.plan, out);
	fclose(out);
	arena_free(&spec.arena);
	arena_free(&arena);
	return text;
}

static void check_case(const char *directory)
{
	const char *mode = getenv("OCIRUN_GOLDEN");
	char path[1024];
	size_t length;
	char *config, *want, *have;

	snprintf(path, sizeof path, "%s/config.json", directory);
	config = read_file(path, &length);
	assert_non_null(config);
	have = compiled_text(directory, config, length);
	snprintf(path, sizeof path, "%s/plan.txt", directory);
	if (mode && strcmp(mode, "write") == 0) {
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		fputs(have, file);
		fclose(file);
	}
	want = read_file(path, NULL);
	if (!want || strcmp(want, have) != 0)
		fail_msg("%s differs; OCIRUN_GOLDEN=write rewrites it. Now:\n%s", path, have);
	free(want);
	free(have);
	free(config);
}

static void test_golden(void **state)
{
	char path[1024];
	struct dirent **entries;
	int count, cases = 0;

	(void)state;
	snprintf(path, sizeof path, "%s/golden", tests());
	count = scandir(path, &entries, NULL, alphasort);
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] >= '0' && entries[i]->d_name[0] <= '9') {
			snprintf(path, sizeof path, "%s/golden/%.200s", tests(), entries[i]->d_name);
			check_case(path);
			cases++;
		}
		free(entries[i]);
	}
	free(entries);
	assert_true(cases >= 12);
}

int main(void)
{
	const struct CMUnitTest cases[] = { cmocka_unit_test(test_golden) };

	return cmocka_run_group_tests(cases, NULL, NULL);
}
