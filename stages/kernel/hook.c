/* One hook process, the same on both sides: see hook.h. The hook's descriptors are 0 (sealed memfd), 1 and
 * 2 (pipes) and no other; its signals are as a fresh process has them. Nothing of its output is waited for
 * once it has ended: a daemon that it leaves behind may hold the pipes for ever.
 */
#include "hook.h"

#include <stdbool.h>
#include <string.h>

#include "clone.h"
#include "fd.h"
#include "number.h"

#define FAILED_BEFORE_EXEC 127
#define LAST_SIGNAL 64
#define CLOSE_ON_EXEC (1u << 2) /* CLOSE_RANGE_CLOEXEC, 5.11 */
#define LONGEST_POLL 1000000    /* ms: more than a deadline of years needs in an int */

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* The last bytes of a stream. */
struct tail {
	int fd;
	int file; /* gets a copy; -1: none */
	size_t used;
	char bytes[HOOK_OUTPUT];
};

struct hook_child {
	const struct hook_run *hook;
	int fds[3]; /* to become 0, 1, 2 */
	int error;
	enum fault_op op; /* what gave the error */
	const char *object;
};

enum hook_end { HOOK_ENDED, HOOK_LATE, HOOK_ABORTED };

/* ---- the child ----------------------------------------------------------------------------------- */

static int child_failed(struct hook_child *child, enum fault_op op, int error, const char *object)
{
	child->error = error;
	child->op = op;
	child->object = object;
	return FAILED_BEFORE_EXEC;
}

/* PRO-28: an ignored SIGPIPE or a blocked SIGTERM of the caller is no business of a hook. */
static void default_signals(void)
{
	const uint64_t none = 0;

	for (int signal = 1; signal <= LAST_SIGNAL; signal++)
		sys_sigdefault(signal);
	sys_sigprocmask(SIG_SETMASK, &none, NULL);
}

/* No descriptor but 0-2: those that the caller keeps for the program (--preserve-fds) are not the hook's
 * (CVE-2024-21626). Marked, not closed, since the next step may need one. */
static int keep_streams(const struct hook_run *hook)
{
	unsigned through = hook->through > 2 ? (unsigned)hook->through : 2;
	int r = sys_close_range(3, ~0u, CLOSE_ON_EXEC);

	if (r != -EINVAL)
		return r;
	r = through > 3 ? sys_close_range(3, through - 1, 0) : 0; /* before 5.11 */
	return r < 0 ? r : sys_close_range(through + 1, ~0u, 0);
}

/* On the parent's memory: only system calls, and the three fields of child_failed. */
static int run_child(void *context)
{
	struct hook_child *child = context;
	const struct hook_run *hook = child->hook;
	int r;

	for (int i = 0; i < 3; i++) {
		r = sys_dup3(child->fds[i], i, 0);
		if (r < 0)
			return child_failed(child, FAULT_OPEN, r, "its streams");
	}
	default_signals();
	if (hook->cwd[0]) {
		r = sys_chdir(hook->cwd);
		if (r < 0)
			return child_failed(child, FAULT_CHDIR, r, hook->cwd);
	}
	r = keep_streams(hook);
	if (r < 0)
		return child_failed(child, FAULT_OPEN, r, "no other descriptors");
	/* the last step: a filter loaded here may forbid everything but execve */
	r = hook->prepare ? hook->prepare(hook->argument) : 0;
	if (r < 0)
		return child_failed(child, FAULT_HOOK, r, "drop rights");
	r = sys_execve(hook->path, hook->args, hook->env);
	return r < 0 ? child_failed(child, FAULT_EXEC, r, hook->path) : 0;
}

/* ---- its streams --------------------------------------------------------------------------------- */

static int write_at(int fd, const char *text, size_t length, off_t *offset)
{
	while (length > 0) {
		ssize_t n = sys_pwrite(fd, text, length, *offset);

		if (n <= 0)
			return n < 0 ? (int)n : -EIO;
		text += n;
		length -= (size_t)n;
		*offset += n;
	}
	return 0;
}

/* PRO-22: a memfd cannot block and gives no EPIPE when the hook does not read (PRO-25). Written by
 * position, so that the hook finds it at offset 0. */
