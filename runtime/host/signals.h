/* What a foreground `run` (later `exec`) does with signals and children while the container lives. */
#ifndef OCIRUN_SIGNALS_H
#define OCIRUN_SIGNALS_H

#include <stdint.h>

#include "error.h"

/* Block every signal and return a signalfd for them. To be called after the launch: the container must not
 * inherit the mask. */
int signals_open(struct error *error);
/* Forward each signal to the process (RUN-16), reap whatever becomes our child (RUN-17), until the process
 * ends: its exit status, or 128 and its signal (GLB-38). `signals`: of signals_open. */
int signals_wait(int signals, int64_t pid, int pidfd, struct error *error);

#endif
