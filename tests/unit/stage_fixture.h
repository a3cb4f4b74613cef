/* A shim without a process, for tests of stages: a plan made by hand is checked and executed by one stage on
 * the fake kernel. Include it in one file of a test.
 */
#ifndef OCIRUN_STAGE_FIXTURE_H
#define OCIRUN_STAGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake_sys.h"
#include "plan_build.h"
#include "stage.h"
#include "talk.h"

static struct plan_build build;
static struct plan plan;
static struct shim shim;
static struct fault fault;

static inline int fixture_start(void **state)
{
	(void)state;
	fake_reset();
	build_start(&build);
	memset(&shim, 0, sizeof shim);
	memset(shim.slots, 0xff, sizeof shim.slots);
	memset(shim.trees, 0xff, sizeof shim.trees);
	memset(shim.joins, 0xff, sizeof shim.joins);
	shim.talk = &shim_talk;
	shim.sock = 9;
	shim.proc = 10;
	shim.root = 11;
	memset(&fault, 0, sizeof fault);
	return 0;
}

/* Execute every record of the plan that the stage owns. The first failure ends it. */
static inline int fixture_run(const struct stage *stage)
{
	struct plan_refusal why;
	int r = 0;

	if (plan_check(build.bytes, build_finish(&build), &plan, &why) < 0)
		fail_msg("plan: %s %s", why.what, why.field);
	shim.plan = &plan;
	plan_each(&plan, record)
		for (int i = 0; i < STAGE_KINDS && r == 0; i++)
			if (stage->kinds[i].run && stage->kinds[i].kind == record->kind)
				r = stage->kinds[i].run(&shim, record, &fault);
	return r;
}

static inline void assert_log(const char *expected)
{
	assert_string_equal(fake_log(), expected);
}

/* Fail each counted call in turn with EIO: each must end the stage with a fault that names it, but those that
 * `tolerant` says. `make` builds the plan anew. */
static inline void fixture_sweep(const struct stage *stage, void (*make)(void), int (*tolerant)(unsigned))
{
	unsigned calls;

	fixture_start(NULL);
	make();
	assert_int_equal(fixture_run(stage), 0);
	calls = fake_calls();
	for (unsigned n = 1; n <= calls; n++) {
		fixture_start(NULL);
		make();
		fake_fail(n, EIO);
		int r = fixture_run(stage);

		if (tolerant && tolerant(n))
			continue;
		if (r != -EIO || !fault.set)
			fail_msg("call %u failed and the stage said %d, fault %u:\n%s", n, r, fault.set,
				 fake_log());
	}
}

#endif
