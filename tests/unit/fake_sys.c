/* See fake_sys.h. The core: it logs and decides; the calls in fake_files.c and fake_processes.c only say
 * what is worth a line. */
#include "fake_core.h"

#define SCRIPTS 256

struct fake_state fake = { .next_fd = FIRST_FD };

static struct {
	char log[1 << 20];
	size_t used;
	unsigned calls, fail_at;
	int fail_error;
	struct script scripts[SCRIPTS];
	unsigned script_count;
} record;

void fake_reset(void)
{
	for (unsigned i = 0; i < record.script_count; i++)
		free(record.scripts[i].bytes);
	memset(&fake, 0, sizeof fake);
	memset(&record, 0, sizeof record);
	fake.next_fd = FIRST_FD;
	fake.wait_code = CLD_EXITED;
}

void fake_fail(unsigned n, int error)
{
	record.fail_at = n;
	record.fail_error = error;
}

static struct script *add_script(const char *name)
{
	struct script *script = &record.scripts[record.script_count++];

	if (record.script_count > SCRIPTS)
		abort();
	memset(script, 0, sizeof *script);
	snprintf(script->name, sizeof script->name, "%s", name);
	return script;
}

void fake_return(const char *name, int64_t value)
{
	add_script(name)->value = value;
}

void fake_bytes(const char *name, const void *bytes, size_t size)
{
	fake_message(bytes, size, NULL, 0);
	snprintf(record.scripts[record.script_count - 1].name, 24, "%s", name);
}

void fake_message(const void *bytes, size_t size, const int *fds, unsigned fd_count)
{
	struct script *script = add_script("recvmsg");

	script->bytes = malloc(size + 1);
	if (!script->bytes || fd_count > 40)
		abort();
	memcpy(script->bytes, bytes, size);
	script->size = size;
	script->value = (int64_t)size;
	script->fd_count = fd_count;
	if (fd_count)
		memcpy(script->fds, fds, fd_count * sizeof *fds);
}

void fake_stat(mode_t mode, unsigned major, unsigned minor, uint64_t inode)
{
	struct stat *st = &fake.stats[fake.stat_count++];

	if (fake.stat_count > 64)
		abort();
	st->st_mode = mode;
	st->st_rdev = (dev_t)major << 8 | minor;
	st->st_ino = inode;
}

void fake_wait(int code, int status)
{
	fake.wait_code = code;
	fake.wait_status = status;
}

void fake_exit_to(jmp_buf *where)
{
	fake.exit_to = where;
}

const char *fake_log(void)
{
	return record.log;
}

unsigned fake_calls(void)
{
	return record.calls;
}

unsigned fake_count(const char *text)
{
	unsigned count = 0;
	char line[4096];

	for (const char *at = record.log; *at; at += strcspn(at, "\n") + 1) {
		snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
		count += strstr(line, text) != NULL;
	}
	return count;
}

unsigned fake_open_fds(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < LAST_FD; i++)
		count += fake.open[i];
	return count;
}

/* ---- the core ---------------------------------------------------------------------------------- */

static void put(const char *format, va_list arguments)
{
	size_t room = sizeof record.log - record.used;
	int n = vsnprintf(record.log + record.used, room, format, arguments);

	if (n < 0 || (size_t)n + 2 > room)
		abort();
	for (int i = 0; i < n; i++)
		if (record.log[record.used + (size_t)i] == '\n')
			record.log[record.used + (size_t)i] = ' ';
	record.used += (size_t)n;
	record.log[record.used++] = '\n';
	record.log[record.used] = 0;
}

/* Take the next script of this name out of the list. */
static struct script *take_script(const char *name)
{
	for (unsigned i = 0; i < record.script_count; i++)
		if (strcmp(record.scripts[i].name, name) == 0) {
			record.scripts[i].name[0] = 0;
			return &record.scripts[i];
		}
	return NULL;
}

struct script *fake_count_call(const char *name, int *ret_error)
{
	*ret_error = 0;
	if (++record.calls == record.fail_at) {
		*ret_error = -record.fail_error;
		return NULL;
	}
	return take_script(name);
}

/* Log a line whose first word is the call; its result: failure, script, or `usual`. ret_script: the
 * script that was used, or NULL. */
static int64_t call_script(struct script **ret_script, int64_t usual, const char *format, va_list arguments)
{
	char name[24];
	struct script *script;
	int error;

	snprintf(name, sizeof name, "%.*s", (int)strcspn(format, " "), format);
	put(format, arguments);
	*ret_script = script = fake_count_call(name, &error);
	return script ? script->value : error ? error : usual;
}

int64_t fake_call(int64_t usual, const char *format, ...)
{
	struct script *script;
	va_list arguments;
	int64_t r;

	va_start(arguments, format);
	r = call_script(&script, usual, format, arguments);
	va_end(arguments);
	return r;
}

int fake_track(int64_t fd)
{
	if (fd >= 0 && fd < LAST_FD)
		fake.open[fd] = 1;
	return (int)fd;
}

/* A call that gives a descriptor. */
int fake_give(const char *format, ...)
{
	struct script *script;
	va_list arguments;
	int64_t r;

	va_start(arguments, format);
	r = call_script(&script, fake.next_fd, format, arguments);
	va_end(arguments);
	if (r == fake.next_fd)
		fake.next_fd++;
	return fake_track(r);
}

/* A call that fills memory. */
ssize_t fake_fill(void *buffer, size_t size, int64_t usual, const char *format, ...)
{
	struct script *script;
	va_list arguments;
	int64_t r;

	va_start(arguments, format);
	r = call_script(&script, usual, format, arguments);
	va_end(arguments);
	if (script && script->bytes) {
		r = (int64_t)(script->size < size ? script->size : size);
		memcpy(buffer, script->bytes, (size_t)r);
	}
	return (ssize_t)r;
}

const char *fake_quoted(const void *bytes, size_t size)
{
	static char text[2][256];
	static int turn;
	char *to = text[turn ^= 1];

	if (!bytes)
		return "-";
	snprintf(to, sizeof text[0], "%.*s", (int)(size > 200 ? 200 : size), (const char *)bytes);
	return to;
}

void fake_line(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put(format, arguments);
	va_end(arguments);
}
