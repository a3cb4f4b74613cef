/* Row HOST_HOOKS: prestart and createRuntime, run by whoever stands outside the container while the shim
 * waits at HOST. In order; the first failure ends it (HOK-11). poststart and poststop are in no row: they
 * belong to commands that come after the plan.
 */
#include "host.h"

#include "hook.h"
#include "number.h"

static int run_one(const struct plan *plan, const struct plan_hook *record, int64_t pid, int abort_fd,
		   struct fault *fault)
{
	char text[NUMBER_TEXT];
	struct hook_run hook;
	int r = hook_from_record(plan, record, pid, text, sizeof text, &hook);

	if (r < 0)
		return fault_set(fault, FAULT_HOOK, r, plan_text(plan, record->path));
	hook.abort_fd = abort_fd;
	return hook_run(&hook, fault);
}

int host_hooks(const struct plan *plan, int64_t pid, int abort_fd, struct fault *fault)
{
	uint32_t number = 0;

	plan_each(plan, record) {
		if (record->kind == PLAN_KIND_hook && record->row == PLAN_ROW_HOST_HOOKS) {
			int r = run_one(plan, (const struct plan_hook *)(const void *)record, pid, abort_fd,
					fault);

			if (r < 0) {
				fault->row = record->row;
				fault->record = number;
				return r;
			}
		}
		number++;
	}
	return 0;
}
