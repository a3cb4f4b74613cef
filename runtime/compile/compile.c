/* spec + facts + options -> plan: the rows in the order of the pipeline, and what several of them ask.
 * Pure: no file is looked at here or in any row (the seccomp cache aside). What a row refuses, it refuses
 * before anything on the host has been touched.
 */
#include <linux/capability.h>

#include "compile/rows.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* In the order of PLAN_ROWS as far as it matters: the groups come first because mounts of type cgroup bind
 * them; trees are numbered as rows ask for them. */
static compile_row *const rows[] = {
	compile_systemd,     compile_cgroup, compile_rdt,        compile_launch,   compile_rootfs,
	compile_join,        compile_userns, compile_namespaces, compile_mounts,   compile_devices,
	compile_net_devices, compile_hooks,  compile_pivot,      compile_system,   compile_console,
	compile_masks,       compile_seal,   compile_limits,     compile_identity, compile_program,
	compile_filter,
};

int compile_refuse(struct compile *c, const char *pointer, const char *format, ...)
{
	va_list arguments;
	char text[1024];

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	error_set(c->error, -EINVAL, "%s", text);
	snprintf(c->error->pointer, sizeof c->error->pointer, "%s", pointer); /* error_set empties it */
	return -EINVAL;
}

const char *compile_pointer(struct compile *c, const char *format, ...)
{
	va_list arguments;
	char text[ERROR_POINTER];

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return arena_copy(c->arena, text, strlen(text));
}

bool compile_has(const struct compile *c, uint64_t type)
{
	/* the host's own, by path, is none of the container's: its sysctls and names stay alone */
	return spec_namespace(c->spec, type) != NULL && !(c->options->own_namespaces & type);
}

const char *compile_annotation_value(const struct compile *c, const char *key)
{
	return spec_annotation(c->spec, key);
}

bool compile_annotation(const struct compile *c, const char *key)
{
	static const char *const off[] = { "", "0", "false" };
	const char *value = compile_annotation_value(c, key);

	for (size_t i = 0; value && i < sizeof off / sizeof off[0]; i++)
		if (strcmp(value, off[i]) == 0)
			return false;
	return value != NULL;
}

bool compile_is_new(const struct compile *c, uint64_t type)
{
	const struct spec_namespace *namespace = spec_namespace(c->spec, type);

	return namespace && !namespace->path;
}

bool compile_is_old(const struct compile *c)
{
	return c->facts->kernel_major < 5 || (c->facts->kernel_major == 5 && c->facts->kernel_minor < 12);
}

bool compile_user_namespace(const struct compile *c)
{
	return c->new_user_namespace || c->joins_user_namespace;
}

bool compile_locks(const struct compile *c)
{
	const struct spec_capabilities *sets = c->spec->process->capabilities;

	/* an ordinary user's own clones are locked by the kernel already: they are made in the namespace */
	return compile_user_namespace(c) && compile_is_new(c, PLAN_NS_MOUNT) && facts_may_mount(c->facts) &&
	       (!sets || sets->bounding >> CAP_SYS_ADMIN & 1);
}

/* The last two records: where the shim waits, and what ends it. */
static void add_end(struct compile *c)
{
	struct plan_lock lock = { .place = writer_text(c->writer, c->options->rootfs) };

	struct plan_gate gate = { .kind = c->options->gate, .fifo = PLAN_NONE, .fault = PLAN_NONE };
	struct plan_exec exec = { .kept = c->options->kept };

	if (gate.kind == PLAN_GATE_FIFO)
		gate.fifo = writer_slot(c->writer);
	/* `run` hears of a failing execve on the socket, which is still open, unless the filter forbids
	 * sendmsg */
	if (gate.kind == PLAN_GATE_FIFO || (gate.kind == PLAN_GATE_RUN && compile_has_filter(c)))
		gate.fault = writer_slot(c->writer);
	if (compile_locks(c)) /* behind all sources */
		WRITER_ADD(c->writer, SOURCES, lock, &lock, "");
	WRITER_ADD(c->writer, GATE, gate, &gate, "");
	WRITER_ADD(c->writer, EXEC, exec, &exec, "");
}

/* What several rows would refuse, each in its own words, is refused once. */
static int check(struct compile *c)
{
	if (!c->spec->process)
		return compile_refuse(c, "/process", "a container needs a process to be created");
	if (c->spec->process->args.count == 0)
		return compile_refuse(c, "/process/args", "args must not be empty");
	if (!c->has_mount_namespace && c->spec->mount_count)
		return compile_refuse(c, "/mounts", "mounts need a mount namespace of the container's own");
	return 0;
}

int compile_plan(struct arena *arena, const struct spec *spec, const struct facts *facts,
		 const struct compile_options *options, struct compiled *ret, struct error *error)
{
	const struct spec_namespace *user = spec_namespace(spec, PLAN_NS_USER);
	struct compiled result = { .bytes = NULL };
	struct compile c = {
		.arena = arena,
		.spec = spec,
		.facts = facts,
		.options = options,
		.error = error,
		.writer = writer_new(arena),
		.result = &result,
		.new_user_namespace = user && !user->path,
		.joins_user_namespace = user && user->path,
		.has_mount_namespace = spec_namespace(spec, PLAN_NS_MOUNT) != NULL,
		.null_tree = PLAN_NONE,
		.proc_tree = PLAN_NONE,
	};
	int r = check(&c);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0] && r >= 0; i++)
		r = rows[i](&c);
	if (r < 0)
		return r;
	add_end(&c);
	r = writer_finish(c.writer, facts->audit_arch, &result, error);
	if (r >= 0)
		*ret = result;
	return r;
}
