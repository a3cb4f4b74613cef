/* Between fake_sys.c (log, scripts, descriptors) and the calls, fake_files.c and fake_processes.c. Tests
 * include fake_sys.h alone. */
#ifndef OCIRUN_FAKE_CORE_H
#define OCIRUN_FAKE_CORE_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_sys.h"
#include "sys.h"

#define FIRST_FD 100
#define LAST_FD 4096

struct script {
	char name[24];
	int64_t value;
	unsigned char *bytes; /* NULL: value alone */
	size_t size;
	int fds[40];
	unsigned fd_count;
};

/* What the calls read and change; the log and the scripts are fake_sys.c's own. */
struct fake_state {
	struct stat stats[64];
	unsigned stat_count, stat_next;
	int wait_code, wait_status;
	int next_fd;
	unsigned char open[LAST_FD];
	int64_t clock, mount_id;
	int64_t mount_flags; /* of the last remount: what statfs tells */
	jmp_buf *exit_to;
};
extern struct fake_state fake;

#define FAKE_FORMAT(text, first) __attribute__((format(printf, text, first)))
/* Log a line whose first word is the call's name, and decide: failure, script, or `usual`. */
FAKE_FORMAT(2, 3) int64_t fake_call(int64_t usual, const char *format, ...);
/* A call that gives a descriptor. */
FAKE_FORMAT(1, 2) int fake_give(const char *format, ...);
/* A call that fills memory. */
FAKE_FORMAT(4, 5) ssize_t fake_fill(void *buffer, size_t size, int64_t usual, const char *format, ...);
/* A line that is no counted call. */
FAKE_FORMAT(1, 2) void fake_line(const char *format, ...);
/* Count a call; its script or NULL; *ret_error: the failure that was asked for, or 0. */
struct script *fake_count_call(const char *name, int *ret_error);
/* From now on an open descriptor. */
int fake_track(int64_t fd);
/* At most 200 bytes as text, for a line. */
const char *fake_quoted(const void *bytes, size_t size);

#define CALL(...) ((int)fake_call(0, __VA_ARGS__))
#define TEXT(s) ((s) ? (s) : "-")

#endif
