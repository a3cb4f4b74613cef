/* See rpc.h. Requests, answers and notifications are datagrams of one socket pair; descriptors of ours are
 * given by number, since criu reads them in /proc/OUR PID/fd.
 */
#include "criu/rpc.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "clone.h"
#include "fd.h"
#include "newuidmap.h"

#define SOCKET_FD 3
#define END_MILLISECONDS 2000
/* what criu itself calls: ip, iptables, nft, tar */
#define ENVIRONMENT "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* ---- the process -------------------------------------------------------------------------------------- */

struct birth {
	const char *program;
	const struct criu_start *start;
	int sock;
	uint64_t mask; /* of signals: none is blocked, whatever is for us */
};

/* The root of what is restored must be a mount point (criu(8), --root). In a namespace of criu's own it is
 * nobody else's, and is gone with it. Slave: what is mounted there later does not reach the host. */
static int make_root(const char *root)
{
	int r = sys_unshare(CLONE_NEWNS);

	if (r == 0)
		r = sys_mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL);
	return r == 0 ? sys_mount(root, root, NULL, MS_BIND | MS_REC, NULL) : r;
}

static int become_criu(void *argument)
{
	const struct birth *birth = argument;
	char name[] = "criu", verb[] = "swrk", socket[] = "3", path[] = ENVIRONMENT;
	char *const args[] = { name, verb, socket, NULL }, *const env[] = { path, NULL };
	int fds[1 + CRIU_PASSED], count = 0;

	if (birth->start->root && make_root(birth->start->root) < 0)
		return 126;
	/* a kernel without keyrings has nothing to share */
	if (birth->start->new_keyring) {
		long key = sys_keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0);

		if (key < 0 && key != -ENOSYS)
			return 124;
	}
	/* out of the way first: each may stand where another has to go */
	fds[count++] = sys_dup(birth->sock, SOCKET_FD + 1 + CRIU_PASSED);
	for (int i = 0; i < CRIU_PASSED && birth->start->passed[i] >= 0; i++)
		fds[count++] = sys_dup(birth->start->passed[i], SOCKET_FD + 1 + CRIU_PASSED);
	for (int i = 0; i < count; i++)
		if (fds[i] < 0 || sys_dup3(fds[i], SOCKET_FD + i, 0) < 0)
			return 125;
	sys_close_range((unsigned)(SOCKET_FD + count), ~0u, 0);
	sys_sigprocmask(SIG_SETMASK, &birth->mask, NULL);
	sys_execve(birth->program, args, env);
	return 127;
}

int criu_begin(struct arena *arena, const struct criu_start *start, struct criu *ret, struct error *error)
{
	struct birth birth = { .program = newuidmap_find(arena, "criu"), .start = start };
	int ends[2] = { -1, -1 };

	*ret = (struct criu){ .arena = arena, .sock = -1, .pidfd = -1 };
	if (!birth.program)
		return error_set(error, ENOENT,
				 "criu is not in PATH: checkpoint and restore need it (install the package "
				 "criu)");
	int r = sys_socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
	FD_AUTO theirs = ends[1];
	ret->sock = ends[0];
	birth.sock = theirs;
	hierarchy_read(arena, &ret->before);
	if (r == 0)
		r = clone_vfork(0, -1, &ret->pidfd, become_criu, &birth);
	if (r < 0)
		return error_errno(error, r, "cannot start %s", birth.program);
	ret->pid = r;
	ret->bytes = arena_alloc(arena, CRIU_MESSAGE);
	return 0;
}

int criu_end(struct criu *criu)
{
	struct pollfd end = { .fd = criu->pidfd, .events = POLLIN };
	siginfo_t info;

	fd_close_at(&criu->sock); /* which is what it waits for, if for anything */
	if (criu->pid > 0) {
		if (sys_poll(&end, 1, END_MILLISECONDS) <= 0)
			sys_pidfd_send_signal(criu->pidfd, SIGKILL);
		while (sys_waitid(P_PID, (id_t)criu->pid, &info, WEXITED | __WALL) == -EINTR)
			;
	}
	criu->pid = 0;
	fd_close_at(&criu->pidfd);
	return criu->before.mount ? hierarchy_write_back(criu->arena, &criu->before) : 0;
}

/* ---- messages ----------------------------------------------------------------------------------------- */

