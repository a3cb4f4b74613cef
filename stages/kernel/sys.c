/* System calls, raw: see sys.h. The only file below stages/ that calls the kernel. */
#include "sys.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define OPENAT2_RETRIES 128 /* RESOLVE_IN_ROOT: EAGAIN while anything mounts or renames */

/* The kernel's result: libc's syscall() hands it out through errno. */
static long result(long value)
{
	return value == -1 ? -(long)errno : value;
}
#define CALL(...) result(syscall(__VA_ARGS__))
#define CALL_INT(...) ((int)CALL(__VA_ARGS__))

int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	return CALL_INT(SYS_openat, dir, path, flags | O_CLOEXEC, mode);
}

int sys_openat2(int dir, const char *path, struct open_how *how)
{
	int r = -EAGAIN;

	how->flags |= O_CLOEXEC;
	for (int i = 0; i < OPENAT2_RETRIES && (r == -EAGAIN || r == -EINTR); i++)
		r = CALL_INT(SYS_openat2, dir, path, how, sizeof *how);
	return r;
}

int sys_close(int fd)
{
	return CALL_INT(SYS_close, fd);
}

int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return CALL_INT(SYS_close_range, first, last, flags);
}

ssize_t sys_read(int fd, void *buffer, size_t size)
{
	return CALL(SYS_read, fd, buffer, size);
}

ssize_t sys_write(int fd, const void *bytes, size_t size)
{
	return CALL(SYS_write, fd, bytes, size);
}

ssize_t sys_pread(int fd, void *buffer, size_t size, off_t offset)
{
	ssize_t r = pread(fd, buffer, size, offset);

	return r < 0 ? -errno : r;
}

ssize_t sys_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	ssize_t r = pwrite(fd, bytes, size, offset);

	return r < 0 ? -errno : r;
}

int sys_fstat(int fd, struct stat *ret)
{
	return sys_fstatat(fd, "", ret, AT_EMPTY_PATH);
}

int sys_fstatat(int dir, const char *path, struct stat *ret, int flags)
{
	return fstatat(dir, path, ret, flags) < 0 ? -errno : 0;
}

int64_t sys_fs_magic(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	return (int64_t)(uint32_t)fs.f_type;
}

int64_t sys_fs_flags(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	return (int64_t)(uint32_t)fs.f_flags;
}

/* struct statx of the kernel, up to stx_mnt_id (5.8): musl of Debian 12 and glibc name it apart. */
struct mount_id_statx {
	uint32_t mask, blocksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, spare;
	uint64_t ino, size, blocks, attributes_mask;
	uint64_t times[8];
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mount_id;
	uint64_t reserved[13];
};
_Static_assert(sizeof(struct mount_id_statx) == 256, "struct statx");

int64_t sys_mount_id(int dir, const char *path, int flags)
{
	struct mount_id_statx statx;
	int r = CALL_INT(SYS_statx, dir, path, flags | AT_NO_AUTOMOUNT, 0x1000u /* STATX_MNT_ID */, &statx);

	return r < 0 ? r : (int64_t)statx.mount_id;
}

int sys_mkdirat(int dir, const char *path, mode_t mode)
{
	return CALL_INT(SYS_mkdirat, dir, path, mode);
}

int sys_mknodat(int dir, const char *path, mode_t mode, unsigned major, unsigned minor)
{
	return CALL_INT(SYS_mknodat, dir, path, mode, (unsigned)makedev(major, minor));
}

int sys_symlinkat(const char *target, int dir, const char *path)
{
	return CALL_INT(SYS_symlinkat, target, dir, path);
}

int sys_linkat(int from, const char *path, int to, const char *name, int flags)
{
	return CALL_INT(SYS_linkat, from, path, to, name, flags);
}

int sys_unlinkat(int dir, const char *path, int flags)
{
	return CALL_INT(SYS_unlinkat, dir, path, flags);
}

int sys_renameat2(int from, const char *old, int to, const char *name, unsigned flags)
{
	return CALL_INT(SYS_renameat2, from, old, to, name, flags);
}

ssize_t sys_readlinkat(int dir, const char *path, char *buffer, size_t size)
{
	return CALL(SYS_readlinkat, dir, path, buffer, size);
}

int sys_fchmod(int fd, mode_t mode)
{
	return CALL_INT(SYS_fchmod, fd, mode);
}

int sys_fchmodat(int dir, const char *path, mode_t mode)
{
	return CALL_INT(SYS_fchmodat, dir, path, mode);
}

