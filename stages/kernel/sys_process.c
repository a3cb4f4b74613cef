/* System calls on processes, namespaces, ids and the kernel's other objects, raw: see sys.h. */
#include "sys_raw.h"

#include <linux/capability.h>
#include <time.h>

int sys_unshare(int flags)
{
	return CALL_INT(SYS_unshare, flags);
}

int sys_setns(int fd, int type)
{
	return CALL_INT(SYS_setns, fd, type);
}

int sys_clone3(struct sys_clone_args *args, size_t size)
{
	return CALL_INT(SYS_clone3, args, size);
}

/* The child begins on an empty stack and never returns into this function's frame, which is the sleeping
 * parent's; registers other than the result (and rcx, r11) come over the clone unchanged. It ends by
 * exit_group without libc, or by a trap where a filter forbids even that. */
int sys_clone_vm(struct sys_clone_args *args, size_t size, int (*child)(void *), void *argument)
{
#if defined(__x86_64__) && !defined(__ILP32__)
	register int (*run)(void *) __asm__("r8") = child;
	register void *what __asm__("r9") = argument;
	long r = SYS_clone3;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t" /* the end of every backtrace */
			 "mov %%r9, %%rdi\n\t"
			 "call *%%r8\n\t"
			 "mov %%eax, %%edi\n\t"
			 "mov $231, %%eax\n\t" /* exit_group */
			 "syscall\n\t"
			 "ud2\n"
			 "1:"
			 : "+a"(r)
			 : "D"(args), "S"(size), "r"(run), "r"(what)
			 : "rcx", "r11", "memory", "cc");
	return (int)r;
#elif defined(__aarch64__)
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = (long)size;
	register int (*run)(void *) __asm__("x2") = child;
	register void *what __asm__("x3") = argument;
	register long number __asm__("x8") = SYS_clone3;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t" /* the end of every backtrace */
			 "mov x0, x3\n\t"
			 "blr x2\n\t"
			 "mov x8, #94\n\t" /* exit_group */
			 "svc #0\n\t"
			 "brk #1\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x1), "r"(run), "r"(what), "r"(number)
			 : "memory", "cc");
	return (int)x0;
#else
	int r;

	args->flags &= ~(uint64_t)CLONE_VM;
	args->stack = args->stack_size = 0;
	r = sys_clone3(args, size);
	if (r == 0)
		sys_exit(child(argument));
	return r;
#endif
}

int sys_sethostname(const char *name, size_t length)
{
	return CALL_INT(SYS_sethostname, name, length);
}

int sys_setdomainname(const char *name, size_t length)
{
	return CALL_INT(SYS_setdomainname, name, length);
}

int sys_getpid(void)
{
	return CALL_INT(SYS_getpid);
}

int sys_setsid(void)
{
	return CALL_INT(SYS_setsid);
}

int sys_execve(const char *path, char *const args[], char *const env[])
{
	return CALL_INT(SYS_execve, path, args, env);
}

int sys_execveat(int dir, const char *path, char *const args[], char *const env[], int flags)
{
	return CALL_INT(SYS_execveat, dir, path, args, env, flags);
}

_Noreturn void sys_exit(int status)
{
	syscall(SYS_exit_group, status);
	__builtin_trap(); /* a filter that forbids even exit */
}

int sys_waitid(idtype_t type, id_t id, siginfo_t *ret, int options)
{
	return CALL_INT(SYS_waitid, type, id, ret, options, NULL);
}

int sys_pidfd_open(pid_t pid, unsigned flags)
{
	return CALL_INT(SYS_pidfd_open, pid, flags);
}

int sys_pidfd_send_signal(int pidfd, int signal)
{
	return CALL_INT(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int sys_kill(pid_t pid, int signal)
{
	return CALL_INT(SYS_kill, pid, signal);
}

int sys_sigprocmask(int how, const uint64_t *set, uint64_t *ret_old)
{
	return CALL_INT(SYS_rt_sigprocmask, how, set, ret_old, sizeof *set);
}

int sys_sigdefault(int signal)
{
	/* struct sigaction of the kernel begins with the handler; the rest is 0 for SIG_DFL */
	uint64_t action[4] = { 0 };

	return CALL_INT(SYS_rt_sigaction, signal, action, NULL, sizeof(uint64_t));
}

static void end_by(int signal)
{
	sys_exit(128 + signal);
}

static void never_back(void)
{
}

int sys_sigexit(int signal)
{
	/* struct sigaction of the kernel; x86 takes no handler without a way back */
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = { end_by, 0x04000000 /* SA_RESTORER */, never_back, 0 }, old = { 0 };
	int r = CALL_INT(SYS_rt_sigaction, signal, &action, &old, sizeof action.mask);

	if (r == 0 && old.handler == SIG_IGN)
		r = CALL_INT(SYS_rt_sigaction, signal, &old, NULL, sizeof old.mask);
	return r;
}

int64_t sys_clock_ms(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int sys_setresuid(uid_t r, uid_t e, uid_t s)
{
	return CALL_INT(SYS_setresuid, r, e, s);
}

int sys_setresgid(gid_t r, gid_t e, gid_t s)
{
	return CALL_INT(SYS_setresgid, r, e, s);
}

int sys_setgroups(size_t count, const gid_t *groups)
{
	return CALL_INT(SYS_setgroups, count, groups);
}

int sys_getuid(void)
{
	return CALL_INT(SYS_getuid);
}

int sys_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable },
		{ (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32) },
	};

	return CALL_INT(SYS_capset, &head, data);
}

int sys_capget(uint64_t *ret_effective, uint64_t *ret_permitted, uint64_t *ret_inheritable)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	int r = CALL_INT(SYS_capget, &head, data);

	if (r < 0)
		return r;
	*ret_effective = data[0].effective | (uint64_t)data[1].effective << 32;
	*ret_permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	*ret_inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

int sys_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	return CALL_INT(SYS_prctl, option, a, b, c, d);
}

long sys_keyctl(int command, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	return CALL(SYS_keyctl, command, a, b, c, d);
}

int sys_prlimit(pid_t pid, int resource, const struct rlimit *limit, struct rlimit *ret_old)
{
	return CALL_INT(SYS_prlimit64, pid, resource, limit, ret_old);
}

int sys_umask(mode_t mask)
{
	return CALL_INT(SYS_umask, mask);
}

int sys_personality(unsigned long domain)
{
	return CALL_INT(SYS_personality, domain);
}

int sys_sched_setaffinity(pid_t pid, size_t size, const void *mask)
{
	return CALL_INT(SYS_sched_setaffinity, pid, size, mask);
}

int sys_sched_setattr(pid_t pid, const struct sys_sched_attr *attr)
{
	return CALL_INT(SYS_sched_setattr, pid, attr, 0);
}

int sys_ioprio_set(int which, int who, int priority)
{
	return CALL_INT(SYS_ioprio_set, which, who, priority);
}

int sys_set_mempolicy(int mode, const unsigned long *nodes, unsigned long bits)
{
	return CALL_INT(SYS_set_mempolicy, mode, nodes, bits);
}

int sys_seccomp(unsigned operation, unsigned flags, void *argument)
{
	return CALL_INT(SYS_seccomp, operation, flags, argument);
}

int sys_bpf(int command, void *attr, unsigned size)
{
	return CALL_INT(SYS_bpf, command, attr, size);
}
