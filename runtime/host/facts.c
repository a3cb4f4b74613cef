/* All probing of the host, in one place: see facts.h. Each call here is paid by every `create`, so what the
 * config does not need (LSMs) costs one open and mountinfo is never read: distributions mount the v1
 * hierarchies under their controllers' names, which one statfs each confirms.
 */
#include "facts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

struct machine {
	const char *name; /* of uname */
	uint32_t arch;
};
static const struct machine machines[] = {
	{ "x86_64", AUDIT_ARCH_X86_64 },   { "aarch64", AUDIT_ARCH_AARCH64 },
	{ "armv7l", AUDIT_ARCH_ARM },      { "armv6l", AUDIT_ARCH_ARM },
	{ "i686", AUDIT_ARCH_I386 },       { "riscv64", AUDIT_ARCH_RISCV64 },
	{ "ppc64le", AUDIT_ARCH_PPC64LE }, { "s390x", AUDIT_ARCH_S390X },
	{ "mips", AUDIT_ARCH_MIPS },       { "mips64", AUDIT_ARCH_MIPS64 },
	{ "loongarch64", 0xc0000102u }, /* not in the headers of 5.10 */
};

/* At most size - 1 bytes, NUL-terminated, without the last newline; the length or -errno. */
static ssize_t read_small(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buffer, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n > 0 && buffer[n - 1] == '\n')
		n--;
	buffer[n > 0 ? n : 0] = 0;
	return n;
}

static void probe_machine(struct arena *arena, struct facts *facts)
{
	struct utsname name;
	unsigned major = 0, minor = 0;

	uname(&name);
	/* the build's own architecture: a 32-bit ocirun on a 64-bit kernel compiles 32-bit filters */
	for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++)
		if (strcmp(machines[i].name, name.machine) == 0)
			facts->audit_arch = machines[i].arch;
	if (sizeof(void *) == 4 && facts->audit_arch == AUDIT_ARCH_X86_64)
		facts->audit_arch = AUDIT_ARCH_I386;
	if (sizeof(void *) == 4 && facts->audit_arch == AUDIT_ARCH_AARCH64)
		facts->audit_arch = AUDIT_ARCH_ARM;
	facts->machine = arena_copy(arena, name.machine, strlen(name.machine));
	sscanf(name.release, "%u.%u", &major, &minor);
	facts->kernel_major = major;
	facts->kernel_minor = minor;
}

/* The greatest one whose bounding state can be read, by halves: six calls less than a file of /proc costs
 * in opening it. */
static uint32_t last_capability(void)
{
	uint32_t low = CAP_AUDIT_READ, high = 63;

	while (low < high) {
		uint32_t middle = (low + high + 1) / 2;

		if (prctl(PR_CAPBSET_READ, middle, 0, 0, 0) >= 0)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* Root of a user namespace that stayed in the mount namespace it was made in may mount nothing there. A
 * kernel that cannot say is taken at its worst: then trees are cloned in a mount namespace of the
 * container's. */
static bool owns_mounts(void)
{
	int mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int owner = mounts < 0 ? -1 : ioctl(mounts, NS_GET_USERNS);
	struct stat ours, theirs;
	bool same = owner >= 0 && fstat(owner, &theirs) == 0 && stat("/proc/self/ns/user", &ours) == 0 &&
		    ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;

	if (owner >= 0)
		close(owner);
	if (mounts >= 0)
		close(mounts);
	return same;
}

bool facts_is_admin(const struct facts *facts)
{
	return facts->capabilities >> CAP_SYS_ADMIN & 1;
}

bool facts_may_visit(const struct facts *facts)
{
	return facts_is_admin(facts) && !facts->in_user_namespace;
}

bool facts_may_mount(const struct facts *facts)
{
	return facts_is_admin(facts) && (!facts->in_user_namespace || facts->owns_mounts);
}

bool facts_may_map(const struct facts *facts)
{
	return facts->capabilities >> CAP_SETUID & facts->capabilities >> CAP_SETGID & 1;
}

static void probe_rights(struct facts *facts)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	unsigned inside = 0, outside = 1, size = 0;
	char map[128];

	facts->uid = geteuid();
	facts->gid = getegid();
	syscall(SYS_capget, &header, data);
	facts->capabilities = data[0].effective | (uint64_t)data[1].effective << 32;
	facts->last_capability = last_capability();
	if (read_small("/proc/self/uid_map", map, sizeof map) > 0)
		sscanf(map, "%u %u %u", &inside, &outside, &size);
	facts->in_user_namespace = inside || outside || size != UINT32_MAX;
	if (facts->in_user_namespace) {
		facts->owns_mounts = owns_mounts();
		facts->setgroups_denied =
			read_small("/proc/self/setgroups", map, sizeof map) > 0 && strcmp(map, "deny") == 0;
	}
}

static bool is_fs(const char *path, long magic)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (long)fs.f_type == magic;
}

