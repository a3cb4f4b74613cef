/* `ocirun delete`: end what still lives, remove cgroups and state, then run the poststop hooks (DEL-01..10).
 * The steps of removal stand in container/destroy.c; here is who may be deleted when.
 */
#include <errno.h>
#include <string.h>

#include "cmd/cmd.h"
#include "container/create.h"
#include "container/destroy.h"
#include "container/match.h"
#include "container/root.h"
#include "fd.h"

#define LOOK_AGAIN 1           /* no error: those are negative, whoever they come from */
#define END_MILLISECONDS 10000 /* for init to die, for a group to empty, for another command to end */

struct values {
	bool force, regex;
};

static const struct option options[] = {
	{ "force", 'f', OPTION_BOOL, NULL, "kill a running container first; a missing one is no error",
	  COMMAND_OPTION(values, force) },
	{ "regex", 'r', OPTION_BOOL, NULL, "remove every container whose id this regular expression matches",
	  COMMAND_OPTION(values, regex) },
	{ 0 },
};

/* A directory without state.json. Its creator is dead: swept, and the answer is that nothing was there. Or it
 * lives: its shim is killed, it sees the end of its socket and cleans up itself; or it was just done, and
 * what it made is a container to be deleted: LOOK_AGAIN. */
static int delete_half_made(struct container *container, enum container_status status, int pidfd, bool force,
			    struct error *error)
{
	if (status == STATUS_CREATING && !force)
		return error_set(error, EBUSY, "cannot delete container %s that is not stopped: %s",
				 container->id, status_words[status]);
	if (status == STATUS_CREATING) {
		container_kill(container, pidfd);
		if (container_wait_creator(container, END_MILLISECONDS) < 0)
			return error_set(error, EBUSY, "container init still running");
		return LOOK_AGAIN;
	}
	int r = container_sweep(container->root_fd, container->id, error);
	if (r == 0 && force) /* what has no creating.json either was left by the sweep (DEL-03) */
		return container_discard_opened(container, error);
	return r < 0 ? r : error_set(error, ENOENT, "container does not exist");
}

/* DEL-01, DEL-02: `created` waits at the gate and has run nothing of the user's, so it may go without force.
 */
static int end_process(const struct container *container, enum container_status status, int pidfd, bool force,
		       struct error *error)
{
	if (status == STATUS_STOPPED)
		return 0;
	if (status != STATUS_CREATED && !force)
		return error_set(error, EBUSY, "cannot delete container %s that is not stopped: %s",
				 container->id, status_words[status]);
	int r = container_kill(container, pidfd);
	if (r < 0)
		return error_errno(error, r, "cannot kill container %s", container->id);
	if (container_wait_end(pidfd, END_MILLISECONDS) < 0)
		return error_set(error, EBUSY, "container init still running");
	return 0;
}

static int delete_container(const struct globals *globals, struct container *container, bool force,
			    struct error *error)
{
	FD_AUTO pidfd = -1;
	/* with force the kill comes before the lock: a `start` that waits for a hook holds it until then */
	int r = force ? 0 : container_lock(container, LOCK_EXCLUSIVE, END_MILLISECONDS, error);
	enum container_status status = r < 0 ? STATUS_STOPPED : container_status(container, &pidfd);

	if (r == 0 && container->half_made)
		return delete_half_made(container, status, pidfd, force, error);
	if (r == 0)
		r = end_process(container, status, pidfd, force, error);
	if (r == 0 && force)
		r = container_lock(container, LOCK_EXCLUSIVE, END_MILLISECONDS, error);
	if (r == 0)
		r = container_destroy(container, END_MILLISECONDS, error);
	/* without systemd, then: its groups are empty. One that is there and slow may still have the unit. */
	if (r < 0 && r != -ETIMEDOUT && force && container->state.scope) {
		log_warning(globals, "%s", error->text);
		container->state.scope = NULL;
		memset(error, 0, sizeof *error);
		r = container_destroy(container, END_MILLISECONDS, error);
	}
	if (r < 0)
		return r;
	/* leftovers of other, killed commands; whatever hinders that is no failure of this one */
	container_sweep(container->root_fd, NULL, &(struct error){ 0 });
	/* the hooks come last (HOK-06), and what they do cannot bring the container back (DEL-07) */
	container_poststop(globals, &container->state);
	return 0;
}

/* Torn, foreign, or of a newer build: only --force removes it, and says what it could not do. */
static int discard(const struct globals *globals, const char *id, struct error *error)
{
	struct error why = *error;
	const char *root = "";

	memset(error, 0, sizeof *error);
	int r = id_check(id, error);
	if (r == 0)
		r = root_path(globals->arena, globals->root, &root, error);
	if (r < 0)
		return r;
	FD_AUTO fd = root_open(root, false, !globals->root, error);
	if (fd < 0)
		return fd;
	r = container_discard(fd, id, error);
	if (r == 0)
		log_warning(globals, "container %s is removed, its processes and cgroups are not: %s", id,
			    why.text);
	return r;
}

static int find_and_delete(const struct globals *globals, const char *id, bool force, struct error *error)
{
	struct container container = { .root_fd = -1, .dir = -1, .lock = -1 };
	int r = container_find(globals, id, LOCK_NONE, true, &container, error);

	if (r == 0)
		r = delete_container(globals, &container, force, error);
	else if (force && r != -ENOENT)
		r = discard(globals, id, error);
	container_close(&container);
	return r;
}

static int delete_one(const struct globals *globals, const char *id, const void *context, struct error *error)
{
	const struct values *values = context;
	int r;

	do /* each turn has waited for the end of one creator */
		r = find_and_delete(globals, id, values->force, error);
	while (r == LOOK_AGAIN);
	if (r == -ENOENT && values->force) { /* DEL-03; also when another delete was faster */
		memset(error, 0, sizeof *error);
		return 0;
	}
	return r;
}

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct values *values = given;

	(void)count;
	if (values->regex)
		return container_match(globals, arguments[0], delete_one, values, error);
	return delete_one(globals, arguments[0], values, error);
}

const struct command command_delete = {
	.name = "delete",
	.arguments = "<container-id>",
	.summary = "remove a stopped container: its cgroups, its state, then its poststop hooks",
	.statuses = "created running paused stopped",
	.options = options,
	.size = sizeof(struct values),
	.least = 1,
	.most = 1,
	.run = run,
};
