/* Messages to and from the host side: one table says which may be sent after which, and what answers it.
 * Never waits for room in the socket; never goes on when the other end is gone (DESIGN "Messages"):
 * a shim whose creator has died must not become a container that nobody knows.
 */
#include "talk.h"

static const struct message_shape shapes[] = MESSAGE_SHAPES;
_Static_assert(MESSAGE_COUNT <= 32, "one bit a message in shim->told");

/* Messages of the shim, in the order of the timeline. A message that must come once names itself. */
static const struct talk_rule {
	uint32_t not_after; /* illegal once one of these was sent */
	uint32_t answer;    /* what the host side may say to it (ABORT always) */
} rules[MESSAGE_COUNT] = {
	[MESSAGE_MAP] = { TALK_BIT(MAP) | TALK_BIT(FORKED) | TALK_BIT(IDMAP) | TALK_BIT(HOST) |
				  TALK_BIT(LISTENER) | TALK_BIT(READY),
			  TALK_BIT(DONE) },
	[MESSAGE_IDMAP] = { TALK_BIT(HOST) | TALK_BIT(LISTENER) | TALK_BIT(READY), TALK_BIT(DONE) },
	[MESSAGE_FORKED] = { TALK_BIT(FORKED) | TALK_BIT(LISTENER) | TALK_BIT(READY),
			     0 }, /* HOST: row FORK */
	[MESSAGE_HOST] = { TALK_BIT(HOST) | TALK_BIT(LISTENER) | TALK_BIT(READY), TALK_BIT(DONE) },
	[MESSAGE_LISTENER] = { TALK_BIT(LISTENER) | TALK_BIT(READY), 0 },
	[MESSAGE_READY] = { TALK_BIT(READY), TALK_BIT(GO) },
	[MESSAGE_FAULT] = { TALK_BIT(FAULT), 0 },
};

/* The host side is gone: nobody is left to be told why. */
static _Noreturn void talk_gone(void)
{
	sys_exit(1);
}

static const char *talk_illegal(const struct shim *shim, enum message_type type, int fd)
{
	if (shapes[type].way != MESSAGE_UP)
		return " is not the shim's to send";
	if (shim->told & rules[type].not_after)
		return " comes too late";
	if (fd < 0 ? shapes[type].least > 0 : shapes[type].most == 0)
		return " with a wrong number of descriptors";
	return NULL;
}

static ssize_t talk_send(int sock, enum message_type type, const void *body, int fd)
{
	struct message_head head = { (uint32_t)type, shapes[type].body };
	struct iovec parts[2] = {
		{ &head, sizeof head },
		{ (void *)(uintptr_t)body, shapes[type].body },
	};
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .head = { CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct msghdr message = {
		.msg_iov = parts,
		.msg_iovlen = shapes[type].body ? 2 : 1,
		.msg_control = fd < 0 ? NULL : &control,
		.msg_controllen = fd < 0 ? 0 : sizeof control,
	};

	memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
	return sys_sendmsg(sock, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int talk_tell(struct shim *shim, enum message_type type, const void *body, int fd, struct fault *fault)
{
	const char *illegal = talk_illegal(shim, type, fd);
	ssize_t sent;

	if (illegal)
		return fault_set2(fault, FAULT_SEND, EPROTO, shapes[type].name, illegal, "");
	sent = talk_send(shim->sock, type, body, fd);
	if (sent == -EPIPE || sent == -ECONNRESET)
		talk_gone();
	if (sent < 0)
		return fault_set(fault, FAULT_SEND, (int)sent, shapes[type].name);
	shim->told |= 1u << type;
	return 0;
}

/* No control buffer: a descriptor that comes anyway is dropped by the kernel, which says MSG_CTRUNC. */
int talk_wait(struct shim *shim, enum message_type wanted, struct fault *fault)
{
	struct message_head head = { 0 };
	struct iovec part = { &head, sizeof head };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t got;

	do
		got = sys_recvmsg(shim->sock, &message, 0);
	while (got == -EINTR);
	if (got == 0 || got == -ECONNRESET)
		talk_gone();
	if (got < 0)
		return fault_set(fault, FAULT_RECEIVE, (int)got, shapes[wanted].name);
	if (got != (ssize_t)sizeof head || head.length || message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return fault_set2(fault, FAULT_RECEIVE, EBADMSG, shapes[wanted].name, "", ": wrong length");
	if (head.type == MESSAGE_ABORT)
		return fault_set2(fault, FAULT_RECEIVE, ECANCELED, shapes[wanted].name, "",
				  ": the host side gave up");
	if (head.type != wanted)
		return fault_set2(fault, FAULT_RECEIVE, EPROTO, shapes[wanted].name, "",
				  ": another message came");
	return 0;
}

static int talk_ask(struct shim *shim, enum message_type type, int fd, struct fault *fault)
{
	int r;

	if (!(rules[type].answer & TALK_BIT(DONE)))
		return fault_set2(fault, FAULT_SEND, EPROTO, shapes[type].name, "", " is not answered");
	r = talk_tell(shim, type, NULL, fd, fault);
	return r < 0 ? r : talk_wait(shim, MESSAGE_DONE, fault);
}

const struct shim_talk shim_talk = { talk_tell, talk_ask };
