/* Row `mounts`: each entry as the one way it is mounted. What cannot work in the namespaces of this config
 * becomes a bind of the host's here; read-only where set-up still has to create something becomes a record of
 * row `seal`.
 */
#include "compile/rows.h"

#include <string.h>

#include "lexical.h"
#include "number.h"

/* File systems that show a namespace: who does not own it may not mount them, and gets the host's. */
struct shown {
	const char *type;
	uint64_t namespace;
	const char *host;
};
static const struct shown shown[] = {
	{ "sysfs", PLAN_NS_NETWORK, "/sys" },
	{ "mqueue", PLAN_NS_IPC, "/dev/mqueue" },
	{ "proc", PLAN_NS_PID, "/proc" },
};

/* MNT-09: files of /proc that lxcfs and the like may cover. */
static const char *const below_proc[] = {
	"/proc/cpuinfo",
	"/proc/diskstats",
	"/proc/meminfo",
	"/proc/stat",
	"/proc/swaps",
	"/proc/uptime",
	"/proc/loadavg",
	"/proc/slabinfo",
	"/proc/sys/kernel/ns_last_pid",
	"/proc/sys/crypto/fips_enabled",
};

static bool type_is(const struct spec_mount *mount, const char *type)
{
	return !mount->bind && mount->type && strcmp(mount->type, type) == 0;
}

/* A false /proc would answer for the LSM labels that are written through it (CVE-2019-16884). */
static int check_target(struct compile *c, const struct spec_mount *mount, const char *target,
			const char *source)
{
	if (strcmp(target, "/") == 0)
		return compile_refuse(c, source, "mountpoint is on the top of rootfs");
	if (strcmp(target, "/proc") == 0) {
		bool host = mount->bind && mount->source && strcmp(mount->source, "/proc") == 0;

		if (type_is(mount, "proc") || host)
			return 0;
		return compile_refuse(c, source, "\"%s\" cannot be mounted because it is not of type proc",
				      target);
	}
	if (strncmp(target, "/proc/", 6) != 0)
		return 0;
	for (size_t i = 0; i < sizeof below_proc / sizeof below_proc[0]; i++)
		if (strcmp(target, below_proc[i]) == 0)
			return 0;
	return compile_refuse(c, source, "\"%s\" cannot be mounted because it is inside /proc", target);
}

/* Steps behind the attaching: propagation as written, in that order. */
static struct plan_list propagation(struct compile *c, const struct spec_mount *mount)
{
	uint64_t steps[8];

	for (uint32_t i = 0; i < mount->propagation_count; i++)
		steps[i] = mount->propagation[i];
	return writer_numbers(c->writer, mount->propagation_count, steps);
}

/* What the clone becomes at once. One plain rprivate or rslave (all that most clients write) needs no step
 * of its own then. rshared in a shared container is Kubernetes' Bidirectional: the clone stays the host's
 * peer so that mounts go both ways; never with a user namespace, whose root is not trusted with the host's
 * mounts. */
static uint64_t clone_propagation(struct compile *c, const struct spec_mount *mount,
				  struct plan_mount *record)
{
	const uint32_t whole = PLAN_PROP_RECURSIVE;
	uint32_t last = mount->propagation_count ? mount->propagation[mount->propagation_count - 1] : 0;

	if (mount->propagation_count == 1 &&
	    (last == (PLAN_PROP_PRIVATE | whole) || last == (PLAN_PROP_SLAVE | whole)))
		return last;
	record->propagation = propagation(c, mount);
	if (last & PLAN_PROP_SHARED && c->spec->linux_->rootfs_propagation & PLAN_PROP_SHARED &&
	    !compile_user_namespace(c))
		return 0;
	return compile_propagation(c);
}

static uint64_t bind_flags(const struct spec_mount *mount)
{
	uint64_t flags = mount->recursive ? PLAN_SOURCE_RECURSIVE : 0;

	if (mount->copy_symlink || mount->source_nofollow)
		flags |= PLAN_SOURCE_NOFOLLOW;
	return mount->idmap_recursive ? flags | PLAN_SOURCE_RIDMAP : flags;
}

/* CVE-2023-25809: "ro" is the top mount's alone, and an ordinary user may write to some group below /sys.
 * What such a user asks to see read-only is read-only as a whole. */
static bool protects_sys(const struct compile *c, const char *path, const struct plan_mount *record)
{
	bool sys = strcmp(path, "/sys") == 0 || strncmp(path, "/sys/", 5) == 0;

	return sys && record->attr_set & PLAN_ATTR_RDONLY && compile_rootless_cgroups(c);
}

