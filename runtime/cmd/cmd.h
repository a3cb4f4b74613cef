/* Commands are rows: each runtime/cmd/X.c exports one `const struct command command_X`; main.c lists them.
 * The option rows of a command are read by the parser (options.c), by help and by the man pages.
 */
#ifndef OCIRUN_CMD_H
#define OCIRUN_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "error.h"

enum option_kind {
	OPTION_BOOL,   /* bool; --x, --x=true|false (Go's words) */
	OPTION_STRING, /* const char * */
	OPTION_NUMBER, /* int; decimal, whole string */
	OPTION_LIST    /* struct option_list: every occurrence, in order */
};
struct option_list {
	int count;
	const char **words; /* freed by whoever owns the values: options_forget */
};

struct option {
	const char *name; /* long name without dashes; one or two dashes are accepted (GLB-28) */
	char letter;      /* or 0 */
	enum option_kind kind;
	const char *value; /* name of the value in help, or its words: "text|json"; NULL for BOOL */
	const char *help;  /* one line */
	size_t offset;     /* in the values struct; the last occurrence wins (GLB-33) */
};

struct globals {
	const char *program; /* basename of argv[0]: printed in help and version (BAT-03, BAT-06) */
	const char *root;    /* --root as given (made absolute), or NULL: default */
	const char *log, *log_format;
	bool debug, systemd_cgroup;
	const char *rootless, *cgroup_manager, *log_level, *systemd_properties;
	int original_cwd;    /* the directory we were started in: AT_FDCWD, since no command leaves it */
	int log_fd;          /* of --log; 0: none (host/log.c) */
	struct arena *arena; /* the command's memory */
	int kept_error;      /* descriptors: see host/listen */
};

struct command {
	const char *name;
	const char *arguments;        /* usage: "<container-id> [signal]" */
	const char *summary;          /* one line of help */
	const char *statuses;         /* of the containers that <container-id> is for, as completion offers
				       * them: "created running"; NULL: of none that is there */
	const char *details;          /* further help text, or NULL */
	const struct option *options; /* ends with a NULL name; may be NULL */
	size_t size;                  /* of the values struct (zeroed, at most 512 bytes) */
	int failure;                  /* exit status of a failure of our own, 0: 1 (GLB-37) */
	int least, most; /* positional arguments; most -1: any number, and what follows the first is taken
			  * as it is (exec, ps: GLB-31) */
	/* Exit status (>= 0), or -errno with the error filled: main prints it and exits 1. */
	int (*run)(const struct globals *globals, const void *values, int count, char **arguments,
		   struct error *error);
};

extern const struct command command_check, command_create, command_start, command_run, command_state,
	command_kill, command_delete, command_list, command_spec, command_features, command_plan,
	command_checkpoint, command_restore, command_exec, command_events, command_pause, command_ps,
	command_resume, command_update;

#define COMMAND_OPTION(type, member) offsetof(struct type, member)

/* host/log.c: where messages go (GLB-05..12). Errors are written once, by main. */
void log_warning(const struct globals *globals, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void log_debug(const struct globals *globals, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The final error of the command: one object in the log (json), one plain line on stderr
 * (`ocirun: create web: POINTER: TEXT`; for a program called runc `runc create failed: TEXT (at POINTER)`).
 * `where` is "create web". */
void log_error(const struct globals *globals, const char *where, const struct error *error);
/* Check --log-format and open --log; 0 or -errno. */
int log_check(struct globals *globals, struct error *error);

/* version.c */
extern const char ocirun_version[], ocirun_commit[], ocirun_spec_version[]; /* "1.3.0" */

#endif
