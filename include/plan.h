/* The plan in memory: structs, ids and access. Generated from plan_schema.h; nothing is said twice.
 *
 * Layout: header, records, list slots, pool. A checked plan is used in place: the shim needs no
 * decoder and no allocation. Both programs are of one build (the schema hash), of one byte order.
 * Knows nothing of JSON, state or policy.
 */
#ifndef OCIRUN_PLAN_H
#define OCIRUN_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "plan_schema.h"

#define PLAN_MAGIC 0x314e4c5049434f0aULL /* "\nOCIPLN1": wrong byte order shows at once */

enum plan_half { PLAN_HALF_HOST, PLAN_HALF_INIT };

#define PLAN_X_ROW(id, name, half) PLAN_ROW_##id,
enum plan_row { PLAN_ROWS(PLAN_X_ROW) PLAN_ROW_COUNT };
#undef PLAN_X_ROW
#define PLAN_AT(row) (1ULL << PLAN_ROW_##row)

/* clang-format off */
#define PLAN_X_WORD(id, word) id,
#define PLAN_X_ENUM(name) enum plan_##name { PLAN_ENUM_##name(PLAN_X_WORD) PLAN_COUNT_##name };
PLAN_ENUMS(PLAN_X_ENUM)
#undef PLAN_X_ENUM
#undef PLAN_X_WORD

#define PLAN_X_BIT(id, value, word) id = (value),
#define PLAN_X_OR(id, value, word) | (value)
#define PLAN_X_BITS(name)                                                                          \
	enum plan_##name { PLAN_BITS_##name(PLAN_X_BIT) PLAN_ALL_##name = (0 PLAN_BITS_##name(PLAN_X_OR)) };
PLAN_BITSETS(PLAN_X_BITS)
#undef PLAN_X_BITS
#undef PLAN_X_OR
#undef PLAN_X_BIT
/* clang-format on */

/* Bytes in the pool: offset from its start, length without the NUL that a string has behind it. */
struct plan_str {
	uint32_t offset, length;
};
/* Slots in the list area: index of the first, count (ARGV: without the spare ones). */
struct plan_list {
	uint32_t first, count;
};
/* One list slot. `pointer` is written by the shim when it makes an ARGV a char *[] in place. */
union plan_slot {
	struct plan_str str;
	uint64_t num;
};

/* What each record begins with. `source`: JSON pointer of what the user wrote ("" our own). */
struct plan_record {
	uint16_t kind; /* enum plan_kind */
	uint16_t row;  /* enum plan_row: the pass that executes it */
	uint32_t size; /* bytes, this head included */
	struct plan_str source;
};

#define PLAN_C_NUM uint64_t
#define PLAN_C_INT int64_t
#define PLAN_C_ENUM uint64_t
#define PLAN_C_BITS uint64_t
#define PLAN_C_CAPS uint64_t
#define PLAN_C_SLOT uint64_t
#define PLAN_C_TREE uint64_t
#define PLAN_C_STR struct plan_str
#define PLAN_C_BLOB struct plan_str
#define PLAN_C_STRS struct plan_list
#define PLAN_C_ARGV struct plan_list
#define PLAN_C_NUMS struct plan_list
#define PLAN_X_MEMBER(record, kind, name, limit) PLAN_C_##kind name;
#define PLAN_X_STRUCT(id, name, rows)             \
	struct plan_##name {                      \
		struct plan_record head;          \
		PLAN_FIELDS_##name(PLAN_X_MEMBER) \
	};
PLAN_RECORDS(PLAN_X_STRUCT)
#undef PLAN_X_STRUCT
#undef PLAN_X_MEMBER

#define PLAN_X_KIND(id, name, rows) PLAN_KIND_##name = (id),
enum plan_kind { PLAN_RECORDS(PLAN_X_KIND) };
#undef PLAN_X_KIND
#define PLAN_KIND_MAX 52 /* greatest id; plan_shape.h asserts it */

/* Frozen: a reader of any version can say why it refuses. All offsets from the plan's start. */
struct plan_header {
	uint64_t magic;
	uint64_t schema;       /* PLAN_SCHEMA_HASH of the writer's build */
	uint64_t checksum;     /* plan_sum() over everything behind this member */
	uint32_t arch;         /* AUDIT_ARCH_* that the filters were compiled for */
	uint32_t total;        /* bytes */
	uint32_t record_count; /* records stand right behind the header */
	uint32_t list_offset;  /* union plan_slot[list_count] */
	uint32_t list_count;
	uint32_t pool_offset;
	uint32_t pool_length; /* total = pool_offset + pool_length */
	uint32_t slot_count;  /* descriptors that must come with PLAN */
};

/* A checked plan. Only plan_check() makes one. Borrowed memory. */
struct plan {
	struct plan_header *header;
	char *pool;
	union plan_slot *slots;
};

/* First record, or NULL when there is none. */
static inline const struct plan_record *plan_first(const struct plan *plan)
{
	if (plan->header->record_count == 0)
		return NULL;
	return (const struct plan_record *)(const void *)(plan->header + 1);
}

/* The record behind `record`, or NULL at the end. */
static inline const struct plan_record *plan_next(const struct plan *plan, const struct plan_record *record)
{
	const char *next = (const char *)record + record->size;
	const char *end = (const char *)plan->header + plan->header->list_offset;

	return next < end ? (const struct plan_record *)(const void *)next : NULL;
}

#define plan_each(plan, r) for (const struct plan_record *r = plan_first(plan); r; r = plan_next(plan, r))

/* The string of a field; "" when absent. NUL-terminated, borrowed from the plan. */
static inline const char *plan_text(const struct plan *plan, struct plan_str str)
{
	return plan->pool + str.offset;
}

/* String i of a STRS or ARGV list that has not been made a char *[] yet. */
static inline const char *plan_item(const struct plan *plan, struct plan_list list, uint32_t i)
{
	return plan_text(plan, plan->slots[list.first + i].str);
}

/* Number i of a NUMS list. */
static inline uint64_t plan_number(const struct plan *plan, struct plan_list list, uint32_t i)
{
	return plan->slots[list.first + i].num;
}

/* The first record of a kind, or NULL. */
static inline const void *plan_find(const struct plan *plan, enum plan_kind kind)
{
	plan_each(plan, r)
		if (r->kind == kind)
			return r;
	return NULL;
}

#endif
