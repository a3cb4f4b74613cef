/* `ocirun restore`: a container from what checkpoint has saved, running at once (RES-01..23). */
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/foreground.h"
#include "cmd/options_images.h"
#include "container/destroy.h"
#include "fd.h"
#include "signals.h"

struct values {
	struct image_options images;
	const char *bundle, *console_socket, *pid_file;
	bool detach, no_subreaper, no_pivot, no_new_keyring;
};
#define VALUE(member) COMMAND_OPTION(values, member)

static const struct option options[] = {
	IMAGE_OPTIONS,
	{ "tcp-close", 0, OPTION_BOOL, NULL, "close TCP connections instead of restoring them",
	  VALUE(images.tcp_close) },
	{ "bundle", 'b', OPTION_STRING, "DIR", "directory of the bundle (default: the current one)",
	  VALUE(bundle) },
	{ "console-socket", 0, OPTION_STRING, "PATH", "socket that the terminal's master is sent to",
	  VALUE(console_socket) },
	{ "pid-file", 0, OPTION_STRING, "PATH", "file that the process id is written to", VALUE(pid_file) },
	{ "detach", 'd', OPTION_BOOL, NULL, "return when the container runs", VALUE(detach) },
	{ "no-subreaper", 0, OPTION_BOOL, NULL,
	  "do not adopt orphans of the container; only a foreground command does", VALUE(no_subreaper) },
	{ "no-pivot", 0, OPTION_BOOL, NULL, "accepted: criu itself changes the root", VALUE(no_pivot) },
	{ "no-new-keyring", 0, OPTION_BOOL, NULL, "keep the caller's session keyring",
	  VALUE(no_new_keyring) },
	{ "lsm-profile", 0, OPTION_STRING, "TYPE:NAME", "another AppArmor profile or SELinux label",
	  VALUE(images.lsm_profile) },
	{ "lsm-mount-context", 0, OPTION_STRING, "LABEL", "another SELinux context of the mounts",
	  VALUE(images.lsm_mount_context) },
	{ 0 },
};

static int stay(const struct globals *globals, const struct values *values, int signals,
		struct container *container, struct launch *launch, struct error *error)
{
	flock(container->dir, LOCK_UN);
	if (!values->detach)
		return foreground_wait(globals, false, signals, container, launch, NULL, error);
	launch_close(launch);
	return 0;
}

static int restore(const struct globals *globals, const struct values *values,
		   const struct create_options *create, struct prepared *prepared, struct error *error)
{
	struct container container;
	struct launch launch;
	FD_AUTO signals = -1;

	if (!values->detach && !values->no_subreaper)
		sys_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	int r = create_container(globals, create, prepared, &container, &launch, error);
	if (r < 0)
		return r;
	if (!values->detach)
		r = signals = signals_open(error);
	if (r < 0) {
		container_kill(&container, launch.pidfd);
		launch_abort(&launch);
		foreground_clean_up(globals, &container, &(struct error){ 0 });
	} else {
		r = stay(globals, values, signals, &container, &launch, error);
	}
	container_close(&container);
	return r;
}

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct values *values = given;
	struct create_options create = {
		.id = arguments[0],
		.bundle = values->bundle,
		.pid_file = values->pid_file,
		.console_socket = values->console_socket,
		.no_new_keyring = values->no_new_keyring,
		.foreground = !values->detach,
		.gate = PLAN_GATE_RUN,
		.images = &values->images,
	};
	struct prepared prepared = { 0 };

	(void)count;
	int r = listen_check(0, &create.listen, error);
	if (r == 0)
		r = create_prepare(globals, &create, &prepared, error);
	if (r == 0)
		r = restore_check(globals->arena, &values->images, &prepared.spec, error);
	if (r == 0)
		r = restore(globals, values, &create, &prepared, error);
	return r;
}

const struct command command_restore = {
	.name = "restore",
	.arguments = "<container-id>",
	.summary = "make a container from what checkpoint has saved, and let it run",
	.options = options,
	.size = sizeof(struct values),
	.least = 1,
	.most = 1,
	.run = run,
};
