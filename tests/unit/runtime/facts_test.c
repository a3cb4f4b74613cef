/* Facts from a text, and from this host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "facts.h"

static int parse(const char *text, struct facts *facts)
{
	struct arena arena = { NULL };
	struct error error = { 0 };
	int r = facts_parse(&arena, text, strlen(text), facts, &error);

	arena_free(&arena);
	return r;
}

static void test_parse(void **state)
{
	struct facts facts;

	(void)state;
	assert_int_equal(parse("{\"uid\":7,\"cgroup_mode\":\"hybrid\",\"apparmor\":true}", &facts), 0);
	assert_int_equal(facts.uid, 7);
	assert_int_equal(facts.cgroup_mode, CGROUP_MODE_HYBRID);
	assert_true(facts.apparmor);
	assert_true(parse("{\"uids\":7}", &facts) < 0);
	assert_true(parse("{\"uid\":-1}", &facts) < 0);
	assert_true(parse("{\"uid\":4294967296}", &facts) < 0);
	assert_true(parse("{\"cgroup_mode\":\"v3\"}", &facts) < 0);
	assert_true(parse("{\"hierarchies\":[{\"mount\":\"relative\"}]}", &facts) < 0);
	assert_true(parse("[]", &facts) < 0);
}

static void test_probe(void **state)
{
	struct arena arena = { NULL };
	struct error error = { 0 };
	struct facts facts;

	(void)state;
	assert_int_equal(facts_probe(&arena, &facts, &error), 0);
	assert_true(facts.last_capability >= 37 && facts.kernel_major >= 4);
	assert_int_not_equal(facts.audit_arch, 0);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest cases[] = { cmocka_unit_test(test_parse), cmocka_unit_test(test_probe) };

	return cmocka_run_group_tests(cases, NULL, NULL);
}
