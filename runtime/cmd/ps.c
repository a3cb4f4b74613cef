/* `ocirun ps`: the processes of a container, as the host sees them: host pids as JSON, or the lines of the
 * host's ps(1) that belong to it (PSS-01..08). Where there is no ps(1), a table of our own (ps_table.c).
 * Nothing goes to stderr with json: containerd decodes both streams together.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/processes.h"
#include "cmd/cmd.h"
#include "cmd/ps_table.h"
#include "container/root.h"
#include "fd.h"
#include "json_out.h"
#include "number.h"

struct values {
	const char *format;
};

static const struct option options[] = {
	{ "format", 'f', OPTION_STRING, "table|json", "form of the output (default: table)",
	  COMMAND_OPTION(values, format) },
	{ 0 },
};

/* What a printer is told. */
struct request {
	const int64_t *pids;
	int count;
	int argument_count; /* of ps; none: -ef */
	char **arguments;
};

static int print_json(const struct request *request, struct error *error)
{
	struct json_out out = { .file = stdout };

	(void)error;
	json_out_open(&out, '[');
	for (int i = 0; i < request->count; i++)
		json_out_signed(&out, request->pids[i]);
	json_out_close(&out, ']');
	putchar('\n');
	return 0;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool is_ours(const struct request *request, int64_t pid)
{
	return request->count > 0 &&
	       bsearch(&pid, request->pids, (size_t)request->count, sizeof pid, compare) != NULL;
}

/* The word number `index` of a line, copied; false when there are fewer or it is longer than any we want. */
static bool word_at(const char *line, int index, char ret[NUMBER_TEXT])
{
	static const char blanks[] = " \t\n";
	size_t length;

	for (line += strspn(line, blanks); index > 0; index--) {
		line += strcspn(line, blanks);
		line += strspn(line, blanks);
	}
	length = strcspn(line, blanks);
	if (length == 0 || length >= NUMBER_TEXT)
		return false;
	memcpy(ret, line, length);
	ret[length] = 0;
	return true;
}

/* Which word of the heading is PID, or -1. A heading has no blanks within a word. */
static int pid_column(const char *heading)
{
	int column = 0;

	for (const char *at = heading; *(at += strspn(at, " \t\n")); column++) {
		size_t length = strcspn(at, " \t\n");

		if (length == 3 && !memcmp(at, "PID", 3))
			return column;
		at += length;
	}
	return -1;
}

/* The heading, and the lines of our processes. A line whose pid is "-" (threads, by `ps m`) belongs to the
 * process above it. */
static int filter(FILE *from, const struct request *request, struct error *error)
{
	char *line = NULL, word[NUMBER_TEXT];
	size_t size = 0;
	bool ours = false;
	int column = getline(&line, &size, from) < 0 ? -1 : pid_column(line);

	if (column >= 0)
		fputs(line, stdout);
	while (column >= 0 && getline(&line, &size, from) >= 0) {
		uint64_t pid;

		if (!word_at(line, column, word))
			continue;
		if (number_parse(word, INT32_MAX, &pid) == 0)
			ours = is_ours(request, (int64_t)pid);
		if (ours)
			fputs(line, stdout);
	}
	free(line);
	return column < 0 ? error_set(error, EINVAL, "couldn't find PID field in ps output") : 0;
}

/* Start ps with its output in a pipe; ret_end is the end to read. 0, or -errno (-ENOENT: no ps here). */
static int spawn_ps(const struct request *request, pid_t *ret_pid, int *ret_end)
{
	char name[] = "ps", all[] = "-ef"; /* argv is not const: the child has a copy */
	size_t given = (size_t)request->argument_count;
	char **words = calloc(given + 3, sizeof *words);
	posix_spawn_file_actions_t actions;
	int ends[2], r;

	if (!words || posix_spawn_file_actions_init(&actions) != 0) {
		free(words);
		return -ENOMEM;
	}
	words[0] = name;
	words[1] = all; /* stands when nothing is asked for */
	if (given)
		memcpy(words + 1, request->arguments, given * sizeof *words);
	r = sys_pipe(ends);
	if (r == 0) {
		r = -posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
		if (r == 0)
			r = -posix_spawnp(ret_pid, name, &actions, NULL, words, environ);
		fd_close(ends[1]);
		if (r == 0)
			*ret_end = ends[0];
		else
			fd_close(ends[0]);
	}
	posix_spawn_file_actions_destroy(&actions);
	free(words);
	return r;
}

/* The end of ps: 0, or the error. What it had to say, it has said on our stderr. */
static int wait_ps(pid_t pid, struct error *error)
{
	siginfo_t info = { 0 };
	int r;

	do
		r = sys_waitid(P_PID, (id_t)pid, &info, WEXITED);
	while (r == -EINTR);
	if (r < 0)
		return error_errno(error, r, "cannot wait for ps");
	if (info.si_code == CLD_EXITED && info.si_status == 0)
		return 0;
	return error_set(error, EIO, "ps: %s %d", info.si_code == CLD_EXITED ? "exit status" : "signal",
			 info.si_status);
}

static int print_table(const struct request *request, struct error *error)
{
	struct error ended = { 0 };
	pid_t pid = -1;
	int end = -1, r = spawn_ps(request, &pid, &end);

	if (r == -ENOENT && request->argument_count == 0) {
		ps_table(request->pids, request->count);
		return 0;
	}
	if (r < 0)
		return error_errno(error, r, "cannot run ps");
	FILE *from = fdopen(end, "r");
	if (from) {
		r = filter(from, request, error);
		fclose(from);
	} else {
		r = error_errno(error, ENOMEM, "cannot read from ps");
		fd_close(end);
	}
	/* an option that ps does not know explains an output without a heading */
	if (wait_ps(pid, &ended) < 0) {
		*error = ended;
		return -ended.code;
	}
	return r;
}

static const struct {
	const char *word;
	int (*print)(const struct request *request, struct error *error);
} formats[] = {
	{ "table", print_table },
	{ "json", print_json },
};

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct values *values = given;
	const char *format = values->format && *values->format ? values->format : "table";
	struct request request = { .argument_count = count - 1, .arguments = arguments + 1 };
	struct container container;

	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		int64_t *pids = NULL;
		int r;

		if (strcmp(formats[i].word, format) != 0)
			continue;
		r = container_find(globals, arguments[0], LOCK_NONE, false, &container, error);
		if (r < 0)
			return r;
		request.count = container_pids(globals->arena, &container.state, &pids, error);
		container_close(&container);
		request.pids = pids;
		return request.count < 0 ? request.count : formats[i].print(&request, error);
	}
	return error_set(error, EINVAL, "invalid format option");
}

const struct command command_ps = {
	.name = "ps",
	.arguments = "<container-id> [ps options]",
	.summary = "list the processes of a container",
	.statuses = "created running paused",
	.details = "What follows the id goes to ps(1); its output must have a column PID. Default: -ef",
	.options = options,
	.size = sizeof(struct values),
	.least = 1,
	.most = -1,
	.run = run,
};
