/* See fake_sys.h. One core function logs and decides; the calls below it only say what is worth a line. */
#include "fake_sys.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sys.h"

#define FIRST_FD 100
#define LAST_FD 4096
#define SCRIPTS 256

struct script {
	char name[24];
	int64_t value;
	unsigned char *bytes; /* NULL: value alone */
	size_t size;
	int fds[40];
	unsigned fd_count;
};

static struct {
	char log[1 << 20];
	size_t used;
	unsigned calls, fail_at;
	int fail_error;
	struct script scripts[SCRIPTS];
	unsigned script_count;
	struct stat stats[64];
	unsigned stat_count, stat_next;
	int wait_code, wait_status;
	int next_fd;
	unsigned char open[LAST_FD];
	int64_t clock, mount_id;
	jmp_buf *exit_to;
} fake = { .next_fd = FIRST_FD };

void fake_reset(void)
{
	for (unsigned i = 0; i < fake.script_count; i++)
		free(fake.scripts[i].bytes);
	memset(&fake, 0, sizeof fake);
	fake.next_fd = FIRST_FD;
	fake.wait_code = CLD_EXITED;
}

void fake_fail(unsigned n, int error)
{
	fake.fail_at = n;
	fake.fail_error = error;
}

static struct script *add_script(const char *name)
{
	struct script *script = &fake.scripts[fake.script_count++];

	if (fake.script_count > SCRIPTS)
		abort();
	memset(script, 0, sizeof *script);
	snprintf(script->name, sizeof script->name, "%s", name);
	return script;
}

void fake_return(const char *name, int64_t value)
{
	add_script(name)->value = value;
}

void fake_bytes(const char *name, const void *bytes, size_t size)
{
	fake_message(bytes, size, NULL, 0);
	snprintf(fake.scripts[fake.script_count - 1].name, 24, "%s", name);
}

void fake_message(const void *bytes, size_t size, const int *fds, unsigned fd_count)
{
	struct script *script = add_script("recvmsg");

	script->bytes = malloc(size + 1);
	if (!script->bytes || fd_count > 40)
		abort();
	memcpy(script->bytes, bytes, size);
	script->size = size;
	script->value = (int64_t)size;
	script->fd_count = fd_count;
	if (fd_count)
		memcpy(script->fds, fds, fd_count * sizeof *fds);
}

void fake_stat(mode_t mode, unsigned major, unsigned minor, uint64_t inode)
{
	struct stat *st = &fake.stats[fake.stat_count++];

	if (fake.stat_count > 64)
		abort();
	st->st_mode = mode;
	st->st_rdev = (dev_t)major << 8 | minor;
	st->st_ino = inode;
}

void fake_wait(int code, int status)
{
	fake.wait_code = code;
	fake.wait_status = status;
}

void fake_exit_to(jmp_buf *where)
{
	fake.exit_to = where;
}

const char *fake_log(void)
{
	return fake.log;
}

unsigned fake_calls(void)
{
	return fake.calls;
}

unsigned fake_count(const char *text)
{
	unsigned count = 0;
	char line[4096];

	for (const char *at = fake.log; *at; at += strcspn(at, "\n") + 1) {
		snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
		count += strstr(line, text) != NULL;
	}
	return count;
}

unsigned fake_open_fds(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < LAST_FD; i++)
		count += fake.open[i];
	return count;
}

/* ---- the core ---------------------------------------------------------------------------------- */

static void put(const char *format, va_list arguments)
{
	size_t room = sizeof fake.log - fake.used;
	int n = vsnprintf(fake.log + fake.used, room, format, arguments);

	if (n < 0 || (size_t)n + 2 > room)
		abort();
	for (int i = 0; i < n; i++)
		if (fake.log[fake.used + (size_t)i] == '\n')
			fake.log[fake.used + (size_t)i] = ' ';
	fake.used += (size_t)n;
	fake.log[fake.used++] = '\n';
	fake.log[fake.used] = 0;
}

