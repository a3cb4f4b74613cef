/* cgroupsPath to a path in a hierarchy: never outside of the mount, the same for the same config. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cgroup/path.h"

static void check(enum cgroup_mode mode, const char *own, const char *wanted, const char *want)
{
	struct arena arena = { NULL };
	struct facts facts = { .cgroup_mode = mode };
	struct facts_hierarchy hierarchy = { "/sys/fs/cgroup", "", own };

	assert_string_equal(cgroup_path(&arena, &facts, &hierarchy, wanted, "id"), want);
	arena_free(&arena);
}

static void test_paths(void **state)
{
	(void)state;
	check(CGROUP_MODE_V2, "/user.slice/a.scope", NULL, "/user.slice/id");
	check(CGROUP_MODE_V2, "/", NULL, "/id");
	check(CGROUP_MODE_V2, "/a/b", "/x//y/./z/", "/x/y/z");
	check(CGROUP_MODE_V2, "/a/b", "../../../x", "/a/x");
	check(CGROUP_MODE_V2, "/a/b", "/../../x", "/x");
	check(CGROUP_MODE_V1, "/a/b", "x/y", "/a/b/x/y");
	check(CGROUP_MODE_V1, "/a/b", "/x", "/x");
}

static void test_words(void **state)
{
	(void)state;
	assert_true(cgroup_has_word("cpu,cpuacct", "cpuacct"));
	assert_true(cgroup_has_word("cpu memory", "memory"));
	assert_false(cgroup_has_word("cpuset", "cpu"));
}

int main(void)
{
	const struct CMUnitTest cases[] = { cmocka_unit_test(test_paths), cmocka_unit_test(test_words) };

	return cmocka_run_group_tests(cases, NULL, NULL);
}
