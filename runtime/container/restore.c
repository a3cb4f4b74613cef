/* `restore`: the steps of `create` (directory, groups, state, undoing) with criu in the shim's place. criu is
 * put into the container's groups before it is asked, and what it makes is born there; init is our child, as
 * a shim's would be.
 */
#include <errno.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "container/images.h"
#include "container/making.h"
#include "container/scope.h"
#include "criu/images.h"
#include "criu/rpc.h"
#include "fd.h"
#include "notify.h"
#include "number.h"
#include "path.h"
#include "pidfd_socket.h"

#define LOG "restore.log"
#define PROC_CGROUP 16384

struct restoring {
	struct making *making;
	struct image_directories dirs;
	struct criu_options options;
	struct criu_start start;
	struct criu criu;
	int root, passed; /* owned descriptors: of the root file system; how many of start.passed */
};

static struct arena *arena_of(const struct restoring *restoring)
{
	return restoring->making->globals->arena;
}

/* ---- what criu is told -------------------------------------------------------------------------------- */

static int join_namespaces(struct restoring *restoring, struct error *error)
{
	const struct spec *spec = &restoring->making->prepared->spec;

	for (const struct criu_namespace *row = criu_namespaces; row->type; row++) {
		const struct spec_namespace *namespace = spec_namespace(spec, row->type);

		if (!namespace || !namespace->path)
			continue;
		int fd = sys_openat(AT_FDCWD, namespace->path, O_RDONLY, 0);
		if (fd < 0)
			return error_errno(error, fd, "cannot open the namespace %s", namespace->path);
		criu_pairs_add(arena_of(restoring), &restoring->options.inherited, row->name, NULL,
			       CRIU_FIRST_FD + restoring->passed);
		restoring->start.passed[restoring->passed++] = fd;
	}
	return 0;
}

/* RES-21: what was a pipe of its manager's is ours now, by its old name. */
static int join_pipes(struct restoring *restoring, struct error *error)
{
	const char *names[CRIU_STANDARD];
	int r = criu_descriptors_read(arena_of(restoring), restoring->dirs.images, names, error);

	for (int i = 0; r == 0 && i < CRIU_STANDARD; i++)
		if (names[i])
			criu_pairs_add(arena_of(restoring), &restoring->options.inherited, names[i], NULL, i);
	return r;
}

static int find_mounts(struct restoring *restoring, struct error *error)
{
	const struct prepared *prepared = restoring->making->prepared;
	struct arena *arena = arena_of(restoring);
	const char *id = restoring->making->options->id;

	restoring->root = sys_openat(AT_FDCWD, prepared->options.rootfs, O_RDONLY | O_DIRECTORY, 0);
	if (restoring->root < 0)
		return error_errno(error, restoring->root, "cannot open %s", prepared->options.rootfs);
	criu_mount_points(arena, &prepared->spec, restoring->root, prepared->options.bundle);
	criu_mounts(arena, &prepared->spec, restoring->root, prepared->options.bundle,
		    &restoring->options.mounts);
	/* nobody listens there, but the mount has to be the same */
	criu_pairs_add(arena, &restoring->options.mounts, NOTIFY_TARGET,
		       arena_format(arena, "%s/%s/" NOTIFY_INNER, prepared->root, id), 0);
	return notify_make(restoring->making->container.dir, error);
}

static int describe(struct restoring *restoring, struct error *error)
{
	const struct prepared *prepared = restoring->making->prepared;
	struct criu_options *options = &restoring->options;
	int r = images_check(arena_of(restoring), restoring->making->options->images, &prepared->spec,
			     options, error);

	options->log_file = LOG;
	restoring->start.new_keyring = !restoring->making->options->no_new_keyring;
	options->root = restoring->start.root = prepared->options.rootfs;
	options->notify = options->sibling = options->external_masters = true;
	if (r == 0)
		r = images_open(restoring->making->options->images, false, &restoring->dirs, options, error);
	if (r == 0)
		r = join_pipes(restoring, error);
	if (r == 0)
		r = join_namespaces(restoring, error);
	return r == 0 ? find_mounts(restoring, error) : r;
}

/* criu mounts in its work directory, and only what is of its own mount namespace can be mounted on: the
 * directories once more, as it sees them. */