/* Take the next script of this name out of the list. */
static struct script *take_script(const char *name)
{
	for (unsigned i = 0; i < fake.script_count; i++)
		if (strcmp(fake.scripts[i].name, name) == 0) {
			fake.scripts[i].name[0] = 0;
			return &fake.scripts[i];
		}
	return NULL;
}

/* Log a line whose first word is the call; its result: failure, script, or `usual`. ret_script: the
 * script that was used, or NULL. */
static int64_t call_script(struct script **ret_script, int64_t usual, const char *format, va_list arguments)
{
	char name[24];
	struct script *script;

	snprintf(name, sizeof name, "%.*s", (int)strcspn(format, " "), format);
	put(format, arguments);
	*ret_script = NULL;
	if (++fake.calls == fake.fail_at)
		return -fake.fail_error;
	script = take_script(name);
	*ret_script = script;
	return script ? script->value : usual;
}

__attribute__((format(printf, 2, 3))) static int64_t call(int64_t usual, const char *format, ...)
{
	struct script *script;
	va_list arguments;
	int64_t r;

	va_start(arguments, format);
	r = call_script(&script, usual, format, arguments);
	va_end(arguments);
	return r;
}
#define CALL(...) ((int)call(0, __VA_ARGS__))

static int track(int64_t fd)
{
	if (fd >= 0 && fd < LAST_FD)
		fake.open[fd] = 1;
	return (int)fd;
}

/* A call that gives a descriptor. */
__attribute__((format(printf, 1, 2))) static int give(const char *format, ...)
{
	struct script *script;
	va_list arguments;
	int64_t r;

	va_start(arguments, format);
	r = call_script(&script, fake.next_fd, format, arguments);
	va_end(arguments);
	if (r == fake.next_fd)
		fake.next_fd++;
	return track(r);
}

/* A call that fills memory. */
__attribute__((format(printf, 4, 5))) static ssize_t fill(void *buffer, size_t size, int64_t usual,
							  const char *format, ...)
{
	struct script *script;
	va_list arguments;
	int64_t r;

	va_start(arguments, format);
	r = call_script(&script, usual, format, arguments);
	va_end(arguments);
	if (script && script->bytes) {
		r = (int64_t)(script->size < size ? script->size : size);
		memcpy(buffer, script->bytes, (size_t)r);
	}
	return (ssize_t)r;
}

static const char *quoted(const void *bytes, size_t size)
{
	static char text[2][256];
	static int turn;
	char *to = text[turn ^= 1];

	if (!bytes)
		return "-";
	snprintf(to, sizeof text[0], "%.*s", (int)(size > 200 ? 200 : size), (const char *)bytes);
	return to;
}
#define TEXT(s) ((s) ? (s) : "-")

/* ---- files ------------------------------------------------------------------------------------- */

int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	return give("openat %d \"%s\" %#x %#o", dir, path, (unsigned)flags, (unsigned)mode);
}

int sys_openat2(int dir, const char *path, struct open_how *how)
{
	uint64_t flags = how->flags & ~(uint64_t)O_CLOEXEC;

	return give("openat2 %d \"%s\" %#llx%s%s%s%s%s", dir, path, (unsigned long long)flags,
		    how->resolve & RESOLVE_IN_ROOT ? " in-root" : "", how->resolve & RESOLVE_BENEATH ? " beneath" : "",
		    how->resolve & RESOLVE_NO_XDEV ? " no-xdev" : "",
		    how->resolve & RESOLVE_NO_SYMLINKS ? " no-symlinks" : "",
		    how->resolve & RESOLVE_NO_MAGICLINKS ? " no-magiclinks" : "");
}

static void note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put(format, arguments);
	va_end(arguments);
}

int sys_close(int fd)
{
	int bad = fd < 0 || fd >= LAST_FD || (fd >= FIRST_FD && !fake.open[fd]);

	note("close %d%s", fd, bad ? " BAD" : "");
	if (!bad)
		fake.open[fd] = 0;
	return bad ? -EBADF : 0;
}

