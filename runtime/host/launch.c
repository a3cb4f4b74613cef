/* From a compiled plan to a running ociinit: two memfds, one socketpair, one clone. Owns the launch until
 * launch_close; what is said afterwards is serve.c's. Reads neither JSON nor state.
 */
#include "launch.h"

#include <errno.h>
#include <linux/memfd.h>
#include <sched.h>
#include <string.h>
#include <sys/uio.h>

#include "clone.h"
#include "messages.h"
#include "number.h"
#include "path.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x8u /* 6.3 */
#endif
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define IMAGE_MAX (8 << 20) /* bytes of a file given with --init */
#define ABORT_PATIENCE 200  /* ms that an aborted shim has to kill its hooks */

extern const char ociinit_image[];
extern const uint64_t ociinit_image_size;

/* ---- memfds ------------------------------------------------------------------------------------------- */

/* A memfd that may be executed, or must not be. Before 6.3 both flags are EINVAL; from then on a creator that
 * names neither is warned about in the kernel's log, and refused with vm.memfd_noexec=2. */
static int memfd(const char *name, unsigned kind)
{
	int fd = sys_memfd_create(name, MFD_ALLOW_SEALING | kind);

	return fd == -EINVAL ? sys_memfd_create(name, MFD_ALLOW_SEALING) : fd;
}

static int write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length) {
		ssize_t written = sys_write(fd, at, length);

		if (written == -EINTR)
			continue;
		if (written <= 0)
			return written < 0 ? (int)written : -EIO;
		at += written;
		length -= (size_t)written;
	}
	return 0;
}

/* F_SEAL_EXEC (6.3) freezes the x bits too; without it nobody but the owner of the descriptor could change
 * them anyway. */
static int seal(int fd, bool executable)
{
	int r = executable ? sys_fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_EXEC) : -EINVAL;

	return r == -EINVAL ? sys_fcntl(fd, F_ADD_SEALS, SEALS) : r;
}

static int sealed_copy(const char *name, unsigned kind, const void *bytes, size_t length)
{
	FD_AUTO fd = memfd(name, kind);

	if (fd < 0)
		return fd;
	int r = write_all(fd, bytes, length);
	if (r == 0)
		r = seal(fd, kind == MFD_EXEC);
	return r < 0 ? r : fd_take(&fd);
}

/* Copy another ociinit (--init): a file of the host must not be what /proc/PID/exe leads to
 * (CVE-2019-5736). */
static int sealed_file(const char *path)
{
	char buffer[16384];
	FD_AUTO from = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
	FD_AUTO to = from < 0 ? from : memfd("ociinit", MFD_EXEC);
	size_t total = 0;
	ssize_t got;
	int r;

	if (to < 0)
		return to;
	while ((got = sys_read(from, buffer, sizeof buffer)) > 0) {
		total += (size_t)got;
		r = total > IMAGE_MAX ? -EFBIG : write_all(to, buffer, (size_t)got);
		if (r < 0)
			return r;
	}
	r = got < 0 ? (int)got : seal(to, true);
	return r < 0 ? r : fd_take(&to);
}

/* The descriptor of a memfd does not count as a writer (it was never opened by path), so execve takes it as
 * it is: no second, read-only one is needed against ETXTBSY. */
static int shim_image(const char *path, struct error *error)
{
	int fd = path ? sealed_file(path)
		      : sealed_copy("ociinit", MFD_EXEC, ociinit_image, (size_t)ociinit_image_size);

	if (fd == -EACCES && !path)
		return error_errno(error, fd,
				   "cannot make an executable memfd for ociinit (is vm.memfd_noexec 2?)");
	if (fd < 0)
		return error_errno(error, fd, "cannot copy %s to a memfd", path ? path : "ociinit");
	return fd;
}

/* ---- PLAN --------------------------------------------------------------------------------------------- */

static int send_plan(int sock, int plan, const int *slots, uint32_t count)
{
	struct message_head head = { .type = MESSAGE_PLAN };
	struct iovec part = { &head, sizeof head };
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int) * (1 + PLAN_MAX_SLOTS))];
	} control = { .bytes = { 0 } };
	size_t length = sizeof(int) * (1 + count);
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = (unsigned)CMSG_SPACE(length) };

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = (unsigned)CMSG_LEN(length);
	memcpy(CMSG_DATA(&control.head), &plan, sizeof plan);
	if (length > sizeof plan)
		memcpy(CMSG_DATA(&control.head) + sizeof plan, slots, length - sizeof plan);
	ssize_t sent = sys_sendmsg(sock, &message, MSG_NOSIGNAL);
	return sent < 0 ? (int)sent : 0;
}

/* Take back a PLAN that no shim was born for. */
static void unsend_plan(int sock)
{
	struct message_head head;
	struct iovec part = { &head, sizeof head };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 }; /* no room: the kernel drops them */

	sys_recvmsg(sock, &message, MSG_DONTWAIT);
}

