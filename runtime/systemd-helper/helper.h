/* The files of ocirun-systemd among themselves: main.c reads the request and answers, bus.c keeps the
 * connection, unit.c makes the calls. These alone know sd-bus.
 */
#ifndef OCIRUN_SYSTEMD_HELPER_H
#define OCIRUN_SYSTEMD_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "arena.h"
#include "systemd-helper/value.h"

#define DESTINATION "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"

struct property {
	const char *name;
	unsigned since;
	struct systemd_value value;
};

struct request {
	struct arena arena;
	const char *verb, *unit;
	uint32_t pid;
	uint64_t end; /* CLOCK_MONOTONIC, microseconds */
	unsigned address_count, property_count;
	const char **addresses; /* "bus unix:path=..." or "direct ..." */
	struct property *properties;
	unsigned version; /* of systemd: those properties alone that it has; 0: not asked, all */
};

struct connection {
	sd_bus *bus;
	bool direct;
	bool again; /* the first one was lost: what was asked for may have been done already */
};

/* What ends a request; `text` lives in its arena. */
struct outcome {
	int code; /* errno, 0: done */
	const char *text;
};

/* bus.c */
uint64_t time_now(void);                           /* CLOCK_MONOTONIC, microseconds */
uint64_t time_left(const struct request *request); /* microseconds, at least 1 */
/* To the first address that answers. 0 or -errno. */
int bus_connect(struct request *request, struct connection *connection);
void bus_close(struct connection *connection);
/* One call to the manager: sends `call` (and drops it). 0 or -errno, with the error filled. */
int bus_call(const struct request *request, const struct connection *connection, sd_bus_message *call,
	     sd_bus_error *error, sd_bus_message **ret_reply);
/* Whether the connection, and not what was asked for, failed. */
bool bus_is_lost(int r, const sd_bus_error *error);
/* Wait for what comes in, at most `most` microseconds: 1: something was done, 0: not, or -errno. */
int bus_wait(const struct request *request, const struct connection *connection, uint64_t most);

/* unit.c: the verbs of wire.h. 0 with the outcome, or -errno when the connection was lost. */
int verb_start(struct request *request, const struct connection *connection, struct outcome *ret);
int verb_stop(struct request *request, const struct connection *connection, struct outcome *ret);
int verb_set(struct request *request, const struct connection *connection, struct outcome *ret);
int verb_manager(struct request *request, const struct connection *connection, struct outcome *ret);

#endif
