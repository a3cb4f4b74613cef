/* Where messages go: the file of --log as text or JSON, and stderr. Managers read both (GLB-05, CLIENTS 1):
 * the file must hold one object for the one error, since podman reads the whole file as one document
 * (GLB-11); so with JSON and without --debug a warning goes to stderr alone. Keeps no state but the
 * descriptor in globals.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "fd.h"
#include "json_out.h"
#include "timestamp.h"
#include "utf8.h"

/* Above what --preserve-fds can name in practice: the log may stand where the caller left a hole, and a kept
 * descriptor that is missing must be seen as missing. */
#define LOG_DESCRIPTOR 200

static bool json(const struct globals *globals)
{
	return globals->log_format && !strcmp(globals->log_format, "json");
}

/* One line, one write: other processes may append to the same file. */
static void write_line(int fd, char *line, size_t length)
{
	while (length > 0) {
		ssize_t done = sys_write(fd, line, length);

		if (done == -EINTR)
			continue;
		if (done <= 0)
			return; /* there is nowhere left to say so */
		line += done;
		length -= (size_t)done;
	}
}

static void write_json(FILE *file, const char *level, const char *text, const char *when)
{
	struct json_out out = { .file = file };

	json_out_open(&out, '{');
	json_out_member(&out, "level", level);
	json_out_member(&out, "msg", text);
	json_out_member(&out, "time", when);
	json_out_close(&out, '}');
	putc('\n', file);
}

static void write_text(FILE *file, const char *level, const char *text, const char *when)
{
	fprintf(file, "time=\"%s\" level=%s msg=", when, level);
	json_out_quote(file, text);
	putc('\n', file);
}

static void to_file(const struct globals *globals, int fd, const char *level, const char *text)
{
	char when[TIMESTAMP_TEXT], *line = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&line, &length);

	if (!file)
		return;
	(json(globals) ? write_json : write_text)(file, level, text, timestamp_now(when, 0));
	if (fclose(file) == 0)
		write_line(fd, line, length);
	free(line);
}

static void to_stderr(const char *program, const char *text)
{
	char *line = NULL;
	int length = asprintf(&line, "%s%s%s\n", program, *program ? ": " : "", text);

	if (length < 0)
		return;
	/* ids, keys and paths are a user's: no second line, no escape sequence for a terminal */
	line[length - 1] = 0;
	utf8_defuse(line, ' ');
	line[length - 1] = '\n';
	write_line(STDERR_FILENO, line, (size_t)length);
	free(line);
}

static const char *name_of(const struct globals *globals)
{
	return globals->program ? globals->program : "ocirun";
}

static char *format_text(const char *format, va_list arguments)
{
	char *text = NULL;

	return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

static bool quiet(const struct globals *globals)
{
	return globals->log_level && !strcmp(globals->log_level, "error") && !globals->debug;
}

void log_warning(const struct globals *globals, const char *format, ...)
{
	va_list arguments;

	if (quiet(globals))
		return;
	va_start(arguments, format);
	char *text = format_text(format, arguments);
	va_end(arguments);
	if (!text)
		return;
	if (globals->log_fd > 0 && (!json(globals) || globals->debug))
		to_file(globals, globals->log_fd, "warning", text);
	else
		to_stderr(name_of(globals), text);
	free(text);
}

void log_debug(const struct globals *globals, const char *format, ...)
{
	va_list arguments;

	if (!globals || !globals->debug)
		return;
	va_start(arguments, format);
	char *text = format_text(format, arguments);
	va_end(arguments);
	/* with --log nothing of this level is on stderr (BAT-09) */
	if (text)
		to_file(globals, globals->log_fd > 0 ? globals->log_fd : STDERR_FILENO, "debug", text);
	free(text);
}

/* BAT-13 */
static void tell_alone(const struct error *error)
{
	char *text = strndup(error->text, error->hint ? error->hint : sizeof error->text);

	if (text)
		to_stderr("", text);
	free(text);
}

/* "create web: /mounts/3: TEXT" */
static char *in_our_words(const char *where, const struct error *error)
{
	bool placed = where && *where, pointer = error->pointer[0] != 0;
	char *text = NULL;

	if (asprintf(&text, "%s%s%s%s%s", placed ? where : "", placed ? ": " : "", error->pointer,
		     pointer ? ": " : "", error->text) < 0)
		return NULL;
	return text;
}

/* BAT-71: a program that is called by the name runc is taken for it, and scripts look for this frame. NULL:
 * there is none for this command. */
static char *in_runc_words(const char *where, const struct error *error)
{
	static const struct {
		const char *command, *frame;
	} frames[] = {
		{ "create ", "runc create failed: " },
		{ "run ", "runc run failed: " },
		{ "exec ", "exec failed: " },
	};
	const char *frame = NULL, *pointer = error->pointer;
	char *text = NULL;

	for (size_t i = 0; where && i < sizeof frames / sizeof *frames; i++)
		if (!strncmp(where, frames[i].command, strlen(frames[i].command)))
			frame = frames[i].frame;
	if (!frame)
		return NULL;
	if (asprintf(&text, "%s%s%s%s%s%s", frame,
		     error->inside ? "unable to start container process: error during container init: " : "",
		     error->text, *pointer ? " (at " : "", pointer, *pointer ? ")" : "") < 0)
		return NULL;
	return text;
}

void log_error(const struct globals *globals, const char *where, const struct error *error)
{
	bool runc = !strcmp(name_of(globals), "runc");
	char *text = runc ? in_runc_words(where, error) : NULL;
	bool framed = text != NULL;

	if (!text)
		text = in_our_words(where, error);
	if (!text)
		return;
	if (globals->log_fd > 0)
		to_file(globals, globals->log_fd, "error", text);
	if (error->alone)
		tell_alone(error);
	else
		to_stderr(framed ? "" : name_of(globals), text);
	free(text);
}

/* GLB-06: a prefix counts only when it stands there exactly; every other text is a path, colons and all. */
static int log_path(const char *option, const char **ret, struct error *error)
{
	static const char *const later[] = { "journald:", "syslog:" };

	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		if (!strncmp(option, later[i], strlen(later[i])))
			return error_set(error, EINVAL, "--log %s is not supported yet: give a path",
					 later[i]);
	*ret = !strncmp(option, "file:", 5) ? option + 5 : option;
	return 0;
}

int log_check(struct globals *globals, struct error *error)
{
	const char *format = globals->log_format, *path = NULL;

	if (format && strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
		return error_set(error, EINVAL, "invalid log-format: %s", format);
	if (!globals->log || !*globals->log)
		return 0;
	int r = log_path(globals->log, &path, error);
	if (r < 0)
		return r;
	FD_AUTO fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (fd < 0)
		return error_errno(error, fd, "cannot open the log %s", path);
	int high = sys_dup(fd, LOG_DESCRIPTOR);
	globals->log_fd = high >= 0 ? high : fd_take(&fd); /* a low RLIMIT_NOFILE */
	return 0;
}
