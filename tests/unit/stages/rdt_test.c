/* Host half RDT (LNX-18..22): call lists, what counts as the same schemata, and every call failing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "host.h"
#include "stage_core.h"

static struct plan_build build;
static struct plan plan;
static struct fault fault;
static struct host_rdt rdt;

struct wanted {
	const char *group, *compare, *monitor, *first, *second;
	uint64_t flags;
};

static void make_plan(const struct wanted *want)
{
	build_start(&build);
	BUILD_ADD(&build, RDT, rdt, .root = build_text(&build, "/r"),
		  .group = build_text(&build, want->group),
		  .compare = build_text(&build, want->compare ? want->compare : ""),
		  .monitor = build_text(&build, want->monitor ? want->monitor : ""), .flags = want->flags);
	if (want->first)
		BUILD_ADD(&build, RDT, rdt_write, .value = build_text(&build, want->first));
	if (want->second)
		BUILD_ADD(&build, RDT, rdt_write, .value = build_text(&build, want->second));
	core_plan(&build, &plan);
	memset(&fault, 0, sizeof fault);
	memset(&rdt, 0, sizeof rdt);
	fake_reset();
}

static void makes_fills_joins_and_removes(void **state)
{
	(void)state;
	make_plan(&(struct wanted){
		.group = "web", .monitor = "web", .first = "L3:0=f\n", .second = "MB:0=10\n" });
	assert_int_equal(host_rdt_make(&plan, &rdt, &fault), 0);
	assert_true(rdt.made && rdt.monitor_made);
	assert_non_null(strstr(fake_log(), "mkdirat 100 \"web\" 0755"));
	assert_non_null(strstr(fake_log(), "\"L3:0=f \"")); /* the log's blank for a newline */
	assert_non_null(strstr(fake_log(), "\"MB:0=10 \""));
	assert_non_null(strstr(fake_log(), "mkdirat 101 \"mon_groups/web\" 0755"));
	/* filled before anybody is in it, monitored last */
	assert_true(strstr(fake_log(), "MB:0=10") < strstr(fake_log(), "mon_groups"));
	assert_int_equal(host_rdt_join(&plan, &rdt, 4242, &fault), 0);
	assert_int_equal(fake_count("\"4242\""), 2);
	host_rdt_undo(&plan, &rdt);
	assert_non_null(strstr(fake_log(), "unlinkat 101 \"mon_groups/web\" 0x200"));
	assert_non_null(strstr(fake_log(), "\"web\" 0x200"));
	assert_int_equal(fake_open_fds(), 0);
}

static void a_plan_without_intel_rdt_makes_no_call(void **state)
{
	(void)state;
	build_start(&build);
	core_plan(&build, &plan);
	memset(&rdt, 0, sizeof rdt);
	fake_reset();
	assert_int_equal(host_rdt_make(&plan, &rdt, &fault), 0);
	assert_int_equal(host_rdt_join(&plan, &rdt, 4242, &fault), 0);
	host_rdt_undo(&plan, &rdt);
	host_rdt_close(&rdt);
	assert_string_equal(fake_log(), "");
}

static void the_root_is_never_made_nor_removed(void **state)
{
	(void)state;
	make_plan(&(struct wanted){ .group = "", .flags = PLAN_RDT_MUST_EXIST | PLAN_RDT_KEEP });
	assert_int_equal(host_rdt_make(&plan, &rdt, &fault), 0);
	assert_false(rdt.made);
	host_rdt_undo(&plan, &rdt);
	assert_int_equal(fake_count("mkdirat") + fake_count("unlinkat"), 0);
	assert_int_equal(fake_open_fds(), 0);
}

/* By name, and made by us: it goes only while nobody else is in it. */
static void a_class_that_others_have_joined_stays(void **state)
{
	const struct wanted want = { .group = "gold", .first = "L3:0=f\n", .flags = PLAN_RDT_KEEP };

	(void)state;
	make_plan(&want);
	assert_int_equal(host_rdt_make(&plan, &rdt, &fault), 0);
	fake_bytes("read", "17\n", 3); /* tasks */
	host_rdt_undo(&plan, &rdt);
	assert_int_equal(fake_count("unlinkat"), 0);
	make_plan(&want);
	assert_int_equal(host_rdt_make(&plan, &rdt, &fault), 0);
	host_rdt_undo(&plan, &rdt);
	assert_int_equal(fake_count("unlinkat"), 1);
}

static void the_kernel_says_why(void **state)
{
	(void)state;
	make_plan(&(struct wanted){ .group = "web" });
	fake_return("mkdirat", -ENOSPC);
	fake_bytes("read", "out of CLOSIDs\n", 15);
	assert_int_equal(host_rdt_make(&plan, &rdt, &fault), -ENOSPC);
	assert_string_equal(fault.object, "/r/web");
	assert_string_equal(fault.note, "out of CLOSIDs");
	assert_int_equal(fault.row, PLAN_ROW_RDT);
	assert_int_equal(fault.record, 0);
	assert_int_equal(fake_open_fds(), 0);
}

