/* /etc/passwd of the container: hostile text, read with a bound (R15). */
#ifndef OCIRUN_PASSWD_H
#define OCIRUN_PASSWD_H

#include <stddef.h>
#include <stdint.h>

/* Home directory of uid by /etc/passwd below root (regular file, no link followed, at most 1 MiB read in
 * pieces). Writes it with NUL to `home`; "/" when there is none or it does not fit. Never fails. */
void passwd_home(int root, uint32_t uid, char *home, size_t size);

#endif