static int open_state(const struct hook_run *hook)
{
	FD_AUTO fd = sys_memfd_create("state", 2u /* MFD_ALLOW_SEALING */);
	off_t offset = 0;
	int r;

	if (fd < 0)
		return fd;
	r = write_at(fd, hook->state, hook->state_length, &offset);
	if (r == 0 && hook->state_pid)
		r = write_at(fd, hook->state_pid, strlen(hook->state_pid), &offset);
	if (r == 0 && hook->state_tail)
		r = write_at(fd, hook->state_tail, strlen(hook->state_tail), &offset);
	if (r == 0)
		r = sys_fcntl(fd, F_ADD_SEALS, SEALS);
	return r < 0 ? r : fd_take(&fd);
}

/* Our end does not block; the hook's end is a description of its own and does. */
static int open_pipe(struct tail *tail, int *ret_write)
{
	int ends[2], r = sys_pipe(ends);

	if (r < 0)
		return r;
	r = sys_fcntl(ends[0], F_SETFL, O_NONBLOCK);
	if (r < 0) {
		fd_close(ends[0]);
		fd_close(ends[1]);
		return r;
	}
	tail->fd = ends[0];
	*ret_write = ends[1];
	return 0;
}

/* Without a reader's leave: a fifo must not hold the container up. */
static int open_copy(struct tail *tail, const char *path)
{
	if (path && *path)
		tail->file = sys_openat(AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY,
					0600);
	return path && *path && tail->file < 0 ? tail->file : 0;
}

static void keep(struct tail *tail, const char *bytes, size_t n)
{
	size_t stay;

	if (n >= HOOK_OUTPUT) {
		memcpy(tail->bytes, bytes + n - HOOK_OUTPUT, HOOK_OUTPUT);
		tail->used = HOOK_OUTPUT;
		return;
	}
	stay = tail->used < HOOK_OUTPUT - n ? tail->used : HOOK_OUTPUT - n;
	memmove(tail->bytes, tail->bytes + tail->used - stay, stay);
	memcpy(tail->bytes + stay, bytes, n);
	tail->used = stay + n;
}

/* Read what is there, at most `pieces` buffers: a hook that writes without end must not keep us from the
 * deadline. */
static void drain(struct tail *tail, int pieces)
{
	char bytes[4096];

	while (tail->fd >= 0 && pieces-- > 0) {
		ssize_t n = sys_read(tail->fd, bytes, sizeof bytes);

		if (n == -EAGAIN || n == -EINTR)
			return;
		if (n <= 0)
			fd_close_at(&tail->fd);
		else
			keep(tail, bytes, (size_t)n);
		if (n > 0 && tail->file >= 0) /* a full disk is no reason to fail the container */
			sys_write(tail->file, bytes, (size_t)n);
	}
}

/* ---- waiting ------------------------------------------------------------------------------------- */

static int milliseconds_left(int64_t deadline)
{
	int64_t left;

	if (deadline < 0)
		return -1;
	left = deadline - sys_clock_ms();
	if (left < 0)
		left = 0;
	return left > LONGEST_POLL ? LONGEST_POLL : (int)left;
}

/* Until the process has ended, the deadline has come or the other side is gone. */
static enum hook_end watch(const struct hook_run *hook, int pidfd, struct tail *out, struct tail *err)
{
	int64_t deadline = hook->timeout ? sys_clock_ms() + (int64_t)hook->timeout * 1000 : -1;

	for (;;) {
		struct pollfd fds[4] = {
			{ .fd = pidfd, .events = POLLIN },
			{ .fd = hook->abort_fd, .events = POLLIN },
			{ .fd = out->fd, .events = POLLIN },
			{ .fd = err->fd, .events = POLLIN },
		};
		int left = milliseconds_left(deadline), r = sys_poll(fds, 4, left);

		if (r < 0 && r != -EINTR)
			return HOOK_ABORTED;
		if (r > 0 && fds[0].revents)
			return HOOK_ENDED;
		if (r > 0 && fds[1].revents)
			return HOOK_ABORTED;
		if (left == 0)
			return HOOK_LATE;
		if (r > 0 && fds[2].revents)
			drain(out, 4);
		if (r > 0 && fds[3].revents)
			drain(err, 4);
	}
}

