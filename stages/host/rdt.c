/* Row RDT: the resctrl group of a container (config-linux.md, "IntelRdt"). Made and filled before the clone,
 * joined after it, removed with the container unless it is somebody else's class. When the kernel refuses
 * something it says why in info/last_cmd_status: that is the note.
 */
#include <string.h>

#include "host.h"
#include "number.h"

#define SCHEMATA_BYTES 16384 /* of a machine with many caches */
#define MON_GROUPS "mon_groups/"

struct rdt_place {
	const struct plan *plan;
	const struct plan_rdt *record;
	struct fault *fault;
	int root; /* where resctrl is mounted */
};

/* ---- files -------------------------------------------------------------------------------------------- */

/* At most size - 1 bytes and a NUL: their number, or -errno. */
static ssize_t read_file(int dir, const char *file, char *text, size_t size)
{
	FD_AUTO fd = sys_openat(dir, file, O_RDONLY | O_NOFOLLOW, 0);
	size_t length = 0;
	int r = fd < 0 ? fd : fd_read_all(fd, text, size - 1, &length);

	text[r < 0 ? 0 : length] = 0;
	return r < 0 ? r : (ssize_t)length;
}

/* In one write: all of it holds, or nothing. */
static int write_file(int dir, const char *file, int flags, const char *value, size_t length)
{
	FD_AUTO fd = sys_openat(dir, file, O_WRONLY | O_NOFOLLOW | flags, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = sys_write(fd, value, length);
	return n < 0 ? (int)n : (size_t)n == length ? 0 : -EIO;
}

/* What the kernel has to say about its last refusal. */
static int failed(struct fault *fault, int root, enum fault_op op, int error, const char *object)
{
	char status[256];
	int r = fault_set(fault, op, error, object);

	if (read_file(root, "info/last_cmd_status", status, sizeof status) > 0) {
		status[strcspn(status, "\n")] = 0;
		if (strcmp(status, "ok") != 0)
			fault_note(fault, status);
	}
	return r;
}

/* "ROOT/GROUP/FILE" for a message. */
static const char *place_text(const struct rdt_place *at, const char *file, char *text, size_t size)
{
	text[0] = 0;
	fault_append(text, size, plan_text(at->plan, at->record->root));
	if (at->record->group.length)
		fault_append(text, size, "/");
	fault_append(text, size, plan_text(at->plan, at->record->group));
	if (*file)
		fault_append(text, size, "/");
	fault_append(text, size, file);
	return text;
}

static int failed_at(const struct rdt_place *at, enum fault_op op, int error, const char *file)
{
	char text[FAULT_OBJECT];

	return failed(at->fault, at->root, op, error, place_text(at, file, text, sizeof text));
}

/* The same when the reason is ours. */
static int failed_because(const struct rdt_place *at, enum fault_op op, int error, const char *file,
			  const char *note)
{
	char text[FAULT_OBJECT];
	int r = fault_set(at->fault, op, error, place_text(at, file, text, sizeof text));

	fault_note(at->fault, note);
	return r;
}

/* ---- a class that is there: does it allow what the config says? ---------------------------------------- */

static bool scan_number(const char **at, unsigned base, uint64_t *ret)
{
	const char *begin = *at;
	uint64_t value = 0;

	if (base == 16 && begin[0] == '0' && (begin[1] | 0x20) == 'x')
		begin = *at += 2;
	for (;; ++*at) {
		unsigned c = (unsigned char)**at, digit = c - '0' < 10           ? c - '0'
							  : (c | 0x20) - 'a' < 6 ? (c | 0x20) - 'a' + 10
										 : 16;

		if (digit >= base || value > UINT64_MAX / 16)
			break;
		value = value * base + digit;
	}
	*ret = value;
	return *at != begin;
}

/* The next "id=value" of a line: masks of caches are hexadecimal, bandwidths decimal. */
static bool next_domain(const char **at, unsigned base, uint64_t *ret_id, uint64_t *ret_value)
{
	*at += strspn(*at, " \t;");
	if (!scan_number(at, 10, ret_id))
		return false;
	*at += strspn(*at, " \t");
	if (**at != '=')
		return false;
	++*at;
	*at += strspn(*at, " \t");
	return scan_number(at, base, ret_value);
}

/* Behind the colon of the line of this resource, or NULL. */
static const char *find_resource(const char *text, const char *name, size_t length)
{
	while (*text) {
		const char *line = text + strspn(text, " \t");

		if (!strncmp(line, name, length) && line[length] == ':')
			return line + length + 1;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return NULL;
}

/* Bandwidths are kept in steps, rounded up. */
static uint64_t step_of(int root, const char *name, size_t length)
{
	char path[64] = "info/", text[NUMBER_TEXT];
	uint64_t step = 1;

	if (length > 16)
		return 1;
	memcpy(path + 5, name, length);
	path[5 + length] = 0;
	fault_append(path, sizeof path, "/bandwidth_gran");
	if (read_file(root, path, text, sizeof text) > 0) {
		text[strcspn(text, "\n")] = 0;
		if (number_parse(text, 1000000, &step) < 0 || !step)
			step = 1;
	}
	return step;
}

/* Every domain that the line names has this value in what the group has. */
static bool line_holds(int root, const char *line, const char *have)
{
	const char *name = line + strspn(line, " \t"), *at;
	const size_t length = strcspn(name, ": \t\n");
	const unsigned base = name[0] == 'L' ? 16 : 10;
	const uint64_t step = base == 10 ? step_of(root, name, length) : 1;
	const char *theirs = find_resource(have, name, length);
	uint64_t id, value, other, other_value;

	at = name + length + strspn(name + length, " \t");
	if (*at++ != ':' || !theirs)
		return false;
	for (at += strspn(at, " \t;"); *at && *at != '\n'; at += strspn(at, " \t;")) {
		const char *of = theirs;
		bool same = false;

		if (!next_domain(&at, base, &id, &value))
			return false;
		while (!same && next_domain(&of, base, &other, &other_value))
			same = other == id &&
			       (other_value == value || other_value == (value + step - 1) / step * step);
		if (!same)
			return false;
	}
	return true;
}

static int compare(const struct rdt_place *at, int group)
{
	const char *line = plan_text(at->plan, at->record->compare);
	char have[SCHEMATA_BYTES];

	if (!*line)
		return 0;
	ssize_t n = read_file(group, "schemata", have, sizeof have);
	if (n < 0)
		return failed_at(at, FAULT_READ, (int)n, "schemata");
	for (; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (!line_holds(at->root, line, have)) {
			char text[256] = "the class is there already and does not have ";
			size_t used = strlen(text), length = strcspn(line, "\n");

			length = length < sizeof text - used - 1 ? length : sizeof text - used - 1;
			memcpy(text + used, line, length);
			text[used + length] = 0;
			return failed_because(at, FAULT_SET_LIMIT, EEXIST, "schemata", text);
		}
	return 0;
}

/* ---- making ------------------------------------------------------------------------------------------- */

static int open_group(const struct rdt_place *at, struct host_rdt *rdt)
{
	const char *name = plan_text(at->plan, at->record->group);
	int r = *name && !(at->record->flags & PLAN_RDT_MUST_EXIST) ? sys_mkdirat(at->root, name, 0755)
								    : -EEXIST;

	if (r < 0 && r != -EEXIST)
		return failed_at(at, FAULT_MAKE_DIRECTORY, r, "");
	rdt->made = r == 0;
	rdt->group = sys_openat(at->root, *name ? name : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (rdt->group == -ENOENT)
		return failed_because(at, FAULT_OPEN, ENOENT, "",
				      "the class must be there already when no schema is given");
	if (rdt->group < 0)
		return failed_at(at, FAULT_OPEN, rdt->group, "");
	return rdt->made ? 0 : compare(at, rdt->group);
}

static int write_schemata(const struct rdt_place *at, const struct host_rdt *rdt)
{
	plan_each(at->plan, record) {
		const struct plan_rdt_write *write = (const void *)record;

		if (record->kind != PLAN_KIND_rdt_write)
			continue;
		int r = write_file(rdt->group, "schemata", O_TRUNC, plan_text(at->plan, write->value),
				   write->value.length);
		if (r < 0)
			return failed_at(at, FAULT_WRITE, r, "schemata");
	}
	return 0;
}

/* The group's own, under the container's id (LNX-22). One that is there counts for somebody else. */
static int make_monitor(const struct rdt_place *at, struct host_rdt *rdt)
{
	char path[sizeof MON_GROUPS + 256] = MON_GROUPS;

	if (!at->record->monitor.length)
		return 0;
	fault_append(path, sizeof path, plan_text(at->plan, at->record->monitor));
	int r = sys_mkdirat(rdt->group, path, 0755);
	if (r < 0)
		return failed_at(at, FAULT_MAKE_DIRECTORY, r, path);
	rdt->monitor_made = true;
	rdt->monitor = sys_openat(rdt->group, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	return rdt->monitor < 0 ? failed_at(at, FAULT_OPEN, rdt->monitor, path) : 0;
}

/* The record and its number. */
static const struct plan_rdt *find(const struct plan *plan, uint32_t *ret_number)
{
	uint32_t number = 0;

	plan_each(plan, r) {
		if (r->kind == PLAN_KIND_rdt) {
			*ret_number = number;
			return (const void *)r;
		}
		number++;
	}
	return NULL;
}

static int make(struct rdt_place *at, struct host_rdt *rdt)
{
	const char *path = plan_text(at->plan, at->record->root);

	at->root = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	if (at->root < 0)
		return fault_set(at->fault, FAULT_OPEN, at->root, path);
	int r = open_group(at, rdt);
	if (r == 0)
		r = write_schemata(at, rdt);
	return r == 0 ? make_monitor(at, rdt) : r;
}

int host_rdt_make(const struct plan *plan, struct host_rdt *ret, struct fault *fault)
{
	struct rdt_place at = { .plan = plan, .fault = fault, .root = -1 };
	uint32_t number = FAULT_NO_RECORD;

	at.record = find(plan, &number);
	if (!at.record)
		return 0;
	*ret = (struct host_rdt){ .open = true, .group = -1, .monitor = -1 };
	int r = make(&at, ret);
	if (r < 0) {
		fault->row = PLAN_ROW_RDT;
		fault->record = number;
		host_rdt_undo(plan, ret);
	}
	fd_close_at(&at.root);
	return r;
}

/* ---- joining, leaving --------------------------------------------------------------------------------- */

static int join(int dir, int64_t pid)
{
	char text[NUMBER_TEXT];
	unsigned length = number_text(text, (uint64_t)pid);

	return dir < 0 ? 0 : write_file(dir, "tasks", O_APPEND, text, length);
}

int host_rdt_join(const struct plan *plan, const struct host_rdt *rdt, int64_t pid, struct fault *fault)
{
	struct rdt_place at = { .plan = plan, .fault = fault, .root = -1 };
	uint32_t number = FAULT_NO_RECORD;

	if (!rdt->open)
		return 0;
	at.record = find(plan, &number);
	/* a monitoring group takes tasks of its own class only */
	int r = join(rdt->group, pid);
	if (r == 0)
		r = join(rdt->monitor, pid);
	if (r == 0)
		return 0;
	FD_AUTO root = sys_openat(AT_FDCWD, plan_text(plan, at.record->root), O_RDONLY | O_DIRECTORY, 0);
	at.root = root;
	fault->row = PLAN_ROW_RDT;
	fault->record = number;
	return failed_at(&at, FAULT_WRITE, r, "tasks");
}

int host_rdt_join_at(const char *dir, int64_t pid)
{
	FD_AUTO group = sys_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	/* of a class that is gone its tasks are in the root, and so will this one be */
	return group == -ENOENT ? 0 : group < 0 ? group : join(group, pid);
}

void host_rdt_close(struct host_rdt *rdt)
{
	if (!rdt->open)
		return;
	fd_close_at(&rdt->group);
	fd_close_at(&rdt->monitor);
	rdt->open = false;
}

/* Without its monitoring group; one that others have joined meanwhile stays. */
static bool is_empty(int group)
{
	char text[8];

	return group >= 0 && read_file(group, "tasks", text, sizeof text) == 0;
}

void host_rdt_undo(const struct plan *plan, struct host_rdt *rdt)
{
	uint32_t number;
	const struct plan_rdt *record = rdt->open ? find(plan, &number) : NULL;
	char path[sizeof MON_GROUPS + 256] = MON_GROUPS;

	if (!record)
		return;
	fault_append(path, sizeof path, plan_text(plan, record->monitor));
	if (rdt->monitor_made)
		sys_unlinkat(rdt->group, path, AT_REMOVEDIR);
	if (rdt->made && (!(record->flags & PLAN_RDT_KEEP) || is_empty(rdt->group))) {
		FD_AUTO root = sys_openat(AT_FDCWD, plan_text(plan, record->root), O_RDONLY | O_DIRECTORY, 0);

		if (root >= 0)
			sys_unlinkat(root, plan_text(plan, record->group), AT_REMOVEDIR);
	}
	host_rdt_close(rdt);
}

int host_rdt_remove(const char *dir)
{
	int r = sys_unlinkat(AT_FDCWD, dir, AT_REMOVEDIR);

	return r == -ENOENT ? 0 : r;
}

int host_rdt_write(const char *root, const char *dir, const char *schemata, struct fault *fault)
{
	FD_AUTO group = sys_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	int r = group < 0 ? group : write_file(group, "schemata", O_TRUNC, schemata, strlen(schemata));

	if (r == 0)
		return 0;
	FD_AUTO top = sys_openat(AT_FDCWD, root, O_RDONLY | O_DIRECTORY, 0);
	char text[FAULT_OBJECT] = "";
	fault_append(text, sizeof text, dir);
	fault_append(text, sizeof text, "/schemata");
	fault->row = PLAN_ROW_RDT;
	fault->record = FAULT_NO_RECORD;
	return failed(fault, top, FAULT_WRITE, r, text);
}
