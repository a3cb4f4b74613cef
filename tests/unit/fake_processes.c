/* The fake kernel: mounts, namespaces, processes, identity, sockets. See fake_sys.h. */
#include <linux/termios.h>

#include "fake_core.h"

/* ---- mounts ------------------------------------------------------------------------------------ */

int sys_open_tree(int dir, const char *path, unsigned flags)
{
	return fake_give("open_tree %d \"%s\" %#x", dir, path, flags);
}

int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags)
{
	return CALL("move_mount %d \"%s\" %d \"%s\" %#x", from, from_path, to, to_path, flags);
}

int sys_fsopen(const char *type)
{
	return fake_give("fsopen \"%s\"", type);
}

int sys_fsconfig(int context, unsigned command, const char *key, const void *value, int aux)
{
	const char *text = command == FSCONFIG_SET_STRING ? value : NULL;

	return CALL("fsconfig %d %u \"%s\" \"%s\" %d", context, command, TEXT(key), TEXT(text), aux);
}

int sys_fspick(int dir, const char *path, unsigned flags)
{
	return fake_give("fspick %d \"%s\" %#x", dir, path, flags);
}

int sys_fsmount(int context, unsigned attributes)
{
	return fake_give("fsmount %d %#x", context, attributes);
}

int sys_mount_setattr(int dir, const char *path, unsigned flags, struct mount_attr *attr)
{
	return CALL("mount_setattr %d \"%s\" %#x set=%#llx clear=%#llx propagation=%#llx userns=%lld", dir,
		    path, flags, (long long)attr->attr_set, (long long)attr->attr_clr,
		    (long long)attr->propagation, (long long)attr->userns_fd);
}

int sys_mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
{
	const char *text = data;
	int r = CALL("mount \"%s\" \"%s\" \"%s\" %#lx \"%s\"", TEXT(source), TEXT(target), TEXT(type), flags,
		     TEXT(text));

	if (r == 0 && flags & MS_REMOUNT) /* the four lowest bits are the same for statfs */
		fake.mount_flags = (int64_t)(flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC));
	return r;
}

int sys_umount2(const char *target, int flags)
{
	return CALL("umount2 \"%s\" %#x", target, (unsigned)flags);
}

int sys_pivot_root(const char *root, const char *old)
{
	return CALL("pivot_root \"%s\" \"%s\"", root, old);
}

/* ---- namespaces, processes --------------------------------------------------------------------- */

int sys_unshare(int flags)
{
	return CALL("unshare %#x", (unsigned)flags);
}

int sys_setns(int fd, int type)
{
	return CALL("setns %d %#x", fd, (unsigned)type);
}

static void give_pidfd(const struct sys_clone_args *args)
{
	if (args->flags & CLONE_PIDFD)
		*(int *)(uintptr_t)args->pidfd = fake_track(fake.next_fd++);
}

int sys_clone3(struct sys_clone_args *args, size_t size)
{
	int r = (int)fake_call(4242, "clone3 %#llx signal=%llu cgroup=%llu size=%zu", (long long)args->flags,
			       (unsigned long long)args->exit_signal, (unsigned long long)args->cgroup, size);

	if (r > 0)
		give_pidfd(args);
	return r;
}

int sys_clone_vm(struct sys_clone_args *args, size_t size, int (*child)(void *), void *argument)
{
	int r = (int)fake_call(4242, "clone_vm %#llx cgroup=%llu size=%zu", (long long)args->flags,
			       (unsigned long long)args->cgroup, size);
	int status;

	if (r < 0)
		return r;
	give_pidfd(args);
	status = child(argument);
	if (fake.wait_code == CLD_EXITED && fake.wait_status == 0)
		fake.wait_status = status;
	return r;
}

int sys_sethostname(const char *name, size_t length)
{
	return CALL("sethostname \"%s\"", fake_quoted(name, length));
}

int sys_setdomainname(const char *name, size_t length)
{
	return CALL("setdomainname \"%s\"", fake_quoted(name, length));
}

int sys_getpid(void)
{
	return (int)fake_call(4243, "getpid");
}

int sys_setsid(void)
{
	return CALL("setsid");
}

int sys_execve(const char *path, char *const args[], char *const env[])
{
	char text[1024] = "";

	for (int i = 0; args[i]; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), " \"%s\"", args[i]);
	for (int i = 0; env[i]; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), " env:\"%s\"", env[i]);
	return CALL("execve \"%s\"%s", path, text);
}

int sys_execveat(int dir, const char *path, char *const args[], char *const env[], int flags)
{
	(void)env;
	return CALL("execveat %d \"%s\" \"%s\" %#x", dir, path, TEXT(args[0]), (unsigned)flags);
}

