/* `ocirun list`: the containers of a root as a table, as JSON or as ids (LST-01..07). An entry that cannot be
 * read is told on stderr and skipped; one that vanishes meanwhile is skipped without a word.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/owner.h"
#include "cmd/state_json.h"
#include "container/destroy.h"
#include "container/root.h"
#include "fd.h"
#include "utf8.h"

#define COLUMNS 6
/* the table is laid out as Go's tabwriter does for runc: scripts cut it by columns */
#define COLUMN_LEAST 12
#define COLUMN_GAP 3

struct values {
	const char *format;
	bool quiet;
};

static const struct option options[] = {
	{ "format", 'f', OPTION_STRING, "table|json", "form of the output (default: table)",
	  COMMAND_OPTION(values, format) },
	{ "quiet", 'q', OPTION_BOOL, NULL, "print the ids only", COMMAND_OPTION(values, quiet) },
	{ 0 },
};

struct entry {
	struct state state;
	enum container_status status;
	const char *owner;
};

struct listing {
	const struct globals *globals;
	const char *root;
	bool quiet; /* the status need not be known */
	size_t count, room;
	struct entry *entries;
	struct owners owners;
};

static struct entry *append(struct listing *listing)
{
	if (listing->count == listing->room) {
		size_t room = listing->room ? 2 * listing->room : 32;
		struct entry *entries = arena_alloc(listing->globals->arena, room * sizeof *entries);

		if (listing->count)
			memcpy(entries, listing->entries, listing->count * sizeof *entries);
		listing->entries = entries;
		listing->room = room;
	}
	return &listing->entries[listing->count++];
}

/* LST-06: who made the container owns its directory. */
static const char *owner_of(struct listing *listing, const struct container *container)
{
	struct stat about;

	if (sys_fstat(container->dir, &about) < 0)
		return "";
	return owner_name(&listing->owners, listing->globals->arena, about.st_uid);
}

static void add(struct listing *listing, const char *name, const struct container *container)
{
	struct entry *entry = append(listing);

	entry->state = container->state;
	entry->state.id = name; /* that of the directory, which was checked */
	if (listing->quiet)
		return;
	entry->status = container_status(container, NULL);
	entry->owner = owner_of(listing, container);
}

/* A line of its own on stderr, without our name, as runc has it. */
static void tell_skipped(const char *name, const char *why)
{
	char text[ERROR_TEXT];

	snprintf(text, sizeof text, "%s", why);
	utf8_defuse(text, ' ');
	fprintf(stderr, "load container %s: %s\n", name, text);
}

static int visit(int root_fd, const char *name, void *context)
{
	struct listing *listing = context;
	struct container container;
	struct error error = { 0 };
	struct stat about;

	/* ours (@new.1), or what never was an id */
	if (id_check(name, &error) < 0)
		return 0;
	if (sys_fstatat(root_fd, name, &about, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(about.st_mode))
		return 0;
	name = arena_copy(listing->globals->arena, name, strlen(name));
	memset(&error, 0, sizeof error);
	int r = container_open(listing->globals->arena, root_fd, listing->root, name, LOCK_NONE, true,
			       &container, &error);
	if (r == 0 && container.half_made && !container.creating)
		tell_skipped(name, "no state.json, its creator was killed");
	else if (r == 0)
		add(listing, name, &container);
	else if (r != -ENOENT)
		tell_skipped(name, error.text);
	if (r == 0)
		container_close(&container);
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->state.id, ((const struct entry *)b)->state.id);
}

/* Fill the listing; a missing default root is an empty one, a missing --root an error (LST-04). */
static int collect(struct listing *listing, struct error *error)
{
	const struct globals *globals = listing->globals;
	int r = root_path(globals->arena, globals->root, &listing->root, error);

	if (r < 0)
		return r;
	FD_AUTO fd = root_open(listing->root, false, !globals->root, error);
	if (fd == -ENOENT && !globals->root) {
		memset(error, 0, sizeof *error);
		return 0;
	}
	if (fd < 0)
		return fd;
	r = directory_each(fd, visit, listing);
	if (r < 0)
		return error_errno(error, r, "cannot read the state root %s", listing->root);
	if (listing->count)
		qsort(listing->entries, listing->count, sizeof *listing->entries, by_id);
	return 0;
}

/* Characters as a terminal counts them, nearly. */
static size_t width(const char *text)
{
	size_t characters = 0;

	for (; *text; characters++)
		text += utf8_step(text);
	return characters;
}

static void fill_row(const struct globals *globals, const struct entry *entry, const char *cells[COLUMNS])
{
	bool gone = entry->status == STATUS_STOPPED;

	cells[0] = entry->state.id;
	cells[1] = arena_format(globals->arena, "%lld", gone ? 0LL : (long long)entry->state.pid);
	cells[2] = status_words[entry->status];
	cells[3] = entry->state.bundle ? entry->state.bundle : "";
	cells[4] = entry->state.created ? entry->state.created : "";
	cells[5] = entry->owner;
}

/* A bundle's path may hold newlines and escape sequences: a table shows them as '?'. */
static void print_cell(const char *text, size_t padded)
{
	for (const char *c = text; *c;) {
		size_t bad = utf8_control(c);

		putchar(bad ? '?' : *c);
		c += bad ? bad : 1;
	}
	for (size_t i = width(text); i < padded; i++)
		putchar(' ');
}

static void print_table(struct listing *listing)
{
	static const char *const titles[COLUMNS] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" };
	size_t rows = listing->count + 1, widths[COLUMNS] = { 0 };
	const char *(*cells)[COLUMNS] = arena_alloc(listing->globals->arena, rows * sizeof *cells);

	memcpy(cells[0], titles, sizeof titles);
	for (size_t i = 0; i < listing->count; i++)
		fill_row(listing->globals, &listing->entries[i], cells[i + 1]);
	for (size_t row = 0; row < rows; row++)
		for (size_t column = 0; column < COLUMNS - 1; column++) {
			size_t wide = width(cells[row][column]) + COLUMN_GAP;

			widths[column] = wide > widths[column] ? wide : widths[column];
			widths[column] = widths[column] > COLUMN_LEAST ? widths[column] : COLUMN_LEAST;
		}
	for (size_t row = 0; row < rows; row++) {
		for (size_t column = 0; column < COLUMNS; column++)
			print_cell(cells[row][column], widths[column]);
		putchar('\n');
	}
}

static void print_json(struct listing *listing)
{
	struct json_out out = { .file = stdout };

	json_out_open(&out, '[');
	for (size_t i = 0; i < listing->count; i++)
		state_json(&out, &listing->entries[i].state, listing->entries[i].status,
			   listing->entries[i].owner);
	json_out_close(&out, ']');
	putchar('\n');
}

static void print_ids(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		puts(listing->entries[i].state.id);
}

static const struct {
	const char *word;
	void (*print)(struct listing *listing);
} formats[] = {
	{ "table", print_table },
	{ "json", print_json },
};

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct values *values = given;
	struct listing listing = { .globals = globals, .quiet = values->quiet };
	const char *format = values->format && *values->format ? values->format : "table";

	(void)count;
	(void)arguments;
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		if (strcmp(formats[i].word, format) != 0)
			continue;
		int r = collect(&listing, error);
		if (r == 0)
			(values->quiet ? print_ids : formats[i].print)(&listing);
		return r;
	}
	return error_set(error, EINVAL, "invalid format option");
}

const struct command command_list = {
	.name = "list",
	.arguments = "",
	.summary = "list the containers below --root",
	.options = options,
	.size = sizeof(struct values),
	.least = 0,
	.most = 0,
	.run = run,
};
