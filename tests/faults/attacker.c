/* attacker STEP SWAPS COMMAND...: run COMMAND (an ocirun) and exchange paths of its container under its
 * hands. SWAPS is a file with lines "VICTIM<tab>DECOY"; both exist, and at each exchange they trade places
 * (renameat2 RENAME_EXCHANGE), so that the path leads now to the one, now to the other.
 *
 *   STEP n > 0   the shim is stopped at its n-th system call that could look at a path or a mount; all pairs
 *                are exchanged there, and back again MOMENTS later calls: nothing is left to chance
 *   STEP 0       no stops: a second process exchanges them without pause until COMMAND ends
 *
 * INSIDE=PID in the environment: the exchanges are made in the mount namespace and the root of that process,
 * of a container. What cannot be renamed, since something is mounted on it, has the decoy mounted over it.
 *
 * AFTER=pivot_root or AFTER=setns: calls are counted from the first such one on.
 *
 * The shim is let alone, and all is put back, when it executes the container's program.
 *
 * Prints to descriptor 3 `swapped N` or, when the shim makes fewer calls, `reached M`. Exit status: that of
 * COMMAND. Everything is back in its place at the end.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACEES 64
#define PAIRS 32

struct pair {
	char victim[2048], decoy[2048];
	bool covered; /* by a mount, since it could not be renamed */
};

struct attack {
	struct pair pairs[PAIRS];
	int pair_count;
	struct {
		pid_t pid;
		bool shim;
		bool known; /* its parent's stop has said whose child it is */
		bool held;  /* it stopped before that, and still does */
	} tracees[TRACEES];
	pid_t command;
	unsigned long count, target, moments;
	long after; /* the call that has to come first; 0: it has come, or none has to */
	bool exchanged;
};

static void read_pairs(struct attack *a, const char *path)
{
	FILE *in = fopen(path, "r");

	if (!in) {
		perror(path);
		exit(125);
	}
	while (a->pair_count < PAIRS && fscanf(in, "%2047[^\t]\t%2047[^\n]\n", a->pairs[a->pair_count].victim,
					       a->pairs[a->pair_count].decoy) == 2)
		a->pair_count++;
	fclose(in);
}

/* A pair below another one may be out of reach for the moment: that is part of the game. */
static void exchange(struct attack *a)
{
	for (int i = 0; i < a->pair_count; i++) {
		struct pair *pair = &a->pairs[i];

		if (renameat2(AT_FDCWD, pair->victim, AT_FDCWD, pair->decoy, RENAME_EXCHANGE) < 0 &&
		    errno == EBUSY)
			pair->covered = mount(pair->decoy, pair->victim, NULL, MS_BIND, NULL) == 0;
	}
}

static void exchange_back(struct attack *a)
{
	for (int i = a->pair_count - 1; i >= 0; i--) {
		struct pair *pair = &a->pairs[i];

		if (pair->covered)
			umount2(pair->victim, MNT_DETACH);
		else
			renameat2(AT_FDCWD, pair->victim, AT_FDCWD, pair->decoy, RENAME_EXCHANGE);
		pair->covered = false;
	}
}

/* Calls after which nothing can have changed for the next look at a path. */
static bool is_dull(unsigned long number)
{
	static const long dull[] = { SYS_close, SYS_fcntl,  SYS_read,          SYS_write,  SYS_sendmsg,
				     SYS_mmap,  SYS_munmap, SYS_prctl,         SYS_capset, SYS_rt_sigaction,
				     SYS_brk,   SYS_fstat,  SYS_rt_sigprocmask };

	for (size_t i = 0; i < sizeof dull / sizeof *dull; i++)
		if ((long)number == dull[i])
			return true;
	return false;
}

static void at_call(struct attack *a, pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY || is_dull(info.entry.nr))
		return;
	if (a->after) {
		if ((long)info.entry.nr == a->after)
			a->after = 0;
		return;
	}
	a->count++;
	if (a->count == a->target) {
		exchange(a);
		a->exchanged = true;
	} else if (a->exchanged && a->count == a->target + a->moments) {
		exchange_back(a);
		a->exchanged = false;
	}
}

