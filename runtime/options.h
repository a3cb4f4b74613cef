/* The command line's grammar (GLB-24..33), which is Go's flag package as runc's callers know it: options are
 * rows (cmd.h), one dash or two, `--name value` or `--name=value`, options also behind the arguments, `--`
 * ends them.
 */
#ifndef OCIRUN_OPTIONS_H
#define OCIRUN_OPTIONS_H

#include "cmd/cmd.h"

struct parsed {
	int count;        /* positional arguments ... */
	char **arguments; /* ... gathered at the front of the argument vector */
	bool help;        /* -h or --help, which every command has */
};

/* Parse `count` words. `in_order`: stop at the first positional argument (global options; exec and ps, where
 * what follows is somebody else's command line). Values go where the rows say. 0, or -EINVAL with runc's
 * text. */
int options_parse(const struct option *options, bool in_order, int count, char **words, void *values,
		  struct parsed *ret, struct error *error);
/* Free the lists among the values. */
void options_forget(const struct option *options, void *values);
/* Go's words for a boolean: 0 or 1, -EINVAL. */
int options_bool(const char *word);

/* help.c: on stdout. */
void help_program(const char *program, const struct option *globals, const struct command *const *commands);
void help_command(const char *program, const struct command *command);

#endif
