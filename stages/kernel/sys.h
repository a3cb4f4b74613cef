/* Every system call below stages/, one function each: the seam at which unit tests put a fake.
 * All return the call's value, or a negative errno; none sets errno or retries, except that
 * sys_openat2 retries EAGAIN (128 times) and EINTR, as RESOLVE_IN_ROOT asks. Every descriptor is
 * born close-on-exec: the functions add the flag themselves. Kernel constants that a header of
 * 6.1 lacks are here. <sys/mount.h> must not be included beside this: use <linux/mount.h>.
 */
#ifndef OCIRUN_SYS_H
#define OCIRUN_SYS_H

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u /* 6.3 */
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20 /* 6.3 */
#endif
#define SYS_MNT_DETACH 2

/* struct clone_args of linux/sched.h, which clashes with <sched.h> */
struct sys_clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
		set_tid_size, cgroup;
};
/* struct sched_attr of linux/sched/types.h, which clashes with <sched.h> too */
struct sys_sched_attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max; /* 5.3 */
};
struct sys_dirent; /* struct linux_dirent64 */

/* files */
int sys_openat(int dir, const char *path, int flags, mode_t mode);
int sys_openat2(int dir, const char *path, struct open_how *how);
int sys_close(int fd);
int sys_close_range(unsigned first, unsigned last, unsigned flags);
ssize_t sys_read(int fd, void *buffer, size_t size);
ssize_t sys_write(int fd, const void *bytes, size_t size);
ssize_t sys_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t sys_pwrite(int fd, const void *bytes, size_t size, off_t offset);
int sys_fstat(int fd, struct stat *ret);
int sys_fstatat(int dir, const char *path, struct stat *ret, int flags);
/* f_type of statfs(2), the file system's magic; never negative on success */
int64_t sys_fs_magic(int fd);
/* f_flags of statfs(2): ST_* of the mount that fd is on */
int64_t sys_fs_flags(int fd);
/* mount id of statx (5.8); dir, path, flags as in statx */
int64_t sys_mount_id(int dir, const char *path, int flags);
int sys_mkdirat(int dir, const char *path, mode_t mode);
int sys_mknodat(int dir, const char *path, mode_t mode, unsigned major, unsigned minor);
int sys_symlinkat(const char *target, int dir, const char *path);
int sys_linkat(int from, const char *path, int to, const char *name, int flags);
int sys_unlinkat(int dir, const char *path, int flags);
int sys_renameat2(int from, const char *old, int to, const char *name, unsigned flags);
ssize_t sys_readlinkat(int dir, const char *path, char *buffer, size_t size);
int sys_fchmod(int fd, mode_t mode);
int sys_fchmodat(int dir, const char *path, mode_t mode);
int sys_fchownat(int dir, const char *path, uid_t uid, gid_t gid, int flags);
int sys_fsetxattr(int fd, const char *name, const void *value, size_t size);
ssize_t sys_getdents(int fd, void *buffer, size_t size);
int sys_fchdir(int fd);
int sys_chdir(const char *path);
int sys_chroot(const char *path);
ssize_t sys_getcwd(char *buffer, size_t size);
int sys_dup(int fd, int least); /* F_DUPFD_CLOEXEC */
int sys_dup3(int from, int to, int flags);
int sys_fcntl(int fd, int command, int64_t argument);
int sys_ftruncate(int fd, off_t size);
int sys_memfd_create(const char *name, unsigned flags);
/* from the file's beginning, at an address of the kernel's choice */
int sys_mmap(int fd, size_t length, int protection, int flags, void **ret);
int sys_pipe(int ret_ends[2]);
int sys_poll(struct pollfd *fds, unsigned count, int milliseconds);
int sys_access(int dir, const char *path, int mode, int flags); /* faccessat2 */

/* mounts */
int sys_open_tree(int dir, const char *path, unsigned flags);
int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags);
int sys_fsopen(const char *type);
int sys_fsconfig(int context, unsigned command, const char *key, const void *value, int aux);
int sys_fspick(int dir, const char *path, unsigned flags);
int sys_fsmount(int context, unsigned attributes);
int sys_mount_setattr(int dir, const char *path, unsigned flags, struct mount_attr *attr);
int sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
	      const void *data);
int sys_umount2(const char *target, int flags);
int sys_pivot_root(const char *root, const char *old);

/* namespaces, processes */
int sys_unshare(int flags);
int sys_setns(int fd, int type);
int sys_clone3(struct sys_clone_args *args, size_t size);
/* clone3 for a CLONE_VM child: it runs child(argument) on the stack that args gives and exits with its
 * value. Where no assembly is written for the architecture, CLONE_VM and the stack are dropped. */
int sys_clone_vm(struct sys_clone_args *args, size_t size, int (*child)(void *), void *argument);
int sys_sethostname(const char *name, size_t length);
int sys_setdomainname(const char *name, size_t length);
int sys_getpid(void);
int sys_setsid(void);
int sys_execve(const char *path, char *const args[], char *const env[]);
int sys_execveat(int dir, const char *path, char *const args[], char *const env[], int flags);
_Noreturn void sys_exit(int status);
int sys_waitid(idtype_t type, id_t id, siginfo_t *ret, int options);
int sys_pidfd_open(pid_t pid, unsigned flags);
int sys_pidfd_send_signal(int pidfd, int signal);
int sys_kill(pid_t pid, int signal);
int sys_sigprocmask(int how, const uint64_t *set, uint64_t *ret_old); /* kernel's 64-bit set */
int sys_sigdefault(int signal);                                       /* default action for one signal */
/* The process ends with 128 + signal by it, also as a namespace's first process, for which the kernel's
 * default action is nothing; an ignored one stays ignored. Until execve, which makes it the default again. */
int sys_sigexit(int signal);
int64_t sys_clock_ms(void); /* CLOCK_MONOTONIC in milliseconds, for deadlines */

/* identity, limits */
int sys_setresuid(uid_t r, uid_t e, uid_t s);
int sys_setresgid(gid_t r, gid_t e, gid_t s);
int sys_setgroups(size_t count, const gid_t *groups);
int sys_getuid(void);
int sys_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable);
int sys_capget(uint64_t *ret_effective, uint64_t *ret_permitted, uint64_t *ret_inheritable);
int sys_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
long sys_keyctl(int command, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int sys_prlimit(pid_t pid, int resource, const struct rlimit *limit, struct rlimit *ret_old);
int sys_umask(mode_t mask);
int sys_personality(unsigned long domain);
int sys_sched_setaffinity(pid_t pid, size_t size, const void *mask);
int sys_sched_setattr(pid_t pid, const struct sys_sched_attr *attr);
int sys_ioprio_set(int which, int who, int priority);
int sys_set_mempolicy(int mode, const unsigned long *nodes, unsigned long bits);
int sys_seccomp(unsigned operation, unsigned flags, void *argument);
int sys_bpf(int command, void *attr, unsigned size);

/* sockets */
int sys_socket(int domain, int type, int protocol);
int sys_socketpair(int domain, int type, int protocol, int ret_ends[2]);
int sys_setsockopt(int fd, int level, int name, const void *value, unsigned size);
ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags);
int sys_ioctl(int fd, unsigned long request, void *argument);

#endif
