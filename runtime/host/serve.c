/* The host side of the conversation with ociinit, until READY and then until execve. A message is a row: its
 * handler runs when it comes at its place; anything else ends the launch. Owns no descriptor of its own.
 */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "console.h"
#include "launch.h"
#include "messages.h"
#include "newuidmap.h"
#include "pidfd.h"
#include "pidfd_socket.h"

struct message {
	struct message_head head;
	struct fault fault; /* the body, of the one message that has any */
	int fd;             /* came along, or -1; who keeps it takes it */
};

#define NAMELESS_TRIES 1000 /* milliseconds */
#define LAST_WORD_MILLISECONDS 1000

static const struct message_shape shapes[] = MESSAGE_SHAPES;

/* ---- receiving ---------------------------------------------------------------------------------------- */

static int not_understood(struct error *error, const char *why)
{
	return error_set(error, EPROTO, "ociinit sent a message that is not understood (%s)", why);
}

/* Take the one descriptor that a message may carry. Returns how many came: 2 stands for anything else. */
static int take_descriptor(struct msghdr *header, struct message *ret)
{
	const struct cmsghdr *control = CMSG_FIRSTHDR(header);

	ret->fd = -1;
	if (!control)
		return 0;
	if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS ||
	    control->cmsg_len != CMSG_LEN(sizeof ret->fd) ||
	    header->msg_controllen > CMSG_SPACE(sizeof ret->fd))
		return 2;
	memcpy(&ret->fd, CMSG_DATA(control), sizeof ret->fd);
	return 1;
}

/* Is it of a known type, of our way, and of exactly the shape that messages.h gives it? */
static int check_shape(const struct message *message, size_t length, uint32_t descriptors, int flags,
		       struct error *error)
{
	if (flags & (MSG_CTRUNC | MSG_TRUNC) || length < sizeof message->head)
		return not_understood(error, "cut");
	if (message->head.type >= MESSAGE_COUNT || shapes[message->head.type].way != MESSAGE_UP)
		return not_understood(error, "type");
	const struct message_shape *shape = &shapes[message->head.type];
	if (message->head.length != shape->body || length != sizeof message->head + shape->body)
		return not_understood(error, "length");
	if (descriptors < shape->least || descriptors > shape->most)
		return not_understood(error, "descriptors");
	return 0;
}

/* One datagram. 1: a message (its descriptor is the caller's), 0: EOF, or -errno. */
static int receive(int sock, struct message *ret, struct error *error)
{
	struct iovec parts[] = { { &ret->head, sizeof ret->head }, { &ret->fault, sizeof ret->fault } };
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr header = {
		.msg_iov = parts, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control
	};
	ssize_t got;

	do
		got = sys_recvmsg(sock, &header, 0);
	while (got == -EINTR);
	if (got == 0 || got == -ECONNRESET)
		return 0;
	if (got < 0)
		return error_errno(error, (int)got, "cannot receive from ociinit");
	int descriptors = take_descriptor(&header, ret);
	int r = check_shape(ret, (size_t)got, (uint32_t)descriptors, header.msg_flags, error);
	if (r < 0)
		fd_close_at(&ret->fd);
	return r < 0 ? r : 1;
}

static int tell(struct launch *launch, enum message_type type, struct error *error)
{
	struct message_head head = { .type = type };
	struct iovec part = { &head, sizeof head };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t sent = sys_sendmsg(launch->sock, &message, MSG_NOSIGNAL);

	/* EPIPE: it has died, and the next receive says how */
	if (sent < 0 && sent != -EPIPE && sent != -ECONNRESET)
		return error_errno(error, (int)sent, "cannot send %s to ociinit", shapes[type].name);
	return 0;
}

/* ---- the handlers ------------------------------------------------------------------------------------- */

static int fail(struct launch *launch, const struct fault *fault, struct error *error)
{
	fault_error(&launch->compiled->plan, fault, error);
	error->inside = true;
	return error->code ? -error->code : error_set(error, EIO, "ociinit failed without a reason");
}

static int on_map(struct launch *launch, struct message *message, struct error *error)
{
	struct fault fault = { .row = PLAN_ROW_USERNS, .record = FAULT_NO_RECORD };

	const struct plan_userns *userns = plan_find(&launch->compiled->plan, PLAN_KIND_userns);

	(void)message;
	if (userns && userns->writer == PLAN_MAP_TOOL) {
		int r = newuidmap_write(&launch->compiled->plan, userns, launch->pid, error);

		return r < 0 ? r : tell(launch, MESSAGE_DONE, error);
	}
	if (host_userns_map(&launch->compiled->plan, launch->pid, &fault) < 0)
		return fail(launch, &fault, error);
	return tell(launch, MESSAGE_DONE, error);
}

