/* A fault in words. Knows the phrases that clients match (CLIENTS rules 6 to 8, FEATURES' BAT rows); the
 * stages know none of them. One sentence, one line; the JSON pointer comes from the plan.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "launch.h"

#define PLAN_X_NAME(id, name, half) name,
static const char *const row_names[] = { PLAN_ROWS(PLAN_X_NAME) };
#define FAULT_X_PHRASE(id, phrase) phrase,
static const char *const phrases[] = { FAULT_OPS(FAULT_X_PHRASE) };

/* What stands before the object instead of "cannot PHRASE ". The first row that fits holds; error 0 and
 * row PLAN_ROW_COUNT fit any. */
static const struct {
	uint32_t op, row;
	int error;
	const char *before;
} wordings[] = {
	{ FAULT_EXEC, PLAN_ROW_COUNT, 0, "exec " }, /* BAT-13, and moby's 126 and 127 */
	{ FAULT_HOOK, PLAN_ROW_COUNT, 0, "" },      /* the object is a sentence: BAT-30 */
	{ FAULT_FIND, PLAN_ROW_COUNT, 0, "" },      /* `"x": executable file not found in $PATH` */
	{ FAULT_MOUNT, PLAN_ROW_COUNT, EPERM, "error mounting " }, /* BAT-71 */
	/* BAT-25: the first is what rootless callers look for */
	{ FAULT_MAKE_DIRECTORY, PLAN_ROW_CGROUP, EACCES,
	  "unable to apply cgroup configuration: cannot make " },
	{ FAULT_MAKE_DIRECTORY, PLAN_ROW_CGROUP, EPERM,
	  "unable to apply cgroup configuration: cannot make " },
};

/* Those whose object says all: no errno text behind it. How a hook ended is a sentence without an errno; one
 * that could not be run has its reason. */
static int speaks_for_itself(const struct fault *fault)
{
	return fault->error == 0 || fault->op == FAULT_FIND;
}

static void before_object(const struct fault *fault, char *text, size_t size)
{
	uint32_t op = fault->op < FAULT_OP_COUNT ? fault->op : FAULT_NONE;

	text[0] = 0;
	if (fault->error == 0)
		return;
	for (size_t i = 0; i < sizeof wordings / sizeof *wordings; i++) {
		if (wordings[i].op != op || (wordings[i].error && wordings[i].error != fault->error))
			continue;
		if (wordings[i].row != PLAN_ROW_COUNT && wordings[i].row != fault->row)
			continue;
		fault_append(text, size, wordings[i].before);
		return;
	}
	snprintf(text, size, "cannot %s ", phrases[op]);
}

/* The pointer of the record, or NULL: none, or a record of the runtime's own. */
static const char *source_of(const struct plan *plan, uint32_t number)
{
	uint32_t i = 0;

	if (!plan || number == FAULT_NO_RECORD)
		return NULL;
	plan_each(plan, record)
		if (i++ == number)
			return record->source.length ? plan_text(plan, record->source) : NULL;
	return NULL;
}

void fault_error(const struct plan *plan, const struct fault *fault, struct error *error)
{
	struct fault copy = *fault; /* it may come from another process: end its strings first */
	const char *source = source_of(plan, fault->record);
	char before[256];

	if (error->code)
		return; /* the first failure wins */
	copy.object[FAULT_OBJECT - 1] = copy.note[FAULT_NOTE - 1] = 0;
	if (copy.error < 0)
		copy.error = 0;
	/* CRE-24: v1 refuses a limit below what is in use already (v2 kills instead) */
	if (copy.op == FAULT_WRITE && copy.error == EBUSY && !copy.note[0] && strstr(copy.object, "/memory."))
		fault_note(&copy, "memory limit too low?");
	before_object(&copy, before, sizeof before);
	/* where: the user's words when there are any, else the stage, but not before a whole sentence */
	const char *stage = !source && !speaks_for_itself(&copy) && copy.op != FAULT_EXEC &&
					    copy.op != FAULT_HOOK && copy.row < PLAN_ROW_COUNT
				    ? row_names[copy.row]
				    : NULL;
	const char *open = copy.note[0] ? " (" : "", *shut = copy.note[0] ? ")" : "";
	char text[sizeof copy.object + 512];

	snprintf(text, sizeof text, "%s%s%s%s", stage ? stage : "", stage ? ": " : "", before, copy.object);
	/* an object may be empty: no blank before the colon */
	size_t length = strlen(text);
	while (length && text[length - 1] == ' ')
		text[--length] = 0;
	if (speaks_for_itself(&copy))
		error_set(error, copy.error ? copy.error : EIO, "%s", text);
	else
		error_errno(error, copy.error, "%s", text);
	size_t used = strlen(error->text);
	error->hint = copy.note[0] ? (unsigned)used : 0;
	snprintf(error->text + used, sizeof error->text - used, "%s%s%s", open, copy.note, shut);
	for (char *c = error->text + used; *c; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	if (source && copy.op != FAULT_EXEC)
		snprintf(error->pointer, sizeof error->pointer, "%s", source);
}