int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return CALL("close_range %u %u %#x", first, last, flags);
}

ssize_t sys_read(int fd, void *buffer, size_t size)
{
	return fill(buffer, size, 0, "read %d", fd);
}

ssize_t sys_write(int fd, const void *bytes, size_t size)
{
	return (ssize_t)call((int64_t)size, "write %d \"%s\"", fd, quoted(bytes, size));
}

ssize_t sys_pread(int fd, void *buffer, size_t size, off_t offset)
{
	return fill(buffer, size, 0, "pread %d %lld", fd, (long long)offset);
}

ssize_t sys_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	return (ssize_t)call((int64_t)size, "pwrite %d \"%s\" %lld", fd, quoted(bytes, size), (long long)offset);
}

static int next_stat(int r, struct stat *ret)
{
	if (r < 0)
		return r;
	memset(ret, 0, sizeof *ret);
	ret->st_mode = S_IFDIR | 0755;
	ret->st_ino = 2;
	if (fake.stat_next < fake.stat_count)
		*ret = fake.stats[fake.stat_next++];
	return r;
}

int sys_fstat(int fd, struct stat *ret)
{
	return next_stat(CALL("fstat %d", fd), ret);
}

int sys_fstatat(int dir, const char *path, struct stat *ret, int flags)
{
	return next_stat(CALL("fstatat %d \"%s\" %#x", dir, path, (unsigned)flags), ret);
}

int64_t sys_fs_magic(int fd)
{
	return call(0x9fa0, "fs_magic %d", fd);
}

int64_t sys_fs_flags(int fd)
{
	return call(0, "fs_flags %d", fd);
}

int64_t sys_mount_id(int dir, const char *path, int flags)
{
	return call(++fake.mount_id, "mount_id %d \"%s\" %#x", dir, path, (unsigned)flags);
}

int sys_mkdirat(int dir, const char *path, mode_t mode)
{
	return CALL("mkdirat %d \"%s\" %#o", dir, path, (unsigned)mode);
}

int sys_mknodat(int dir, const char *path, mode_t mode, unsigned major, unsigned minor)
{
	return CALL("mknodat %d \"%s\" %#o %u:%u", dir, path, (unsigned)mode, major, minor);
}

int sys_symlinkat(const char *target, int dir, const char *path)
{
	return CALL("symlinkat \"%s\" %d \"%s\"", target, dir, path);
}

int sys_linkat(int from, const char *path, int to, const char *name, int flags)
{
	return CALL("linkat %d \"%s\" %d \"%s\" %#x", from, path, to, name, (unsigned)flags);
}

int sys_unlinkat(int dir, const char *path, int flags)
{
	return CALL("unlinkat %d \"%s\" %#x", dir, path, (unsigned)flags);
}

int sys_renameat2(int from, const char *old, int to, const char *name, unsigned flags)
{
	return CALL("renameat2 %d \"%s\" %d \"%s\" %#x", from, old, to, name, flags);
}

ssize_t sys_readlinkat(int dir, const char *path, char *buffer, size_t size)
{
	return fill(buffer, size, -EINVAL, "readlinkat %d \"%s\"", dir, path);
}

int sys_fchmod(int fd, mode_t mode)
{
	return CALL("fchmod %d %#o", fd, (unsigned)mode);
}

int sys_fchmodat(int dir, const char *path, mode_t mode)
{
	return CALL("fchmodat %d \"%s\" %#o", dir, path, (unsigned)mode);
}

int sys_fchownat(int dir, const char *path, uid_t uid, gid_t gid, int flags)
{
	return CALL("fchownat %d \"%s\" %d:%d %#x", dir, path, (int)uid, (int)gid, (unsigned)flags);
}

