/* Rows HOST_POINT, HOOKS, START_HOOKS, init half: the one question to the host side, and the hooks that run
 * in the container's namespaces. createContainer stands before the pivot, so its path is one of the
 * runtime's view; startContainer stands behind the gate, with the program's identity. It never runs hooks
 * of the host kinds (stages/host/hooks.c), and how a hook is run is kernel/hook.c's.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "hook.h"
#include "number.h"
#include "stage.h"

static int run_host_point(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	(void)record;
	return shim->talk->ask(shim, MESSAGE_HOST, -1, fault);
}

/* Our pid as the host sees it: where we were born in a pid namespace only the host's /proc can tell. */
static int64_t host_pid(const struct shim *shim)
{
	char text[NUMBER_TEXT];
	uint64_t pid;
	ssize_t n = -1;

	if (shim->proc >= 0)
		n = sys_readlinkat(shim->proc, "self", text, sizeof text - 1);
	if (n > 0) {
		text[n] = 0;
		if (number_parse(text, INT32_MAX, &pid) == 0)
			return (int64_t)pid;
	}
	return sys_getpid();
}

/* PRO-27: a createContainer hook begins in the container's root, which is no path of its view yet. */
static int enter_root(void *context)
{
	const struct shim *shim = context;

	return shim->root >= 0 ? sys_fchdir(shim->root) : 0;
}

/* Load the filter that the program will get in row SECCOMP (one with a listener, row LISTENER, is loaded
 * already and was inherited). Identity has set no_new_privs or kept CAP_SYS_ADMIN for this very call. */
static int load_filter(void *context)
{
	const struct shim *shim = context;

	plan_each(shim->plan, r) {
		const struct plan_seccomp *seccomp = STAGE_RECORD(seccomp, r);
		struct sock_fprog program;
		int error;

		if (r->kind != PLAN_KIND_seccomp || r->row != PLAN_ROW_SECCOMP)
			continue;
		program.len = (unsigned short)(seccomp->filter.length / sizeof(struct sock_filter));
		program.filter = (struct sock_filter *)(void *)(shim->plan->pool + seccomp->filter.offset);
		error = sys_seccomp(SECCOMP_SET_MODE_FILTER, (unsigned)seccomp->flags, &program);
		if (error < 0)
			return error;
	}
	return 0;
}

static int run_hook(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_hook *plan_hook = STAGE_RECORD(hook, record);
	char pid[NUMBER_TEXT];
	struct hook_run hook;
	int r;

	/* DESIGN "Dumpable": a hook of the image shares our user namespace and must not trace us */
	r = sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (r < 0)
		return fault_set(fault, FAULT_PRCTL, r, "dumpable");
	r = hook_from_record(shim->plan, plan_hook, host_pid(shim), pid, sizeof pid, &hook);
	if (r < 0)
		return fault_set(fault, FAULT_HOOK, r, plan_text(shim->plan, plan_hook->path));
	hook.abort_fd = shim->sock;
	hook.argument = shim;
	if (plan_hook->inherit && shim->env)
		hook.env = shim->env;
	if (record->row == PLAN_ROW_START_HOOKS) {
		hook.prepare = load_filter;
	} else if (!hook.cwd[0]) {
		hook.prepare = enter_root;
		hook.through = shim->root;
	}
	return hook_run(&hook, fault);
}

const struct stage stage_hooks = {
	.name = "hooks",
	.kinds = {
		{ PLAN_KIND_host_point, run_host_point },
		{ PLAN_KIND_hook, run_hook },
	},
};
