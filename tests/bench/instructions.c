/* instructions COMMAND...: how many instructions COMMAND and its children execute in user space, counted by
 * single steps: no performance counter is needed, and two counts of the same work are nearly the same. One
 * line a program, in the order of their ends: "ocirun 539331". The command's own exit status is ours.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define TASKS 64

struct task {
	pid_t pid;
	char name[32]; /* of the program; "" before the first execve of ours */
	unsigned long count;
};
struct count {
	struct task tasks[TASKS];
	unsigned used;
};

static void read_name(struct task *task)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/comm", (int)task->pid);
	task->name[0] = 0;
	file = fopen(path, "r");
	if (!file)
		return;
	if (fgets(task->name, sizeof task->name, file))
		task->name[strcspn(task->name, "\n")] = 0;
	fclose(file);
}

static struct task *find(struct count *count, pid_t pid)
{
	for (unsigned i = 0; i < count->used; i++)
		if (count->tasks[i].pid == pid)
			return &count->tasks[i];
	if (count->used == TASKS) {
		fputs("instructions: more than 64 processes at a time\n", stderr);
		exit(125);
	}
	count->tasks[count->used] = (struct task){ .pid = pid };
	read_name(&count->tasks[count->used]);
	return &count->tasks[count->used++];
}

static void tell(const struct task *task)
{
	if (task->name[0] && task->count)
		printf("%s %lu\n", task->name, task->count);
}

/* A stop: the signal that is passed on when the task goes on, 0 for those that are the tracer's. */
static int stopped(struct task *task, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_EXEC) { /* another program from here on */
		tell(task);
		task->count = 0;
		read_name(task);
	} else if (!event && signal == SIGTRAP) {
		task->count++;
	} else if (!event && signal != SIGSTOP) {
		return signal;
	}
	return 0;
}

static int follow(pid_t command)
{
	struct count count = { .used = 0 };
	int status, result = 0;
	pid_t pid;

	find(&count, command)->name[0] = 0;
	ptrace(PTRACE_SINGLESTEP, command, NULL, 0L);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		struct task *task = find(&count, pid);

		if (WIFSTOPPED(status)) {
			ptrace(PTRACE_SINGLESTEP, pid, NULL, (long)stopped(task, status));
			continue;
		}
		if (pid == command)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		tell(task);
		*task = count.tasks[--count.used];
	}
	return result;
}

int main(int count, char **words)
{
	const long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	pid_t command = count > 1 ? fork() : -1;
	int status;

	if (command == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execv(words[1], words + 1);
		_exit(127);
	}
	if (command < 0 || waitpid(command, &status, 0) != command || !WIFSTOPPED(status))
		return 125;
	ptrace(PTRACE_SETOPTIONS, command, NULL, options);
	return follow(command);
}
