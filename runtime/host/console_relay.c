/* See console_relay.h. Standard input and output may be shared with the shell that started us: they are never
 * made non-blocking themselves. A terminal or pipe is opened once more for that, a socket is told so with
 * each call; where neither can be, poll comes first and no more is written than a pipe takes at once.
 */
#include "console_relay.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "console.h"
#include "fd.h"
#include "path.h"

#define AT_ONCE 4096       /* PIPE_BUF: what a pipe that is writable takes without waiting */
#define HELD_MAX (1 << 20) /* more than a terminal holds (640 KiB) */

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

/* ---- descriptors of our own --------------------------------------------------------------------------- */

static bool may_be_opened_again(int fd, const struct stat *st)
{
	return S_ISFIFO(st->st_mode) || (S_ISCHR(st->st_mode) && isatty(fd));
}

/* The same file, non-blocking where it may block, with no more rights than the caller gave. */
static int own(int fd, int access, bool *ret_socket)
{
	char link[PATH_FD_TEXT];
	int flags = sys_fcntl(fd, F_GETFL, 0), copy = -1;
	bool allowed = flags >= 0 && ((flags & O_ACCMODE) == access || (flags & O_ACCMODE) == O_RDWR);
	struct stat st;

	*ret_socket = sys_fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
	if (allowed && may_be_opened_again(fd, &st))
		copy = sys_openat(AT_FDCWD, path_of_fd(link, fd), access | O_NONBLOCK | O_NOCTTY, 0);
	return copy >= 0 ? copy : sys_dup(fd, 3);
}

static ssize_t take(const struct relay_stream *stream, char *bytes, size_t size)
{
	struct iovec part = { bytes, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	return stream->from_socket ? sys_recvmsg(stream->from, &message, MSG_DONTWAIT)
				   : sys_read(stream->from, bytes, size);
}

static ssize_t put(const struct relay_stream *stream, char *bytes, size_t size)
{
	struct iovec part = { bytes, size < AT_ONCE ? size : AT_ONCE };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	return stream->to_socket ? sys_sendmsg(stream->to, &message, MSG_DONTWAIT | MSG_NOSIGNAL)
				 : sys_write(stream->to, bytes, part.iov_len);
}

/* ---- one direction ------------------------------------------------------------------------------------ */

enum relay_news { RELAY_GOES_ON, RELAY_ENDED, RELAY_NOBODY_TAKES_IT };

static bool is_empty(const struct relay_stream *stream)
{
	return stream->begin == stream->end;
}

/* What it waits for: room for what it has, else something to have. poll passes over -1. */
static struct pollfd wanted(const struct relay_stream *stream)
{
	if (!is_empty(stream))
		return (struct pollfd){ .fd = stream->to, .events = POLLOUT };
	return (struct pollfd){ .fd = stream->ended ? -1 : stream->from, .events = POLLIN };
}

static bool come_again(ssize_t r, short events)
{
	/* an end that is gone for good must not be polled for ever */
	return r == -EINTR || (r == -EAGAIN && !(events & (POLLHUP | POLLERR | POLLNVAL)));
}

static enum relay_news step_in(struct relay_stream *stream, short events)
{
	ssize_t got = take(stream, stream->bytes, sizeof stream->bytes);

	stream->begin = 0;
	stream->end = got > 0 ? (size_t)got : 0;
	if (got > 0 || come_again(got, events))
		return RELAY_GOES_ON;
	stream->ended = true;
	return RELAY_ENDED;
}

static enum relay_news step(struct relay_stream *stream, short events)
{
	if (is_empty(stream))
		return step_in(stream, events);
	ssize_t done = put(stream, stream->bytes + stream->begin, stream->end - stream->begin);
	if (done > 0)
		stream->begin += (size_t)done;
	else if (done < 0 && !come_again(done, events))
		return RELAY_NOBODY_TAKES_IT;
	return RELAY_GOES_ON;
}

static void stop(struct relay_stream *stream)
{
	stream->ended = true;
	stream->begin = stream->end = 0;
}

/* ---- the person's terminal ---------------------------------------------------------------------------- */

static void resize(const struct console_relay *relay)
{
	struct winsize size;

	if (relay->terminal >= 0 && relay->master >= 0 &&
	    sys_ioctl(relay->terminal, TIOCGWINSZ, &size) == 0 && (size.ws_row || size.ws_col))
		sys_ioctl(relay->master, TIOCSWINSZ, &size);
}

/* Every key goes to the container's terminal, which makes signals and lines of them. Output stays as it is:
 * \n becomes \r\n here and not there (RUN-14). In the background the kernel stops us here, as it does with
 * every program, until the shell says otherwise. */
static void make_raw(struct console_relay *relay)
{
	struct termios modes = relay->original;

	if (!relay->keyboard)
		return;
	cfmakeraw(&modes);
	modes.c_oflag = relay->original.c_oflag;
	relay->raw = tcsetattr(relay->input, TCSANOW, &modes) == 0;
}

/* In the background it belongs to whoever has it now, the shell, which has set it as it wants it. */
static void give_back(struct console_relay *relay)
{
	pid_t foreground = tcgetpgrp(relay->input);

	if (relay->raw && (foreground < 0 || foreground == getpgrp()))
		tcsetattr(relay->input, TCSANOW, &relay->original);
	relay->raw = false;
}

/* Job control is the kernel's with these two: blocked, a read in the background would be an error and a
 * change of modes an act against the shell. */
static void let_the_kernel_stop_us(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTTIN);
	sigaddset(&set, SIGTTOU);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- both directions ---------------------------------------------------------------------------------- */

/* Nobody is at the other end any more: the container's terminal ends as one does whose line is cut, with
 * SIGHUP for those at it. */
static void hang_up(struct console_relay *relay)
{
	stop(&relay->in);
	stop(&relay->out);
	fd_close_at(&relay->slave);
	fd_close_at(&relay->master);
}

/* A pipe or file that ends has no key for that; a terminal has: it ends a line, and at the start of one the
 * input. In raw mode the program has no use for it. */
static void say_end_of_input(struct console_relay *relay)
{
	struct relay_stream *in = &relay->in;
	struct termios modes;

	if (tcgetattr(relay->master, &modes) < 0 || !(modes.c_lflag & ICANON) ||
	    modes.c_cc[VEOF] == _POSIX_VDISABLE)
		return;
	in->begin = 0;
	in->end = relay->middle ? 2 : 1;
	memset(in->bytes, modes.c_cc[VEOF], in->end);
}

static void serve_input(struct console_relay *relay, short events)
{
	struct relay_stream *in = &relay->in;
	enum relay_news news = step(in, events);

	if (news == RELAY_GOES_ON && in->end)
		relay->middle = in->bytes[in->end - 1] != '\n';
	else if (news == RELAY_NOBODY_TAKES_IT)
		stop(in);
	else if (news == RELAY_ENDED && relay->keyboard && events & POLLHUP)
		hang_up(relay);
	else if (news == RELAY_ENDED && !relay->raw)
		say_end_of_input(relay);
}

static unsigned relay_watch(void *context, struct pollfd *ends)
{
	const struct console_relay *relay = context;

	ends[0] = wanted(&relay->in);
	ends[1] = wanted(&relay->out);
	return 2;
}

static void relay_serve(void *context, const struct pollfd *ends)
{
	struct console_relay *relay = context;

	if (ends[1].revents && step(&relay->out, ends[1].revents) == RELAY_NOBODY_TAKES_IT)
		hang_up(relay);
	else if (ends[0].revents)
		serve_input(relay, ends[0].revents);
}

static void relay_signal(void *context, int signal)
{
	struct console_relay *relay = context;

	/* the shell had the terminal meanwhile */
	if (signal == SIGCONT)
		make_raw(relay);
	if (signal == SIGCONT || signal == SIGWINCH)
		resize(relay);
}

struct side_work relay_side_work(struct console_relay *relay)
{
	return (struct side_work){ relay_watch, relay_serve, relay_signal, relay, NULL };
}

void relay_open(struct console_relay *ret, int master, int input, int output)
{
	int flags = sys_fcntl(master, F_GETFL, 0);
	uintptr_t slave_flags = O_RDWR | O_NOCTTY | O_CLOEXEC;

	*ret = (struct console_relay){ .master = master, .input = input };
	sys_fcntl(master, F_SETFL, flags | O_NONBLOCK);
	ret->slave = sys_ioctl(master, TIOCGPTPEER, (void *)slave_flags);
	ret->terminal = console_of_caller();
	ret->keyboard = tcgetattr(input, &ret->original) == 0;
	ret->in.from = own(input, O_RDONLY, &ret->in.from_socket);
	ret->in.to = ret->out.from = master;
	ret->out.to = own(output, O_WRONLY, &ret->out.to_socket);
	let_the_kernel_stop_us();
	resize(ret);
	make_raw(ret);
}

/* ---- the end ------------------------------------------------------------------------------------------ */

/* With the container gone these are for us again. */
static bool is_told_to_end(int signals)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct signalfd_siginfo info;

	while (sys_read(signals, &info, sizeof info) == (ssize_t)sizeof info)
		for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
			if (info.ssi_signo == (uint32_t)ends[i])
				return true;
	return false;
}

