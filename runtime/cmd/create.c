/* `ocirun create`: everything up to the gate, then leave the container to the caller (CRE-01..28). */
#include "cmd/cmd.h"
#include "container/create.h"

struct values {
	const char *bundle, *config, *console_socket, *pid_file;
	int preserve_fds;
	bool no_pivot, no_new_keyring, no_subreaper;
};
#define VALUE(member) COMMAND_OPTION(values, member)

static const struct option options[] = {
	{ "bundle", 'b', OPTION_STRING, "DIR", "directory of the bundle (default: the current one)",
	  VALUE(bundle) },
	{ "config", 'f', OPTION_STRING, "FILE", "configuration, instead of config.json in the bundle",
	  VALUE(config) },
	{ "console-socket", 0, OPTION_STRING, "PATH", "socket that the terminal's master is sent to",
	  VALUE(console_socket) },
	{ "pid-file", 0, OPTION_STRING, "PATH", "file that the process id is written to", VALUE(pid_file) },
	{ "no-pivot", 0, OPTION_BOOL, NULL, "MS_MOVE and chroot instead of pivot_root (for an initramfs)",
	  VALUE(no_pivot) },
	{ "no-new-keyring", 0, OPTION_BOOL, NULL, "keep the caller's session keyring",
	  VALUE(no_new_keyring) },
	{ "preserve-fds", 0, OPTION_NUMBER, "N", "pass N more descriptors, from 3 (behind LISTEN_FDS) on",
	  VALUE(preserve_fds) },
	{ "no-subreaper", 0, OPTION_BOOL, NULL, "accepted for compatibility; create leaves no process behind",
	  VALUE(no_subreaper) },
	{ 0 },
};

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct values *values = given;
	struct create_options create = {
		.id = arguments[0],
		.bundle = values->bundle,
		.config = values->config,
		.pid_file = values->pid_file,
		.console_socket = values->console_socket,
		.no_pivot = values->no_pivot,
		.no_new_keyring = values->no_new_keyring,
		.gate = PLAN_GATE_FIFO,
	};
	struct prepared prepared = { 0 };
	struct container container;
	struct launch launch;
	/* first of all: what is open now is the caller's */
	int r = listen_check(values->preserve_fds, &create.listen, error);

	(void)count;
	if (r == 0)
		r = create_prepare(globals, &create, &prepared, error);
	if (r == 0) {
		r = create_container(globals, &create, &prepared, &container, &launch, error);
		if (r == 0)
			container_close(&container);
	}
	create_forget(&prepared);
	return r;
}

const struct command command_create = {
	.name = "create",
	.arguments = "<container-id>",
	.summary = "set up a container; its program waits for start",
	.options = options,
	.size = sizeof(struct values),
	.least = 1,
	.most = 1,
	.run = run,
};
