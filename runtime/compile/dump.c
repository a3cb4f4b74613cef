/* The plan as text for people: one record a line, in the order of execution, from the schema's own rows.
 * Fields that say nothing (0, "", none) are left out. Filters and device programs are shown by their size
 * alone: their bytes differ between versions of libseccomp, the plan does not.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "compile/compile.h"
#include "plan_shape.h"
#include "utf8.h"

/* One word, quoted where a blank, a quote, a control character or nothing at all would mislead. */
static void print_text(FILE *out, const char *text)
{
	bool plain = *text != 0;

	for (const char *c = text; *c && plain; c += utf8_step(c))
		plain = !strchr(" \"\\,", *c) && !utf8_control(c);
	if (plain) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (const char *c = text; *c; c += utf8_step(c)) {
		size_t length = utf8_step(c), bad = utf8_control(c);

		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c == '\n')
			fputs("\\n", out);
		else if (!bad)
			fwrite(c, 1, length, out);
		for (size_t i = 0; i < bad && *c != '\n'; i++)
			fprintf(out, "\\x%02x", (unsigned char)c[i]);
	}
	fputc('"', out);
}

static void print_bits(FILE *out, const struct plan_word *words, uint64_t value)
{
	const char *between = "";

	for (; words->word; words++)
		if (value & words->value) {
			fprintf(out, "%s%s", between, words->word);
			between = ",";
		}
}

static const char *enum_word(const struct plan_word *words, uint64_t value)
{
	for (; words->word; words++)
		if (words->value == value)
			return words->word;
	return "?";
}

static void print_list(FILE *out, const struct plan *plan, enum plan_field_kind kind, struct plan_list list)
{
	for (uint32_t i = 0; i < list.count; i++) {
		if (i)
			fputc(',', out);
		if (kind == PLAN_NUMS)
			fprintf(out, "%" PRIu64, plan_number(plan, list, i));
		else
			print_text(out, plan_item(plan, list, i));
	}
}

/* Numbers that people know in another base, by the name of their field. */
static void print_number(FILE *out, const char *name, uint64_t value)
{
	if (strcmp(name, "mode") == 0 || strcmp(name, "mask") == 0)
		fprintf(out, "0%" PRIo64, value);
	else if (value == UINT64_MAX)
		fputs("unlimited", out);
	else
		fprintf(out, "%" PRIu64, value);
}

static bool says_nothing(const struct plan_field *field, const void *at)
{
	uint64_t value = *(const uint64_t *)at;

	switch (field->kind) {
	case PLAN_SLOT:
	case PLAN_TREE:
		return value == PLAN_NONE;
	case PLAN_ENUM:
	case PLAN_INT:
		return false;
	case PLAN_STR:
	case PLAN_BLOB:
		return ((const struct plan_str *)at)->length == 0;
	case PLAN_STRS:
	case PLAN_ARGV:
	case PLAN_NUMS:
		return ((const struct plan_list *)at)->count == 0;
	default:
		return value == 0;
	}
}

/* Zero is a value where the field is what the record is about. */
static bool always_shown(const char *name)
{
	static const char *const names[] = { "uid",   "gid",  "soft",   "hard",
					     "group", "mask", "domain", "resource" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void print_field(FILE *out, const struct plan *plan, const struct plan_field *field, const void *at)
{
	uint64_t value = *(const uint64_t *)at;
	struct plan_str str = *(const struct plan_str *)at;

	if (says_nothing(field, at) && !(field->kind == PLAN_NUM && always_shown(field->name)))
		return;
	fprintf(out, " %s=", field->name);
	switch (field->kind) {
	case PLAN_INT:
		fprintf(out, "%" PRId64, (int64_t)value);
		break;
	case PLAN_ENUM:
		fputs(enum_word(field->words, value), out);
		break;
	case PLAN_BITS:
		print_bits(out, field->words, value);
		break;
	case PLAN_CAPS:
		fprintf(out, "%#" PRIx64, value);
		break;
	case PLAN_STR:
		print_text(out, plan_text(plan, str));
		break;
	case PLAN_BLOB:
		fprintf(out, "%u-instructions", str.length / 8);
		break;
	case PLAN_STRS:
	case PLAN_ARGV:
	case PLAN_NUMS:
		print_list(out, plan, field->kind, *(const struct plan_list *)at);
		break;
	default:
		print_number(out, field->name, value);
	}
}

void plan_dump_text(const struct plan *plan, FILE *out)
{
	plan_each(plan, r) {
		const struct plan_shape *shape = &plan_shapes[r->kind];

		fprintf(out, "%-10s %-13s", plan_rows[r->row].name, shape->name);
		for (uint32_t i = 0; i < shape->field_count; i++)
			print_field(out, plan, &shape->fields[i], (const char *)r + shape->fields[i].offset);
		if (r->source.length)
			fprintf(out, "  # %s", plan_text(plan, r->source));
		fputc('\n', out);
	}
}
