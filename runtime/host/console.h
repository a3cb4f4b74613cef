/* The container's terminal as the host side sees it: where its master goes, and the terminal that a person
 * sits at. The relay between the two is console_relay.h.
 */
#ifndef OCIRUN_CONSOLE_H
#define OCIRUN_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/* Do a terminal, a console socket and waiting in the foreground go together (CRE-12, CRE-13)? 0 or -EINVAL;
 * `program` is our name, for the texts that managers know. */
int console_check(const char *program, bool terminal, bool socket, bool foreground, struct error *error);

/* Connect to the console socket at `path` (PRO-01), first of all: a wrong path leaves nothing behind.
 * ret_sock is the caller's; -1 when `path` is NULL. 0 or -errno with the error filled. */
int console_connect(const char *path, int *ret_sock, struct error *error);
/* Send the master in one message. 0 or -errno with the error filled. */
int console_send(int sock, int master, struct error *error);

/* The terminal we were started in (RUN-14): the one on stderr, stdout or stdin, else /dev/tty. Close-on-exec,
 * the caller's; -1: there is none. */
int console_of_caller(void);
/* How large that one is; both 0 when there is none or it does not know. */
void console_size_of_caller(uint32_t *ret_rows, uint32_t *ret_columns);

#endif
