/* A plan made by hand, for tests of what reads plans: nothing is sorted or checked, so that wrong ones can be
 * made too. Lists are to be added in the order of the records. Include it in one file of a test.
 */
#ifndef OCIRUN_PLAN_BUILD_H
#define OCIRUN_PLAN_BUILD_H

#include <stdlib.h>
#include <string.h>

#include "plan_check.h"

#define BUILD_AREA 8192

struct plan_build {
	struct plan_header header;
	_Alignas(8) char records[BUILD_AREA];
	union plan_slot slots[BUILD_AREA / 8];
	_Alignas(8) char pool[BUILD_AREA];
	size_t record_bytes;
	_Alignas(8) char bytes[sizeof(struct plan_header) + 3 * BUILD_AREA];
};

static inline void build_start(struct plan_build *b)
{
	memset(b, 0, sizeof *b);
	b->header.magic = PLAN_MAGIC;
	b->header.schema = PLAN_SCHEMA_HASH;
	b->header.pool_length = 1;
}

static inline struct plan_str build_text(struct plan_build *b, const char *text)
{
	struct plan_str str = { b->header.pool_length, (uint32_t)strlen(text) };

	memcpy(b->pool + str.offset, text, str.length + 1);
	b->header.pool_length += str.length + 1;
	return str;
}

static inline struct plan_str build_blob(struct plan_build *b, const void *bytes, uint32_t length)
{
	struct plan_str blob = { (b->header.pool_length + 7) & ~7u, length };

	memcpy(b->pool + blob.offset, bytes, length);
	b->header.pool_length = blob.offset + length;
	return blob;
}

/* Items end with NULL; `spare` zero slots behind. */
static inline struct plan_list build_strings(struct plan_build *b, const char *const *items, uint32_t spare)
{
	struct plan_list list = { b->header.list_count, 0 };

	for (; items[list.count]; list.count++)
		b->slots[list.first + list.count].str = build_text(b, items[list.count]);
	b->header.list_count += list.count + spare;
	return list;
}

static inline struct plan_list build_argv(struct plan_build *b, const char *const *items)
{
	return build_strings(b, items, PLAN_ARGV_SPARE);
}

static inline struct plan_list build_numbers(struct plan_build *b, const uint64_t *items, uint32_t count)
{
	struct plan_list list = { b->header.list_count, count };

	for (uint32_t i = 0; i < count; i++)
		b->slots[list.first + i].num = items[i];
	b->header.list_count += count;
	return list;
}

/* `record` begins with an unfilled head. Returns where it lies until build_finish. */
static inline void *build_add(struct plan_build *b, enum plan_row row, enum plan_kind kind,
			      const void *record, size_t size)
{
	struct plan_record *at = (struct plan_record *)(void *)(b->records + b->record_bytes);

	memcpy(at, record, size);
	at->kind = (uint16_t)kind;
	at->row = (uint16_t)row;
	at->size = (uint32_t)size;
	b->record_bytes += size;
	b->header.record_count++;
	return at;
}
#define BUILD_ADD(b, at_row, kind, ...)                     \
	build_add((b), PLAN_ROW_##at_row, PLAN_KIND_##kind, \
		  &(struct plan_##kind){ .head = { 0 }, __VA_ARGS__ }, sizeof(struct plan_##kind))

/* The checksum alone again, after a change to bytes. */
static inline void build_sum(struct plan_build *b)
{
	struct plan_header *header = (struct plan_header *)(void *)b->bytes;
	const size_t skip = offsetof(struct plan_header, checksum) + sizeof header->checksum;

	header->checksum = plan_sum(b->bytes + skip, header->total - skip);
}

/* Lay the areas out in b->bytes. Returns the plan's length. */
static inline size_t build_finish(struct plan_build *b)
{
	struct plan_header *header = (struct plan_header *)(void *)b->bytes;
	size_t list_bytes = b->header.list_count * sizeof *b->slots;

	b->header.pool_length = (b->header.pool_length + 8) & ~7u; /* at least one NUL at the end */
	b->header.list_offset = (uint32_t)(sizeof *header + b->record_bytes);
	b->header.pool_offset = (uint32_t)(b->header.list_offset + list_bytes);
	b->header.total = b->header.pool_offset + b->header.pool_length;
	*header = b->header;
	memcpy(b->bytes + sizeof *header, b->records, b->record_bytes);
	memcpy(b->bytes + header->list_offset, b->slots, list_bytes);
	memcpy(b->bytes + header->pool_offset, b->pool, header->pool_length);
	build_sum(b);
	return header->total;
}

#endif
