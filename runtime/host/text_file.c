/* Read until the end: the size of a pipe is not known before. */
#include "text_file.h"

#include <errno.h>
#include <string.h>

#include "fd.h"
#include "spec/json.h"

#define FIRST_BYTES 16384

static int read_to_end(struct arena *arena, int fd, const char *what, const char **ret, size_t *ret_length,
		       struct error *error)
{
	size_t size = FIRST_BYTES, used = 0, got = 0;
	char *text = arena_alloc(arena, size);
	int r;

	while ((r = fd_read_all(fd, text + used, size - used, &got)) == 0 && used + got == size) {
		char *larger;

		if (size >= JSON_MAX_LENGTH)
			return error_set(error, EFBIG, "%s is larger than 16 MiB", what);
		larger = arena_alloc(arena, size * 2);
		memcpy(larger, text, size);
		text = larger;
		used = size;
		size *= 2;
	}
	*ret = text;
	*ret_length = used + (r == 0 ? got : 0);
	return r < 0 ? error_errno(error, r, "cannot read %s", what) : 0;
}

int text_file_read(struct arena *arena, const char *path, bool dash, const char *what, const char **ret,
		   size_t *ret_length, struct error *error)
{
	bool is_stdin = dash && !strcmp(path, "-");
	FD_AUTO file = is_stdin ? -1 : sys_openat(AT_FDCWD, path, O_RDONLY, 0);

	if (!is_stdin && file < 0)
		return error_errno(error, file, "cannot open %s", path);
	return read_to_end(arena, is_stdin ? 0 : file, what, ret, ret_length, error);
}
