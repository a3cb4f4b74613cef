/* What the seccomp filter makes of system calls: each one named by number on the command line (none: all that
 * do no harm), called in a child with every argument ~0, one line each: "83 errno 14", "83 signal 31", "83
 * trap". A number with the letter i is called by int 0x80, which is the 32-bit table on x86-64.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRAPPED 200
#define LAST 450

static void trap(int signal)
{
	(void)signal;
	_exit(TRAPPED);
}

/* Those that end, stop, fork or hang up the caller, wait for the disk, or return to nowhere. */
static int harmful(long number)
{
	static const long numbers[] = { SYS_rt_sigreturn,    SYS_pause,     SYS_clone, SYS_fork,
					SYS_vfork,           SYS_exit,      SYS_sync,  SYS_vhangup,
					SYS_restart_syscall, SYS_exit_group };

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (numbers[i] == number)
			return 1;
	return 0;
}

static int call(long number, int old)
{
	if (!old)
		return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) == -1 ? errno : 0;
#ifdef __x86_64__
	long r = number;
	__asm__ volatile("int $0x80"
			 : "+a"(r)
			 : "b"(-1L), "c"(-1L), "d"(-1L)
			 : "memory", "r8", "r9", "r10", "r11");
	return r < 0 ? (int)-r : 0;
#else
	return ENOSYS;
#endif
}

static void probe(long number, int old)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		signal(SIGSYS, trap);
		_exit(call(number, old));
	}
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		printf("%ld signal %d\n", number, WTERMSIG(status));
	else if (WEXITSTATUS(status) == TRAPPED)
		printf("%ld trap\n", number);
	else
		printf("%ld errno %d\n", number, WEXITSTATUS(status));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *end;
		long number = strtol(argv[i], &end, 10);

		probe(number, *end == 'i');
	}
	for (long number = 0; argc == 1 && number < LAST; number++)
		if (!harmful(number))
			probe(number, 0);
	return 0;
}