/* Before 5.12 no flag goes to a whole tree in one call: the groups below it, one by one. They are all that
 * such a user could write to. */
static void protect_groups(struct compile *c, const char *path, const char *target, const char *source)
{
	size_t length = strlen(path);

	for (uint32_t i = 0; i < c->facts->hierarchy_count; i++) {
		const char *mount = c->facts->hierarchies[i].mount;
		struct plan_mount record = { .how = PLAN_MOUNT_REMOUNT,
					     .tree = PLAN_NONE,
					     .attr_set = PLAN_ATTR_RDONLY };

		if (strncmp(mount, path, length) != 0 || mount[length] != '/')
			continue;
		record.target = writer_text(c->writer, lexical_join(c->arena, target, mount + length + 1));
		WRITER_ADD(c->writer, MOUNTS, mount, &record, source);
	}
}

/* One of the config's, not of our own. */
static bool is_listed(const struct compile *c, const struct spec_mount *mount)
{
	return mount >= c->spec->mounts && mount < c->spec->mounts + c->spec->mount_count;
}

/* BAT-71: who names one flag of a bind names them all, as with mount(8) and MS_REMOUNT: what the host's mount
 * has beyond those is cleared. Not what a user namespace could not clear by itself (MNT-18), but of a mount
 * that was made in there. The access times are one group with nodiratime: kept when no option is of it,
 * replaced when one is. */
static void replace_flags(struct compile *c, const struct spec_mount *mount, struct plan_mount *record,
			  bool inner)
{
	const uint64_t atime = PLAN_ATTR_NOATIME | PLAN_ATTR_STRICTATIME | PLAN_ATTR_ATIME_OTHER;

	if (!(mount->names_flag || record->attr_set | record->attr_clear))
		return;
	record->flags |= PLAN_MOUNT_CLEAR_OTHERS;
	if (compile_user_namespace(c) && !inner)
		record->flags |= PLAN_MOUNT_KEEP_LOCKABLE;
	if (record->attr_set & PLAN_ATTR_NODIRATIME)
		record->attr_clear |= atime;
	else if (record->attr_clear & atime)
		record->attr_clear |= PLAN_ATTR_NODIRATIME;
}

static int add_bind(struct compile *c, const struct spec_mount *mount, struct plan_mount *record,
		    const char *target, const char *source)
{
	struct tree_map map = { 0 };
	const char *path;
	bool protected;
	int r;

	if (!mount->source || !*mount->source)
		return compile_refuse(c, source, "a bind mount needs a source");
	if (mount->data.count)
		return compile_refuse(c, source,
				      "bind mounts cannot have any filesystem-specific options applied "
				      "(\"%s\")",
				      mount->data.items[0]);
	r = mount->idmap ? compile_idmap(c, mount, &map, source) : 0;
	if (r < 0)
		return r;
	path = lexical_join(c->arena, c->options->bundle, mount->source);
	record->how = PLAN_MOUNT_BIND;
	record->super = 0; /* the super block is the host's */
	if (mount->copy_symlink)
		record->flags |= PLAN_MOUNT_COPY_SYMLINK;
	if (strcmp(target, "/proc") == 0 || strcmp(target, "/sys") == 0)
		record->flags |= PLAN_MOUNT_PLAIN_DIRECTORY; /* as one mounted there: masks must find it */
	const char *inner = is_listed(c, mount) ? compile_inner_source(c, mount, path) : NULL;
	uint64_t flags = bind_flags(mount);
	/* who sees this mount has no rights over its file system */
	if (inner && mount->idmap && compile_user_namespace(c))
		flags |= PLAN_SOURCE_HOST_IDMAP;
	replace_flags(c, mount, record, inner);
	protected = protects_sys(c, path, record);
	if (protected && !compile_is_old(c))
		record->rec_set |= PLAN_ATTR_RDONLY;
	record->tree = (inner ? compile_inner_tree : compile_mapped_tree)(c, inner ? inner : path, flags,
									  clone_propagation(c, mount, record),
									  &map, source);
	WRITER_ADD(c->writer, MOUNTS, mount, record, source);
	if (protected && compile_is_old(c))
		protect_groups(c, path, target, source);
	return 0;
}

/* The host's instance, with the flags that were asked for on all of it. */
static bool add_shown(struct compile *c, const struct spec_mount *mount, struct plan_mount *record,
		      const char *source)
{
	for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
		if (!type_is(mount, shown[i].type) || !compile_user_namespace(c) ||
		    compile_has(c, shown[i].namespace))
			continue;
		record->how = PLAN_MOUNT_BIND;
		record->super = 0;
		record->rec_set |= record->attr_set;
		if (!type_is(mount, "mqueue"))
			record->flags |= PLAN_MOUNT_PLAIN_DIRECTORY;
		record->tree =
			compile_tree(c, shown[i].host, PLAN_SOURCE_RECURSIVE, compile_propagation(c), source);
		WRITER_ADD(c->writer, MOUNTS, mount, record, source);
		return true;
	}
	return false;
}

