/* ocirun-systemd: one request from descriptor 0, one answer to it (wire.h). Started by ocirun alone, for the
 * systemd cgroup driver; sd-bus needs a dynamic libsystemd, which ocirun, a static program, cannot link.
 */
#include "systemd-helper/helper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "systemd-helper/wire.h"

#define TRIES 50     /* connections, while the last one was lost: a bus is being restarted */
#define PAUSE 100000 /* microseconds between them */

static const struct verb {
	const char *name;
	int (*run)(struct request *request, const struct connection *connection, struct outcome *ret);
} verbs[] = {
	{ WIRE_START, verb_start },
	{ WIRE_STOP, verb_stop },
	{ WIRE_SET, verb_set },
	{ WIRE_MANAGER, verb_manager },
};

/* ---- the request ------------------------------------------------------------------------------------------
 */

static bool read_number(const char *text, uint64_t greatest, uint64_t *ret)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	*ret = value;
	return !errno && !*end && value <= greatest;
}

/* As many as there can be in what is left. */
static unsigned most(const char *at, const char *end)
{
	unsigned count = 1;

	for (; at < end; at++)
		count += *at == 0;
	return count;
}

static bool read_addresses(struct request *request, const char **at, const char *end)
{
	const char *text;

	request->addresses = arena_alloc(&request->arena, most(*at, end) * sizeof *request->addresses);
	while ((text = wire_next(at, end)) && *text) {
		if (strncmp(text, "bus ", 4) != 0 && strncmp(text, "direct ", 7) != 0)
			return false;
		request->addresses[request->address_count++] = text;
	}
	return text != NULL;
}

static bool read_properties(struct request *request, const char *at, const char *end)
{
	struct error error = { 0 };

	request->properties = arena_alloc(&request->arena, most(at, end) * sizeof *request->properties);
	while (at < end) {
		struct property *property = &request->properties[request->property_count++];
		const char *name = wire_next(&at, end), *since = name ? wire_next(&at, end) : NULL;
		const char *value = since ? wire_next(&at, end) : NULL;
		uint64_t number;

		if (!value || !*name || !read_number(since, 100000, &number) ||
		    systemd_value_parse(&request->arena, value, &property->value, &error) < 0)
			return false;
		property->name = name;
		property->since = (unsigned)number;
	}
	return true;
}

static bool read_request(struct request *request, const char *at, const char *end)
{
	const char *version = wire_next(&at, end);
	uint64_t milliseconds, pid;

	if (!version || strcmp(version, WIRE_VERSION) != 0)
		return false;
	request->verb = wire_next(&at, end);
	if (!request->verb || !read_number(wire_next(&at, end), 3600000, &milliseconds))
		return false;
	request->unit = wire_next(&at, end);
	if (!request->unit || !read_number(wire_next(&at, end), INT32_MAX, &pid))
		return false;
	request->pid = (uint32_t)pid;
	request->end = time_now() + milliseconds * 1000;
	return read_addresses(request, &at, end) && read_properties(request, at, end);
}

/* ---- the answer -------------------------------------------------------------------------------------------
 */

/* A connection that was lost is made anew, and what was asked for is asked again. */
static int perform(struct request *request, const struct verb *verb, struct outcome *ret)
{
	struct connection connection = { .bus = NULL };
	int r = 0;

	for (unsigned turn = 0; turn < TRIES; turn++) {
		r = bus_connect(request, &connection);
		if (r == 0)
			r = verb->run(request, &connection, ret);
		bus_close(&connection);
		if (r == 0 || (r != -ECONNRESET && !bus_is_lost(r, NULL)))
			return r;
		if (time_left(request) <= PAUSE)
			return -ETIMEDOUT;
		connection.again = true;
		usleep(PAUSE);
	}
	return r;
}

static int answer(const struct outcome *outcome)
{
	char reply[WIRE_REPLY];
	int number = snprintf(reply, sizeof reply, "%d", outcome->code);
	size_t room = sizeof reply - (size_t)number - 2, length = strlen(outcome->text);

	if (length > room)
		length = room;
	memcpy(reply + number + 1, outcome->text, length);
	reply[(size_t)number + 1 + length] = 0;
	return send(0, reply, (size_t)number + length + 2, MSG_NOSIGNAL) < 0;
}

static struct outcome serve(struct request *request, const char *bytes, size_t length)
{
	struct outcome outcome = { EPROTO, "ocirun and ocirun-systemd are of different versions" };

	if (!read_request(request, bytes, bytes + length))
		return outcome;
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(verbs[i].name, request->verb) != 0)
			continue;
		int r = perform(request, &verbs[i], &outcome);
		if (r < 0)
			outcome = (struct outcome){
				-r, arena_format(&request->arena, "cannot reach systemd: %s", strerror(-r))
			};
	}
	return outcome;
}

int main(void)
{
	struct request request = { .verb = NULL };
	char *bytes = arena_alloc(&request.arena, WIRE_MAX);
	ssize_t length = recv(0, bytes, WIRE_MAX, 0);

	if (length <= 0) {
		fputs("ocirun-systemd is started by ocirun, not by hand\n", stderr);
		return 1;
	}
	const struct outcome outcome = serve(&request, bytes, (size_t)length);
	int status = answer(&outcome);
	arena_free(&request.arena);
	return status;
}
