/* Before a container is made: read config.json, parse, probe, compile. Everything that can be refused is
 * refused here, and nothing is touched but the seccomp cache. Shared by create and run.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "console.h"
#include "container/create.h"
#include "container/root.h"
#include "fd.h"
#include "joined_maps.h"
#include "notify.h"
#include "options.h"
#include "path.h"
#include "systemd.h"

#define CONFIG_NAME "config.json"
#define CONFIG_MAX (16 << 20) /* bytes; the largest real one seen is below 1 MiB */

/* ---- config.json -------------------------------------------------------------------------------------- */

static int read_config(struct arena *arena, int bundle, const char *name, struct prepared *ret,
		       struct error *error)
{
	/* non-blocking: a fifo in its place would hold us for ever */
	FD_AUTO fd = sys_openat(bundle, name, O_RDONLY | O_NONBLOCK, 0);
	struct stat about;

	if (fd == -ENOENT)
		return error_set(error, ENOENT, "JSON specification file %s not found", name);
	int r = fd < 0 ? fd : sys_fstat(fd, &about);
	if (r < 0)
		return error_errno(error, r, "cannot open %s", name);
	if (!S_ISREG(about.st_mode))
		return error_set(error, EINVAL, "%s is not a regular file", name);
	if (about.st_size > CONFIG_MAX)
		return error_set(error, EFBIG, "%s is larger than 16 MiB", name);
	char *text = arena_alloc(arena, (size_t)about.st_size + 1);
	r = fd_read_all(fd, text, (size_t)about.st_size, &ret->length);
	if (r < 0)
		return error_errno(error, r, "cannot read %s", name);
	ret->text = text;
	return 0;
}

/* ---- directories -------------------------------------------------------------------------------------- */

/* Where the kernel says that a descriptor leads: absolute, clean, without symlinks. */
static int path_of(struct arena *arena, int fd, const char **ret)
{
	char link[PATH_FD_TEXT], path[PATH_BYTES];
	ssize_t length = sys_readlinkat(AT_FDCWD, path_of_fd(link, fd), path, sizeof path - 1);

	if (length < 0)
		return (int)length;
	*ret = arena_copy(arena, path, (size_t)length);
	return 0;
}

static int open_bundle(struct arena *arena, const char *path, const char **ret_path, struct error *error)
{
	FD_AUTO fd = sys_openat(AT_FDCWD, path ? path : ".", O_RDONLY | O_DIRECTORY, 0);
	int r = fd < 0 ? fd : path_of(arena, fd, ret_path);

	return r < 0 ? error_errno(error, r, "cannot open bundle %s", path ? path : ".") : fd_take(&fd);
}

/* CRE-19: it must exist and be no symlink, on no part of the way: what stands there now is what is mounted
 * later. A relative path is joined to the bundle and cleaned; an absolute one has to be clean. */
static int find_rootfs(struct arena *arena, int bundle, const char *path, const char **ret,
		       struct error *error)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY, .resolve = RESOLVE_NO_SYMLINKS };
	const char *found = NULL;

	if (!path || !*path)
		return error_in(error, error_set(error, EINVAL, "root.path must not be empty"), "root");
	FD_AUTO fd = sys_openat2(bundle, path, &how);
	int r = fd < 0 ? fd : path_of(arena, fd, &found);
	if (r == -ELOOP || (r == 0 && path[0] == '/' && strcmp(path, found) != 0))
		r = error_set(error, EINVAL, "invalid rootfs: not an absolute path, or a symlink: %s", path);
	else if (r < 0)
		r = error_errno(error, r, "invalid rootfs %s", path);
	else
		*ret = found;
	return error_in(error, error_in(error, r, "path"), "root");
}

/* The cache of compiled filters: below the root, so only its owner can write it. No cache is no failure. */
static const char *filter_cache(struct arena *arena, const char *root, bool is_default)
{
	struct error ignored = { 0 };
	FD_AUTO fd = root_open(root, true, is_default, &ignored);
	int r = fd < 0 ? fd : sys_mkdirat(fd, "@seccomp", 0700);

	return r == 0 || r == -EEXIST ? arena_format(arena, "%s/@seccomp", root) : NULL;
}

/* ---- rules --------------------------------------------------------------------------------------------- */

/* How large the new terminal is: as ours, if its output goes there. */
static int check_terminal(const struct globals *globals, const struct create_options *options,
			  struct prepared *prepared, struct error *error)
{
	bool terminal = prepared->spec.process && prepared->spec.process->terminal;
	struct compile_terminal *console = &prepared->options.console;

	if (options->plan_only)
		return 0;
	console->relayed = terminal && options->foreground;
	if (console->relayed)
		console_size_of_caller(&console->rows, &console->columns);
	return console_check(globals->program, terminal, options->console_socket != NULL, options->foreground,
			     error);
}

static int check(const struct create_options *options, struct error *error)
{
	int r = id_check(options->id, error);

	if (r == 0 && options->notify_socket)
		r = notify_check(options->notify_socket, error);
	return r;
}

/* Whose systemd makes the unit, and whether there is one. An ordinary user's, or root's in a user namespace
 * that has been told of one (GLB-17), makes it below a group of its own. */
