/* --no-pivot leaves the host's mounts below the container's root. A whole proc or sysfs among them is
 * proof for the kernel that nothing is hidden from this namespace, so that a user namespace inside could
 * mount a fresh one without masks (CRE-08). They are found in mountinfo, read below the host's verified
 * /proc, and detached; where that is forbidden (locked by a user namespace), covered.
 */
#include "pivot_move.h"

#include "mount.h"
#include "path.h"
#include "procfs.h"

#define LINE_MAX_LENGTH 8192 /* two escaped paths fit; a longer line fails closed */

/* mountinfo in pieces; `used` bytes of it are in the buffer. */
struct lines {
	int fd;
	size_t used;
	char buffer[LINE_MAX_LENGTH];
};

/* The next line without its end, valid until the next call. 1, 0 at the end, or -errno. `taken`: length of
 * the line before, with its end. */
static int next_line(struct lines *lines, size_t *taken)
{
	char *end;
	ssize_t count;

	lines->used -= *taken;
	memmove(lines->buffer, lines->buffer + *taken, lines->used);
	*taken = 0;
	while (!(end = memchr(lines->buffer, '\n', lines->used))) {
		if (lines->used == sizeof lines->buffer)
			return -E2BIG;
		count = sys_read(lines->fd, lines->buffer + lines->used, sizeof lines->buffer - lines->used);
		if (count <= 0)
			return (int)count;
		lines->used += (size_t)count;
	}
	*end = 0;
	*taken = (size_t)(end - lines->buffer) + 1;
	return 1;
}

/* Cut the field that begins at *at; *at goes behind it. */
static char *next_field(char **at)
{
	char *field = *at, *end = strchr(field, ' ');

	if (end)
		*end++ = 0;
	*at = end ? end : field + strlen(field);
	return field;
}

/* mountinfo writes space, tab, newline and backslash as \ooo. In place. */
static void unescape(char *text)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		if (in[0] == '\\' && in[1] && in[2] && in[3]) {
			*out++ = (char)((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
			in += 3;
		} else {
			*out++ = *in;
		}
	}
	*out = 0;
}

/* ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAGS...] - TYPE ...: the point of a whole proc or sysfs,
 * or NULL. */
static char *whole_kernel_file_system(char *line)
{
	char *fields[5], *point, *type = strstr(line, " - ");

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		fields[i] = next_field(&line);
	point = fields[4];
	if (!type || type < point || strcmp(fields[3], "/") != 0)
		return NULL;
	type += strlen(" - ");
	if (strncmp(type, "proc ", 5) != 0 && strncmp(type, "sysfs ", 6) != 0)
		return NULL;
	unescape(point);
	return point;
}

static bool is_below(const char *path, const char *root)
{
	size_t length = strlen(root);

	return strncmp(path, root, length) == 0 && (path[length] == '/' || !path[length]);
}

static const char *cover_option(const void *context, uint32_t i)
{
	(void)context;
	(void)i;
	return "nr_inodes=1";
}

static int hide(const char *point, struct fault *fault)
{
	static const struct mount_request cover = {
		.type = "tmpfs",
		.source = "tmpfs",
		.super = MS_RDONLY,
		.attributes = MOUNT_ATTR_RDONLY,
		.option_count = 1,
		.option = cover_option,
	};
	int r = sys_umount2(point, SYS_MNT_DETACH);

	if (r >= 0 || (r != -EINVAL && r != -EPERM))
		return r == -ENOENT ? 0 : r; /* went with another one */
	FD_AUTO target = sys_openat(AT_FDCWD, point, O_PATH | O_DIRECTORY, 0);
	if (target < 0)
		return target == -ENOENT ? 0 : target;
	FD_AUTO tmpfs = mount_new(&cover, fault);
	return tmpfs < 0 ? tmpfs : mount_attach(tmpfs, target);
}

static int hide_all(int mountinfo, const char *root, struct fault *fault)
{
	struct lines lines;
	size_t taken = 0;
	char *point;
	int r;

	lines.fd = mountinfo;
	lines.used = 0;
	while ((r = next_line(&lines, &taken)) > 0) {
		point = whole_kernel_file_system(lines.buffer);
		if (!point || is_below(point, root))
			continue;
		r = hide(point, fault);
		if (r < 0)
			return fault_set(fault, FAULT_UNMOUNT, r, point);
	}
	return r < 0 ? fault_set(fault, FAULT_READ, r, "mountinfo") : 0;
}

int pivot_hide_kernel_files(struct shim *shim, struct fault *fault)
{
	char root[PLAN_MAX_PATH + 1], link[PATH_FD_TEXT];
	ssize_t length = sys_readlinkat(AT_FDCWD, path_of_fd(link, shim->root), root, sizeof root);
	int proc = shim->proc >= 0 ? shim->proc : procfs_open();
	FD_AUTO mountinfo = proc < 0 ? proc : procfs_open_file(proc, "self/mountinfo", O_RDONLY);

	if (proc >= 0 && proc != shim->proc)
		fd_close(proc);
	if (mountinfo < 0)
		return fault_set(fault, FAULT_READ, mountinfo, "mountinfo");
	/* the kernel's name for it, as in mountinfo; the plan's may lead through links */
	if (length < 0 || (size_t)length >= sizeof root)
		return fault_set(fault, FAULT_READ, length < 0 ? (int)length : ENAMETOOLONG, link);
	root[length] = 0;
	return hide_all(mountinfo, root, fault);
}