static void add_hierarchy(struct arena *arena, struct facts *facts, const char *mount,
			  const char *controllers, const char *own)
{
	struct facts_hierarchy *list =
		arena_alloc(arena, (facts->hierarchy_count + 1u) * sizeof *facts->hierarchies);

	if (facts->hierarchy_count)
		memcpy(list, facts->hierarchies, facts->hierarchy_count * sizeof *list);
	list[facts->hierarchy_count++] = (struct facts_hierarchy){
		arena_copy(arena, mount, strlen(mount)),
		arena_copy(arena, controllers, strlen(controllers)),
		arena_copy(arena, own, strlen(own)),
	};
	facts->hierarchies = list;
}

/* One line of /proc/self/cgroup: "ID:CONTROLLERS:PATH"; returns the v2 path, or NULL. */
static const char *add_line(struct arena *arena, struct facts *facts, char *line, bool unified)
{
	char *controllers = strchr(line, ':'), *own = controllers ? strchr(controllers + 1, ':') : NULL;
	char mount[1024];
	const char *name;

	if (!own)
		return NULL;
	controllers++;
	*own++ = 0;
	if (!*controllers)
		return own;
	if (unified)
		return NULL; /* v1 leftovers beside a whole v2 tree are not used */
	name = strncmp(controllers, "name=", 5) == 0 ? controllers + 5 : controllers;
	snprintf(mount, sizeof mount, CGROUP_ROOT "/%s", name);
	/* one that is not mounted cannot be joined */
	if (is_fs(mount, CGROUP_SUPER_MAGIC))
		add_hierarchy(arena, facts, mount, controllers, own);
	return NULL;
}

/* Lines of /proc/self/cgroup; `own` becomes the v2 path. */
static int read_own(struct arena *arena, struct facts *facts, bool unified, const char **own,
		    struct error *error)
{
	char *text = arena_alloc(arena, 65536);
	ssize_t n = read_small("/proc/self/cgroup", text, 65536);

	if (n < 0 && n != -ENOENT)
		return error_errno(error, (int)n, "cannot read /proc/self/cgroup");
	*own = "/";
	for (char *line = text, *end; *line; line = end) {
		const char *v2;

		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = 0;
		v2 = add_line(arena, facts, line, unified);
		if (v2)
			*own = v2;
	}
	return 0;
}

static int probe_cgroups(struct arena *arena, struct facts *facts, struct error *error)
{
	const char *v2 = CGROUP_ROOT, *own = "/", *controllers = CGROUP_ROOT "/cgroup.controllers";
	bool unified = is_fs(CGROUP_ROOT, CGROUP2_SUPER_MAGIC);
	char text[512];
	int r = read_own(arena, facts, unified, &own, error);

	if (r < 0)
		return r;
	if (!unified && is_fs(CGROUP_UNIFIED, CGROUP2_SUPER_MAGIC)) {
		v2 = CGROUP_UNIFIED;
		controllers = CGROUP_UNIFIED "/cgroup.controllers";
	} else if (!unified) {
		v2 = NULL;
	}
	facts->cgroup_mode = unified                       ? CGROUP_MODE_V2
			     : facts->hierarchy_count == 0 ? CGROUP_MODE_NONE
			     : v2                          ? CGROUP_MODE_HYBRID
							   : CGROUP_MODE_V1;
	facts->v2_controllers = "";
	if (facts->cgroup_mode == CGROUP_MODE_NONE || !v2)
		return 0;
	add_hierarchy(arena, facts, v2, "", own);
	if (read_small(controllers, text, sizeof text) > 0)
		facts->v2_controllers = arena_copy(arena, text, strlen(text));
	return 0;
}

void facts_probe_lsm(struct facts *facts)
{
	char word[8] = "";

	facts->apparmor = read_small("/sys/module/apparmor/parameters/enabled", word, sizeof word) > 0 &&
			  word[0] == 'Y';
	facts->selinux = is_fs("/sys/fs/selinux", SELINUX_MAGIC);
}

void facts_probe_caller(struct arena *arena, struct facts *ret)
{
	*ret = (struct facts){ .clone_into_cgroup = true };
	probe_machine(arena, ret);
	probe_rights(ret);
}

int facts_probe(struct arena *arena, struct facts *ret, struct error *error)
{
	struct facts facts;
	int r;

	facts_probe_caller(arena, &facts);
	r = probe_cgroups(arena, &facts, error);
	if (r < 0)
		return r;
	facts.has_kcore = access("/proc/kcore", F_OK) == 0;
	facts.cgroup_namespaces = access("/proc/self/ns/cgroup", F_OK) == 0;
	facts.time_namespaces = access("/proc/self/ns/time", F_OK) == 0;
	*ret = facts;
	return 0;
}