static int slot(struct attack *a, pid_t pid)
{
	int empty = -1;

	for (int i = 0; i < TRACEES; i++) {
		if (a->tracees[i].pid == pid)
			return i;
		if (!a->tracees[i].pid && empty < 0)
			empty = i;
	}
	if (empty < 0)
		exit(125);
	a->tracees[empty].pid = pid;
	a->tracees[empty].shim = a->tracees[empty].held = false;
	a->tracees[empty].known = pid == a->command;
	return empty;
}

static void resume(const struct attack *a, int i, int signal)
{
	ptrace(a->tracees[i].shim ? PTRACE_SYSCALL : PTRACE_CONT, a->tracees[i].pid, 0, signal);
}

/* The kernel tells of a child and of its first stop in either order: till both have come it does not go on,
 * or it would make calls that nobody counts. */
static void born(struct attack *a, int parent, pid_t pid)
{
	int i = slot(a, pid);

	a->tracees[i].shim = a->tracees[parent].shim;
	a->tracees[i].known = true;
	if (a->tracees[i].held)
		resume(a, i, 0);
	a->tracees[i].held = false;
}

/* One stop or end; true when the command has ended. */
static bool handle(struct attack *a, pid_t pid, int status)
{
	int i = slot(a, pid), event = status >> 16, signal = 0;
	unsigned long child;

	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		a->tracees[i].pid = 0;
		return pid == a->command;
	}
	if (!a->tracees[i].known) {
		a->tracees[i].held = true;
		return false;
	}
	if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
		if (a->tracees[i].shim)
			at_call(a, pid);
	} else if (event == PTRACE_EVENT_EXEC && a->tracees[i].shim) { /* the program: none of our business */
		if (a->exchanged)
			exchange_back(a);
		a->exchanged = false;
		a->tracees[i].pid = 0;
		ptrace(PTRACE_DETACH, pid, 0, 0);
		return false;
	} else if (event == PTRACE_EVENT_EXEC) {
		a->tracees[i].shim = pid != a->command;
	} else if (event && event != PTRACE_EVENT_STOP) {
		if (ptrace(PTRACE_GETEVENTMSG, pid, 0, &child) == 0)
			born(a, i, (pid_t)child);
	} else if (!event) {
		signal = WSTOPSIG(status);
	}
	resume(a, i, signal);
	return false;
}

static int step(struct attack *a)
{
	int status = 0;
	pid_t pid;

	if (ptrace(PTRACE_SEIZE, a->command, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			   PTRACE_O_TRACEEXEC) < 0) {
		perror("attacker: ptrace");
		exit(125);
	}
	slot(a, a->command);
	kill(a->command, SIGCONT);
	do
		pid = waitpid(-1, &status, __WALL);
	while (pid > 0 && !handle(a, pid, status));
	if (a->exchanged)
		exchange_back(a);
	return status;
}

static int race(struct attack *a)
{
	int status = 0;

	kill(a->command, SIGCONT);
	while (waitpid(a->command, &status, WNOHANG) == 0) {
		exchange(a);
		exchange_back(a);
		a->count++;
	}
	return status;
}

/* Into the container, whose paths the pairs are then. */
static void enter(const char *pid)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%s/ns/mnt", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNS) < 0) {
		perror(path);
		exit(125);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	static struct attack a;
	int status;

	if (argc < 4)
		return 2;
	a.target = strtoul(argv[1], NULL, 10);
	a.moments = getenv("MOMENTS") ? strtoul(getenv("MOMENTS"), NULL, 10) : 1;
	const char *after = getenv("AFTER");
	if (after)
		a.after = strcmp(after, "setns") == 0 ? SYS_setns : SYS_pivot_root;
	read_pairs(&a, argv[2]);
	a.command = fork();
	if (a.command == 0) {
		raise(SIGSTOP);
		close(3);
		execv(argv[3], argv + 3);
		_exit(127);
	}
	waitpid(a.command, &status, WUNTRACED);
	if (getenv("INSIDE"))
		enter(getenv("INSIDE"));
	status = a.target ? step(&a) : race(&a);
	dprintf(3, a.target && a.count >= a.target ? "swapped %lu\n" : "reached %lu\n", a.count);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
