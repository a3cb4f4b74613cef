/* Which namespaces a process of `exec` enters. Types alone: it enters them by the pidfd of init. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "container/exec.h"
#include "fd.h"

static const struct {
	uint64_t type;
	const char *name;
} namespaces[] = {
	{ PLAN_NS_TIME, "time" }, { PLAN_NS_MOUNT, "mnt" },   { PLAN_NS_CGROUP, "cgroup" },
	{ PLAN_NS_UTS, "uts" },   { PLAN_NS_IPC, "ipc" },     { PLAN_NS_USER, "user" },
	{ PLAN_NS_PID, "pid" },   { PLAN_NS_NETWORK, "net" },
};

static int differs(const struct exec_target *target, const char *name, bool *ret, struct error *error)
{
	char path[64], own[64];
	struct stat theirs = { 0 }, ours = { 0 };

	snprintf(path, sizeof path, "/proc/%lld/ns/%s", (long long)target->container.state.pid, name);
	snprintf(own, sizeof own, "/proc/self/ns/%s", name);
	int r = sys_fstatat(AT_FDCWD, path, &theirs, 0);
	if (r < 0 && geteuid() != 0 && (r == -EACCES || r == -EPERM))
		return error_set(error, EPERM,
				 "cannot look at the container's %s namespace: a rootless container that "
				 "waits for start is hidden, start it first",
				 name);
	if (r == 0)
		r = sys_fstatat(AT_FDCWD, own, &ours, 0);
	if (r < 0)
		return error_errno(error, r == -ENOENT ? -ESRCH : r,
				   "cannot look at the container's %s namespace", name);
	*ret = theirs.st_ino != ours.st_ino || theirs.st_dev != ours.st_dev;
	return 0;
}

/* Those that the config gives it, as in runc. One that was made for it is not ours: there is nothing to
 * compare, in /proc at that. One by path may be ours, and entering it may be a right that we lack; entering
 * the user namespace that one is in is an error, and we may be one of the container's own. */
int exec_namespaces(const struct exec_target *target, uint64_t *ret, struct error *error)
{
	uint64_t types = 0;

	for (size_t i = 0; i < sizeof namespaces / sizeof namespaces[0]; i++) {
		const struct spec_namespace *entry = spec_namespace(&target->spec, namespaces[i].type);
		bool differ = entry != NULL;
		int r = 0;

		/* without one of its own init may still have got one, from whoever called `create` */
		if (entry ? entry->path || namespaces[i].type == PLAN_NS_USER
			  : namespaces[i].type == PLAN_NS_MOUNT)
			r = differs(target, namespaces[i].name, &differ, error);
		if (r < 0)
			return r;
		types |= differ ? namespaces[i].type : 0;
	}
	*ret = types;
	return 0;
}
