/* PKG-20. Any bytes as config.json: refused with a text or parsed, never a crash. With clang:
 * -fsanitize=fuzzer; with -DREPLAY a plain program that runs the files named, so that a corpus needs no
 * fuzzer.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read_file.h"
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
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t size;
		uint8_t *data = read_file(argv[i], &size);

		LLVMFuzzerTestOneInput(data, size);
		free(data);
	}
	return 0;
}
#endif
