/* The numbers of a container's groups as the JSON object `data` of runc's stats event (EJS-01..36). The keys,
 * their order and which are left out when zero are an interface: go-runc decodes them.
 */
#ifndef OCIRUN_STATS_H
#define OCIRUN_STATS_H

#include "container/state.h"
#include "json_out.h"

/* Write the object. A group or file that is missing counts as zero, as in runc. */
void stats_write(struct json_out *out, struct arena *arena, const struct state *state);

/* The group of a controller: its hierarchy's in v1; the only one in v2, ret_v2 says so. NULL: none. */
const char *stats_dir(const struct state *state, const char *controller, bool *ret_v2);

/* stats_files.c: what files of a group hold. `dir` -1: no group. */
/* The whole text, "" when it cannot be read. */
const char *stats_text(struct arena *arena, int dir, const char *file);
/* Its number; "max": UINT64_MAX; 0 when there is none. */
uint64_t stats_number(struct arena *arena, int dir, const char *file);
/* The number behind `key` in lines of "key number"; 0 when there is none. */
uint64_t stats_key(const char *text, const char *key);
/* Key and number, left out when zero. */
void stats_member(struct json_out *out, const char *key, uint64_t value);
/* Every "key number" line as a member, keys sorted; nothing at all when there is no line. */
void stats_raw(struct json_out *out, struct arena *arena, const char *text);
/* `psi` from a pressure file (v2); nothing when the kernel keeps none. */
void stats_pressure(struct json_out *out, const char *text);

/* stats_blkio.c: the members `blkio` and `hugetlb`. */
void stats_blkio(struct json_out *out, struct arena *arena, int dir, bool v2);
void stats_hugetlb(struct json_out *out, struct arena *arena, int dir, bool v2);

/* stats_rdt.c: the member `intel_rdt`; empty without a group. */
void stats_rdt(struct json_out *out, struct arena *arena, const struct state *state);

#endif
