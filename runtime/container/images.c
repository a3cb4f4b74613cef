/* From options to criu's: see images.h. */
#include "container/images.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "criu/images.h"
#include "fd.h"
#include "number.h"

#define LOG_LEVEL 4 /* criu's debug: whoever looks for a reason wants all of it, as runc writes it */

/* ---- words -------------------------------------------------------------------------------------------- */

static int cgroups_mode(const char *word, int64_t *ret, struct error *error)
{
	static const struct {
		const char *word;
		enum criu_cgroup_mode mode;
	} rows[] = {
		{ "soft", CRIU_CGROUP_SOFT },
		{ "full", CRIU_CGROUP_FULL },
		{ "strict", CRIU_CGROUP_STRICT },
		{ "ignore", CRIU_CGROUP_IGNORE },
	};

	for (size_t i = 0; word && *word && i < sizeof rows / sizeof rows[0]; i++)
		if (!strcmp(word, rows[i].word)) {
			*ret = rows[i].mode;
			return 0;
		}
	return !word || !*word
		       ? 0
		       : error_set(error, EINVAL,
				   "Invalid manage-cgroups-mode value: %s (soft, full, strict or ignore)",
				   word);
}

static int empty_namespaces(const struct option_list *list, int64_t *ret, struct error *error)
{
	for (int i = 0; i < list->count; i++) {
		if (strcmp(list->words[i], "network") != 0)
			return error_set(error, EINVAL, "namespace \"%s\" is not supported (network is)",
					 list->words[i]);
		*ret = CLONE_NEWNET;
	}
	return 0;
}

/* ADDRESS:PORT, an IPv6 address in brackets. */
static int page_server(struct arena *arena, const char *text, struct criu_options *ret, struct error *error)
{
	const char *colon = text ? strrchr(text, ':') : NULL;
	uint64_t port = 0;

	if (!text || !*text)
		return 0;
	if (!colon || colon == text || number_parse(colon + 1, 65535, &port) < 0)
		return error_set(error, EINVAL, "Use --page-server ADDRESS:PORT to specify page server");
	bool bracket = text[0] == '[' && colon[-1] == ']';
	ret->page_address = arena_copy(arena, text + bracket, (size_t)(colon - text) - (bracket ? 2u : 0u));
	ret->page_port = (int64_t)port;
	return 0;
}

static int lsm_profile(const char *text, struct error *error)
{
	if (!text || !*text || !strncmp(text, "apparmor:", 9) || !strncmp(text, "selinux:", 8))
		return 0;
	return error_set(error, EINVAL, "--lsm-profile %s is not apparmor:NAME or selinux:LABEL", text);
}

static int words(struct arena *arena, const struct image_options *options, struct criu_options *ret,
		 struct error *error)
{
	int r = cgroups_mode(options->cgroups_mode, &ret->cgroup_mode, error);

	if (r == 0)
		r = empty_namespaces(&options->empty_namespaces, &ret->empty_namespaces, error);
	if (r == 0)
		r = page_server(arena, options->page_server, ret, error);
	if (r == 0)
		r = lsm_profile(options->lsm_profile, error);
	if (r == 0 && options->parent_path && options->parent_path[0] == '/')
		r = error_set(error, EINVAL, "--parent-path must be relative (to the image directory): %s",
			      options->parent_path);
	return r;
}

/* ---- directories -------------------------------------------------------------------------------------- */

/* Images hold the memory of the container's processes: nobody else's to read. */
static int open_directory(const char *path, bool make, const char *what, struct error *error)
{
	int fd = -1, r = make ? sys_mkdirat(AT_FDCWD, path, 0700) : 0;

	if (r == 0 || r == -EEXIST)
		fd = r = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	return r < 0 ? error_errno(error, r, "cannot open the %s directory %s", what, path) : fd;
}

static int open_directories(const struct image_options *options, bool make, struct image_directories *ret,
			    struct error *error)
{
	const char *images = options->image_path && *options->image_path ? options->image_path : "checkpoint";
	const char *work = options->work_path && *options->work_path ? options->work_path : images;

	ret->images = open_directory(images, make, "image", error);
	if (ret->images < 0)
		return ret->images;
	ret->work_name = work;
	ret->work = open_directory(work, true, "work", error);
	return ret->work < 0 ? ret->work : 0;
}

void images_close(struct image_directories *dirs)
{
	fd_close_at(&dirs->images);
	fd_close_at(&dirs->work);
}

static int check_parent(const struct image_options *options, int images, struct error *error)
{
	struct stat about;
	int r = options->parent_path ? sys_fstatat(images, options->parent_path, &about, 0) : 0;

	return r < 0 ? error_errno(error, r, "cannot find the parent images %s", options->parent_path) : 0;
}

int images_check(struct arena *arena, const struct image_options *options, const struct spec *spec,
		 struct criu_options *ret, struct error *error)
{
	criu_options_init(ret);
	ret->log_level = LOG_LEVEL;
	ret->parent = options->parent_path;
	ret->leave_running = options->leave_running;
	ret->auto_dedup = options->auto_dedup;
	ret->tcp_established = options->tcp_established;
	ret->tcp_skip_in_flight = options->tcp_skip_in_flight;
	ret->tcp_close = options->tcp_close;
	ret->external_sockets = options->external_sockets;
	ret->shell_job = options->shell_job;
	ret->file_locks = options->file_locks;
	ret->link_remap = options->link_remap;
	ret->lsm_profile = options->lsm_profile && *options->lsm_profile ? options->lsm_profile : NULL;
	ret->lsm_mount_context = options->lsm_mount_context;
	ret->orphan_terminal = true;
	int r = words(arena, options, ret, error);
	return r == 0 ? criu_config(spec, &ret->config, error) : r;
}

int images_open(const struct image_options *options, bool make, struct image_directories *ret_dirs,
		struct criu_options *ret, struct error *error)
{
	int r = open_directories(options, make, ret_dirs, error);

	ret->images = ret_dirs->images;
	ret->work = ret_dirs->work;
	return r == 0 ? check_parent(options, ret_dirs->images, error) : r;
}
