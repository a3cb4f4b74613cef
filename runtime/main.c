/* ocirun's command line: descriptors 0 to 2, global options, which command, exit statuses (GLB-22..27,
 * GLB-37). The tables stand in commands.c, what a command does in cmd/; how words become values in options.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/features.h"
#include "commands.h"
#include "listen.h"
#include "options.h"
#include "utf8.h"

#define EXIT_USAGE 3 /* unknown command */
#define VALUES_BYTES 512

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int print_version(const char *program)
{
	char seccomp[SECCOMP_VERSION_TEXT];

	printf("%s version %s\ncommit: %s\nspec: %s\nlibseccomp: %s\n", program, ocirun_version,
	       ocirun_commit, ocirun_spec_version, seccomp_version_text(seccomp));
	return 0;
}

static int no_help_topic(const char *name)
{
	char text[64];

	snprintf(text, sizeof text, "%s", name);
	utf8_defuse(text, '?');
	fprintf(stderr, "No help topic for '%s'\n", text);
	return EXIT_USAGE;
}

/* `help`, `help CMD` */
static int help(const char *program, int count, char **arguments)
{
	if (count == 0) {
		help_program(program, global_options, commands);
		return 0;
	}
	const struct command *command = commands_find(arguments[0]);
	if (!command)
		return no_help_topic(arguments[0]);
	help_command(program, command);
	return 0;
}

/* GLB-26. The text is runc's, argv[0] included. */
static int check_count(const struct command *command, const char *self, int count, struct error *error)
{
	const char *how = command->least == command->most ? "exactly"
			  : count < command->least        ? "a minimum of"
							  : "a maximum of";
	int wanted = count < command->least ? command->least : command->most;

	if (count >= command->least && (command->most < 0 || count <= command->most))
		return 0;
	return error_set(error, EINVAL, "%s: \"%s\" requires %s %d argument(s)", self, command->name, how,
			 wanted);
}

static int check_word(const char *option, const char *word, const char *const *words, struct error *error)
{
	if (!word)
		return 0;
	for (; *words; words++)
		if (!strcmp(word, *words))
			return 0;
	return error_set(error, EINVAL, "invalid value \"%s\" for --%s", word, option);
}

/* What global options may say. Done after the log is open: this too is an error that managers want to read.
 */
static int check_globals(struct globals *globals, struct error *error)
{
	static const char *const managers[] = { "cgroupfs", "systemd", "disabled", NULL };
	static const char *const levels[] = { "error", "warning", "warn", "info", "debug", NULL };
	const char *rootless = globals->rootless;
	int r = check_word("cgroup-manager", globals->cgroup_manager, managers, error);

	if (r == 0)
		r = check_word("log-level", globals->log_level, levels, error);
	if (r == 0 && rootless && *rootless && strcmp(rootless, "auto") != 0 && options_bool(rootless) < 0)
		r = error_set(error, EINVAL, "invalid value \"%s\" for --rootless: true, false or auto",
			      rootless);
	if (r < 0)
		return r;
	if (globals->log_level && !strcmp(globals->log_level, "debug"))
		globals->debug = true;
	if (globals->cgroup_manager) /* the later word, where both are given, is not known: this one says more
				      */
		globals->systemd_cgroup = !strcmp(globals->cgroup_manager, "systemd");
	return 0;
}

/* `exec ID -- cmd`: the second way to end the options, behind the argument where they end anyway (GLB-32). */
static void drop_dashes(struct parsed *parsed)
{
	if (parsed->count < 2 || strcmp(parsed->arguments[1], "--") != 0)
		return;
	parsed->count--;
	memmove(parsed->arguments + 1, parsed->arguments + 2,
		(size_t)(parsed->count - 1) * sizeof *parsed->arguments);
}

/* GLB-37: what a program inside could end with too must not mean that it never began. */
static int failure_of(const struct command *command)
{
	return command && command->failure ? command->failure : 1;
}

/* A wrong command line: what is wrong and the help on stdout, the error once more where errors go (GLB-24).
 */
