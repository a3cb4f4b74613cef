/* Golden plans: each tests/golden/NN-what/config.json, compiled for the host in tests/golden/hosts that its
 * file `host` names (v2 without one), must give the text in plan.txt. With a file `exec` it is the plan of
 * one more process in that container. OCIRUN_GOLDEN=write rewrites them; the difference is then for a person
 * to read.
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
#include <unistd.h>

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
	char path[1100], host[64] = "v2";
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

static uint64_t seen; /* bit n: a record of kind n stands in some golden plan */

static bool is_exec(const char *directory)
{
	char path[1100];

	snprintf(path, sizeof path, "%s/exec", directory);
	return access(path, F_OK) == 0;
}

/* A file `systemd` in the directory: its driver, of the user's manager in the group that it names. */
static void read_driver(struct arena *arena, const char *directory, struct compile_options *options)
{
	char *text = read_file(arena_format(arena, "%s/systemd", directory), NULL);

	if (!text)
		return;
	options->systemd_cgroup = true;
	if (text[0] == '/')
		options->systemd_root = arena_copy(arena, text, strcspn(text, "\n"));
	free(text);
}

static int compile(const char *directory, struct arena *arena, const struct spec *spec,
		   const struct facts *facts, struct compiled *ret, struct error *error)
{
	static const struct exec_group group = { true, "/sys/fs/cgroup", "/golden", "" };
	struct compile_options options = {
		.id = "golden",
		.bundle = "/bundle",
		.rootfs = "/bundle/rootfs",
		.gate = PLAN_GATE_FIFO,
	};
	struct exec_into into = { .group_count = 1, .groups = &group };

	read_driver(arena, directory, &options);
	if (!is_exec(directory))
		return compile_plan(arena, spec, facts, &options, ret, error);
	for (uint32_t i = 0; i < spec->linux_->namespace_count; i++)
		into.types |= spec->linux_->namespaces[i].type;
	return compile_exec(arena, spec, facts, &options, &into, ret, error);
}

static char *compiled_text(const char *directory, const char *config, size_t length)
{
	struct spec spec = { 0 };
	struct arena arena = { NULL };
	struct error error = { 0 };
	struct facts facts;
	struct compiled compiled = { .bytes = NULL };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	read_facts(&arena, directory, &facts);
	/* a refusal is a golden text too: what cannot be done must say why */
	if (spec_parse(&arena, config, length, &spec, &error) < 0 ||
	    compile(directory, &arena, &spec, &facts, &compiled, &error) < 0) {
		fprintf(out, "refused: %s: %s\n", error.pointer, error.text);
	} else {
		if (compiled.systemd)
			systemd_dump_text(compiled.systemd, out);
		plan_dump_text(&compiled.plan, out);
		plan_each(&compiled.plan, record)
			seen |= 1ull << record->kind;
	}
	fclose(out);
	arena_free(&arena);
	return text;
}

static void check_case(const char *directory)
{
	const char *mode = getenv("OCIRUN_GOLDEN");
	char path[1100];
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
	assert_true(cases >= 30);
}

/* Whoever adds a record kind shows it in a plan. */
static void test_every_kind_of_record_is_in_some_plan(void **state)
{
#define KIND(id, record, rows) { id, #record },
	static const struct {
		unsigned id;
		const char *name;
	} kinds[] = { PLAN_RECORDS(KIND) };
#undef KIND

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (!(seen >> kinds[i].id & 1))
			fail_msg("no golden plan has a record \"%s\"", kinds[i].name);
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_every_kind_of_record_is_in_some_plan),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
