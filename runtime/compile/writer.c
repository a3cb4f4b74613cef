/* The plan's encoder: see writer.h. Knows shapes, not records: which fields of a record are lists is read
 * from the schema's rows. Owns the layout (header, records, lists, pool); never judges what a record says,
 * plan_check does that at the end, with the very code that the shim runs.
 */
#include "compile/writer.h"

#include <string.h>

#include "plan_check.h"

/* A record in the making: its bytes, with list fields still pointing into `drafts`. */
struct draft {
	struct plan_record *record;
	uint32_t row, number;
};

struct intern {
	uint64_t hash;
	struct plan_str str; /* offset 0: free */
};

struct writer {
	struct arena *arena;
	struct draft *records;
	uint32_t record_count, record_room;
	union plan_slot *drafts; /* contents of lists, in the order of the calls */
	uint32_t draft_count, draft_room;
	char *pool;
	uint32_t pool_length, pool_room;
	struct intern *table; /* open addressing; `table_room` is a power of two */
	uint32_t table_used, table_room;
	uint32_t tree_count, slot_count;
	bool too_large;
};

/* Twice the room until `need` fits; the arena keeps the old array, which is at most as large again. */
static void *grow(struct writer *w, void *old, uint32_t used, uint32_t *room, uint32_t need, size_t size)
{
	uint64_t wanted = *room;
	void *bytes;

	if ((uint64_t)used + need <= *room)
		return old;
	while (wanted < (uint64_t)used + need)
		wanted *= 2;
	if (wanted * size > 4ull * PLAN_MAX_SIZE) {
		w->too_large = true;
		return NULL;
	}
	bytes = arena_alloc(w->arena, (size_t)wanted * size);
	memcpy(bytes, old, used * size);
	*room = (uint32_t)wanted;
	return bytes;
}

struct writer *writer_new(struct arena *arena)
{
	struct writer *w = arena_alloc(arena, sizeof *w);

	w->arena = arena;
	w->record_room = 128;
	w->draft_room = 256;
	w->pool_room = 8192;
	w->table_room = 512;
	w->records = arena_alloc(arena, w->record_room * sizeof *w->records);
	w->drafts = arena_alloc(arena, w->draft_room * sizeof *w->drafts);
	w->pool = arena_alloc(arena, w->pool_room);
	w->table = arena_alloc(arena, w->table_room * sizeof *w->table);
	w->pool_length = 1; /* offset 0 is "" */
	return w;
}

/* Room for `length` bytes at the end of the pool, at a multiple of `align`; NULL when too large. */
static char *pool_room(struct writer *w, uint32_t length, uint32_t align)
{
	uint32_t start = (w->pool_length + align - 1) / align * align;
	char *pool;

	if (w->too_large || length > PLAN_MAX_SIZE) {
		w->too_large = true;
		return NULL;
	}
	pool = grow(w, w->pool, w->pool_length, &w->pool_room, start - w->pool_length + length, 1);
	if (!pool)
		return NULL;
	w->pool = pool;
	w->pool_length = start + length;
	return pool + start;
}

static uint64_t text_hash(const char *text, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3ULL;
	return hash;
}

/* The place of a string in the table: its own, or the free one where it belongs. */
static struct intern *table_find(struct writer *w, uint64_t hash, const char *text, uint32_t length)
{
	for (uint32_t i = (uint32_t)(hash ^ hash >> 32);; i++) {
		struct intern *at = &w->table[i & (w->table_room - 1)];

		if (at->str.offset == 0)
			return at;
		if (at->hash == hash && at->str.length == length &&
		    memcmp(w->pool + at->str.offset, text, length) == 0)
			return at;
	}
}

static void table_grow(struct writer *w)
{
	struct intern *old = w->table;
	uint32_t room = w->table_room;

	w->table_room *= 2;
	w->table = arena_alloc(w->arena, w->table_room * sizeof *w->table);
	for (uint32_t i = 0; i < room; i++)
		if (old[i].str.offset)
			*table_find(w, old[i].hash, w->pool + old[i].str.offset, old[i].str.length) = old[i];
}

