/* The two tables that the command line is made of. main.c finds commands in them, help prints them, and what
 * is made of the documents (tools/gen-man.c, tools/gen-completion.c) is linked with them: none of these can
 * drift.
 */
#ifndef OCIRUN_COMMANDS_H
#define OCIRUN_COMMANDS_H

#include "cmd/cmd.h"

/* What the global options fill. */
struct global_values {
	struct globals globals;
	bool version;
};

extern const struct option global_options[];   /* ends with a NULL name */
extern const struct command *const commands[]; /* by name; ends with NULL */

/* The command of this name, or NULL. */
const struct command *commands_find(const char *name);

#endif
