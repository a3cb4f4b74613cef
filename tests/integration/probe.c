/* What the seccomp filter makes of system calls: each one named by number on the command line (none: all that
 * do no harm), called in a child with every argument ~0, one line each: "83 errno 14", "83 signal 31", "83
 * trap". A number with the letter i is called by int 0x80, which is the 32-bit table on x86-64; one with x is
 * of the x32 table.
 *
 * probe values NUMBER...: each with many values of its arguments, in this very process, so only for a filter
 * that answers all of them with an errno; one line each: "83 4 errno 101" (4: which values).
 *
 * probe i386: does int 0x80 call the kernel? (Some hypervisors and ia32_emulation=0 make it a fault.)
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

#define X32 0x40000000L /* __X32_SYSCALL_BIT */

static int call(long number, char table, const long *v)
{
	if (table != 'i')
		return syscall(table == 'x' ? number | X32 : number, v[0], v[1], v[2], v[3], v[4], v[5]) == -1
			       ? errno
			       : 0;
#ifdef __x86_64__
	long r = number;
	__asm__ volatile("int $0x80"
			 : "+a"(r)
			 : "b"(v[0]), "c"(v[1]), "d"(v[2]), "S"(v[3]), "D"(v[4])
			 : "memory", "r8", "r9", "r10", "r11");
	return r < 0 ? (int)-r : 0;
#else
	return ENOSYS;
#endif
}

static const long values[][6] = {
	{ -1, -1, -1, -1, -1, -1 },
	{ 0, 0, 0, 0, 0, 0 },
	{ 1, 1, 1, 1, 1, 1 },
	{ 6, 6, 6, 6, 6, 6 },
	{ 7, 7, 7, 7, 7, 7 },
	{ 8, 8, 8, 8, 8, 8 },
	{ 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
	{ 0x100000007, 0x100000007, 0x100000007, 0x100000007, 0x100000007, 0x100000007 },
	{ 0x7fffffffffffffff, 0x7fffffffffffffff, 0x7fffffffffffffff, 0, 0, 0 },
	{ 0, 7, 0, 12, 0, 7 },
	{ 7, 0, 7, 0, 12, 0 },
	{ 12, 11, 13, 12, 7, 0x80000000 },
};
#define VALUES (sizeof values / sizeof values[0])

static void probe(long number, char table)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		signal(SIGSYS, trap);
		_exit(call(number, table, values[0]));
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
	int all = argc > 1 && strcmp(argv[1], "values") == 0;

	if (argc == 2 && strcmp(argv[1], "i386") == 0)
		return call(20, 'i', values[0]) != 0; /* getpid, whose result is no error */

	for (int i = 1 + all; i < argc; i++) {
		char *end;
		long number = strtol(argv[i], &end, 10);

		for (size_t k = 0; all && k < VALUES; k++)
			printf("%s %zu errno %d\n", argv[i], k, call(number, *end, values[k]));
		if (!all)
			probe(number, *end);
	}
	for (long number = 0; argc == 1 && number < LAST; number++)
		if (!harmful(number))
			probe(number, 0);
	return 0;
}
