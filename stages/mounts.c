/* Row `mounts`: all of config.json's mounts, in order. Every target is resolved once, inside the root,
 * to a descriptor, and every mount is attached to that descriptor (CVE-2021-30465, CVE-2019-19921);
 * what comes from the host was opened by `sources`. A host path is never looked at here. What is to be
 * read-only only in the end (tmpfs, /dev) is left to `seal`.
 */
#include "attach.h"
#include "mount.h"
#include "mounts_inside.h"
#include "mounts_special.h"
#include "path.h"
#include "stage.h"

#define DIRECTORY_MODE 0755
#define FILE_MODE 0644
#define TARGET_TURNS 10

/* Options of the record, and one of our own behind them. */
struct option_list {
	const struct plan *plan;
	struct plan_list list;
	char mode[sizeof "mode=07777"];
};

static const char *option_at(const void *context, uint32_t i)
{
	const struct option_list *options = context;

	return i < options->list.count ? plan_item(options->plan, options->list, i) : options->mode;
}

static void option_mode(struct option_list *options, mode_t mode)
{
	char *text = options->mode;

	memcpy(text, "mode=", 5);
	for (int digit = 0; digit < 4; digit++)
		text[5 + digit] = (char)('0' + (mode >> (9 - 3 * digit) & 7));
	text[9] = 0;
}

/* ---- what went wrong ---- */

struct hint {
	int error;
	const char *type; /* NULL: any */
	const char *text;
};

static const struct hint hints[] = {
	{ EPERM, "proc",
	  "a user namespace mounts proc only when it owns the pid namespace and nothing covers parts of the"
	  " /proc outside; else bind /proc (rbind)" },
	{ EPERM, "sysfs",
	  "a user namespace mounts sysfs only when it owns the network namespace and nothing covers parts"
	  " of the /sys outside; else bind /sys (rbind, ro)" },
	{ EPERM, "mqueue", "a user namespace mounts mqueue only when it owns the ipc namespace" },
	{ ENODEV, NULL, "this kernel has no such file system" },
	{ ENOSYS, NULL, "needs Linux 5.12" },
	{ EOPNOTSUPP, NULL, "needs Linux 5.12" },
	{ ENOTDIR, NULL, "a directory goes onto a directory, a file onto a file" },
};

static const char *mount_hint(int error, const char *type)
{
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		if (hints[i].error == error && (!hints[i].type || strcmp(hints[i].type, type) == 0))
			return hints[i].text;
	return NULL;
}

static const char *mount_subject(const struct plan *plan, const struct plan_mount *mount)
{
	const struct plan_source *source = NULL;

	if (mount->how == PLAN_MOUNT_BIND)
		source = attach_source(plan, mount->tree);
	if (source)
		return plan_text(plan, source->path);
	return plan_text(plan, mount->type.length ? mount->type : mount->device);
}

/* "TYPE on TARGET", or "SOURCE on TARGET"; keeps what the file system context said. */
static int mount_fault(const struct shim *shim, const struct plan_mount *mount, int r, struct fault *fault)
{
	const char *target = plan_text(shim->plan, mount->target), *hint;
	char log[FAULT_NOTE];

	if (fault->set)
		return r;
	log[0] = 0;
	fault_append(log, sizeof log, fault->note);
	if (r == -EISDIR)
		r = -ENOTDIR; /* MNT-17: clients look for its text both ways round */
	fault_set2(fault, FAULT_MOUNT, r, mount_subject(shim->plan, mount), " on ", target);
	fault_note(fault, log);
	hint = mount_hint(-r, plan_text(shim->plan, mount->type));
	if (!hint && r == -EPERM && mount->how == PLAN_MOUNT_FILESYSTEM &&
	    plan_find(shim->plan, PLAN_KIND_userns))
		hint = "root of a user namespace may not mount this type: mount it on the host, and bind it";
	/* of "VFS: Mount too revealing" nobody would know what to do */
	if (log[0] && hint && r == -EPERM)
		fault_note(fault, "; ");
	if (hint && (!log[0] || r == -EPERM))
		fault_note(fault, hint);
	return r;
}

/* ---- targets ---- */

static mode_t made_with(const struct plan_mount *mount, mode_t otherwise)
{
	return mount->mode ? (mode_t)mount->mode : otherwise;
}

/* dest-nofollow: what stands at the target is covered itself, link or not. */
static int open_itself(int root, const char *path, bool directory, mode_t mode)
{
	const char *name;
	FD_AUTO parent = path_make_parent(root, path, DIRECTORY_MODE, &name);
	int r;

	if (parent < 0)
		return parent;
	r = sys_openat(parent, name, O_PATH | O_NOFOLLOW, 0);
	if (r != -ENOENT)
		return r;
	r = directory ? sys_mkdirat(parent, name, mode) : sys_mknodat(parent, name, S_IFREG | mode, 0, 0);
	return r < 0 ? r : sys_openat(parent, name, O_PATH | O_NOFOLLOW, 0);
}

