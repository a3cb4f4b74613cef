/* tmpcopyup, remount and links among the mounts: see mounts_special.h. Works on descriptors only; the
 * content copied is hostile: names are single components, no link is followed, nothing is opened that
 * is not a regular file or a directory.
 */
#include "mounts_special.h"

#include <sys/sysmacros.h>

#include "attach.h"
#include "mount.h"
#include "path.h"

#define COPY_DEPTH 64 /* directories below each other; each costs a buffer of the stack */
#define COPY_BUFFER 4096
#define OPEN_ENTRY (O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

/* struct linux_dirent64 */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static int copy_directory(int from, int to, int depth);

/* Owner and mode of what was just made. The owner first: chown takes setuid bits away. */
static int copy_rights(int to, const struct stat *stat)
{
	int r = sys_fchownat(to, "", stat->st_uid, stat->st_gid, AT_EMPTY_PATH);

	return r < 0 ? r : sys_fchmod(to, stat->st_mode & 07777);
}

static int copy_bytes(int from, int to)
{
	char buffer[COPY_BUFFER];
	ssize_t count, done, r;

	while ((count = sys_read(from, buffer, sizeof buffer)) > 0) {
		for (done = 0; done < count; done += r) {
			r = sys_write(to, buffer + done, (size_t)(count - done));
			if (r <= 0)
				return r < 0 ? (int)r : -EIO;
		}
	}
	return (int)count;
}

static int copy_file(int from, int to, const char *name)
{
	FD_AUTO in = sys_openat(from, name, O_RDONLY | OPEN_ENTRY, 0);
	FD_AUTO out = in < 0 ? in : sys_openat(to, name, O_WRONLY | O_CREAT | O_EXCL | OPEN_ENTRY, 0600);
	struct stat stat;
	int r;

	if (out < 0)
		return out;
	r = sys_fstat(in, &stat);
	if (r >= 0 && !S_ISREG(stat.st_mode))
		r = -EAGAIN; /* exchanged since we looked */
	if (r >= 0)
		r = copy_bytes(in, out);
	return r < 0 ? r : copy_rights(out, &stat);
}

static int copy_subdirectory(int from, int to, const char *name, int depth)
{
	FD_AUTO in = sys_openat(from, name, O_RDONLY | O_DIRECTORY | OPEN_ENTRY, 0);
	int r = in < 0 ? in : sys_mkdirat(to, name, 0700);

	if (r < 0)
		return r;
	FD_AUTO out = sys_openat(to, name, O_RDONLY | O_DIRECTORY | OPEN_ENTRY, 0);
	return out < 0 ? out : copy_directory(in, out, depth + 1);
}

static int copy_link(int from, int to, const char *name, const struct stat *stat)
{
	char target[PLAN_MAX_PATH + 1];
	ssize_t length = sys_readlinkat(from, name, target, sizeof target);
	int r;

	if (length < 0)
		return (int)length;
	if ((size_t)length >= sizeof target)
		return -ENAMETOOLONG;
	target[length] = 0;
	r = sys_symlinkat(target, to, name);
	return r < 0 ? r : sys_fchownat(to, name, stat->st_uid, stat->st_gid, AT_SYMLINK_NOFOLLOW);
}

static int copy_special(int to, const char *name, const struct stat *stat)
{
	int r = sys_mknodat(to, name, stat->st_mode, major(stat->st_rdev), minor(stat->st_rdev));

	if (r < 0 || S_ISFIFO(stat->st_mode) || S_ISSOCK(stat->st_mode) || S_ISCHR(stat->st_mode) ||
	    S_ISBLK(stat->st_mode))
		return r < 0 ? r : sys_fchownat(to, name, stat->st_uid, stat->st_gid, AT_SYMLINK_NOFOLLOW);
	return -EINVAL;
}

