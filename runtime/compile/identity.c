/* Row `identity`: who the program is. Ids that the container's map does not hold are refused here: the
 * kernel would only say EINVAL, after everything else has been set up.
 */
#include "compile/rows.h"

static int check_ids(struct compile *c)
{
	const struct spec_process *process = c->spec->process;
	const struct spec_linux *linux_ = c->spec->linux_;

	if (!c->new_user_namespace)
		return 0; /* the maps of a joined one are the kernel's to know */
	if (!compile_maps_hold(&linux_->uid_maps, process->uid))
		return compile_refuse(c, "/process/user/uid",
				      "cannot setuid to unmapped uid %u in user namespace", process->uid);
	if (!compile_maps_hold(&linux_->gid_maps, process->gid))
		return compile_refuse(c, "/process/user/gid",
				      "cannot setgid to unmapped gid %u in user namespace", process->gid);
	for (uint32_t i = 0; i < process->additional_gid_count; i++)
		if (!compile_maps_hold(&linux_->gid_maps, process->additional_gids[i]))
			return compile_refuse(c, compile_pointer(c, "/process/user/additionalGids/%u", i),
					      "cannot setgroups to unmapped gid %u in user namespace",
					      process->additional_gids[i]);
	return 0;
}

/* Groups are always set, which clears the caller's; an unprivileged user namespace cannot (PRO-38). */
static int add_groups(struct compile *c, struct plan_identity *identity)
{
	const struct spec_process *process = c->spec->process;
	uint64_t *groups = arena_alloc(c->arena, (process->additional_gid_count + 1u) * sizeof *groups);

	/* ANN-09: those of whoever called us, to reach what only they may read; the config's are then its
	 * image's own and lose */
	if (compile_annotation(c, "run.oci.keep_original_groups"))
		return 0;
	if (compile_denies_setgroups(c)) {
		if (process->additional_gid_count)
			return compile_refuse(
				c, "/process/user/additionalGids",
				"cannot set any additional groups in a rootless container whose "
				"only group is its owner's (a range in /etc/subgid allows it)");
		return 0;
	}
	/* newgidmap decides, or whoever made the namespace that is joined */
	if (!facts_is_admin(c->facts) || c->facts->in_user_namespace)
		identity->flags |= PLAN_ID_GROUPS_OPTIONAL;
	for (uint32_t i = 0; i < process->additional_gid_count; i++)
		groups[i] = process->additional_gids[i];
	identity->groups = writer_numbers(c->writer, process->additional_gid_count, groups);
	identity->flags |= PLAN_ID_SETGROUPS;
	return 0;
}

int compile_identity(struct compile *c)
{
	const struct spec_process *process = c->spec->process;
	struct plan_identity record = { .uid = process->uid, .gid = process->gid };
	int r = check_ids(c);

	if (r >= 0)
		r = add_groups(c, &record);
	if (r >= 0)
		r = compile_capabilities(c, &record);
	if (r < 0)
		return r;
	if (process->no_new_privileges)
		record.flags |= PLAN_ID_NO_NEW_PRIVS;
	else if (compile_has_filter(c))
		record.flags |=
			PLAN_ID_KEEP_ADMIN; /* the filter is loaded by CAP_SYS_ADMIN or no_new_privs */
	record.cwd = writer_text(c->writer, process->cwd ? process->cwd : "/");
	WRITER_ADD(c->writer, IDENTITY, identity, &record, "/process");
	return 0;
}
