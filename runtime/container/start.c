/* `start`: open the gate of a created container and find out what came of it (DESIGN, "The gate"). The lock
 * is held from the open to the verdict, else two starters would both see success.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container/create.h"
#include "container/destroy.h"
#include "container/fifo.h"
#include "container/root.h"
#include "container/status.h"
#include "fd.h"
#include "host.h"
#include "notify.h"

#define DEATH_MILLISECONDS 1000
#define FROZEN_MILLISECONDS 1000 /* how often a silent gate is asked whether it was frozen meanwhile */
#define END_MILLISECONDS 10000

/* STA-02 */
static int check_status(const struct container *container, enum container_status status, struct error *error)
{
	if (status == STATUS_CREATED)
		return 0;
	if (status == STATUS_STOPPED)
		return error_set(error, EINVAL, "cannot start a container that has stopped");
	if (status == STATUS_RUNNING)
		return error_set(error, EINVAL, "cannot start an already running container");
	/* a frozen one would take the byte and never answer */
	return error_set(error, EINVAL, "cannot start a container in the %s state%s", status_words[status],
			 status == STATUS_PAUSED && container->state.gate_fifo ? " (resume it first)" : "");
}

static bool is_frozen(const struct state *state)
{
	for (uint32_t i = 0; i < state->cgroup_dirs.count; i++)
		if (host_cgroup_frozen(state->cgroup_dirs.items[i]) == 1)
			return true;
	return false;
}

/* The verdict may take as long as the startContainer hooks do; a container that is frozen meanwhile gives
 * none. */
static int wait_for_verdict(const struct container *container, int fifo, struct error *error)
{
	int r;

	while ((r = fifo_wait(fifo, FROZEN_MILLISECONDS)) == -ETIMEDOUT)
		if (is_frozen(&container->state))
			return error_set(error, EBUSY, "the container was frozen before its program began");
	return r < 0 ? error_errno(error, r, "cannot wait for the container to begin") : 0;
}

/* Field n (from 3) behind the name in the text of /proc/PID/stat. */
static const char *stat_field(const char *behind_name, int n)
{
	const char *field = behind_name + 2;

	for (int i = 3; field && i < n; i++) {
		field = strchr(field, ' ');
		if (field)
			field++;
	}
	return field;
}

/* How did the shim die before execve? While nobody has reaped it /proc still tells. */
static int explain_death(const struct container *container, int pidfd, struct error *error)
{
	char path[64], text[1024];
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	/* its descriptors close a moment before it is dead to others */
	if (pidfd < 0 || sys_poll(&end, 1, DEATH_MILLISECONDS) <= 0)
		return 0;
	snprintf(path, sizeof path, "/proc/%lld/stat", (long long)container->state.pid);
	FD_AUTO fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
	ssize_t got = fd < 0 ? fd : sys_read(fd, text, sizeof text - 1);
	if (got <= 0)
		return 0;
	text[got] = 0;
	char *behind = strrchr(text, ')');
	if (!behind || behind[1] != ' ')
		return 0;
	const char *start = stat_field(behind, 22), *code = stat_field(behind, 52);
	if (!start || strtoull(start, NULL, 10) != container->state.start_time)
		return 0;
	int status = code ? atoi(code) : 0;
	if (status & 0x7f)
		return error_set(error, ESRCH,
				 "container process was killed by signal %d (%s) before its program began",
				 status & 0x7f, strsignal(status & 0x7f));
	return error_set(error, ESRCH, "container process ended with status %d before its program began",
			 status >> 8);
}

int container_verdict(const struct container *container, int pidfd, struct error *error)
{
	struct fault fault;
	int r = fifo_read_page(container->dir, &fault);

	if (r < 0)
		return error_errno(error, r, "cannot read how the container began");
	if (fault.set) {
		fault_error(NULL, &fault, error);
		return error->code ? -error->code
				   : error_set(error, EIO, "the container's program could not begin");
	}
	if (fault.executing)
		return 0;
	r = explain_death(container, pidfd, error);
	return r < 0 ? r : error_set(error, ESRCH, "container process ended before its program began");
}

/* STA-05: bound before the program begins, and only by the one that lets it begin. 0, also when nobody waits
 * for news or the container was made without. */
static int listen_for_news(const struct container *container, struct notify *notify, struct error *error)
{
	const char *address = notify_wanted();
	int r = address ? notify_bind(notify, container->dir, error) : 0;

	if (r == -ENOENT) {
		memset(error, 0, sizeof *error);
		return 0;
	}
	return r < 0 || !address ? r : notify_connect(notify, address, error);
}

static int open_gate(struct container *container, struct notify *notify, struct error *error)
{
	FD_AUTO pidfd = -1;
	int r = check_status(container, container_status(container, &pidfd), error);

	if (r == 0)
		r = listen_for_news(container, notify, error);
	if (r < 0)
		return r;
	FD_AUTO fifo = fifo_open(container->dir, error);
	r = fifo < 0 ? fifo : fifo_release(fifo, error);
	if (r == 0)
		r = wait_for_verdict(container, fifo, error);
	if (r < 0)
		return r;
	r = container_verdict(container, pidfd, error);
	fifo_remove(container->dir);
	return r;
}

/* HOK-05: the container is stopped and deleted; its poststop hooks run. */
static void end_failed(const struct globals *globals, struct container *container)
{
	struct error ignored = { 0 };
	FD_AUTO pidfd = -1;

	container_status(container, &pidfd);
	container_kill(container, pidfd);
	container_wait_end(pidfd, END_MILLISECONDS);
	container_destroy(container, END_MILLISECONDS, &ignored);
	container_poststop(globals, &container->state);
}

/* The hooks may have taken their time: the container can be gone by now. */
static void tell_news(const struct container *container, struct notify *notify)
{
	FD_AUTO pidfd = -1;

	if (notify->manager < 0)
		return;
	container_status(container, &pidfd);
	notify_until_ready(notify, container->state.pid, pidfd);
}

static int start(const struct globals *globals, struct container *container, struct notify *notify,
		 struct error *error)
{
	int r = open_gate(container, notify, error);

	/* hooks may call commands that take the lock */
	fd_close_at(&container->lock);
	if (r < 0)
		return r;
	r = container_poststart(globals, &container->state, error);
	if (r < 0)
		end_failed(globals, container);
	return r;
}

int container_start(const struct globals *globals, struct container *container, struct error *error)
{
	struct notify notify;

	notify_init(&notify, globals);
	int r = start(globals, container, &notify, error);
	if (r == 0)
		tell_news(container, &notify);
	notify_close(&notify);
	return r;
}