static int send_message(struct criu *criu, const struct criu_out *out)
{
	struct iovec part = { out->bytes, out->length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t sent;

	do
		sent = sys_sendmsg(criu->sock, &message, MSG_NOSIGNAL);
	while (sent == -EINTR);
	return sent < 0 ? (int)sent : 0;
}

/* Bytes of the next message; ret_fd: what came with it, the caller's. 0: criu has ended. */
static ssize_t receive(struct criu *criu, int *ret_fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { criu->bytes, CRIU_MESSAGE };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
	};
	ssize_t got;

	do
		got = sys_recvmsg(criu->sock, &message, MSG_CMSG_CLOEXEC);
	while (got == -EINTR);
	*ret_fd = -1;
	if (got < 0)
		return got == -ECONNRESET ? 0 : got;
	const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(head), sizeof *ret_fd);
	return message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ? -EMSGSIZE : got;
}

struct answer {
	struct criu_reply reply;
	const char *script; /* of a notification */
	int64_t script_pid;
};

/* The members of the messages within: restore 4, notify 5, features 8, version 10. */
static void read_inner(struct criu *criu, uint32_t outer, const struct criu_field *field, struct answer *ret)
{
	struct criu_reply *reply = &ret->reply;

	if (outer == 4 && field->number == 1)
		reply->pid = (int32_t)field->value;
	if (outer == 5 && field->number == 1 && field->bytes)
		ret->script = arena_copy(criu->arena, (const char *)field->bytes, field->length);
	if (outer == 5 && field->number == 2)
		ret->script_pid = (int32_t)field->value;
	if (outer == 8 && field->number == 1)
		reply->memory_tracking = field->value != 0;
	if (outer == 10 && field->number <= 4 && field->number != 3) {
		static const int64_t weight[] = { 0, 10000, 100, 0, 1 };

		reply->version += weight[field->number] * (int32_t)field->value;
	}
}

static int read_answer(struct criu *criu, size_t length, struct answer *ret)
{
	struct criu_in in = { criu->bytes, criu->bytes + length };
	struct criu_field field, inner;
	int r;

	memset(ret, 0, sizeof *ret);
	ret->script = "";
	while ((r = criu_next(&in, &field)) > 0) {
		struct criu_in within = { field.bytes, field.bytes + field.length };
		int n = 1;

		if (field.number == 1)
			ret->reply.type = (enum criu_type)field.value;
		else if (field.number == 2)
			ret->reply.success = field.value != 0;
		else if (field.number == 7)
			ret->reply.errno_ = (int32_t)field.value;
		else if (field.number == 9 && field.bytes)
			ret->reply.message = arena_copy(criu->arena, (const char *)field.bytes, field.length);
		else if (field.bytes)
			while ((n = criu_next(&within, &inner)) > 0)
				read_inner(criu, field.number, &inner, ret);
		if (n < 0)
			return n;
	}
	return r;
}

static int answer(struct criu *criu, bool success)
{
	struct criu_out out = { .bytes = criu->bytes, .room = CRIU_MESSAGE };

	criu_answer(&out, success);
	return send_message(criu, &out);
}

static int send_request(struct criu *criu, enum criu_type type, const struct criu_options *options)
{
	struct criu_out out = { .bytes = criu->bytes, .room = CRIU_MESSAGE };
	int r = 0;

	if (type == CRIU_FEATURES)
		criu_ask_features(&out);
	else
		r = criu_request(&out, type, options);
	return r == 0 ? send_message(criu, &out) : r;
}

int criu_ask(struct criu *criu, enum criu_type type, const struct criu_options *options,
	     criu_notified *notified, void *context, struct criu_reply *ret, struct error *error)
{
	struct answer got;
	int r = send_request(criu, type, options), refused = 0;

	if (r < 0)
		return error_errno(error, r, "cannot ask criu");
	for (;;) {
		FD_AUTO fd = -1;
		ssize_t length = receive(criu, &fd);

		if (length == 0)
			return refused ? refused
				       : error_set(error, EPIPE, "criu has ended without an answer");
		r = length < 0 ? (int)length : read_answer(criu, (size_t)length, &got);
		if (r < 0)
			return error_errno(error, r, "criu has answered what ocirun does not understand");
		if (got.reply.type != CRIU_NOTIFY) {
			*ret = got.reply;
			return refused;
		}
		if (!refused && notified)
			refused = notified(context, got.script, got.script_pid, fd, error);
		if (answer(criu, refused == 0) < 0 && !refused)
			return error_set(error, EPIPE, "criu has ended without an answer");
	}
}
