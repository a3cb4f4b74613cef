/* bench-filter CONFIG OUT: the compiled seccomp filter of a config.json, raw, for the floor program to load:
 * the same instructions that ocirun loads. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compile/compile.h"

static char *slurp(const char *path, size_t *ret_length)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(1 << 24);

	if (!file || !text)
		return NULL;
	*ret_length = fread(text, 1, 1 << 24, file);
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	struct spec spec = { 0 };
	struct facts facts = { 0 };
	struct error error = { 0 };
	struct arena arena = { 0 };
	struct compiled_filter filter = { 0 };
	size_t length = 0;
	char *text = argc == 3 ? slurp(argv[1], &length) : NULL;

	if (!text || spec_parse(&arena, text, length, &spec, &error) < 0 || !spec.linux_->seccomp ||
	    facts_probe(&arena, &facts, &error) < 0 ||
	    compile_seccomp(&arena, spec.linux_->seccomp, &facts, NULL, &filter, &error) < 0) {
		fprintf(stderr, "bench-filter: %s\n", error.text);
		return 1;
	}
	FILE *out = fopen(argv[2], "we");
	if (!out || fwrite(filter.bytes, 1, filter.length, out) != filter.length || fclose(out) != 0)
		return 1;
	printf("%u instructions\n", filter.length / 8);
	return 0;
}
