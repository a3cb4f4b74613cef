/* The two clones between ocirun and the user's execve: see clone.h. Only arguments and signals are handled
 * here; the lines of assembly are sys_clone_vm, behind the seam for tests. No libc state is touched in a
 * child: no malloc, no thread pointer of its own, no atfork handler runs.
 */
#include "clone.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif
#include "fd.h"

/* A vforked child makes system calls and little else. No guard page: it is a frame of the parent, which
 * sleeps, so an overrun would only reach the unused end of the parent's own stack. */
#define CHILD_STACK 32768

#define CLONE_CLEAR_SIGHAND_64 0x100000000ULL /* 5.5 */
#define CLONE_INTO_CGROUP_64 0x200000000ULL   /* 5.7 */

struct vfork_child {
	int (*run)(void *);
	void *argument;
	uint64_t mask; /* of the parent before */
};

/* Handlers of the parent are gone by CLONE_CLEAR_SIGHAND, so nothing of its code can run here. */
static int begin(void *context)
{
	const struct vfork_child *child = context;

	sys_sigprocmask(SIG_SETMASK, &child->mask, NULL);
	return child->run(child->argument);
}

int clone_vfork(uint64_t flags, int cgroup, int *ret_pidfd, int (*child)(void *), void *argument)
{
	_Alignas(16) char stack[CHILD_STACK];
	struct vfork_child context = { .run = child, .argument = argument };
	const uint64_t all = ~0ULL;
	int pidfd = -1, r;
	struct sys_clone_args args = {
		.flags = flags | CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND_64,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = sizeof stack,
	};

	if (ret_pidfd) {
		args.flags |= CLONE_PIDFD;
		args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	}
	if (cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP_64;
		args.cgroup = (uint64_t)cgroup;
	}
	/* the window in which a handler could meet two processes on one memory is closed for both */
	r = sys_sigprocmask(SIG_SETMASK, &all, &context.mask);
	if (r < 0)
		return r;
	r = sys_clone_vm(&args, sizeof args, begin, &context);
#ifdef __SANITIZE_ADDRESS__
	/* the child never returned from its frames, so nothing took their red zones away */
	__asan_unpoison_memory_region(stack, sizeof stack);
#endif
	sys_sigprocmask(SIG_SETMASK, &context.mask, NULL);
	if (r >= 0 && ret_pidfd)
		*ret_pidfd = pidfd;
	return r;
}

int clone_sibling(uint64_t flags)
{
	/* CLONE_PARENT allows no exit signal but 0: the grandparent's SIGCHLD is not ours to give */
	struct sys_clone_args args = { .flags = flags | CLONE_PARENT };

	int r = sys_clone3(&args, sizeof args);

	if (r > 0)
		sys_exit(0);
	return r;
}
