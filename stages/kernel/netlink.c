/* rtnetlink without a library: one request, one acknowledgement. Nothing is parsed but that answer, which
 * comes from the kernel. Addresses, routes and other interfaces are the business of a network plugin.
 */
#include "netlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "fd.h"

#define LOOPBACK_INDEX 1 /* the first interface of every network namespace (LOOPBACK_IFINDEX) */

struct link_request {
	struct nlmsghdr head;
	struct ifinfomsg link;
};

static ssize_t send_request(int sock)
{
	struct link_request request = {
		.head = {
			.nlmsg_len = sizeof request,
			.nlmsg_type = RTM_NEWLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
			.nlmsg_seq = 1,
		},
		/* only the bits of ifi_change are changed */
		.link = { .ifi_index = LOOPBACK_INDEX, .ifi_flags = IFF_UP, .ifi_change = IFF_UP },
	};
	struct iovec part = { .iov_base = &request, .iov_len = sizeof request };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	return sys_sendmsg(sock, &message, 0);
}

/* The kernel answers within sendmsg: one datagram with an error code, 0 for success. */
static int read_answer(int sock)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char request[256]; /* the kernel sends it back behind an error */
	} answer;
	struct iovec part = { .iov_base = &answer, .iov_len = sizeof answer };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t n;

	memset(&answer, 0, sizeof answer);
	do
		n = sys_recvmsg(sock, &message, 0);
	while (n == -EINTR);
	if (n < 0)
		return (int)n;
	if ((size_t)n < sizeof answer.head + sizeof answer.error.error ||
	    answer.head.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return answer.error.error;
}

int netlink_loopback_up(void)
{
	FD_AUTO sock = sys_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	ssize_t n;

	if (sock < 0)
		return sock;
	n = send_request(sock);
	return n < 0 ? (int)n : read_answer(sock);
}
