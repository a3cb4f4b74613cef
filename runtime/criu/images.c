/* See images.h. */
#include "criu/images.h"

#include <errno.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/compile.h"
#include "fd.h"
#include "json_out.h"
#include "lexical.h"
#include "path.h"
#include "plan.h"
#include "spec/json.h"

#define DESCRIPTORS "descriptors.json"
#define DESCRIPTORS_MOST 65536
#define CONFIG_DIRECTORY "/etc/criu/"
#define CONFIG_ANNOTATION "org.criu.config"

const struct criu_namespace criu_namespaces[] = {
	{ PLAN_NS_NETWORK, "net", "net", "extRootNetNS" },
	{ PLAN_NS_PID, "pid", "pid", "extRootPidNS" },
	{ 0 },
};

/* ---- mounts ------------------------------------------------------------------------------------------- */

/* Where `path` leads to in the root, as criu finds it in mountinfo: links followed. As it is where nothing
 * stands there (a mount point in a tmpfs that is yet to be restored). */
static const char *resolved(struct arena *arena, int root, const char *path)
{
	char link[PATH_FD_TEXT], all[PATH_MAX], top[PATH_MAX];
	FD_AUTO fd = path_open(root, path, O_PATH);
	ssize_t length, prefix;

	if (fd < 0)
		return lexical_join(arena, "/", path);
	length = sys_readlinkat(AT_FDCWD, path_of_fd(link, fd), all, sizeof all);
	prefix = sys_readlinkat(AT_FDCWD, path_of_fd(link, root), top, sizeof top);
	if (prefix == 1) /* "/": of the container's own mount namespace */
		prefix = 0;
	if (length <= prefix || prefix < 0 || length >= (ssize_t)sizeof all ||
	    memcmp(all, top, (size_t)prefix) != 0 || all[prefix] != '/')
		return lexical_join(arena, "/", path);
	return arena_copy(arena, all + prefix, (size_t)(length - prefix));
}

static void add(struct arena *arena, struct criu_pairs *ret, int root, const char *target, const char *source,
		bool restore)
{
	const char *key = resolved(arena, root, target);

	criu_pairs_add(arena, ret, key, restore ? source : key, 0);
}

/* Nodes that may be binds of the host's: all of them are in a user namespace (compile/devices.c). */
static const char *const nodes[] = { "/dev/null", "/dev/random", "/dev/full",
				     "/dev/tty",  "/dev/zero",   "/dev/urandom" };

static void add_devices(struct arena *arena, const struct spec *spec, int root, bool restore,
			struct criu_pairs *ret)
{
	if (!spec_namespace(spec, PLAN_NS_USER))
		return;
	for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++)
		add(arena, ret, root, nodes[i], nodes[i], restore);
	for (uint32_t i = 0; i < spec->linux_->device_count; i++)
		add(arena, ret, root, spec->linux_->devices[i].path, spec->linux_->devices[i].path, restore);
}

static bool is_directory(int root, const char *path)
{
	struct stat about;
	FD_AUTO fd = path_open(root, path, O_PATH);

	return fd >= 0 && sys_fstat(fd, &about) == 0 && S_ISDIR(about.st_mode);
}

void criu_mounts(struct arena *arena, const struct spec *spec, int root, const char *bundle,
		 struct criu_pairs *ret)
{
	const struct spec_strings *masked = &spec->linux_->masked_paths;
	bool restore = bundle != NULL;

	for (uint32_t i = 0; i < spec->mount_count; i++) {
		const struct spec_mount *mount = &spec->mounts[i];

		if (mount->bind && mount->source && !mount->remount)
			add(arena, ret, root, mount->destination,
			    restore ? lexical_join(arena, bundle, mount->source) : NULL, restore);
	}
	/* directories are masked by a tmpfs, which the images hold */
	for (uint32_t i = 0; i < masked->count; i++)
		if (restore || !is_directory(root, masked->items[i]))
			add(arena, ret, root, masked->items[i], "/dev/null", restore);
	add_devices(arena, spec, root, restore, ret);
}

