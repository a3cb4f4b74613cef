/* The shim's half of the conversation, and its last word. DESIGN "Messages". */
#ifndef OCIRUN_TALK_H
#define OCIRUN_TALK_H

#include "stage.h"

#define TALK_BIT(message) (1u << MESSAGE_##message)

/* What stages use, by way of stage.h. */
extern const struct shim_talk shim_talk;

/* Wait for a message without body or descriptors. 0 when it is `wanted`; ABORT and everything else is a
 * fault. The host side's end closed: it is dead or has failed and said so, the shim exits without a word. */
int talk_wait(struct shim *shim, enum message_type wanted, struct fault *fault);

/* Tell the fault by every way still open (fault page, socket) and exit 1. Allocates and waits for
 * nothing. Where a filter forbids even exit the process ends by an illegal instruction. */
_Noreturn void talk_last(struct shim *shim, const struct fault *fault);

#endif