static bool wait_for_room(const struct relay_stream *out, int signals)
{
	struct pollfd ends[] = { wanted(out), { .fd = signals, .events = POLLIN } };
	int r = sys_poll(ends, 2, -1);

	return r == -EINTR || (r > 0 && !(ends[1].revents && is_told_to_end(signals)));
}

/* What the terminal still holds. Others may be left that go on writing (the container's pid namespace need
 * not be its own): they are not waited for. */
static void drain(struct relay_stream *out, int signals)
{
	for (size_t total = 0;; total += out->end) {
		while (!is_empty(out))
			if (!wait_for_room(out, signals) || step(out, 0) == RELAY_NOBODY_TAKES_IT)
				return;
		if (total > HELD_MAX || out->ended || step_in(out, 0) == RELAY_ENDED || is_empty(out))
			return;
	}
}

void relay_close(struct console_relay *relay, int signals)
{
	give_back(relay);
	if (relay->master >= 0)
		drain(&relay->out, signals);
	hang_up(relay);
	fd_close_at(&relay->terminal);
	fd_close_at(&relay->in.from);
	fd_close_at(&relay->out.to);
}

int relay_wait(int signals, int64_t pid, int pidfd, int master, const struct side_work *side,
	       struct error *error)
{
	struct console_relay relay;

	if (master < 0)
		return signals_wait(signals, pid, pidfd, side, error);
	relay_open(&relay, master, STDIN_FILENO, STDOUT_FILENO);
	struct side_work work = relay_side_work(&relay);
	work.next = side;
	int status = signals_wait(signals, pid, pidfd, &work, error);
	relay_close(&relay, signals);
	return status;
}
