/* The user's filter. Row LISTENER: one with a notify descriptor, while the host side still lives to hand it
 * to the agent. Row SECCOMP: the last call before execve, so that no call of ours meets the filter.
 * Never SECCOMP_FILTER_FLAG_TSYNC: there is one thread.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "needs.h"
#include "stage.h"

static int seccomp_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_seccomp *seccomp = STAGE_RECORD(seccomp, record);
	struct sock_fprog program = {
		.len = (unsigned short)(seccomp->filter.length / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(void *)(shim->plan->pool + seccomp->filter.offset),
	};
	int fd = sys_seccomp(SECCOMP_SET_MODE_FILTER, (unsigned)seccomp->flags, &program), r;

	if (fd < 0) {
		r = fault_set(fault, FAULT_FILTER, fd, NULL);
		if (fd == -EACCES)
			fault_note(fault, "without noNewPrivileges CAP_SYS_ADMIN is needed");
		if (seccomp->flags & PLAN_FILTER_WAIT_KILLABLE)
			need_note(fault, NEED_WAIT_KILLABLE, fd);
		else if (seccomp->flags & PLAN_FILTER_NEW_LISTENER)
			need_note(fault, NEED_SECCOMP_LISTENER, fd);
		return r;
	}
	if (!(seccomp->flags & PLAN_FILTER_NEW_LISTENER))
		return 0;
	r = shim->talk->tell(shim, MESSAGE_LISTENER, NULL, fd, fault);
	fd_close(fd);
	return r;
}

const struct stage stage_seccomp = { "seccomp", { { PLAN_KIND_seccomp, seccomp_run } } };