int sys_fsetxattr(int fd, const char *name, const void *value, size_t size)
{
	return CALL("fsetxattr %d \"%s\" \"%s\"", fd, name, quoted(value, size));
}

ssize_t sys_getdents(int fd, void *buffer, size_t size)
{
	return fill(buffer, size, 0, "getdents %d", fd);
}

int sys_fchdir(int fd)
{
	return CALL("fchdir %d", fd);
}

int sys_chdir(const char *path)
{
	return CALL("chdir \"%s\"", path);
}

int sys_chroot(const char *path)
{
	return CALL("chroot \"%s\"", path);
}

ssize_t sys_getcwd(char *buffer, size_t size)
{
	if (size >= 2)
		memcpy(buffer, "/", 2);
	return fill(buffer, size, 2, "getcwd");
}

int sys_dup(int fd, int least)
{
	return give("dup %d %d", fd, least);
}

int sys_dup3(int from, int to, int flags)
{
	return (int)call(to, "dup3 %d %d %#x", from, to, (unsigned)flags);
}

int sys_fcntl(int fd, int command, int64_t argument)
{
	return CALL("fcntl %d %d %#llx", fd, command, (long long)argument);
}

int sys_ftruncate(int fd, off_t size)
{
	return CALL("ftruncate %d %lld", fd, (long long)size);
}

int sys_memfd_create(const char *name, unsigned flags)
{
	return give("memfd_create \"%s\" %#x", name, flags);
}

int sys_mmap(int fd, size_t length, int protection, int flags, void **ret)
{
	void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t r;

	if (memory == MAP_FAILED)
		abort();
	r = fill(memory, length, 0, "mmap %d %zu %#x %#x", fd, length, (unsigned)protection, (unsigned)flags);
	if (r < 0) {
		munmap(memory, length);
		return (int)r;
	}
	*ret = memory;
	return 0;
}

int sys_pipe(int ret_ends[2])
{
	int r = CALL("pipe");

	if (r < 0)
		return r;
	ret_ends[0] = track(fake.next_fd++);
	ret_ends[1] = track(fake.next_fd++);
	return 0;
}

int sys_poll(struct pollfd *fds, unsigned count, int milliseconds)
{
	int r = (int)call(1, "poll %u %d", count, milliseconds), left = r;

	for (unsigned i = 0; i < count; i++) {
		fds[i].revents = 0;
		if (fds[i].fd >= 0 && left > 0) {
			fds[i].revents = POLLIN;
			left--;
		}
	}
	return r;
}

int64_t sys_clock_ms(void)
{
	return ++fake.clock;
}

int sys_access(int dir, const char *path, int mode, int flags)
{
	return CALL("access %d \"%s\" %d %#x", dir, path, mode, (unsigned)flags);
}

/* ---- mounts ------------------------------------------------------------------------------------ */

int sys_open_tree(int dir, const char *path, unsigned flags)
{
	return give("open_tree %d \"%s\" %#x", dir, path, flags);
}

int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags)
{
	return CALL("move_mount %d \"%s\" %d \"%s\" %#x", from, from_path, to, to_path, flags);
}

int sys_fsopen(const char *type)
{
	return give("fsopen \"%s\"", type);
}

int sys_fsconfig(int context, unsigned command, const char *key, const void *value, int aux)
{
	const char *text = command == FSCONFIG_SET_STRING ? value : NULL;

	return CALL("fsconfig %d %u \"%s\" \"%s\" %d", context, command, TEXT(key), TEXT(text), aux);
}

int sys_fspick(int dir, const char *path, unsigned flags)
{
	return give("fspick %d \"%s\" %#x", dir, path, flags);
}

int sys_fsmount(int context, unsigned attributes)
{
	return give("fsmount %d %#x", context, attributes);
}

int sys_mount_setattr(int dir, const char *path, unsigned flags, struct mount_attr *attr)
{
	return CALL("mount_setattr %d \"%s\" %#x set=%#llx clear=%#llx propagation=%#llx userns=%lld", dir, path,
		    flags, (long long)attr->attr_set, (long long)attr->attr_clr, (long long)attr->propagation,
		    (long long)attr->userns_fd);
}

