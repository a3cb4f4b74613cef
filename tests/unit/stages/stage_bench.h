/* A shim with a plan made by hand, for tests of the mount stages against the fake kernel. Include it in
 * one file of a test, behind the headers of cmocka.
 */
#ifndef OCIRUN_STAGE_BENCH_H
#define OCIRUN_STAGE_BENCH_H

#include "stage_core.h"

#define BENCH_ROOT 50 /* the root's descriptor: below what the fake kernel gives out */
#define BENCH_TREE 60 /* tree i is 60 + i */

struct bench {
	struct plan_build build;
	struct plan plan;
	struct shim shim;
	struct fault fault;
};

static inline void bench_start(struct bench *b)
{
	fake_reset();
	memset(b, 0, sizeof *b);
	build_start(&b->build);
	core_shim(&b->shim);
	b->shim.root = BENCH_ROOT;
	b->fault = (struct fault){ .row = PLAN_ROW_COUNT, .record = FAULT_NO_RECORD };
}

/* Trees as if `sources` had opened them. */
static inline void bench_trees(struct bench *b, int count)
{
	for (int i = 0; i < count; i++)
		b->shim.trees[i] = BENCH_TREE + i;
}

/* Run the plan's records that `stage` knows, in order, up to a failure. */
static inline int bench_run(struct bench *b, const struct stage *stage)
{
	core_plan(&b->build, &b->plan);
	b->shim.plan = &b->plan;
	return core_run(stage, &b->plan, &b->shim, &b->fault);
}

/* Fail each call of a run in turn. `fill` makes shim and plan, `check` may look at the rest. Every failure
 * that ends the run must be told by a fault with an operation; descriptors that the stage left open must
 * be the shim's. `forgiven`: how many failures the run may survive. */
static inline void bench_sweep(void (*fill)(struct bench *), const struct stage *stage, int error,
			       unsigned forgiven, int (*kept)(const struct bench *))
{
	static struct bench b;
	unsigned calls, survived = 0;

	bench_start(&b);
	fill(&b);
	assert_int_equal(bench_run(&b, stage), 0);
	calls = fake_calls();
	for (unsigned n = 1; n <= calls; n++) {
		bench_start(&b);
		fill(&b);
		fake_fail(n, error);
		if (bench_run(&b, stage) >= 0) {
			survived++;
			continue;
		}
		assert_int_equal(b.fault.set, 1);
		assert_int_equal(b.fault.error, error);
		assert_int_not_equal(b.fault.op, FAULT_NONE);
		assert_true(b.fault.object[0] != 0);
		assert_int_equal(fake_open_fds(), kept(&b));
		assert_int_equal(fake_count("BAD"), 0);
	}
	assert_int_equal(survived, forgiven);
}

#endif
