/* Protocol Buffers, as far as criu's requests and answers need them: varints and length-delimited fields
 * (https://protobuf.dev/programming-guides/encoding). Bounded both ways: what does not fit or is cut is an
 * error, never a longer buffer. Knows no message: those are tables (request.c) and loops (rpc.c).
 */
#ifndef OCIRUN_CRIU_WIRE_H
#define OCIRUN_CRIU_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message while it is written. */
struct criu_out {
	uint8_t *bytes;
	size_t length, room;
	bool overflow; /* something did not fit: the message is of no use */
};

/* A message, or what is left of one, while it is read. */
struct criu_in {
	const uint8_t *at, *end;
};

struct criu_field {
	uint32_t number;
	uint64_t value;       /* of a varint; else 0 */
	const uint8_t *bytes; /* of a length-delimited field, not NUL-terminated; else NULL */
	size_t length;
};

void criu_put_number(struct criu_out *out, uint32_t field, uint64_t value);
void criu_put_bytes(struct criu_out *out, uint32_t field, const void *bytes, size_t length);
void criu_put_text(struct criu_out *out, uint32_t field, const char *text);

/* The next field: 1, 0 at the end, -EBADMSG when it is cut or of a kind that criu does not use. */
int criu_next(struct criu_in *in, struct criu_field *ret);

#endif
