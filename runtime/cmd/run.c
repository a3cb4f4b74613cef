/* `ocirun run`: create and start in one, and in the foreground wait and clean up too (RUN-01..19). Its gate
 * needs no fifo: the socket's end is the news of execve.
 */
#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/foreground.h"
#include "cmd/options_shared.h"
#include "container/destroy.h"
#include "container/fifo.h"
#include "container/root.h"
#include "fd.h"
#include "notify.h"
#include "signals.h"

struct values {
	struct bundle_values bundle;
	bool detach, keep;
};
#define VALUE(member) COMMAND_OPTION(values, member)

static const struct option options[] = {
	BUNDLE_OPTIONS,
	{ "detach", 'd', OPTION_BOOL, NULL, "return when the program has begun", VALUE(detach) },
	{ "keep", 0, OPTION_BOOL, NULL, "do not delete the container when it has ended", VALUE(keep) },
	{ 0 },
};

/* Nothing stays of a container whose program never began, or whose poststart hook failed. */
static void give_up(const struct globals *globals, struct container *container, struct launch *launch)
{
	struct error ignored = { 0 };

	container_kill(container, launch->pidfd);
	launch_abort(launch);
	foreground_clean_up(globals, container, &ignored);
}

/* GO, execve, poststart. From here the directory's lock is not needed: state.json stands. */
static int begin(const struct globals *globals, struct container *container, struct launch *launch,
		 struct error *error)
{
	const struct plan_gate *gate = plan_find(&launch->compiled->plan, PLAN_KIND_gate);
	int r = launch_go(launch, error);

	if (r == 0)
		r = launch_wait_exec(launch, error);
	error->alone = launch->not_executed;
	/* under a filter the plan gives the shim a page too: its last word may not have come through the
	 * socket */
	if (r == 0 && gate && gate->fault != PLAN_NONE) {
		r = container_verdict(container, launch->pidfd, error);
		fifo_remove(container->dir);
	}
	flock(container->dir, LOCK_UN);
	return r < 0 ? r : container_poststart(globals, &container->state, error);
}

static void leave(struct notify *notify, struct launch *launch)
{
	if (notify->manager >= 0)
		notify_until_ready(notify, launch->pid, launch->pidfd);
	launch_close(launch);
}

static int run_prepared(const struct globals *globals, const struct values *values,
			const struct create_options *create, struct prepared *prepared, struct notify *notify,
			struct error *error)
{
	struct container container;
	struct launch launch;
	FD_AUTO signals = -1;

	/* before the clone: orphans of the container are ours, not those of whoever started us */
	if (!values->detach && !values->bundle.process.no_subreaper)
		sys_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	int r = create_container(globals, create, prepared, &container, &launch, error);
	if (r < 0)
		return r;
	if (prepared->options.notify)
		r = notify_bind(notify, container.dir, error);
	if (r >= 0 && !values->detach)
		r = signals = signals_open(error);
	if (r >= 0)
		r = begin(globals, &container, &launch, error);
	if (r < 0)
		give_up(globals, &container, &launch);
	else if (values->detach)
		leave(notify, &launch);
	else
		r = foreground_wait(globals, values->keep, signals, &container, &launch, notify, error);
	container_close(&container);
	return r;
}

/* RUN-19: the manager is there before anything is made. */
static int run_and_tell(const struct globals *globals, const struct values *values,
			const struct create_options *create, struct prepared *prepared, struct error *error)
{
	struct notify notify;
	int r = 0;

	notify_init(&notify, globals);
	if (prepared->options.notify)
		r = notify_connect(&notify, create->notify_socket, error);
	if (r == 0)
		r = run_prepared(globals, values, create, prepared, &notify, error);
	notify_close(&notify);
	return r;
}

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct values *values = given;
	struct create_options create;
	struct prepared prepared = { 0 };
	int r = options_of_bundle(&values->bundle, arguments[0], &create, error);

	create.foreground = !values->detach;
	create.gate = PLAN_GATE_RUN;
	(void)count;
	if (r == 0)
		r = create_prepare(globals, &create, &prepared, error);
	if (r == 0)
		r = run_and_tell(globals, values, &create, &prepared, error);
	return r;
}

const struct command command_run = {
	.name = "run",
	.arguments = "<container-id>",
	.summary = "create a container, let its program begin, wait for its end and remove it",
	.options = options,
	.size = sizeof(struct values),
	.least = 1,
	.most = 1,
	.run = run,
};