static int open_as_criu(struct restoring *restoring, int *fd, struct error *error)
{
	char link[PATH_FD_TEXT], path[PATH_MAX];
	struct stat ours, theirs;
	ssize_t length = sys_readlinkat(AT_FDCWD, path_of_fd(link, *fd), path, sizeof path - 1);
	int r = length < 0 ? (int)length : sys_fstat(*fd, &ours);

	if (r < 0)
		return error_errno(error, r, "cannot look at a directory of criu's");
	path[length] = 0;
	const char *there =
		arena_format(arena_of(restoring), "/proc/%lld/root%s", (long long)restoring->criu.pid, path);
	FD_AUTO again = sys_openat(AT_FDCWD, there, O_RDONLY | O_DIRECTORY, 0);
	r = again < 0 ? again : sys_fstat(again, &theirs);
	if (r == 0 && (ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino))
		r = -ESTALE;
	if (r < 0)
		return error_errno(error, r, "cannot open %s as criu sees it", path);
	fd_close_at(fd);
	*fd = fd_take(&again);
	return 0;
}

static int open_directories(struct restoring *restoring, struct error *error)
{
	int r = open_as_criu(restoring, &restoring->dirs.images, error);

	if (r == 0)
		r = open_as_criu(restoring, &restoring->dirs.work, error);
	restoring->options.images = restoring->dirs.images;
	restoring->options.work = restoring->dirs.work;
	return r;
}

/* ---- groups ------------------------------------------------------------------------------------------- */

/* v1 hierarchies that a shim would join by itself. criu has one thread: `tasks` takes all of it. */
static int enter_tasks(struct making *making, int64_t pid)
{
	const struct plan *plan = &making->prepared->compiled.plan;
	char text[NUMBER_TEXT];
	unsigned length = number_text(text, (uint64_t)pid);

	plan_each(plan, record) {
		const struct plan_cgroup_join *join = (const void *)record;

		if (record->kind != PLAN_KIND_cgroup_join || join->tasks >= PLAN_MAX_SLOTS)
			continue;
		FD_AUTO fd = host_cgroups_tasks(&making->launch->groups, join);
		ssize_t written = fd < 0 ? fd : sys_write(fd, text, length);
		if (written < 0)
			return error_errno(making->error, (int)written, "cannot put criu into a cgroup");
	}
	return 0;
}

static int enter_groups(struct making *making, int64_t pid)
{
	const struct plan *plan = &making->prepared->compiled.plan;
	struct fault fault = { .row = PLAN_ROW_CGROUP, .record = FAULT_NO_RECORD };
	int r = 0;

	making->launch->pid = pid;
	if (making->prepared->compiled.systemd)
		r = scope_make(making);
	else if (host_cgroups_add(plan, &making->launch->groups, pid, &fault) < 0) {
		fault_error(plan, &fault, making->error);
		r = -making->error->code;
	}
	return r == 0 ? enter_tasks(making, pid) : r;
}

/* The images name groups by the paths that they had: where criu is now is where they have to be. */
static int name_groups(struct restoring *restoring, int64_t pid, struct error *error)
{
	char path[64], *text = arena_alloc(arena_of(restoring), PROC_CGROUP), *rest = text;
	size_t length = 0;

	snprintf(path, sizeof path, "/proc/%lld/cgroup", (long long)pid);
	FD_AUTO fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
	int r = fd < 0 ? fd : fd_read_all(fd, text, PROC_CGROUP - 1, &length);
	if (r < 0)
		return error_errno(error, r, "cannot read %s", path);
	for (char *line; (line = strsep(&rest, "\n"));) {
		char *names = strchr(line, ':'), *where = names ? strchr(names + 1, ':') : NULL;

		if (!where)
			continue;
		*where++ = 0;
		criu_pairs_add(arena_of(restoring), &restoring->options.cgroup_roots, names + 1, where, 0);
	}
	return 0;
}

/* ---- while criu works --------------------------------------------------------------------------------- */

/* The namespaces stand, nothing runs in them yet: what create does at HOST. */
static int on_namespaces(struct making *making, int64_t pid)
{
	const struct plan *plan = &making->prepared->compiled.plan;
	struct fault fault = { .row = PLAN_ROW_HOST_HOOKS, .record = FAULT_NO_RECORD };

	making->launch->hooks_began = true;
	if (host_hooks(plan, pid, -1, &fault) == 0)
		return 0;
	fault_error(plan, &fault, making->error);
	return -making->error->code;
}

/* PRO-01: to whoever waits for it, or to the relay. */
static int on_terminal(struct making *making, int fd, struct error *error)
{
	struct launch *launch = making->launch;

	if (fd < 0)
		return error_set(error, EPROTO, "criu has sent no terminal");
	if (launch->console >= 0) {
		int r = console_send(launch->console, fd, error);

		fd_close_at(&launch->console);
		return r;
	}
	launch->master = sys_dup(fd, 3);
	return launch->master < 0 ? error_errno(error, launch->master, "cannot keep the terminal") : 0;
}

