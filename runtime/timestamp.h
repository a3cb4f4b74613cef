/* RFC 3339 times in UTC, for `created` (STT-08) and the log (GLB-08). */
#ifndef OCIRUN_TIMESTAMP_H
#define OCIRUN_TIMESTAMP_H

#include <time.h>

#define TIMESTAMP_TEXT 40

/* Write "2026-01-31T12:00:00.000000001Z" (digits 9) or "2026-01-31T12:00:00Z" (digits 0). Returns text. */
const char *timestamp_text(char text[TIMESTAMP_TEXT], const struct timespec *when, int digits);
/* The same of now. */
const char *timestamp_now(char text[TIMESTAMP_TEXT], int digits);

#endif
