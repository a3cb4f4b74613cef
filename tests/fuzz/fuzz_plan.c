/* PKG-20. Any bytes as a plan: plan_check refuses them with a text, or every accessor that the stages use
 * stays inside of them. The checksum and the schema's hash are put right first, else no mutation would come
 * further than the header. With clang: -fsanitize=fuzzer; with -DREPLAY a plain program: `replay FILE...`
 * runs the files named, each also with every byte in turn changed in a few ways.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan_check.h"
#include "read_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink; /* what was read, so that no read is left out */

static void touch_text(const struct plan *plan, struct plan_str str)
{
	const char *text = plan_text(plan, str);

	assert(strlen(text) == str.length);
	sink += str.length ? (uint64_t)text[str.length - 1] : 0;
}

static void touch_list(const struct plan *plan, const struct plan_field *field, struct plan_list list)
{
	for (uint32_t i = 0; i < list.count; i++) {
		if (field->kind == PLAN_NUMS)
			assert(plan_number(plan, list, i) <= field->limit);
		else
			touch_text(plan, plan->slots[list.first + i].str);
	}
	/* as the shim does: pointers in place of the strings, a NULL and one more behind */
	if (field->kind == PLAN_ARGV)
		memset(plan->slots + list.first, 0, (list.count + PLAN_ARGV_SPARE) * sizeof *plan->slots);
}

static void touch_field(const struct plan *plan, const struct plan_field *field, const void *value)
{
	const struct plan_str *str = value;

	if (field->kind == PLAN_STR) {
		touch_text(plan, *str);
	} else if (field->kind == PLAN_BLOB) {
		for (uint32_t i = 0; i < str->length; i++)
			sink += (uint64_t)plan->pool[str->offset + i];
	} else if (field->kind == PLAN_STRS || field->kind == PLAN_ARGV || field->kind == PLAN_NUMS) {
		touch_list(plan, field, *(const struct plan_list *)value);
	} else if (field->kind == PLAN_TREE) {
		assert(*(const uint64_t *)value < PLAN_MAX_TREES || *(const uint64_t *)value == PLAN_NONE);
	} else if (field->kind == PLAN_SLOT) {
		assert(*(const uint64_t *)value < PLAN_MAX_SLOTS || *(const uint64_t *)value == PLAN_NONE);
	}
}

static void use(const struct plan *plan)
{
	uint32_t count = 0, row = 0;

	plan_each(plan, r) {
		const struct plan_shape *shape = plan_shapes + r->kind;

		assert(r->kind <= PLAN_KIND_MAX && shape->name && r->size == shape->size && r->row >= row);
		row = r->row;
		count++;
		touch_text(plan, r->source);
		for (uint32_t i = 0; i < shape->field_count; i++)
			touch_field(plan, &shape->fields[i], (const char *)r + shape->fields[i].offset);
	}
	assert(count == plan->header->record_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t summed = offsetof(struct plan_header, checksum) + sizeof(uint64_t);
	struct plan_refusal why;
	struct plan plan;
	/* of this very size, so that one byte too far is seen */
	void *bytes = malloc(size ? size : 1);
	int r;

	if (!bytes)
		abort();
	memcpy(bytes, data, size);
	if (size >= sizeof(struct plan_header)) {
		struct plan_header *header = bytes;

		header->magic = PLAN_MAGIC;
		header->schema = PLAN_SCHEMA_HASH;
		header->total = (uint32_t)size;
		if (size % 8 == 0)
			header->checksum = plan_sum((const char *)bytes + summed, size - summed);
	}
	r = plan_check(bytes, size, &plan, &why);
	assert(r == 0 || (why.what && why.what[0]));
	if (r == 0)
		use(&plan);
	free(bytes);
	return 0;
}

#ifdef REPLAY
/* Every byte, a few ways: a small plan is some thousand bytes. */
static void mutate(uint8_t *data, size_t size)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };

	for (size_t i = 0; i < size; i++)
		for (size_t k = 0; k < sizeof flips; k++) {
			data[i] ^= flips[k];
			LLVMFuzzerTestOneInput(data, size);
			data[i] ^= flips[k];
		}
	for (size_t cut = 0; cut < size; cut += 8)
		LLVMFuzzerTestOneInput(data, cut);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t size;
		uint8_t *data = read_file(argv[i], &size);

		LLVMFuzzerTestOneInput(data, size);
		mutate(data, size);
		free(data);
	}
	return 0;
}
#endif
