/* rtnetlink without a library: the conversation, and devices. See netlink.h. The kernel's answers are read
 * like a stranger's: in a namespace that was joined by path, anybody with CAP_NET_ADMIN in it may send to
 * our socket, so the sender and the number of the request are looked at, and every length.
 */
#include "netlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "fd.h"

#define LOOPBACK_INDEX 1   /* the first interface of every network namespace (LOOPBACK_IFINDEX) */
#define DUMP_BYTES 32768u  /* the kernel makes no greater datagram of a dump */
#define ANSWER_BYTES 2048u /* an error, and behind it the request that it is about */
#define STRANGERS 64       /* datagrams that are not ours before we give up */
#define SOL_NETLINK_ 270   /* linux/socket.h */
#ifndef IFLA_NETNS_IMMUTABLE
#define IFLA_NETNS_IMMUTABLE 68 /* 6.15 */
#endif

int netlink_open(struct netlink *ret)
{
	*ret = (struct netlink){ .sock = sys_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) };
	return ret->sock < 0 ? ret->sock : 0;
}

void netlink_be_strict(struct netlink *netlink)
{
	int on = 1;

	sys_setsockopt(netlink->sock, SOL_NETLINK_, NETLINK_GET_STRICT_CHK, &on, sizeof on);
}

void netlink_close(struct netlink *netlink)
{
	fd_close_at(&netlink->sock);
}

/* ---- requests ----------------------------------------------------------------------------------------- */

static struct nlmsghdr *head_of(struct netlink_request *request)
{
	return (struct nlmsghdr *)(void *)request->bytes;
}

void netlink_begin(struct netlink_request *request, unsigned type, unsigned flags, const void *body,
		   uint32_t size)
{
	memset(request, 0, sizeof *request);
	struct nlmsghdr *head = head_of(request);
	head->nlmsg_len = NLMSG_HDRLEN + NLMSG_ALIGN(size);
	head->nlmsg_type = (uint16_t)type;
	head->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	memcpy(request->bytes + NLMSG_HDRLEN, body, size);
}

void netlink_put(struct netlink_request *request, unsigned attribute, const void *value, uint32_t size)
{
	struct nlmsghdr *head = head_of(request);
	uint32_t room = NETLINK_REQUEST - head->nlmsg_len;
	struct rtattr *to = (struct rtattr *)(void *)(request->bytes + head->nlmsg_len);

	if (size > room || RTA_SPACE(size) > room) {
		request->full = true;
		return;
	}
	to->rta_type = (uint16_t)attribute;
	to->rta_len = (uint16_t)RTA_LENGTH(size);
	memcpy(RTA_DATA(to), value, size);
	head->nlmsg_len += (uint32_t)RTA_SPACE(size);
}

static int send_bytes(struct netlink *netlink, char *bytes, uint32_t length)
{
	struct iovec part = { .iov_base = bytes, .iov_len = length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct nlmsghdr *head = (struct nlmsghdr *)(void *)bytes;
	ssize_t n;

	head->nlmsg_seq = ++netlink->sequence;
	n = sys_sendmsg(netlink->sock, &message, 0);
	return n < 0 ? (int)n : 0;
}

/* ---- answers ------------------------------------------------------------------------------------------ */

/* One datagram of the kernel's. Its length, or -errno. */
static ssize_t receive(struct netlink *netlink, char *bytes, size_t size)
{
	for (int turn = 0; turn < STRANGERS; turn++) {
		struct sockaddr_nl from = { .nl_pid = 0 };
		struct iovec part = { .iov_base = bytes, .iov_len = size };
		struct msghdr message = {
			.msg_iov = &part, .msg_iovlen = 1, .msg_name = &from, .msg_namelen = sizeof from
		};
		ssize_t n = sys_recvmsg(netlink->sock, &message, 0);

		if (n == -EINTR || (n >= 0 && from.nl_pid != 0))
			continue;
		if (n >= 0 && message.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
		return n ? n : -EPROTO;
	}
	return -EPROTO;
}

/* What a message says of the conversation: 1 go on, 0 it has ended well, or -errno. */
static int judge(const struct nlmsghdr *message)
{
	int32_t error;

	if (message->nlmsg_type != NLMSG_ERROR && message->nlmsg_type != NLMSG_DONE)
		return 1;
	/* a dump that failed in the middle has its error behind DONE */
	if (message->nlmsg_len < NLMSG_HDRLEN + sizeof error)
		return message->nlmsg_type == NLMSG_DONE ? 0 : -EPROTO;
	memcpy(&error, (const char *)message + NLMSG_HDRLEN, sizeof error);
	return error > 0 || error < -4095 ? -EPROTO : error;
}

/* Every message of a datagram that answers our last request. 1: more will come. */
static int walk(const struct netlink *netlink, const char *bytes, size_t length, netlink_each *each,
		void *context, bool *ret_torn)
{
	int r = 1;

	for (size_t at = 0; r == 1 && length - at >= NLMSG_HDRLEN;) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)(bytes + at);

		if (message->nlmsg_len < NLMSG_HDRLEN || message->nlmsg_len > length - at)
			return -EPROTO;
		at += NLMSG_ALIGN(message->nlmsg_len) < length - at ? NLMSG_ALIGN(message->nlmsg_len)
								    : length - at;
		if (message->nlmsg_seq != netlink->sequence)
			continue;
		*ret_torn |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		r = judge(message);
		if (r == 1 && each && (r = each(message, context)) == 0)
			r = 1;
	}
	return r;
}

