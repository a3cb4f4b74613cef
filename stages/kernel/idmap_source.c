/* The id map of a source (record `source`): see idmap_source.h. Looks at no other tree, attaches nothing. */
#include "idmap_source.h"

#include <errno.h>

#include "fd.h"
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

int idmap_source_user(const struct plan *plan, const struct plan_source *source, int proc,
		      struct fault *fault)
{
	const char *path = plan_text(plan, source->user);
	FD_AUTO own = -1;
	int r;

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
static int failed(const struct plan *plan, const struct plan_source *source, int tree, int r,
		  struct fault *fault)
{
	char text[NUMBER_TEXT];

	fault_set(fault, FAULT_MAP_IDS, r, "of the mount at ");
	fault_append(fault->object, sizeof fault->object, plan_text(plan, source->path));
	if (r == -EINVAL) {
		fault_note(fault, "its file system (");
		fault_note(fault, file_system(tree, text));
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

int idmap_source_apply(const struct plan *plan, const struct plan_source *source, int tree, int user,
		       struct fault *fault)
{
	int r = idmap_apply(tree, user, source->flags & PLAN_SOURCE_RIDMAP);

	return r < 0 ? failed(plan, source, tree, r, fault) : 0;
}
