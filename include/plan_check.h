/* The verifier: one loop over the rows generated from the schema. It trusts nothing and runs before the
 * first record is used, in both programs. Static: include it in one file of a program. Allocates nothing.
 */
#ifndef OCIRUN_PLAN_CHECK_H
#define OCIRUN_PLAN_CHECK_H

#include "plan_shape.h"

/* Why a plan is refused: `what` is a constant text ("checksum", "unknown record kind", "unknown bit" ...),
 * record its number or 0xffffffff, field a name or "". */
struct plan_refusal {
	const char *what, *field;
	uint32_t record;
};

/* Check `length` bytes at `bytes` (8-aligned) and make `ret` a view of them. 0, or -EINVAL with `why`
 * filled. Rules: README "The plan"; each has a unit test. */
static int plan_check(void *bytes, size_t length, struct plan *ret, struct plan_refusal *why);

/*CHECKER-BODY: written by the owner of this file */
#endif
