/* `exec` from an open container to the end of its process: status, namespaces that differ, plan, launch.
 * Holds no lock: the container is held by its init's pidfd, and a group that is gone is not made again, so
 * the worst that a `delete` meanwhile can do is an error here (EXE-35). Leaves nothing on disk.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "container/create.h"
#include "console.h"
#include "console_relay.h"
#include "container/exec.h"
#include "container/root.h"
#include "fd.h"
#include "launch.h"
#include "pidfd_socket.h"
#include "pidfile.h"
#include "signals.h"
#include "spec/number_list.h"

#define FILE_MAX (16 << 20)
#define DEATH_MILLISECONDS 1000

/* ---- the container ------------------------------------------------------------------------------------ */

int exec_read(struct arena *arena, int dir, const char *name, const char **ret, size_t *ret_length,
	      struct error *error)
{
	FD_AUTO fd = sys_openat(dir, name, O_RDONLY | O_NONBLOCK, 0);
	struct stat about;
	int r = fd < 0 ? fd : sys_fstat(fd, &about);

	if (r < 0)
		return error_errno(error, r, "cannot open %s", name);
	if (!S_ISREG(about.st_mode))
		return error_set(error, EINVAL, "%s is not a regular file", name);
	if (about.st_size > FILE_MAX)
		return error_set(error, EFBIG, "%s is larger than 16 MiB", name);
	char *text = arena_alloc(arena, (size_t)about.st_size + 1);
	r = fd_read_all(fd, text, (size_t)about.st_size, ret_length);
	if (r < 0)
		return error_errno(error, r, "cannot read %s", name);
	*ret = text;
	return 0;
}

static int check_status(const struct exec_target *target, enum container_status status, bool ignore_paused,
			struct error *error)
{
	if (status == STATUS_CREATING)
		return error_set(error, EBUSY, "cannot exec in a container that is still being created");
	if (status == STATUS_STOPPED || target->pidfd < 0)
		return error_set(error, ESRCH, "cannot exec in a stopped container");
	if (status == STATUS_PAUSED && !ignore_paused)
		return error_set(error, EBUSY,
				 "cannot exec in a paused container (use --ignore-paused to override)");
	return 0;
}

int exec_open(const struct globals *globals, const char *id, bool ignore_paused, struct exec_target *ret,
	      struct error *error)
{
	const char *text = NULL;
	size_t length = 0;

	memset(ret, 0, sizeof *ret);
	ret->pidfd = ret->container.dir = ret->container.lock = ret->container.root_fd = -1;
	int r = container_find(globals, id, LOCK_NONE, false, &ret->container, error);
	if (r < 0) {
		ret->container.dir = ret->container.lock = ret->container.root_fd = -1;
		return r;
	}
	enum container_status status = container_status(&ret->container, &ret->pidfd);
	ret->status = status;
	r = check_status(ret, status, ignore_paused, error);
	if (r == 0)
		r = exec_read(globals->arena, ret->container.dir, "config.json", &text, &length, error);
	if (r == 0)
		r = spec_parse(globals->arena, text, length, &ret->spec, error);
	return r;
}

void exec_close(struct exec_target *target)
{
	fd_close_at(&target->pidfd);
	container_close(&target->container);
}

/* ---- what to enter ------------------------------------------------------------------------------------ */

static bool ended(int pidfd, int milliseconds)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	return sys_poll(&end, 1, milliseconds) > 0;
}

/* EXE-35: every number of /proc that was used before this was init's, if init still lives. Any failure is
 * explained by its end. Its namespaces and files are gone a moment before it is (ESRCH), and before that no
 * process can be made in its pid namespace (ENOMEM, pid_namespaces(7)): its end is waited for.
 */
static int stopped_meanwhile(const struct exec_target *target, int r, struct error *error)
{
	bool ending = r == -ESRCH || r == -ENOMEM;

	if (!ended(target->pidfd, ending ? DEATH_MILLISECONDS : 0))
		return r;
	memset(error, 0, sizeof *error);
	return error_set(
		error, ESRCH,
		"cannot exec in a stopped container (container not running: its init has just ended)");
}

/* ---- the launch ---------------------------------------------------------------------------------------- */

