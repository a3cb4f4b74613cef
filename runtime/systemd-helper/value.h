/* Values of unit properties as text, in the notation of GVariant ("uint64 5", "'text'", "['a', 'b']"): what
 * annotations hold, what the compiler writes and what ocirun hands to its helper, which makes D-Bus messages
 * of them. Types of properties alone: numbers, booleans, strings, arrays and tuples; no dictionaries,
 * variants or maybes.
 */
#ifndef OCIRUN_SYSTEMD_VALUE_H
#define OCIRUN_SYSTEMD_VALUE_H

#include <stdint.h>

#include "arena.h"
#include "error.h"

struct systemd_node {
	char type;             /* D-Bus: one of "ybnqiuxtdsog", 'a' array, 'r' tuple */
	uint32_t span;         /* nodes from this one to the next on its level */
	const char *signature; /* whole, of this value */
	union {
		uint64_t number; /* of every integer: two's complement */
		double real;
		const char *text;
	};
};

struct systemd_value {
	uint32_t count;
	struct systemd_node *nodes; /* the first is the value, its elements follow it, each with its own */
};

/* Everything returned lives in `arena`. -EINVAL with a text that shows where. */
int systemd_value_parse(struct arena *arena, const char *text, struct systemd_value *ret,
			struct error *error);

/* A string in that notation, quoted. */
const char *systemd_value_quote(struct arena *arena, const char *text);

#endif
