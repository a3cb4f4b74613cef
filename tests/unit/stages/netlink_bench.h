/* A kernel that answers on netlink what a test says. Include it in one file of a test. */
#ifndef OCIRUN_NETLINK_BENCH_H
#define OCIRUN_NETLINK_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "host.h"
#include "stage_core.h"

static struct datagram {
	_Alignas(8) char bytes[40000];
	size_t used;
	size_t message; /* where the last one begins */
} datagram;

static inline void *put_message(unsigned type, uint32_t sequence, const void *body, size_t size)
{
	struct nlmsghdr head = { .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + NLMSG_ALIGN(size)),
				 .nlmsg_type = (uint16_t)type,
				 .nlmsg_seq = sequence };

	datagram.message = datagram.used;
	memset(datagram.bytes + datagram.used, 0, head.nlmsg_len);
	memcpy(datagram.bytes + datagram.used, &head, sizeof head);
	memcpy(datagram.bytes + datagram.used + NLMSG_HDRLEN, body, size);
	datagram.used += head.nlmsg_len;
	return datagram.bytes + datagram.message;
}

static inline void put_attribute(unsigned type, const void *value, size_t size)
{
	struct nlmsghdr *head = (struct nlmsghdr *)(void *)(datagram.bytes + datagram.message);
	struct rtattr attribute = { .rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = (uint16_t)type };

	memset(datagram.bytes + datagram.used, 0, RTA_SPACE(size));
	memcpy(datagram.bytes + datagram.used, &attribute, sizeof attribute);
	memcpy(datagram.bytes + datagram.used + RTA_LENGTH(0), value, size);
	datagram.used += RTA_SPACE(size);
	head->nlmsg_len += (uint32_t)RTA_SPACE(size);
}

static inline void send_it(void)
{
	fake_message(datagram.bytes, datagram.used, NULL, 0);
	datagram.used = 0;
}

static inline void say(uint32_t sequence, int32_t error)
{
	put_message(NLMSG_ERROR, sequence, &error, sizeof error);
	send_it();
}

static inline void done(uint32_t sequence)
{
	const int32_t zero = 0;

	put_message(NLMSG_DONE, sequence, &zero, sizeof zero);
	send_it();
}

static inline void put_link(uint32_t sequence, int index, const char *name, unsigned flags)
{
	struct ifinfomsg link = { .ifi_index = index, .ifi_flags = flags };

	put_message(RTM_NEWLINK, sequence, &link, sizeof link);
	put_attribute(IFLA_IFNAME, name, strlen(name) + 1);
}

static inline void answer_link(uint32_t sequence, int index, const char *name, unsigned flags)
{
	put_link(sequence, index, name, flags);
	send_it();
	say(sequence, 0);
}

static inline void empty_routes(uint32_t sequence)
{
	done(sequence);
	done(sequence + 1);
}

#endif
