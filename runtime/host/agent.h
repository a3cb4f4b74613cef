/* The seccomp agent (PRO-40): who answers for system calls that the filter hands to user space. */
#ifndef OCIRUN_AGENT_H
#define OCIRUN_AGENT_H

#include "compile/compile.h"

struct agent {
	const char *status;               /* of the container; set by the caller */
	int64_t init;                     /* its first process, for an exec; 0: the process that is told of */
	int sock;                         /* -1: none is wanted */
	const char *head, *middle, *tail; /* the message around its two pids */
};

/* Connect to the agent (compile_receiver) when a rule notifies, and prepare the message. First of all: with
 * nobody to answer the container would hang. `status` and `init` of it are set. 0, or -errno with "failed to
 * connect with seccomp agent". */
int agent_connect(struct arena *arena, const struct spec *spec, const struct compile_options *options,
		  struct agent *ret, struct error *error);
/* Send the container process state with the listener of process `pid` (borrowed). */
int agent_send(const struct agent *agent, int64_t pid, int listener, struct error *error);

#endif