/* What one attempt holds. */
struct attempt {
	const struct globals *globals;
	const struct exec_target *target;
	const struct exec_request *request;
	struct spec spec; /* the container's with the process to run */
	struct facts facts;
	struct compile_options options;
	struct exec_into into;
	struct compiled compiled;
	struct launch launch;
	struct agent agent; /* who waits for the process: theirs until a launch has succeeded */
	int receiver, console;
	int root, page; /* for the shim; owned */
	bool group_gone;
	struct error *error;
};

static int from_fault(const struct attempt *a, const struct fault *fault)
{
	fault_error(&a->compiled.plan, fault, a->error);
	return a->error->code ? -a->error->code : error_set(a->error, EIO, "exec failed without a reason");
}

static int open_root(struct attempt *a)
{
	char path[64];

	if (!a->into.has_root)
		return 0;
	snprintf(path, sizeof path, "/proc/%lld/root", (long long)a->target->container.state.pid);
	a->root = sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
	return a->root < 0 ? error_errno(a->error, a->root, "cannot open the container's root") : 0;
}

/* The shim's last word, when a filter forbids it the socket. */
static int open_page(struct attempt *a)
{
	a->page = sys_memfd_create("fault", 0);
	int r = a->page < 0 ? a->page : sys_ftruncate(a->page, FAULT_PAGE);

	return r < 0 ? error_errno(a->error, r, "cannot make the fault page") : 0;
}

static int fill_slots(struct attempt *a, int *ret)
{
	const struct plan *plan = &a->compiled.plan;
	const struct plan_gate *gate = plan_find(plan, PLAN_KIND_gate);
	const struct plan_enter *enter = plan_find(plan, PLAN_KIND_enter);
	int r = open_root(a);

	ret[enter->pidfd] = a->target->pidfd;
	if (r == 0 && enter->root < PLAN_MAX_SLOTS)
		ret[enter->root] = a->root;
	if (r == 0 && gate->fault < PLAN_MAX_SLOTS) {
		r = open_page(a);
		ret[gate->fault] = a->page;
	}
	plan_each(plan, record) {
		const struct plan_cgroup_join *join = (const void *)record; /* if it is one */

		if (r < 0 || record->kind != PLAN_KIND_cgroup_join)
			continue;
		ret[join->tasks] = host_cgroups_tasks(&a->launch.groups, join);
		if (ret[join->tasks] < 0)
			r = error_errno(a->error, ret[join->tasks], "cannot open the tasks file of a cgroup");
	}
	return r;
}

static int launch_shim(struct attempt *a)
{
	int slots[PLAN_MAX_SLOTS];

	memset(slots, 0xff, sizeof slots);
	int r = fill_slots(a, slots);
	if (r == 0 && ended(a->target->pidfd, 0)) /* what was read of /proc may be another process's */
		r = -ESRCH;
	if (r == 0)
		r = launch_start(&a->launch, slots, a->compiled.plan.header->slot_count, NULL, a->error);
	plan_each(&a->compiled.plan, record) {
		const struct plan_cgroup_join *join = (const void *)record;

		if (record->kind == PLAN_KIND_cgroup_join)
			fd_close_at(&slots[join->tasks]);
	}
	return r;
}

/* BAT-17, BAT-19: words that runc's users know. */
static int refused_group(struct attempt *a, int r, int64_t pid)
{
	char text[ERROR_TEXT / 2];

	if (!a->request->cgroups.count)
		return r;
	snprintf(text, sizeof text, "%.*s", (int)sizeof text - 1, a->error->text);
	memset(a->error, 0, sizeof *a->error);
	if (pid > 0)
		return error_set(a->error, r, "error adding pid %lld to cgroups: %s", (long long)pid, text);
	return error_set(a->error, r, "error adding pid of the new process to cgroups: %s", text);
}

/* Before anything is made (PRO-09, PRO-40): a wrong path is an error of its own. */
static int call_others(struct attempt *a)
{
	a->agent.status = status_words[a->target->status];
	a->agent.init = a->target->container.state.pid;
	int r = pidfd_socket_connect(a->request->pidfd_socket, &a->receiver, a->error);
	if (r == 0)
		r = console_connect(a->request->console_socket, &a->console, a->error);
	return r < 0 ? r : agent_connect(a->globals->arena, &a->spec, &a->options, &a->agent, a->error);
}

