/* Run the records of one stage against the fake kernel, once as it goes and once for every call failing. For
 * tests of stages/<row>.c; include it in one file of a test, behind <cmocka.h>.
 */
#ifndef OCIRUN_STAGE_RUN_H
#define OCIRUN_STAGE_RUN_H

#include "stage_core.h"

static struct plan_build build;
static struct plan stage_plan;
static struct shim shim;
static struct fault fault;
static int talk_error;   /* what tell and ask give */
static char talked[256]; /* "MAP " "FORKED " ... */

static int fake_talk(struct shim *s, enum message_type type, const void *body, int fd, struct fault *f)
{
	static const struct message_shape shapes[] = MESSAGE_SHAPES;

	(void)s;
	(void)body;
	(void)fd;
	strncat(talked, shapes[type].name, sizeof talked - strlen(talked) - 1);
	return talk_error ? fault_set(f, FAULT_SEND, talk_error, shapes[type].name) : 0;
}

static int fake_ask(struct shim *s, enum message_type type, int fd, struct fault *f)
{
	return fake_talk(s, type, NULL, fd, f);
}

static const struct shim_talk talk = { .tell = fake_talk, .ask = fake_ask };

/* A new shim for the plan as built so far: no descriptor but the host's /proc, number 9. */
static inline void stage_start(void)
{
	core_plan(&build, &stage_plan);
	core_shim(&shim);
	memset(&fault, 0, sizeof fault);
	shim.plan = &stage_plan;
	shim.talk = &talk;
	shim.proc = 9;
	talked[0] = 0;
	fake_reset();
}

/* Execute what the stage owns. 0, or the first failure. */
static inline int stage_run(const struct stage *stage)
{
	return core_run(stage, &stage_plan, &shim, &fault);
}

/* Fail each call in turn: the run must end with a fault that bears this error (or, for a call that may fail,
 * with none at all), and no descriptor may stay but `kept` ones. `prepare` scripts the fake (may be NULL). */
static inline void stage_sweep(const struct stage *stage, void (*prepare)(void), unsigned kept)
{
	unsigned calls;

	stage_start();
	if (prepare)
		prepare();
	assert_int_equal(stage_run(stage), 0);
	calls = fake_calls();
	for (unsigned n = 1; n <= calls; n++) {
		int r;

		stage_start();
		if (prepare)
			prepare();
		fake_fail(n, 71 /* EPROTO: nothing treats it apart */);
		r = stage_run(stage);
		if (r != (fault.set ? -71 : 0) || (fault.set && fault.error != 71))
			fail_msg("call %u: %d, fault %u: %s\n%s", n, r, fault.set, fault.object, fake_log());
		for (unsigned i = 0; i < sizeof shim.joins / sizeof shim.joins[0]; i++)
			fd_close_at(&shim.joins[i]);
		if (fake_open_fds() > kept || strstr(fake_log(), "BAD"))
			fail_msg("call %u: %u descriptors\n%s", n, fake_open_fds(), fake_log());
	}
}

#endif
