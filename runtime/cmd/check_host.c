/* The host's half of `check`: see check.h. In the order in which a first container would meet it, each with
 * what to type where typing helps.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/check.h"
#include "cmd/cmd.h"
#include "cmd/owner.h"
#include "cgroup/path.h"
#include "container/root.h"
#include "errno_text.h"
#include "lexical.h"
#include "needs.h"
#include "newuidmap.h"
#include "probe.h"

#define KERNEL_MAJOR 5
#define KERNEL_MINOR 10

static bool is_older(const struct facts *facts, unsigned major, unsigned minor)
{
	return facts->kernel_major < major || (facts->kernel_major == major && facts->kernel_minor < minor);
}

/* ---- kernel and user ---------------------------------------------------------------------------------- */

static void check_kernel(const struct facts *facts, struct report *report)
{
	bool old = is_older(facts, KERNEL_MAJOR, KERNEL_MINOR);

	report_add(report, old ? VERDICT_CANNOT : VERDICT_OK, "kernel", NULL, NULL, "Linux %u.%u on %s%s",
		   facts->kernel_major, facts->kernel_minor, facts->machine,
		   old ? ": 5.10 or newer is needed" : "");
	for (size_t i = 0; i < NEED_COUNT; i++) {
		const struct need *need = &needs[i];

		if (!is_older(facts, need->major, need->minor))
			continue;
		report_add(report, VERDICT_LIMITED, "kernel feature", NULL, NULL, "%s: from Linux %u.%u; %s",
			   need->feature, need->major, need->minor,
			   *need->instead ? need->instead : "a config that asks for it is refused");
	}
}

static void check_rights(const struct facts *facts, const struct check_user *user, struct report *report)
{
	if (facts->uid == 0 && !facts->in_user_namespace && facts_is_admin(facts))
		report_add(report, VERDICT_OK, "user", NULL, NULL, "root of the host");
	else if (facts->uid == 0 && !facts->in_user_namespace)
		report_add(report, VERDICT_LIMITED, "user", NULL, NULL,
			   "root without CAP_SYS_ADMIN: as an ordinary user");
	else if (facts->uid == 0)
		report_add(report, VERDICT_OK, "user", NULL, NULL, "root of a user namespace%s",
			   facts->owns_mounts ? "" : " that has no mount namespace of its own");
	else
		report_add(report, VERDICT_OK, "user", NULL, NULL, "%s (uid %u), an ordinary user: rootless",
			   user->name, facts->uid);
}

/* ---- user namespaces ---------------------------------------------------------------------------------- */

static bool line_is(struct arena *arena, const char *path, const char *value)
{
	const char *line = probe_line(arena, path);

	return line && !strcmp(line, value);
}

/* Who forbids it. Known switches first, then the errno. */
static void explain_user_namespace(struct report *report, enum verdict verdict, int error)
{
	static const struct {
		const char *file, *value, *text, *hint;
	} switches[] = {
		{ "/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces is 0",
		  "sudo sysctl user.max_user_namespaces=15000" },
		{ "/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone is 0",
		  "sudo sysctl kernel.unprivileged_userns_clone=1" },
		{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
		  "AppArmor takes the rights in them from programs without a profile of their own",
		  "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or a profile that says "
		  "\"userns,\" "
		  "for ocirun" },
	};

	for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
		if (line_is(report->arena, switches[i].file, switches[i].value)) {
			report_add(report, verdict, "user namespaces", NULL, switches[i].hint,
				   "cannot be used: %s", switches[i].text);
			return;
		}
	report_add(report, verdict, "user namespaces", NULL, NULL,
		   "cannot be used: %s (a seccomp filter or an LSM around us, a chroot, or a limit that is "
		   "reached)",
		   errno_text(-error));
}