/* CVE-2019-19921, CVE-2023-27561: proc and sysfs go on an ordinary directory and on nothing that a link
 * leads to, or labels and sysctls would be written elsewhere. */
static int open_plain(const struct shim *shim, const struct plan_mount *mount, struct fault *fault)
{
	const struct plan *plan = shim->plan;
	const char *path = plan_text(plan, mount->target);
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS,
	};
	int r = sys_openat2(shim->root, path, &how);

	if (r == -ENOENT) {
		r = path_make_directory(shim->root, path, made_with(mount, DIRECTORY_MODE));
		if (r >= 0) { /* made by a walk that follows links: look again */
			fd_close(r);
			r = sys_openat2(shim->root, path, &how);
		}
	}
	if (r != -ELOOP && r != -ENOTDIR)
		return r;
	mount_fault(shim, mount, r, fault);
	fault->note[0] = 0;
	fault_note(fault, "filesystem \"");
	fault_note(fault, mount->type.length ? plan_text(plan, mount->type) : path + strspn(path, "/"));
	fault_note(fault, "\" must be mounted on ordinary directory");
	return r;
}

/* Of a tmpfs that says no mode: that of the directory it covers, if there was one (MNT-11). */
static int open_covered(const struct shim *shim, const struct plan_mount *mount, struct option_list *options)
{
	const char *path = plan_text(shim->plan, mount->target);
	struct stat stat;
	int r, target = path_open(shim->root, path, O_PATH | O_DIRECTORY);

	if (target == -ENOENT)
		return path_make_directory(shim->root, path, made_with(mount, DIRECTORY_MODE));
	if (target < 0)
		return target;
	r = sys_fstat(target, &stat);
	if (r < 0) {
		fd_close(target);
		return r;
	}
	option_mode(options, stat.st_mode & 07777);
	return target;
}

/* CVE-2019-16884: a link of the image that leads a volume onto /proc, or below it. The compiler has judged
 * the paths as they are written; what they lead to is known here. */
static int refuse_proc(const struct shim *shim, const struct plan_mount *mount, int target,
		       struct fault *fault)
{
	const char *path = plan_text(shim->plan, mount->target);
	int64_t id;

	if (!shim->proc_mount || strncmp(path, "/proc", 5) == 0)
		return 0;
	id = sys_mount_id(target, "", AT_EMPTY_PATH);
	if (id < 0 || id != shim->proc_mount)
		return id < 0 ? (int)id : 0;
	mount_fault(shim, mount, -EPERM, fault);
	fault->note[0] = 0;
	fault_note(fault, "it leads through a link, and cannot be mounted because it is inside /proc");
	return -EPERM;
}

/* Only from here on is there something to protect; and `masks` need not look for it again by its name, which
 * somebody who shares the root file system may have given to something else. */
static int note_proc(struct shim *shim, const struct plan_mount *mount, int fd)
{
	int64_t id;
	int copy;

	if (!(mount->flags & PLAN_MOUNT_PLAIN_DIRECTORY) ||
	    strcmp(plan_text(shim->plan, mount->target), "/proc") != 0)
		return 0;
	id = sys_mount_id(fd, "", AT_EMPTY_PATH);
	if (id < 0)
		return (int)id;
	copy = sys_dup(fd, 3);
	if (copy < 0)
		return copy;
	if (shim->proc_view > 0)
		fd_close(shim->proc_view);
	shim->proc_view = copy;
	shim->proc_mount = id;
	return 0;
}

static int find_target(const struct shim *shim, const struct plan_mount *mount, bool directory,
		       struct option_list *options, struct fault *fault)
{
	const char *path = plan_text(shim->plan, mount->target);
	mode_t mode = made_with(mount, directory ? DIRECTORY_MODE : FILE_MODE);

	if (mount->flags & PLAN_MOUNT_PLAIN_DIRECTORY)
		return open_plain(shim, mount, fault);
	if (mount->flags & PLAN_MOUNT_DEST_NOFOLLOW)
		return open_itself(shim->root, path, directory, mode);
	if (mount->flags & PLAN_MOUNT_KEEP_MODE && options)
		return open_covered(shim, mount, options);
	if (directory)
		return path_make_directory(shim->root, path, mode);
	return path_make_file(shim->root, path, mode);
}

static int open_target(const struct shim *shim, const struct plan_mount *mount, bool directory,
		       struct option_list *options, struct fault *fault)
{
	FD_AUTO target = find_target(shim, mount, directory, options, fault);
	int r = target < 0 ? target : refuse_proc(shim, mount, target, fault);

