/* PKG-20. Any bytes as config.json, compiled for hosts of every kind: refused with a text of one line, or a
 * plan that passes the check of whoever executes it and can be printed. With clang: -fsanitize=fuzzer; with
 * -DREPLAY a plain program that runs the files named. Run it where tests/golden/hosts is.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/compile.h"
#include "read_file.h"

static const char *const hosts[] = {
	"v2", "v1", "hybrid", "user", "user-v1", "ordinary-user", "nested", "rdt"
};

#define HOSTS (sizeof hosts / sizeof hosts[0])

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compile_for(const char *host, const struct spec *spec, bool systemd)
{
	const struct compile_options options = {
		.id = "seed",
		.bundle = "/bundle",
		.rootfs = "/bundle/rootfs",
		.systemd_cgroup = systemd,
		.gate = PLAN_GATE_FIFO,
	};
	struct compiled compiled = { 0 };
	struct arena arena = { 0 };
	struct error error = { 0 };
	struct facts facts;
	char path[256];
	size_t length;

	snprintf(path, sizeof path, "tests/golden/hosts/%s.json", host);
	char *text = (char *)read_file(path, &length);
	if (facts_parse(&arena, text, length, &facts, &error) < 0)
		abort();
	int r = compile_plan(&arena, spec, &facts, &options, &compiled, &error);
	assert(r == 0 || (error.code && error.text[0] && !strchr(error.text, '\n')));
	if (r == 0) {
		static FILE *nowhere;

		assert(compiled.plan.header->total == compiled.length);
		if (!nowhere)
			nowhere = fopen("/dev/null", "w");
		plan_dump_text(&compiled.plan, nowhere);
	}
	arena_free(&arena);
	free(text);
}

/* One host each, so that a fuzzer is not slowed down; which one is for the bytes to say. */
static uint8_t sum(const uint8_t *data, size_t size)
{
	uint8_t total = 0;

	for (size_t i = 0; i < size; i++)
		total = (uint8_t)(total + data[i]);
	return total;
}

static void run(const uint8_t *data, size_t size, size_t first, size_t count)
{
	struct arena arena = { NULL };
	struct error error = { 0 };
	struct spec spec;

	if (spec_parse(&arena, (const char *)data, size, &spec, &error) == 0)
		for (size_t i = first; i < first + count; i++)
			compile_for(hosts[i % HOSTS], &spec, i / HOSTS % 2);
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(data, size, sum(data, size) % (2 * HOSTS), 1);
	return 0;
}

#ifdef REPLAY
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t size;
		uint8_t *data = read_file(argv[i], &size);

		run(data, size, 0, 2 * HOSTS);
		free(data);
	}
	return 0;
}
#endif