static int on_idmap(struct launch *launch, struct message *message, struct error *error)
{
	struct fault fault = { .row = PLAN_ROW_MOUNTS, .record = FAULT_NO_RECORD };

	if (host_idmap(&launch->compiled->plan, launch->idmapped++, message->fd, &fault) < 0)
		return fail(launch, &fault, error);
	return tell(launch, MESSAGE_DONE, error);
}

/* Has the kernel this process down as our child? */
static bool is_child(int64_t pid)
{
	siginfo_t info;

	return sys_waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

/* The process that becomes the container is another one: which one the kernel says, not the shim. */
static int on_forked(struct launch *launch, struct message *message, struct error *error)
{
	int64_t pid = pidfd_process(message->fd);

	if (pid <= 0)
		return error_errno(error, pid < 0 ? (int)pid : -EPROTO,
				   "cannot tell which process ociinit is now");
	if (!is_child(pid))
		return error_set(error, EPROTO,
				 "ociinit says that it is process %lld, which is no child of ours",
				 (long long)pid);
	launch->forked = true;
	launch->helper = launch->pid;
	launch->pid = pid;
	fd_close_at(&launch->pidfd);
	launch->pidfd = fd_take(&message->fd);
	return launch->on_forked ? launch->on_forked(launch->context, error) : 0;
}

static bool has_hooks(const struct plan *plan, enum plan_row row)
{
	plan_each(plan, record)
		if (record->kind == PLAN_KIND_hook && record->row == row)
			return true;
	return false;
}

static int on_host(struct launch *launch, struct message *message, struct error *error)
{
	struct fault fault = { .row = PLAN_ROW_HOST_HOOKS, .record = FAULT_NO_RECORD };
	const struct plan *plan = &launch->compiled->plan;

	(void)message;
	if (host_network_move(plan, launch->pid, &launch->network, &fault) < 0)
		return fail(launch, &fault, error);
	launch->hooks_began |= has_hooks(plan, PLAN_ROW_HOST_HOOKS);
	if (host_hooks(plan, launch->pid, launch->sock, &fault) < 0)
		return fail(launch, &fault, error);
	/* from here on its own hooks may run at any moment */
	launch->hooks_began |= has_hooks(plan, PLAN_ROW_HOOKS);
	return tell(launch, MESSAGE_DONE, error);
}

static int on_listener(struct launch *launch, struct message *message, struct error *error)
{
	int r = launch->agent.sock < 0 ? not_understood(error, "listener")
				       : agent_send(&launch->agent, launch->pid, message->fd, error);

	fd_close_at(&launch->agent.sock); /* one message is all */
	return r;
}

/* PRO-03: whoever waits at the console socket has the terminal before we return. */
static int send_terminal(struct launch *launch, struct error *error)
{
	int r = console_send(launch->console, launch->master, error);

	fd_close_at(&launch->console); /* one message is all */
	fd_close_at(&launch->master);
	return r;
}

static int on_ready(struct launch *launch, struct message *message, struct error *error)
{
	bool terminal = plan_find(&launch->compiled->plan, PLAN_KIND_console) != NULL;

	launch->hooks_began |= has_hooks(&launch->compiled->plan, PLAN_ROW_HOOKS);
	if (terminal != (message->fd >= 0))
		return not_understood(error, "terminal");
	launch->master = fd_take(&message->fd);
	int r = launch->console >= 0 ? send_terminal(launch, error) : 0;
	if (r == 0 && launch->receiver >= 0) {
		r = pidfd_socket_send(launch->receiver, launch->kind, launch->pidfd, error);
		fd_close_at(&launch->receiver);
	}
	return r;
}

static int on_fault(struct launch *launch, struct message *message, struct error *error)
{
	const struct fault *fault = &message->fault;

	launch->not_executed = fault->op == FAULT_EXEC;
	if (fault->row >= PLAN_ROW_HOOKS && fault->row < PLAN_ROW_COUNT)
		launch->hooks_began |= has_hooks(&launch->compiled->plan, PLAN_ROW_HOOKS);
	return fail(launch, fault, error);
}

static int (*const handlers[MESSAGE_COUNT])(struct launch *, struct message *, struct error *) = {
	[MESSAGE_MAP] = on_map,     [MESSAGE_FORKED] = on_forked,     [MESSAGE_HOST] = on_host,
	[MESSAGE_IDMAP] = on_idmap, [MESSAGE_LISTENER] = on_listener, [MESSAGE_READY] = on_ready,
	[MESSAGE_FAULT] = on_fault,
};

/* ---- an ociinit that died ----------------------------------------------------------------------------- */

/* A new group's counter began at 0; that of a group that was there may be old news. */
static bool out_of_memory(const struct launch *launch)
{
	const struct spec_strings *dirs = &launch->compiled->cgroup_dirs;

	for (uint32_t i = 0; i < dirs->count && i < launch->groups.count; i++)
		if (launch->groups.made & (1ULL << i) && host_cgroup_oom_kills(dirs->items[i]) > 0)
			return true;
	return false;
}

/* A group that we hold open was removed: nothing lives in it, and its counters have gone with it. */
static bool group_has_gone(const struct launch *launch)
{
	for (uint32_t i = 0; i < launch->groups.count; i++) {
		struct stat about;

		if (launch->groups.dirs[i] >= 0 &&
		    sys_fstatat(launch->groups.dirs[i], "cgroup.procs", &about, 0) == -ENOENT)
			return true;
	}
	return false;
}

static bool limits_memory(const struct launch *launch)
{
	const struct plan *plan = &launch->compiled->plan;

	plan_each(plan, record) {
		const struct plan_cgroup_write *write = (const void *)record; /* if it is one */

		if (record->kind == PLAN_KIND_cgroup_write &&
		    !strncmp(plan_text(plan, write->file), "memory.", 7))
			return true;
	}
	return false;
}

/* The shim will go on as another process, which has not named itself yet. */
static bool forks(const struct launch *launch)
{
	plan_each(&launch->compiled->plan, record) {
		const struct plan_namespaces *namespaces = (const void *)record; /* if it is one */

		if (record->kind == PLAN_KIND_namespaces && (namespaces->fork || namespaces->born))
			return !launch->forked;
	}
	return false;
}

/* A child that died before we knew its number. As long as it is a zombie the init of its pid namespace cannot
 * end. It gives no signal at its end, and has closed its socket a moment before it. */
static void reap_nameless(void)
{
	siginfo_t info;

	for (int i = 0; i < NAMELESS_TRIES; i++) {
		info.si_pid = 0;
		int r = sys_waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL);

		if (r < 0 || info.si_pid != 0)
			return;
		sys_poll(NULL, 0, 1);
	}
}

