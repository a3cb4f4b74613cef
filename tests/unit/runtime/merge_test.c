/* Merging limits, and limits as text: what is saved is read again as the same (UPD-04, -13, -15, -21, -22,
 * -26). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cgroup/update.h"

static struct arena arena;

static struct spec_resources parse(const char *text)
{
	struct spec_resources resources;
	struct spec_strings warnings;
	struct error error = { 0 };

	if (spec_parse_resources(&arena, text, strlen(text), &resources, &warnings, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	return resources;
}

static void check(const char *saved, const char *change, const char *want_all, const char *want_asked)
{
	const struct spec_resources before = parse(saved), now = parse(change);
	struct spec_resources all, asked;

	resources_merge(&arena, &before, &now, &all, &asked);
	assert_string_equal(spec_resources_text(&arena, &all), want_all);
	asked.check_before_update = false;
	assert_string_equal(spec_resources_text(&arena, &asked), want_asked);
}

static void what_was_not_asked_for_stays(void **state)
{
	(void)state;
	check("{\"pids\":{\"limit\":4},\"cpu\":{\"cpus\":\"0\",\"mems\":\"0\"}}",
	      "{\"cpu\":{\"cpus\":\"1\"}}",
	      "{\"cpu\":{\"cpus\":\"1\",\"mems\":\"0\"},\"pids\":{\"limit\":4}}",
	      "{\"cpu\":{\"cpus\":\"1\"}}");
	/* 0 says nothing, but for what it is a value of */
	check("{\"memory\":{\"limit\":9,\"swappiness\":5},\"cpu\":{\"burst\":3}}",
	      "{\"memory\":{\"limit\":0,\"swappiness\":0},\"cpu\":{\"burst\":0,"
	      "\"quota\":0},\"pids\":{\"limit\":0}}",
	      "{\"memory\":{\"limit\":9,\"swappiness\":0},\"cpu\":{\"burst\":0},\"pids\":{\"limit\":0}}",
	      "{\"memory\":{\"swappiness\":0},\"cpu\":{\"burst\":0},\"pids\":{\"limit\":0}}");
}

static void pairs_are_asked_for_together(void **state)
{
	(void)state;
	check("{\"cpu\":{\"quota\":5,\"period\":7}}", "{\"cpu\":{\"quota\":6}}",
	      "{\"cpu\":{\"quota\":6,\"period\":7}}", "{\"cpu\":{\"quota\":6,\"period\":7}}");
	check("{\"memory\":{\"limit\":5,\"swap\":7}}", "{\"memory\":{\"limit\":6}}",
	      "{\"memory\":{\"limit\":6,\"swap\":7}}", "{\"memory\":{\"limit\":6,\"swap\":7}}");
	check("{\"memory\":{\"limit\":5,\"swap\":7}}", "{\"memory\":{\"limit\":-1}}",
	      "{\"memory\":{\"limit\":-1,\"swap\":-1}}", "{\"memory\":{\"limit\":-1,\"swap\":-1}}");
	check("{\"unified\":{\"cpu.idle\":\"1\"}}", "{\"unified\":{\"cpu.weight\":\"8\"}}",
	      "{\"cpu\":{\"idle\":0},\"unified\":{\"cpu.weight\":\"8\"}}",
	      "{\"cpu\":{\"idle\":0},\"unified\":{\"cpu.weight\":\"8\"}}");
	check("{}", "{\"unified\":{\"cpu.idle\":\"1\",\"cpu.weight\":\"8\"}}",
	      "{\"unified\":{\"cpu.idle\":\"1\"}}", "{\"unified\":{\"cpu.idle\":\"1\"}}");
	check("{\"cpu\":{\"idle\":1}}", "{\"cpu\":{\"shares\":5}}", "{\"cpu\":{\"shares\":5,\"idle\":0}}",
	      "{\"cpu\":{\"shares\":5,\"idle\":0}}");
	check("{\"cpu\":{\"shares\":5}}", "{\"cpu\":{\"idle\":0}}", "{\"cpu\":{\"shares\":5,\"idle\":0}}",
	      "{\"cpu\":{\"shares\":5,\"idle\":0}}");
}

