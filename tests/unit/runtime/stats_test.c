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

/* EJS-01 EJS-02 EJS-03 EJS-07 EJS-08 EJS-09 EJS-10 EJS-13 EJS-14 EJS-15 EJS-17 EJS-18 EJS-19 EJS-20 EJS-21 */
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
	put("memory.pressure", "some avg10=1.00 avg60=0.00 avg300=0.00 total=5\n"
			       "full avg10=0.00 avg60=0.00 avg300=0.00 total=4\n");
	put("pids.current", "3\n");
	put("pids.max", "max\n");
	put("io.stat", "8:16 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n254:0 \n");
	char *text = stats_of("");
	holds(text, "{\"cpu\":{\"usage\":{\"total\":7000,\"kernel\":3000,\"user\":4000},"
		    "\"throttling\":{\"periods\":9,\"throttledPeriods\":2,\"throttledTime\":5000},"
		    "\"psi\":{\"some\":{\"avg10\":0,\"avg60\":1.5,\"avg300\":12.34,\"total\":99},"
		    "\"full\":{\"avg10\":0.05,\"avg60\":0,\"avg300\":100,\"total\":7}}},");
	holds(text,
	      "\"memory\":{\"cache\":12,"
	      "\"usage\":{\"limit\":4096,\"usage\":1000,\"max\":2000,\"failcnt\":0},"
	      "\"swap\":{\"limit\":18446744073709551615,\"usage\":1024,\"failcnt\":0},"
	      "\"kernel\":{\"limit\":0,\"failcnt\":0},\"kernelTCP\":{\"limit\":0,\"failcnt\":0},"
	      "\"raw\":{\"anon\":30,\"file\":12},"
	      "\"psi\":{\"some\":{\"avg10\":1,\"avg60\":0,\"avg300\":0,\"total\":5},"
	      "\"full\":{\"avg10\":0,\"avg60\":0,\"avg300\":0,\"total\":4}}},\"pids\":{\"current\":3},");
	holds(text, "\"blkio\":{\"ioServiceBytesRecursive\":["
		    "{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":10},"
		    "{\"major\":8,\"minor\":16,\"op\":\"Write\",\"value\":20}],"
		    "\"ioServicedRecursive\":[{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":1},"
		    "{\"major\":8,\"minor\":16,\"op\":\"Write\",\"value\":2}]},\"hugetlb\":{}");
	free(text);
}

/* EJS-02 EJS-03 EJS-04 EJS-05 EJS-06 EJS-07 EJS-08 EJS-09 EJS-11 */
static void processors_of_v1(void **state)
{
	(void)state;
	put("cpuacct.usage", "700\n");
	put("cpuacct.usage_percpu", "300 400 \n");
	put("cpuacct.usage_all", "cpu user system\n0 100 200\n1 150 250\n");
	put("cpuacct.stat", "user 3\nsystem 4\n");
	put("cpu.stat", "nr_periods 9\nnr_throttled 2\nthrottled_time 5\n");
	put("cpuset.cpus", "0-2,5\n");
	put("cpuset.mems", "0\n");
	put("cpuset.cpu_exclusive", "1\n");
	put("cpuset.sched_relax_domain_level", "-1\n");
	char *text = stats_of("cpu,cpuacct,cpuset");
	holds(text, "{\"cpu\":{\"usage\":{\"total\":700,\"percpu\":[300,400],\"percpu_kernel\":[200,250],"
		    "\"percpu_user\":[100,150],\"kernel\":40000000,\"user\":30000000},"
		    "\"throttling\":{\"periods\":9,\"throttledPeriods\":2,\"throttledTime\":5}},"
		    "\"cpuset\":{\"cpus\":[0,1,2,5],\"cpu_exclusive\":1,\"mems\":[0],");
	holds(text, "\"sched_relax_domain_level\":-1}");
	free(text);
}

/* EJS-14 EJS-15 EJS-16 */
static void memory_of_v1(void **state)
{
	static const char *const prefixes[] = { "memory", "memory.memsw", "memory.kmem", "memory.kmem.tcp" };
	static const char *const files[] = { "limit_in_bytes", "usage_in_bytes", "max_usage_in_bytes",
					     "failcnt" };

	(void)state;
	for (unsigned p = 0; p < 4; p++)
		for (unsigned f = 0; f < 4; f++) {
			char name[64], number[16];

			snprintf(name, sizeof name, "%s.%s", prefixes[p], files[f]);
			snprintf(number, sizeof number, "%u\n", 10 * (p + 1) + f);
			put(name, number);
		}
	char *text = stats_of("memory");
	holds(text, "\"usage\":{\"limit\":10,\"usage\":11,\"max\":12,\"failcnt\":13},"
		    "\"swap\":{\"limit\":20,\"usage\":21,\"max\":22,\"failcnt\":23},"
		    "\"kernel\":{\"limit\":30,\"usage\":31,\"max\":32,\"failcnt\":33},"
		    "\"kernelTCP\":{\"limit\":40,\"usage\":41,\"max\":42,\"failcnt\":43}");
	free(text);
}

/* EJS-21 EJS-22 EJS-23 EJS-24 EJS-25 EJS-26 EJS-27: files of schedulers that few hosts have. */
static void schedulers_of_v1(void **state)
{
	static const struct {
		const char *file, *key;
	} rows[] = {
		{ "blkio.bfq.io_serviced_recursive", "ioServicedRecursive" },
		{ "blkio.bfq.io_queued_recursive", "ioQueueRecursive" },
		{ "blkio.io_service_time_recursive", "ioServiceTimeRecursive" },
		{ "blkio.bfq.io_wait_time_recursive", "ioWaitTimeRecursive" },
		{ "blkio.io_merged_recursive", "ioMergedRecursive" },
		{ "blkio.time_recursive", "ioTimeRecursive" },
		{ "blkio.bfq.sectors_recursive", "sectorsRecursive" },
	};
	char want[160];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(want, sizeof want, "8:3 Read %zu\nTotal %zu\n", i + 1, i + 1);
		put(rows[i].file, want);
	}
	char *text = stats_of("blkio");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(want, sizeof want,
			 "\"%s\":[{\"major\":8,\"minor\":3,\"op\":\"Read\",\"value\":%zu}]", rows[i].key,
			 i + 1);
		holds(text, want);
	}
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
		cmocka_unit_test_setup_teardown(processors_of_v1, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_of_v1, setup, teardown),
		cmocka_unit_test_setup_teardown(schedulers_of_v1, setup, teardown),
		cmocka_unit_test_setup_teardown(devices_of_v1, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
