/* Memory that lives until the process ends or the arena is freed: one bump allocator, no single frees. */
#ifndef OCIRUN_ARENA_H
#define OCIRUN_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
	struct arena_block *blocks;
};

/* `size` bytes, zeroed, aligned to 16. Ends the process with a message when memory is out (as the kernel
 * would): callers need no check. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));
char *arena_copy(struct arena *arena, const char *text, size_t length); /* with a NUL */
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *arena);

#endif
