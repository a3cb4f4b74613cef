/* The new mount API, and what stands for it on 5.10: see mount.h. Everything is done on descriptors; where
 * only a path will do it is /proc/self/fd of a verified descriptor. Nothing here knows the container's root
 * or picks between the ways: the mounts stage does, by the errors that these functions give.
 */
#include "mount.h"

#include <errno.h>
#include <string.h>

#include "fd.h"
#include "path.h"

#define ATIME_MASK 0x70u   /* MOUNT_ATTR__ATIME: noatime, strictatime, and relatime as 0 */
#define FSCONFIG_VALUE 256 /* strndup_user limit of fsconfig(2), NUL included */
#define LEGACY_DATA 4096   /* mount(2) reads one page of options and no more */

/* of statfs(2); libcs name only some of them */
#define ST_RELATIME_BIT 4096u
#define ST_NOSYMFOLLOW_BIT 0x2000u

struct flag_row {
	uint64_t attr; /* MOUNT_ATTR_* */
	uint64_t ms;   /* MS_* of mount(2) */
	uint64_t st;   /* ST_* of statfs(2) */
};
static const struct flag_row flag_rows[] = {
	{ MOUNT_ATTR_RDONLY, MS_RDONLY, 1 },
	{ MOUNT_ATTR_NOSUID, MS_NOSUID, 2 },
	{ MOUNT_ATTR_NODEV, MS_NODEV, 4 },
	{ MOUNT_ATTR_NOEXEC, MS_NOEXEC, 8 },
	{ MOUNT_ATTR_NOATIME, MS_NOATIME, 1024 },
	{ MOUNT_ATTR_STRICTATIME, MS_STRICTATIME, 0 },
	{ MOUNT_ATTR_NODIRATIME, MS_NODIRATIME, 2048 },
	{ MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW, ST_NOSYMFOLLOW_BIT },
};
#define FLAG_ROWS (sizeof flag_rows / sizeof *flag_rows)

static uint64_t attr_to_ms(uint64_t attr)
{
	uint64_t ms = 0;

	for (size_t i = 0; i < FLAG_ROWS; i++)
		if (attr & flag_rows[i].attr)
			ms |= flag_rows[i].ms;
	return ms;
}

static uint64_t st_to_attr(uint64_t st)
{
	uint64_t attr = 0;

	for (size_t i = 0; i < FLAG_ROWS; i++)
		if (st & flag_rows[i].st)
			attr |= flag_rows[i].attr;
	/* statfs has no bit for strictatime: it is neither of the other two */
	if (!(attr & MOUNT_ATTR_NOATIME) && !(st & ST_RELATIME_BIT))
		attr |= MOUNT_ATTR_STRICTATIME;
	return attr;
}

int mount_clone(int dir, const char *path, int flags, bool recursive)
{
	unsigned all = OPEN_TREE_CLONE | (unsigned)flags | (recursive ? (unsigned)AT_RECURSIVE : 0);

	return sys_open_tree(dir, path, all);
}

int mount_attach(int tree, int target)
{
	return sys_move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* Before 5.12: mount(2) on what `fd` is the root of. A directory by way of "."; a file, or what may not be
 * entered, by /proc: behind the pivot that is the container's own. */
static int mount_on(int fd, uint64_t flags)
{
	FD_AUTO before = sys_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0);
	char path[PATH_FD_TEXT];
	int r, back;

	if (before < 0)
		return before;
	if (sys_fchdir(fd) < 0)
		return sys_mount(NULL, path_of_fd(path, fd), NULL, flags, NULL);
	r = sys_mount(NULL, ".", NULL, flags, NULL);
	back = sys_fchdir(before);
	return r < 0 ? r : back;
}

/* Before 5.12: a remount replaces all flags, so those that stay must be said again. Read back: a /proc that
 * misled us would leave the path as it was. */