static bool has_option(const struct spec_strings *options, const char *key)
{
	size_t length = strlen(key);

	for (uint32_t i = 0; i < options->count; i++)
		if (strncmp(options->items[i], key, length) == 0 && options->items[i][length] == '=')
			return true;
	return false;
}

/* What a tmpfs takes over from the directory that it covers: what no option says (MNT-88). */
static uint64_t kept(const struct spec_mount *mount)
{
	uint64_t flags = has_option(&mount->data, "mode") ? 0 : PLAN_MOUNT_KEEP_MODE;

	if (!mount->copy_up)
		return flags;
	flags |= PLAN_MOUNT_COPY_UP;
	if (!has_option(&mount->data, "uid") && !has_option(&mount->data, "gid"))
		flags |= PLAN_MOUNT_KEEP_OWNER;
	return flags;
}

/* Later entries, devices and links are still made below these: read-only comes at the end. */
static void seal_later(struct compile *c, struct plan_mount *record, const char *source)
{
	struct plan_seal seal = { .path = record->target, .attr = PLAN_ATTR_RDONLY };

	if (!((record->attr_set | record->super) & PLAN_ATTR_RDONLY) || record->rec_set & PLAN_ATTR_RDONLY)
		return;
	record->attr_set &= ~(uint64_t)PLAN_ATTR_RDONLY;
	record->super &= ~(uint64_t)PLAN_SUPER_RDONLY;
	WRITER_ADD(c->writer, SEAL, seal, &seal, source);
}

#define CONTEXT_TYPE "run.oci.mount_context_type"

/* ANN-04: which of SELinux's four mount options takes the label (mount(8)). */
static int check_context_type(struct compile *c)
{
	static const char *const types[] = { "context", "fscontext", "defcontext", "rootcontext" };
	const char *type = compile_annotation_value(c, CONTEXT_TYPE);

	for (size_t i = 0; type && i < sizeof types / sizeof types[0]; i++)
		if (strcmp(type, types[i]) == 0)
			return 0;
	return type ? compile_refuse(c, "/annotations/" CONTEXT_TYPE,
				     "must be context, fscontext, defcontext or rootcontext, not \"%s\"",
				     type)
		    : 0;
}

/* SELinux: the label of every file of a file system that has no labels of its own (MNT-99). */
static struct plan_list options(struct compile *c, const struct spec_mount *mount)
{
	static const char *const unlabelled[] = { "proc", "sysfs", "mqueue", "cgroup", "cgroup2" };
	const char *label = c->spec->linux_->mount_label;
	const char *type = compile_annotation_value(c, CONTEXT_TYPE);
	const char **items = arena_alloc(c->arena, (mount->data.count + 2u) * sizeof *items);
	uint32_t count = mount->data.count;

	for (uint32_t i = 0; i < count; i++)
		items[i] = mount->data.items[i];
	for (size_t i = 0; i < sizeof unlabelled / sizeof unlabelled[0] && label; i++)
		if (type_is(mount, unlabelled[i]))
			label = NULL;
	if (label && *label)
		items[count++] = arena_format(c->arena, "%s=%s", type ? type : "context", label);
	/* not that of whoever mounts it, who is outside (row FORK) */
	if (type_is(mount, "proc") && compile_forks_late(c) && !has_option(&mount->data, "pidns"))
		items[count++] = "pidns=/proc/self/ns/pid_for_children";
	return writer_strings(c->writer, count, items);
}

/* An owner that a new user namespace has no id for: the kernel says EINVAL, which helps nobody. */
static int check_owner(struct compile *c, const struct spec_mount *mount, const char *source)
{
	const struct spec_linux *linux_ = c->spec->linux_;

	for (uint32_t i = 0; i < mount->data.count && c->new_user_namespace; i++) {
		const char *option = mount->data.items[i];
		bool user = strncmp(option, "uid=", 4) == 0;
		uint64_t id;

		if ((!user && strncmp(option, "gid=", 4) != 0) ||
		    number_parse(option + 4, UINT32_MAX, &id) < 0)
			continue;
		if (!compile_maps_hold(user ? &linux_->uid_maps : &linux_->gid_maps, (uint32_t)id))
			return compile_refuse(
				c, source,
				"the option \"%s\" names an id that the user namespace does not "
				"map: leave it out, or map the id",
				option);
	}
	return 0;
}

