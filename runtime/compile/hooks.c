/* Rows of hooks up to the start of the program. poststart and poststop are the host side's alone and in no
 * plan. The state that hooks read is cut around the pid, which nobody knows yet.
 */
#include "compile/rows.h"

#include <stdlib.h>
#include <string.h>

#include "json_out.h"

static void state_members(struct json_out *out, const struct spec *spec,
			  const struct compile_options *options)
{
	json_out_member(out, "bundle", options->bundle);
	json_out_key(out, "annotations");
	json_out_open(out, '{');
	for (uint32_t i = 0; i < spec->annotations.count; i++)
		json_out_member(out, spec->annotations.items[i].key, spec->annotations.items[i].value);
	json_out_close(out, '}');
	json_out_close(out, '}');
}

/* One text with a number that occurs nowhere else would have to be searched for: the head's length is
 * known where the pid goes. */
void compile_state_text(struct arena *arena, const struct spec *spec, const struct compile_options *options,
			const char *status, const char **ret_head, const char **ret_tail)
{
	char *text = NULL;
	size_t size = 0, head;
	struct json_out out = { .file = open_memstream(&text, &size) };

	if (!out.file) {
		fprintf(stderr, "ocirun: out of memory\n");
		exit(1);
	}
	json_out_open(&out, '{');
	json_out_member(&out, "ociVersion", spec->oci_version ? spec->oci_version : "");
	json_out_member(&out, "id", options->id);
	json_out_member(&out, "status", status);
	json_out_key(&out, "pid");
	fflush(out.file);
	head = size;
	json_out_unsigned(&out, 0);
	state_members(&out, spec, options);
	fclose(out.file);
	*ret_head = arena_copy(arena, text, head);
	*ret_tail = arena_copy(arena, text + head + 1, size - head - 1);
	free(text);
}

struct hook_place {
	enum plan_hook_kind kind;
	enum plan_row row;
	const char *name, *status;
};
static const struct hook_place places[] = {
	{ PLAN_HOOK_PRESTART, PLAN_ROW_HOST_HOOKS, "prestart", "creating" },
	{ PLAN_HOOK_CREATE_RUNTIME, PLAN_ROW_HOST_HOOKS, "createRuntime", "creating" },
	{ PLAN_HOOK_CREATE_CONTAINER, PLAN_ROW_HOOKS, "createContainer", "creating" },
	{ PLAN_HOOK_START_CONTAINER, PLAN_ROW_START_HOOKS, "startContainer", "created" },
};

/* Absent means empty, but for a hook in the container: it has the program's (HOK-09), with what the shim puts
 * into that one (BAT-32). */
static bool inherits(const struct hook_place *place, const struct spec_hook *hook)
{
	return !hook->has_env && place->kind == PLAN_HOOK_START_CONTAINER;
}

static void add_hook(struct compile *c, const struct hook_place *place, const struct spec_hook *hook,
		     uint32_t index)
{
	bool host = place->row == PLAN_ROW_HOST_HOOKS;
	const char *head, *tail;
	struct plan_hook record = {
		.kind = place->kind,
		.index = index,
		.path = writer_text(c->writer, hook->path),
		.args = hook->args.count ? writer_argv(c->writer, hook->args.count, hook->args.items)
					 : writer_argv(c->writer, 1, &hook->path),
		.env = writer_argv(c->writer, hook->env.count, hook->env.items),
		.inherit = inherits(place, hook),
		.timeout = hook->timeout,
		.cwd = writer_text(c->writer, host ? c->options->bundle : NULL),
	};

	if (host) {
		record.out_file = writer_text(c->writer, compile_annotation_value(c, HOOKS_STDOUT));
		record.err_file = writer_text(c->writer, compile_annotation_value(c, HOOKS_STDERR));
	}
	compile_state_text(c->arena, c->spec, c->options, place->status, &head, &tail);
	record.state_head = writer_text(c->writer, head);
	record.state_tail = writer_text(c->writer, tail);
	writer_add(c->writer, place->row, PLAN_KIND_hook, &record, sizeof record,
		   compile_pointer(c, "/hooks/%s/%u", place->name, index));
}

/* Of the host's files: from where a relative one would count nobody could say. */
static int check_files(struct compile *c)
{
	static const char *const keys[] = { HOOKS_STDOUT, HOOKS_STDERR };

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		const char *file = compile_annotation_value(c, keys[i]);

		if (file && *file && *file != '/')
			return compile_refuse(c, compile_pointer(c, "/annotations/%s", keys[i]),
					      "must be an absolute path, not \"%s\"", file);
	}
	return 0;
}

int compile_hooks(struct compile *c)
{
	struct plan_host_point point = { .ask = 1 };
	bool any_host = c->spec->linux_->net_device_count > 0;
	int r = check_files(c);

	if (r < 0)
		return r;

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		const struct spec_hook_list *list = &c->spec->hooks[places[i].kind];

		for (uint32_t k = 0; k < list->count; k++)
			add_hook(c, &places[i], &list->items[k], k);
		any_host = any_host || (list->count && places[i].row == PLAN_ROW_HOST_HOOKS);
		if (list->count && places[i].row != PLAN_ROW_HOST_HOOKS)
			compile_proc(c); /* the state names the container's pid as the host sees it */
	}
	if (any_host)
		WRITER_ADD(c->writer, HOST_POINT, host_point, &point, "");
	return 0;
}
