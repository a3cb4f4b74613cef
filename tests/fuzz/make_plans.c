/* make_plans TESTS OUT: the plan of each golden case as OUT/NAME, seeds for fuzz_plan. They are made and not
 * kept: a plan is of the build that wrote it.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/compile.h"

static char *read_file(const char *path, size_t *ret_length)
{
	FILE *in = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	if (!in || !text) {
		free(text);
		return NULL;
	}
	*ret_length = fread(text, 1, (1 << 20) - 1, in);
	fclose(in);
	return text;
}

static int make_one(const char *tests, const char *name, const char *out)
{
	struct compile_options options = {
		.id = "seed",
		.bundle = "/bundle",
		.rootfs = "/bundle/rootfs",
		.gate = PLAN_GATE_FIFO,
	};
	char path[4096];
	struct arena arena = { NULL };
	struct error error = { 0 };
	struct spec spec = { 0 };
	struct compiled compiled;
	struct facts facts;
	size_t length = 0, facts_length = 0, written = 0;

	snprintf(path, sizeof path, "%s/golden/%s/config.json", tests, name);
	char *config = read_file(path, &length);
	snprintf(path, sizeof path, "%s/golden/hosts/v2.json", tests);
	char *host = read_file(path, &facts_length);
	/* a case that is refused has no plan */
	if (config && host && facts_parse(&arena, host, facts_length, &facts, &error) == 0 &&
	    spec_parse(&arena, config, length, &spec, &error) == 0 &&
	    compile_plan(&arena, &spec, &facts, &options, &compiled, &error) == 0) {
		snprintf(path, sizeof path, "%s/%s", out, name);
		FILE *file = fopen(path, "w");
		written = file ? fwrite(compiled.bytes, 1, compiled.length, file) : 0;
		if (!file || fclose(file) != 0 || written != compiled.length)
			perror(path);
	}
	arena_free(&arena);
	free(config);
	free(host);
	return written > 0;
}

int main(int argc, char **argv)
{
	char path[4096];
	int made = 0;

	if (argc != 3)
		return 2;
	snprintf(path, sizeof path, "%s/golden", argv[1]);
	DIR *dir = opendir(path);
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			made += make_one(argv[1], entry->d_name, argv[2]);
	if (dir)
		closedir(dir);
	return made > 5 ? 0 : 1;
}
