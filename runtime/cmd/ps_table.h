/* `ps` without ps(1): embedded hosts often have none (PSS-07). */
#ifndef OCIRUN_PS_TABLE_H
#define OCIRUN_PS_TABLE_H

#include <stdint.h>

/* A table of these processes on stdout, from /proc. One that has ended meanwhile is left out. */
void ps_table(const int64_t *pids, int count);

#endif