static void lists_are_changed_by_their_key(void **state)
{
	(void)state;
	check("{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1},"
	      "{\"major\":8,\"minor\":1,\"rate\":2}]}}",
	      "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":1,\"rate\":3},"
	      "{\"major\":8,\"minor\":1,\"rate\":4},{\"major\":9,\"minor\":0,\"rate\":0}]}}",
	      "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1},"
	      "{\"major\":8,\"minor\":1,\"rate\":4},{\"major\":9,\"minor\":0,\"rate\":0}]}}",
	      "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":1,\"rate\":4},"
	      "{\"major\":9,\"minor\":0,\"rate\":0}]}}");
	check("{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":10,\"leafWeight\":20}]}}",
	      "{\"blockIO\":{\"weight\":30,\"leafWeight\":40,"
	      "\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":50}]}}",
	      "{\"blockIO\":{\"weight\":30,\"leafWeight\":40,"
	      "\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":50,"
	      "\"leafWeight\":20}]}}",
	      "{\"blockIO\":{\"weight\":30,\"leafWeight\":40,"
	      "\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":50}]}}");
	check("{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":1}],\"rdma\":{\"m\":{\"hcaHandles\":1}},"
	      "\"network\":{\"classID\":3,\"priorities\":[{\"name\":\"lo\",\"priority\":1}]}}",
	      "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":2}],\"rdma\":{\"m\":{\"hcaObjects\":2}},"
	      "\"network\":{\"priorities\":[{\"name\":\"lo\",\"priority\":2}]}}",
	      "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":2}],"
	      "\"network\":{\"classID\":3,\"priorities\":[{\"name\":\"lo\",\"priority\":2}]},"
	      "\"rdma\":{\"m\":{\"hcaHandles\":1,\"hcaObjects\":2}}}",
	      "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":2}],"
	      "\"network\":{\"priorities\":[{\"name\":\"lo\",\"priority\":2}]},"
	      "\"rdma\":{\"m\":{\"hcaObjects\":2}}}");
}

static void unified_is_replaced_and_devices_are_left_out(void **state)
{
	(void)state;
	check("{\"unified\":{\"a.b\":\"1\",\"c.d\":\"2\"}}",
	      "{\"unified\":{\"c.d\":\"3\\n4\"},\"devices\":[5]}", "{\"unified\":{\"c.d\":\"3\\n4\"}}",
	      "{\"unified\":{\"c.d\":\"3\\n4\"}}");
}

static void every_member_comes_back(void **state)
{
	static const char text[] = "{\"memory\":{\"limit\":1,\"reservation\":2,\"swap\":3,"
				   "\"swappiness\":4,\"disableOOMKiller\":false,"
				   "\"checkBeforeUpdate\":true},"
				   "\"cpu\":{\"shares\":18446744073709551615,\"quota\":-1,\"period\":2,"
				   "\"burst\":3,\"realtimeRuntime\":4,\"realtimePeriod\":5,"
				   "\"cpus\":\"0\",\"mems\":\"1\",\"idle\":1},"
				   "\"pids\":{\"limit\":-1}}";
	struct spec_resources resources = parse(text);

	(void)state;
	assert_string_equal(spec_resources_text(&arena, &resources), text);
}

static int done(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(what_was_not_asked_for_stays),
		cmocka_unit_test(pairs_are_asked_for_together),
		cmocka_unit_test(lists_are_changed_by_their_key),
		cmocka_unit_test(unified_is_replaced_and_devices_are_left_out),
		cmocka_unit_test(every_member_comes_back),
	};

	return cmocka_run_group_tests(cases, NULL, done);
}
