/* What goes over the SOCK_SEQPACKET pair between host side and shim: one datagram a message.
 * DESIGN: an unknown type, a wrong length or descriptor count, or MSG_CTRUNC ends the conversation.
 */
#ifndef OCIRUN_MESSAGES_H
#define OCIRUN_MESSAGES_H

#include <stdint.h>

#include "fault.h"
#include "limits.h"

/* M(id, name, direction, bytes of the body, least and most descriptors) */
/* clang-format off */
#define MESSAGES(M)                                                                                \
	M(PLAN, "plan", DOWN, 0, 1, 1 + PLAN_MAX_SLOTS)   /* sealed memfd, then the slots in order */  \
	M(MAP, "map", UP, 0, 0, 0)                        /* write my id maps */                       \
	M(DONE, "done", DOWN, 0, 0, 0)                    /* answer to MAP, IDMAP and HOST */          \
	M(FORKED, "forked", UP, 0, 1, 1)                  /* another process speaks now: its pidfd */  \
	M(IDMAP, "idmap", UP, 0, 1, 1)                    /* map ids of the next such source */        \
	M(HOST, "host", UP, 0, 0, 0)                      /* mounts stand: run the host's part */      \
	M(LISTENER, "listener", UP, 0, 1, 1)              /* seccomp notify descriptor */              \
	M(READY, "ready", UP, 0, 0, 1)                    /* console master, if any */                 \
	M(GO, "go", DOWN, 0, 0, 0)                                                                     \
	M(ABORT, "abort", DOWN, 0, 0, 0)                  /* instead of DONE or GO */                  \
	M(FAULT, "fault", UP, sizeof(struct fault), 0, 0) /* the last message */
/* clang-format on */

/* Body of every datagram begins with this; the body proper follows. */
struct message_head {
	uint32_t type;   /* enum message_type */
	uint32_t length; /* bytes behind this head */
};

enum message_way { MESSAGE_DOWN, MESSAGE_UP };
#define MESSAGE_X_ID(id, name, way, body, least, most) MESSAGE_##id,
enum message_type { MESSAGES(MESSAGE_X_ID) MESSAGE_COUNT };
#undef MESSAGE_X_ID

struct message_shape {
	const char *name;
	enum message_way way;
	uint32_t body, least, most;
};
/* clang-format off */
#define MESSAGE_X_SHAPE(id, name, way, body, least, most)                                          \
	{ name, MESSAGE_##way, (uint32_t)(body), (least), (most) },
/* By enum message_type. Include-local: each includer gets its own copy of the rows. */
#define MESSAGE_SHAPES { MESSAGES(MESSAGE_X_SHAPE) }
/* clang-format on */

#endif
