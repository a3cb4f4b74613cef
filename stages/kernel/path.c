/* Paths inside a hostile root: see path.h. Every look-up is one openat2 from the root; every creation is
 * one call below a descriptor that openat2 gave, so that a rename behind our back leads to another place
 * inside the root, or to an error, and never outside (CVE-2024-45310). Links that lead to nothing are
 * followed by text, from the root again, so that their targets are made inside as well.
 */
#include "path.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "fd.h"
#include "limits.h"
#include "number.h"

#define MAX_LINKS 40  /* as many as the kernel follows (MAXSYMLINKS) */
#define MAX_RACES 128 /* somebody makes and removes what we make: give up */
#define TEXT (PLAN_MAX_PATH + 1)

int path_open(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)flags,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return sys_openat2(root, *path ? path : "/", &how);
}

const char *path_of_fd(char text[PATH_FD_TEXT], int fd)
{
	static const char prefix[] = "/proc/self/fd/";

	memcpy(text, prefix, sizeof prefix);
	number_text(text + sizeof prefix - 1, (uint64_t)(unsigned)fd);
	return text;
}

/* First byte of path's last component, slashes behind it skipped. */
static const char *last_component(const char *path)
{
	const char *end = path + strlen(path);

	while (end > path && end[-1] == '/')
		end--;
	while (end > path && end[-1] != '/')
		end--;
	return end;
}

static bool is_dots(const char *name, size_t length)
{
	return (length == 1 && name[0] == '.') || (length == 2 && name[0] == '.' && name[1] == '.');
}

/* Copy what stands before the last component. */
static int split(const char *path, char parent[TEXT], const char **ret_name)
{
	const char *name = last_component(path);
	size_t length = strcspn(name, "/");

	if (length == 0 || is_dots(name, length))
		return -EINVAL;
	if ((size_t)(name - path) >= TEXT)
		return -ENAMETOOLONG;
	memcpy(parent, path, (size_t)(name - path));
	parent[name - path] = 0;
	*ret_name = name;
	return 0;
}

/* A link stands at text[start..end): put what it points to in its place. An absolute target counts from
 * the root, as RESOLVE_IN_ROOT has it. */
static int splice_text(char text[TEXT], size_t start, size_t end, const char *target, size_t length)
{
	char spliced[TEXT];
	size_t before = target[0] == '/' ? 0 : start, rest = strlen(text + end);

	if (before + length + rest >= TEXT)
		return -ENAMETOOLONG;
	memcpy(spliced, text, before);
	memcpy(spliced + before, target, length);
	memcpy(spliced + before + length, text + end, rest + 1);
	memcpy(text, spliced, before + length + rest + 1);
	return 0;
}

/* When a link stands at name below `at`: splice it. 1: done; 0: no link stands there. */
static int follow_dangling(int at, const char *name, char text[TEXT], size_t start, size_t end)
{
	char target[TEXT];
	ssize_t length = sys_readlinkat(at, name, target, sizeof target);
	int r;

	if (length == -EINVAL || length == -ENOENT)
		return 0;
	if (length <= 0)
		return length < 0 ? (int)length : -ENOENT;
	if ((size_t)length >= sizeof target)
		return -ENAMETOOLONG;
	r = splice_text(text, start, end, target, (size_t)length);
	return r < 0 ? r : 1;
}

/* One step of make_directories: text[start..end) is missing below `at`. As follow_dangling; 0: made (or
 * somebody else made it, which the next look-up finds out). */
static int make_component(int at, char text[TEXT], size_t start, size_t end, mode_t mode)
{
	char name[TEXT];
	int r;

	memcpy(name, text + start, end - start);
	name[end - start] = 0;
	if (is_dots(name, end - start))
		return -ENOENT;
	r = follow_dangling(at, name, text, start, end);
	if (r != 0)
		return r;
	r = sys_mkdirat(at, name, mode);
	return r == -EEXIST ? 0 : r;
}

/* Open text[0..end) as a directory. */
static int open_prefix(int root, char text[TEXT], size_t end)
{
	char next = text[end];
	int fd;

	text[end] = 0;
	fd = path_open(root, text, O_PATH | O_DIRECTORY);
	text[end] = next;
	return fd;
}