static int copy_entry(int from, int to, const char *name, int depth)
{
	struct stat stat;
	int r = sys_fstatat(from, name, &stat, AT_SYMLINK_NOFOLLOW);

	if (r < 0)
		return r;
	if (S_ISREG(stat.st_mode))
		return copy_file(from, to, name);
	if (S_ISDIR(stat.st_mode))
		return copy_subdirectory(from, to, name, depth);
	if (S_ISLNK(stat.st_mode))
		return copy_link(from, to, name, &stat);
	return copy_special(to, name, &stat);
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* `from` open for reading. */
static int copy_directory(int from, int to, int depth)
{
	_Alignas(struct entry) char buffer[COPY_BUFFER];
	const struct entry *entry;
	struct stat stat;
	ssize_t count;
	int r = depth > COPY_DEPTH ? -ELOOP : sys_fstat(from, &stat);

	while (r >= 0 && (count = sys_getdents(from, buffer, sizeof buffer)) != 0) {
		r = count < 0 ? (int)count : 0;
		for (ssize_t at = 0; r >= 0 && at < count; at += entry->length) {
			entry = (const struct entry *)(const void *)(buffer + at);
			if (!is_dots(entry->name))
				r = copy_entry(from, to, entry->name, depth);
		}
	}
	/* the top keeps what the mount's options say of it */
	return r < 0 || depth == 0 ? r : copy_rights(to, &stat);
}

/* Owner and mode of the new root, as far as no option gives them. */
static int keep_rights(int from, int to, uint64_t flags)
{
	struct stat stat;
	int r = sys_fstat(from, &stat);

	if (r >= 0 && flags & PLAN_MOUNT_KEEP_OWNER)
		r = sys_fchownat(to, "", stat.st_uid, stat.st_gid, AT_EMPTY_PATH);
	if (r >= 0 && flags & PLAN_MOUNT_KEEP_MODE)
		r = sys_fchmod(to, stat.st_mode & 07777);
	return r;
}

int mounts_copy_up(int from, int to, uint64_t flags)
{
	int r;

	/* "." of a descriptor does not cross to what was mounted over it */
	FD_AUTO in = sys_openat(from, ".", O_RDONLY | O_DIRECTORY, 0);
	FD_AUTO out = in < 0 ? in : sys_openat(to, ".", O_RDONLY | O_DIRECTORY, 0);

	r = out < 0 ? out : copy_directory(in, out, 0);
	return r < 0 ? r : keep_rights(in, out, flags);
}

/* ---- remount ---- */

static const struct {
	uint64_t bit;
	const char *name;
} super_words[] = {
	{ PLAN_SUPER_RDONLY, "ro" },       { PLAN_SUPER_SYNC, "sync" },         { PLAN_SUPER_MAND, "mand" },
	{ PLAN_SUPER_DIRSYNC, "dirsync" }, { PLAN_SUPER_LAZYTIME, "lazytime" },
};

static int set_option(int context, const char *option)
{
	char key[256];
	const char *value = strchr(option, '=');
	size_t length;

	if (!value)
		return sys_fsconfig(context, FSCONFIG_SET_FLAG, option, NULL, 0);
	length = (size_t)(value - option);
	if (length >= sizeof key)
		return -E2BIG;
	memcpy(key, option, length);
	key[length] = 0;
	return sys_fsconfig(context, FSCONFIG_SET_STRING, key, value + 1, 0);
}

/* The super block's own options, through its context: mount(2) would reset the mount's flags too. */
static int reconfigure(const struct shim *shim, const struct plan_mount *mount, int target)
{
	FD_AUTO context = sys_fspick(target, "", FSPICK_EMPTY_PATH | FSPICK_NO_AUTOMOUNT);
	int r = context < 0 ? context : 0;

	for (size_t i = 0; r >= 0 && i < sizeof super_words / sizeof *super_words; i++)
		if (mount->super & super_words[i].bit)
			r = sys_fsconfig(context, FSCONFIG_SET_FLAG, super_words[i].name, NULL, 0);
	for (uint32_t i = 0; r >= 0 && i < mount->options.count; i++)
		r = set_option(context, plan_item(shim->plan, mount->options, i));
	return r < 0 ? r : sys_fsconfig(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
}

int mounts_remount(struct shim *shim, const struct plan_mount *mount)
{
	struct attach_attributes change = {
		mount->attr_set,
		mount->attr_clear,
		mount->rec_set,
		mount->rec_clear,
	};
	FD_AUTO target = path_open(shim->root, plan_text(shim->plan, mount->target), O_PATH);
	int r = target < 0 ? target : 0;

	if (r >= 0 && (mount->options.count || mount->super))
		r = reconfigure(shim, mount, target);
	if (r >= 0)
		r = attach_change(target, &change);
	for (uint32_t i = 0; r >= 0 && i < mount->propagation.count; i++)
		r = attach_propagation(target, plan_number(shim->plan, mount->propagation, i));
	return r;
}

/* ---- links ---- */

static int same_link(int parent, const char *name, const char *target)
{
	char there[PLAN_MAX_PATH + 1];
	ssize_t length = sys_readlinkat(parent, name, there, sizeof there);

	if (length < 0 || (size_t)length != strlen(target) || memcmp(there, target, (size_t)length) != 0)
		return -EEXIST;
	return 0;
}

static int make_link(struct shim *shim, const struct plan_mount *mount, const char *target)
{
	const char *name;
	FD_AUTO parent = path_make_parent(shim->root, plan_text(shim->plan, mount->target), 0755, &name);
	int r = parent < 0 ? parent : sys_symlinkat(target, parent, name);

	return r == -EEXIST ? same_link(parent, name, target) : r;
}

int mounts_symlink(struct shim *shim, const struct plan_mount *mount)
{
	return make_link(shim, mount, plan_text(shim->plan, mount->device));
}

int mounts_copy_symlink(struct shim *shim, const struct plan_mount *mount, int tree)
{
	char target[PLAN_MAX_PATH + 1];
	ssize_t length = sys_readlinkat(tree, "", target, sizeof target);

	if (length < 0)
		return (int)length;
	if ((size_t)length >= sizeof target)
		return -ENAMETOOLONG;
	target[length] = 0;
	return make_link(shim, mount, target);
}
