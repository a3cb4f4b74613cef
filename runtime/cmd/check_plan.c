/* The config's half of `check`: see check.h. It compiled, so nothing in it contradicts itself; here every
 * record is held against this host: what it names, which right it takes, which kernel has it. One row a kind
 * of record.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cgroup/path.h"
#include "cmd/check.h"
#include "errno_text.h"
#include "fd.h"
#include "lexical.h"
#include "needs.h"
#include "path.h"
#include "probe.h"

/* What the rows are given. */
struct checking {
	const struct prepared *prepared;
	const struct plan *plan;
	const struct facts *facts;
	struct report *report;
	uint32_t group;    /* records `cgroup` so far */
	bool told_missing; /* that the container goes on without some group */
};

static const char *pointer_of(const struct checking *c, const struct plan_record *record)
{
	return record->source.length ? plan_text(c->plan, record->source) : "";
}

static bool has_cap(const struct facts *facts, unsigned cap)
{
	return facts->capabilities >> cap & 1 && !facts->in_user_namespace;
}

/* A row of the table of needs, when this kernel is older than it. */
static void need(const struct checking *c, const struct plan_record *record, enum need_id id)
{
	const struct need *row = &needs[id];
	bool older = c->facts->kernel_major < row->major ||
		     (c->facts->kernel_major == row->major && c->facts->kernel_minor < row->minor);

	if (older && !*row->instead)
		report_add(c->report, VERDICT_CANNOT, "kernel", pointer_of(c, record), NULL,
			   "%s: from Linux %u.%u", row->feature, row->major, row->minor);
}

static void missing(const struct checking *c, const struct plan_record *record, const char *what,
		    const char *path, int error)
{
	report_add(c->report, VERDICT_CANNOT, what, pointer_of(c, record), NULL, "%s: %s", path,
		   errno_text(-error));
}

/* ---- groups ------------------------------------------------------------------------------------------- */

static const struct plan_cgroup *group_number(const struct checking *c, uint64_t n)
{
	plan_each(c->plan, r)
		if (r->kind == PLAN_KIND_cgroup && n-- == 0)
			return (const void *)r;
	return NULL;
}

static const char *group_dir(const struct checking *c, const struct plan_cgroup *group)
{
	return lexical_join(c->report->arena, plan_text(c->plan, group->mount),
			    plan_text(c->plan, group->path) + 1);
}

static bool is_limited(const struct checking *c, uint32_t n)
{
	plan_each(c->plan, r)
		if (r->kind == PLAN_KIND_cgroup_write &&
		    ((const struct plan_cgroup_write *)(const void *)r)->group == n)
			return true;
	return false;
}

static void check_group(struct checking *c, const struct plan_record *record)
{
	const struct plan_cgroup *group = (const void *)record;
	const char *there = probe_existing(c->report->arena, group_dir(c, group));
	bool optional = group->flags & PLAN_CGROUP_OPTIONAL && !is_limited(c, c->group);

	c->group++;
	if (access(there, W_OK) == 0 || (optional && c->told_missing)) /* v1 has a dozen */
		return;
	c->told_missing |= optional;
	report_add(c->report, optional ? VERDICT_LIMITED : VERDICT_CANNOT, "cgroup", pointer_of(c, record),
		   c->facts->uid && c->facts->cgroup_mode == CGROUP_MODE_V2
			   ? "systemd-run --user --scope -p Delegate=yes ocirun ..."
		   : c->facts->uid && !optional
			   ? "leave the limit out: v1 is not given to ordinary users, v2 is by systemd"
			   : NULL,
		   "%s is not writable for this user%s", there,
		   optional ? ": the container goes on without it"
			    : ": rootless needs no limits + no cgrouppath when no permission is granted for "
			      "cgroups");
}

/* v2: a file belongs to the controller that its name begins with. */
static void check_limit(struct checking *c, const struct plan_record *record)
{
	const struct plan_cgroup_write *write = (const void *)record;
	const struct plan_cgroup *group = group_number(c, write->group);
	const char *file = plan_text(c->plan, write->file), *list;
	struct arena *arena = c->report->arena;
	char controller[64] = "";

	if (!group || group->version != PLAN_CGROUP_V2 || write->flags & PLAN_WRITE_MISSING_OK ||
	    strcspn(file, ".") >= sizeof controller || !strncmp(file, "cgroup.", 7))
		return;
	memcpy(controller, file, strcspn(file, "."));
	list = probe_line(arena, arena_format(arena, "%s/cgroup.controllers",
					      probe_existing(arena, group_dir(c, group))));
	if (list && !cgroup_has_word(list, controller))
		report_add(c->report, VERDICT_CANNOT, "limit", pointer_of(c, record), NULL,
			   "%s: the controllers here are: %s", file, *list ? list : "none");
}

