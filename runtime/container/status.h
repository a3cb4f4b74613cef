/* What container/status.c reads of the host, for whoever writes it into state.json. */
#ifndef OCIRUN_STATUS_H
#define OCIRUN_STATUS_H

#include <stdint.h>

#include "container/state.h"

#define BOOT_ID_TEXT 64

/* State letter and start time (field 22) of a process, from /proc/PID/stat in one read. -ESRCH: gone. */
int process_stat(int64_t pid, char *ret_state, uint64_t *ret_start);
/* The id of this boot, without a newline. */
int boot_id(char text[BOOT_ID_TEXT]);

/* The group that can be frozen: of a v1 host the freezer's, else the v2 one, which has no name. NULL: none.
 */
const char *container_freezer(const struct state *state);

/* The recorded init has ended (or is another boot's, or a zombie). */
bool container_ended(const struct state *state);

#endif
