/* See wire.h. */
#include "criu/wire.h"

#include <errno.h>
#include <string.h>

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static void put(struct criu_out *out, const void *bytes, size_t length)
{
	if (length > out->room - out->length) {
		out->overflow = true;
		return;
	}
	if (length)
		memcpy(out->bytes + out->length, bytes, length);
	out->length += length;
}

/* Seven bits a byte, the low ones first; the high bit says that more follow. */
static void put_varint(struct criu_out *out, uint64_t value)
{
	uint8_t bytes[10];
	size_t count = 0;

	do {
		bytes[count++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value);
	put(out, bytes, count);
}

void criu_put_number(struct criu_out *out, uint32_t field, uint64_t value)
{
	put_varint(out, (uint64_t)field << 3 | WIRE_VARINT);
	put_varint(out, value);
}

void criu_put_bytes(struct criu_out *out, uint32_t field, const void *bytes, size_t length)
{
	put_varint(out, (uint64_t)field << 3 | WIRE_BYTES);
	put_varint(out, length);
	put(out, bytes, length);
}

void criu_put_text(struct criu_out *out, uint32_t field, const char *text)
{
	criu_put_bytes(out, field, text, strlen(text));
}

static int next_varint(struct criu_in *in, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
		uint8_t byte = *in->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return 0;
		}
	}
	return -EBADMSG;
}

static int next_bytes(struct criu_in *in, uint64_t length, struct criu_field *ret)
{
	if (length > (size_t)(in->end - in->at))
		return -EBADMSG;
	ret->bytes = in->at;
	ret->length = (size_t)length;
	in->at += length;
	return 1;
}

int criu_next(struct criu_in *in, struct criu_field *ret)
{
	uint64_t key, value = 0;

	memset(ret, 0, sizeof *ret);
	if (in->at == in->end)
		return 0;
	if (next_varint(in, &key) < 0 || key >> 3 == 0 || key >> 3 > UINT32_MAX)
		return -EBADMSG;
	ret->number = (uint32_t)(key >> 3);
	switch ((enum wire_type)(key & 7)) {
	case WIRE_VARINT:
		return next_varint(in, &ret->value) < 0 ? -EBADMSG : 1;
	case WIRE_BYTES:
		return next_varint(in, &value) < 0 ? -EBADMSG : next_bytes(in, value, ret);
	case WIRE_FIXED64:
		return next_bytes(in, 8, ret);
	case WIRE_FIXED32:
		return next_bytes(in, 4, ret);
	}
	return -EBADMSG;
}
