/* The plan's encoder: order of records, shared strings, lists; writer_finish itself runs plan_check. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "compile/writer.h"

static void test_order_and_lists(void **state)
{
	static const char *const args[] = { "a", "bb", "a" };
	struct arena arena = { NULL };
	struct error error = { 0 };
	struct compiled out;
	struct writer *w = writer_new(&arena);
	struct plan_program program = { .args = writer_argv(w, 3, args), .env = writer_argv(w, 0, NULL) };
	struct plan_hostname first = { .name = writer_text(w, "one") },
			     second = { .name = writer_text(w, "two") };
	const struct plan_record *r;

	(void)state;
	WRITER_ADD(w, PROGRAM, program, &program, "/process/args");
	WRITER_ADD(w, SYSTEM, hostname, &first, "/hostname");
	WRITER_ADD(w, SYSTEM, hostname, &second, "/hostname");
	assert_int_equal(writer_finish(w, 1, &out, &error), 0);
	r = plan_first(&out.plan);
	assert_string_equal(plan_text(&out.plan, ((const struct plan_hostname *)r)->name), "one");
	r = plan_next(&out.plan, r);
	assert_string_equal(plan_text(&out.plan, ((const struct plan_hostname *)r)->name), "two");
	r = plan_next(&out.plan, r);
	assert_int_equal(r->kind, PLAN_KIND_program);
	assert_string_equal(plan_item(&out.plan, ((const struct plan_program *)r)->args, 1), "bb");
	assert_null(plan_next(&out.plan, r));
	arena_free(&arena);
}

static void test_too_many_slots(void **state)
{
	struct arena arena = { NULL };
	struct error error = { 0 };
	struct compiled out;
	struct writer *w = writer_new(&arena);

	(void)state;
	for (unsigned i = 0; i <= PLAN_MAX_SLOTS; i++)
		writer_slot(w);
	assert_true(writer_finish(w, 1, &out, &error) < 0);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest cases[] = { cmocka_unit_test(test_order_and_lists),
					    cmocka_unit_test(test_too_many_slots) };

	return cmocka_run_group_tests(cases, NULL, NULL);
}
