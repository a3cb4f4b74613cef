/* `ocirun events`: a line of JSON for each report of the container's numbers and for each time the kernel
 * killed for want of memory, until the container's groups are empty (EVT-01..08). Sleeps in poll(2): on the
 * memory group's notification, on init's pidfd, and until the next report is due.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "cgroup.h"
#include "cgroup/processes.h"
#include "cgroup/stats.h"
#include "cmd/cmd.h"
#include "container/root.h"
#include "fd.h"

#define EMPTY_MILLISECONDS 100 /* how often groups are asked whether they are empty, once init is gone */

struct values {
	bool stats;
	const char *interval;
};

static const struct option options[] = {
	{ "stats", 0, OPTION_BOOL, NULL, "print the numbers once and end", COMMAND_OPTION(values, stats) },
	{ "interval", 0, OPTION_STRING, "DURATION", "time between reports: 5s (default), 100ms, 1m",
	  COMMAND_OPTION(values, interval) },
	{ 0 },
};

/* What the loop watches. */
struct watch {
	const char *id;
	const struct state *state;
	int pidfd;        /* -1: init has ended */
	int memory;       /* the memory group's directory, or -1 */
	int notification; /* v1: eventfd; v2: memory.events; or -1 */
	bool v2;
	uint64_t kills; /* v2: the last count */
};

/* One term of a Go duration as milliseconds; the rest, or NULL when it is none. */
static const char *duration_term(const char *text, double *ret)
{
	static const struct {
		const char *unit;
		double milliseconds;
	} units[] = {
		{ "ns", 1e-6 }, { "us", 1e-3 },  { "\xc2\xb5s", 1e-3 }, { "\xce\xbcs", 1e-3 },
		{ "ms", 1 },    { "s", 1000.0 }, { "m", 60000.0 },      { "h", 3600000.0 },
	};
	size_t length = strspn(text, "0123456789.");
	char *end;
	double number = strtod(text, &end);

	/* strtod would take 0x1, inf and exponents too */
	if (length == 0 || (size_t)(end - text) != length)
		return NULL;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t size = strlen(units[i].unit);

		if (strncmp(end, units[i].unit, size) != 0 ||
		    (end[size] && !strchr("0123456789.", end[size])))
			continue;
		*ret = number * units[i].milliseconds;
		return end + size;
	}
	return NULL;
}

/* EVT-03: Go's form of a duration, "1m30s". Less than a millisecond becomes one. */
static int parse_interval(const char *text, int64_t *ret, struct error *error)
{
	const char *at = text + (*text == '-' || *text == '+');
	double sum = 0, term;
	bool zero = !strcmp(at, "0");

	while (!zero && at && *at) {
		at = duration_term(at, &term);
		sum += at ? term : 0;
	}
	if (!at || (at == text + (*text == '-' || *text == '+') && !zero) || sum > 9e15)
		return error_set(error, EINVAL, "invalid value \"%s\" for flag -interval: parse error", text);
	if (sum <= 0 || *text == '-')
		return error_set(error, EINVAL, "duration interval must be greater than 0");
	*ret = sum < 1 ? 1 : (int64_t)sum;
	return 0;
}

static void print_stats(const struct watch *watch)
{
	struct json_out out = { .file = stdout };
	struct arena arena = { 0 }; /* of this report: a stream may go on for months */

	json_out_open(&out, '{');
	json_out_member(&out, "type", "stats");
	json_out_member(&out, "id", watch->id);
	json_out_key(&out, "data");
	stats_write(&out, &arena, watch->state);
	json_out_close(&out, '}');
	putchar('\n');
	arena_free(&arena);
}

static void print_oom(const struct watch *watch)
{
	struct json_out out = { .file = stdout };

	json_out_open(&out, '{');
	json_out_member(&out, "type", "oom");
	json_out_member(&out, "id", watch->id);
	json_out_close(&out, '}');
	putchar('\n');
}

/* v1: the kernel counts into an eventfd that is registered with the group. */
static int register_v1(int memory)
{
	FD_AUTO control = sys_openat(memory, "memory.oom_control", O_RDONLY, 0);
	FD_AUTO counter = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	char line[32];

	if (control < 0 || counter < 0)
		return -1;
	snprintf(line, sizeof line, "%d %d", counter, control);
	return cgroup_put(memory, "cgroup.event_control", line) < 0 ? -1 : fd_take(&counter);
}

