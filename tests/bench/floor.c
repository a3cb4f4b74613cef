/* The floor: the kernel work of `ocirun run` for the default config, by the cheapest calls, and nothing
 * else: no parser, no state, no second program. What a runtime adds is its time over this one's.
 *
 *   floor [-u FIRST] ROOTFS CGROUP-DIR PROGRAM [FILTER]
 *
 * FIRST: a new user namespace, which owns all the others, with the 65536 ids from there on; ROOTFS: absolute;
 * CGROUP-DIR: absolute path of a cgroup v2 directory to make and remove; FILTER: file with a struct
 * sock_filter[] to load. Run it in a private mount namespace. Any failing call ends it with a line that says
 * where: a floor that skips work would be no measure.
 */
#include <fcntl.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUST(call) must((long)(call), #call)

static long must(long r, const char *call)
{
	if (r < 0) {
		dprintf(2, "floor: %s: %s\n", call, strerror(errno));
		_exit(125);
	}
	return r;
}

static void mounted(const char *source, const char *target, const char *type, unsigned long flags,
		    const char *data)
{
	MUST(syscall(SYS_mount, source, target, type, flags, data));
}

#define NSD (MS_NOSUID | MS_NOEXEC | MS_NODEV)

static void mounts(void)
{
	mounted("proc", "proc", "proc", 0, NULL);
	mounted("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
	MUST(mkdir("dev/pts", 0755));
	mounted("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		"newinstance,ptmxmode=0666,mode=0620,gid=5");
	MUST(mkdir("dev/shm", 0755));
	mounted("shm", "dev/shm", "tmpfs", NSD, "mode=1777,size=65536k");
	MUST(mkdir("dev/mqueue", 0755));
	mounted("mqueue", "dev/mqueue", "mqueue", NSD, NULL);
	mounted("sysfs", "sys", "sysfs", NSD | MS_RDONLY, NULL);
	mounted("cgroup", "sys/fs/cgroup", "cgroup2", NSD | MS_RELATIME | MS_RDONLY, NULL);
}

static void attach(int tree, const char *target)
{
	MUST(syscall(SYS_move_mount, tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH));
}

static int cloned(int dir, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, dir, path, flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

/* A user namespace's root makes no nodes: the host's are bound. */
static void bound(const char *path)
{
	char source[32];

	snprintf(source, sizeof source, "/%s", path);
	close((int)MUST(open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666)));
	int tree = (int)MUST(cloned(AT_FDCWD, source, 0));
	attach(tree, path);
	close(tree);
}

static void devices(const char *map)
{
	static const struct {
		const char *path;
		unsigned major, minor;
	} nodes[] = {
		{ "dev/null", 1, 3 },   { "dev/zero", 1, 5 },    { "dev/full", 1, 7 },
		{ "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 },
	};
	static const char *const links[][2] = {
		{ "/proc/self/fd", "dev/fd" },       { "/proc/self/fd/0", "dev/stdin" },
		{ "/proc/self/fd/1", "dev/stdout" }, { "/proc/self/fd/2", "dev/stderr" },
		{ "pts/ptmx", "dev/ptmx" },
	};

	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
		if (map)
			bound(nodes[i].path);
		else
			MUST(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)));
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		MUST(symlink(links[i][0], links[i][1]));
}

static void masks(int null)
{
	static const char *const readonly[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
						"/proc/sysrq-trigger" };
	static const char *const masked[] = { "/proc/acpi",        "/proc/asound",        "/proc/kcore",
					      "/proc/keys",        "/proc/latency_stats", "/proc/timer_list",
					      "/proc/timer_stats", "/proc/sched_debug",   "/sys/firmware",
					      "/proc/scsi" };
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	int empty = -1;

	for (size_t i = 0; i < sizeof readonly / sizeof *readonly; i++) {
		int tree = cloned(AT_FDCWD, readonly[i], AT_RECURSIVE);

		if (tree < 0)
			continue;
		MUST(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &ro, sizeof ro));
		attach(tree, readonly[i]);
	}
	for (size_t i = 0; i < sizeof masked / sizeof *masked; i++) {
		struct stat st;

		if (stat(masked[i], &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode)) {
			if (empty < 0) {
				int context = (int)MUST(syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC));

				MUST(syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "nr_inodes", "1",
					     0));
				MUST(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
				empty = (int)MUST(
					syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY));
				attach(empty, masked[i]);
				continue;
			}
			attach((int)MUST(cloned(empty, "", AT_EMPTY_PATH)), masked[i]);
		} else {
			attach((int)MUST(cloned(null, "", AT_EMPTY_PATH)), masked[i]);
		}
	}
}

