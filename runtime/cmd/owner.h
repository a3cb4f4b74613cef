/* User names for `list`: /etc/passwd read by hand, since a static glibc has no getpwuid. */
#ifndef OCIRUN_OWNER_H
#define OCIRUN_OWNER_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct owners {
	const char *text; /* of /etc/passwd; NULL: not read yet */
	size_t length;
};

/* Name of uid, or "#uid". Zeroed `owners` at first; the file is read once. */
const char *owner_name(struct owners *owners, struct arena *arena, uint32_t uid);

#endif