static void compares_numbers_not_texts(void **state)
{
	static const struct {
		const char *want, *have, *step;
		int same;
	} cases[] = {
		{ "L3:0=f", "    L3:0=0000f;1=ff\n", NULL, 1 },
		{ "L3:1=ff;0=F\n", "    MB:0=100\n    L3:0=f;1=ff\n", NULL, 1 },
		{ " L3 : 0 = 0xf ;", "L3:0=f\n", NULL, 1 },
		{ "L3:0=f", "L3:0=1f\n", NULL, 0 },
		{ "L3:2=f", "L3:0=f;1=f\n", NULL, 0 },
		{ "L3:0=10", "L3:0=a\n", NULL, 0 }, /* hexadecimal */
		{ "L2:0=f", "L3:0=f\n", NULL, 0 },
		{ "L3:0=f", "L3CODE:0=f\n", NULL, 0 },
		{ "L3:0=f garbage", "L3:0=f\n", NULL, 0 },
		{ "L3", "L3:0=f\n", NULL, 0 },
		{ "L3:0=", "L3:0=f\n", NULL, 0 },
		{ "L3:0=fffffffffffffffff", "L3:0=f\n", NULL, 0 },
		{ "L3:0=f", "", NULL, 0 },
		{ "MB:0=15", "MB:0= 20;1=100\n", "10\n", 1 },
		{ "MB:0=20", "MB:0= 20\n", "10\n", 1 },
		{ "MB:0=21", "MB:0= 20\n", "10\n", 0 },
		{ "MB:0=15", "MB:0=20\n", "nonsense\n", 0 },
		{ "MB:0=15", "MB:0=20\n", "0\n", 0 },
		{ "MB:0=5000", "MB:0=5000\n", NULL, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		make_plan(&(struct wanted){
			.group = "gold", .compare = cases[i].want, .flags = PLAN_RDT_KEEP });
		fake_return("mkdirat", -EEXIST);
		fake_bytes("read", cases[i].have, strlen(cases[i].have));
		fake_bytes("read", "", 0);
		if (cases[i].step)
			fake_bytes("read", cases[i].step, strlen(cases[i].step));
		int r = host_rdt_make(&plan, &rdt, &fault);
		if (r != (cases[i].same ? 0 : -EEXIST))
			fail_msg("\"%s\" against \"%s\": %d", cases[i].want, cases[i].have, r);
		if (!cases[i].same && !strstr(fault.note, "does not have"))
			fail_msg("\"%s\": no reason", cases[i].want);
		host_rdt_undo(&plan, &rdt);
		assert_int_equal(fake_open_fds(), 0);
		assert_int_equal(fake_count("unlinkat"), 0);
	}
}

/* Whichever call fails: a fault, no descriptor, and what was made is removed. */
static void every_call_may_fail(void **state)
{
	const struct wanted want = { .group = "web", .monitor = "web", .first = "L3:0=f\n" };
	unsigned calls;

	(void)state;
	make_plan(&want);
	assert_int_equal(host_rdt_make(&plan, &rdt, &fault), 0);
	calls = fake_calls();
	for (unsigned n = 1; n <= calls; n++) {
		make_plan(&want);
		fake_fail(n, EIO);
		assert_int_equal(host_rdt_make(&plan, &rdt, &fault), -EIO);
		assert_int_equal(fault.set, 1);
		assert_int_equal(fault.row, PLAN_ROW_RDT);
		if (fake_open_fds() || strstr(fake_log(), "BAD"))
			fail_msg("call %u:\n%s", n, fake_log());
		/* root, group: from the third call on there is a directory */
		assert_int_equal(fake_count("\"web\" 0x200"), n > 2);
	}
}

static void exec_and_delete_take_what_is_missing(void **state)
{
	(void)state;
	fake_reset();
	fake_return("openat", -ENOENT);
	assert_int_equal(host_rdt_join_at("/r/web", 7), 0);
	fake_return("openat", -EACCES);
	assert_int_equal(host_rdt_join_at("/r/web", 7), -EACCES);
	fake_return("unlinkat", -ENOENT);
	assert_int_equal(host_rdt_remove("/r/web"), 0);
	fake_return("unlinkat", -EPERM);
	assert_int_equal(host_rdt_remove("/r/web"), -EPERM);
}

/* What `update` uses (UPD-19, UPD-20 are tested there). */
static void writes_new_schemata(void **state)
{
	(void)state;
	memset(&fault, 0, sizeof fault);
	fake_reset();
	assert_int_equal(host_rdt_write("/r", "/r/web", "L3:0=1\n", &fault), 0);
	assert_int_equal(fake_count("\"L3:0=1 \""), 1);
	assert_int_equal(fake_open_fds(), 0);
	fake_return("write", -EINVAL);
	fake_bytes("read", "mask f0f has non-consecutive 1-bits\n", 36);
	assert_int_equal(host_rdt_write("/r", "/r/web", "L3:0=f0f\n", &fault), -EINVAL);
	assert_string_equal(fault.object, "/r/web/schemata");
	assert_string_equal(fault.note, "mask f0f has non-consecutive 1-bits");
	assert_int_equal(fake_open_fds(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_fills_joins_and_removes),
		cmocka_unit_test(a_plan_without_intel_rdt_makes_no_call),
		cmocka_unit_test(the_root_is_never_made_nor_removed),
		cmocka_unit_test(a_class_that_others_have_joined_stays),
		cmocka_unit_test(the_kernel_says_why),
		cmocka_unit_test(compares_numbers_not_texts),
		cmocka_unit_test(every_call_may_fail),
		cmocka_unit_test(exec_and_delete_take_what_is_missing),
		cmocka_unit_test(writes_new_schemata),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
