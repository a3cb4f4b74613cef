/* Requests to ocirun-systemd: see systemd.h and systemd-helper/wire.h. The helper gets no environment, no
 * descriptor but its socket and no word of the config that was not checked; which bus it speaks to is decided
 * here.
 */
#include "systemd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clone.h"
#include "fd.h"
#include "lexical.h"
#include "plan.h"
#include "systemd-helper/wire.h"

#define GRACE 1000 /* ms that the helper has beyond its own deadline to tell of it */
#define SYSTEM_BUS "DBUS_SYSTEM_BUS_ADDRESS"
#define HELPER "ocirun-systemd"
#define DIRECT "direct unix:path=" /* the manager itself, without a bus between */
#define BUS "bus unix:path="

/* ---- the request -------------------------------------------------------------------------------------- */

struct request {
	struct arena *arena;
	char *bytes; /* WIRE_MAX */
	size_t length;
	bool overflow;
};

static void say(struct request *request, const char *text)
{
	size_t length = strlen(text) + 1;

	if (length > WIRE_MAX - request->length) {
		request->overflow = true;
		return;
	}
	memcpy(request->bytes + request->length, text, length);
	request->length += length;
}

static void say_number(struct request *request, uint64_t number)
{
	say(request, arena_format(request->arena, "%llu", (unsigned long long)number));
}