struct plan_str writer_text(struct writer *w, const char *text)
{
	size_t length = text ? strlen(text) : 0;
	uint64_t hash;
	struct intern *at;
	char *copy;

	if (length == 0)
		return (struct plan_str){ 0, 0 };
	if (length > PLAN_MAX_SIZE) {
		w->too_large = true;
		return (struct plan_str){ 0, 0 };
	}
	hash = text_hash(text, length);
	if (w->table_used * 2 >= w->table_room)
		table_grow(w);
	at = table_find(w, hash, text, (uint32_t)length);
	if (at->str.offset)
		return at->str;
	copy = pool_room(w, (uint32_t)length + 1, 1);
	if (!copy)
		return (struct plan_str){ 0, 0 };
	memcpy(copy, text, length + 1);
	*at = (struct intern){ hash, { (uint32_t)(copy - w->pool), (uint32_t)length } };
	w->table_used++;
	return at->str;
}

struct plan_str writer_blob(struct writer *w, const void *bytes, uint32_t length)
{
	char *copy = length ? pool_room(w, length, 8) : NULL;

	if (!copy)
		return (struct plan_str){ 0, 0 };
	memcpy(copy, bytes, length);
	return (struct plan_str){ (uint32_t)(copy - w->pool), length };
}

/* Room for a list's contents; `first` of the list is where they begin until writer_finish. */
static union plan_slot *list_room(struct writer *w, uint32_t count, struct plan_list *ret)
{
	union plan_slot *drafts = NULL;

	*ret = (struct plan_list){ 0, 0 };
	if (count > PLAN_MAX_LIST_SLOTS)
		w->too_large = true;
	if (count && !w->too_large)
		drafts = grow(w, w->drafts, w->draft_count, &w->draft_room, count, sizeof *drafts);
	if (!drafts)
		return NULL;
	w->drafts = drafts;
	*ret = (struct plan_list){ w->draft_count, count };
	w->draft_count += count;
	return drafts + ret->first;
}

struct plan_list writer_strings(struct writer *w, uint32_t count, const char *const *items)
{
	struct plan_list list;
	union plan_slot *slots = list_room(w, count, &list);

	for (uint32_t i = 0; slots && i < count; i++)
		slots[i].str = writer_text(w, items[i]);
	return list;
}

/* The spare slots come with the layout: there the field says that it is an ARGV. */
struct plan_list writer_argv(struct writer *w, uint32_t count, const char *const *items)
{
	return writer_strings(w, count, items);
}

struct plan_list writer_numbers(struct writer *w, uint32_t count, const uint64_t *items)
{
	struct plan_list list;
	union plan_slot *slots = list_room(w, count, &list);

	for (uint32_t i = 0; slots && i < count; i++)
		slots[i].num = items[i];
	return list;
}

void writer_add(struct writer *w, enum plan_row row, enum plan_kind kind, const void *record, uint32_t size,
		const char *source)
{
	struct draft *records = NULL;
	struct plan_record *copy;

	if (w->record_count >= PLAN_MAX_RECORDS)
		w->too_large = true;
	if (!w->too_large)
		records = grow(w, w->records, w->record_count, &w->record_room, 1, sizeof *records);
	if (!records)
		return;
	w->records = records;
	copy = arena_alloc(w->arena, size);
	memcpy(copy, record, size);
	*copy = (struct plan_record){ (uint16_t)kind, (uint16_t)row, size, writer_text(w, source) };
	records[w->record_count] = (struct draft){ copy, row, w->record_count };
	w->record_count++;
}

uint32_t writer_tree(struct writer *w)
{
	if (w->tree_count >= PLAN_MAX_TREES) {
		w->too_large = true;
		return PLAN_NONE;
	}
	return w->tree_count++;
}

uint32_t writer_slot(struct writer *w)
{
	if (w->slot_count >= PLAN_MAX_SLOTS) {
		w->too_large = true;
		return PLAN_NONE;
	}
	return w->slot_count++;
}

/* By row, stably: there are few rows, so one pass over the records for each. */
static void sort(struct writer *w)
{
	struct draft *sorted = arena_alloc(w->arena, (w->record_count + 1) * sizeof *sorted);
	uint32_t count = 0;

	for (uint32_t row = 0; row < PLAN_ROW_COUNT; row++)
		for (uint32_t i = 0; i < w->record_count; i++)
			if (w->records[i].row == row)
				sorted[count++] = w->records[i];
	w->records = sorted;
}