	return r < 0 ? r : fd_take(&target);
}

/* ---- the ways ---- */

static int set_propagation(const struct shim *shim, const struct plan_mount *mount, int fd)
{
	int r = 0;

	for (uint32_t i = 0; r >= 0 && i < mount->propagation.count; i++)
		r = attach_propagation(fd, plan_number(shim->plan, mount->propagation, i));
	return r;
}

#define LOCKABLE (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* Clears the others too (PLAN_MOUNT_CLEAR_OTHERS), as far as the kernel lets us: flags that are locked stay
 * (EPERM), and before 5.14 it does not know MOUNT_ATTR_NOSYMFOLLOW (EINVAL). */
static int change_flags(const struct plan_mount *mount, int tree, const struct attach_attributes *change)
{
	static const uint64_t others[] = { LOCKABLE | MOUNT_ATTR_NOSYMFOLLOW, LOCKABLE,
					   MOUNT_ATTR_NOSYMFOLLOW, 0 };
	size_t first = !(mount->flags & PLAN_MOUNT_CLEAR_OTHERS) ? 3
		       : mount->flags & PLAN_MOUNT_KEEP_LOCKABLE ? 2
								 : 0;
	int r = 0;

	for (size_t i = first; i < sizeof others / sizeof *others; i++) {
		struct attach_attributes wider = *change;

		wider.clear |= others[i] & ~(change->set | change->rec_set);
		r = attach_change(tree, &wider);
		if (r != -EPERM && r != -EINVAL)
			break;
	}
	return r;
}

/* MNT-18: a detached clone knows no locks, so what a user namespace could not have changed by itself is seen
 * only afterwards: a flag that has gone, other access times. Nobody has seen the tree by then. */
static int change_kept(const struct plan_mount *mount, int tree, const struct attach_attributes *change)
{
	const int64_t lockable = 1 | 2 | 4 | 8, atime = 1024 | 2048 | 4096; /* ST_* of statfs(2) */
	int64_t before, after;
	int r;

	if (!(mount->flags & PLAN_MOUNT_KEEP_LOCKABLE))
		return change_flags(mount, tree, change);
	before = sys_fs_flags(tree);
	r = before < 0 ? (int)before : change_flags(mount, tree, change);
	if (r < 0)
		return r;
	after = sys_fs_flags(tree);
	if (after < 0)
		return (int)after;
	return (before & ~after & lockable) || ((before ^ after) & atime) ? -EPERM : 0;
}

/* Flags while the tree is detached, so that nothing ever sees the mount without them. Before 5.12 only
 * an attached one can be changed. */
static int attach_bind(const struct shim *shim, const struct plan_mount *mount, int tree, int target)
{
	struct attach_attributes change = {
		mount->attr_set,
		mount->attr_clear,
		mount->rec_set,
		mount->rec_clear,
	};
	int r = change_kept(mount, tree, &change);
	bool late = attach_must_wait(r);

	if (r >= 0 || late)
		r = mount_attach(tree, target);
	if (r >= 0)
		r = attach_settle(shim, mount->tree, tree);
	if (r >= 0 && late)
		r = change_kept(mount, tree, &change);
	return r < 0 ? r : set_propagation(shim, mount, tree);
}

/* Who shares the root file system may remove the target between its opening and the mount on it (ENOENT), as
 * buildah does with its own at the end of each `run` in a container. */
static int bind_at_target(const struct shim *shim, const struct plan_mount *mount, int tree, bool directory,
			  struct fault *fault)
{
	int r = -ENOENT;

	for (int turn = 0; turn < TARGET_TURNS && r == -ENOENT; turn++) {
		FD_AUTO target = open_target(shim, mount, directory, NULL, fault);

		if (target < 0)
			return target;
		r = attach_bind(shim, mount, tree, target);
	}
	return r;
}

static int mount_bind(struct shim *shim, const struct plan_mount *mount, struct fault *fault)
{
	struct stat stat;
	int tree = shim_tree(shim, mount->tree), r;

	if (tree < 0)
		return -EBADF;
	r = sys_fstat(tree, &stat);
	if (r < 0)
		return r;
	if (S_ISLNK(stat.st_mode) && mount->flags & PLAN_MOUNT_COPY_SYMLINK)
		return mounts_copy_symlink(shim, mount, tree);
	r = bind_at_target(shim, mount, tree, S_ISDIR(stat.st_mode), fault);
	if (r >= 0)
		r = note_proc(shim, mount, tree);
	if (r >= 0) /* attached: closing costs nothing; a failed one is dissolved with the shim */
		fd_close_at(&shim->trees[mount->tree]);
	return r;
}