/* It closed its socket without a word: wait for it and say how it ended (CRE-24). */
static int died(struct launch *launch, struct error *error)
{
	siginfo_t info = { 0 };
	int r;

	launch->hooks_began |= has_hooks(&launch->compiled->plan, PLAN_ROW_HOOKS);
	/* an end of file is also what a living but broken one could give: do not wait for ever */
	sys_pidfd_send_signal(launch->pidfd, SIGCONT);
	struct pollfd end = { .fd = launch->pidfd, .events = POLLIN };
	if (sys_poll(&end, 1, 1000) == 0)
		sys_pidfd_send_signal(launch->pidfd, SIGKILL);
	do
		r = sys_waitid(P_PID, (id_t)launch->pid, &info, WEXITED | __WALL);
	while (r == -EINTR);
	launch->pid = 0;
	if (out_of_memory(launch))
		return error_set(error, ENOMEM, "container init was OOM-killed (memory limit too low?)");
	if (r < 0)
		return error_errno(error, r, "container init is gone");
	/* its first process has left as it should, the second one has not lived to say who it is */
	if (info.si_code == CLD_EXITED && info.si_status == 0 && forks(launch)) {
		reap_nameless();
		launch->killed = true;
		return error_set(error, EIO, "container init was killed before it was ready");
	}
	if (info.si_code == CLD_EXITED)
		return error_set(error, EIO, "container init exited with status %d before it was ready",
				 info.si_status);
	launch->killed = info.si_status == SIGKILL;
	return error_set(error, EIO, "container init was killed by signal %d (%s) before it was ready%s",
			 info.si_status, strsignal(info.si_status),
			 launch->killed && group_has_gone(launch) && limits_memory(launch)
				 ? " (memory limit too low?)"
				 : "");
}

/* ---- the conversation --------------------------------------------------------------------------------- */

/* Wait until there is a message or an end. 1: the socket has something (EOF included), 0: ociinit is dead and
 * its socket is silent: somebody else holds it. */
static int wait_for_word(const struct launch *launch)
{
	struct pollfd ends[] = { { .fd = launch->sock, .events = POLLIN },
				 { .fd = launch->pidfd, .events = POLLIN } };
	int r;

	do /* where the first process ends before the second has spoken, only the end of both is one */
		r = sys_poll(ends, forks(launch) ? 1 : 2, -1);
	while (r == -EINTR);
	/* a last word, even of one that is dead by now, counts: so the socket is looked at first */
	return r < 0 || ends[0].revents != 0;
}

