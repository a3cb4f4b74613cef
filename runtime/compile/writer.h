/* Builds a plan: records in row order, strings interned in the pool, lists in record order. Usage:
 *   struct plan_mount m = { .how = PLAN_MOUNT_BIND, .target = writer_text(w, "/proc"), ... };
 *   writer_add(w, PLAN_ROW_MOUNTS, PLAN_KIND_mount, &m, sizeof m, "/mounts/3");
 * A failure (too large) is kept in the writer and told by writer_finish: callers need no checks.
 */
#ifndef OCIRUN_WRITER_H
#define OCIRUN_WRITER_H

#include "compile/compile.h"

struct writer;

struct writer *writer_new(struct arena *arena);
struct plan_str writer_text(struct writer *w, const char *text); /* NULL is absent; interned */
struct plan_str writer_blob(struct writer *w, const void *bytes, uint32_t length); /* 8-aligned */
struct plan_list writer_strings(struct writer *w, uint32_t count, const char *const *items);
struct plan_list writer_argv(struct writer *w, uint32_t count, const char *const *items); /* + spare slots */
struct plan_list writer_numbers(struct writer *w, uint32_t count, const uint64_t *items);
/* Append a record; `record` begins with an unfilled struct plan_record. Rows may be added in any order:
 * records are sorted stably by row at the end, lists laid out after the sorting. */
void writer_add(struct writer *w, enum plan_row row, enum plan_kind kind, const void *record, uint32_t size,
		const char *source);
#define WRITER_ADD(w, row, kind, record, source) \
	writer_add((w), PLAN_ROW_##row, PLAN_KIND_##kind, (record), sizeof(struct plan_##kind), (source))
uint32_t writer_tree(struct writer *w); /* next free tree index */
uint32_t writer_slot(struct writer *w); /* next free descriptor slot */
/* Lay out, sum, check with plan_check. */
int writer_finish(struct writer *w, uint32_t audit_arch, struct compiled *ret, struct error *error);

/* What each compile/<row>.c gets. */
struct compile {
	struct arena *arena;
	const struct spec *spec;
	const struct facts *facts;
	const struct compile_options *options;
	struct writer *writer;
	struct error *error;
	bool new_user_namespace, joins_user_namespace, has_mount_namespace;
	uint32_t null_tree, proc_tree; /* PLAN_NONE until a row asks: compile_null(), compile_proc() */
	uint64_t cgroup_controllers;
	uint32_t delegate_levels; /* groups of the container below its own (ANN-13) */
	struct compiled *result;
};
/* Tree of the host's /dev/null, of the host's /proc: source records are added at the first call. */
uint32_t compile_null(struct compile *c);
uint32_t compile_proc(struct compile *c);
/* JSON pointer text: "/mounts/3". */
const char *compile_pointer(struct compile *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
