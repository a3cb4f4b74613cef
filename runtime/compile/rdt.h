/* What `update` shares with the compiler about linux.intelRdt. */
#ifndef OCIRUN_COMPILE_RDT_H
#define OCIRUN_COMPILE_RDT_H

#include "arena.h"

/* l3CacheSchema and memBwSchema (NULL: absent) as what is written to `schemata`: lines, L3 first; lines of
 * MB in the first are dropped when the second is given. "" when there is nothing to write. In `arena`. */
const char *compile_rdt_text(struct arena *arena, const char *l3_cache_schema, const char *mem_bw_schema);

#endif
