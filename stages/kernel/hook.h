/* One hook process, the same on both sides: vfork-like clone with a pidfd, state as a sealed memfd on
 * stdin, deadline by poll, the last KiB of each output stream kept for the fault (PRO-22..28).
 */
#ifndef OCIRUN_HOOK_H
#define OCIRUN_HOOK_H

#include "fault.h"
#include "plan.h"

#define HOOK_OUTPUT 1024 /* bytes kept of each stream, its last ones */

struct hook_run {
	const char *kind; /* "prestart" ...: for messages */
	uint64_t index;   /* in its array */
	const char *path;
	char *const *args; /* NULL-terminated; never empty */
	char *const *env;  /* NULL-terminated */
	const char *cwd;   /* "" leaves it */
	uint64_t timeout;  /* seconds; 0: none */
	const char *state; /* text for stdin */
	size_t state_length;
	const char *state_pid, *state_tail; /* what follows it, or NULL: so nobody need join 128 KiB */
	const char *files[2]; /* its stdout, stderr are appended there too (ANN-14); NULL or "": not */
	int abort_fd;         /* the hook is killed when this becomes readable or hung up; -1: none */
	/* Run in the child before execve (drop rights, filter); NULL: nothing. 0 or -errno. */
	int (*prepare)(void *);
	void *argument;
	int through; /* a descriptor above 2 that `prepare` needs (close-on-exec); 0: none */
};

/* Run it to its end. 0 on exit status 0; else -errno and a fault whose object reads
 * `error running KIND hook #INDEX: exit status N, stdout: ..., stderr: ...` (op FAULT_HOOK is not
 * printed before it: see fault_text.c) or `... hook ran past specified timeout of N.0s`. */
int hook_run(const struct hook_run *hook, struct fault *fault);
/* Fill `ret` from a record: makes args and env char *[] in place, points into the plan for the state, and
 * writes pid to `buffer` of `size` bytes (NUMBER_TEXT are enough; -E2BIG when it does not fit). What the
 * record does not know (abort_fd, prepare, argument) is "none". */
int hook_from_record(const struct plan *plan, const struct plan_hook *record, int64_t pid, char *buffer,
		     size_t size, struct hook_run *ret);
/* Make an ARGV list a NULL-terminated char *[] in place (idempotent: a list is converted once; its last
 * spare slot is 0 before and marks it after). Two spare pointers are free behind the last string. */
char **plan_argv(const struct plan *plan, struct plan_list list);

#endif
