/* Where resctrl is mounted and what it can do. Looked for only when a config asks for it: mountinfo of a
 * host with many mounts is the longest file that is read here.
 */
#include "facts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "\040" and the like, as mountinfo has them. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	*to = 0;
}

/* The mount point of a line, when it is the whole of a resctrl; in place. */
static char *resctrl_of(char *line)
{
	char *type = strstr(line, " - "), *rest = line, *field[5] = { 0 };

	if (!type || strncmp(type + 3, "resctrl ", 8) != 0)
		return NULL;
	for (int i = 0; i < 5; i++)
		field[i] = strsep(&rest, " ");
	if (!field[4] || strcmp(field[3], "/") != 0)
		return NULL;
	unescape(field[4]);
	return field[4];
}

static const char *find_mount(struct arena *arena)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	const char *found = NULL;
	char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		const char *mount = resctrl_of(line);

		if (mount) /* of several the last one is on top */
			found = arena_copy(arena, mount, strlen(mount));
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

int facts_probe_resctrl(struct arena *arena, struct facts *facts, struct error *error)
{
	const char *root = find_mount(arena);
	struct dirent **entries;

	if (!root)
		return 0;
	int count = scandir(arena_format(arena, "%s/info", root), &entries, NULL, alphasort);
	if (count < 0)
		return error_errno(error, errno, "cannot read %s/info", root);
	facts->resctrl = root;
	facts->resctrl_info = "";
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (name[0] != '.' && strcmp(name, "last_cmd_status") != 0)
			facts->resctrl_info = arena_format(arena, "%s%s%s", facts->resctrl_info,
							   *facts->resctrl_info ? " " : "", name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}
