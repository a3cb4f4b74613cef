/* What a device loses when it changes its network namespace, and what of it goes along (config-linux.md,
 * "Network Devices"): permanent addresses of global scope, in the order in which they were made, so that
 * the first stays the primary one; and the routes that somebody set by hand. Each becomes, while it is
 * read, the request that makes it anew: attributes by table, whatever else the kernel tells is left out.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"

#define DUMP_TURNS 8 /* a table that changes while it is read is read again */
#ifndef IFA_PROTO
#define IFA_PROTO 11 /* 5.18 */
#endif

/* What a dump collects into, for one device. */
struct collector {
	uint32_t index;
	uint8_t family; /* of routes */
	struct netlink_settings *settings;
};

static bool listed(const uint16_t *list, size_t count, unsigned type)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == type)
			return true;
	return false;
}
#define LISTED(list, type) listed(list, sizeof(list) / sizeof(list)[0], type)

/* Keep a request that has been put together. */
static int keep(struct netlink_requests *list, const struct netlink_request *request)
{
	const struct nlmsghdr *head = (const struct nlmsghdr *)(const void *)request->bytes;

	if (request->full || head->nlmsg_len > NETLINK_SETTINGS - list->used)
		return -E2BIG;
	memcpy(list->bytes + list->used, request->bytes, head->nlmsg_len);
	list->used += head->nlmsg_len; /* every part is aligned, so the whole is */
	return 0;
}

/* ---- addresses ---------------------------------------------------------------------------------------- */

static const uint16_t address_attributes[] = { IFA_ADDRESS, IFA_LOCAL,       IFA_BROADCAST,
					       IFA_ANYCAST, IFA_RT_PRIORITY, IFA_PROTO };

/* Flags that say how an address is to be used, not what has become of it. */
#define ADDRESS_FLAGS                                                                                      \
	(IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | \
	 IFA_F_MCAUTOJOIN)

/* Dumped, a permanent IPv4 address has endless lifetimes, whatever it was told: that it is preferred no more
 * is only in its flags. */
static void put_lifetimes(struct netlink_request *request, const struct rtattr *attribute, uint32_t flags)
{
	struct ifa_cacheinfo lifetimes;

	if (!netlink_take(attribute, &lifetimes, sizeof lifetimes))
		return;
	if (flags & IFA_F_DEPRECATED)
		lifetimes.ifa_prefered = 0;
	netlink_put(request, IFA_CACHEINFO, &lifetimes, sizeof lifetimes);
}

/* The label of an IPv4 address ("eth0", "eth0:web") stands first and has its full size: write() finds it
 * there and gives it the device's new name. IPv6 knows no label. */
static void put_label(struct netlink_request *request, const struct nlmsghdr *message)
{
	char label[NETLINK_NAME] = "";

	for (const struct rtattr *at = NULL;
	     (at = netlink_attribute(message, sizeof(struct ifaddrmsg), at));) {
		uint32_t length = netlink_length(at);

		if (at->rta_type == IFA_LABEL)
			memcpy(label, netlink_value(at), length < sizeof label ? length : sizeof label - 1);
	}
	netlink_put(request, IFA_LABEL, label, sizeof label);
}

static uint32_t flags_of(const struct nlmsghdr *message, const struct ifaddrmsg *address)
{
	uint32_t flags = address->ifa_flags; /* eight of them; the attribute has all */

	for (const struct rtattr *at = NULL; (at = netlink_attribute(message, sizeof *address, at));)
		if (at->rta_type == IFA_FLAGS)
			netlink_take(at, &flags, sizeof flags);
	return flags;
}