static int usage_error(const struct globals *globals, const struct command *command, bool counted,
		       const struct error *error)
{
	if (counted)
		printf("Incorrect Usage.\n\n");
	else
		printf("Incorrect Usage: %s\n\n", error->text);
	if (command)
		help_command(globals->program, command);
	else
		help_program(globals->program, global_options, commands);
	log_error(globals, "", error);
	return failure_of(command);
}

static int run_with(const struct globals *globals, const struct command *command, const char *self, int count,
		    char **words, void *values)
{
	struct error error = { 0 };
	struct parsed parsed;
	int r;

	r = options_parse(command->options, command->most < 0, count, words, values, &parsed, &error);
	if (r < 0)
		return usage_error(globals, command, false, &error);
	if (parsed.help) {
		help_command(globals->program, command);
		return 0;
	}
	if (command->most < 0)
		drop_dashes(&parsed);
	r = check_count(command, self, parsed.count, &error);
	if (r < 0)
		return usage_error(globals, command, true, &error);
	r = command->run(globals, values, parsed.count, parsed.arguments, &error);
	if (r >= 0)
		return r;

	char where[512];
	bool named = command->least > 0 && parsed.arguments[0][0];
	snprintf(where, sizeof where, "%s%s%.400s", command->name, named ? " " : "",
		 named ? parsed.arguments[0] : "");
	log_error(globals, where, &error);
	return failure_of(command);
}

static int run_command(const struct globals *globals, const struct command *command, const char *self,
		       int count, char **words)
{
	_Alignas(max_align_t) char values[VALUES_BYTES] = { 0 };
	struct error error = { 0 };

	if (command->size > sizeof values) { /* a command's own mistake: said, not overrun */
		error_set(&error, ENOBUFS, "%s has more option values than main holds", command->name);
		log_error(globals, "", &error);
		return 1;
	}
	int status = run_with(globals, command, self, count, words, values);
	options_forget(command->options, values);
	return status;
}

static int dispatch(struct globals *globals, const char *self, struct parsed *parsed)
{
	const char *name = parsed->arguments[0];
	bool asks_help = !strcmp(name, "help") || !strcmp(name, "h");
	const struct command *command = commands_find(name);
	struct error error = { 0 };

	if (asks_help)
		return help(globals->program, parsed->count - 1, parsed->arguments + 1);
	if (!command)
		return no_help_topic(name);
	int r = log_check(globals, &error);
	if (r == 0)
		r = check_globals(globals, &error);
	if (r < 0) {
		log_error(globals, "", &error);
		return 1;
	}
	return run_command(globals, command, self, parsed->count - 1, parsed->arguments + 1);
}

int main(int argc, char **argv)
{
	struct arena arena = { 0 };
	struct global_values values = { .globals = { .original_cwd = AT_FDCWD, .arena = &arena } };
	struct error error = { 0 };
	struct parsed parsed;

	listen_fill(); /* before anything is opened */
	signal(SIGXFSZ,
	       SIG_IGN); /* a write beyond RLIMIT_FSIZE is an error to be told and undone, not our death */
	signal(SIGCHLD, SIG_DFL); /* a caller that ignores it would take the status of every child from us */
	if (argc < 1)
		return 1;
	values.globals.program = base_name(argv[0]);
	if (options_parse(global_options, true, argc - 1, argv + 1, &values, &parsed, &error) < 0)
		return usage_error(&values.globals, NULL, false, &error);
	if (values.version)
		return print_version(values.globals.program);
	if (parsed.help || parsed.count == 0) {
		help_program(values.globals.program, global_options, commands);
		return 0;
	}
	int status = dispatch(&values.globals, argv[0], &parsed);
	/* a report that could not be written (ENOSPC, closed pipe) must not end as success */
	if (fflush(stdout) == EOF && status == 0)
		status = 1;
	/* the arena ends with the process: taking its pages away one by one would cost a flush of the TLB */
	return status;
}
