/* What all tests of stages begin with: an empty shim, a plan made by hand and checked, its records executed
 * by one stage. stage_fixture.h, stage_run.h and stage_bench.h build their own set-ups and sweeps on it.
 */
#ifndef OCIRUN_STAGE_CORE_H
#define OCIRUN_STAGE_CORE_H

#include "fake_sys.h"
#include "order.h"
#include "plan_build.h"
#include "stage.h"

/* No descriptor at all. */
static inline void core_shim(struct shim *shim)
{
	memset(shim, 0, sizeof *shim);
	memset(shim->slots, 0xff, sizeof shim->slots);
	memset(shim->trees, 0xff, sizeof shim->trees);
	shim->tree_count = PLAN_MAX_TREES;
	memset(shim->joins, 0xff, sizeof shim->joins);
	shim->sock = shim->proc = shim->root = shim->master = -1;
}

/* The plan as built so far; the test fails when the verifier refuses it. */
static inline void core_plan(struct plan_build *build, struct plan *ret)
{
	struct plan_refusal why = { 0 };

	if (plan_check(build->bytes, build_finish(build), ret, &why) < 0)
		fail_msg("plan: %s (%s, record %u)", why.what, why.field, why.record);
}

/* Execute what the stage owns, in order. 0, or the first failure. */
static inline int core_run(const struct stage *stage, const struct plan *plan, struct shim *shim,
			   struct fault *fault)
{
	int r = 0;

	plan_each(plan, record)
		for (int i = 0; i < STAGE_KINDS && r == 0 && stage->kinds[i].kind; i++)
			if (stage->kinds[i].run && stage->kinds[i].kind == record->kind &&
			    order_stage(record->row) == stage)
				r = stage->kinds[i].run(shim, record, fault);
	return r;
}

#endif
