/* See hierarchy.h. */
#include "criu/hierarchy.h"

#include <string.h>
#include <sys/mount.h>

#include "fd.h"

#define MOUNTINFO_MOST (4 << 20)
#define KEPT (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC) /* statfs has the same bits */

/* ID PARENT DEVICE ROOT TARGET FLAGS [TAG]... - TYPE SOURCE OPTIONS (proc(5)). A target with a blank is
 * written \040: no hierarchy is mounted there. */
void hierarchy_find(struct arena *arena, char *mountinfo, struct hierarchy *ret)
{
	*ret = (struct hierarchy){ NULL, "" };
	for (char *line, *rest = mountinfo; (line = strsep(&rest, "\n"));) {
		char *type = strstr(line, " - cgroup2 "), *word = NULL, *options;

		if (!type)
			continue;
		*type = 0;
		options = strrchr(type + 1, ' ');
		for (int i = 0; i < 5 && line; i++)
			word = strsep(&line, " ");
		if (!line || !options)
			continue;
		options += 1 + strcspn(options + 1, ","); /* "rw" or "ro" comes first */
		ret->mount = arena_copy(arena, word, strlen(word));
		ret->options =
			arena_copy(arena, options + (*options == ','), strlen(options + (*options == ',')));
		return;
	}
}

void hierarchy_read(struct arena *arena, struct hierarchy *ret)
{
	FD_AUTO fd = sys_openat(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY, 0);
	char *text = arena_alloc(arena, MOUNTINFO_MOST);
	size_t length = 0;

	if (fd >= 0)
		fd_read_all(fd, text, MOUNTINFO_MOST - 1, &length);
	hierarchy_find(arena, text, ret);
}

int hierarchy_write_back(struct arena *arena, const struct hierarchy *before)
{
	struct hierarchy now;

	if (!before->mount)
		return 0;
	hierarchy_read(arena, &now);
	if (!now.mount || !strcmp(now.options, before->options))
		return 0;
	FD_AUTO fd = sys_openat(AT_FDCWD, now.mount, O_PATH | O_DIRECTORY, 0);
	int64_t flags = fd < 0 ? fd : sys_fs_flags(fd);
	return flags < 0 ? (int)flags
			 : sys_mount(NULL, now.mount, NULL, MS_REMOUNT | ((unsigned long)flags & KEPT),
				     before->options);
}
