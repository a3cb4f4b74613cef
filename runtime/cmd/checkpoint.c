/* `ocirun checkpoint`: save a running container with criu (CHK-01..26). */
#include <unistd.h>

#include "cmd/options_images.h"
#include "container/root.h"

struct values {
	struct image_options images;
};
#define VALUE(member) COMMAND_OPTION(values, images.member)

static const struct option options[] = {
	IMAGE_OPTIONS,
	{ "parent-path", 0, OPTION_STRING, "DIR",
	  "images of an earlier pre-dump, relative to the image directory", VALUE(parent_path) },
	{ "link-remap", 0, OPTION_BOOL, NULL, "give files without a name one for the time being",
	  VALUE(link_remap) },
	{ "leave-running", 0, OPTION_BOOL, NULL, "let the container go on", VALUE(leave_running) },
	{ "pre-dump", 0, OPTION_BOOL, NULL, "save memory alone, and let the container go on",
	  VALUE(pre_dump) },
	{ "tcp-skip-in-flight", 0, OPTION_BOOL, NULL, "leave out TCP connections that are half open",
	  VALUE(tcp_skip_in_flight) },
	{ "page-server", 0, OPTION_STRING, "ADDRESS:PORT", "send memory to a criu page server there",
	  VALUE(page_server) },
	{ 0 },
};

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct values *values = given;
	struct container container;

	(void)count;
	if (geteuid() != 0)
		log_warning(globals, "checkpoint is untested with rootless containers");
	int r = container_find(globals, arguments[0], LOCK_EXCLUSIVE, false, &container, error);
	if (r < 0)
		return r;
	r = container_checkpoint(globals, &container, &values->images, error);
	container_close(&container);
	return r;
}

const struct command command_checkpoint = {
	.name = "checkpoint",
	.arguments = "<container-id>",
	.summary = "save a running container with criu",
	.statuses = "running paused",
	.options = options,
	.size = sizeof(struct values),
	.least = 1,
	.most = 1,
	.run = run,
};
