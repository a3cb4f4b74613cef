/* The pid file: digits, no newline, visible at once (CRE-06, CRE-07). */
#ifndef OCIRUN_PIDFILE_H
#define OCIRUN_PIDFILE_H

#include <stdint.h>

#include "error.h"

/* Write pid to a temporary file of a unique name beside `path` (relative to `dir`, or absolute), rename. */
int pidfile_write(int dir, const char *path, int64_t pid, struct error *error);

#endif
