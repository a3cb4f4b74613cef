/* rtnetlink without a library: what a container's network namespace needs. One request at a time, bounded
 * buffers on the stack; every answer is checked as if anybody could have sent it. All functions return 0 or
 * -errno; -EPROTO is an answer that makes no sense.
 */
#ifndef OCIRUN_NETLINK_H
#define OCIRUN_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

/* Set the loopback interface of the caller's network namespace up. 0 or -errno. */
int netlink_loopback_up(void);

/* A conversation with the network namespace that the caller was in when it was opened. */
struct netlink {
	int sock; /* owned; -1: none */
	uint32_t sequence;
};
int netlink_open(struct netlink *ret);
/* Have the kernel leave out of a dump what is of other devices: a router has a million routes. One that does
 * not know how (before 4.20) sends all. */
void netlink_be_strict(struct netlink *netlink);
void netlink_close(struct netlink *netlink);

#define NETLINK_NAME 16 /* IFNAMSIZ */
struct netlink_device {
	uint32_t index;
	bool up;
	bool immovable; /* told by the kernel since 6.15; older ones answer the move with EINVAL */
	char name[NETLINK_NAME];
};
/* The device of this name (or alternative name), or, when `name` is NULL, of this index. -ENODEV: none. */
int netlink_device(struct netlink *netlink, uint32_t index, const char *name, struct netlink_device *ret);
/* Move it to the namespace of descriptor `namespace`, where it is called `name`. It goes down, and loses
 * addresses and routes. -EEXIST: the name is taken there (before Linux 6.7 it may have moved all the same).
 */
int netlink_move(struct netlink *netlink, uint32_t index, int namespace, const char *name);
/* A device that is down. `name` may be a template, "eth%d". */
int netlink_rename(struct netlink *netlink, uint32_t index, const char *name);
int netlink_up(struct netlink *netlink, uint32_t index);

/* ---- what a move takes from a device: netlink_settings.c ---- */

#define NETLINK_SETTINGS 16384 /* bytes: some 150 addresses, or as many routes */
struct netlink_requests {
	uint32_t used;
	_Alignas(8) char bytes[NETLINK_SETTINGS]; /* requests, ready to be sent but for the index */
};
struct netlink_settings {
	struct netlink_requests addresses, routes, gateways;
};
/* Permanent addresses of global scope of both families, with peer, broadcast, label, flags, metric and
 * lifetimes; and the routes of the main table that somebody has set by hand (protocol boot or static) and
 * that do not expire: what the kernel or a daemon made, they will make again. -E2BIG: more than fits. */
int netlink_settings_read(struct netlink *netlink, uint32_t index, struct netlink_settings *ret);
/* Give the addresses to a device; labels take its name. */
int netlink_addresses_write(struct netlink *netlink, const struct netlink_device *device,
			    struct netlink_settings *settings);
/* And the routes, once it is up: first those on the link, then those through a gateway. One whose ground was
 * not kept (its gateway was reached through an address that is not permanent), or that is there, is left
 * out. */
int netlink_routes_write(struct netlink *netlink, const struct netlink_device *device,
			 struct netlink_settings *settings);

/* ---- shared by netlink*.c ---- */

struct nlmsghdr;
struct rtattr;

/* A request that is being put together; what does not fit is noted and told by netlink_talk. */
#define NETLINK_REQUEST 1024
struct netlink_request {
	_Alignas(8) char bytes[NETLINK_REQUEST];
	bool full;
};
/* Begin: `type` RTM_*, `flags` beside NLM_F_REQUEST, then the fixed part. */
void netlink_begin(struct netlink_request *request, unsigned type, unsigned flags, const void *body,
		   uint32_t size);
void netlink_put(struct netlink_request *request, unsigned attribute, const void *value, uint32_t size);
/* Send one request of `length` bytes, at `bytes`, and wait for its acknowledgement. */
int netlink_ask(struct netlink *netlink, char *bytes, uint32_t length);
int netlink_talk(struct netlink *netlink, struct netlink_request *request);
/* Send a request that is answered with messages; `each` gets every one of them whole (nlmsg_len is right).
 * Its failure ends the conversation. -EAGAIN: the kernel's tables changed meanwhile. */
typedef int netlink_each(const struct nlmsghdr *message, void *context);
int netlink_dump(struct netlink *netlink, struct netlink_request *request, netlink_each *each, void *context);

/* Attributes behind a fixed part of `size` bytes, one by one; `at` NULL at the beginning. NULL: no more, or
 * what follows is none. */
const struct rtattr *netlink_attribute(const struct nlmsghdr *message, uint32_t size,
				       const struct rtattr *at);
/* Bytes of its value. */
uint32_t netlink_length(const struct rtattr *attribute);
const void *netlink_value(const struct rtattr *attribute);
/* Copy a value of exactly `size` bytes; false when it has another length. */
bool netlink_take(const struct rtattr *attribute, void *ret, uint32_t size);

#endif
