/* Texts that a user hands over by path: files, and what a shell makes of `<(command)`. */
#ifndef OCIRUN_TEXT_FILE_H
#define OCIRUN_TEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "error.h"

/* All of it, 16 MiB at most, in the arena; "-" is standard input when `dash` says so. A pipe is waited for.
 * `what` names it in an error. 0, -EFBIG, or the errno of open or read. */
int text_file_read(struct arena *arena, const char *path, bool dash, const char *what, const char **ret,
		   size_t *ret_length, struct error *error);

#endif