static void loopback_up(void)
{
	int fd = (int)MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	struct ifreq ifr = { .ifr_flags = IFF_UP };

	strcpy(ifr.ifr_name, "lo");
	MUST(ioctl(fd, SIOCSIFFLAGS, &ifr));
	close(fd);
}

static void identity(void)
{
	const uint64_t caps = 1u << CAP_AUDIT_WRITE | 1u << CAP_KILL | 1u << CAP_NET_BIND_SERVICE;
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { (uint32_t)caps, (uint32_t)caps, 0 }, { 0, 0, 0 } };
	struct rlimit nofile = { 1024, 1024 };

	MUST(setrlimit(RLIMIT_NOFILE, &nofile));
	umask(022);
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "_ses.floor");
	for (int cap = 0; cap <= 40; cap++)
		if (!(caps >> cap & 1))
			MUST(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
	MUST(syscall(SYS_setgroups, 0, NULL));
	MUST(syscall(SYS_capset, &head, data));
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

/* The maps of the child, by who has the rights of the host; then root inside, by the child. */
static void write_map(pid_t pid, const char *file, const char *map)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	int fd = (int)MUST(open(path, O_WRONLY | O_CLOEXEC));
	MUST(write(fd, map, strlen(map)));
	close(fd);
}

static void become_root(int mapped)
{
	char byte;

	MUST(read(mapped, &byte, 1));
	MUST(setresgid(0, 0, 0));
	MUST(setresuid(0, 0, 0));
}

static _Noreturn void child(const char *rootfs, const char *program, const struct sock_fprog *filter,
			    const char *map)
{
	char *args[] = { (char *)program, NULL };
	char *env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm",
			"HOME=/root", NULL };
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };

	MUST(syscall(SYS_mount, NULL, "/", NULL, MS_REC | MS_SLAVE, NULL));
	int null = (int)MUST(cloned(AT_FDCWD, "/dev/null", 0));
	int root = (int)MUST(cloned(AT_FDCWD, rootfs, AT_RECURSIVE));
	attach(root, rootfs);
	MUST(fchdir(root));
	umask(0);
	loopback_up();
	mounts();
	devices(map);
	MUST(syscall(SYS_pivot_root, ".", "."));
	MUST(syscall(SYS_umount2, ".", 2 /* MNT_DETACH */));
	MUST(chdir("/"));
	MUST(sethostname("floor", 5));
	masks(null);
	MUST(syscall(SYS_mount_setattr, root, "", AT_EMPTY_PATH, &ro, sizeof ro));
	identity();
	if (filter->len)
		MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, filter));
	execve(program, args, env);
	must(-1, "execve");
	_exit(125);
}

static void read_filter(const char *path, struct sock_filter *ret, size_t room, unsigned short *ret_count)
{
	int fd = (int)MUST(open(path, O_RDONLY | O_CLOEXEC));

	*ret_count = (unsigned short)((size_t)MUST(read(fd, ret, room)) / sizeof *ret);
	close(fd);
}

int main(int argc, char **argv)
{
	static struct sock_filter instructions[4096];
	struct sock_fprog filter = { 0, instructions };
	const char *map = NULL;
	char text[64];
	int mapped[2] = { -1, -1 };
	siginfo_t info;

	if (argc > 2 && !strcmp(argv[1], "-u")) {
		snprintf(text, sizeof text, "0 %s 65536", argv[2]);
		map = text;
		argv += 2, argc -= 2;
		MUST(pipe2(mapped, O_CLOEXEC));
	}
	if (argc < 4)
		return 2;
	if (argc > 4)
		read_filter(argv[4], instructions, sizeof instructions, &filter.len);
	MUST(mkdir(argv[2], 0755));
	int group = (int)MUST(open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct clone_args args = {
		/* vfork, but where the child waits for its maps */
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET |
			 CLONE_NEWCGROUP | CLONE_INTO_CGROUP | (unsigned)(map ? CLONE_NEWUSER : CLONE_VFORK),
		.exit_signal = SIGCHLD,
		.cgroup = (unsigned long long)group,
	};
	pid_t pid = (pid_t)MUST(syscall(SYS_clone3, &args, sizeof args));
	if (pid == 0) {
		if (map)
			become_root(mapped[0]);
		child(argv[1], argv[3], &filter, map);
	}
	if (map) {
		write_map(pid, "uid_map", map);
		write_map(pid, "gid_map", map);
		MUST(write(mapped[1], "", 1));
	}
	MUST(waitid(P_PID, (id_t)pid, &info, WEXITED));
	close(group);
	MUST(rmdir(argv[2]));
	return info.si_status;
}