/* Does another mount stand where this one's mount point is? Then that one has it. */
static bool is_below(const struct spec *spec, uint32_t number)
{
	const char *path = spec->mounts[number].destination;

	for (uint32_t i = 0; i < spec->mount_count; i++) {
		const char *other = spec->mounts[i].destination;
		size_t length = strlen(other);

		if (i != number && length > 1 && !strncmp(path, other, length) &&
		    (path[length] == '/' || (path[length] == 0 && i < number)))
			return true;
	}
	return false;
}

void criu_mount_points(struct arena *arena, const struct spec *spec, int root, const char *bundle)
{
	for (uint32_t i = 0; i < spec->mount_count; i++) {
		const struct spec_mount *mount = &spec->mounts[i];
		struct stat about = { .st_mode = S_IFDIR };

		if (is_below(spec, i) || mount->remount)
			continue;
		if (mount->bind && mount->source)
			sys_fstatat(AT_FDCWD, lexical_join(arena, bundle, mount->source), &about, 0);
		fd_close(S_ISDIR(about.st_mode) ? path_make_directory(root, mount->destination, 0755)
						: path_make_file(root, mount->destination, 0755));
	}
}

/* ---- descriptors -------------------------------------------------------------------------------------- */

int criu_descriptors_write(int images, const struct spec_strings *names, struct error *error)
{
	FD_AUTO fd = sys_openat(images, DESCRIPTORS, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
	char *text = NULL;
	size_t length = 0;
	FILE *file = fd < 0 ? NULL : open_memstream(&text, &length);
	ssize_t written = fd < 0 ? fd : -ENOMEM;

	if (file) {
		struct json_out out = { .file = file };

		json_out_open(&out, '[');
		for (uint32_t i = 0; i < names->count; i++)
			json_out_string(&out, names->items[i]);
		json_out_close(&out, ']');
		if (fclose(file) == 0)
			written = sys_write(fd, text, length);
	}
	free(text);
	return written < 0 ? error_errno(error, (int)written, "cannot write " DESCRIPTORS) : 0;
}

int criu_descriptors_read(struct arena *arena, int images, const char *ret[CRIU_STANDARD],
			  struct error *error)
{
	FD_AUTO fd = sys_openat(images, DESCRIPTORS, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	char *text = arena_alloc(arena, DESCRIPTORS_MOST);
	const struct json_node *node = NULL;
	size_t length = 0;
	int r = fd < 0 ? fd : fd_read_all(fd, text, DESCRIPTORS_MOST, &length);

	for (int i = 0; i < CRIU_STANDARD; i++)
		ret[i] = NULL;
	if (r < 0)
		return error_errno(error, r, "cannot read " DESCRIPTORS " in the image directory");
	r = json_parse(arena, text, length, &node, error);
	if (r < 0)
		return r;
	if (node->type != JSON_ARRAY)
		return error_set(error, EINVAL, DESCRIPTORS " is not an array");
	const struct json_node *item = node + 1;
	for (uint32_t i = 0; i < node->count && i < CRIU_STANDARD; i++, item += item->span)
		if (item->type == JSON_STRING && item->length > 5 && !memcmp(item->text, "pipe:", 5))
			ret[i] = arena_copy(arena, item->text, item->length);
	return 0;
}

/* ---- criu's own options ------------------------------------------------------------------------------- */

int criu_config(const struct spec *spec, const char **ret, struct error *error)
{
	static const char *const usual[] = { CONFIG_DIRECTORY "ocirun.conf", CONFIG_DIRECTORY "runc.conf" };
	const char *given = spec_annotation(spec, CONFIG_ANNOTATION);

	*ret = NULL;
	if (given && *given) {
		if (strncmp(given, CONFIG_DIRECTORY, strlen(CONFIG_DIRECTORY)) != 0 || strstr(given, "/../"))
			return error_in(error,
					error_in(error,
						 error_set(error, EPERM,
							   "%s is not in " CONFIG_DIRECTORY
							   " (it could make criu run any program)",
							   given),
						 CONFIG_ANNOTATION),
					"annotations");
		*ret = given;
	}
	for (size_t i = 0; !given && !*ret && i < sizeof usual / sizeof usual[0]; i++)
		if (sys_access(AT_FDCWD, usual[i], R_OK, 0) == 0)
			*ret = usual[i];
	return 0;
}
