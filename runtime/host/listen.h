/* Descriptors that come from the caller and go to the program (--preserve-fds, LISTEN_FDS). */
#ifndef OCIRUN_LISTEN_H
#define OCIRUN_LISTEN_H

#include <stdint.h>

#include "error.h"

struct listen {
	uint32_t kept;     /* descriptors 3.. 3+kept-1 go to the program */
	const char *text;  /* LISTEN_FDS as it stands in our environment, or NULL: not for us */
	const char *names; /* LISTEN_FDNAMES, or NULL */
};

/* 0-2 that are closed become /dev/null (PRO-30), inherited by the container as the caller's would be. To be
 * called before anything is opened. */
void listen_fill(void);
/* Count and check what the program keeps: LISTEN_FDS (only when LISTEN_PID is our own pid), then `preserve`
 * more. Every other descriptor above becomes close-on-exec (CVE-2024-21626). What is close-on-exec already
 * was opened by ourselves (the log) and does not count: an inherited one cannot be. 0, -EINVAL, or -EBADF
 * with "unable to stat preserved-fd i (of N)". */
int listen_check(int preserve, struct listen *ret, struct error *error);

#endif
