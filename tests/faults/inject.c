/* Run an ocirun under ptrace and harm it at one system call:
 *   inject fail N ERRNO COMMAND...   the N-th call of the ociinit that COMMAND starts (and of its children,
 *                                    up to their execve) is not executed and returns ERRNO
 *   inject kill N COMMAND...         COMMAND itself is killed as it enters its N-th call
 * Counting begins behind execve. N 0 only counts.
 *
 * Prints one line to descriptor 3: `failed NUMBER LEFT`, `killed NUMBER LEFT` (the system call's number), or
 * `reached M LEFT` when there were only M calls. LEFT: processes of COMMAND's that are alive a second after
 * it failed or was killed (not waited for when it succeeded). Exit status: that of COMMAND.
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
#include <time.h>
#include <unistd.h>

#define TRACEES 64
#define LEFT_MILLISECONDS 1000

struct tracee {
	pid_t pid;
	bool shim;    /* ociinit, or a child of it before that one's execve */
	bool failing; /* in the call that must fail */
	bool known;   /* its parent's stop has told whose child it is */
	bool held;    /* stopped until then */
};

struct tracer {
	struct tracee all[TRACEES];
	pid_t command;
	bool kills; /* COMMAND is the victim, not its shim */
	unsigned long count, target;
	int error;
	long hit; /* number of the harmed call, or -1 */
	int end;  /* wait status of COMMAND, or -1 */
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

/* Whose calls are counted. */
static bool is_victim(const struct tracer *t, const struct tracee *tracee)
{
	return t->kills ? tracee->pid == t->command : tracee->shim;
}

static void at_system_call(struct tracer *t, struct tracee *tracee)
{
	struct __ptrace_syscall_info info;

	if (!is_victim(t, tracee) || ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof info, &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		if (++t->count != t->target)
			return;
		t->hit = (long)info.entry.nr;
		if (t->kills) {
			kill(tracee->pid, SIGKILL);
			return;
		}
		tracee->failing = true;
		set_call(tracee->pid, -1);
	} else if (tracee->failing) {
		tracee->failing = false;
		set_result(tracee->pid, -t->error);
	}
}

/* Calls that are not counted need no stops. */
static void resume(const struct tracer *t, const struct tracee *tracee, int signal)
{
	bool counted = is_victim(t, tracee) && (t->hit < 0 || tracee->failing);

	ptrace(counted ? PTRACE_SYSCALL : PTRACE_CONT, tracee->pid, 0, signal);
}

/* Not the hooks nor the program that ociinit becomes: their calls are not ours. */
static bool is_ociinit(pid_t pid)
{
	static const char name[] = "/memfd:ociinit";
	char path[64], exe[64] = "";

	snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
	return readlink(path, exe, sizeof exe - 1) > 0 && strncmp(exe, name, sizeof name - 1) == 0;
}

static void at_event(struct tracer *t, struct tracee *tracee, int event)
{
	unsigned long child = 0;

	if (event == PTRACE_EVENT_EXEC) {
		tracee->shim = is_ociinit(tracee->pid);
	} else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
		ptrace(PTRACE_GETEVENTMSG, tracee->pid, 0, &child);
		struct tracee *new = find(t, (pid_t)child);
		new->shim = tracee->shim;
		new->known = true;
		if (new->held)
			resume(t, new, 0);
		new->held = false;
	}
}

/* The kernel does not let a crash end a traced init of a pid namespace: the instruction would be tried for
 * ever. */
static int fatal(pid_t pid, int signal)
{
	siginfo_t info;

	if ((signal == SIGSEGV || signal == SIGILL || signal == SIGBUS || signal == SIGTRAP) &&
	    ptrace(PTRACE_GETSIGINFO, pid, 0, &info) == 0 && info.si_code > 0)
		kill(pid, SIGKILL);
	return signal;
}

/* One stop or end of a process. */
static void handle(struct tracer *t, pid_t pid, int status)
{
	struct tracee *tracee = find(t, pid);
	int signal = 0;

	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		tracee->pid = 0;
		if (pid == t->command)
			t->end = status;
		return;
	}
	int event = status >> 16;
	if (WSTOPSIG(status) == (SIGTRAP | 0x80))
		at_system_call(t, tracee);
	else if (event && event != PTRACE_EVENT_STOP)
		at_event(t, tracee, event);
	else if (!event)
		signal = fatal(pid, WSTOPSIG(status));
	if (event == PTRACE_EVENT_STOP && !tracee->known)
		tracee->held = true;
	else
		resume(t, tracee, signal);
}

static int start(struct tracer *t, char **command)
{
	int gate[2], status;
	char byte;

	if (pipe(gate) < 0)
		return -1;
	t->command = fork();
	if (t->command == 0) {
		close(gate[1]);
		if (read(gate[0], &byte, 1) != 1)
			_exit(125);
		close(gate[0]);
		close(3);
		execv(command[0], command);
		_exit(127);
	}
	close(gate[0]);
	find(t, t->command)->known = true;
	if (t->command < 0 || ptrace(PTRACE_SEIZE, t->command, 0,
				     PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
					     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC) < 0)
		return -1;
	if (write(gate[1], "", 1) != 1)
		return -1;
	close(gate[1]);
	/* the first stop is that of execve: calls count from there */
	if (waitpid(t->command, &status, 0) < 0 || status >> 16 != PTRACE_EVENT_EXEC)
		return -1;
	ptrace(t->kills ? PTRACE_SYSCALL : PTRACE_CONT, t->command, 0, 0);
	return 0;
}

static int alive(const struct tracer *t)
{
	int count = 0;

	for (int i = 0; i < TRACEES; i++)
		count += t->all[i].pid != 0;
	return count;
}

/* Behind the end of a failed command: who is still there after a while? */
static int left(struct tracer *t)
{
	const struct timespec pause = { .tv_nsec = 500000 };
	int status;

	for (int i = 0; i < 2 * LEFT_MILLISECONDS && alive(t); i++) {
		pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);

		if (pid < 0)
			return 0;
		if (pid > 0)
			handle(t, pid, status);
		else
			nanosleep(&pause, NULL);
	}
	return alive(t);
}

int main(int argc, char **argv)
{
	struct tracer t = { .hit = -1, .end = -1 };
	int status, count = 0;

	if (argc < 4)
		return 2;
	t.kills = strcmp(argv[1], "kill") == 0;
	t.target = strtoul(argv[2], NULL, 10);
	if (!t.kills)
		t.error = atoi(argv[3]);
	if (start(&t, argv + (t.kills ? 3 : 4)) < 0) {
		perror("inject");
		return 125;
	}
	while (t.end < 0) {
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0)
			return 125;
		handle(&t, pid, status);
	}
	if (t.end != 0)
		count = left(&t);
	/* seized without EXITKILL: what still lives is let go when this ends */
	if (t.hit >= 0)
		dprintf(3, "%s %ld %d\n", t.kills ? "killed" : "failed", t.hit, count);
	else
		dprintf(3, "reached %lu %d\n", t.count, count);
	return WIFEXITED(t.end) ? WEXITSTATUS(t.end) : 128 + WTERMSIG(t.end);
}
