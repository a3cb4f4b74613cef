/* The systemd driver's calls. Each starts ocirun-systemd, the one program that speaks D-Bus, for one request
 * over a fresh connection; found beside ocirun or in libexec, never in PATH. Every call ends within its
 * deadline and names the bus when it fails.
 */
#ifndef OCIRUN_HOST_SYSTEMD_H
#define OCIRUN_HOST_SYSTEMD_H

#include "compile/systemd.h"

#define SYSTEMD_MILLISECONDS 30000 /* for a unit to be made, changed or stopped (CGR-07) */

/* Whether the helper is there, and a systemd: before anything is made. */
int systemd_check(struct arena *arena, bool user, struct error *error);
/* Make the unit with its properties (but those marked late), process `pid` in it (0: none, a slice), and wait
 * until it is there. -EEXIST: there is a unit of this name. *ret_begun, on failure: systemd has taken it on,
 * and a unit of ours may yet come. */
int systemd_start(struct arena *arena, const struct systemd_unit *unit, int64_t pid, bool *ret_begun,
		  struct error *error);
/* Stop it and forget its failure: no unit is left. One that is not there is success; -ETIMEDOUT: systemd is
 * there and did not come to it. */
int systemd_stop(struct arena *arena, const char *unit, bool user, struct error *error);
/* Change properties of a unit that runs: for `update`, and for late limits. Nothing to set is no call. */
int systemd_set_properties(struct arena *arena, const char *unit, bool user,
			   const struct systemd_properties *properties, struct error *error);
/* The control group of the user's systemd: "/user.slice/user-1000.slice/user@1000.service". */
int systemd_manager_group(struct arena *arena, bool user, const char **ret, struct error *error);

/* For tests: one exchange with a helper of another path. `request` is `length` bytes as wire.h says; `reply`
 * gets WIRE_REPLY bytes at most, their count is returned. -ETIMEDOUT: killed, since it had not answered. */
int systemd_exchange(const char *helper, const void *request, size_t length, int milliseconds, char *reply);

#endif
