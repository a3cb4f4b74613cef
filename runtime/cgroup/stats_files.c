/* Files of a group as numbers and JSON members: see stats.h. What the kernel prints is taken as it is: a line
 * of another form is skipped.
 */
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "cgroup/stats.h"
#include "number.h"

#define TEXT_BYTES 65536 /* blkio has some lines a disk; memory.stat about 5 KiB */
#define LINES_MAX 256

const char *stats_text(struct arena *arena, int dir, const char *file)
{
	static const char none[] = "";
	char buffer[TEXT_BYTES];
	ssize_t length = dir < 0 ? dir : cgroup_read(dir, file, buffer, sizeof buffer);

	return length <= 0 ? none : arena_copy(arena, buffer, (size_t)length);
}

uint64_t stats_number(struct arena *arena, int dir, const char *file)
{
	const char *text = stats_text(arena, dir, file);
	uint64_t value = 0;

	if (!strcmp(text, "max"))
		return UINT64_MAX;
	return number_parse(text, UINT64_MAX, &value) == 0 ? value : 0;
}

uint64_t stats_key(const char *text, const char *key)
{
	uint64_t value = 0;

	return cgroup_find_key(text, key, &value) == 0 ? value : 0;
}

void stats_member(struct json_out *out, const char *key, uint64_t value)
{
	if (!value)
		return;
	json_out_key(out, key);
	json_out_unsigned(out, value);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void stats_raw(struct json_out *out, struct arena *arena, const char *text)
{
	char *lines[LINES_MAX], *rest, *copy = arena_copy(arena, text, strlen(text));
	size_t count = 0;

	for (char *line = strtok_r(copy, "\n", &rest); line && count < LINES_MAX;
	     line = strtok_r(NULL, "\n", &rest))
		if (strchr(line, ' '))
			lines[count++] = line;
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		*strchr(lines[i], ' ') = 0; /* sorted by keys alone, as Go does */
	qsort(lines, count, sizeof *lines, by_text);
	json_out_key(out, "raw");
	json_out_open(out, '{');
	for (size_t i = 0; i < count; i++) {
		uint64_t value;

		if (number_parse(lines[i] + strlen(lines[i]) + 1, UINT64_MAX, &value) < 0)
			continue;
		json_out_key(out, lines[i]);
		json_out_unsigned(out, value);
	}
	json_out_close(out, '}');
}

/* One line of a pressure file: "some avg10=0.00 avg60=0.00 avg300=0.00 total=0". */
static void pressure_line(struct json_out *out, const char *text, const char *name)
{
	static const char *const keys[] = { "avg10", "avg60", "avg300" };
	const char *line = strstr(text, name);

	json_out_key(out, name);
	json_out_open(out, '{');
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *at = line ? strstr(line, keys[i]) : NULL;

		json_out_key(out, keys[i]);
		json_out_hundredths(out, at ? strtod(at + strlen(keys[i]) + 1, NULL) : 0);
	}
	const char *total = line ? strstr(line, "total=") : NULL;
	json_out_key(out, "total");
	json_out_unsigned(out, total ? strtoull(total + 6, NULL, 10) : 0);
	json_out_close(out, '}');
}

void stats_pressure(struct json_out *out, const char *text)
{
	if (!*text)
		return;
	json_out_key(out, "psi");
	json_out_open(out, '{');
	pressure_line(out, text, "some");
	pressure_line(out, text, "full");
	json_out_close(out, '}');
}
