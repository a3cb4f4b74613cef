/* A fresh connection for each request: one that was kept would be dead after a restart of the D-Bus daemon
 * (opencontainers/runc#2862).
 */
#include "systemd-helper/helper.h"

#include <errno.h>
#include <string.h>
#include <time.h>

uint64_t time_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

uint64_t time_left(const struct request *request)
{
	uint64_t at = time_now();

	return at < request->end ? request->end - at : 1;
}

int bus_wait(const struct request *request, const struct connection *connection, uint64_t most)
{
	uint64_t left = time_left(request);
	int r = sd_bus_process(connection->bus, NULL);

	if (r)
		return r;
	if (left == 1)
		return -ETIMEDOUT;
	r = sd_bus_wait(connection->bus, most < left ? most : left);
	return r < 0 && r != -EINTR ? r : 0;
}

static int open_one(const struct request *request, const char *address, struct connection *connection)
{
	bool direct = strncmp(address, "direct ", 7) == 0;
	int r = sd_bus_new(&connection->bus);

	connection->direct = direct;
	if (r >= 0)
		r = sd_bus_set_address(connection->bus, strchr(address, ' ') + 1);
	if (r >= 0 && !direct)
		r = sd_bus_set_bus_client(connection->bus, 1);
	if (r >= 0)
		r = sd_bus_set_method_call_timeout(connection->bus, time_left(request));
	if (r >= 0)
		r = sd_bus_start(connection->bus);
	while (r >= 0 && sd_bus_is_ready(connection->bus) == 0)
		r = bus_wait(request, connection, time_left(request));
	if (r >= 0 && sd_bus_is_open(connection->bus) <= 0)
		r = -ECONNRESET;
	return r < 0 ? r : 0;
}

int bus_connect(struct request *request, struct connection *connection)
{
	int r = -ENOENT;

	for (unsigned i = 0; i < request->address_count; i++) {
		r = open_one(request, request->addresses[i], connection);
		if (r == 0 || r == -ETIMEDOUT)
			return r;
		bus_close(connection);
	}
	return r;
}

void bus_close(struct connection *connection)
{
	connection->bus = sd_bus_close_unref(connection->bus);
}

int bus_call(const struct request *request, const struct connection *connection, sd_bus_message *call,
	     sd_bus_error *error, sd_bus_message **ret_reply)
{
	int r = sd_bus_call(connection->bus, call, time_left(request), error, ret_reply);

	sd_bus_message_unref(call);
	return r < 0 ? r : 0;
}

bool bus_is_lost(int r, const sd_bus_error *error)
{
	/* the last two: the D-Bus daemon is back, systemd has not yet come to it */
	static const char *const names[] = { SD_BUS_ERROR_DISCONNECTED, SD_BUS_ERROR_SERVICE_UNKNOWN,
					     SD_BUS_ERROR_NAME_HAS_NO_OWNER };

	for (size_t i = 0; error && i < sizeof names / sizeof names[0]; i++)
		if (sd_bus_error_has_name(error, names[i]))
			return true;
	return r == -ECONNRESET || r == -EPIPE || r == -ENOTCONN || r == -ESHUTDOWN || r == -ECONNREFUSED;
}
