/* Paths as text: joined and cleaned without a look at any file system. */
#ifndef OCIRUN_LEXICAL_H
#define OCIRUN_LEXICAL_H

#include "arena.h"

/* `path`, from `base` unless it is absolute, as an absolute path without empty parts, "." and ".." (which
 * never leave "/") and without a '/' at its end. */
const char *lexical_join(struct arena *arena, const char *base, const char *path);
/* Behind the last '/'. */
const char *lexical_name(const char *path);

#endif
