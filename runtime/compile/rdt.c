/* Row `rdt`, host half: the resctrl group of linux.intelRdt. What the kernel has to offer is in the facts
 * (info/ of the mounted file system): a schema of a resource that is not there is refused here, with the
 * words that clients know.
 */
#include "compile/rows.h"

#include <string.h>

#include "compile/rdt.h"

#define POINTER "/linux/intelRdt"

/* Is `word` (`length` bytes) one of the blank-separated words? */
static bool has_word(const char *words, const char *word, size_t length)
{
	for (; words && *words; words += strcspn(words, " "), words += strspn(words, " "))
		if (strcspn(words, " ") == length && !strncmp(words, word, length))
			return true;
	return false;
}

/* The resource that a line of schemata is about: what stands before the colon. */
static size_t resource(const char *line, const char **ret)
{
	*ret = line + strspn(line, " \t");
	return strcspn(*ret, ": \t\n");
}

static bool next_line(const char **at, const char **ret, size_t *ret_length)
{
	*at += strspn(*at, "\n");
	*ret = *at;
	*ret_length = strcspn(*at, "\n");
	*at += *ret_length;
	return *ret_length > 0;
}

const char *compile_rdt_text(struct arena *arena, const char *l3_cache_schema, const char *mem_bw_schema)
{
	const char *text = "", *line, *word;
	size_t length;

	/* one line of MB in a write: the kernel takes a resource once (LNX-20) */
	for (const char *at = l3_cache_schema; at && next_line(&at, &line, &length);)
		if (!mem_bw_schema || resource(line, &word) != 2 || strncmp(word, "MB", 2) != 0)
			text = arena_format(arena, "%s%.*s\n", text, (int)length, line);
	return mem_bw_schema ? arena_format(arena, "%s%s\n", text, mem_bw_schema) : text;
}

/* ---- rules -------------------------------------------------------------------------------------------- */

static int check_lines(struct compile *c, const char *text, const char *pointer)
{
	const char *line, *word;
	size_t length;

	for (const char *at = text; at && next_line(&at, &line, &length);) {
		size_t name = resource(line, &word);

		if (!has_word(c->facts->resctrl_info, word, name))
			return compile_refuse(c, pointer,
					      "this host's resctrl has no resource \"%.*s\" (it has: %s)",
					      (int)name, word, c->facts->resctrl_info);
	}
	return 0;
}

static int check_schemata(struct compile *c, const struct spec_intel_rdt *rdt)
{
	const char *info = c->facts->resctrl_info;

	if (rdt->l3_cache_schema && !has_word(info, "L3", 2) && !has_word(info, "L3CODE", 6))
		return compile_refuse(
			c, POINTER "/l3CacheSchema",
			"intelRdt.l3CacheSchema is specified in config, but Intel RDT/CAT is not enabled");
	if (rdt->mem_bw_schema && !has_word(info, "MB", 2))
		return compile_refuse(
			c, POINTER "/memBwSchema",
			"intelRdt.memBwSchema is specified in config, but Intel RDT/MBA is not enabled");
	if (rdt->enable_monitoring && !has_word(info, "L3_MON", 6))
		return compile_refuse(c, POINTER "/enableMonitoring",
				      "intelRdt.enableMonitoring is specified in config, but this host's "
				      "resctrl has no monitoring");
	int r = check_lines(c, rdt->l3_cache_schema, POINTER "/l3CacheSchema");
	for (uint32_t i = 0; r == 0 && i < rdt->schemata.count; i++)
		r = check_lines(c, rdt->schemata.items[i], compile_pointer(c, POINTER "/schemata/%u", i));
	return r;
}

/* The container's id as the name of a group of its own: not one that the kernel has made. */
static int check_id(struct compile *c, const struct spec_intel_rdt *rdt)
{
	static const char *const own[] = { "info", "mon_groups", "mon_data" };

	for (size_t i = 0; i < sizeof own / sizeof own[0] && !rdt->clos_id; i++)
		if (!strcmp(c->options->id, own[i]))
			return compile_refuse(c, POINTER,
					      "the container's id \"%s\" cannot be the name of a group of "
					      "resctrl (closID is not set)",
					      own[i]);
	return 0;
}

/* ---- records ------------------------------------------------------------------------------------------ */

static void add_write(struct compile *c, const char *value)
{
	struct plan_rdt_write record = { .value = writer_text(c->writer, value) };

	if (*value)
		WRITER_ADD(c->writer, RDT, rdt_write, &record, POINTER);
}

/* A resource that one text names and the other, too. */
static bool share_resource(const char *text, const char *other)
{
	const char *line, *word, *line_of_other, *word_of_other;
	size_t length;

	for (const char *at = text; next_line(&at, &line, &length);) {
		size_t name = resource(line, &word);

		for (const char *of = other; next_line(&of, &line_of_other, &length);)
			if (resource(line_of_other, &word_of_other) == name &&
			    !strncmp(word, word_of_other, name))
				return true;
	}
	return false;
}

/* All in one write, so that all of it holds at once; in two where `schemata` overrides what comes before:
 * in one the kernel takes no resource twice. */
static void add_writes(struct compile *c, const struct spec_intel_rdt *rdt, const char *text)
{
	const char *schemata = "";

	for (uint32_t i = 0; i < rdt->schemata.count; i++)
		if (rdt->schemata.items[i][0])
			schemata = arena_format(c->arena, "%s%s\n", schemata, rdt->schemata.items[i]);
	if (share_resource(text, schemata)) {
		add_write(c, text);
		add_write(c, schemata);
	} else {
		add_write(c, arena_format(c->arena, "%s%s", text, schemata));
	}
}

int compile_rdt(struct compile *c)
{
	const struct spec_intel_rdt *rdt = c->spec->linux_->intel_rdt;
	int r;

	if (!rdt)
		return 0;
	if (!c->facts->resctrl || !*c->facts->resctrl)
		return compile_refuse(
			c, POINTER,
			"intelRdt is specified in config, but Intel RDT is not enabled (no resctrl is "
			"mounted: it takes a processor with RDT, a kernel with CONFIG_X86_CPU_RESCTRL, and "
			"mount -t resctrl resctrl /sys/fs/resctrl)");
	r = check_id(c, rdt);
	if (r == 0)
		r = check_schemata(c, rdt);
	if (r < 0)
		return r;
	const bool is_root = rdt->clos_id && !strcmp(rdt->clos_id, "/");
	const bool silent = !rdt->l3_cache_schema && !rdt->mem_bw_schema && !rdt->schemata.count;
	const char *text = compile_rdt_text(c->arena, rdt->l3_cache_schema, rdt->mem_bw_schema);
	struct plan_rdt record = {
		.root = writer_text(c->writer, c->facts->resctrl),
		.group = writer_text(c->writer, is_root        ? NULL
						: rdt->clos_id ? rdt->clos_id
							       : c->options->id),
		.compare = writer_text(c->writer, rdt->clos_id ? text : NULL),
		.monitor = writer_text(c->writer, rdt->enable_monitoring ? c->options->id : NULL),
		.flags = (rdt->clos_id ? PLAN_RDT_KEEP : 0u) |
			 (rdt->clos_id && silent ? PLAN_RDT_MUST_EXIST : 0u),
	};
	WRITER_ADD(c->writer, RDT, rdt, &record, POINTER);
	add_writes(c, rdt, text);
	return 0;
}