_Noreturn void sys_exit(int status)
{
	fake_line("exit %d", status);
	if (!fake.exit_to)
		abort();
	longjmp(*fake.exit_to, status + 1);
}

int sys_waitid(idtype_t type, id_t id, siginfo_t *ret, int options)
{
	int r = CALL("waitid %d %u %#x", (int)type, (unsigned)id, (unsigned)options);

	if (r == 0 && ret) {
		memset(ret, 0, sizeof *ret);
		ret->si_signo = SIGCHLD;
		ret->si_code = fake.wait_code;
		ret->si_status = fake.wait_status;
		ret->si_pid = 4242;
	}
	return r;
}

int sys_pidfd_open(pid_t pid, unsigned flags)
{
	return fake_give("pidfd_open %d %#x", (int)pid, flags);
}

int sys_pidfd_send_signal(int pidfd, int signal)
{
	return CALL("pidfd_send_signal %d %d", pidfd, signal);
}

int sys_kill(pid_t pid, int signal)
{
	return CALL("kill %d %d", (int)pid, signal);
}

int sys_sigprocmask(int how, const uint64_t *set, uint64_t *ret_old)
{
	int r = CALL("sigprocmask %d %#llx", how, set ? (unsigned long long)*set : 0ULL);

	if (r == 0 && ret_old)
		*ret_old = 0;
	return r;
}

int sys_sigdefault(int signal)
{
	(void)signal;
	return 0;
}

int sys_sigexit(int signal)
{
	return CALL("sigexit %d", signal);
}

/* ---- identity, limits -------------------------------------------------------------------------- */

int sys_setresuid(uid_t r, uid_t e, uid_t s)
{
	return CALL("setresuid %d %d %d", (int)r, (int)e, (int)s);
}

int sys_setresgid(gid_t r, gid_t e, gid_t s)
{
	return CALL("setresgid %d %d %d", (int)r, (int)e, (int)s);
}

int sys_setgroups(size_t count, const gid_t *groups)
{
	char text[256] = "";

	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), " %u", groups[i]);
	return CALL("setgroups %zu%s", count, text);
}

int sys_getuid(void)
{
	return CALL("getuid");
}

int sys_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	return CALL("capset %#llx %#llx %#llx", (long long)effective, (long long)permitted,
		    (long long)inheritable);
}

int sys_capget(uint64_t *ret_effective, uint64_t *ret_permitted, uint64_t *ret_inheritable)
{
	int r = CALL("capget");

	if (r < 0)
		return r;
	*ret_effective = *ret_permitted = (1ULL << 41) - 1;
	*ret_inheritable = 0;
	return r;
}

int sys_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	return CALL("prctl %d %#lx %#lx %#lx %#lx", option, a, b, c, d);
}

long sys_keyctl(int command, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	/* KEYCTL_JOIN_SESSION_KEYRING (1) and KEYCTL_SETPERM (5): the name is worth reading */
	if (command == 1)
		return CALL("keyctl 1 \"%s\"", a ? (const char *)a : "-");
	return CALL("keyctl %d %#lx %#lx %#lx %#lx", command, a, b, c, d);
}

int sys_prlimit(pid_t pid, int resource, const struct rlimit *limit, struct rlimit *ret_old)
{
	int r = limit ? CALL("prlimit %d %d %#llx %#llx", (int)pid, resource, (long long)limit->rlim_cur,
			     (long long)limit->rlim_max)
		      : CALL("prlimit %d %d", (int)pid, resource);

	if (r == 0 && ret_old)
		*ret_old = (struct rlimit){ 1024, 4096 };
	return r;
}

int sys_umask(mode_t mask)
{
	return (int)fake_call(022, "umask %#o", (unsigned)mask);
}

int sys_personality(unsigned long domain)
{
	return CALL("personality %#lx", domain);
}

int sys_sched_setaffinity(pid_t pid, size_t size, const void *mask)
{
	(void)mask;
	return CALL("sched_setaffinity %d %zu", (int)pid, size);
}

int sys_sched_setattr(pid_t pid, const struct sys_sched_attr *attr)
{
	return CALL("sched_setattr %d policy %u flags %#llx nice %d priority %u %llu/%llu/%llu", (int)pid,
		    attr->policy, (unsigned long long)attr->flags, attr->nice, attr->priority,
		    (unsigned long long)attr->runtime, (unsigned long long)attr->deadline,
		    (unsigned long long)attr->period);
}