/* ---- the clone ---------------------------------------------------------------------------------------- */

struct birth {
	int image, sock;
	int error; /* of execveat; the memory is shared with the child where clone_vfork can */
	char sock_text[NUMBER_TEXT], kept_text[NUMBER_TEXT], image_path[PATH_FD_TEXT];
};

struct parcel {
	int theirs, plan; /* the shim's end, the sealed plan */
	const int *slots;
	uint32_t slot_count;
};

struct nursery {
	uint64_t flags; /* of the clone */
	int cgroup;     /* to be born in, or -1 */
};

static int deliver(const struct launch *launch, const struct parcel *parcel, struct error *error)
{
	int r = send_plan(launch->sock, parcel->plan, parcel->slots, parcel->slot_count);

	return r < 0 ? error_errno(error, r, "cannot send the plan") : 0;
}

/* In the child. The environment is empty: nothing of the runtime's may reach the program. */
static int become_shim(void *argument)
{
	struct birth *birth = argument;
	char name[] = "ociinit";
	char *const args[] = { name, birth->sock_text, birth->kept_text, NULL };
	char *const env[] = { NULL };
	int r = sys_fcntl(birth->sock, F_SETFD, 0);

	if (r == 0)
		r = sys_execveat(birth->image, "", args, env, AT_EMPTY_PATH);
	/* TOMOYO before 6.12 looks up the name that the kernel makes of it, /dev/fd/N: an initramfs has
	 * none */
	if (r == -ENOENT)
		r = sys_execve(path_of_fd(birth->image_path, birth->image), args, env);
	birth->error = r;
	return 127;
}

/* The child is born in the pid namespace of `theirs`, its descriptor; the runtime itself goes back at once.
 */
static int clone_in(int theirs, const char *name, const struct nursery *nursery, int *ret_pidfd,
		    struct birth *birth, struct error *error)
{
	FD_AUTO own = sys_openat(AT_FDCWD, "/proc/self/ns/pid", O_RDONLY, 0);

	if (own < 0 || theirs < 0)
		return error_errno(error, own < 0 ? own : theirs, "cannot open pid namespace %s",
				   own < 0 ? "of our own" : name);
	int r = sys_setns(theirs, CLONE_NEWPID);
	if (r < 0)
		return error_errno(error, r, "cannot join pid namespace %s", name);
	int pid = clone_vfork(nursery->flags, nursery->cgroup, ret_pidfd, become_shim, birth);
	r = sys_setns(own, CLONE_NEWPID);
	if (r < 0)
		return error_errno(error, r, "cannot return to the own pid namespace");
	return pid;
}

static int clone_once(const struct launch *launch, int cgroup, int *ret_pidfd, struct birth *birth,
		      struct error *error)
{
	const struct plan *plan = &launch->compiled->plan;
	const struct plan_launch *record = plan_find(plan, PLAN_KIND_launch);
	const struct nursery nursery = { record ? record->born : 0, cgroup };

	if (record && record->pid_path.length) {
		const char *path = plan_text(plan, record->pid_path);
		FD_AUTO theirs = sys_openat(AT_FDCWD, path, O_RDONLY, 0);

		return clone_in(theirs, path, &nursery, ret_pidfd, birth, error);
	}
	return clone_vfork(nursery.flags, cgroup, ret_pidfd, become_shim, birth);
}

/* Is the group, not the clone itself, what the kernel refuses? EBUSY: a domain with controllers enabled;
 * EOPNOTSUPP: a threaded or invalid one; EACCES: no right to cgroup.procs; E2BIG, ENOSYS: filtered away. */
static bool refuses_group(int r)
{
	static const int reasons[] = { EBUSY, EOPNOTSUPP, EACCES, E2BIG, ENOSYS, EINVAL };

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (r == -reasons[i])
			return true;
	return false;
}

/* Not born in its group: it is moved before it gets the plan, so nothing of set-up runs outside. */
static int born_outside(struct launch *launch, const struct parcel *parcel, struct birth *birth,
			struct error *error)
{
	struct fault fault = { .row = PLAN_ROW_CGROUP, .record = FAULT_NO_RECORD };

	unsend_plan(parcel->theirs);
	int pid = clone_once(launch, -1, &launch->pidfd, birth, error);
	if (pid < 0)
		return pid;
	launch->pid = pid;
	if (host_cgroups_add(&launch->compiled->plan, &launch->groups, pid, &fault) < 0) {
		fault_error(&launch->compiled->plan, &fault, error);
		return -error->code;
	}
	int r = deliver(launch, parcel, error);
	return r < 0 ? r : pid;
}

static int bear(struct launch *launch, const struct parcel *parcel, struct birth *birth, struct error *error)
{
	int born = launch->groups.born;
	int cgroup = born >= 0 ? launch->groups.dirs[born] : -1;
	int pid = clone_once(launch, cgroup, &launch->pidfd, birth, error);

	if (pid < 0 && cgroup >= 0 && !error->code && refuses_group(pid))
		pid = born_outside(launch, parcel, birth, error);
	if (pid < 0)
		return error->code ? -error->code : error_errno(error, pid, "cannot clone a process");
	launch->pid = pid;
	if (birth->error)
		return error_errno(error, birth->error, "cannot exec ociinit");
	return 0;
}

