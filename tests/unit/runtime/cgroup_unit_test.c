/* CGR-02, CGR-03, CGR-04: cgroupsPath as a systemd unit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cgroup/unit.h"

#define MANAGER "/user.slice/user-1000.slice/user@1000.service"

static void test_names(void **state)
{
	static const struct {
		const char *wanted, *root, *slice, *unit, *path;
	} cases[] = {
		{ NULL, NULL, "system.slice", "ocirun-web.scope", "/system.slice/ocirun-web.scope" },
		{ "", NULL, "system.slice", "ocirun-web.scope", "/system.slice/ocirun-web.scope" },
		{ NULL, MANAGER, "user.slice", "ocirun-web.scope", MANAGER "/user.slice/ocirun-web.scope" },
		{ "::name", NULL, "system.slice", "-name.scope", "/system.slice/-name.scope" },
		{ ":docker:0af", NULL, "system.slice", "docker-0af.scope", "/system.slice/docker-0af.scope" },
		{ "-:a:b", NULL, "-.slice", "a-b.scope", "/a-b.scope" },
		{ "-.slice:a:b", NULL, "-.slice", "a-b.scope", "/a-b.scope" },
		{ "a-b-c.slice:p:n", NULL, "a-b-c.slice", "p-n.scope",
		  "/a.slice/a-b.slice/a-b-c.slice/p-n.scope" },
		{ "a.slice:p:a-b.slice", NULL, "a.slice", "a-b.slice", "/a.slice/a-b.slice" },
		{ "user.slice:p:n", MANAGER, "user.slice", "p-n.scope", MANAGER "/user.slice/p-n.scope" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *root = cases[i].root;
		struct error error = { 0 };
		struct unit_name name = { NULL };

		assert_int_equal(
			unit_name(&arena, cases[i].wanted, "web", root, root ? root : "", &name, &error), 0);
		assert_string_equal(name.slice, cases[i].slice);
		assert_string_equal(name.unit, cases[i].unit);
		assert_string_equal(name.path, cases[i].path);
	}
	arena_free(&arena);
}

static void test_refused(void **state)
{
	static const char *const cases[] = {
		"/a",
		"a",
		"a:b",
		"a:b:c:d",
		"a.slice:b:",
		"a:b:c",
		".slice:b:c",
		"a--b.slice:b:c",
		"-a.slice:b:c",
		"a-.slice:b:c",
		"../a.slice:b:c",
		"a/b.slice:b:c",
		":a/b:c",
		":a:b/c",
		":a:b c",
		":a:b+",
		":a:..\n",
	};
	struct arena arena = { 0 };
	char longest[300] = ":a:";
	struct unit_name name;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error error = { 0 };

		if (unit_name(&arena, cases[i], "web", false, "", &name, &error) == 0)
			fail_msg("accepted: %s", cases[i]);
	}
	memset(longest + 3, 'x', 250);
	struct error error = { 0 };
	assert_true(unit_name(&arena, longest, "web", false, "", &name, &error) < 0);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_names), cmocka_unit_test(test_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
