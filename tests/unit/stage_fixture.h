/* A shim without a process, for tests of stages: a plan made by hand is checked and executed by one stage on
 * the fake kernel. Include it in one file of a test.
 */
#ifndef OCIRUN_STAGE_FIXTURE_H
#define OCIRUN_STAGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "stage_core.h"
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
	core_shim(&shim);
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
	core_plan(&build, &plan);
	shim.plan = &plan;
	return core_run(stage, &plan, &shim, &fault);
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