/* Until the kernel has said its last word on a request: 0 or -errno. */
static int answers(struct netlink *netlink, char *bytes, size_t size, netlink_each *each, void *context)
{
	bool torn = false;
	int r = 1;

	while (r == 1) {
		ssize_t n = receive(netlink, bytes, size);

		if (n < 0)
			return (int)n;
		r = walk(netlink, bytes, (size_t)n, each, context, &torn);
	}
	return r == 0 && torn ? -EAGAIN : r;
}

int netlink_ask(struct netlink *netlink, char *bytes, uint32_t length)
{
	_Alignas(8) char answer[ANSWER_BYTES];
	int r = send_bytes(netlink, bytes, length);

	return r < 0 ? r : answers(netlink, answer, sizeof answer, NULL, NULL);
}

int netlink_talk(struct netlink *netlink, struct netlink_request *request)
{
	return request->full ? -EMSGSIZE : netlink_ask(netlink, request->bytes, head_of(request)->nlmsg_len);
}

int netlink_dump(struct netlink *netlink, struct netlink_request *request, netlink_each *each, void *context)
{
	_Alignas(8) char answer[DUMP_BYTES];
	int r = request->full ? -EMSGSIZE : send_bytes(netlink, request->bytes, head_of(request)->nlmsg_len);

	return r < 0 ? r : answers(netlink, answer, sizeof answer, each, context);
}

/* ---- attributes --------------------------------------------------------------------------------------- */

const struct rtattr *netlink_attribute(const struct nlmsghdr *message, uint32_t size, const struct rtattr *at)
{
	const char *bytes = (const char *)message;
	size_t offset = NLMSG_HDRLEN + NLMSG_ALIGN(size);

	if (at)
		offset = (size_t)((const char *)at - bytes) + RTA_ALIGN(at->rta_len);
	if (offset + sizeof *at > message->nlmsg_len)
		return NULL;
	at = (const struct rtattr *)(const void *)(bytes + offset);
	return at->rta_len >= sizeof *at && at->rta_len <= message->nlmsg_len - offset ? at : NULL;
}

uint32_t netlink_length(const struct rtattr *attribute)
{
	return attribute->rta_len - (uint32_t)RTA_LENGTH(0);
}

const void *netlink_value(const struct rtattr *attribute)
{
	return (const char *)attribute + RTA_LENGTH(0);
}

bool netlink_take(const struct rtattr *attribute, void *ret, uint32_t size)
{
	if (netlink_length(attribute) != size)
		return false;
	memcpy(ret, netlink_value(attribute), size);
	return true;
}

/* ---- devices ------------------------------------------------------------------------------------------ */

static int read_device(const struct nlmsghdr *message, void *context)
{
	struct netlink_device *device = context;
	struct ifinfomsg link;

	if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_HDRLEN + sizeof link)
		return -EPROTO;
	memcpy(&link, (const char *)message + NLMSG_HDRLEN, sizeof link);
	if (link.ifi_index <= 0)
		return -EPROTO;
	*device = (struct netlink_device){ .index = (uint32_t)link.ifi_index,
					   .up = (link.ifi_flags & IFF_UP) != 0 };
	for (const struct rtattr *at = NULL; (at = netlink_attribute(message, sizeof link, at));) {
		uint32_t length = netlink_length(at);

		if (at->rta_type == IFLA_IFNAME && length <= NETLINK_NAME)
			memcpy(device->name, netlink_value(at), length);
		if (at->rta_type == IFLA_NETNS_IMMUTABLE && length)
			device->immovable = *(const char *)netlink_value(at) != 0;
	}
	device->name[NETLINK_NAME - 1] = 0;
	return device->name[0] ? 0 : -EPROTO;
}

int netlink_device(struct netlink *netlink, uint32_t index, const char *name, struct netlink_device *ret)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC, .ifi_index = name ? 0 : (int)index };
	struct netlink_request request;
	int r;

	ret->index = 0;
	netlink_begin(&request, RTM_GETLINK, NLM_F_ACK, &link, sizeof link);
	if (name)
		netlink_put(&request, IFLA_IFNAME, name, (uint32_t)strlen(name) + 1);
	r = netlink_dump(netlink, &request, read_device, ret);
	return r == 0 && !ret->index ? -EPROTO : r;
}

static void begin_change(struct netlink_request *request, uint32_t index, unsigned flags)
{
	/* only the bits of ifi_change are changed */
	struct ifinfomsg link = { .ifi_index = (int)index, .ifi_flags = flags, .ifi_change = flags };

	netlink_begin(request, RTM_NEWLINK, NLM_F_ACK, &link, sizeof link);
}

int netlink_move(struct netlink *netlink, uint32_t index, int namespace, const char *name)
{
	struct netlink_request request;

	begin_change(&request, index, 0);
	netlink_put(&request, IFLA_NET_NS_FD, &namespace, sizeof namespace);
	netlink_put(&request, IFLA_IFNAME, name, (uint32_t)strlen(name) + 1);
	return netlink_talk(netlink, &request);
}

int netlink_rename(struct netlink *netlink, uint32_t index, const char *name)
{
	struct netlink_request request;

	begin_change(&request, index, 0);
	netlink_put(&request, IFLA_IFNAME, name, (uint32_t)strlen(name) + 1);
	return netlink_talk(netlink, &request);
}

int netlink_up(struct netlink *netlink, uint32_t index)
{
	struct netlink_request request;

	begin_change(&request, index, IFF_UP);
	return netlink_talk(netlink, &request);
}

int netlink_loopback_up(void)
{
	struct netlink netlink;
	int r = netlink_open(&netlink);

	if (r == 0)
		r = netlink_up(&netlink, LOOPBACK_INDEX);
	netlink_close(&netlink);
	return r;
}
