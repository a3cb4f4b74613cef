/* `ocirun kill`: a signal to init, by pidfd, so that it can reach no other process (KIL-10); or to everybody
 * in the container's groups. Takes no lock: a `start` that waits for a hook must not stop a kill.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cmd/cmd.h"
#include "container/destroy.h"
#include "container/match.h"
#include "container/root.h"
#include "fd.h"
#include "host.h"
#include "number.h"
#include "spec/words.h"

#define SIGNAL_MAX 64 /* _NSIG of the kernel */

struct values {
	bool all, regex;
};

static const struct option options[] = {
	{ "all", 'a', OPTION_BOOL, NULL, "signal every process of the container; a stopped one is no error",
	  COMMAND_OPTION(values, all) },
	{ "regex", 'r', OPTION_BOOL, NULL, "signal every container whose id this regular expression matches",
	  COMMAND_OPTION(values, regex) },
	{ 0 },
};

/* A number, NAME or SIGNAME in any case (KIL-02). */
static int signal_parse(const char *text, struct error *error)
{
	const char *name = strncasecmp(text, "SIG", 3) ? text : text + 3;
	uint64_t number;

	if (number_parse(text, SIGNAL_MAX, &number) == 0)
		return (int)number;
	for (const struct word *word = words_signals; word->word; word++)
		if (!strcasecmp(word->word, name))
			return (int)word->value;
	return error_set(error, EINVAL, "unknown signal \"%s\"", text);
}

/* Every process is a member of each v1 hierarchy: the signal goes through one of them, so that it comes once.
 * The last is the v2 tree of a hybrid host. SIGKILL goes through all: there twice does no harm, and a process
 * that has moved itself within one is still found by another. */
static int signal_groups(const struct container *container, int number)
{
	const struct spec_strings *dirs = &container->state.cgroup_dirs;
	uint32_t first = number == SIGKILL || !dirs->count ? 0 : dirs->count - 1;
	int result = dirs->count ? 0 : -ESRCH;

	for (uint32_t i = first; i < dirs->count; i++) {
		int r = host_cgroup_kill(dirs->items[i], number);

		if (r < 0 && result == 0)
			result = r;
	}
	return result;
}

static bool groups_empty(const struct container *container)
{
	const struct spec_strings *dirs = &container->state.cgroup_dirs;
	int64_t one;

	for (uint32_t i = 0; i < dirs->count; i++)
		if (host_cgroup_pids(dirs->items[i], &one, 1) > 0)
			return false;
	return true;
}

static int send_signal(struct container *container, int number, bool all, struct error *error)
{
	/* without a pid namespace of its own the end of init ends nobody else (KIL-07, KIL-08) */
	bool everybody = all || (container->state.shared_pid_namespace && number == SIGKILL);
	FD_AUTO pidfd = -1;
	enum container_status status = container_status(container, &pidfd);
	bool gone = pidfd < 0 || status == STATUS_STOPPED;
	int r = 0;

	if (gone && !all && (!everybody || groups_empty(container)))
		return error_set(error, ESRCH, "container not running");
	if (everybody && container->state.cgroup_dirs.count && number != 0)
		r = signal_groups(container, number);
	else if (!gone)
		r = sys_pidfd_send_signal(pidfd, number);
	if (r == 0 && number == SIGKILL && !gone)
		r = container_kill(container, pidfd); /* thaws, and hits init if it left the groups */
	if (r == -ESRCH)
		return all ? 0 : error_set(error, ESRCH, "container not running");
	return r < 0 ? error_errno(error, r, "cannot send signal %d", number) : 0;
}

struct order {
	int number;
	bool all;
};

static int kill_one(const struct globals *globals, const char *id, const void *context, struct error *error)
{
	const struct order *order = context;
	struct container container;
	int r = container_find(globals, id, LOCK_NONE, false, &container, error);

	if (r < 0)
		return r;
	r = send_signal(&container, order->number, order->all, error);
	container_close(&container);
	return r;
}

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct values *values = given;
	struct order order = { .all = values->all };

	order.number = signal_parse(count > 1 ? arguments[1] : "TERM", error);
	if (order.number < 0) {
		/* which container is asked for comes first: clients look for "does not exist" */
		struct error unknown = *error;

		memset(error, 0, sizeof *error);
		if (!values->regex && kill_one(globals, arguments[0], &(struct order){ 0 }, error) == -ENOENT)
			return -ENOENT;
		*error = unknown;
		return -error->code;
	}
	if (values->regex)
		return container_match(globals, arguments[0], kill_one, &order, error);
	return kill_one(globals, arguments[0], &order, error);
}

const struct command command_kill = {
	.name = "kill",
	.arguments = "<container-id> [signal]",
	.summary = "send a signal (default: TERM) to the container's init process",
	.statuses = "created running paused",
	.options = options,
	.size = sizeof(struct values),
	.least = 1,
	.most = 2,
	.run = run,
};