static void hand_over(struct attempt *a)
{
	a->launch.agent = a->agent;
	a->agent.sock = -1;
	a->launch.receiver = fd_take(&a->receiver);
	a->launch.console = fd_take(&a->console);
}

/* The container's class of service and its monitoring are those of every process in it. At once: what the
 * shim becomes inherits them. */
static int join_rdt(struct attempt *a)
{
	const struct state *state = &a->target->container.state;
	const char *dirs[] = { state->rdt_path, state->rdt_monitor };

	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
		int r = dirs[i] ? host_rdt_join_at(dirs[i], a->launch.pid) : 0;

		if (r < 0)
			return error_errno(a->error, r, "cannot write %s/tasks", dirs[i]);
	}
	return 0;
}

static int compile_and_launch(struct attempt *a)
{
	struct fault fault = { .row = PLAN_ROW_CGROUP, .record = FAULT_NO_RECORD };
	int r = compile_exec(a->globals->arena, &a->spec, &a->facts, &a->options, &a->into, &a->compiled,
			     a->error);

	if (r < 0)
		return r;
	launch_init(&a->launch, &a->compiled);
	a->launch.globals = a->globals;
	a->launch.kind = "setns";
	if (host_cgroups_make(&a->compiled.plan, &a->launch.groups, &fault) < 0) {
		a->launch.groups = (struct host_cgroups){ .born = -1 };
		a->group_gone = fault.error == ENOENT;
		return refused_group(a, from_fault(a, &fault), 0);
	}
	r = launch_shim(a);
	if (r == 0)
		r = join_rdt(a);
	if (r < 0) {
		int64_t pid = a->launch.pid;

		/* clone3 into a group that was removed since it was opened: by systemd, say, whose scope has
		 * emptied */
		a->group_gone = pid <= 0 && (r == -ENODEV || r == -ENOENT);
		launch_abort(&a->launch);
		if (r == -EBUSY)
			r = refused_group(a, r, pid);
	} else {
		hand_over(a);
	}
	host_cgroups_close(&a->launch.groups);
	fd_close_at(&a->root);
	return r;
}

/* EXE-19: a group that has controllers enabled for groups below it takes no process. Init has been moved into
 * one of those: there it is where the container's processes are. Moved away altogether, it may have left a
 * group that somebody removed since (opencontainers/runc#5089). */
static int launch_somewhere(struct attempt *a)
{
	int r = compile_and_launch(a), found;

	if ((r != -EBUSY && !a->group_gone) || a->request->cgroups.count)
		return r;
	struct error first = *a->error;
	memset(a->error, 0, sizeof *a->error);
	found = exec_groups_of_init(a->globals->arena, a->target, &a->into, a->error);
	if (found == 0)
		return compile_and_launch(a);
	*a->error = first;
	return r;
}

/* ---- until the end ---------------------------------------------------------------------------------------
 */

static int read_page(const struct attempt *a)
{
	struct fault fault;
	ssize_t got = sys_pread(a->page, &fault, sizeof fault, 0);

	if (got != (ssize_t)sizeof fault)
		return error_set(a->error, EIO, "cannot read how the process began");
	if (fault.set)
		return from_fault(a, &fault);
	return fault.executing
		       ? 0
		       : error_set(a->error, ESRCH, "the process was killed before its program began");
}

static int begin(struct attempt *a)
{
	int r = launch_serve(&a->launch, a->error);

	if (r == 0)
		r = launch_wait_exec(&a->launch, a->error);
	if (r == 0 && a->page >= 0)
		r = read_page(a);
	if (r == 0 && a->request->pid_file)
		r = pidfile_write(AT_FDCWD, a->request->pid_file, a->launch.pid, a->error);
	return r;
}

/* EXE-32. Who was killed nobody tells, hence "possibly". */
static void hint_memory(struct attempt *a)
{
	const struct spec_strings *dirs = &a->target->container.state.cgroup_dirs;
	size_t length = strlen(a->error->text);

	for (uint32_t i = 0; a->launch.killed && i < dirs->count; i++)
		if (host_cgroup_oom_kills(dirs->items[i]) > 0) {
			snprintf(a->error->text + length, sizeof a->error->text - length,
				 " (possibly OOM-killed)");
			return;
		}
}

