/* `ocirun update`: other limits for a container that is created, running or paused (UPD-01..26). Here stands
 * what is asked for; what becomes of it, in container/update.c. Processes are neither stopped nor signalled.
 */
#include <errno.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/update_options.h"
#include "container/root.h"
#include "container/update.h"
#include "fd.h"
#include "text_file.h"

/* UPD-02 */
static int from_file(const struct globals *globals, const char *path, struct spec_resources *ret,
		     struct error *error)
{
	struct spec_strings warnings = { 0 };
	const char *text = "";
	size_t length = 0;
	int r = text_file_read(globals->arena, path, true, "the resources", &text, &length, error);

	if (r == 0)
		r = spec_parse_resources(globals->arena, text, length, ret, &warnings, error);
	for (uint32_t i = 0; r == 0 && i < warnings.count; i++)
		log_warning(globals, "%s", warnings.items[i]);
	return r;
}

static int read_change(const struct globals *globals, const struct update_values *values,
		       struct spec_resources *ret, struct error *error)
{
	if (!values->resources || !*values->resources)
		return update_from_options(globals, values, ret, error);
	if (update_has_options(values))
		log_warning(globals, "the options for limits are ignored: --resources has all of them");
	return from_file(globals, values->resources, ret, error);
}

/* A stopped container has no groups that would be worth it. */
static int find(const struct globals *globals, const char *id, enum container_lock lock,
		struct container *ret, struct error *error)
{
	int r = container_find(globals, id, lock, false, ret, error);

	if (r < 0 || container_status(ret, NULL) != STATUS_STOPPED)
		return r;
	container_close(ret);
	return error_set(error, ESRCH, "container not running");
}

/* An empty value says nothing. */
static const char *given_text(const char *text)
{
	return text && *text ? text : NULL;
}

/* Twice found: standing still while somebody types would hold up all others who want the lock. */
static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct update_values *values = given;
	struct container_change change = { .l3_cache_schema = given_text(values->l3_cache_schema),
					   .mem_bw_schema = given_text(values->mem_bw_schema) };
	struct container container;
	int r = find(globals, arguments[0], LOCK_NONE, &container, error);

	(void)count;
	if (r < 0)
		return r;
	container_close(&container);
	r = read_change(globals, values, &change.resources, error);
	if (r == 0)
		r = find(globals, arguments[0], LOCK_EXCLUSIVE, &container, error);
	if (r < 0)
		return r;
	r = container_update(globals, &container, &change, error);
	container_close(&container);
	return r;
}

const struct command command_update = {
	.name = "update",
	.arguments = "<container-id>",
	.summary = "change the limits of a container",
	.statuses = "created running paused",
	.options = update_options,
	.size = sizeof(struct update_values),
	.least = 1,
	.most = 1,
	.run = run,
};