/* ---- namespaces and ids ------------------------------------------------------------------------------- */

/* Each "inside outside size" is the own id, or lies in one range. */
static void check_map(const struct checking *c, const char *map, uint32_t own,
		      const struct subid_range *ranges, uint32_t count, const char *file, const char *pointer)
{
	for (const char *line = map; *line;) {
		char *rest;

		strtoull(line, &rest, 10);
		unsigned long long outside = strtoull(rest, &rest, 10), size = strtoull(rest, &rest, 10);
		if (!(size == 1 && outside == own) && !probe_subids_hold(ranges, count, outside, size))
			report_add(c->report, VERDICT_CANNOT, "id map", pointer,
				   "\"ocirun check\" says what to type for more",
				   "%llu ids from %llu on: %s does not grant them to this user", size,
				   outside, file);
		line = rest + strspn(rest, "\n");
	}
}

static void check_tool(const struct checking *c, const struct plan_userns *userns)
{
	struct check_user user;

	check_user(c->report->arena, c->facts, &user);
	if (!user.newuidmap || !user.newgidmap)
		report_add(c->report, VERDICT_CANNOT, "newuidmap", "/linux/uidMappings",
			   "sudo apt-get install uidmap",
			   "more ids than the own one can be mapped only with newuidmap and newgidmap, which "
			   "are not in PATH");
	check_map(c, plan_text(c->plan, userns->uid_map), c->facts->uid, user.uids, user.uid_count,
		  "/etc/subuid", "/linux/uidMappings");
	check_map(c, plan_text(c->plan, userns->gid_map), c->facts->gid, user.gids, user.gid_count,
		  "/etc/subgid", "/linux/gidMappings");
}

static void check_userns(struct checking *c, const struct plan_record *record)
{
	const struct plan_userns *userns = (const void *)record;
	struct probe_namespaces found;

	probe_user_namespace(&found);
	if (found.user < 0 || found.inside < 0)
		report_add(c->report, VERDICT_CANNOT, "user namespaces", pointer_of(c, record),
			   "\"ocirun check\" says why", "they cannot be used here: %s",
			   errno_text(-(found.user < 0 ? found.user : found.inside)));
	if (userns->writer == PLAN_MAP_TOOL)
		check_tool(c, userns);
	else if (userns->writer == PLAN_MAP_HOST && !facts_may_map(c->facts))
		report_add(c->report, VERDICT_CANNOT, "id map", pointer_of(c, record), NULL,
			   "it needs CAP_SETUID and CAP_SETGID");
}

static void check_join(struct checking *c, const struct plan_record *record)
{
	const struct plan_join *join = (const void *)record;
	const char *path = plan_text(c->plan, join->path);
	FD_AUTO fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);

	if (fd < 0)
		missing(c, record, "namespace", path, fd);
}

static void check_launch(struct checking *c, const struct plan_record *record)
{
	const struct plan_launch *launch = (const void *)record;
	FD_AUTO fd = launch->pid_path.length
			     ? sys_openat(AT_FDCWD, plan_text(c->plan, launch->pid_path), O_RDONLY, 0)
			     : -1;

	if (launch->pid_path.length && fd < 0)
		missing(c, record, "namespace", plan_text(c->plan, launch->pid_path), fd);
	if (launch->born && !facts_is_admin(c->facts))
		report_add(c->report, VERDICT_CANNOT, "namespaces", pointer_of(c, record), NULL,
			   "they need CAP_SYS_ADMIN or a user namespace");
}

static void check_namespaces(struct checking *c, const struct plan_record *record)
{
	if (((const struct plan_namespaces *)(const void *)record)->unshare & PLAN_NS_TIME)
		need(c, record, NEED_TIME_NAMESPACE);
}

/* ---- files -------------------------------------------------------------------------------------------- */

