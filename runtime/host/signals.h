/* What a foreground `run` or `exec` does with signals and children while the container lives. */
#ifndef OCIRUN_SIGNALS_H
#define OCIRUN_SIGNALS_H

#include <poll.h>
#include <stdint.h>

#include "error.h"

/* Something that is served meanwhile: news for a service manager, a terminal. Before each wait it names what
 * it waits for, afterwards it gets those entries back. */
#define SIDE_ENDS 4
#define SIDE_WORKS 2 /* at most */
struct side_work {
	/* Fill at most SIDE_ENDS entries; how many. */
	unsigned (*watch)(void *context, struct pollfd *ends);
	void (*serve)(void *context, const struct pollfd *ends);
	void (*signal)(void *context, int signal); /* of each that has come; or NULL */
	void *context;
	const struct side_work *next; /* or NULL */
};

/* Block every signal and return a signalfd for them. To be called after the launch: the container must not
 * inherit the mask. */
int signals_open(struct error *error);
/* Forward each signal to the process (RUN-16), reap whatever becomes our child (RUN-17), until the process
 * ends: its exit status, or 128 and its signal (GLB-38). `signals`: of signals_open; `side`: or NULL. */
int signals_wait(int signals, int64_t pid, int pidfd, const struct side_work *side, struct error *error);

#endif
