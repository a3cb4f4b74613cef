/* Tables instead of parsers: each JSON object of config.json is a list of rows {key, type, required, parser,
 * where it goes}. Unknown keys are ignored (config.md, "Extensibility"); null for an optional member counts
 * as absent; a wrong type is refused here, a wrong value by the row's parser. Only runtime/spec/ includes
 * this.
 */
#ifndef OCIRUN_DISPATCH_H
#define OCIRUN_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "spec.h"
#include "words.h"

struct reader {
	struct spec *spec;
	struct arena *arena; /* the spec's */
	struct error *error;
	const char **sysctl_names; /* as written, for pointers: the spec keeps them as paths */
};

/* Reads `node` into `member` (the row's offset in the struct). 0 or -EINVAL with an error. */
typedef int json_parser(struct reader *reader, const struct json_node *node, void *member);

#define NO_FLAG UINT16_MAX
struct key {
	const char *name; /* NULL ends the table */
	enum json_type type;
	bool required;
	json_parser *parse;
	uint16_t offset;
	uint16_t flag; /* offset of a bool set when the member is present, or NO_FLAG */
};
/* clang-format off */
#define KEY(name, type, parse, at) { name, type, false, parse, (uint16_t)(at), NO_FLAG }
#define KEY_REQUIRED(name, type, parse, at) { name, type, true, parse, (uint16_t)(at), NO_FLAG }
#define KEY_FLAG(name, type, parse, at, flag) { name, type, false, parse, (uint16_t)(at), (uint16_t)(flag) }
/* clang-format on */

/* Read the object `node` by `keys` into `target`. Errors carry the pointer from this object on. */
int read_object(struct reader *reader, const struct json_node *node, const struct key *keys, void *target);

/* Read every element of the array `node`, which must have the type `type`, with `parse` into *ret_items
 * (`size` bytes each, from the arena). */
int read_array(struct reader *reader, const struct json_node *node, enum json_type type, json_parser *parse,
	       size_t size, void **ret_items, uint32_t *ret_count);

/* Fails unless `node` has `type`. */
int read_type(struct reader *reader, const struct json_node *node, enum json_type type);

/* An integer within bounds, or an error that says them. */
int read_signed(struct reader *reader, const struct json_node *node, int64_t least, int64_t greatest,
		int64_t *ret);
int read_unsigned(struct reader *reader, const struct json_node *node, uint64_t greatest, uint64_t *ret);

/* A copy of the string with a NUL. */
const char *read_text(struct reader *reader, const struct json_node *node);

/* The row of a word, or an error: unknown WHAT "word" (allowed: ...). */
int read_word(struct reader *reader, const struct json_node *node, const struct word *table, const char *what,
	      const struct word **ret);

/* Parsers for rows; `member` points at the type named. */
json_parser read_bool;      /* bool */
json_parser read_u32;       /* uint32_t */
json_parser read_u64;       /* uint64_t */
json_parser read_i64;       /* int64_t */
json_parser read_string;    /* const char * */
json_parser read_nonempty;  /* const char *, not "" */
json_parser read_absolute;  /* const char *, begins with / */
json_parser read_optional;  /* const char *; "" is NULL: absent */
json_parser read_strings;   /* struct spec_strings */
json_parser read_pairs;     /* struct spec_pairs: object of strings */
json_parser read_absolutes; /* struct spec_strings, each begins with / */

/* error_set with EINVAL: what is wrong and what is allowed. */
int spec_refuse(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Append to spec->warnings. */
void spec_warn(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ~0, the greatest id that setuid and chown take as "leave it": never a real one. */
#define ID_MAX (UINT32_MAX - 1)
json_parser read_id; /* uint32_t, at most ID_MAX */

#endif
