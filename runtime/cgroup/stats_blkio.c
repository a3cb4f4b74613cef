/* Block devices and huge pages in the stats event: see stats.h. One row a key, with the files that may hold
 * it: which, depends on the I/O scheduler (v1); the first with content is taken.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup/stats.h"

#define FILES 4
#define SIZES_MAX 16 /* of huge pages: the kernel knows four at most on one machine */

static const struct {
	const char *key;
	const char *files[FILES]; /* v1 */
	const char *read, *write; /* v2: words of io.stat */
} rows[] = {
	{ "ioServiceBytesRecursive",
	  { "blkio.bfq.io_service_bytes_recursive", "blkio.io_service_bytes_recursive",
	    "blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes" },
	  "rbytes=",
	  "wbytes=" },
	{ "ioServicedRecursive",
	  { "blkio.bfq.io_serviced_recursive", "blkio.io_serviced_recursive",
	    "blkio.throttle.io_serviced_recursive", "blkio.throttle.io_serviced" },
	  "rios=",
	  "wios=" },
	{ "ioQueueRecursive", { "blkio.bfq.io_queued_recursive", "blkio.io_queued_recursive" }, NULL, NULL },
	{ "ioServiceTimeRecursive",
	  { "blkio.bfq.io_service_time_recursive", "blkio.io_service_time_recursive" },
	  NULL,
	  NULL },
	{ "ioWaitTimeRecursive",
	  { "blkio.bfq.io_wait_time_recursive", "blkio.io_wait_time_recursive" },
	  NULL,
	  NULL },
	{ "ioMergedRecursive", { "blkio.bfq.io_merged_recursive", "blkio.io_merged_recursive" }, NULL, NULL },
	{ "ioTimeRecursive", { "blkio.bfq.time_recursive", "blkio.time_recursive" }, NULL, NULL },
	{ "sectorsRecursive", { "blkio.bfq.sectors_recursive", "blkio.sectors_recursive" }, NULL, NULL },
};

struct entry {
	uint64_t major, minor, value;
	char op[16];
};

static void write_entry(struct json_out *out, const char *key, bool *opened, const struct entry *entry)
{
	if (!*opened) {
		json_out_key(out, key);
		json_out_open(out, '[');
		*opened = true;
	}
	json_out_open(out, '{');
	stats_member(out, "major", entry->major);
	stats_member(out, "minor", entry->minor);
	if (entry->op[0])
		json_out_member(out, "op", entry->op);
	stats_member(out, "value", entry->value);
	json_out_close(out, '}');
}

/* "8:16 " at the beginning of a line; the rest, or NULL. */
static const char *device(const char *line, struct entry *ret)
{
	char *end;

	ret->major = strtoull(line, &end, 10);
	if (end == line || *end != ':')
		return NULL;
	ret->minor = strtoull(end + 1, &end, 10);
	return *end == ' ' ? end + 1 : NULL;
}

/* v1: "8:16 Read 4096", or "8:16 4096"; a last line "Total N" has no device. */
static bool v1_row(struct json_out *out, const char *key, const char *text)
{
	bool opened = false;

	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		struct entry entry = { .op = "" };
		const char *at = device(line, &entry);
		size_t length = at ? strcspn(at, " \n") : 0;

		if (at && at[length] == ' ' && length < sizeof entry.op) {
			memcpy(entry.op, at, length);
			at += length + 1;
		}
		if (!at || *at < '0' || *at > '9')
			continue;
		entry.value = strtoull(at, NULL, 10);
		write_entry(out, key, &opened, &entry);
	}
	if (opened)
		json_out_close(out, ']');
	return opened;
}

/* v2: a line of io.stat has all numbers of a device. */
static void v2_row(struct json_out *out, size_t row, const char *text)
{
	const char *const words[] = { rows[row].read, rows[row].write };
	bool opened = false;

	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		for (int i = 0; i < 2; i++) {
			struct entry entry = { .op = "" };
			const char *end = line + strcspn(line, "\n");
			const char *at = device(line, &entry) ? strstr(line, words[i]) : NULL;

			if (!at || at >= end)
				continue;
			snprintf(entry.op, sizeof entry.op, "%s", i ? "Write" : "Read");
			entry.value = strtoull(at + strlen(words[i]), NULL, 10);
			write_entry(out, rows[row].key, &opened, &entry);
		}
	}
	if (opened)
		json_out_close(out, ']');
}

void stats_blkio(struct json_out *out, struct arena *arena, int dir, bool v2)
{
	const char *text = v2 ? stats_text(arena, dir, "io.stat") : "";

	json_out_key(out, "blkio");
	json_out_open(out, '{');
	for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
		bool done = false;

		if (v2 && rows[row].read)
			v2_row(out, row, text);
		for (int i = 0; !v2 && !done && i < FILES && rows[row].files[i]; i++)
			done = v1_row(out, rows[row].key, stats_text(arena, dir, rows[row].files[i]));
	}
	if (v2)
		stats_pressure(out, stats_text(arena, dir, "io.pressure"));
	json_out_close(out, '}');
}

/* The kernel's sizes in the words of its files: 2048 kB is "2MB". Returns how many. */
static size_t page_sizes(struct arena *arena, const char *ret[SIZES_MAX])
{
	static const char *const units[] = { "KB", "MB", "GB" };
	DIR *all = opendir("/sys/kernel/mm/hugepages");
	struct dirent *entry;
	size_t count = 0;

	while (all && (entry = readdir(all)) && count < SIZES_MAX) {
		unsigned long long size;
		int unit = 0;

		if (strncmp(entry->d_name, "hugepages-", 10) != 0)
			continue;
		size = strtoull(entry->d_name + 10, NULL, 10);
		for (; size && size % 1024 == 0 && unit < 2; unit++)
			size /= 1024;
		ret[count++] = arena_format(arena, "%llu%s", size, units[unit]);
	}
	if (all)
		closedir(all);
	return count;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static uint64_t huge_number(struct arena *arena, int dir, const char *size, const char *name)
{
	return stats_number(arena, dir, arena_format(arena, "hugetlb.%s.%s", size, name));
}

void stats_hugetlb(struct json_out *out, struct arena *arena, int dir, bool v2)
{
	const char *sizes[SIZES_MAX];
	size_t count = dir < 0 ? 0 : page_sizes(arena, sizes);

	if (count)
		qsort(sizes, count, sizeof *sizes, by_text);
	json_out_key(out, "hugetlb");
	json_out_open(out, '{');
	for (size_t i = 0; i < count; i++) {
		const char *used = v2 ? "current" : "usage_in_bytes";

		if (!*stats_text(arena, dir, arena_format(arena, "hugetlb.%s.%s", sizes[i], used)))
			continue; /* the controller is off here */
		json_out_key(out, sizes[i]);
		json_out_open(out, '{');
		stats_member(out, "usage", huge_number(arena, dir, sizes[i], used));
		if (!v2)
			stats_member(out, "max", huge_number(arena, dir, sizes[i], "max_usage_in_bytes"));
		json_out_key(out, "failcnt");
		json_out_unsigned(
			out, v2 ? stats_key(stats_text(arena, dir,
						       arena_format(arena, "hugetlb.%s.events", sizes[i])),
					    "max")
				: huge_number(arena, dir, sizes[i], "failcnt"));
		json_out_close(out, '}');
	}
	json_out_close(out, '}');
}
