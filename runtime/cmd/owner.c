/* User names: see owner.h. The host's own file, at most 1 MiB of it; a line that is not understood is
 * skipped. */
#include "cmd/owner.h"

#include <string.h>

#include "fd.h"
#include "number.h"

#define PASSWD_BYTES (1u << 20)
#define UID_TEXT 11

static void load(struct owners *owners, struct arena *arena)
{
	FD_AUTO fd = sys_openat(AT_FDCWD, "/etc/passwd", O_RDONLY | O_NONBLOCK, 0);
	struct stat about;

	owners->text = "";
	if (fd < 0 || sys_fstat(fd, &about) < 0 || !S_ISREG(about.st_mode) || about.st_size <= 0)
		return;
	size_t size = about.st_size < (off_t)PASSWD_BYTES ? (size_t)about.st_size : PASSWD_BYTES;
	char *text = arena_alloc(arena, size + 1);
	if (fd_read_all(fd, text, size, &owners->length) == 0)
		owners->text = text;
}

/* name:password:uid:... Is this the line of uid? Returns the name's length, 0 when not. */
static size_t match(const char *line, size_t length, uint32_t uid)
{
	const char *end = line + length;
	const char *name_end = memchr(line, ':', length);
	const char *password_end = name_end ? memchr(name_end + 1, ':', (size_t)(end - name_end - 1)) : NULL;
	const char *uid_end =
		password_end ? memchr(password_end + 1, ':', (size_t)(end - password_end - 1)) : NULL;
	char text[UID_TEXT] = "";
	uint64_t number;

	if (!uid_end || uid_end - password_end - 1 >= UID_TEXT)
		return 0;
	memcpy(text, password_end + 1, (size_t)(uid_end - password_end - 1));
	if (number_parse(text, UINT32_MAX, &number) < 0 || number != uid)
		return 0;
	return (size_t)(name_end - line);
}

const char *owner_name(struct owners *owners, struct arena *arena, uint32_t uid)
{
	if (!owners->text)
		load(owners, arena);
	const char *end = owners->text + owners->length;
	for (const char *line = owners->text; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((stop ? stop : end) - line), name = match(line, length, uid);

		if (name)
			return arena_copy(arena, line, name);
		line += length + 1;
	}
	return arena_format(arena, "#%u", uid);
}