static int remount(int fd, uint64_t set, uint64_t clear)
{
	const uint64_t seen = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	int64_t st = sys_fs_flags(fd);
	uint64_t attr, ms;
	int r;

	if (st < 0)
		return (int)st;
	attr = (st_to_attr((uint64_t)st) & ~clear) | set;
	ms = attr_to_ms(attr);
	if (!(attr & ATIME_MASK))
		ms |= MS_RELATIME;
	r = mount_on(fd, MS_REMOUNT | MS_BIND | ms);
	/* not attached: do_reconfigure_mnt refuses what is in no mount namespace */
	if (r < 0)
		return r == -EINVAL ? -EOPNOTSUPP : r;
	st = sys_fs_flags(fd);
	if (st < 0)
		return (int)st;
	return set & seen & ~st_to_attr((uint64_t)st) ? -EXDEV : 0;
}

static int change_old(int fd, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive)
{
	int r = 0;

	if ((set || clear) && recursive)
		return -ENOSYS;
	if (set || clear)
		r = remount(fd, set, clear);
	if (r == 0 && propagation)
		r = mount_on(fd, propagation | (recursive ? MS_REC : 0));
	return r;
}

int mount_change(int fd, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive)
{
	struct mount_attr attr;
	unsigned flags = AT_EMPTY_PATH | (recursive ? (unsigned)AT_RECURSIVE : 0);
	int r;

	if (!set && !clear && !propagation)
		return 0;
	if ((set | clear) & ATIME_MASK)
		clear |= ATIME_MASK;
	attr = (struct mount_attr){ .attr_set = set, .attr_clr = clear, .propagation = propagation };
	r = sys_mount_setattr(fd, "", flags, &attr);
	return r == -ENOSYS ? change_old(fd, set, clear, propagation, recursive) : r;
}

/* The names by which fsconfig knows super block flags; the kernel's common_set_sb_flag has these alone. */
static const struct {
	uint32_t flag;
	const char *name;
} super_names[] = {
	{ MS_RDONLY, "ro" },       { MS_SYNCHRONOUS, "sync" },  { MS_MANDLOCK, "mand" },
	{ MS_DIRSYNC, "dirsync" }, { MS_LAZYTIME, "lazytime" },
};
#define SUPER_NAMES (sizeof super_names / sizeof *super_names)

/* Append the context's log ("e message", one a read) to `text`. */
static void read_log(int context, char *text, size_t size)
{
	char line[512];
	ssize_t n;

	while ((n = sys_read(context, line, sizeof line - 1)) > 2) {
		line[n] = 0;
		while (n > 0 && line[n - 1] == '\n')
			line[--n] = 0;
		if (text[0])
			fault_append(text, size, "; ");
		fault_append(text, size, line + 2);
	}
}

/* What a failing call on the context means: -E2BIG for the caller's other way, else a fault. `text`: the
 * option that failed, or "". */
static int context_failed(int context, int error, const char *text, const struct mount_request *request,
			  struct fault *fault)
{
	char log[FAULT_NOTE] = "";

	read_log(context, log, sizeof log);
	/* The old kind takes no comma in a value and says nothing of any other EINVAL (legacy_parse_param) */
	if (error == -EINVAL && (!log[0] || strchr(text, ',')))
		return -E2BIG;
	error = fault_set(fault, FAULT_MOUNT, error, request->type);
	fault_note(fault, log);
	if (!log[0] && text[0]) {
		fault_note(fault, "option ");
		fault_note(fault, text);
	}
	return error;
}

/* One "key=value" or "flag". */
static int set_option(int context, const char *option)
{
	size_t length = strcspn(option, "=");
	char key[FSCONFIG_VALUE];

	if (length >= sizeof key)
		return -E2BIG;
	memcpy(key, option, length);
	key[length] = 0;
	if (!option[length])
		return sys_fsconfig(context, FSCONFIG_SET_FLAG, key, NULL, 0);
	if (strlen(option + length + 1) >= FSCONFIG_VALUE)
		return -E2BIG;
	return sys_fsconfig(context, FSCONFIG_SET_STRING, key, option + length + 1, 0);
}

