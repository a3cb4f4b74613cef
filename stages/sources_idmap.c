/* Id-mapped trees (mount_setattr(2), MOUNT_ATTR_IDMAP): only a detached one can be mapped, and only by who
 * has CAP_SYS_ADMIN where its file system belongs: so here, with the host's rights, and not in `mounts`.
 * Attaches nothing, enters no namespace.
 */
#include "sources_idmap.h"

#include "idmap.h"
#include "needs.h"
#include "number.h"
#include "procfs.h"

/* Magic numbers (linux/magic.h) of what people bind from. */
static const struct {
	int64_t magic;
	const char *name;
} file_systems[] = {
	{ 0x01021994, "tmpfs" }, { 0xef53, "ext4" },        { 0x58465342, "xfs" },
	{ 0x9123683e, "btrfs" }, { 0x794c7630, "overlay" }, { 0x65735546, "fuse" },
	{ 0x6969, "nfs" },       { 0x01021997, "9p" },      { 0xff534d42, "cifs" },
	{ 0x9fa0, "proc" },      { 0x62656572, "sysfs" },   { 0x2fc12fc1, "zfs" },
	{ 0x858458f6, "ramfs" }, { 0x63677270, "cgroup2" }, { 0x4d44, "vfat" },
	{ 0xf2f52010, "f2fs" },  { 0x00c36400, "ceph" },    { 0x73717368, "squashfs" },
};

static bool mapped(const struct plan_source *source)
{
	return source->uid_map.length || source->user.length;
}

static bool same_text(const struct plan *plan, struct plan_str a, struct plan_str b)
{
	return strcmp(plan_text(plan, a), plan_text(plan, b)) == 0;
}

static bool same_map(const struct plan *plan, const struct plan_source *a, const struct plan_source *b)
{
	return same_text(plan, a->uid_map, b->uid_map) && same_text(plan, a->gid_map, b->gid_map) &&
	       same_text(plan, a->user, b->user);
}

/* Those of one row are mapped together; what is opened among the mounts is attached at once, each alone. */
static bool together(const struct plan_source *a, const struct plan_source *b)
{
	return a == b || (a->head.row == b->head.row && a->head.row != PLAN_ROW_MOUNTS);
}

/* Is there a tree still to come that wants the same map? */
static bool comes_again(const struct shim *shim, const struct plan_source *source)
{
	plan_each(shim->plan, r) {
		const struct plan_source *other = STAGE_RECORD(source, r);

		if (r->kind == PLAN_KIND_source && mapped(other) && together(source, other) &&
		    shim_tree(shim, other->tree) < 0 && same_map(shim->plan, source, other))
			return true;
	}
	return false;
}

static int make_namespace(const struct shim *shim, const struct plan_source *source, struct fault *fault)
{
	const struct plan *plan = shim->plan;
	const char *path = plan_text(plan, source->user);
	FD_AUTO own = -1;
	int r, proc = shim->proc;

	if (source->user.length) {
		r = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
		return r < 0 ? fault_set(fault, FAULT_OPEN, r, path) : r;
	}
	if (proc < 0) {
		own = procfs_open();
		proc = own;
	}
	if (proc < 0)
		return fault_set(fault, FAULT_OPEN, proc, "/proc");
	r = idmap_namespace(proc, plan_text(plan, source->uid_map), source->uid_map.length,
			    plan_text(plan, source->gid_map), source->gid_map.length);
	if (r >= 0)
		return r;
	fault_set(fault, FAULT_MAP_IDS, r, "in a user namespace for id-mapped mounts");
	if (r == -ENOSPC)
		fault_note(fault, "the limit user.max_user_namespaces is reached");
	need_note(fault, NEED_USER_NAMESPACE, r);
	return r;
}

static const char *file_system(int tree, char text[NUMBER_TEXT])
{
	int64_t magic = sys_fs_magic(tree);

	for (size_t i = 0; i < sizeof file_systems / sizeof *file_systems; i++)
		if (file_systems[i].magic == magic)
			return file_systems[i].name;
	number_text(text, magic < 0 ? 0 : (uint64_t)magic);
	return text;
}

/* EINVAL names no file system; and of a recursive one it may be any below. */
static int map_failed(const struct shim *shim, const struct plan_source *source, int r, struct fault *fault)
{
	char text[NUMBER_TEXT];

	fault_set(fault, FAULT_MAP_IDS, r, "of the mount at ");
	fault_append(fault->object, sizeof fault->object, plan_text(shim->plan, source->path));
	if (r == -EINVAL) {
		fault_note(fault, "its file system (");
		fault_note(fault, file_system(shim_tree(shim, source->tree), text));
		fault_note(fault, source->flags & PLAN_SOURCE_RIDMAP
					  ? "), or one mounted below it, has no id-mapped mounts"
					  : ") has no id-mapped mounts");
	}
	if (r == -EPERM)
		fault_note(fault, "it is mapped already, or its file system belongs to a user namespace that "
				  "we have no rights in");
	need_note(fault, NEED_IDMAPPED_MOUNT, r);
	return r;
}

int sources_idmap(struct shim *shim, const struct plan_source *source, struct fault *fault)
{
	if (!mapped(source) || comes_again(shim, source))
		return 0;
	FD_AUTO user = make_namespace(shim, source, fault);
	if (user < 0)
		return user;
	plan_each(shim->plan, record) {
		const struct plan_source *one = STAGE_RECORD(source, record);
		int r, tree;

		if (record->kind != PLAN_KIND_source || !mapped(one) || !together(source, one) ||
		    !same_map(shim->plan, source, one))
			continue;
		tree = shim_tree(shim, one->tree);
		r = tree < 0 ? 0 : idmap_apply(tree, user, one->flags & PLAN_SOURCE_RIDMAP);
		if (r < 0)
			return map_failed(shim, one, r, fault);
	}
	return 0;
}