/* EXE-27: inherited by the shim from its first instruction on. Of no use to us either: we only wait. */
static int set_initial_affinity(struct attempt *a)
{
	const char *text = a->spec.process->affinity_initial;
	struct number_set set;

	if (!text || !number_list_parse(text, strlen(text), NUMBER_LIST_MAX, &set))
		return 0;
	unsigned long words[sizeof set / sizeof(unsigned long)] = { 0 };
	for (uint32_t i = 0; i <= NUMBER_LIST_MAX; i++)
		if (number_set_has(&set, i))
			words[i / (8 * sizeof *words)] |= 1ul << i % (8 * sizeof *words);
	int r = sys_sched_setaffinity(0, sizeof words, words);
	return r < 0 ? error_errno(a->error, r, "cannot set execCPUAffinity.initial %s", text) : 0;
}

static int launch_and_wait(struct attempt *a)
{
	FD_AUTO signals = -1;
	int r = set_initial_affinity(a);

	if (r < 0)
		return r;
	if (!a->request->detach) /* its orphans are ours, not those of whoever started us */
		sys_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	r = launch_somewhere(a);
	if (r < 0) /* a group goes when the last process has gone, a moment before init counts as ended */
		return stopped_meanwhile(a->target, a->group_gone && !a->request->cgroups.count ? -ESRCH : r,
					 a->error);
	if (!a->request->detach)
		r = signals = signals_open(a->error);
	if (r >= 0)
		r = begin(a);
	if (r < 0) {
		hint_memory(a);
		launch_abort(&a->launch);
		/* a dying init takes the processes of its pid namespace along before it is dead itself */
		return stopped_meanwhile(a->target, a->launch.killed ? -ESRCH : r, a->error);
	}
	if (!a->request->detach)
		r = relay_wait(signals, a->launch.pid, a->launch.pidfd, fd_take(&a->launch.master), NULL,
			       a->error);
	launch_close(&a->launch);
	return r;
}

int exec_run(const struct globals *globals, const struct exec_target *target,
	     const struct exec_request *request, struct error *error)
{
	struct attempt a = {
		.globals = globals,
		.target = target,
		.request = request,
		.spec = target->spec,
		.agent = { .sock = -1 },
		.receiver = -1,
		.console = -1,
		.root = -1,
		.page = -1,
		.error = error,
		.options = { .id = target->container.id,
			     .bundle = target->container.state.bundle,
			     .rootfs = target->container.state.rootfs,
			     .no_new_keyring = target->container.state.no_new_keyring,
			     .rootless = rootless_of(globals),
			     .kept = request->listen.kept,
			     .listen_fds = request->listen.text,
			     .listen_names = request->listen.names,
			     .receiver = getenv("RUN_OCI_SECCOMP_RECEIVER"),
			     .gate = PLAN_GATE_NONE,
			     .cache = arena_format(globals->arena, "%s/@seccomp", target->container.root) },
	};
	struct spec_process process = *request->process;
	int r = exec_groups(globals->arena, target, &request->cgroups, &a.into, error);

	a.spec.process = &process;
	facts_probe_caller(globals->arena, &a.facts);
	if (spec_process_labelled(&process))
		facts_probe_lsm(&a.facts);
	if (r == 0)
		r = exec_namespaces(target, &a.into.types, error);
	a.into.has_root = !(a.into.types & PLAN_NS_MOUNT);
	a.options.console.relayed = process.terminal && !request->detach;
	if (a.options.console.relayed)
		console_size_of_caller(&a.options.console.rows, &a.options.console.columns);
	if (r < 0)
		r = stopped_meanwhile(target, r, error);
	if (r == 0)
		r = call_others(&a);
	if (r == 0)
		r = launch_and_wait(&a);
	fd_close_at(&a.agent.sock);
	fd_close_at(&a.receiver);
	fd_close_at(&a.console);
	fd_close_at(&a.root);
	fd_close_at(&a.page);
	return r;
}
