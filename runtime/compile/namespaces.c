/* Rows `launch`, `namespaces` and `network`: the new namespaces. The pid namespace is one that a process is
 * born into: by the launch itself where the host's rights own it, by a second clone where a user namespace,
 * new or joined, has to own it (else no proc could be mounted in it).
 */
#include "compile/rows.h"

#include <string.h>

static uint64_t new_namespaces(const struct compile *c)
{
	const struct spec_linux *linux_ = c->spec->linux_;
	uint64_t set = 0;

	for (uint32_t i = 0; i < linux_->namespace_count; i++)
		if (!linux_->namespaces[i].path)
			set |= linux_->namespaces[i].type;
	return set;
}

/* Before Linux 6.17 proc shows the pid namespace of whoever mounts it, so that it takes a process inside;
 * since then it may be named, by a path that nobody but the host can have put there. */
static bool can_mount_proc(const struct compile *c)
{
	const struct spec_namespace *mount = spec_namespace(c->spec, PLAN_NS_MOUNT);
	const struct facts *facts = c->facts;

	for (uint32_t i = 0; i < c->spec->mount_count; i++)
		if (!c->spec->mounts[i].bind && c->spec->mounts[i].type &&
		    !strcmp(c->spec->mounts[i].type, "proc"))
			return !mount->path && (facts->kernel_major > 6 ||
						(facts->kernel_major == 6 && facts->kernel_minor >= 17));
	return true;
}

/* In a user namespace we are hidden from whoever has its rights alone. */
bool compile_forks_late(const struct compile *c)
{
	const struct spec_namespace *pid = spec_namespace(c->spec, PLAN_NS_PID);

	return pid && pid->path && !(c->options->own_namespaces & PLAN_NS_PID) &&
	       !compile_user_namespace(c) && facts_may_visit(c->facts) && can_mount_proc(c);
}

int compile_launch(struct compile *c)
{
	const struct spec_namespace *pid = spec_namespace(c->spec, PLAN_NS_PID);
	struct plan_launch record = { .born = 0 };

	if (pid && pid->path && (compile_forks_late(c) || !facts_may_visit(c->facts)))
		; /* row `join` */
	else if (pid && pid->path)
		record.pid_path = writer_text(c->writer, pid->path);
	else if (pid && !compile_user_namespace(c))
		record.born = PLAN_NS_PID;
	WRITER_ADD(c->writer, LAUNCH, launch, &record, "");
	return 0;
}

/* Text for timens_offsets, or NULL (NSP-17..19). */
static int time_offsets(struct compile *c, const char **ret)
{
	const struct spec_linux *l = c->spec->linux_;
	const char *monotonic = "", *boottime = "";

	*ret = NULL;
	if (!l->has_monotonic_offset && !l->has_boottime_offset)
		return 0;
	if (!compile_is_new(c, PLAN_NS_TIME))
		return compile_refuse(c, "/linux/timeOffsets", "time offsets need a new time namespace");
	if (l->has_monotonic_offset)
		monotonic = arena_format(c->arena, "monotonic %lld %u\n", (long long)l->monotonic_secs,
					 l->monotonic_nanosecs);
	if (l->has_boottime_offset)
		boottime = arena_format(c->arena, "boottime %lld %u\n", (long long)l->boottime_secs,
					l->boottime_nanosecs);
	*ret = arena_format(c->arena, "%s%s", monotonic, boottime);
	compile_proc(c);
	return 0;
}

/* A pid namespace by path, joined behind the user namespace that gives the right to. */
static bool joins_pid(const struct compile *c)
{
	const struct spec_namespace *pid = spec_namespace(c->spec, PLAN_NS_PID);

	return pid && pid->path && !facts_may_visit(c->facts) && !(c->options->own_namespaces & PLAN_NS_PID);
}

int compile_namespaces(struct compile *c)
{
	uint64_t set = new_namespaces(c) & ~(uint64_t)PLAN_NS_USER;
	struct plan_namespaces record = { .unshare = set & ~(uint64_t)PLAN_NS_PID };
	struct plan_loopback loopback = { .up = 1 };
	const char *offsets;
	int r = time_offsets(c, &offsets);

	if (r < 0)
		return r;
	if (set & PLAN_NS_TIME && !c->facts->time_namespaces)
		return compile_refuse(c, "/linux/namespaces", "this kernel has no time namespaces");
	if (set & PLAN_NS_CGROUP && !c->facts->cgroup_namespaces)
		return compile_refuse(c, "/linux/namespaces", "this kernel has no cgroup namespaces");
	if (compile_locks(c)) /* unshared with the user namespace: see stages/lock.h */
		record.unshare &= ~(uint64_t)PLAN_NS_MOUNT;
	if (set & PLAN_NS_PID && compile_user_namespace(c))
		record.born = PLAN_NS_PID;
	record.fork = joins_pid(c);
	record.time_offsets = writer_text(c->writer, offsets);
	if (record.unshare | record.born | record.fork)
		WRITER_ADD(c->writer, NAMESPACES, namespaces, &record, "/linux/namespaces");
	if (set & PLAN_NS_NETWORK)
		WRITER_ADD(c->writer, NETWORK, loopback, &loopback, "");
	if (compile_forks_late(c))
		WRITER_ADD(c->writer, FORK, namespaces, &(struct plan_namespaces){ .fork = 1 },
			   "/linux/namespaces");
	return 0;
}