static int on_address(const struct nlmsghdr *message, void *context)
{
	struct collector *collector = context;
	struct netlink_request request;
	struct ifaddrmsg address;

	if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_HDRLEN + sizeof address)
		return -EPROTO;
	memcpy(&address, (const char *)message + NLMSG_HDRLEN, sizeof address);
	const uint32_t flags = flags_of(message, &address), kept = flags & ADDRESS_FLAGS;
	if (address.ifa_index != collector->index || address.ifa_scope != RT_SCOPE_UNIVERSE ||
	    !(flags & IFA_F_PERMANENT))
		return 0;
	address.ifa_flags = 0;
	netlink_begin(&request, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, &address,
		      sizeof address);
	if (address.ifa_family == AF_INET)
		put_label(&request, message);
	netlink_put(&request, IFA_FLAGS, &kept, sizeof kept);
	for (const struct rtattr *at = NULL; (at = netlink_attribute(message, sizeof address, at));) {
		if (at->rta_type == IFA_CACHEINFO)
			put_lifetimes(&request, at, flags);
		if (LISTED(address_attributes, at->rta_type))
			netlink_put(&request, at->rta_type, netlink_value(at), netlink_length(at));
	}
	return keep(&collector->settings->addresses, &request);
}

/* ---- routes ------------------------------------------------------------------------------------------- */

static const uint16_t route_attributes[] = {
	RTA_DST,     RTA_SRC,     RTA_PRIORITY,   RTA_GATEWAY, RTA_VIA,
	RTA_PREFSRC, RTA_METRICS, RTA_ENCAP_TYPE, RTA_ENCAP,   RTA_PREF
};
static const uint16_t gateway_attributes[] = { RTA_GATEWAY, RTA_VIA };

struct route {
	uint32_t table, device;
	bool gateway, expires;
};

static void read_route(const struct rtattr *at, struct route *route)
{
	struct rta_cacheinfo cache;

	if (at->rta_type == RTA_TABLE)
		netlink_take(at, &route->table, sizeof route->table);
	if (at->rta_type == RTA_OIF)
		netlink_take(at, &route->device, sizeof route->device);
	if (at->rta_type == RTA_CACHEINFO && netlink_take(at, &cache, sizeof cache))
		route->expires = cache.rta_expires != 0;
	route->gateway |= LISTED(gateway_attributes, at->rta_type);
}

/* Somebody's own, of the table that every packet meets: the rules that lead to other tables stay where they
 * are. Routes through several devices have no RTA_OIF. */
static bool goes_along(const struct collector *collector, const struct rtmsg *head, const struct route *route)
{
	return head->rtm_family == collector->family && head->rtm_type == RTN_UNICAST &&
	       (head->rtm_protocol == RTPROT_BOOT || head->rtm_protocol == RTPROT_STATIC) &&
	       !(head->rtm_flags & RTM_F_CLONED) && route->table == RT_TABLE_MAIN &&
	       route->device == collector->index && !route->expires;
}

