/* What ocirun and ocirun-systemd say to each other over a socket pair (SOCK_SEQPACKET, descriptor 0 of the
 * helper): one request, one reply, each one datagram of NUL-terminated strings.
 *
 *   request  version · verb · milliseconds · unit · pid
 *            · addresses ("bus unix:path=..." or "direct ...") · ""
 *            · of each property: name · first version of systemd that has it · value (value.h)
 *   reply    errno, 0: done · text: what went wrong, or what was asked for
 */
#ifndef OCIRUN_SYSTEMD_WIRE_H
#define OCIRUN_SYSTEMD_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_VERSION "1"
#define WIRE_MAX (96 << 10) /* bytes of a request: below what a socket buffer takes by default */
#define WIRE_REPLY 4096

#define WIRE_START "start"     /* make the unit, around pid unless that is 0 */
#define WIRE_STOP "stop"       /* stop it and forget that it failed; one that is not there is success */
#define WIRE_SET "set"         /* change its properties, until the next boot */
#define WIRE_MANAGER "manager" /* the control group of the manager itself */

/* The text beside ETIMEDOUT: systemd has taken the request on, and may still do it. */
#define WIRE_BEGUN "begun"

/* Reading: the next string, or NULL when there is none whole. */
static inline const char *wire_next(const char **at, const char *end)
{
	const char *text = *at;

	for (const char *byte = text; byte < end; byte++)
		if (*byte == 0) {
			*at = byte + 1;
			return text;
		}
	return NULL;
}

#endif