static void check_user_namespaces(const struct facts *facts, struct report *report)
{
	enum verdict verdict = facts_is_admin(facts) ? VERDICT_LIMITED : VERDICT_CANNOT;
	struct probe_namespaces found;

	probe_user_namespace(&found);
	if (found.user < 0 || found.inside < 0) {
		explain_user_namespace(report, verdict, found.user < 0 ? found.user : found.inside);
		return;
	}
	report_add(report, VERDICT_OK, "user namespaces", NULL, NULL, "can be made");
	if (found.proc < 0)
		report_add(report, verdict, "proc", NULL,
			   "give this container an unmasked /proc, or bind /proc in the config",
			   "cannot be mounted in a user namespace: %s (parts of the /proc here are covered)",
			   errno_text(-found.proc));
	if (found.sysfs < 0)
		report_add(report, VERDICT_LIMITED, "sysfs", NULL, "bind /sys in the config (rbind, ro)",
			   "cannot be mounted in a user namespace: %s (parts of the /sys here are covered)",
			   errno_text(-found.sysfs));
}

void check_user(struct arena *arena, const struct facts *facts, struct check_user *ret)
{
	struct owners owners = { 0 };

	*ret = (struct check_user){ .uid = facts->uid, .name = owner_name(&owners, arena, facts->uid) };
	ret->newuidmap = newuidmap_find(arena, "newuidmap");
	ret->newgidmap = newuidmap_find(arena, "newgidmap");
	ret->uid_count = probe_subids(arena, "/etc/subuid", ret->name, facts->uid, &ret->uids);
	ret->gid_count = probe_subids(arena, "/etc/subgid", ret->name, facts->uid, &ret->gids);
}

static void check_subids(const struct check_user *user, struct report *report)
{
	const char *hint =
		arena_format(report->arena,
			     "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s",
			     user->name);

	if (!user->newuidmap || !user->newgidmap)
		report_add(report, VERDICT_LIMITED, "newuidmap", NULL, "sudo apt-get install uidmap",
			   "newuidmap and newgidmap are not in PATH: only the own id can be mapped");
	else if (!probe_has_rights(user->newuidmap) || !probe_has_rights(user->newgidmap))
		report_add(report, VERDICT_LIMITED, "newuidmap", NULL,
			   "sudo apt-get install --reinstall uidmap",
			   "%s or %s is neither setuid root nor has file capabilities: only the own id can "
			   "be mapped",
			   user->newuidmap, user->newgidmap);
	else
		report_add(report, VERDICT_OK, "newuidmap", NULL, NULL, "%s, %s", user->newuidmap,
			   user->newgidmap);
	if (user->uid_count == 0 || user->gid_count == 0)
		report_add(report, VERDICT_LIMITED, "subordinate ids", NULL, hint,
			   "none for %s in %s: only the own id can be mapped", user->name,
			   user->uid_count ? "/etc/subgid" : "/etc/subuid");
	else
		report_add(report, VERDICT_OK, "subordinate ids", NULL, NULL,
			   "%llu uids from %llu on, %llu gids from %llu on",
			   (unsigned long long)user->uids[0].count, (unsigned long long)user->uids[0].start,
			   (unsigned long long)user->gids[0].count, (unsigned long long)user->gids[0].start);
}

/* ---- state and groups --------------------------------------------------------------------------------- */

static void check_root(const struct globals *globals, const struct facts *facts, struct report *report)
{
	const char *path = "", *there;
	struct error error = { 0 };

	if (root_path(globals->arena, globals->root, &path, &error) < 0) {
		report_add(report, VERDICT_CANNOT, "state", NULL, NULL, "%s", error.text);
		return;
	}
	there = probe_existing(report->arena, path);
	if (access(there, W_OK | X_OK) == 0) {
		report_add(report, VERDICT_OK, "state", NULL, NULL, "%s", path);
		return;
	}
	report_add(report, VERDICT_CANNOT, "state", NULL,
		   facts->uid ? "log in with a session of your own (machinectl shell, ssh), or export "
				"XDG_RUNTIME_DIR to a "
				"directory that is yours"
			      : NULL,
		   "%s: %s is not writable", path, there);
}

