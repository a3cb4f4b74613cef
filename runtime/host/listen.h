/* Descriptors that come from the caller and go to the program (--preserve-fds, LISTEN_FDS). */
#ifndef OCIRUN_LISTEN_H
#define OCIRUN_LISTEN_H

#include <stdint.h>

#include "error.h"

struct listen {
	uint32_t kept;    /* descriptors 3.. 3+kept-1 go to the program */
	const char *text; /* LISTEN_FDS as it stands in our environment, or NULL: not for us */
};

/* Count and check what the program keeps: LISTEN_FDS (only when LISTEN_PID is our own pid), then `preserve`
 * more. Every other descriptor above becomes close-on-exec (CVE-2024-21626). Must be the first thing that a
 * command does, and main opens none before it: else our own descriptors would pass for kept ones.
 * 0, -EINVAL, or -EBADF with "unable to stat preserved-fd i (of N)". */
int listen_check(int preserve, struct listen *ret, struct error *error);

#endif