int sys_fchownat(int dir, const char *path, uid_t uid, gid_t gid, int flags)
{
	return CALL_INT(SYS_fchownat, dir, path, uid, gid, flags);
}

int sys_fsetxattr(int fd, const char *name, const void *value, size_t size)
{
	return CALL_INT(SYS_fsetxattr, fd, name, value, size, 0);
}

ssize_t sys_getdents(int fd, void *buffer, size_t size)
{
	return CALL(SYS_getdents64, fd, buffer, size);
}

int sys_fchdir(int fd)
{
	return CALL_INT(SYS_fchdir, fd);
}

int sys_chdir(const char *path)
{
	return CALL_INT(SYS_chdir, path);
}

int sys_chroot(const char *path)
{
	return CALL_INT(SYS_chroot, path);
}

ssize_t sys_getcwd(char *buffer, size_t size)
{
	return CALL(SYS_getcwd, buffer, size);
}

int sys_dup(int fd, int least)
{
	return sys_fcntl(fd, F_DUPFD_CLOEXEC, least);
}

int sys_dup3(int from, int to, int flags)
{
	return CALL_INT(SYS_dup3, from, to, flags);
}

int sys_fcntl(int fd, int command, int64_t argument)
{
	int r = fcntl(fd, command, (long)argument);

	return r < 0 ? -errno : r;
}

int sys_ftruncate(int fd, off_t size)
{
	return ftruncate(fd, size) < 0 ? -errno : 0;
}

int sys_memfd_create(const char *name, unsigned flags)
{
	return CALL_INT(SYS_memfd_create, name, flags | 1u /* MFD_CLOEXEC */);
}

int sys_mmap(int fd, size_t length, int protection, int flags, void **ret)
{
	void *at = mmap(NULL, length, protection, flags, fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	*ret = at;
	return 0;
}

int sys_pipe(int ret_ends[2])
{
	return CALL_INT(SYS_pipe2, ret_ends, O_CLOEXEC);
}

int sys_poll(struct pollfd *fds, unsigned count, int milliseconds)
{
	int r = poll(fds, count, milliseconds);

	return r < 0 ? -errno : r;
}

int sys_access(int dir, const char *path, int mode, int flags)
{
	return CALL_INT(SYS_faccessat2, dir, path, mode, flags);
}

int sys_open_tree(int dir, const char *path, unsigned flags)
{
	return CALL_INT(SYS_open_tree, dir, path, flags | OPEN_TREE_CLOEXEC);
}

int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags)
{
	return CALL_INT(SYS_move_mount, from, from_path, to, to_path, flags);
}

int sys_fsopen(const char *type)
{
	return CALL_INT(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

int sys_fsconfig(int context, unsigned command, const char *key, const void *value, int aux)
{
	return CALL_INT(SYS_fsconfig, context, command, key, value, aux);
}

int sys_fspick(int dir, const char *path, unsigned flags)
{
	return CALL_INT(SYS_fspick, dir, path, flags | FSPICK_CLOEXEC);
}

int sys_fsmount(int context, unsigned attributes)
{
	return CALL_INT(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
}

int sys_mount_setattr(int dir, const char *path, unsigned flags, struct mount_attr *attr)
{
	return CALL_INT(SYS_mount_setattr, dir, path, flags, attr, sizeof *attr);
}

int sys_mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
{
	return CALL_INT(SYS_mount, source, target, type, flags, data);
}

int sys_umount2(const char *target, int flags)
{
	return CALL_INT(SYS_umount2, target, flags);
}

int sys_pivot_root(const char *root, const char *old)
{
	return CALL_INT(SYS_pivot_root, root, old);
}

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

int sys_seccomp(unsigned operation, unsigned flags, void *argument)
{
	return CALL_INT(SYS_seccomp, operation, flags, argument);
}

int sys_bpf(int command, void *attr, unsigned size)
{
	return CALL_INT(SYS_bpf, command, attr, size);
}

int sys_socket(int domain, int type, int protocol)
{
	return CALL_INT(SYS_socket, domain, type | SOCK_CLOEXEC, protocol);
}

int sys_socketpair(int domain, int type, int protocol, int ret_ends[2])
{
	return CALL_INT(SYS_socketpair, domain, type | SOCK_CLOEXEC, protocol, ret_ends);
}

ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return CALL(SYS_sendmsg, fd, message, flags | MSG_NOSIGNAL);
}

ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags)
{
	return CALL(SYS_recvmsg, fd, message, flags | MSG_CMSG_CLOEXEC);
}

int sys_ioctl(int fd, unsigned long request, void *argument)
{
	return CALL_INT(SYS_ioctl, fd, request, argument);
}
