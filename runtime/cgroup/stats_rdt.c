/* `intel_rdt` of the stats event (EJS-30..35): the group of linux.intelRdt beside what the processor has,
 * from the files of resctrl. The names of the members are runc's.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup/stats.h"
#include "fd.h"

struct member {
	const char *key, *file;
	bool is_text;
};

static const struct member l3_info[] = {
	{ "cbm_mask", "cbm_mask", true },
	{ "min_cbm_bits", "min_cbm_bits", false },
	{ "num_closids", "num_closids", false },
	{ 0 },
};
static const struct member bandwidth_info[] = {
	{ "bandwidth_gran", "bandwidth_gran", false },
	{ "delay_linear", "delay_linear", false },
	{ "min_bandwidth", "min_bandwidth", false },
	{ "num_closids", "num_closids", false },
	{ 0 },
};
/* What mon_features may list, and the member of one domain that it is. */
static const struct member bandwidth_counts[] = {
	{ "mbm_total_bytes", "mbm_total_bytes", false },
	{ "mbm_local_bytes", "mbm_local_bytes", false },
	{ 0 },
};
static const struct member cache_counts[] = { { "llc_occupancy", "llc_occupancy", false }, { 0 } };

static int open_below(int dir, const char *path)
{
	return dir < 0 && dir != AT_FDCWD ? -1 : sys_openat(dir, path, O_RDONLY | O_DIRECTORY, 0);
}

/* The text without what ends its line. */
static const char *line_of(struct arena *arena, int dir, const char *file)
{
	const char *text = stats_text(arena, dir, file);

	return arena_copy(arena, text, strcspn(text, "\n"));
}

static void write_info(struct json_out *out, struct arena *arena, const char *key, int dir,
		       const struct member *members)
{
	json_out_key(out, key);
	json_out_open(out, '{');
	for (; members->key; members++)
		if (members->is_text && *line_of(arena, dir, members->file))
			json_out_member(out, members->key, line_of(arena, dir, members->file));
		else if (!members->is_text)
			stats_member(out, members->key, stats_number(arena, dir, members->file));
	json_out_close(out, '}');
}

/* The next line, without blanks around it; NULL at the end. */
static const char *next_line(struct arena *arena, const char **at)
{
	*at += strspn(*at, " \t\n");
	if (!**at)
		return NULL;
	const char *line = *at;
	size_t length = strcspn(line, "\n");

	*at += length;
	while (length && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	return arena_copy(arena, line, length);
}

/* The line of a resource, whose name begins so: L3CODE and L3DATA are L3, too. */
static void write_schema(struct json_out *out, struct arena *arena, const char *key, const char *resource,
			 const char *schemata)
{
	const char *found = NULL, *line;

	for (const char *at = schemata; (line = next_line(arena, &at));)
		if (!strncmp(line, resource, strlen(resource)))
			found = line;
	if (found)
		json_out_member(out, key, found);
}

/* ---- counters ----------------------------------------------------------------------------------------- */

static int no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool has_feature(struct arena *arena, const char *features, const struct member *members)
{
	const char *line;

	for (const char *at = features; (line = next_line(arena, &at));)
		for (const struct member *member = members; member->key; member++)
			if (!strcmp(line, member->file))
				return true;
	return false;
}

/* An object for each domain (mon_L3_00, ...); a counter that the processor lacks is 0, as in runc. */
static void write_counts(struct json_out *out, struct arena *arena, const char *key, const char *directory,
			 const char *features, const struct member *members)
{
	struct dirent **entries;
	int count =
		has_feature(arena, features, members) ? scandir(directory, &entries, no_dots, alphasort) : -1;

	if (count < 0)
		return;
	json_out_key(out, key);
	json_out_open(out, '[');
	for (int i = 0; i < count; i++) {
		FD_AUTO dir =
			open_below(AT_FDCWD, arena_format(arena, "%s/%s", directory, entries[i]->d_name));

		free(entries[i]);
		if (dir < 0)
			continue;
		json_out_open(out, '{');
		for (const struct member *member = members; member->key; member++) {
			json_out_key(out, member->key);
			json_out_unsigned(out, stats_number(arena, dir, member->file));
		}
		json_out_close(out, '}');
	}
	free(entries);
	json_out_close(out, ']');
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static void write_group(struct json_out *out, struct arena *arena, const struct state *state)
{
	FD_AUTO root = open_below(AT_FDCWD, state->rdt_root), group = open_below(AT_FDCWD, state->rdt_path);
	FD_AUTO l3 = open_below(root, "info/L3"), bandwidth = open_below(root, "info/MB");
	FD_AUTO monitoring = open_below(root, "info/L3_MON");
	const char *of_root = stats_text(arena, root, "schemata"),
		   *own = stats_text(arena, group, "schemata");
	const char *features = stats_text(arena, monitoring, "mon_features"), *line;
	const char *data =
		arena_format(arena, "%s/mon_data", state->rdt_monitor ? state->rdt_monitor : state->rdt_path);

	if (l3 >= 0) {
		write_info(out, arena, "l3_cache_info", l3, l3_info);
		write_schema(out, arena, "l3_cache_schema_root", "L3", of_root);
		write_schema(out, arena, "l3_cache_schema", "L3", own);
	}
	if (bandwidth >= 0) {
		write_info(out, arena, "mem_bw_info", bandwidth, bandwidth_info);
		write_schema(out, arena, "mem_bw_schema_root", "MB", of_root);
		write_schema(out, arena, "mem_bw_schema", "MB", own);
	}
	if (*own) {
		json_out_key(out, "schemata");
		json_out_open(out, '[');
		for (const char *at = own; (line = next_line(arena, &at));)
			json_out_string(out, line);
		json_out_close(out, ']');
	}
	write_counts(out, arena, "mbm_stats", data, features, bandwidth_counts);
	write_counts(out, arena, "cmt_stats", data, features, cache_counts);
}

void stats_rdt(struct json_out *out, struct arena *arena, const struct state *state)
{
	json_out_key(out, "intel_rdt");
	json_out_open(out, '{');
	if (state->rdt_path && state->rdt_root)
		write_group(out, arena, state);
	json_out_close(out, '}');
}