static int on_route(const struct nlmsghdr *message, void *context)
{
	struct collector *collector = context;
	struct netlink_request request;
	struct route route = { 0 };
	struct rtmsg head;
	const uint32_t zero = 0;

	if (message->nlmsg_type != RTM_NEWROUTE || message->nlmsg_len < NLMSG_HDRLEN + sizeof head)
		return -EPROTO;
	memcpy(&head, (const char *)message + NLMSG_HDRLEN, sizeof head);
	route.table = head.rtm_table;
	for (const struct rtattr *at = NULL; (at = netlink_attribute(message, sizeof head, at));)
		read_route(at, &route);
	if (!goes_along(collector, &head, &route))
		return 0;
	head.rtm_flags &= (unsigned)RTNH_F_ONLINK; /* the others tell what has become of it */
	netlink_begin(&request, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof head);
	netlink_put(&request, RTA_OIF, &zero, sizeof zero); /* first: write() finds it there */
	for (const struct rtattr *at = NULL; (at = netlink_attribute(message, sizeof head, at));)
		if (LISTED(route_attributes, at->rta_type & (unsigned)NLA_TYPE_MASK))
			netlink_put(&request, at->rta_type, netlink_value(at), netlink_length(at));
	return keep(route.gateway ? &collector->settings->gateways : &collector->settings->routes, &request);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static int read_addresses(struct netlink *netlink, struct collector *collector)
{
	struct ifaddrmsg address = { .ifa_family = AF_UNSPEC, .ifa_index = collector->index };
	int r = -EAGAIN;

	for (int turn = 0; turn < DUMP_TURNS && r == -EAGAIN; turn++) {
		struct netlink_request request;

		collector->settings->addresses.used = 0;
		netlink_begin(&request, RTM_GETADDR, NLM_F_DUMP, &address, sizeof address);
		r = netlink_dump(netlink, &request, on_address, collector);
	}
	return r;
}

/* A kernel without IPv6 answers for it with what it has: on_route looks at the family. */
static int read_routes(struct netlink *netlink, struct collector *collector, uint8_t family)
{
	struct netlink_settings *settings = collector->settings;
	const uint32_t routes = settings->routes.used, gateways = settings->gateways.used;
	struct rtmsg route = { .rtm_family = family };
	int r = -EAGAIN;

	collector->family = family;
	for (int turn = 0; turn < DUMP_TURNS && r == -EAGAIN; turn++) {
		struct netlink_request request;

		settings->routes.used = routes;
		settings->gateways.used = gateways;
		netlink_begin(&request, RTM_GETROUTE, NLM_F_DUMP, &route, sizeof route);
		netlink_put(&request, RTA_OIF, &collector->index, sizeof collector->index);
		r = netlink_dump(netlink, &request, on_route, collector);
	}
	return r;
}

int netlink_settings_read(struct netlink *netlink, uint32_t index, struct netlink_settings *ret)
{
	struct collector collector = { .index = index, .settings = ret };
	int r;

	ret->addresses.used = ret->routes.used = ret->gateways.used = 0;
	r = read_addresses(netlink, &collector);
	if (r == 0)
		r = read_routes(netlink, &collector, AF_INET);
	return r == 0 ? read_routes(netlink, &collector, AF_INET6) : r;
}

/* ---- writing ------------------------------------------------------------------------------------------ */

typedef void fill(char *bytes, const struct netlink_device *device);

/* Send every request of a list, filled in for the device. `lenient`: errors that are passed over, ended by
 * 0. */
static int send_all(struct netlink *netlink, struct netlink_requests *list, fill *fill_in,
		    const struct netlink_device *device, const int *lenient)
{
	for (uint32_t at = 0; at < list->used;) {
		char *bytes = list->bytes + at;
		const uint32_t length = ((const struct nlmsghdr *)(const void *)bytes)->nlmsg_len;
		int r;

		fill_in(bytes, device);
		r = netlink_ask(netlink, bytes, length);
		for (const int *error = lenient; *error && r < 0; error++)
			r = r == -*error ? 0 : r;
		if (r < 0)
			return r;
		at += length;
	}
	return 0;
}

/* "old:web" becomes "new:web"; what is too long becomes the name, as everything without a colon. */
static void fill_address(char *bytes, const struct netlink_device *device)
{
	struct ifaddrmsg *address = (struct ifaddrmsg *)(void *)(bytes + NLMSG_HDRLEN);
	char *label = bytes + NLMSG_HDRLEN + NLMSG_ALIGN(sizeof *address) + RTA_LENGTH(0);
	char text[NETLINK_NAME] = "";

	address->ifa_index = device->index;
	if (address->ifa_family != AF_INET)
		return;
	const char *colon = strchr(label, ':');
	const size_t name = strlen(device->name), rest = colon ? strlen(colon) : 0;
	memcpy(text, device->name, name);
	if (colon && name + rest < sizeof text)
		memcpy(text + name, colon, rest + 1);
	memcpy(label, text, sizeof text);
}

int netlink_addresses_write(struct netlink *netlink, const struct netlink_device *device,
			    struct netlink_settings *settings)
{
	static const int none[] = { 0 };

	return send_all(netlink, &settings->addresses, fill_address, device, none);
}

static void fill_route(char *bytes, const struct netlink_device *device)
{
	memcpy(bytes + NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct rtmsg)) + RTA_LENGTH(0), &device->index,
	       sizeof device->index);
}

int netlink_routes_write(struct netlink *netlink, const struct netlink_device *device,
			 struct netlink_settings *settings)
{
	/* EINVAL: its preferred source was not kept */
	static const int groundless[] = { EEXIST, ENETUNREACH, EHOSTUNREACH, EINVAL, 0 };
	int r = send_all(netlink, &settings->routes, fill_route, device, groundless);

	return r < 0 ? r : send_all(netlink, &settings->gateways, fill_route, device, groundless);
}
