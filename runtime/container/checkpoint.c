/* `checkpoint`: criu saves the processes, we say what of the container is not in them. Until criu has
 * succeeded nothing of the container changes: it goes on after any failure.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "container/create.h"
#include "container/destroy.h"
#include "container/exec.h"
#include "container/images.h"
#include "container/status.h"
#include "criu/images.h"
#include "criu/rpc.h"
#include "fd.h"
#include "plan.h"

#define END_MILLISECONDS 10000
#define LOG "dump.log"

static int check_status(const struct container *container, int *ret_pidfd, struct error *error)
{
	enum container_status status = container_status(container, ret_pidfd);

	if (status == STATUS_RUNNING || status == STATUS_PAUSED)
		return 0;
	return error_set(error, EBUSY, "Container cannot be checkpointed in %s state", status_words[status]);
}

/* Without a pid namespace of its own its processes are not a tree that could be told from others; the mounts
 * of a host's namespace are not the container's to save. */
static int check_spec(const struct container *container, const struct spec *spec, struct error *error)
{
	if (!spec_namespace(spec, PLAN_NS_MOUNT) || !spec_namespace(spec, PLAN_NS_PID))
		return error_set(error, ENOTSUP,
				 "a container without a mount or pid namespace of its own cannot be "
				 "checkpointed");
	for (uint32_t i = 0; i < spec->mount_count; i++)
		if (spec->mounts[i].type && !strcmp(spec->mounts[i].type, "cgroup") &&
		    !spec_namespace(spec, PLAN_NS_CGROUP) && container->state.cgroup_names.count > 1)
			return error_set(error, ENOTSUP,
					 "/mounts/%u: a cgroup mount of v1 without a cgroup namespace cannot "
					 "be checkpointed",
					 i);
	return 0;
}

/* net[4026532281]:extRootNetNS */
static int external_namespaces(struct arena *arena, const struct container *container,
			       const struct spec *spec, struct criu_options *options, struct error *error)
{
	for (const struct criu_namespace *row = criu_namespaces; row->type; row++) {
		const struct spec_namespace *namespace = spec_namespace(spec, row->type);
		struct stat about;
		char path[64];

		if (!namespace || !namespace->path)
			continue;
		snprintf(path, sizeof path, "/proc/%lld/ns/%s", (long long)container->state.pid, row->file);
		int r = sys_fstatat(AT_FDCWD, path, &about, 0);
		if (r < 0)
			return error_errno(error, r, "cannot look at %s", path);
		criu_pairs_add(arena, &options->external,
			       arena_format(arena, "%s[%llu]:%s", row->key, (unsigned long long)about.st_ino,
					    row->name),
			       NULL, 0);
	}
	return 0;
}

static int external_mounts(struct arena *arena, const struct container *container, const struct spec *spec,
			   struct criu_options *options, struct error *error)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%lld/root", (long long)container->state.pid);
	FD_AUTO root = sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
	if (root < 0)
		return error_errno(error, root, "cannot open the container's root");
	criu_mounts(arena, spec, root, NULL, &options->mounts);
	criu_pairs_add(arena, &options->mounts, NOTIFY_TARGET, NOTIFY_TARGET, 0);
	return 0;
}

/* What criu is told of the container beside the command's options. A pre-dump saves memory alone. */
static int describe(struct arena *arena, const struct container *container, const struct spec *spec,
		    const struct image_options *given, struct criu_options *options, struct error *error)
{
	int r = external_namespaces(arena, container, spec, options, error);

	options->pid = container->state.pid;
	options->log_file = LOG;
	options->freeze = container_freezer(&container->state);
	options->track_memory = given->pre_dump;
	if (r < 0 || given->pre_dump)
		return r;
	r = external_mounts(arena, container, spec, options, error);
	return r == 0 ? criu_descriptors_write((int)options->images, &container->state.external_descriptors,
					       error)
		      : r;
}

static int dump(const struct globals *globals, const struct image_directories *dirs,
		const struct image_options *given, const struct criu_options *options, struct error *error)
{
	const struct criu_start start = { .passed = { -1 } };
	const struct criu_log log = { dirs->work, dirs->work_name, LOG };
	struct criu_reply reply = { 0 };
	struct arena *arena = globals->arena;
	struct criu criu;
	int r = criu_begin(arena, &start, &criu, error);

	if (r == 0)
		r = criu_ask(&criu, given->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP, options, NULL, NULL, &reply,
			     error);
	if (criu_end(&criu) < 0)
		log_warning(globals, CRIU_HIERARCHY_LOST, criu.before.options);
	if (r == 0 && !reply.success)
		r = criu_failed(arena, &log, given->pre_dump ? "PRE_DUMP" : "DUMP", &reply, error);
	return r;
}

static int read_spec(struct arena *arena, const struct container *container, struct spec *ret,
		     struct error *error)
{
	const char *text = NULL;
	size_t length = 0;
	int r = exec_read(arena, container->dir, "config.json", &text, &length, error);

	return r == 0 ? spec_parse(arena, text, length, ret, error) : r;
}

static int save(const struct globals *globals, const struct container *container,
		const struct image_options *given, struct image_directories *dirs, const struct spec *spec,
		struct error *error)
{
	struct arena *arena = globals->arena;
	struct criu_options options;
	int r = images_check(arena, given, spec, &options, error);

	if (r == 0)
		r = criu_check(arena, given->pre_dump, error);
	if (r == 0)
		r = check_spec(container, spec, error);
	if (r == 0)
		r = images_open(given, true, dirs, &options, error);
	if (r == 0)
		r = describe(arena, container, spec, given, &options, error);
	return r == 0 ? dump(globals, dirs, given, &options, error) : r;
}

int container_checkpoint(const struct globals *globals, struct container *container,
			 const struct image_options *options, struct error *error)
{
	struct image_directories dirs = { -1, -1, NULL };
	struct spec spec = { 0 };
	FD_AUTO pidfd = -1;
	int r = check_status(container, &pidfd, error);

	if (r == 0)
		r = read_spec(globals->arena, container, &spec, error);
	if (r == 0)
		r = save(globals, container, options, &dirs, &spec, error);
	images_close(&dirs);
	if (r < 0 || options->leave_running || options->pre_dump)
		return r;
	/* criu has ended it; if not, it must not go on beside its copy */
	container_kill(container, pidfd);
	container_wait_end(pidfd, END_MILLISECONDS);
	r = container_destroy(container, END_MILLISECONDS, error);
	if (r == 0)
		container_poststop(globals, &container->state);
	return r;
}