static int add_filesystem(struct compile *c, const struct spec_mount *mount, struct plan_mount *record,
			  const char *target, const char *source)
{
	bool tmpfs = type_is(mount, "tmpfs");

	if (!mount->type || !*mount->type)
		return compile_refuse(c, source, "a mount that is no bind needs a type");
	if (add_shown(c, mount, record, source))
		return 0;
	if (type_is(mount, "tmpfs") || type_is(mount, "devpts")) {
		int r = check_owner(c, mount, source);

		if (r < 0)
			return r;
	}
	record->how = PLAN_MOUNT_FILESYSTEM;
	record->type = writer_text(c->writer, mount->type);
	record->device = writer_text(c->writer, mount->source ? mount->source : mount->type);
	record->options = options(c, mount);
	record->propagation = propagation(c, mount);
	if (type_is(mount, "mqueue")) /* it knows no context=, but labels of its files (MNT-12) */
		record->label = writer_text(c->writer, c->spec->linux_->mount_label);
	if (type_is(mount, "proc") || type_is(mount, "sysfs"))
		record->flags |= PLAN_MOUNT_PLAIN_DIRECTORY;
	if (tmpfs)
		record->flags |= kept(mount);
	if (tmpfs || strcmp(target, "/dev") == 0)
		seal_later(c, record, source);
	WRITER_ADD(c->writer, MOUNTS, mount, record, source);
	return 0;
}

/* MNT-45: with "bind" the flags of the mount alone; without it also the super block, whose flags are taken
 * away by words of their own (fs_context's common_clear_sb_flag). */
static int add_remount(struct compile *c, const struct spec_mount *mount, struct plan_mount *record,
		       const char *source)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} off[] = {
		{ PLAN_SUPER_RDONLY, "rw" },
		{ PLAN_SUPER_SYNC, "async" },
		{ PLAN_SUPER_MAND, "nomand" },
		{ PLAN_SUPER_LAZYTIME, "nolazytime" },
	};
	const char **items = arena_alloc(c->arena, (mount->data.count + 4) * sizeof *items);
	uint32_t count = 0;

	for (size_t i = 0; i < sizeof off / sizeof off[0]; i++)
		if (mount->super_clear & off[i].flag)
			items[count++] = off[i].word;
	for (uint32_t i = 0; i < mount->data.count; i++)
		items[count++] = mount->data.items[i];
	record->how = PLAN_MOUNT_REMOUNT;
	record->propagation = propagation(c, mount);
	if (mount->bind)
		record->super = 0;
	else
		record->options = writer_strings(c->writer, count, items);
	WRITER_ADD(c->writer, MOUNTS, mount, record, source);
	return 0;
}

static int add_mount(struct compile *c, const struct spec_mount *mount, const char *source)
{
	const char *target = compile_target(c, mount);
	struct plan_mount record = {
		.target = writer_text(c->writer, target),
		.tree = PLAN_NONE,
		.super = mount->super_set & ~mount->super_clear,
		.attr_set = mount->attr_set,
		.attr_clear = mount->attr_clear,
		.rec_set = mount->rec_set,
		.rec_clear = mount->rec_clear,
		.flags = mount->destination_nofollow ? PLAN_MOUNT_DEST_NOFOLLOW : 0,
	};
	int r = check_target(c, mount, target, source);

	if (r < 0)
		return r;
	if (mount->remount)
		return add_remount(c, mount, &record, source);
	if (mount->bind)
		return add_bind(c, mount, &record, target, source);
	if (type_is(mount, "cgroup") || type_is(mount, "cgroup2"))
		return compile_cgroup_mount(c, mount, target, source);
	return add_filesystem(c, mount, &record, target, source);
}

/* PRO-17: behind all that the config mounts. To send to a socket no right to write is needed. */
static int add_notify(struct compile *c)
{
	const struct spec_mount mount = {
		.destination = NOTIFY_TARGET,
		.source = c->options->notify,
		.bind = true,
		.attr_set = PLAN_ATTR_RDONLY | PLAN_ATTR_NOSUID | PLAN_ATTR_NODEV | PLAN_ATTR_NOEXEC,
	};

	return c->options->notify ? add_mount(c, &mount, "") : 0;
}

int compile_mounts(struct compile *c)
{
	int r = check_context_type(c);

	for (uint32_t i = 0; i < c->spec->mount_count && r >= 0; i++)
		r = add_mount(c, &c->spec->mounts[i], compile_pointer(c, "/mounts/%u", i));
	return r < 0 ? r : add_notify(c);
}
