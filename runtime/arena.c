/* One bump allocator for all that lives as long as a command: see arena.h. */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BLOCK (1u << 20)   /* bytes: address space, no memory before it is touched */
#define READY (112u << 10) /* of the first block: what a default config needs, made present in one call */
#define ALIGN 16u

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	max_align_t bytes[];
};

/* Mapped, not from malloc: the kernel gives zeroed pages, and calloc would clear them once more. A page fault
 * costs microseconds on a virtual machine, so the first pages come all at once. */
static struct arena_block *block_new(struct arena *arena, size_t least)
{
	size_t size =
		(least > BLOCK - sizeof(struct arena_block) ? least : BLOCK - sizeof(struct arena_block));
	struct arena_block *block = MAP_FAILED;

	if (size <= SIZE_MAX / 2)
		block = mmap(NULL, sizeof *block + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
	if (block == MAP_FAILED) {
		fprintf(stderr, "ocirun: out of memory\n");
		exit(1);
	}
	if (!arena->blocks)
		madvise(block, READY, MADV_POPULATE_WRITE); /* 5.14; before it the pages come one by one */
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	size_t rounded = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);

	if (rounded < size)
		rounded = SIZE_MAX; /* overflow: block_new refuses it */
	if (!block || block->size - block->used < rounded)
		block = block_new(arena, rounded);
	void *result = (char *)block->bytes + block->used;
	block->used += rounded;
	return result;
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list arguments, again;

	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, arguments);
	char *text = arena_alloc(arena, (size_t)(length > 0 ? length : 0) + 1);
	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	va_end(arguments);
	return text;
}

void arena_free(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;

		munmap(arena->blocks, sizeof *arena->blocks + arena->blocks->size);
		arena->blocks = next;
	}
}