static int set_super(int context, uint32_t super)
{
	int r = 0;

	for (size_t i = 0; i < SUPER_NAMES && r == 0; i++)
		if (super & super_names[i].flag) {
			super &= ~super_names[i].flag;
			r = sys_fsconfig(context, FSCONFIG_SET_FLAG, super_names[i].name, NULL, 0);
		}
	/* silent, iversion: only mount(2) has them */
	return r == 0 && super ? -E2BIG : r;
}

static int configure(int context, const struct mount_request *request, const char **ret_text)
{
	int r = 0;

	*ret_text = "source";
	if (request->source[0])
		r = strlen(request->source) >= FSCONFIG_VALUE
			    ? -E2BIG
			    : sys_fsconfig(context, FSCONFIG_SET_STRING, "source", request->source, 0);
	if (r < 0)
		return r;
	*ret_text = "";
	r = set_super(context, request->super);
	for (uint32_t i = 0; i < request->option_count && r == 0; i++) {
		*ret_text = request->option(request->context, i);
		r = set_option(context, *ret_text);
	}
	if (r < 0)
		return r;
	*ret_text = "";
	return sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

int mount_new(const struct mount_request *request, struct fault *fault)
{
	const char *text = "";
	FD_AUTO context = sys_fsopen(request->type);
	int r;

	if (context < 0)
		return fault_set(fault, FAULT_MOUNT, context, request->type);
	r = configure(context, request, &text);
	if (r >= 0)
		r = sys_fsmount(context, (unsigned)request->attributes);
	if (r < 0 && r != -E2BIG)
		r = context_failed(context, r, text, request, fault);
	return r;
}

/* Append to the options of mount(2). 0 or -E2BIG. */
static int put(char data[LEGACY_DATA], size_t *used, const char *text, size_t length)
{
	if (*used + length >= LEGACY_DATA)
		return -E2BIG;
	memcpy(data + *used, text, length);
	*used += length;
	data[*used] = 0;
	return 0;
}

/* All options as mount(2) takes them: joined by commas; a label with commas of its own in quotes
 * (selinux_sb_eat_lsm_opts). */
static int join_options(const struct mount_request *request, char data[LEGACY_DATA])
{
	const size_t context = sizeof "context=" - 1;
	size_t used = 0;
	int r = 0;

	data[0] = 0;
	for (uint32_t i = 0; i < request->option_count && r == 0; i++) {
		const char *option = request->option(request->context, i);
		size_t key = strncmp(option, "context=", context) == 0 && strchr(option, ',') ? context : 0;

		r = put(data, &used, ",", i > 0);
		if (r == 0 && key)
			r = put(data, &used, "context=\"", context + 1);
		if (r == 0)
			r = put(data, &used, option + key, strlen(option + key));
		if (r == 0 && key)
			r = put(data, &used, "\"", 1);
	}
	return r;
}

/* Root of the mount on top of `target`. A magic link or an empty path stays below it; but ".." at a root
 * steps onto whatever is mounted there (handle_dots: step_into), and openat2 makes `target` that root. No
 * name is looked up, so no rename can mislead it. */
static int open_top(int target)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY, .resolve = RESOLVE_IN_ROOT };
	FD_AUTO top = sys_openat2(target, "..", &how);
	int64_t below, above;

	if (top < 0)
		return top;
	below = sys_mount_id(target, "", AT_EMPTY_PATH);
	above = sys_mount_id(top, "", AT_EMPTY_PATH);
	if (below < 0 || above < 0)
		return below < 0 ? (int)below : (int)above;
	return below == above ? -ESTALE : fd_take(&top);
}

int mount_legacy(const struct mount_request *request, int target, struct fault *fault)
{
	char data[LEGACY_DATA], path[PATH_FD_TEXT];
	uint64_t flags = request->super | attr_to_ms(request->attributes);
	int r = join_options(request, data);

	if (r == 0)
		r = sys_mount(request->source[0] ? request->source : "none", path_of_fd(path, target),
			      request->type, flags, data);
	if (r == 0)
		r = open_top(target);
	return r < 0 ? fault_set(fault, FAULT_MOUNT, r, request->type) : r;
}