/* Can a group be made beside ours (v2) or below it (v1), and a process be moved there? */
static bool is_delegated(struct arena *arena, const struct facts *facts, const struct facts_hierarchy *tree,
			 const char **ret_dir)
{
	const char *path = cgroup_path(arena, facts, tree, NULL, "check");
	const char *dir = lexical_join(arena, tree->mount, lexical_join(arena, path, "..") + 1);
	const char *procs = arena_format(arena, "%s/cgroup.procs", dir);

	*ret_dir = dir;
	return access(dir, W_OK) == 0 && access(procs, W_OK) == 0;
}

static void check_v2(const struct facts *facts, const struct facts_hierarchy *tree, struct report *report)
{
	const char *dir, *controllers;

	if (!is_delegated(report->arena, facts, tree, &dir)) {
		report_add(report, VERDICT_LIMITED, "cgroup rights", NULL,
			   facts->uid ? "systemd-run --user --scope -p Delegate=yes ocirun ..." : NULL,
			   "no group can be made in %s: containers run without limits, pause and statistics",
			   dir);
		return;
	}
	controllers = probe_line(report->arena, arena_format(report->arena, "%s/cgroup.controllers", dir));
	report_add(report, VERDICT_OK, "cgroup rights", NULL, NULL, "groups can be made in %s", dir);
	report_add(report, VERDICT_OK, "controllers", NULL, NULL, "%s",
		   controllers && *controllers ? controllers : "none");
}

static void check_v1(const struct facts *facts, struct report *report)
{
	const char *dir, *open = "", *shut = "";

	for (uint32_t i = 0; i < facts->hierarchy_count; i++) {
		const struct facts_hierarchy *tree = &facts->hierarchies[i];
		const char *name = *tree->controllers ? tree->controllers : "v2";
		const char **list = is_delegated(report->arena, facts, tree, &dir) ? &open : &shut;

		*list = arena_format(report->arena, "%s%s%s", *list, **list ? " " : "", name);
	}
	if (*open)
		report_add(report, VERDICT_OK, "cgroup rights", NULL, NULL, "groups can be made in: %s",
			   open);
	if (*shut)
		report_add(report, VERDICT_LIMITED, "cgroup rights", NULL, NULL,
			   "no groups can be made in: %s", shut);
}

static void check_cgroups(const struct facts *facts, struct report *report)
{
	static const char *const modes[] = { "none", "v1", "hybrid (v1 controllers, v2 tree)", "v2" };

	report_add(report, facts->cgroup_mode == CGROUP_MODE_NONE ? VERDICT_LIMITED : VERDICT_OK, "cgroups",
		   NULL, NULL, "%s", modes[facts->cgroup_mode]);
	if (facts->cgroup_mode == CGROUP_MODE_V2)
		check_v2(facts, &facts->hierarchies[facts->hierarchy_count - 1], report);
	else
		check_v1(facts, report);
}

static void check_security(const struct facts *facts, struct report *report)
{
	const char *lsm = probe_line(report->arena, "/sys/kernel/security/lsm");

	report_add(report, VERDICT_OK, "LSMs", NULL, NULL, "%s%s%s",
		   lsm && *lsm ? lsm : "not told by this host", facts->apparmor ? "; AppArmor is active" : "",
		   facts->selinux ? "; SELinux is active" : "");
	report_add(report, VERDICT_OK, "namespaces", NULL, NULL, "mount, pid, network, ipc, uts, user%s%s",
		   facts->cgroup_namespaces ? ", cgroup" : "", facts->time_namespaces ? ", time" : "");
}

void check_host(const struct globals *globals, const struct facts *facts, struct report *report)
{
	struct check_user user;

	check_user(report->arena, facts, &user);
	check_kernel(facts, report);
	check_rights(facts, &user, report);
	check_user_namespaces(facts, report);
	if (!facts_may_map(facts) && facts->uid != 0)
		check_subids(&user, report);
	check_root(globals, facts, report);
	check_cgroups(facts, report);
	check_security(facts, report);
}