static void reap_helper(struct launch *launch)
{
	siginfo_t info;

	if (launch->helper > 0)
		while (sys_waitid(P_PID, (id_t)launch->helper, &info, WEXITED | __WALL) == -EINTR)
			;
	launch->helper = 0;
}

/* What runc says when its init is through (BAT-08): users and tests look for these words. */
static void tell_ready(const struct launch *launch)
{
	bool joins = plan_find(&launch->compiled->plan, PLAN_KIND_enter) != NULL;

	log_debug(launch->globals, "%s",
		  joins ? "setns_init: about to exec" : "init: closing the pipe to signal completion");
}

/* Will the first word of the shim be MAP? */
static bool asks_maps(const struct launch *launch)
{
	const struct plan_userns *userns = plan_find(&launch->compiled->plan, PLAN_KIND_userns);

	return userns && userns->writer != PLAN_MAP_SELF;
}

int launch_last_word(struct launch *launch, int r, struct error *error)
{
	struct pollfd word = { .fd = launch->sock, .events = POLLIN };
	struct message message = { .fd = -1 };
	const struct error ours = *error;

	if (r >= 0 || !group_has_gone(launch))
		return r;
	memset(error, 0, sizeof *error);
	while (sys_poll(&word, 1, LAST_WORD_MILLISECONDS) > 0) {
		int got = receive(launch->sock, &message, error);

		if (got == 0)
			return died(launch, error);
		if (got < 0)
			break;
		fd_close_at(&message.fd);
		if (message.head.type == MESSAGE_FAULT)
			return on_fault(launch, &message, error);
	}
	*error = ours;
	return r;
}

static int do_meanwhile(struct launch *launch, struct error *error)
{
	int r = launch->meanwhile ? launch->meanwhile(launch->context, error) : 0;

	return launch_last_word(launch, r, error);
}

static int handle(struct launch *launch, struct message *message, struct error *error)
{
	int r = handlers[message->head.type](launch, message, error);

	fd_close_at(&message->fd);
	return r == 0 && message->head.type == MESSAGE_MAP ? do_meanwhile(launch, error) : r;
}

/* The messages are numbered in the order in which they may come, each once but IDMAP; FAULT is the greatest.
 * FORKED comes early or late, with row FORK behind HOST. */
static bool in_order(const struct launch *launch, uint32_t type, uint32_t last)
{
	return type > last || (type == MESSAGE_IDMAP && last == MESSAGE_IDMAP) ||
	       (type == MESSAGE_FORKED && last == MESSAGE_HOST && !launch->forked);
}

int launch_serve(struct launch *launch, struct error *error)
{
	uint32_t last = MESSAGE_PLAN;
	int r = asks_maps(launch) ? 0 : do_meanwhile(launch, error);

	if (r < 0)
		return r;

	while (last != MESSAGE_READY) {
		struct message message = { .fd = -1 };

		r = wait_for_word(launch) ? receive(launch->sock, &message, error) : 0;
		if (r == 0)
			return died(launch, error);
		if (r < 0)
			return r;
		if (!in_order(launch, message.head.type, last)) {
			fd_close_at(&message.fd);
			return not_understood(error, shapes[message.head.type].name);
		}
		if (last == MESSAGE_PLAN)
			log_debug(launch->globals, "child process in init(): the plan is being executed");
		log_debug(launch->globals, "ociinit[%lld]: %s", (long long)launch->pid,
			  shapes[message.head.type].name);
		r = handle(launch, &message, error);
		if (r < 0)
			return r;
		last = message.head.type > last ? message.head.type : last;
	}
	/* nothing but the container itself may stay behind us (CLIENTS rule 17) */
	reap_helper(launch);
	tell_ready(launch);
	return 0;
}

int launch_go(struct launch *launch, struct error *error)
{
	return tell(launch, MESSAGE_GO, error);
}

int launch_wait_exec(struct launch *launch, struct error *error)
{
	struct message message = { .fd = -1 };
	int r = wait_for_word(launch) ? receive(launch->sock, &message, error) : 0;

	if (r == 0) { /* closed by execve, or by death: the caller waits for the process in either case */
		fd_close_at(&launch->sock);
		return 0;
	}
	if (r < 0)
		return r;
	fd_close_at(&message.fd);
	if (message.head.type != MESSAGE_FAULT)
		return not_understood(error, shapes[message.head.type].name);
	return on_fault(launch, &message, error);
}
