/* Rows generated from plan_schema.h for whoever walks records without knowing them: checker,
 * encoder, dump. Static tables: include it in one file of a program.
 */
#ifndef OCIRUN_PLAN_SHAPE_H
#define OCIRUN_PLAN_SHAPE_H

#include "plan.h"

/* clang-format off */
enum plan_field_kind {
	PLAN_NUM, PLAN_INT, PLAN_ENUM, PLAN_BITS, PLAN_CAPS, PLAN_SLOT, PLAN_TREE, PLAN_STR, PLAN_BLOB,
	PLAN_STRS, PLAN_ARGV, PLAN_NUMS
};
/* clang-format on */

/* A word of an ENUM or BITS field. */
struct plan_word {
	uint64_t value;
	const char *word;
};

struct plan_field {
	const char *name;
	uint32_t offset; /* in the record's struct */
	enum plan_field_kind kind;
	uint64_t limit;                /* greatest value, allowed bits or greatest length */
	const struct plan_word *words; /* ENUM, BITS: ends with a NULL word */
};

struct plan_shape {
	const char *name;
	uint64_t rows; /* PLAN_AT() of each row it may stand in */
	uint32_t size;
	uint32_t field_count;
	const struct plan_field *fields;
};

struct plan_row_shape {
	const char *name;
	enum plan_half half;
};

/* clang-format off */
#define PLAN_X_ROW(id, name, half) { name, PLAN_HALF_##half },
static const struct plan_row_shape plan_rows[] = { PLAN_ROWS(PLAN_X_ROW) };
#undef PLAN_X_ROW

#define PLAN_X_EWORD(id, word) { (uint64_t)(id), word },
#define PLAN_X_ENUM(name)                                                                          \
	static const struct plan_word plan_words_ENUM_##name[] =                                       \
		{ PLAN_ENUM_##name(PLAN_X_EWORD) { 0, NULL } };
PLAN_ENUMS(PLAN_X_ENUM)
#define PLAN_X_BWORD(id, value, word) { (uint64_t)(value), word },
#define PLAN_X_BITS(name)                                                                          \
	static const struct plan_word plan_words_BITS_##name[] =                                       \
		{ PLAN_BITS_##name(PLAN_X_BWORD) { 0, NULL } };
PLAN_BITSETS(PLAN_X_BITS)
/* clang-format on */

#define PLAN_L_NUM(l) (l)
#define PLAN_L_INT(l) (l)
#define PLAN_L_ENUM(l) (PLAN_COUNT_##l - 1)
#define PLAN_L_BITS(l) (PLAN_ALL_##l)
#define PLAN_L_CAPS(l) ((1ULL << 63) - 1)
#define PLAN_L_SLOT(l) (PLAN_MAX_SLOTS - 1)
#define PLAN_L_TREE(l) (PLAN_MAX_TREES - 1)
#define PLAN_L_STR(l) (l)
#define PLAN_L_BLOB(l) (l)
#define PLAN_L_STRS(l) (l)
#define PLAN_L_ARGV(l) (l)
#define PLAN_L_NUMS(l) (l)
#define PLAN_W_NUM(l) NULL
#define PLAN_W_INT(l) NULL
#define PLAN_W_ENUM(l) plan_words_ENUM_##l
#define PLAN_W_BITS(l) plan_words_BITS_##l
#define PLAN_W_CAPS(l) NULL
#define PLAN_W_SLOT(l) NULL
#define PLAN_W_TREE(l) NULL
#define PLAN_W_STR(l) NULL
#define PLAN_W_BLOB(l) NULL
#define PLAN_W_STRS(l) NULL
#define PLAN_W_ARGV(l) NULL
#define PLAN_W_NUMS(l) NULL
#define PLAN_X_FIELD(record, kind, name, limit)                               \
	{ #name, (uint32_t)offsetof(struct plan_##record, name), PLAN_##kind, \
	  (uint64_t)PLAN_L_##kind(limit), PLAN_W_##kind(limit) },
#define PLAN_X_FIELDS(id, name, rows)                                                               \
	static const struct plan_field plan_fields_##name[] = { PLAN_FIELDS_##name(PLAN_X_FIELD) }; \
	_Static_assert(sizeof(struct plan_##name) ==                                                \
			       sizeof(struct plan_record) +                                         \
				       8 * sizeof plan_fields_##name / sizeof(struct plan_field),   \
		       "8 bytes a field: " #name);                                                  \
	_Static_assert((id) <= PLAN_KIND_MAX, "PLAN_KIND_MAX is too small for " #name);
PLAN_RECORDS(PLAN_X_FIELDS)

#define PLAN_X_SHAPE(id, name, rows)                                  \
	[id] = { #name, (rows), (uint32_t)sizeof(struct plan_##name), \
		 (uint32_t)(sizeof plan_fields_##name / sizeof(struct plan_field)), plan_fields_##name },
/* By enum plan_kind; a row without a name is no kind. */
static const struct plan_shape plan_shapes[PLAN_KIND_MAX + 1] = { PLAN_RECORDS(PLAN_X_SHAPE) };

#ifdef PLAN_SCHEMA_TEXT /* the schema as one string: tools/plan-hash.c makes the format's version of it */
#define PLAN_X_TEXT_FIELD(record, kind, name, limit) #kind " " #name " " #limit ";"
#define PLAN_X_TEXT(id, name, rows) #id " " #name " " #rows "{" PLAN_FIELDS_##name(PLAN_X_TEXT_FIELD) "}"
#define PLAN_X_TEXT_EWORD(id, word) word ","
#define PLAN_X_TEXT_ENUM(name) #name "=" PLAN_ENUM_##name(PLAN_X_TEXT_EWORD) ";"
#define PLAN_X_TEXT_BWORD(id, value, word) word "=" #value ","
#define PLAN_X_TEXT_BITS(name) #name "=" PLAN_BITS_##name(PLAN_X_TEXT_BWORD) ";"
#define PLAN_X_TEXT_ROW(id, name, half) #id " " #half ";"
static const char plan_schema_text[] = PLAN_ROWS(PLAN_X_TEXT_ROW) PLAN_ENUMS(PLAN_X_TEXT_ENUM)
	PLAN_BITSETS(PLAN_X_TEXT_BITS) PLAN_RECORDS(PLAN_X_TEXT);
#endif

/* Checksum of `length` bytes (a multiple of 8; 8-aligned), word by word. Each step is a bijection
 * of the running value and of the word, so any one changed byte changes the result.
 */
static inline uint64_t plan_sum(const void *bytes, size_t length)
{
	const uint64_t *word = bytes;
	uint64_t sum = 0x9e3779b97f4a7c15ULL;

	for (size_t i = 0; i < length / 8; i++) {
		sum = (sum ^ word[i]) * 0xff51afd7ed558ccdULL;
		sum ^= sum >> 32;
	}
	return sum;
}

#endif
