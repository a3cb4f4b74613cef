/* `ocirun spec`: writes a config.json to begin with (SPC-01..05). What stands in it is spec/default.c's. */
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "fd.h"
#include "spec/spec.h"

#define CONFIG "config.json"

struct values {
	const char *bundle, *file;
	bool rootless;
};

static const struct option options[] = {
	{ "bundle", 'b', OPTION_STRING, "DIR", "directory of the bundle (default: the current one)",
	  COMMAND_OPTION(values, bundle) },
	{ "file", 'f', OPTION_STRING, "FILE", "name of the file (default: " CONFIG ")",
	  COMMAND_OPTION(values, file) },
	{ "rootless", 0, OPTION_BOOL, NULL, "for a container that an ordinary user can run",
	  COMMAND_OPTION(values, rootless) },
	{ 0 },
};

static bool has_cgroup2(void)
{
	FD_AUTO fd = sys_openat(AT_FDCWD, "/sys/fs/cgroup", O_PATH | O_DIRECTORY, 0);

	return fd >= 0 && sys_fs_magic(fd) == CGROUP2_SUPER_MAGIC;
}

static int write_all(int fd, const char *text)
{
	for (size_t left = strlen(text); left > 0;) {
		ssize_t done = sys_write(fd, text, left);

		if (done == -EINTR)
			continue;
		if (done < 0)
			return (int)done;
		text += done;
		left -= (size_t)done;
	}
	return 0;
}

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct values *values = given;
	const char *name = values->file ? values->file : CONFIG;
	FD_AUTO bundle = -1;
	int dir = globals->original_cwd;

	(void)count;
	(void)arguments;
	if (values->bundle) {
		bundle = sys_openat(dir, values->bundle, O_RDONLY | O_DIRECTORY, 0);
		if (bundle < 0)
			return error_errno(error, bundle, "cannot open the bundle %s", values->bundle);
		dir = bundle;
	}
	const char *text =
		spec_default(globals->arena, values->rootless, has_cgroup2(), geteuid(), getegid());
	FD_AUTO fd = sys_openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0666);
	if (fd == -EEXIST)
		return error_set(error, EEXIST, "File %s exists. Remove it first", name);
	if (fd < 0)
		return error_errno(error, fd, "cannot create %s", name);
	int r = write_all(fd, text);
	if (r < 0) { /* half a file would only stand in the way of the next try */
		sys_unlinkat(dir, name, 0);
		return error_errno(error, r, "cannot write %s", name);
	}
	return 0;
}

const struct command command_spec = {
	.name = "spec",
	.arguments = "",
	.summary = "write a default config.json",
	.options = options,
	.size = sizeof(struct values),
	.least = 0,
	.most = 0,
	.run = run,
};
