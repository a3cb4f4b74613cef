/* The status of a container, derived from what the kernel says and never stored, so it cannot be wrong after
 * a crash: see DESIGN, "State and crash windows". About ten system calls, no list of mounts or processes
 * (STT-17: managers poll `state`). Signals nothing, changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container/root.h"
#include "container/status.h"
#include "fd.h"
#include "host.h"
#include "number.h"

const char *const status_words[] = {
	[STATUS_CREATING] = "creating", [STATUS_CREATED] = "created", [STATUS_RUNNING] = "running",
	[STATUS_PAUSED] = "paused",     [STATUS_STOPPED] = "stopped",
};

/* A small file of /proc; returns bytes read, the text ends with NUL. */
static int read_small(const char *path, char *buffer, size_t size)
{
	FD_AUTO fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);

	if (fd < 0)
		return fd;
	ssize_t got = sys_read(fd, buffer, size - 1);
	if (got < 0)
		return (int)got;
	buffer[got] = 0;
	return (int)got;
}

int process_stat(int64_t pid, char *ret_state, uint64_t *ret_start)
{
	char path[32 + NUMBER_TEXT], text[1024], *field;

	snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
	int r = read_small(path, text, sizeof text);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	/* the name in field 2 may hold blanks and parentheses: what follows its LAST ')' is safe */
	field = strrchr(text, ')');
	if (!field || field[1] != ' ')
		return -EINVAL;
	field += 2;
	char state = *field;
	for (int number = 3; number < 22; number++) {
		field = strchr(field, ' ');
		if (!field)
			return -EINVAL;
		field++;
	}
	*ret_state = state;
	*ret_start = strtoull(field, NULL, 10);
	return 0;
}

int boot_id(char text[BOOT_ID_TEXT])
{
	int r = read_small("/proc/sys/kernel/random/boot_id", text, BOOT_ID_TEXT);

	if (r < 0)
		return r;
	text[strcspn(text, "\n")] = 0;
	return 0;
}

static bool same_boot(const struct state *state)
{
	char now[BOOT_ID_TEXT];

	/* unreadable (a masked /proc/sys): the start time alone has to do */
	return !state->boot_id || boot_id(now) < 0 || !strcmp(now, state->boot_id);
}

/* Is the recorded init alive? The pidfd is opened before /proc is read: if the start time then matches, the
 * descriptor is of that process, however often the number was used since (KIL-10). */
static bool alive(const struct state *state, int *ret_pidfd)
{
	FD_AUTO pidfd = -1;
	uint64_t start;
	char letter;

	if (state->pid <= 0 || !same_boot(state))
		return false;
	if (ret_pidfd) {
		pidfd = sys_pidfd_open((pid_t)state->pid, 0);
		if (pidfd < 0)
			return false;
	}
	if (process_stat(state->pid, &letter, &start) < 0 || start != state->start_time)
		return false;
	if (strchr("ZXx", letter))
		return false;
	if (ret_pidfd)
		*ret_pidfd = fd_take(&pidfd);
	return true;
}

bool container_ended(const struct state *state)
{
	return !alive(state, NULL);
}

/* One word of a comma-separated list. */
static bool lists(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (!strncmp(at, word, length) && (at[length] == 0 || at[length] == ','))
			return true;
	return false;
}

const char *container_freezer(const struct state *state)
{
	for (uint32_t i = 0; i < state->cgroup_dirs.count; i++) {
		const char *name = i < state->cgroup_names.count ? state->cgroup_names.items[i] : "";

		if (!*name || lists(name, "freezer"))
			return state->cgroup_dirs.items[i];
	}
	return NULL;
}

/* Of a v1 host only the freezer's group can say; of v2 (no name) the group itself. */
static bool frozen(const struct state *state)
{
	for (uint32_t i = 0; i < state->cgroup_dirs.count; i++) {
		const char *name = i < state->cgroup_names.count ? state->cgroup_names.items[i] : "";

		if ((!*name || lists(name, "freezer")) &&
		    host_cgroup_frozen(state->cgroup_dirs.items[i]) == 1)
			return true;
	}
	return false;
}

/* The shim reads the fifo until `start`; after execve nobody has it open: ENXIO (see DESIGN, "The gate"). A
 * writer that comes and goes does not wake it, since it holds both ends. */
static bool at_the_gate(const struct container *container)
{
	if (!container->state.gate_fifo)
		return false;
	FD_AUTO fd = sys_openat(container->dir, "exec.fifo", O_WRONLY | O_NONBLOCK | O_NOFOLLOW, 0);
	return fd >= 0;
}

enum container_status container_status(const struct container *container, int *ret_pidfd)
{
	int pidfd = -1;
	bool living = alive(&container->state, ret_pidfd ? &pidfd : NULL);

	if (ret_pidfd)
		*ret_pidfd = pidfd;
	if (container->half_made)
		return container->creating ? STATUS_CREATING : STATUS_STOPPED;
	if (!living)
		return STATUS_STOPPED;
	if (frozen(&container->state))
		return STATUS_PAUSED;
	return at_the_gate(container) ? STATUS_CREATED : STATUS_RUNNING;
}
