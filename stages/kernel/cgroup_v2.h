/* cgroup v2 alone: controllers, freezer, kill, waiting for events. `dir`: a group's directory. */
#ifndef OCIRUN_CGROUP_V2_H
#define OCIRUN_CGROUP_V2_H

#include <stdbool.h>

#include "plan.h"
#include "sys.h"

/* 1 when cgroup.controllers names the controller, 0 when not, or -errno. */
int cgroup_v2_offers(int dir, const char *controller);
/* Whether each of `controllers` (STRS) is offered to the group, by its cgroup.controllers. */
bool cgroup_v2_has(int dir, const struct plan *plan, struct plan_list controllers);
/* Enable them for the groups below dir: all in one write, one by one when that fails, none in a
 * domain that has processes of its own. Tells nothing: what is missing in the end makes the limit's own
 * write fail, which names it. */
void cgroup_v2_enable(int dir, const struct plan *plan, struct plan_list controllers);
/* SIGKILL for the whole subtree at once (5.14). -ENOENT before, -EOPNOTSUPP in a threaded group. */
int cgroup_v2_kill(int dir);
/* Freeze or thaw, then wait until cgroup.events says so. -ETIMEDOUT when it does not. */
int cgroup_v2_freeze(int dir, bool frozen, int milliseconds);
/* 1: frozen on request (a frozen parent does not count), 0: not, or no freezer. */
int cgroup_v2_frozen(int dir);
/* Wait until `key` of cgroup.events has `value`. -ETIMEDOUT. A group that is gone has waited enough. */
int cgroup_v2_wait(int dir, const char *key, uint64_t value, int milliseconds);

#endif
