/* A group by its directory, long after its plan: kill, thaw, remove, count. For `kill`, `delete`, `ps` and
 * the clean-up after a failure. A path of state.json may be stale: a missing group is success, the root of a
 * hierarchy is never killed in and never removed.
 */
#include "cgroup.h"
#include "cgroup_v1.h"
#include "cgroup_v2.h"
#include "host.h"

#define FREEZE_MS 500 /* for the kill without cgroup.kill */
#define LONGEST_PAUSE 50
#define PASSES 8 /* of SIGKILL where nothing can be frozen */

/* A descriptor of the group; -ENOENT when it is gone, -EXDEV when something else stands there. */
static int open_group(const char *dir)
{
	FD_AUTO fd = sys_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0);
	int version;

	if (fd < 0)
		return fd == -ENODEV ? -ENOENT : fd;
	version = cgroup_version(fd);
	return version < 0 ? version : fd_take(&fd);
}

static bool is_v2(int fd)
{
	return cgroup_version(fd) == PLAN_CGROUP_V2;
}

static int freeze(int fd, bool frozen, int milliseconds)
{
	return is_v2(fd) ? cgroup_v2_freeze(fd, frozen, milliseconds)
			 : cgroup_v1_freeze(fd, frozen, milliseconds);
}

static int frozen(int fd)
{
	return is_v2(fd) ? cgroup_v2_frozen(fd) : cgroup_v1_frozen(fd);
}

static int any_step(void *context, int64_t pid)
{
	(void)context;
	return pid > 0;
}

/* Freeze, signal each process, thaw: nobody forks away in between. Where there is no freezer (other v1
 * hierarchies) SIGKILL goes out until nobody is left. A v1 task dies only when
 * it is thawed (KIL-09); for other signals a paused container stays paused. */
static int signal_all(int fd, int signal)
{
	bool was_frozen = frozen(fd) == 1, froze = false;
	int r;

	if (!was_frozen)
		froze = freeze(fd, true, FREEZE_MS) == 0;
	r = cgroup_signal(fd, signal);
	/* what was not held still may have forked meanwhile; anyone left gets it again */
	for (int pass = 1; r == 0 && signal == SIGKILL && !froze && !was_frozen && pass < PASSES; pass++) {
		if (cgroup_each_pid(fd, any_step, NULL) != 1)
			break;
		sys_poll(NULL, 0, pass);
		r = cgroup_signal(fd, signal);
	}
	if (froze || signal == SIGKILL)
		freeze(fd, false, FREEZE_MS);
	return r;
}

static int kill_group(int fd, int signal)
{
	if (signal == SIGKILL && is_v2(fd) && cgroup_v2_kill(fd) == 0)
		return 0;
	return signal_all(fd, signal);
}

int host_cgroup_kill(const char *dir, int signal)
{
	FD_AUTO fd = open_group(dir);
	int root;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	root = cgroup_is_mount_root(fd);
	if (root)
		return root < 0 ? root : -EPERM;
	return kill_group(fd, signal);
}

/* One try: kill, wait (v2), remove what is below, then the group itself. */
static int remove_once(int fd, const char *dir, int milliseconds)
{
	int r = kill_group(fd, SIGKILL);

	/* nested deeper than the walk goes: what is below is removed level by level, and its tasks killed
	 * there */
	if (r < 0 && r != -ELOOP)
		return r;
	if (is_v2(fd)) {
		r = cgroup_v2_wait(fd, "populated", 0, milliseconds);
		if (r < 0 && r != -ETIMEDOUT)
			return r;
	}
	r = cgroup_remove_below(fd);
	return r < 0 ? r : sys_unlinkat(AT_FDCWD, dir, AT_REMOVEDIR);
}

static int remove_by(int fd, const char *dir, int64_t end)
{
	for (int pause = 1;; pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE) {
		int64_t left = end - sys_clock_ms();
		int r = remove_once(fd, dir, left > 0 ? (int)left : 0);

		if (r == 0 || r == -ENOENT || r == -ENODEV)
			return 0;
		if (r != -EBUSY && r != -ENOTEMPTY)
			return r;
		left = end - sys_clock_ms();
		if (left <= 0)
			return -EBUSY;
		/* v1 has no event for "empty"; v2 can say 0 a moment before the last task is released */
		sys_poll(NULL, 0, left < pause ? (int)left : pause);
	}
}

int host_cgroup_remove(const char *dir, int milliseconds)
{
	FD_AUTO fd = -1;
	int r = sys_unlinkat(AT_FDCWD, dir, AT_REMOVEDIR), root;

	/* The usual delete ends here: the container's processes are gone. */
	if (r == 0 || r == -ENOENT)
		return 0;
	if (r != -EBUSY && r != -ENOTEMPTY)
		return r;
	fd = open_group(dir);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	root = cgroup_is_mount_root(fd);
	if (root)
		return root < 0 ? root : 0;
	return remove_by(fd, dir, sys_clock_ms() + milliseconds);
}

int host_cgroup_frozen(const char *dir)
{
	FD_AUTO fd = open_group(dir);

	return fd >= 0 && frozen(fd) == 1;
}

int host_cgroup_freeze(const char *dir, int milliseconds)
{
	FD_AUTO fd = open_group(dir);
	int r;

	if (fd < 0)
		return fd;
	r = cgroup_is_mount_root(fd);
	if (r)
		return r < 0 ? r : -EPERM;
	r = freeze(fd, true, milliseconds);
	if (r == -ETIMEDOUT)
		freeze(fd, false, FREEZE_MS);
	return r;
}

int host_cgroup_thaw(const char *dir)
{
	FD_AUTO fd = open_group(dir);
	int r = fd < 0 ? fd : freeze(fd, false, FREEZE_MS);

	return r == -ENOENT || r == -ENODEV ? 0 : r;
}

struct pid_list {
	int64_t *pids;
	uint32_t size, count;
};

static int list_step(void *context, int64_t pid)
{
	struct pid_list *list = context;

	if (list->count < list->size)
		list->pids[list->count] = pid;
	list->count++;
	return 0;
}

int host_cgroup_pids(const char *dir, int64_t *pids, uint32_t size)
{
	struct pid_list list = { .pids = pids, .size = size };
	FD_AUTO fd = open_group(dir);
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = cgroup_each_pid(fd, list_step, &list);
	return r < 0 ? r : (int)list.count;
}

uint64_t host_cgroup_oom_kills(const char *dir)
{
	FD_AUTO fd = open_group(dir);
	uint64_t count = 0;

	if (fd >= 0)
		cgroup_read_key(fd, is_v2(fd) ? "memory.events" : "memory.oom_control", "oom_kill", &count);
	return count;
}