/* O_PATH of the directory that text names, made component by component. text is used up. */
static int make_directories(int root, char text[TEXT], mode_t mode)
{
	FD_AUTO at = path_open(root, "/", O_PATH | O_DIRECTORY);
	int links = 0, races = 0;
	size_t start = 0, end;

	if (at < 0)
		return at;
	for (;;) {
		int fd, r;

		start += strspn(text + start, "/");
		if (!text[start])
			return fd_take(&at);
		end = start + strcspn(text + start, "/");
		fd = open_prefix(root, text, end);
		if (fd >= 0) {
			fd_close(at);
			at = fd;
			start = end;
			continue;
		}
		if (fd != -ENOENT || ++races > MAX_RACES + (int)TEXT)
			return fd;
		r = make_component(at, text, start, end, mode);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		if (++links > MAX_LINKS)
			return -ELOOP;
		/* the text has changed before `start`, or at it: begin again at the root */
		fd = path_open(root, "/", O_PATH | O_DIRECTORY);
		if (fd < 0)
			return fd;
		fd_close(at);
		at = fd;
		start = 0;
	}
}

/* The usual case: only the last component is missing, and no link stands there. -ENOENT: it is another
 * one. */
static int make_last(int root, const char *path, mode_t mode)
{
	char parent[TEXT];
	const char *name;

	if (split(path, parent, &name) < 0)
		return -ENOENT;
	FD_AUTO at = path_open(root, parent, O_PATH | O_DIRECTORY);
	if (at < 0 || sys_mkdirat(at, name, mode) < 0)
		return -ENOENT;
	return path_open(root, path, O_PATH | O_DIRECTORY);
}

int path_make_directory(int root, const char *path, mode_t mode)
{
	char text[TEXT];
	size_t length = strlen(path);
	int fd = path_open(root, path, O_PATH | O_DIRECTORY);

	if (fd == -ENOENT)
		fd = make_last(root, path, mode);
	if (fd != -ENOENT)
		return fd;
	if (length >= TEXT)
		return -ENAMETOOLONG;
	memcpy(text, path, length + 1);
	return make_directories(root, text, mode);
}

int path_parent(int root, const char *path, const char **ret_name)
{
	char parent[TEXT];
	const char *name;
	int r = split(path, parent, &name);

	if (r == 0)
		r = path_open(root, parent, O_PATH | O_DIRECTORY);
	if (r >= 0)
		*ret_name = name;
	return r;
}

int path_make_parent(int root, const char *path, mode_t mode, const char **ret_name)
{
	char parent[TEXT];
	const char *name;
	int r = split(path, parent, &name);

	if (r == 0)
		r = path_make_directory(root, parent, mode);
	if (r >= 0)
		*ret_name = name;
	return r;
}

/* What stands at path, as long as it is no directory. */
static int open_file(int root, const char *path)
{
	FD_AUTO fd = path_open(root, path, O_PATH);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = sys_fstat(fd, &st);
	if (r < 0)
		return r;
	return S_ISDIR(st.st_mode) ? -EISDIR : fd_take(&fd);
}

/* Make the file that text names, or splice the link that stands there (1). */
static int make_one_file(int root, char text[TEXT], mode_t mode)
{
	char parent[TEXT];
	const char *name;
	size_t start;
	int r = split(text, parent, &name);

	if (r < 0)
		return r;
	start = (size_t)(name - text);
	FD_AUTO at = path_make_directory(root, parent, 0755);
	if (at < 0)
		return at;
	r = follow_dangling(at, name, text, start, strlen(text));
	if (r != 0)
		return r;
	FD_AUTO made = sys_openat(at, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_NOCTTY, mode);
	return made < 0 && made != -EEXIST ? made : 0;
}

int path_make_file(int root, const char *path, mode_t mode)
{
	char text[TEXT];
	size_t length = strlen(path);
	int fd = open_file(root, path), links = 0;

	if (fd != -ENOENT)
		return fd;
	if (length >= TEXT)
		return -ENAMETOOLONG;
	memcpy(text, path, length + 1);
	/* looked up again from the root after each step: what was made is not trusted to still stand there */
	for (int races = 0; fd == -ENOENT && races < MAX_RACES; races++) {
		int r = make_one_file(root, text, mode);

		if (r < 0)
			return r;
		if (r > 0 && ++links > MAX_LINKS)
			return -ELOOP;
		fd = open_file(root, text);
	}
	return fd;
}
