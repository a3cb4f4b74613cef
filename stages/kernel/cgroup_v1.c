/* cgroup v1: see cgroup_v1.h. */
#include "cgroup_v1.h"

#include <errno.h>
#include <string.h>

#include "cgroup.h"

bool cgroup_v1_has(const char *name, const char *controller)
{
	size_t length = strlen(controller);

	for (const char *at = name; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (!strncmp(at, controller, length) && (at[length] == ',' || at[length] == 0))
			return true;
	return false;
}

static int fill(int parent, int dir, const char *file)
{
	char value[4096];
	ssize_t length = cgroup_read(dir, file, value, sizeof value);

	if (length != 0)
		return length < 0 ? (int)length : 0;
	length = cgroup_read(parent, file, value, sizeof value);
	if (length <= 0)
		return (int)length;
	return cgroup_write(dir, file, value, (size_t)length);
}

int cgroup_v1_fill_cpuset(int parent, int dir)
{
	int r = fill(parent, dir, "cpuset.cpus");

	return r < 0 ? r : fill(parent, dir, "cpuset.mems");
}

int cgroup_v1_freeze(int dir, bool frozen, int milliseconds)
{
	int64_t end = sys_clock_ms() + milliseconds;
	char state[16];

	if (!frozen)
		return cgroup_put(dir, "freezer.state", "THAWED");
	for (int pause = 1;; pause = pause < 16 ? pause * 2 : 16) {
		/* Reading is what makes the kernel look again; writing again catches tasks that were forked
		 * while it froze. A task in the middle of a vfork can keep the state FREEZING for good. */
		ssize_t r = cgroup_put(dir, "freezer.state", "FROZEN");

		if (r == 0)
			r = cgroup_read(dir, "freezer.state", state, sizeof state);
		if (r < 0)
			return (int)r;
		if (!strcmp(state, "FROZEN"))
			return 0;
		if (sys_clock_ms() >= end)
			break;
		/* every 16 ms: let go for a moment, so that such a task gets on */
		if (pause == 16)
			cgroup_put(dir, "freezer.state", "THAWED");
		sys_poll(NULL, 0, pause);
	}
	cgroup_put(dir, "freezer.state", "THAWED");
	return -ETIMEDOUT;
}

int cgroup_v1_frozen(int dir)
{
	char state[16];

	return cgroup_read(dir, "freezer.state", state, sizeof state) > 0 && strcmp(state, "THAWED") != 0;
}
