/* Several containers at once: `--regex` of kill and delete (crun's, KIL-04, DEL-05). */
#ifndef OCIRUN_MATCH_H
#define OCIRUN_MATCH_H

#include "error.h"

struct globals;

/* Call `each` for every id in the state root that the POSIX extended expression matches anywhere. The ids are
 * taken first: `each` may remove them. All are visited; the first failure is returned. No match is no error.
 * -EINVAL: a bad expression. */
int container_match(const struct globals *globals, const char *expression,
		    int (*each)(const struct globals *globals, const char *id, const void *context,
				struct error *error),
		    const void *context, struct error *error);

#endif
