/* Our own table of processes: user, pid, parent, state, command line; see ps_table.h. /proc's texts are what
 * the container chose: control bytes do not reach the terminal.
 */
#include "cmd/ps_table.h"

#include <stdio.h>
#include <string.h>

#include "fd.h"
#include "utf8.h"

#define STATUS_BYTES 4096
#define COMMAND_BYTES 4096

/* /proc/PID as a directory: what is read below it is of one process or fails. */
static int open_process(int64_t pid)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/%lld", (long long)pid);
	return sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
}

static size_t read_file(int dir, const char *name, char *buffer, size_t size)
{
	FD_AUTO fd = sys_openat(dir, name, O_RDONLY, 0);
	size_t length = 0;

	if (fd < 0 || fd_read_all(fd, buffer, size - 1, &length) < 0)
		length = 0;
	buffer[length] = 0;
	return length;
}

/* The first word behind "KEY:" of a status file; its length in ret_length, 0 when there is none. */
static const char *field(const char *status, const char *key, int *ret_length)
{
	size_t length = strlen(key);

	for (const char *line = status; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, key, length) != 0 || line[length] != ':')
			continue;
		line += length + 1;
		line += strspn(line, " \t");
		*ret_length = (int)strcspn(line, " \t\n");
		return line;
	}
	*ret_length = 0;
	return "";
}

static void print_command(char *command, size_t length, const char *name, int name_length)
{
	if (length == 0) { /* a zombie, or one that has no words any more */
		char text[64];

		snprintf(text, sizeof text, "%.*s", name_length, name);
		utf8_defuse(text, '?');
		printf("[%s]\n", text);
		return;
	}
	while (length > 1 && command[length - 1] == 0)
		length--;
	for (size_t i = 0; i < length; i++)
		command[i] = command[i] ? command[i] : ' ';
	command[length] = 0; /* read_file has left room */
	utf8_defuse(command, '?');
	puts(command);
}

static void print_process(int64_t pid)
{
	char status[STATUS_BYTES], command[COMMAND_BYTES];
	int user_length, parent_length, state_length, name_length;
	FD_AUTO dir = open_process(pid);

	if (dir < 0 || read_file(dir, "status", status, sizeof status) == 0)
		return;
	size_t length = read_file(dir, "cmdline", command, sizeof command);
	const char *user = field(status, "Uid", &user_length),
		   *parent = field(status, "PPid", &parent_length);
	const char *state = field(status, "State", &state_length),
		   *name = field(status, "Name", &name_length);

	printf("%-10.*s %7lld %7.*s %.*s ", user_length, user, (long long)pid, parent_length, parent,
	       state_length, state);
	print_command(command, length, name, name_length);
}

void ps_table(const int64_t *pids, int count)
{
	printf("%-10s %7s %7s %s %s\n", "UID", "PID", "PPID", "S", "CMD");
	for (int i = 0; i < count; i++)
		print_process(pids[i]);
}