static struct mount_request make_request(const struct shim *shim, const struct plan_mount *mount,
					 const struct option_list *options)
{
	return (struct mount_request){
		.type = plan_text(shim->plan, mount->type),
		.source = plan_text(shim->plan, mount->device),
		.super = (uint32_t)mount->super,
		.attributes = mount->attr_set | mount->rec_set, /* it is one mount; new: nothing to clear */
		.option_count = mount->options.count + (options->mode[0] != 0),
		.option = option_at,
		.context = options,
	};
}

/* Make it and attach it. Returns the root's descriptor. */
static int make_filesystem(const struct shim *shim, const struct plan_mount *mount,
			   const struct option_list *options, int target, struct fault *fault)
{
	struct mount_request request = make_request(shim, mount, options);
	int r, fd = mount_new(&request, fault);

	if (fd == -E2BIG) { /* DESIGN, "Mount data": one mount(2) on the verified target */
		fd = mount_legacy(&request, target, fault);
	} else if (fd >= 0) {
		r = mount_attach(fd, target);
		if (r < 0) {
			fd_close(fd);
			fd = r;
		}
	}
	if (fd < 0)
		fault->set = 0; /* only its note is of use: mount_fault() says which mount */
	return fd;
}

/* The kernel without SELinux has no such attribute: nothing to label then. */
static int set_label(const struct shim *shim, const struct plan_mount *mount, int fd)
{
	const char *label = plan_text(shim->plan, mount->label);
	FD_AUTO root = -1;
	int r;

	if (!mount->label.length)
		return 0;
	root = sys_openat(fd, ".", O_RDONLY | O_DIRECTORY, 0); /* O_PATH sets no attributes */
	r = root < 0 ? root : sys_fsetxattr(root, "security.selinux", label, mount->label.length);
	return r == -EOPNOTSUPP ? 0 : r;
}

static int mount_filesystem(struct shim *shim, const struct plan_mount *mount, struct fault *fault)
{
	struct option_list options = { .plan = shim->plan, .list = mount->options };
	FD_AUTO target = open_target(shim, mount, true, &options, fault);
	int r;

	if (target < 0)
		return target;
	FD_AUTO fd = make_filesystem(shim, mount, &options, target, fault);
	r = fd < 0 ? fd : note_proc(shim, mount, fd);
	if (r >= 0)
		r = set_label(shim, mount, fd);
	if (r < 0)
		return r;
	if (mount->flags & PLAN_MOUNT_COPY_UP) {
		/* the target's descriptor still leads to what is covered now */
		r = mounts_copy_up(target, fd, mount->flags);
		if (r < 0) {
			mount_fault(shim, mount, r, fault);
			fault_note(fault, fault->note[0] ? "; " : "");
			fault_note(fault, "tmpcopyup could not copy what is there");
			return r;
		}
	}
	return set_propagation(shim, mount, fd);
}

/* A cgroup2 of its own where the kernel allows it; else the tree that the compiler chose (MNT-13). */
static int mount_cgroup2(struct shim *shim, const struct plan_mount *mount, struct fault *fault)
{
	int r = mount_filesystem(shim, mount, fault);

	if ((r != -EPERM && r != -EBUSY) || shim_tree(shim, mount->tree) < 0)
		return r;
	fault->set = 0;
	fault->note[0] = 0;
	return mount_bind(shim, mount, fault);
}

static int mount_remount(struct shim *shim, const struct plan_mount *mount, struct fault *fault)
{
	(void)fault;
	return mounts_remount(shim, mount);
}

static int mount_symlink(struct shim *shim, const struct plan_mount *mount, struct fault *fault)
{
	int r = mounts_symlink(shim, mount);

	return r < 0 ? fault_set(fault, FAULT_MAKE_LINK, r, plan_text(shim->plan, mount->target)) : 0;
}

static int mount_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	static int (*const ways[])(struct shim *, const struct plan_mount *, struct fault *) = {
		[PLAN_MOUNT_BIND] = mount_bind,       [PLAN_MOUNT_FILESYSTEM] = mount_filesystem,
		[PLAN_MOUNT_CGROUP2] = mount_cgroup2, [PLAN_MOUNT_REMOUNT] = mount_remount,
		[PLAN_MOUNT_SYMLINK] = mount_symlink,
	};
	const struct plan_mount *mount = STAGE_RECORD(mount, record);
	int r = ways[mount->how](shim, mount, fault);

	return r < 0 ? mount_fault(shim, mount, r, fault) : 0;
}

const struct stage stage_mounts = { "mounts",
				    { { PLAN_KIND_mount, mount_run }, { PLAN_KIND_source, mounts_inside } } };
