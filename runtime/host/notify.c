/* See notify.h. One datagram is on its way at a time: while the manager takes none the container's wait in
 * its own socket. Descriptors that come along are not taken, so the kernel closes them, which is also the
 * answer to a barrier of the container's: everything that it said before has been sent on by then.
 */
#include "notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "compile/compile.h"
#include "fd.h"
#include "unix_socket.h"

#define BARRIER_MILLISECONDS 30000
#define LAST_MILLISECONDS 1000 /* for the manager to take a dead container's words */

const char *notify_wanted(void)
{
	const char *address = getenv("NOTIFY_SOCKET");

	return address && *address ? address : NULL;
}

int notify_check(const char *address, struct error *error)
{
	if ((address[0] == '/' || address[0] == '@') && address[1])
		return 0;
	return error_set(error, EINVAL,
			 "NOTIFY_SOCKET must be an absolute path or an abstract name (@...), not \"%s\"",
			 address);
}

void notify_init(struct notify *ret, const struct globals *globals)
{
	*ret = (struct notify){ .globals = globals, .manager = -1, .bound = -1, .barrier = -1, .theirs = -1 };
}

/* ---- sockets ------------------------------------------------------------------------------------------ */

int notify_make(int dir, struct error *error)
{
	int r = sys_mkdirat(dir, NOTIFY_OUTER, 0700);

	if (r == 0)
		r = sys_mkdirat(dir, NOTIFY_INNER, 0755);
	if (r == 0)
		r = sys_fchmodat(dir, NOTIFY_INNER, 0755); /* whatever our umask is */
	return r < 0 ? error_errno(error, r, "cannot make the directory of the notification socket") : 0;
}

int notify_connect(struct notify *notify, const char *address, struct error *error)
{
	int r = notify_check(address, error);

	if (r < 0)
		return r;
	notify->manager = unix_connect(address, SOCK_DGRAM);
	if (notify->manager < 0)
		return error_errno(error, notify->manager, "cannot connect to NOTIFY_SOCKET %s", address);
	return 0;
}

int notify_bind(struct notify *notify, int dir, struct error *error)
{
	FD_AUTO inner = sys_openat(dir, NOTIFY_INNER, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);

	int r = notify->bound = inner < 0 ? inner : unix_bind_datagram(inner, NOTIFY_NAME);
	if (r >= 0)
		r = sys_fchmodat(inner, NOTIFY_NAME, 0777);
	return r < 0 ? error_errno(error, r, "cannot bind the notification socket") : 0;
}

void notify_close(struct notify *notify)
{
	fd_close_at(&notify->manager);
	fd_close_at(&notify->bound);
	fd_close_at(&notify->barrier);
	fd_close_at(&notify->theirs);
}

/* ---- what may go on ----------------------------------------------------------------------------------- */

/* MAINPID is a number of the container's own namespace; descriptors do not go on, so neither do their names;
 * who may notify is not for the container to say. */
static bool may_pass(const char *line, size_t length)
{
	static const char *const keys[] = { "MAINPID",      "MAINPIDFD", "MAINPIDFDID",
					    "NOTIFYACCESS", "FDSTORE",   "FDSTOREREMOVE",
					    "FDNAME",       "FDPOLL",    "BARRIER" };
	const char *equals = memchr(line, '=', length);

	for (size_t i = 0; equals && i < sizeof keys / sizeof keys[0]; i++)
		if ((size_t)(equals - line) == strlen(keys[i]) && memcmp(line, keys[i], strlen(keys[i])) == 0)
			return false;
	return equals != NULL;
}

size_t notify_filter(char *text, size_t length, bool *ret_ready)
{
	size_t kept = 0;

	*ret_ready = false;
	while (length && text[length - 1] == 0)
		length--;
	if (memchr(text, 0, length)) /* systemd takes none of it */
		return 0;
	for (size_t at = 0; at < length;) {
		size_t end = at;

		/* both end a line for systemd: what hides behind the other one must not pass */
		while (end < length && text[end] != '\n' && text[end] != '\r')
			end++;
		if (end > at && may_pass(text + at, end - at)) {
			*ret_ready |=
				end - at == strlen("READY=1") && !memcmp(text + at, "READY=1", end - at);
			memmove(text + kept, text + at, end - at);
			kept += end - at;
			text[kept++] =
				'\n'; /* in the place of the one that was read, or one behind the end */
		}
		at = end + 1;
	}
	return kept;
}

/* ---- forwarding --------------------------------------------------------------------------------------- */

