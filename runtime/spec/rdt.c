/* `linux.intelRdt`: the class of service of a container's processes, and what its group allows. The words
 * of the schemata are the kernel's (Documentation/filesystems/resctrl.rst): what follows the colon is
 * judged when it is written. Whether this host has resctrl at all is a fact that compile/rdt.c looks at.
 */
#include <string.h>

#include "objects.h"

#define AT(member) offsetof(struct spec_intel_rdt, member)
#define SCHEMATA_BYTES 4095 /* kernfs takes at most a page in one write */

/* A directory of resctrl: one step below its root, or "/", the root. */
static int read_class(struct reader *reader, const struct json_node *node, void *member)
{
	static const char *const own[] = { ".", "..", "info", "mon_groups", "mon_data" };
	const char *name = read_text(reader, node);
	bool bad = strlen(name) > 255 || strchr(name, '\n') || (strchr(name, '/') && name[1]);

	/* what the kernel has made there is no class */
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		bad |= !strcmp(name, own[i]);
	if (bad)
		return spec_refuse(reader, "invalid intelRdt.closID \"%s\" (a name without '/', or \"/\")",
				   name);
	*(const char **)member = *name ? name : NULL;
	return 0;
}

static int read_bandwidth(struct reader *reader, const struct json_node *node, void *member)
{
	const char *schema = read_text(reader, node);

	if (!*schema)
		return 0;
	if (strncmp(schema, "MB:", 3) != 0)
		return spec_refuse(reader, "must start with \"MB:\", not \"%s\"", schema);
	if (strchr(schema, '\n'))
		return spec_refuse(reader, "must be one line");
	*(const char **)member = schema;
	return 0;
}

static int read_line(struct reader *reader, const struct json_node *node, void *member)
{
	const char *line = read_text(reader, node);

	if (strchr(line, '\n'))
		return spec_refuse(reader, "must be one line");
	*(const char **)member = line;
	return 0;
}

static int read_schemata(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_strings *lines = member;
	void *items;
	int r = read_array(reader, node, JSON_STRING, read_line, sizeof(const char *), &items, &lines->count);

	lines->items = r < 0 ? NULL : items;
	return r;
}

/* enableCMT and enableMBM of 1.1 and 1.2 have no row: 1.3 has taken them out, and no hardware can do one
 * without the other (LNX-23). */
int read_intel_rdt(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY("closID", JSON_STRING, read_class, AT(clos_id)),
		KEY("schemata", JSON_ARRAY, read_schemata, AT(schemata)),
		KEY("l3CacheSchema", JSON_STRING, read_optional, AT(l3_cache_schema)),
		KEY("memBwSchema", JSON_STRING, read_bandwidth, AT(mem_bw_schema)),
		KEY("enableMonitoring", JSON_BOOL, read_bool, AT(enable_monitoring)),
		{ 0 },
	};
	struct spec_intel_rdt *rdt = arena_alloc(reader->arena, sizeof *rdt);
	int r = read_object(reader, node, keys, rdt);
	size_t length = rdt->l3_cache_schema ? strlen(rdt->l3_cache_schema) + 1 : 0;

	*(struct spec_intel_rdt **)member = rdt;
	length += rdt->mem_bw_schema ? strlen(rdt->mem_bw_schema) + 1 : 0;
	for (uint32_t i = 0; r == 0 && i < rdt->schemata.count; i++)
		length += strlen(rdt->schemata.items[i]) + 1;
	if (r == 0 && length > SCHEMATA_BYTES)
		r = spec_refuse(reader,
				"the schemata are longer than %d bytes, which is all that the kernel "
				"takes",
				SCHEMATA_BYTES);
	return r;
}
