/* `ocirun pause` and `ocirun resume`: the container's group is frozen or thawed, and the command returns when
 * the kernel says that it is done (PAU-01..06). Takes no lock and stores nothing: the status is derived from
 * the group. Processes get no signal and cannot tell.
 */
#include <errno.h>

#include "cmd/cmd.h"
#include "container/root.h"
#include "container/status.h"
#include "host.h"

#define FREEZE_MILLISECONDS 10000 /* a task in uninterruptible sleep holds a freezer up for that long */

/* Why it failed, in words that say what to do (PAU-03, PAU-06). */
static int failed(const char *verb, const char *dir, int r, struct error *error)
{
	if (r == -EPERM || r == -EACCES)
		return error_errno(
			error, r,
			"cannot %s: %s (a rootless container needs a cgroup that was delegated to its "
			"user)",
			verb, dir);
	if (r == -ENOENT)
		return error_set(
			error, ENOTSUP,
			"cannot %s: freezer not supported: %s has none (cgroup v2 has it since Linux "
			"5.2)",
			verb, dir);
	if (r == -ETIMEDOUT)
		return error_errno(error, r, "cannot %s within %d s: %s", verb, FREEZE_MILLISECONDS / 1000,
				   dir);
	return error_errno(error, r, "cannot %s: %s", verb, dir);
}

static int pause_container(const struct container *container, struct error *error)
{
	enum container_status status = container_status(container, NULL);
	const char *dir = container_freezer(&container->state);
	int r;

	if (status != STATUS_RUNNING && status != STATUS_CREATED)
		return error_set(error, ESRCH, "container not running");
	if (!dir)
		return error_set(error, ENOTSUP, "cannot pause: the container has no group with a freezer");
	r = host_cgroup_freeze(dir, FREEZE_MILLISECONDS);
	return r < 0 ? failed("pause", dir, r, error) : 0;
}

/* Every group is thawed: on a hybrid host an administrator may have frozen another than ours. */
static int resume_container(const struct container *container, struct error *error)
{
	const struct spec_strings *dirs = &container->state.cgroup_dirs;

	if (container_status(container, NULL) != STATUS_PAUSED)
		return error_set(error, EINVAL, "container not paused");
	for (uint32_t i = 0; i < dirs->count; i++) {
		int r = host_cgroup_frozen(dirs->items[i]) == 1 ? host_cgroup_thaw(dirs->items[i]) : 0;

		if (r < 0)
			return failed("resume", dirs->items[i], r, error);
	}
	return 0;
}

static int with_container(const struct globals *globals, const char *id,
			  int (*step)(const struct container *container, struct error *error),
			  struct error *error)
{
	struct container container;
	int r = container_find(globals, id, LOCK_NONE, false, &container, error);

	if (r < 0)
		return r;
	r = step(&container, error);
	container_close(&container);
	return r;
}

static int run_pause(const struct globals *globals, const void *values, int count, char **arguments,
		     struct error *error)
{
	(void)values;
	(void)count;
	return with_container(globals, arguments[0], pause_container, error);
}

static int run_resume(const struct globals *globals, const void *values, int count, char **arguments,
		      struct error *error)
{
	(void)values;
	(void)count;
	return with_container(globals, arguments[0], resume_container, error);
}

const struct command command_pause = {
	.name = "pause",
	.arguments = "<container-id>",
	.summary = "suspend all processes of a container",
	.statuses = "created running",
	.least = 1,
	.most = 1,
	.run = run_pause,
};

const struct command command_resume = {
	.name = "resume",
	.arguments = "<container-id>",
	.summary = "let a paused container go on",
	.statuses = "paused",
	.least = 1,
	.most = 1,
	.run = run_resume,
};