/* A path in a D-Bus address: everything but these is written %XX. */
static const char *escaped(struct arena *arena, const char *path)
{
	static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_/.\\*";
	char *text = arena_alloc(arena, 3 * strlen(path) + 1), *to = text;

	for (; *path; path++)
		if (strchr(plain, *path))
			*to++ = *path;
		else
			to += sprintf(to, "%%%02x", (unsigned char)*path);
	return text;
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* The system's: root reaches the manager itself, with or without a bus. */
static void say_system_bus(struct request *request)
{
	const char *given = variable(SYSTEM_BUS);

	if (given) {
		say(request, arena_format(request->arena, "bus %s", given));
		return;
	}
	if (geteuid() == 0)
		say(request, DIRECT "/run/systemd/private");
	say(request, BUS "/run/dbus/system_bus_socket");
}

/* The user's. Not every user has a bus, but the manager listens on a socket of its own. */
static void say_user_bus(struct request *request)
{
	const char *given = variable("DBUS_SESSION_BUS_ADDRESS"), *directory = variable("XDG_RUNTIME_DIR");

	if (given)
		say(request, arena_format(request->arena, "bus %s", given));
	if (!directory)
		directory = arena_format(request->arena, "/run/user/%u", (unsigned)geteuid());
	if (!given)
		say(request, arena_format(request->arena, BUS "%s/bus", escaped(request->arena, directory)));
	say(request,
	    arena_format(request->arena, DIRECT "%s/systemd/private", escaped(request->arena, directory)));
}

static void begin(struct request *request, const char *verb, int milliseconds, const char *unit, int64_t pid,
		  bool user)
{
	request->bytes = arena_alloc(request->arena, WIRE_MAX);
	say(request, WIRE_VERSION);
	say(request, verb);
	say_number(request, (uint64_t)milliseconds);
	say(request, unit);
	say_number(request, (uint64_t)pid);
	if (user)
		say_user_bus(request);
	else
		say_system_bus(request);
	say(request, "");
}

static void say_property(struct request *request, const struct systemd_property *property)
{
	say(request, property->name);
	say_number(request, property->since);
	say(request, property->value);
}

/* ---- the helper --------------------------------------------------------------------------------------- */

/* Beside ocirun, or ../libexec/ocirun. Never in PATH: what is there may be anybody's. */
static int find_helper(struct arena *arena, const char **ret, struct error *error)
{
	char self[PLAN_MAX_PATH + 1];
	ssize_t length = sys_readlinkat(AT_FDCWD, "/proc/self/exe", self, sizeof self - 1);

	if (length < 0)
		return error_errno(error, (int)length, "cannot find " HELPER);
	self[length] = 0;
	const char *directory = lexical_join(arena, self, "..");
	const char *places[] = { lexical_join(arena, directory, HELPER),
				 lexical_join(arena, directory, "../libexec/ocirun/" HELPER) };
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (sys_access(AT_FDCWD, places[i], X_OK, 0) == 0) {
			*ret = places[i];
			return 0;
		}
	return error_set(error, ENOENT, "the systemd cgroup driver needs %s, which is not there", places[0]);
}

struct birth {
	const char *helper;
	int sock;
};

static int become_helper(void *argument)
{
	const struct birth *birth = argument;
	char name[] = HELPER;
	char *const args[] = { name, NULL }, *const env[] = { NULL };

	sys_dup3(birth->sock, 0, 0);
	sys_close_range(3, ~0u, 0); /* --preserve-fds: the container's alone */
	sys_execve(birth->helper, args, env);
	return 127;
}

static int send_request(int sock, const void *bytes, size_t length)
{
	struct iovec part = { (void *)(uintptr_t)bytes, length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t sent = sys_sendmsg(sock, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

	return sent < 0 ? (int)sent : 0;
}

/* Bytes of the reply, or -errno; -EPIPE: the helper ended without one. */
static int receive_reply(int sock, int64_t end, char *reply)
{
	struct iovec part = { reply, WIRE_REPLY };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct pollfd ready = { .fd = sock, .events = POLLIN };

	for (;;) {
		int64_t left = end - sys_clock_ms();
		int r = sys_poll(&ready, 1, left > 0 ? (int)left : 0);

		if (r == -EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? r : -ETIMEDOUT;
		ssize_t length = sys_recvmsg(sock, &message, MSG_DONTWAIT);
		/* reset: it has not even read the request */
		return length == 0 || length == -ECONNRESET ? -EPIPE : (int)length;
	}
}

static void end_helper(int pid, int pidfd)
{
	siginfo_t info;

	sys_pidfd_send_signal(pidfd, SIGKILL); /* it has said all that it had to */
	while (sys_waitid(P_PID, (id_t)pid, &info, WEXITED | __WALL) == -EINTR)
		;
}

int systemd_exchange(const char *helper, const void *request, size_t length, int milliseconds, char *reply)
{
	int64_t end = sys_clock_ms() + milliseconds;
	int ends[2] = { -1, -1 };
	int r = sys_socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
	FD_AUTO ours = ends[0];
	FD_AUTO theirs = ends[1];
	FD_AUTO pidfd = -1;
	struct birth birth = { helper, theirs };

	if (r == 0)
		r = send_request(ours, request, length);
	if (r < 0)
		return r;
	int pid = clone_vfork(0, -1, &pidfd, become_helper, &birth);
	if (pid < 0)
		return pid;
	fd_close_at(&theirs); /* its end shows when the helper has none either */
	r = receive_reply(ours, end, reply);
	end_helper(pid, pidfd);
	return r;
}

/* ---- the reply ---------------------------------------------------------------------------------------- */

struct call {
	struct request request;
	const char *what; /* "create ocirun-web.scope": for messages */
	const char *bus;
	bool user, begun; /* begun: it did not end in time, and may yet be done */
	int milliseconds;
	struct error *error;
};

#define NO_USER_SYSTEMD                                                                                     \
	" (does a systemd of this user run, and does XDG_RUNTIME_DIR name its directory? log in by ssh or " \
	"machinectl shell, or ask for: sudo loginctl enable-linger USER)"

static int late(const struct call *call)
{
	return error_set(call->error, ETIMEDOUT,
			 "Timeout waiting for systemd to %s: no answer on %s within %d s", call->what,
			 call->bus, call->milliseconds / 1000);
}

static int understand(struct call *call, const char *reply, size_t length, const char **ret_text)
{
	const char *at = reply, *end = reply + length;
	const char *number = wire_next(&at, end), *text = number ? wire_next(&at, end) : NULL;

	if (!text)
		return error_set(call->error, EPROTO,
				 "cannot %s: " HELPER " has answered what ocirun does not "
				 "understand",
				 call->what);
	int code = atoi(number);
	call->begun = code == ETIMEDOUT && strcmp(text, WIRE_BEGUN) == 0;
	if (code == ETIMEDOUT)
		return late(call);
	if (code)
		return error_set(call->error, code, "cannot %s (%s): %s%s", call->what, call->bus, text,
				 call->user && strncmp(text, "cannot reach", 12) == 0 ? NO_USER_SYSTEMD : "");
	*ret_text = arena_copy(call->request.arena, text, strlen(text));
	return 0;
}

static int perform(struct call *call, const char **ret_text)
{
	const struct request *request = &call->request;
	const char *helper = NULL;
	char reply[WIRE_REPLY];

	if (request->overflow)
		return error_set(call->error, E2BIG, "cannot %s: its properties have more than %d KiB",
				 call->what, WIRE_MAX >> 10);
	int r = find_helper(request->arena, &helper, call->error);
	if (r < 0)
		return r;
	r = systemd_exchange(helper, request->bytes, request->length, call->milliseconds + GRACE, reply);
	if (r == -ETIMEDOUT)
		return late(call);
	if (r == -EPIPE)
		return error_set(call->error, EPIPE,
				 "cannot %s: %s has ended without an answer (does it find "
				 "libsystemd.so.0?)",
				 call->what, helper);
	if (r < 0)
		return error_errno(call->error, r, "cannot %s", call->what);
	return understand(call, reply, (size_t)r, ret_text);
}

static struct call new_call(struct arena *arena, bool user, struct error *error)
{
	return (struct call){ .request = { .arena = arena },
			      .user = user,
			      .bus = user ? "the user bus" : "the system bus",
			      .milliseconds = SYSTEMD_MILLISECONDS,
			      .error = error };
}

/* ---- requests ----------------------------------------------------------------------------------------- */

int systemd_check(struct arena *arena, bool user, struct error *error)
{
	const char *helper;
	int r = find_helper(arena, &helper, error);

	if (r == 0 && !user && !variable(SYSTEM_BUS) &&
	    sys_access(AT_FDCWD, "/run/systemd/system", F_OK, 0) < 0)
		r = error_set(error, ENOTSUP,
			      "systemd not running on this host, cannot use systemd cgroups manager");
	return r;
}

int systemd_start(struct arena *arena, const struct systemd_unit *unit, int64_t pid, bool *ret_begun,
		  struct error *error)
{
	struct call call = new_call(arena, unit->user, error);
	struct systemd_property pids = { .name = "PIDs", .value = "" };
	const char *text;

	call.what = arena_format(arena, "create %s", unit->name);
	begin(&call.request, WIRE_START, call.milliseconds, unit->name, pid, unit->user);
	for (uint32_t i = 0; i < unit->properties.count; i++)
		if (!unit->properties.items[i].late)
			say_property(&call.request, &unit->properties.items[i]);
	if (pid) {
		pids.value = arena_format(arena, "[uint32 %lld]", (long long)pid);
		say_property(&call.request, &pids);
	}
	int r = perform(&call, &text);
	*ret_begun = call.begun;
	return r;
}

int systemd_stop(struct arena *arena, const char *unit, bool user, struct error *error)
{
	struct call call = new_call(arena, user, error);
	const char *text;

	call.what = arena_format(arena, "stop %s", unit);
	begin(&call.request, WIRE_STOP, call.milliseconds, unit, 0, user);
	return perform(&call, &text);
}

int systemd_set_properties(struct arena *arena, const char *unit, bool user,
			   const struct systemd_properties *properties, struct error *error)
{
	struct call call = new_call(arena, user, error);
	const char *text;

	if (!properties->count)
		return 0;
	call.what = arena_format(arena, "set properties of %s", unit);
	begin(&call.request, WIRE_SET, call.milliseconds, unit, 0, user);
	for (uint32_t i = 0; i < properties->count; i++)
		say_property(&call.request, &properties->items[i]);
	return perform(&call, &text);
}

int systemd_manager_group(struct arena *arena, bool user, const char **ret, struct error *error)
{
	struct call call = new_call(arena, user, error);

	call.what = "tell its control group";
	begin(&call.request, WIRE_MANAGER, call.milliseconds, "", 0, user);
	return perform(&call, ret);
}