/* A group without a memory controller has no such events, and no error either. */
static void watch_memory(struct watch *watch)
{
	const char *dir = stats_dir(watch->state, "memory", &watch->v2);

	watch->notification = -1;
	watch->memory = dir ? sys_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0) : -1;
	if (watch->memory < 0)
		return;
	watch->notification = watch->v2 ? sys_openat(watch->memory, "memory.events", O_RDONLY, 0)
					: register_v1(watch->memory);
	if (watch->v2)
		cgroup_read_key(watch->memory, "memory.events", "oom_kill", &watch->kills);
}

/* v1: the removal of the group counts as well, and is told apart by the file that is gone. */
static bool oom_v1(const struct watch *watch)
{
	char text[256];
	uint64_t count;

	return sys_read(watch->notification, &count, sizeof count) == sizeof count && count > 0 &&
	       cgroup_read(watch->memory, "memory.oom_control", text, sizeof text) > 0;
}

/* v2: reading through the polled descriptor is what arms the next poll. */
static bool oom_v2(struct watch *watch)
{
	char text[512];
	ssize_t length = sys_pread(watch->notification, text, sizeof text - 1, 0);
	uint64_t kills = watch->kills;

	if (length < 0) { /* the group is gone: poll would return at once for ever */
		watch->notification = fd_close(watch->notification);
		return false;
	}
	text[length] = 0;
	bool more = cgroup_find_key(text, "oom_kill", &kills) == 0 && kills > watch->kills;
	watch->kills = kills;
	return more;
}

static void check_oom(struct watch *watch)
{
	if (watch->notification >= 0 && (watch->v2 ? oom_v2(watch) : oom_v1(watch)))
		print_oom(watch);
}

/* EVT-05: init has ended and nobody else is left. */
static bool is_over(const struct watch *watch)
{
	struct arena arena = { 0 };
	struct error error = { 0 };
	int64_t *pids;
	bool over = watch->pidfd < 0 && container_pids(&arena, watch->state, &pids, &error) <= 0;

	arena_free(&arena);
	return over;
}

static int wait_until(struct watch *watch, int64_t due)
{
	struct pollfd fds[] = {
		{ .fd = watch->pidfd, .events = POLLIN },
		{ .fd = watch->notification, .events = watch->v2 ? POLLPRI : POLLIN },
	};
	int64_t left = due - sys_clock_ms();

	if (watch->pidfd < 0 && left > EMPTY_MILLISECONDS)
		left = EMPTY_MILLISECONDS;
	if (left > INT32_MAX)
		left = INT32_MAX;
	int r = sys_poll(fds, 2, left > 0 ? (int)left : 0);
	if (r < 0 && r != -EINTR)
		return r;
	if (r > 0 && fds[0].revents)
		watch->pidfd = fd_close(watch->pidfd);
	return 0;
}

static int stream(struct watch *watch, int64_t interval, struct error *error)
{
	int64_t due = sys_clock_ms() + interval;

	for (;;) {
		int r = wait_until(watch, due);

		if (r < 0)
			return error_errno(error, r, "cannot wait for events");
		check_oom(watch); /* before the end: it may be its cause */
		if (is_over(watch))
			return 0;
		if (sys_clock_ms() >= due) {
			print_stats(watch);
			due = sys_clock_ms() + interval;
		}
		if (fflush(stdout) == EOF)
			return error_errno(error, errno, "cannot write events");
	}
}

static int watch_container(struct watch *watch, bool once, int64_t interval, struct error *error)
{
	int r = 0;

	if (once) {
		print_stats(watch);
		return 0;
	}
	watch_memory(watch);
	r = stream(watch, interval, error);
	fd_close(watch->notification);
	fd_close(watch->memory);
	return r;
}

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct values *values = given;
	struct container container;
	int64_t interval = 5000;
	int r = values->interval ? parse_interval(values->interval, &interval, error) : 0;

	(void)count;
	if (r == 0)
		r = container_find(globals, arguments[0], LOCK_NONE, false, &container, error);
	if (r < 0)
		return r;
	struct watch watch = { .id = arguments[0], .state = &container.state, .pidfd = -1 };
	if (container_status(&container, &watch.pidfd) == STATUS_STOPPED)
		r = error_set(error, ESRCH, "container with id %s is not running", arguments[0]);
	else
		r = watch_container(&watch, values->stats, interval, error);
	fd_close(watch.pidfd);
	container_close(&container);
	return r;
}

const struct command command_events = {
	.name = "events",
	.arguments = "<container-id>",
	.summary = "print a container's numbers and out-of-memory events as JSON lines",
	.statuses = "created running paused",
	.options = options,
	.size = sizeof(struct values),
	.least = 1,
	.most = 1,
	.run = run,
};