/* One datagram of the container's, if it is worth sending on. */
static void take(struct notify *notify)
{
	char text[NOTIFY_BYTES];
	struct iovec part = { text, sizeof text - 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t got = sys_recvmsg(notify->bound, &message, MSG_DONTWAIT);
	bool ready;

	if (got <= 0 || message.msg_flags & MSG_TRUNC)
		return;
	notify->length = notify_filter(text, (size_t)got, &ready);
	memcpy(notify->text, text, notify->length);
	if (ready && notify->step == NOTIFY_LISTENS)
		notify->step = NOTIFY_IS_READY;
}

static void fill(struct notify *notify, const char *key, int64_t value, enum notify_step step)
{
	notify->length =
		(size_t)snprintf(notify->text, sizeof notify->text, "%s=%lld\n", key, (long long)value);
	notify->step = step;
}

/* What follows READY=1. Our end of the barrier's pipe closes when the manager has read all that came before.
 */
static void prepare_next(struct notify *notify)
{
	int ends[2];

	if (notify->step == NOTIFY_IS_READY) {
		fill(notify, "MAINPID", notify->main_pid, NOTIFY_HAS_PID);
	} else if (notify->step == NOTIFY_HAS_PID) {
		notify->step = NOTIFY_HAS_TOLD;
		if (sys_pipe(ends) < 0)
			return;
		notify->barrier = ends[0];
		notify->theirs = ends[1];
		fill(notify, "BARRIER", 1, NOTIFY_HAS_TOLD);
	}
}

static ssize_t send_pending(const struct notify *notify)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .head = { CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { (void *)(uintptr_t)notify->text, notify->length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	memcpy(CMSG_DATA(&control.head), &notify->theirs, sizeof notify->theirs);
	if (notify->theirs >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
	}
	return sys_sendmsg(notify->manager, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Send what can be sent without waiting. */
static void push(struct notify *notify)
{
	while (notify->length) {
		ssize_t sent = send_pending(notify);

		if (sent == -EAGAIN || sent == -EINTR)
			return;
		if (sent < 0 && !notify->warned)
			log_warning(notify->globals, "cannot send to NOTIFY_SOCKET: %s",
				    strerror((int)-sent));
		notify->warned |= sent < 0;
		notify->length = 0;
		fd_close_at(&notify->theirs);
		prepare_next(notify);
	}
}

static unsigned watch(void *context, struct pollfd *ends)
{
	const struct notify *notify = context;

	ends[0] = notify->length ? (struct pollfd){ .fd = notify->manager, .events = POLLOUT }
				 : (struct pollfd){ .fd = notify->bound, .events = POLLIN };
	return 1;
}

static void serve(void *context, const struct pollfd *ends)
{
	struct notify *notify = context;

	if (!ends[0].revents)
		return;
	if (!notify->length)
		take(notify);
	push(notify);
}

struct side_work notify_side_work(struct notify *notify, int64_t main_pid)
{
	notify->main_pid = main_pid;
	return (struct side_work){ .watch = watch, .serve = serve, .context = notify };
}

/* ---- waiting ------------------------------------------------------------------------------------------ */

static void wait_for_barrier(struct notify *notify)
{
	const int64_t deadline = sys_clock_ms() + BARRIER_MILLISECONDS;
	struct pollfd end = { .fd = notify->barrier, .events = POLLIN };
	int64_t left = BARRIER_MILLISECONDS;

	while (notify->barrier >= 0 && left > 0 && sys_poll(&end, 1, (int)left) == -EINTR)
		left = deadline - sys_clock_ms();
	fd_close_at(&notify->barrier);
}

void notify_until_ready(struct notify *notify, int64_t main_pid, int pidfd)
{
	notify->main_pid = main_pid;
	while (notify->step != NOTIFY_HAS_TOLD || notify->length) {
		struct pollfd ends[2];
		unsigned count = watch(notify, ends);

		ends[count] = (struct pollfd){ .fd = pidfd, .events = POLLIN }; /* -1: skipped */
		int r = sys_poll(ends, count + 1, pidfd >= 0 ? -1 : notify->length ? LAST_MILLISECONDS : 0);
		if (r <= 0 && r != -EINTR) /* dead, and has said nothing else; or the manager is stuck */
			return;
		if (r > 0 && ends[0].revents)
			serve(notify, ends);
		else if (r > 0)
			pidfd = -1;
	}
	wait_for_barrier(notify);
}

void notify_drain(struct notify *notify)
{
	const int64_t deadline = sys_clock_ms() + LAST_MILLISECONDS;

	while (sys_clock_ms() < deadline) {
		struct pollfd ends[1];

		watch(notify, ends);
		if (sys_poll(ends, 1, notify->length ? LAST_MILLISECONDS : 0) <= 0)
			return;
		serve(notify, ends);
	}
}