static int reap(int pidfd, siginfo_t *ret)
{
	int r;

	do
		r = sys_waitid((idtype_t)3 /* P_PIDFD, 5.4 */, (id_t)pidfd, ret, WEXITED);
	while (r == -EINTR);
	return r;
}

/* ---- what is said of it -------------------------------------------------------------------------- */

/* As Go's os.ProcessState words them, which clients have been matching for years (BAT-44). */
static const char *const signal_names[] = {
	[SIGHUP] = "hangup",
	[SIGINT] = "interrupt",
	[SIGQUIT] = "quit",
	[SIGILL] = "illegal instruction",
	[SIGTRAP] = "trace/breakpoint trap",
	[SIGABRT] = "aborted",
	[SIGBUS] = "bus error",
	[SIGFPE] = "floating point exception",
	[SIGKILL] = "killed",
	[SIGUSR1] = "user defined signal 1",
	[SIGSEGV] = "segmentation fault",
	[SIGUSR2] = "user defined signal 2",
	[SIGPIPE] = "broken pipe",
	[SIGALRM] = "alarm clock",
	[SIGTERM] = "terminated",
	[SIGXCPU] = "CPU time limit exceeded",
	[SIGXFSZ] = "file size limit exceeded",
	[SIGVTALRM] = "virtual timer expired",
	[SIGPROF] = "profiling timer expired",
	[SIGIO] = "I/O possible",
	[SIGPWR] = "power failure",
	[SIGSYS] = "bad system call",
};

static void say(struct fault *fault, const char *text)
{
	fault_append(fault->object, sizeof fault->object, text);
}

static void say_number(struct fault *fault, uint64_t value)
{
	char text[NUMBER_TEXT];

	number_text(text, value);
	say(fault, text);
}

/* Begin the fault of this hook: "error running KIND hook #INDEX: ". */
static int hook_failed(const struct hook_run *hook, int error, struct fault *fault)
{
	int r = fault_set(fault, FAULT_HOOK, error, "error running ");

	say(fault, hook->kind);
	say(fault, " hook #");
	say_number(fault, hook->index);
	say(fault, ": ");
	return r;
}

/* At most `room` bytes from the end of what was kept, as one line: it goes into one line of log. */
static void say_tail(struct fault *fault, const struct tail *tail, size_t room)
{
	char text[HOOK_OUTPUT + 1];
	size_t from = 0, length = 0, end = tail->used;

	while (end > 0 && (tail->bytes[end - 1] == '\n' || tail->bytes[end - 1] == '\r'))
		end--;
	if (end > room)
		from = end - room;
	for (size_t i = from; i < end; i++) {
		unsigned char c = (unsigned char)tail->bytes[i];

		text[length++] = c < ' ' || c == 127 ? ' ' : (char)c;
	}
	text[length] = 0;
	say(fault, text);
}

static void say_status(struct fault *fault, const siginfo_t *info)
{
	size_t number = (size_t)info->si_status;

	if (info->si_code == CLD_EXITED) {
		say(fault, "exit status ");
		say_number(fault, (uint64_t)info->si_status);
		return;
	}
	say(fault, "signal: ");
	if (number < sizeof signal_names / sizeof *signal_names && signal_names[number])
		say(fault, signal_names[number]);
	else
		say_number(fault, number);
}

static int verdict(const struct hook_child *child, const siginfo_t *info, const struct tail *out,
		   const struct tail *err, struct fault *fault)
{
	const struct hook_run *hook = child->hook;
	static const char between[] = ", stderr: ";
	size_t room;
	int r;

	if (child->error) {
		r = hook_failed(hook, child->error, fault);
		say(fault, child->op == FAULT_EXEC ? "exec " : child->op == FAULT_CHDIR ? "chdir to " : "");
		say(fault, child->object);
		return r;
	}
	if (info->si_code == CLD_EXITED && info->si_status == 0)
		return 0;
	r = hook_failed(hook, 0, fault);
	say_status(fault, info);
	say(fault, ", stdout: ");
	/* stderr tells more: stdout gets what it leaves */
	room = sizeof fault->object - strlen(fault->object) - sizeof between - err->used;
	say_tail(fault, out, room < HOOK_OUTPUT ? room : HOOK_OUTPUT);
	say(fault, between);
	say_tail(fault, err, HOOK_OUTPUT);
	return r;
}