int sys_ioprio_set(int which, int who, int priority)
{
	return CALL("ioprio_set %d %d %#x", which, who, (unsigned)priority);
}

int sys_set_mempolicy(int mode, const unsigned long *nodes, unsigned long bits)
{
	return CALL("set_mempolicy %#x %#lx %lu", (unsigned)mode, nodes[0], bits);
}

int sys_seccomp(unsigned operation, unsigned flags, void *argument)
{
	(void)argument;
	if (flags & 8) /* SECCOMP_FILTER_FLAG_NEW_LISTENER */
		return fake_give("seccomp %u %#x", operation, flags);
	return CALL("seccomp %u %#x", operation, flags);
}

int sys_bpf(int command, void *attr, unsigned size)
{
	(void)attr;
	return command == 5 /* BPF_PROG_LOAD */ ? fake_give("bpf 5 %u", size)
						: CALL("bpf %d %u", command, size);
}

/* ---- sockets ----------------------------------------------------------------------------------- */

int sys_socket(int domain, int type, int protocol)
{
	return fake_give("socket %d %#x %d", domain, (unsigned)type, protocol);
}

int sys_socketpair(int domain, int type, int protocol, int ret_ends[2])
{
	int r = CALL("socketpair %d %#x %d", domain, (unsigned)type, protocol);

	if (r < 0)
		return r;
	ret_ends[0] = fake_track(fake.next_fd++);
	ret_ends[1] = fake_track(fake.next_fd++);
	return 0;
}

int sys_setsockopt(int fd, int level, int name, const void *value, unsigned size)
{
	(void)value;
	return CALL("setsockopt %d %d %d %u", fd, level, name, size);
}

static size_t message_size(const struct msghdr *message)
{
	size_t size = 0;

	for (size_t i = 0; i < (size_t)message->msg_iovlen; i++)
		size += message->msg_iov[i].iov_len;
	return size;
}

ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
	const struct cmsghdr *control = CMSG_FIRSTHDR(message);
	size_t size = message_size(message),
	       fds = control ? (control->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
	uint32_t first = 0;

	if (message->msg_iovlen && message->msg_iov[0].iov_len >= sizeof first)
		memcpy(&first, message->msg_iov[0].iov_base, sizeof first);
	/* first: the type, when it is a message of messages.h */
	return (ssize_t)fake_call((int64_t)size, "sendmsg %d type=%u bytes=%zu fds=%zu %#x", fd, first, size,
				  fds, (unsigned)flags);
}

static void spread(struct msghdr *message, const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < (size_t)message->msg_iovlen && size; i++) {
		size_t n = message->msg_iov[i].iov_len < size ? message->msg_iov[i].iov_len : size;

		memcpy(message->msg_iov[i].iov_base, bytes, n);
		bytes += n;
		size -= n;
	}
	if (size)
		message->msg_flags |= MSG_TRUNC;
}

static void give_fds(struct msghdr *message, const struct script *script)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	size_t size = script->fd_count * sizeof(int);

	if (!control || message->msg_controllen < CMSG_LEN(size)) {
		message->msg_flags |= MSG_CTRUNC;
		message->msg_controllen = 0;
		return;
	}
	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(control), script->fds, size);
	message->msg_controllen = CMSG_SPACE(size);
	for (unsigned i = 0; i < script->fd_count; i++)
		fake_track(script->fds[i]);
}

ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags)
{
	struct script *script;
	int64_t r;
	int error;

	fake_line("recvmsg %d %#x", fd, (unsigned)flags);
	message->msg_flags = 0;
	script = fake_count_call("recvmsg", &error);
	if (!script || !script->bytes) {
		message->msg_controllen = 0;
		return (ssize_t)(script ? script->value : error);
	}
	spread(message, script->bytes, script->size);
	if (script->fd_count)
		give_fds(message, script);
	else
		message->msg_controllen = 0;
	r = (int64_t)(script->size < message_size(message) ? script->size : message_size(message));
	return (ssize_t)r;
}

int sys_ioctl(int fd, unsigned long request, void *argument)
{
	static const struct termios modes = { .c_oflag = OPOST | ONLCR };
	int r;

	if (request == TIOCGPTPEER)
		return fake_give("ioctl %d %#lx", fd, request);
	if (request == TCSETS)
		return CALL("ioctl %d %#lx %#x", fd, request, ((const struct termios *)argument)->c_oflag);
	r = CALL("ioctl %d %#lx", fd, request);
	if (r == 0 && request == TIOCGPTN)
		*(unsigned *)argument = 7;
	if (r == 0 && request == TCGETS)
		*(struct termios *)argument = modes;
	return r;
}