int sys_mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
{
	const char *text = data;

	return CALL("mount \"%s\" \"%s\" \"%s\" %#lx \"%s\"", TEXT(source), TEXT(target), TEXT(type), flags,
		    TEXT(text));
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
		*(int *)(uintptr_t)args->pidfd = track(fake.next_fd++);
}

int sys_clone3(struct sys_clone_args *args, size_t size)
{
	int r = (int)call(4242, "clone3 %#llx signal=%llu cgroup=%llu size=%zu", (long long)args->flags,
			  (unsigned long long)args->exit_signal, (unsigned long long)args->cgroup, size);

	if (r > 0)
		give_pidfd(args);
	return r;
}

int sys_clone_vm(struct sys_clone_args *args, size_t size, int (*child)(void *), void *argument)
{
	int r = (int)call(4242, "clone_vm %#llx cgroup=%llu size=%zu", (long long)args->flags,
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
	return CALL("sethostname \"%s\"", quoted(name, length));
}

int sys_setdomainname(const char *name, size_t length)
{
	return CALL("setdomainname \"%s\"", quoted(name, length));
}

int sys_getpid(void)
{
	return (int)call(4243, "getpid");
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
	note("exit %d", status);
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
	return give("pidfd_open %d %#x", (int)pid, flags);
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
			     (long long)limit->rlim_max) :
			CALL("prlimit %d %d", (int)pid, resource);

	if (r == 0 && ret_old)
		*ret_old = (struct rlimit){ 1024, 4096 };
	return r;
}

int sys_umask(mode_t mask)
{
	return (int)call(022, "umask %#o", (unsigned)mask);
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

int sys_seccomp(unsigned operation, unsigned flags, void *argument)
{
	(void)argument;
	if (flags & 8) /* SECCOMP_FILTER_FLAG_NEW_LISTENER */
		return give("seccomp %u %#x", operation, flags);
	return CALL("seccomp %u %#x", operation, flags);
}

int sys_bpf(int command, void *attr, unsigned size)
{
	(void)attr;
	return command == 5 /* BPF_PROG_LOAD */ ? give("bpf 5 %u", size) : CALL("bpf %d %u", command, size);
}

/* ---- sockets ----------------------------------------------------------------------------------- */

int sys_socket(int domain, int type, int protocol)
{
	return give("socket %d %#x %d", domain, (unsigned)type, protocol);
}

int sys_socketpair(int domain, int type, int protocol, int ret_ends[2])
{
	int r = CALL("socketpair %d %#x %d", domain, (unsigned)type, protocol);

	if (r < 0)
		return r;
	ret_ends[0] = track(fake.next_fd++);
	ret_ends[1] = track(fake.next_fd++);
	return 0;
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
	size_t size = message_size(message), fds = control ? (control->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
	uint32_t first = 0;

	if (message->msg_iovlen && message->msg_iov[0].iov_len >= sizeof first)
		memcpy(&first, message->msg_iov[0].iov_base, sizeof first);
	/* first: the type, when it is a message of messages.h */
	return (ssize_t)call((int64_t)size, "sendmsg %d type=%u bytes=%zu fds=%zu %#x", fd, first, size, fds,
			     (unsigned)flags);
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
		track(script->fds[i]);
}

ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags)
{
	struct script *script = NULL;
	int64_t r = 0;

	note("recvmsg %d %#x", fd, (unsigned)flags);
	message->msg_flags = 0;
	if (++fake.calls == fake.fail_at)
		r = -fake.fail_error;
	else
		script = take_script("recvmsg");
	if (!script || !script->bytes) {
		message->msg_controllen = 0;
		return (ssize_t)(script ? script->value : r);
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
	(void)argument;
	return CALL("ioctl %d %#lx", fd, request);
}
