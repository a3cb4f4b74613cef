/* The verifier: one loop over the rows generated from the schema. It trusts nothing and runs before the
 * first record is used, in both programs. Static: include it in one file of a program. Allocates nothing.
 */
#ifndef OCIRUN_PLAN_CHECK_H
#define OCIRUN_PLAN_CHECK_H

#include <errno.h>
#include <string.h>

#include "fault.h"
#include "plan_hash.h" /* generated: tools/plan-hash.c */
#include "plan_shape.h"

/* Why a plan is refused: `what` is a constant text ("checksum", "unknown record kind", "unknown bit" ...),
 * record its number or FAULT_NO_RECORD, field a name or "". */
struct plan_refusal {
	const char *what, *field;
	uint32_t record;
};

/* Check `length` bytes at `bytes` (8-aligned) and make `ret` a view of them. 0, or -EINVAL with `why`
 * filled. Rules: README "The plan"; each has a unit test. */
static int plan_check(void *bytes, size_t length, struct plan *ret, struct plan_refusal *why);

/* Strings may be shared, so their sum may exceed the plan; a bound keeps a hostile plan from making the
 * search for NULs quadratic. */
#define PLAN_CHECK_MAX_TEXT (16ull * PLAN_MAX_SIZE)

struct plan_checker {
	const struct plan *plan;
	uint64_t text;      /* bytes of strings looked at */
	uint32_t next_slot; /* first list slot that no record has claimed yet */
	uint32_t used;      /* bit n: descriptor slot n is claimed */
};
_Static_assert(PLAN_MAX_SLOTS <= 32, "one bit a descriptor slot");

/* All the plan's own strings end in the pool with a NUL behind them and none inside. */
static const char *plan_check_string(struct plan_checker *c, struct plan_str str, uint64_t limit)
{
	const char *text = c->plan->pool + str.offset;

	if (str.length > limit)
		return "string too long";
	if ((uint64_t)str.offset + str.length >= c->plan->header->pool_length)
		return "string outside of the pool";
	c->text += str.length;
	if (c->text > PLAN_CHECK_MAX_TEXT)
		return "strings too long in sum";
	if (memchr(text, 0, str.length))
		return "NUL inside of a string";
	return text[str.length] ? "string without NUL" : NULL;
}

static const char *plan_check_blob(struct plan_checker *c, struct plan_str blob, uint64_t limit)
{
	if (blob.length > limit)
		return "blob too long";
	/* sock_filter and bpf_insn alike are 8 bytes, and the kernel reads them in place */
	if (blob.offset % 8 || blob.length % 8)
		return "blob not aligned";
	if ((uint64_t)blob.offset + blob.length > c->plan->header->pool_length)
		return "blob outside of the pool";
	return NULL;
}

/* Lists fill the list area in the order of the records: none is shared, so the shim may turn an ARGV
 * into pointers in place. An empty one has no place of its own. */
static const char *plan_check_list(struct plan_checker *c, const struct plan_field *field,
				   struct plan_list list)
{
	uint32_t spare = field->kind == PLAN_ARGV ? PLAN_ARGV_SPARE : 0;
	const union plan_slot *slots = c->plan->slots + c->next_slot;
	const char *wrong = NULL;

	if (list.count + spare == 0)
		return list.first && list.first != c->next_slot ? "list out of order" : NULL;
	if (list.first != c->next_slot)
		return "list out of order";
	if ((uint64_t)list.count + spare > c->plan->header->list_count - c->next_slot)
		return "list outside of its area";
	c->next_slot += list.count + spare;
	for (uint32_t i = 0; i < list.count && !wrong; i++) {
		if (field->kind != PLAN_NUMS)
			wrong = plan_check_string(c, slots[i].str, field->limit);
		else if (slots[i].num > field->limit)
			wrong = "number too great";
	}
	for (uint32_t i = 0; i < spare && !wrong; i++)
		wrong = slots[list.count + i].num ? "spare slot in use" : NULL;
	return wrong;
}

/* Each descriptor has one owner. */
static const char *plan_check_slot(struct plan_checker *c, uint64_t slot)
{
	if (slot == PLAN_NONE)
		return NULL;
	if (slot >= c->plan->header->slot_count)
		return "unknown descriptor slot";
	if (c->used & 1u << slot)
		return "descriptor slot used twice";
	c->used |= 1u << slot;
	return NULL;
}