static void check_source(struct checking *c, const struct plan_record *record)
{
	const struct plan_source *source = (const void *)record;
	const char *path = plan_text(c->plan, source->path);
	FD_AUTO fd = sys_openat(AT_FDCWD, path,
				O_PATH | (source->flags & PLAN_SOURCE_NOFOLLOW ? O_NOFOLLOW : 0), 0);

	/* the group of a container is made when it is created */
	if (fd < 0 && strncmp(path, "/sys/fs/cgroup/", 15) != 0)
		missing(c, record, "source", path, fd);
	if (!source->uid_map.length && !source->user.length)
		return;
	need(c, record, NEED_IDMAPPED_MOUNT);
	if (!has_cap(c->facts, CAP_SYS_ADMIN))
		report_add(c->report, VERDICT_CANNOT, "id-mapped mount", pointer_of(c, record), NULL,
			   "%s: only who has CAP_SYS_ADMIN on the host can map its ids", path);
}

static bool knows_filesystem(struct arena *arena, const char *type)
{
	char *text = arena_alloc(arena, 65536);
	size_t length = 0, size = strlen(type);
	FD_AUTO fd = sys_openat(AT_FDCWD, "/proc/filesystems", O_RDONLY, 0);

	if (fd < 0 || fd_read_all(fd, text, 65535, &length) < 0)
		return true;
	for (char *at = text; (at = strstr(at, type)); at++)
		if (at > text && at[-1] == '\t' && at[size] == '\n')
			return true;
	return false;
}

