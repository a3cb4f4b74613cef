/* inject N ERRNO COMMAND...: run COMMAND (an ocirun), and make the N-th system call of the ociinit that it starts,
 * and of that one's own children, fail with ERRNO without being executed. Counting begins at the shim's
 * first instruction and ends when COMMAND ends. ERRNO 0 only counts.
 *
 * Prints one line to descriptor 3: `failed NUMBER` (the system call's number), or `reached M` when the shim
 * made only M calls. Exit status: that of COMMAND.
 */
#include <errno.h>
#include <elf.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACEES 64

struct tracee {
	pid_t pid;
	bool shim;    /* ociinit, or a child of it */
	bool failing; /* in the call that must fail */
};

struct tracer {
	struct tracee all[TRACEES];
	pid_t command;
	unsigned long count, target;
	int error;
	long failed; /* number of the failed call, or -1 */
};

static struct tracee *find(struct tracer *t, pid_t pid)
{
	struct tracee *empty = NULL;

	for (int i = 0; i < TRACEES; i++) {
		if (t->all[i].pid == pid)
			return &t->all[i];
		if (!t->all[i].pid && !empty)
			empty = &t->all[i];
	}
	if (!empty) {
		fprintf(stderr, "inject: too many processes\n");
		exit(125);
	}
	*empty = (struct tracee){ .pid = pid };
	return empty;
}

/* Put a number in place of the call's (-1: the kernel executes none). */
static void set_call(pid_t pid, long number)
{
#if defined(__x86_64__)
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), number);
#elif defined(__aarch64__)
	int value = (int)number;
	struct iovec io = { &value, sizeof value };
	ptrace(PTRACE_SETREGSET, pid, 0x404 /* NT_ARM_SYSTEM_CALL */, &io);
#else
#error "inject: write set_call and set_result for this architecture"
#endif
}

static void set_result(pid_t pid, long value)
{
#if defined(__x86_64__)
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), value);
#else
	struct user_regs_struct regs;
	struct iovec io = { &regs, sizeof regs };
	ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &io);
	regs.regs[0] = (unsigned long)value;
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &io);
#endif
}

static void at_system_call(struct tracer *t, struct tracee *tracee)
{
	struct __ptrace_syscall_info info;

	if (!tracee->shim || ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof info, &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		if (++t->count != t->target || !t->error)
			return;
		t->failed = (long)info.entry.nr;
		tracee->failing = true;
		set_call(tracee->pid, -1);
	} else if (tracee->failing) {
		tracee->failing = false;
		set_result(tracee->pid, -t->error);
	}
}

static void at_event(struct tracer *t, struct tracee *tracee, int event)
{
	unsigned long child = 0;

	if (event == PTRACE_EVENT_EXEC) {
		/* the command's own exec comes before it has children; any later one is the shim or a hook of it */
		if (tracee->pid != t->command)
			tracee->shim = true;
	} else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
		ptrace(PTRACE_GETEVENTMSG, tracee->pid, 0, &child);
		find(t, (pid_t)child)->shim = tracee->shim;
	}
}

/* One stop or end. Returns the command's wait status when it has ended, else -1. */
static int handle(struct tracer *t, pid_t pid, int status)
{
	struct tracee *tracee = find(t, pid);
	int signal = 0;

	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		tracee->pid = 0;
		return pid == t->command ? status : -1;
	}
	int event = status >> 16;
	if (WSTOPSIG(status) == (SIGTRAP | 0x80))
		at_system_call(t, tracee);
	else if (event == PTRACE_EVENT_STOP)
		signal = 0;
	else if (event)
		at_event(t, tracee, event);
	else
		signal = WSTOPSIG(status);
	ptrace(PTRACE_SYSCALL, pid, 0, signal);
	return -1;
}

int main(int argc, char **argv)
{
	struct tracer t = { .failed = -1 };
	int status, end = -1;

	if (argc < 4)
		return 2;
	t.target = strtoul(argv[1], NULL, 10);
	t.error = atoi(argv[2]);
	t.command = fork();
	if (t.command == 0) {
		raise(SIGSTOP);
		close(3);
		execv(argv[3], argv + 3);
		_exit(127);
	}
	waitpid(t.command, &status, WUNTRACED);
	find(&t, t.command);
	if (ptrace(PTRACE_SEIZE, t.command, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			   PTRACE_O_TRACEEXEC) < 0) {
		perror("inject: ptrace");
		return 125;
	}
	kill(t.command, SIGCONT);
	while (end < 0) {
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0)
			return 125;
		end = handle(&t, pid, status);
	}
	/* seized without EXITKILL: what still lives is let go when this ends */
	if (t.failed >= 0)
		dprintf(3, "failed %ld\n", t.failed);
	else
		dprintf(3, "reached %lu\n", t.count);
	return WIFEXITED(end) ? WEXITSTATUS(end) : 128 + WTERMSIG(end);
}
