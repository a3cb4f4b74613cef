/* The stats event, from files as the kernel writes them: also those of controllers that this host lacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cgroup/stats.h"
#include "scratch.h"

static char path[64];
static struct arena arena;

static int setup(void **state)
{
	(void)state;
	return scratch_make(path) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	scratch_remove(path);
	arena_free(&arena);
	return 0;
}

static void put(const char *name, const char *text)
{
	char file[200];

	snprintf(file, sizeof file, "%s/%s", path, name);
	FILE *to = fopen(file, "we");
	assert_non_null(to);
	fputs(text, to);
	fclose(to);
}

/* The object for a state whose only group is the scratch directory, under this name. To be freed. */
static char *stats_of(const char *name)
{
	const char *dirs[] = { path }, *names[] = { name };
	struct state state = { .cgroup_dirs = { 1, dirs }, .cgroup_names = { 1, names } };
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	struct json_out out = { .file = file };

	assert_non_null(file);
	stats_write(&out, &arena, &state);
	fclose(file);
	return text;
}

static void holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no %s in %s", part, text);
}

/* EJS-01..03, EJS-07..10, EJS-13..20, EJS-28 */
static void numbers_of_v2(void **state)
{
	(void)state;
	put("cpu.stat", "usage_usec 7\nuser_usec 4\nsystem_usec 3\nnr_periods 9\nnr_throttled 2\n"
			"throttled_usec 5\n");
	put("cpu.pressure", "some avg10=0.00 avg60=1.50 avg300=12.34 total=99\n"
			    "full avg10=0.05 avg60=0.00 avg300=100.00 total=7\n");
	put("memory.current", "1000\n");
	put("memory.max", "4096\n");
	put("memory.peak", "2000\n");
	put("memory.swap.current", "24\n");
	put("memory.swap.max", "max\n");
	put("memory.stat", "file 12\nanon 30\n");
	put("pids.current", "3\n");
	put("pids.max", "max\n");
	put("io.stat", "8:16 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n254:0 \n");
	char *text = stats_of("");
	holds(text, "{\"cpu\":{\"usage\":{\"total\":7000,\"kernel\":3000,\"user\":4000},"
		    "\"throttling\":{\"periods\":9,\"throttledPeriods\":2,\"throttledTime\":5000},"
		    "\"psi\":{\"some\":{\"avg10\":0,\"avg60\":1.5,\"avg300\":12.34,\"total\":99},"
		    "\"full\":{\"avg10\":0.05,\"avg60\":0,\"avg300\":100,\"total\":7}}},");
	holds(text, "\"memory\":{\"cache\":12,"
		    "\"usage\":{\"limit\":4096,\"usage\":1000,\"max\":2000,\"failcnt\":0},"
		    "\"swap\":{\"limit\":18446744073709551615,\"usage\":1024,\"failcnt\":0},"
		    "\"kernel\":{\"limit\":0,\"failcnt\":0},\"kernelTCP\":{\"limit\":0,\"failcnt\":0},"
		    "\"raw\":{\"anon\":30,\"file\":12}},\"pids\":{\"current\":3},");
	holds(text, "\"blkio\":{\"ioServiceBytesRecursive\":["
		    "{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":10},"
		    "{\"major\":8,\"minor\":16,\"op\":\"Write\",\"value\":20}],"
		    "\"ioServicedRecursive\":[{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":1},"
		    "{\"major\":8,\"minor\":16,\"op\":\"Write\",\"value\":2}]},\"hugetlb\":{}");
	free(text);
}

/* EJS-20, EJS-26: the scheduler's own files come before those of the throttle. */
static void devices_of_v1(void **state)
{
	(void)state;
	put("blkio.bfq.io_service_bytes_recursive", "Total 0\n");
	put("blkio.throttle.io_service_bytes_recursive", "8:0 Read 5\n8:0 Total 5\nTotal 5\n");
	put("blkio.bfq.time_recursive", "8:1 44\n");
	char *text = stats_of("blkio");
	holds(text, "\"blkio\":{\"ioServiceBytesRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":5},"
		    "{\"major\":8,\"op\":\"Total\",\"value\":5}],"
		    "\"ioTimeRecursive\":[{\"major\":8,\"minor\":1,\"value\":44}]}");
	holds(text, "\"cpu\":{\"usage\":{\"kernel\":0,\"user\":0},\"throttling\":{}}");
	free(text);
}

/* Nothing that stands in a file makes it no JSON. */
static void nonsense(void **state)
{
	static const char *const files[] = { "cpu.stat",   "cpu.pressure", "memory.stat",
					     "memory.max", "pids.max",     "io.stat" };

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		put(files[i], "\"\\ x\n8: \nsome\n-1\n8:0");
	char *text = stats_of("");
	holds(text, "\"usage\":{\"limit\":0,\"failcnt\":0}");
	holds(text, "\"network_interfaces\":null}");
	assert_null(strchr(text, '\n'));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numbers_of_v2, setup, teardown),
		cmocka_unit_test_setup_teardown(devices_of_v1, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