/* Watch the running hook to its end, one way or the other. */
static int attend(const struct hook_child *child, int pidfd, struct tail *out, struct tail *err,
		  struct fault *fault)
{
	enum hook_end end = watch(child->hook, pidfd, out, err);
	siginfo_t info = { 0 };
	int r;

	if (end != HOOK_ENDED)
		sys_pidfd_send_signal(pidfd, SIGKILL);
	r = reap(pidfd, &info);
	if (end == HOOK_LATE) {
		r = hook_failed(child->hook, 0, fault);
		say(fault, "hook ran past specified timeout of ");
		say_number(fault, child->hook->timeout);
		say(fault, ".0s");
		return r;
	}
	if (end == HOOK_ABORTED || r < 0) {
		r = hook_failed(child->hook, r, fault);
		say(fault, "killed: nobody waits for the container any more");
		return r;
	}
	drain(out, 64); /* a pipe holds 64 KiB, or what its owner gave it */
	drain(err, 64);
	return verdict(child, &info, out, err, fault);
}

int hook_run(const struct hook_run *hook, struct fault *fault)
{
	struct tail out = { .fd = -1, .file = -1 }, err = { .fd = -1, .file = -1 };
	struct hook_child child = { .hook = hook, .fds = { -1, -1, -1 } };
	FD_AUTO pidfd = -1;
	int r;

	child.fds[0] = r = open_state(hook);
	if (r >= 0)
		r = open_pipe(&out, &child.fds[1]);
	if (r >= 0)
		r = open_pipe(&err, &child.fds[2]);
	if (r >= 0)
		r = open_copy(&out, hook->files[0]);
	if (r >= 0)
		r = open_copy(&err, hook->files[1]);
	if (r >= 0)
		r = clone_vfork(0, -1, &pidfd, run_child, &child);
	for (int i = 0; i < 3; i++)
		fd_close_at(&child.fds[i]);
	if (r < 0) {
		r = hook_failed(hook, r, fault);
		say(fault, "start it");
	} else {
		r = attend(&child, pidfd, &out, &err, fault);
	}
	fd_close(out.fd);
	fd_close(err.fd);
	fd_close(out.file);
	fd_close(err.file);
	return r;
}

/* ---- from the plan ------------------------------------------------------------------------------- */

char **plan_argv(const struct plan *plan, struct plan_list list)
{
	union plan_slot *slots = plan->slots + list.first, *mark = slots + list.count + PLAN_ARGV_SPARE - 1;
	char **argv = (char **)(void *)slots;

	if (mark->num)
		return argv;
	/* a pointer is no larger than a slot: slot i is read before anything is written over it */
	_Static_assert(sizeof(char *) <= sizeof(union plan_slot), "a slot holds a pointer");
	for (uint32_t i = 0; i < list.count; i++) {
		struct plan_str str = slots[i].str;

		argv[i] = plan->pool + str.offset;
	}
	argv[list.count] = NULL;
	mark->num = 1;
	return argv;
}

#define HOOK_WORD(id, word) word,
static const char *const kind_words[] = { PLAN_ENUM_hook_kind(HOOK_WORD) };

int hook_from_record(const struct plan *plan, const struct plan_hook *record, int64_t pid, char *buffer,
		     size_t size, struct hook_run *ret)
{
	char text[NUMBER_TEXT];
	unsigned length = number_text_signed(text, pid);
	char **args;

	if (length >= size)
		return -E2BIG;
	memcpy(buffer, text, length + 1);
	args = plan_argv(plan, record->args);
	if (!args[0]) { /* HOK-08 */
		args[0] = plan->pool + record->path.offset;
		args[1] = NULL;
	}
	*ret = (struct hook_run){
		.kind = kind_words[record->kind],
		.index = record->index,
		.path = plan_text(plan, record->path),
		.args = args,
		.env = plan_argv(plan, record->env),
		.cwd = plan_text(plan, record->cwd),
		.timeout = record->timeout,
		.state = plan_text(plan, record->state_head),
		.state_length = record->state_head.length,
		.state_pid = buffer,
		.state_tail = plan_text(plan, record->state_tail),
		.files = { plan_text(plan, record->out_file), plan_text(plan, record->err_file) },
		.abort_fd = -1,
	};
	return 0;
}
