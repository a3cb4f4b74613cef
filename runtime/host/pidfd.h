/* What a pidfd says of itself. */
#ifndef OCIRUN_PIDFD_H
#define OCIRUN_PIDFD_H

#include <stdint.h>

/* The number of the process, as our own pid namespace counts it; 0 when it is not seen there or has ended, or
 * a negative errno. */
int64_t pidfd_process(int pidfd);

#endif
