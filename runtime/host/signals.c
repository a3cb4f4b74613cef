/* Signals and children of a foreground command: see signals.h. One poll over a signalfd and the container's
 * pidfd, so nothing is missed and no handler runs.
 */
#include "signals.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/signalfd.h>

#include "fd.h"

int signals_open(struct error *error)
{
	sigset_t all;

	/* what the processor raises in our own code ends us all the same: the kernel unblocks it */
	sigfillset(&all);
	int fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &all, NULL) < 0) {
		int code = errno;

		fd_close(fd);
		return error_errno(error, code, "cannot take the signals");
	}
	return fd;
}

static int status_of(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
}

/* As a subreaper we get the orphans of what we started; nobody else will wait for them. The container's own
 * end is left to the pidfd. */
static bool reap_all(int64_t pid, int *ret_status)
{
	bool ended = false;

	for (;;) {
		siginfo_t info = { 0 };

		if (sys_waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL) < 0 || info.si_pid == 0)
			return ended;
		if (info.si_pid == pid) {
			*ret_status = status_of(&info);
			ended = true;
		}
	}
}

/* Its pidfd says that it is dead. Somebody who traces it (strace -p) has to see that first, and until then we
 * cannot reap it: wait without a limit. */
static int reap_ended(int64_t pid, struct error *error)
{
	siginfo_t info = { 0 };
	int r;

	do
		r = sys_waitid(P_PID, (id_t)pid, &info, WEXITED | __WALL);
	while (r == -EINTR);
	return r < 0 ? error_set(error, ECHILD, "the container process ended, but it is not a child of ours")
		     : status_of(&info);
}

/* Not forwarded: SIGCHLD is ours; the window and urgent data belong to a terminal or socket that the
 * container does not share. A signal of the kernel for our own pipes (SIGPIPE) is not the container's
 * either. */
static bool forwards(uint32_t signal)
{
	static const uint32_t ours[] = { SIGCHLD, SIGWINCH, SIGURG, SIGPIPE };

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (signal == ours[i])
			return false;
	return true;
}

static void tell_all(const struct side_work *side, int signal)
{
	for (; side; side = side->next)
		if (side->signal)
			side->signal(side->context, signal);
}

static void forward_all(int signals, int pidfd, const struct side_work *side)
{
	struct signalfd_siginfo info;

	while (sys_read(signals, &info, sizeof info) == (ssize_t)sizeof info) {
		tell_all(side, (int)info.ssi_signo);
		if (forwards(info.ssi_signo))
			sys_pidfd_send_signal(pidfd, (int)info.ssi_signo);
	}
}

/* All that is waited for: signals, the end, and what each side work names. */
struct wait {
	struct pollfd ends[2 + SIDE_WORKS * SIDE_ENDS];
	unsigned counts[SIDE_WORKS];
};

static int wait_once(struct wait *wait, const struct side_work *side)
{
	unsigned count = 2, i = 0;

	for (const struct side_work *work = side; work && i < SIDE_WORKS; work = work->next, i++) {
		wait->counts[i] = work->watch(work->context, wait->ends + count);
		count += wait->counts[i];
	}
	return sys_poll(wait->ends, count, -1);
}

static void serve_all(const struct wait *wait, const struct side_work *side)
{
	unsigned count = 2, i = 0;

	for (; side && i < SIDE_WORKS; count += wait->counts[i++], side = side->next)
		if (wait->counts[i])
			side->serve(side->context, wait->ends + count);
}

int signals_wait(int signals, int64_t pid, int pidfd, const struct side_work *side, struct error *error)
{
	struct wait wait = { .ends = { { .fd = signals, .events = POLLIN },
				       { .fd = pidfd, .events = POLLIN } } };
	int status = 0;

	for (;;) {
		int r = wait_once(&wait, side);

		if (r < 0 && r != -EINTR)
			return error_errno(error, r, "cannot wait for the container");
		if (r > 0 && wait.ends[0].revents)
			forward_all(signals, pidfd, side);
		if (r > 0)
			serve_all(&wait, side);
		if (r > 0 && reap_all(pid, &status))
			return status;
		if (r > 0 && wait.ends[1].revents)
			return reap_ended(pid, error);
	}
}