static int find_systemd(const struct globals *globals, const struct create_options *options,
			struct prepared *ret, struct error *error)
{
	const struct facts *facts = &ret->facts;
	bool told = getenv("DBUS_SESSION_BUS_ADDRESS") || getenv("XDG_RUNTIME_DIR");
	bool user = facts->uid != 0 || (facts->in_user_namespace && told);
	int r = options->plan_only && !user ? 0 : systemd_check(globals->arena, user, error);

	ret->options.systemd_cgroup = true;
	ret->options.systemd_allowed = globals->systemd_properties;
	if (ret->spec.linux_->resources)
		systemd_round_quota(ret->spec.linux_->resources);
	if (r == 0 && user)
		r = systemd_manager_group(globals->arena, true, &ret->options.systemd_root, error);
	return r;
}

/* A path that leads to the namespace we are in: by path alone the compiler could not know. A path that cannot
 * be looked at is for the shim to refuse. */
static uint64_t own_namespaces(const struct spec *spec)
{
	static const struct {
		uint64_t type;
		const char *own;
	} rows[] = {
		{ PLAN_NS_NETWORK, "/proc/self/ns/net" }, { PLAN_NS_IPC, "/proc/self/ns/ipc" },
		{ PLAN_NS_UTS, "/proc/self/ns/uts" },     { PLAN_NS_PID, "/proc/self/ns/pid" },
		{ PLAN_NS_USER, "/proc/self/ns/user" },   { PLAN_NS_CGROUP, "/proc/self/ns/cgroup" },
	};
	uint64_t own = 0;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct spec_namespace *namespace = spec_namespace(spec, rows[i].type);
		struct stat ours, theirs;

		if (namespace && namespace->path && stat(rows[i].own, &ours) == 0 &&
		    stat(namespace->path, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
		    ours.st_dev == theirs.st_dev)
			own |= rows[i].type;
	}
	return own;
}

enum rootless rootless_of(const struct globals *globals)
{
	const char *word = globals->rootless;

	if (!word || !*word || !strcmp(word, "auto"))
		return ROOTLESS_AUTO;
	return options_bool(word) == 1 ? ROOTLESS_TRUE : ROOTLESS_FALSE;
}

static void compile_options_of(const struct globals *globals, const struct create_options *options,
			       struct prepared *ret)
{
	ret->options.rootless = rootless_of(globals);
	ret->options.cgroupless = globals->cgroup_manager && !strcmp(globals->cgroup_manager, "disabled");
	ret->options.id = options->id;
	ret->options.no_pivot = options->no_pivot;
	ret->options.no_new_keyring = options->no_new_keyring;
	ret->options.kept = options->listen.kept;
	ret->options.listen_fds = options->listen.text;
	ret->options.listen_names = options->listen.names;
	ret->options.gate = options->gate;
	ret->options.receiver = getenv("RUN_OCI_SECCOMP_RECEIVER");
}

/* Where the container's notifications will be sent to. Without a mount namespace there is no way to it. */
static void choose_notify(const struct globals *globals, const struct create_options *options,
			  struct prepared *ret)
{
	if (!options->notify_socket)
		return;
	if (spec_namespace(&ret->spec, PLAN_NS_MOUNT))
		ret->options.notify =
			arena_format(globals->arena, "%s/%s/" NOTIFY_INNER, ret->root, options->id);
	else
		log_warning(globals, "NOTIFY_SOCKET is not passed on: the container has no mount namespace");
}

int create_prepare(const struct globals *globals, const struct create_options *options, struct prepared *ret,
		   struct error *error)
{
	const char *config = options->config ? options->config : CONFIG_NAME;
	int r = check(options, error);

	memset(ret, 0, sizeof *ret);
	compile_options_of(globals, options, ret);
	if (r == 0)
		r = root_path(globals->arena, globals->root, &ret->root, error);
	if (r < 0)
		return r;
	FD_AUTO bundle = open_bundle(globals->arena, options->bundle, &ret->options.bundle, error);
	if (bundle < 0)
		return bundle;
	r = read_config(globals->arena, bundle, config, ret, error);
	if (r == 0)
		r = spec_parse(globals->arena, ret->text, ret->length, &ret->spec, error);
	for (uint32_t i = 0; r == 0 && i < ret->spec.warnings.count; i++)
		log_warning(globals, "%s", ret->spec.warnings.items[i]);
	if (r == 0)
		r = check_terminal(globals, options, ret, error);
	choose_notify(globals, options, ret);
	if (r == 0)
		r = find_rootfs(globals->arena, bundle, ret->spec.root_path, &ret->options.rootfs, error);
	if (r == 0)
		r = facts_probe(globals->arena, &ret->facts, error);
	if (r == 0 && ret->spec.process && spec_process_labelled(ret->spec.process))
		facts_probe_lsm(&ret->facts);
	if (r == 0 && globals->systemd_cgroup)
		r = find_systemd(globals, options, ret, error);
	if (r == 0 && ret->spec.linux_->intel_rdt)
		r = facts_probe_resctrl(globals->arena, &ret->facts, error);
	if (r == 0 && ret->spec.linux_->seccomp && !options->plan_only) /* which makes nothing */
		ret->options.cache = filter_cache(globals->arena, ret->root, !globals->root);
	if (r == 0)
		r = joined_maps_check(globals->arena, &ret->spec, error);
	if (r == 0)
		ret->options.own_namespaces = own_namespaces(&ret->spec);
	if (r == 0)
		r = compile_plan(globals->arena, &ret->spec, &ret->facts, &ret->options, &ret->compiled,
				 error);
	return r;
}