static int on_notified(void *context, const char *script, int64_t pid, int fd, struct error *error)
{
	struct restoring *restoring = context;

	if (!strcmp(script, "setup-namespaces"))
		return on_namespaces(restoring->making, pid);
	if (!strcmp(script, "orphan-pts-master"))
		return on_terminal(restoring->making, fd, error);
	return strcmp(script, "post-restore") ? 0 : making_root_readonly(restoring->making, pid);
}

/* It is our child: its number is nobody else's before we have waited for it. */
static int take_process(struct making *making, int64_t pid)
{
	struct launch *launch = making->launch;

	launch->pid = pid;
	launch->pidfd = sys_pidfd_open((pid_t)pid, 0);
	if (launch->pidfd < 0)
		return error_errno(making->error, launch->pidfd, "cannot open the restored process");
	int r = making_note_process(making);
	if (r == 0 && launch->receiver >= 0) {
		r = pidfd_socket_send(launch->receiver, launch->kind, launch->pidfd, making->error);
		fd_close_at(&launch->receiver);
	}
	return r;
}

static int ask(struct restoring *restoring)
{
	struct making *making = restoring->making;
	const struct criu_log log = { restoring->dirs.work, restoring->dirs.work_name, LOG };
	struct criu_reply reply = { 0 };
	int r = criu_ask(&restoring->criu, CRIU_RESTORE, &restoring->options, on_notified, restoring, &reply,
			 making->error);

	if (r == 0 && (!reply.success || reply.pid <= 0))
		r = criu_failed(arena_of(restoring), &log, "RESTORE", &reply, making->error);
	making->launch->pid = 0; /* of criu, until now */
	return r == 0 ? take_process(making, reply.pid) : r;
}

static int restore(struct restoring *restoring)
{
	struct making *making = restoring->making;
	int r = describe(restoring, making->error);

	if (r == 0)
		r = criu_begin(arena_of(restoring), &restoring->start, &restoring->criu, making->error);
	if (r == 0)
		r = open_directories(restoring, making->error);
	if (r == 0)
		r = enter_groups(making, restoring->criu.pid);
	if (r == 0)
		r = making_note_process(making);
	if (r == 0)
		r = name_groups(restoring, restoring->criu.pid, making->error);
	if (r == 0)
		r = making_limits(making, host_cgroups_limit);
	return r == 0 ? ask(restoring) : r;
}

/* What no image holds, or nobody could give back. */
static int check_spec(const struct spec *spec, struct error *error)
{
	if (!spec_namespace(spec, PLAN_NS_MOUNT) || !spec_namespace(spec, PLAN_NS_PID))
		return error_set(
			error, ENOTSUP,
			"a container without a mount or pid namespace of its own cannot be restored");
	if (spec->linux_->net_device_count)
		return error_in(error,
				error_in(error,
					 error_set(error, ENOTSUP,
						   "network devices cannot be moved into a container that is "
						   "restored"),
					 "netDevices"),
				"linux");
	return 0;
}

int restore_check(struct arena *arena, const struct image_options *options, const struct spec *spec,
		  struct error *error)
{
	struct image_directories dirs = { -1, -1, NULL };
	struct criu_options ignored;
	int r = images_check(arena, options, spec, &ignored, error);

	if (r == 0)
		r = check_spec(spec, error);
	if (r == 0)
		r = criu_check(arena, false, error);
	if (r == 0)
		r = images_open(options, false, &dirs, &ignored, error);
	images_close(&dirs);
	return r;
}

int making_restore(struct making *making)
{
	struct restoring restoring = { .making = making,
				       .dirs = { -1, -1, NULL },
				       .start = { .passed = { -1, -1, -1, -1 } },
				       .criu = { .sock = -1, .pidfd = -1 },
				       .root = -1 };
	int r = restore(&restoring);

	if (r < 0 && making->launch->pidfd < 0)
		making->launch->pid = 0; /* criu is ended here */
	if (criu_end(&restoring.criu) < 0)
		log_warning(making->globals, CRIU_HIERARCHY_LOST, restoring.criu.before.options);
	images_close(&restoring.dirs);
	fd_close(restoring.root);
	for (int i = 0; i < restoring.passed; i++)
		fd_close(restoring.start.passed[i]);
	return r;
}