/* BAT-08, BAT-11: words of runc's first stage, which is as far as we are. The affinity is the one that the
 * shim has inherited, its first 64 processors as a mask. */
static void tell_born(const struct launch *launch)
{
	cpu_set_t set;
	unsigned long long mask = 0;

	if (!launch->globals || !launch->globals->debug)
		return;
	log_debug(launch->globals, "nsexec container setup: ociinit is process %lld", (long long)launch->pid);
	plan_each(&launch->compiled->plan, record) {
		const struct plan_seccomp *seccomp = (const void *)record; /* if it is one */

		if (record->kind == PLAN_KIND_seccomp) /* BAT-45: the numbers of seccomp(2) */
			log_debug(launch->globals, "seccomp filter flags: %llu",
				  (unsigned long long)seccomp->flags);
	}
	if (sched_getaffinity(0, sizeof set, &set) < 0)
		return;
	for (size_t i = 0; i < 64; i++)
		mask |= (unsigned long long)(CPU_ISSET(i, &set) != 0) << i;
	log_debug(launch->globals, "nsexec[%lld]: affinity: 0x%llx", (long long)launch->pid, mask);
}

void launch_init(struct launch *ret, const struct compiled *compiled)
{
	*ret = (struct launch){ .compiled = compiled,
				.groups = { .born = -1 },
				.agent = { .sock = -1 },
				.receiver = -1,
				.console = -1,
				.sock = -1,
				.pidfd = -1,
				.master = -1 };
}

int launch_start(struct launch *launch, const int *slots, uint32_t slot_count, const char *init,
		 struct error *error)
{
	const struct plan_exec *last = plan_find(&launch->compiled->plan, PLAN_KIND_exec);
	struct birth birth = { 0 };
	int ends[2] = { -1, -1 };

	launch->sock = launch->pidfd = launch->master = -1;
	launch->pid = launch->helper = 0;
	launch->hooks_began = launch->killed = launch->forked = false;
	FD_AUTO image = shim_image(init, error);
	if (image < 0)
		return image;
	FD_AUTO plan =
		sealed_copy("plan", MFD_NOEXEC_SEAL, launch->compiled->bytes, launch->compiled->length);
	if (plan < 0)
		return error_errno(error, plan, "cannot put the plan into a memfd");
	int r = sys_socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
	if (r < 0)
		return error_errno(error, r, "cannot make a socket pair");
	launch->sock = ends[0];
	FD_AUTO theirs = ends[1];
	const struct parcel parcel = { theirs, plan, slots, slot_count };
	r = launch->before_plan ? 0 : deliver(launch, &parcel, error);
	if (r < 0)
		return r;
	birth.image = image;
	birth.sock = theirs;
	number_text(birth.sock_text, (uint64_t)theirs);
	number_text(birth.kept_text, last ? last->kept : 0);
	r = bear(launch, &parcel, &birth, error);
	if (r == 0)
		tell_born(launch);
	if (r < 0 || !launch->before_plan)
		return r;
	r = launch->before_plan(launch->context, error);
	return r < 0 ? r : deliver(launch, &parcel, error);
}

/* ---- the end ------------------------------------------------------------------------------------------ */

static void reap(int64_t pid)
{
	siginfo_t info;

	if (pid > 0)
		while (sys_waitid(P_PID, (id_t)pid, &info, WEXITED | __WALL) == -EINTR)
			;
}

void launch_abort(struct launch *launch)
{
	struct message_head head = { .type = MESSAGE_ABORT };
	struct iovec part = { &head, sizeof head };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct pollfd end = { .fd = launch->pidfd, .events = POLLIN };

	/* EOF makes the shim kill its running hook; SIGKILL at once would leave that alive */
	if (launch->sock >= 0 && launch->pidfd >= 0) {
		sys_sendmsg(launch->sock, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		fd_close_at(&launch->sock);
		sys_poll(&end, 1, ABORT_PATIENCE);
	}
	if (launch->pidfd >= 0)
		sys_pidfd_send_signal(launch->pidfd, SIGKILL);
	else if (launch->pid > 0)
		sys_kill((pid_t)launch->pid, SIGKILL);
	if (launch->helper > 0)
		sys_kill((pid_t)launch->helper, SIGKILL);
	reap(launch->pid);
	reap(launch->helper);
	launch->pid = launch->helper = 0;
	launch_close(launch);
}

void launch_close(struct launch *launch)
{
	fd_close_at(&launch->sock);
	fd_close_at(&launch->pidfd);
	fd_close_at(&launch->master);
	fd_close_at(&launch->console);
	fd_close_at(&launch->agent.sock);
	fd_close_at(&launch->receiver);
}
