/* PKG-20. Any bytes as config.json: refused with a text or parsed, never a crash. With clang:
 * -fsanitize=fuzzer; with -DREPLAY a plain program that runs the files named, so that a corpus needs no
 * fuzzer.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { NULL };
	struct spec spec;
	struct error error = { 0 };
	int r = spec_parse(&arena, (const char *)data, size, &spec, &error);

	assert(r == 0 || (error.code && error.text[0] && !strchr(error.text, '\n')));
	assert(r < 0 || (spec.linux_ && spec.process && spec.process->args.count && spec.root_path));
	arena_free(&arena);
	return 0;
}

#ifdef REPLAY
static int replay(const char *path)
{
	FILE *in = fopen(path, "r");
	long size = -1;

	if (in && fseek(in, 0, SEEK_END) == 0)
		size = ftell(in);
	if (size < 0) {
		perror(path);
		return 1;
	}
	rewind(in);
	uint8_t *data = malloc(size ? (size_t)size : 1);
	if (!data || fread(data, 1, (size_t)size, in) != (size_t)size)
		abort();
	fclose(in);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= replay(argv[i]);
	return bad;
}
#endif