/* FS_USERNS_MOUNT of the kernel: what root of a user namespace may mount. */
static bool is_for_user_namespaces(const char *type)
{
	static const char *const types[] = {
		"proc",   "sysfs",   "tmpfs",   "ramfs", "devpts", "mqueue",
		"cgroup", "cgroup2", "overlay", "fuse",  "bpf",    "binfmt_misc"
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return strncmp(type, "fuse.", 5) == 0;
}

static void check_mount(struct checking *c, const struct plan_record *record)
{
	const struct plan_mount *mount = (const void *)record;
	const char *type = plan_text(c->plan, mount->type);
	bool inside = c->facts->in_user_namespace || plan_find(c->plan, PLAN_KIND_userns);

	if (inside && mount->how == PLAN_MOUNT_FILESYSTEM && !is_for_user_namespaces(type))
		report_add(c->report, VERDICT_CANNOT, "file system", pointer_of(c, record),
			   "mount it on the host, and bind it here",
			   "%s: root of a user namespace may not mount this type", type);

	if (mount->rec_set | mount->rec_clear)
		need(c, record, NEED_RECURSIVE_ATTRIBUTES);
	if (mount->how == PLAN_MOUNT_FILESYSTEM && !knows_filesystem(c->report->arena, type))
		report_add(c->report, VERDICT_LIMITED, "file system", pointer_of(c, record), NULL,
			   "%s: unknown to the kernel, unless a module of it is loaded when it is mounted",
			   type);
}

static void check_device(struct checking *c, const struct plan_record *record)
{
	const struct plan_device *device = (const void *)record;

	if (device->how == PLAN_DEVICE_MKNOD && !has_cap(c->facts, CAP_MKNOD))
		report_add(c->report, VERDICT_CANNOT, "device", pointer_of(c, record), NULL,
			   "%s: mknod needs CAP_MKNOD", plan_text(c->plan, device->path));
}

static void check_hook(struct checking *c, const struct plan_record *record)
{
	const struct plan_hook *hook = (const void *)record;
	const char *path = plan_text(c->plan, hook->path);

	/* startContainer hooks are the container's own */
	if (hook->kind != PLAN_HOOK_START_CONTAINER && access(path, X_OK) < 0)
		missing(c, record, "hook", path, -errno);
}

/* args[0] with a slash, as execve would find it in the root. What is searched in PATH may be on a mount. */
static void check_program(struct checking *c, const struct plan_record *record)
{
	const struct plan_program *program = (const void *)record;
	const char *name = plan_item(c->plan, program->args, 0);
	FD_AUTO root = sys_openat(AT_FDCWD, c->prepared->options.rootfs, O_PATH | O_DIRECTORY, 0);
	FD_AUTO file = root < 0 || name[0] != '/' ? -ENOSYS : path_open(root, name, O_PATH);

	if (file == -ENOENT)
		report_add(c->report, VERDICT_LIMITED, "program", "/process/args/0", NULL,
			   "%s is not in the root file system: a mount has to bring it", name);
}

/* ---- limits ------------------------------------------------------------------------------------------- */

static void check_rlimit(struct checking *c, const struct plan_record *record)
{
	const struct plan_rlimit *wanted = (const void *)record;
	struct rlimit have;

	if (record->row == PLAN_ROW_LIMITS && sys_prlimit(0, (int)wanted->resource, NULL, &have) == 0 &&
	    wanted->hard > have.rlim_max && !has_cap(c->facts, CAP_SYS_RESOURCE))
		report_add(c->report, VERDICT_CANNOT, "rlimit", pointer_of(c, record), NULL,
			   "the hard limit of this user is %llu; raising it needs CAP_SYS_RESOURCE",
			   (unsigned long long)have.rlim_max);
}

static void check_scheduler(struct checking *c, const struct plan_record *record)
{
	const struct plan_scheduler *scheduler = (const void *)record;
	bool realtime = scheduler->policy == PLAN_SCHED_FIFO || scheduler->policy == PLAN_SCHED_RR ||
			scheduler->policy == PLAN_SCHED_DEADLINE;

	if (realtime && !has_cap(c->facts, CAP_SYS_NICE))
		report_add(c->report, VERDICT_CANNOT, "scheduler", pointer_of(c, record), NULL,
			   "a realtime policy needs CAP_SYS_NICE");
}

static void check_io_priority(struct checking *c, const struct plan_record *record)
{
	const struct plan_io_priority *priority = (const void *)record;

	if (priority->class == PLAN_IO_REALTIME && !has_cap(c->facts, CAP_SYS_NICE) &&
	    !has_cap(c->facts, CAP_SYS_ADMIN))
		report_add(c->report, VERDICT_CANNOT, "I/O priority", pointer_of(c, record), NULL,
			   "the realtime class needs CAP_SYS_NICE");
}

static void check_oom(struct checking *c, const struct plan_record *record)
{
	const struct plan_oom_score_adj *oom = (const void *)record;
	const char *line = probe_line(c->report->arena, "/proc/self/oom_score_adj");

	if (line && oom->value < atoi(line) && !has_cap(c->facts, CAP_SYS_RESOURCE))
		report_add(c->report, oom->optional ? VERDICT_LIMITED : VERDICT_CANNOT, "oom score",
			   pointer_of(c, record), NULL, "lowering it needs CAP_SYS_RESOURCE%s",
			   oom->optional ? ": the container goes on with the caller's" : "");
}

static void check_filter(struct checking *c, const struct plan_record *record)
{
	const struct plan_seccomp *filter = (const void *)record;

	if (filter->flags & PLAN_FILTER_WAIT_KILLABLE)
		need(c, record, NEED_WAIT_KILLABLE);
}

static const struct {
	uint16_t kind;
	void (*check)(struct checking *c, const struct plan_record *record);
} rows[] = {
	{ PLAN_KIND_cgroup, check_group },
	{ PLAN_KIND_cgroup_write, check_limit },
	{ PLAN_KIND_launch, check_launch },
	{ PLAN_KIND_source, check_source },
	{ PLAN_KIND_join, check_join },
	{ PLAN_KIND_userns, check_userns },
	{ PLAN_KIND_namespaces, check_namespaces },
	{ PLAN_KIND_mount, check_mount },
	{ PLAN_KIND_device, check_device },
	{ PLAN_KIND_hook, check_hook },
	{ PLAN_KIND_program, check_program },
	{ PLAN_KIND_rlimit, check_rlimit },
	{ PLAN_KIND_scheduler, check_scheduler },
	{ PLAN_KIND_io_priority, check_io_priority },
	{ PLAN_KIND_oom_score_adj, check_oom },
	{ PLAN_KIND_seccomp, check_filter },
};

void check_plan(const struct prepared *prepared, struct report *report)
{
	struct checking c = { .prepared = prepared,
			      .plan = &prepared->compiled.plan,
			      .facts = &prepared->facts,
			      .report = report };

	plan_each(c.plan, record)
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			if (rows[i].kind == record->kind)
				rows[i].check(&c, record);
}