static bool is_list(const struct plan_field *field)
{
	return field->kind == PLAN_STRS || field->kind == PLAN_ARGV || field->kind == PLAN_NUMS;
}

/* Give the lists of a record their final place behind slot `next`; copy them there when `slots` is set.
 * Returns the slot behind them. */
static uint32_t lay_lists(struct writer *w, struct plan_record *record, uint32_t next, union plan_slot *slots)
{
	const struct plan_shape *shape = &plan_shapes[record->kind];

	for (uint32_t i = 0; i < shape->field_count; i++) {
		const struct plan_field *field = &shape->fields[i];
		struct plan_list *list = (struct plan_list *)(void *)((char *)record + field->offset);
		uint32_t spare = field->kind == PLAN_ARGV ? PLAN_ARGV_SPARE : 0;

		if (!is_list(field))
			continue;
		if (slots && list->count)
			memcpy(slots + next, w->drafts + list->first, list->count * sizeof *slots);
		if (slots)
			list->first = list->count + spare ? next : 0;
		next += list->count + spare;
	}
	return next;
}

static uint64_t measure(struct writer *w, struct plan_header *header)
{
	uint64_t records = 0;
	uint32_t slots = 0;

	for (uint32_t i = 0; i < w->record_count; i++) {
		records += w->records[i].record->size;
		slots = lay_lists(w, w->records[i].record, slots, NULL);
	}
	header->record_count = w->record_count;
	header->list_count = slots;
	header->list_offset = (uint32_t)(sizeof *header + records);
	header->pool_offset = header->list_offset + 8 * slots;
	/* at least one NUL behind the last string or blob */
	header->pool_length = (w->pool_length + 8) / 8 * 8;
	return sizeof *header + records + 8ull * slots + header->pool_length;
}

static void lay_out(struct writer *w, struct plan_header *header)
{
	union plan_slot *slots = (union plan_slot *)(void *)((char *)header + header->list_offset);
	char *at = (char *)(header + 1);
	uint32_t next = 0;

	for (uint32_t i = 0; i < w->record_count; i++) {
		next = lay_lists(w, w->records[i].record, next, slots);
		memcpy(at, w->records[i].record, w->records[i].record->size);
		at += w->records[i].record->size;
	}
	memcpy((char *)header + header->pool_offset, w->pool, w->pool_length);
}

int writer_finish(struct writer *w, uint32_t audit_arch, struct compiled *ret, struct error *error)
{
	const size_t summed = offsetof(struct plan_header, checksum) + sizeof(uint64_t);
	struct plan_header header = { .magic = PLAN_MAGIC,
				      .schema = PLAN_SCHEMA_HASH,
				      .arch = audit_arch,
				      .slot_count = w->slot_count },
			   *out;
	struct plan_refusal why;
	uint64_t total;

	sort(w);
	total = measure(w, &header);
	if (w->too_large || total > PLAN_MAX_SIZE)
		return error_set(error, -E2BIG,
				 "the config is too large: its setup plan would exceed %u MiB, "
				 "%u records or %u bind mounts",
				 PLAN_MAX_SIZE >> 20, PLAN_MAX_RECORDS, PLAN_MAX_TREES);
	header.total = (uint32_t)total;
	out = arena_alloc(w->arena, (size_t)total);
	*out = header;
	lay_out(w, out);
	out->checksum = plan_sum((char *)out + summed, (size_t)total - summed);
	if (plan_check(out, (size_t)total, &ret->plan, &why) < 0) {
		const struct plan_record *record =
			why.record < w->record_count ? w->records[why.record].record : NULL;
		const char *name = record ? plan_shapes[record->kind].name : "plan";

		if (record && record->source.length)
			snprintf(error->pointer, sizeof error->pointer, "%s",
				 w->pool + record->source.offset);
		return error_set(error, -EINVAL, "%s: %s (%s)", name, why.what, why.field);
	}
	ret->bytes = out;
	ret->length = (size_t)total;
	return 0;
}
