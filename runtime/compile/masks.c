/* Row `masks`: readonlyPaths and maskedPaths. A path that is written twice is done once; one that does not
 * exist is skipped by the stage.
 */
#include "compile/rows.h"

#include <string.h>

static bool seen_before(const struct spec_strings *paths, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (strcmp(paths->items[i], paths->items[index]) == 0)
			return true;
	return false;
}

static void add_readonly(struct compile *c, const struct spec_strings *paths)
{
	for (uint32_t i = 0; i < paths->count; i++) {
		struct plan_readonly_path record = { .path = writer_text(c->writer, paths->items[i]) };

		if (!seen_before(paths, i))
			WRITER_ADD(c->writer, MASKS, readonly_path, &record,
				   compile_pointer(c, "/linux/readonlyPaths/%u", i));
	}
}

static void add_masked(struct compile *c, const struct spec_strings *paths)
{
	for (uint32_t i = 0; i < paths->count; i++) {
		struct plan_masked_path record = { .path = writer_text(c->writer, paths->items[i]) };

		record.null = compile_null(c);
		if (!seen_before(paths, i))
			WRITER_ADD(c->writer, MASKS, masked_path, &record,
				   compile_pointer(c, "/linux/maskedPaths/%u", i));
	}
}

int compile_masks(struct compile *c)
{
	const struct spec_linux *linux_ = c->spec->linux_;

	/* on the host's own view a mask would hide the host's files from everybody */
	if (!c->has_mount_namespace && linux_->masked_paths.count)
		return compile_refuse(c, "/linux/maskedPaths",
				      "unable to restrict sys entries without a private MNT "
				      "namespace");
	if (!c->has_mount_namespace && linux_->readonly_paths.count)
		return compile_refuse(c, "/linux/readonlyPaths",
				      "unable to restrict sys entries without a private "
				      "MNT namespace");
	add_readonly(c, &linux_->readonly_paths);
	add_masked(c, &linux_->masked_paths);
	return 0;
}