static const char *plan_check_field(struct plan_checker *c, const struct plan_field *field, const void *value)
{
	uint64_t num = *(const uint64_t *)value;

	switch (field->kind) {
	case PLAN_NUM:
		return num > field->limit ? "number too great" : NULL;
	case PLAN_INT: /* two's complement: shifted by the limit, all that is allowed is in one range */
		return num + field->limit > 2 * field->limit ? "number too great" : NULL;
	case PLAN_ENUM:
		return num > field->limit ? "unknown word" : NULL;
	case PLAN_BITS:
	case PLAN_CAPS:
		return num & ~field->limit ? "unknown bit" : NULL;
	case PLAN_SLOT:
		return plan_check_slot(c, num);
	case PLAN_TREE:
		return num > field->limit && num != PLAN_NONE ? "unknown tree" : NULL;
	case PLAN_STR:
		return plan_check_string(c, *(const struct plan_str *)value, field->limit);
	case PLAN_BLOB:
		return plan_check_blob(c, *(const struct plan_str *)value, field->limit);
	case PLAN_STRS:
	case PLAN_ARGV:
	case PLAN_NUMS:
		return plan_check_list(c, field, *(const struct plan_list *)value);
	}
	return "unknown field kind";
}

/* One record, `room` bytes before the end of the records. */
static const char *plan_check_record(struct plan_checker *c, const struct plan_record *record, uint32_t room,
				     uint32_t least_row, const char **ret_field)
{
	const struct plan_shape *shape = plan_shapes + (record->kind <= PLAN_KIND_MAX ? record->kind : 0);
	const char *wrong;

	if (!shape->name)
		return "unknown record kind";
	if (record->size != shape->size || record->size > room)
		return "wrong record size";
	if (record->row >= PLAN_ROW_COUNT || !(shape->rows & 1ull << record->row))
		return "record in a row that is not its own";
	if (record->row < least_row)
		return "record out of order";
	*ret_field = "source";
	wrong = plan_check_string(c, record->source, PLAN_MAX_STRING);
	for (uint32_t i = 0; i < shape->field_count && !wrong; i++) {
		*ret_field = shape->fields[i].name;
		wrong = plan_check_field(c, &shape->fields[i],
					 (const char *)record + shape->fields[i].offset);
	}
	return wrong;
}

/* The header against the buffer: after this the areas lie in order and fill it exactly. */
static const char *plan_check_header(const struct plan_header *header, size_t length)
{
	const size_t summed = offsetof(struct plan_header, checksum) + sizeof header->checksum;

	if (length < sizeof *header)
		return "shorter than its header";
	if (header->magic != PLAN_MAGIC)
		return "magic";
	if (header->schema != PLAN_SCHEMA_HASH)
		return "written by another build";
	if (length > PLAN_MAX_SIZE || length % 8 || length != header->total)
		return "length";
	if (header->checksum != plan_sum((const char *)header + summed, length - summed))
		return "checksum";
	if (header->record_count > PLAN_MAX_RECORDS || header->list_count > PLAN_MAX_LIST_SLOTS)
		return "too many records or list slots";
	if (header->slot_count > PLAN_MAX_SLOTS)
		return "too many descriptors";
	if (header->list_offset < sizeof *header || header->list_offset % 8 || header->list_offset > length ||
	    header->pool_offset != header->list_offset + 8ull * header->list_count ||
	    (uint64_t)header->pool_offset + header->pool_length != length)
		return "areas";
	if (header->pool_length == 0)
		return "no pool";
	return NULL;
}

static const char *plan_check_body(struct plan_checker *c, struct plan_refusal *why)
{
	const struct plan_header *header = c->plan->header;
	const char *at = (const char *)(header + 1), *end = (const char *)header + header->list_offset;
	uint32_t row = 0;

	if (c->plan->pool[0] || c->plan->pool[header->pool_length - 1])
		return "pool without NUL";
	for (uint32_t i = 0; i < header->record_count; i++) {
		const struct plan_record *record = (const void *)at;
		const char *wrong = "records outside of their area";

		why->record = i;
		why->field = "";
		if ((size_t)(end - at) >= sizeof *record)
			wrong = plan_check_record(c, record, (uint32_t)(end - at), row, &why->field);
		if (wrong)
			return wrong;
		row = record->row;
		at += record->size;
	}
	why->record = FAULT_NO_RECORD;
	why->field = "";
	if (at != end)
		return "bytes behind the records";
	if (c->next_slot != header->list_count)
		return "list slots without a record";
	if (c->used != (uint32_t)((1ull << header->slot_count) - 1))
		return "descriptor without a record";
	return NULL;
}

static int plan_check(void *bytes, size_t length, struct plan *ret, struct plan_refusal *why)
{
	struct plan plan = { .header = bytes };
	struct plan_checker checker = { .plan = &plan };

	*why = (struct plan_refusal){ NULL, "", FAULT_NO_RECORD };
	why->what = plan_check_header(bytes, length);
	if (!why->what) {
		plan.pool = (char *)bytes + plan.header->pool_offset;
		plan.slots = (union plan_slot *)(void *)((char *)bytes + plan.header->list_offset);
		why->what = plan_check_body(&checker, why);
	}
	if (why->what)
		return -EINVAL;
	*ret = plan;
	return 0;
}
#endif
