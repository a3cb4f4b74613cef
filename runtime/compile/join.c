/* Row `join`: namespaces by path. As root the user namespace is entered last (the others are entered with
 * host rights, whoever owns them); without rights first, because only its root may enter the others (NSP-22).
 */
#include "compile/rows.h"

/* pid is not here: a process cannot change its own, its children's are. So it is entered last of all, and a
 * fork follows: in row `fork`, or in `namespaces` by whom it is not open to before the user namespace. Where
 * proc can be mounted from inside alone the launch is made in it (row `launch`). */
static const uint64_t order[] = {
	PLAN_NS_CGROUP, PLAN_NS_IPC, PLAN_NS_UTS, PLAN_NS_NETWORK, PLAN_NS_TIME, PLAN_NS_MOUNT,
};

static void add(struct compile *c, uint64_t type)
{
	const struct spec_linux *linux_ = c->spec->linux_;

	for (uint32_t i = 0; i < linux_->namespace_count; i++) {
		const struct spec_namespace *namespace = &linux_->namespaces[i];
		struct plan_join record = { .type = type };

		if (namespace->type != type || !namespace->path)
			continue;
		/* where we are already; entering it again takes rights over it */
		if (!facts_may_visit(c->facts) && type != PLAN_NS_USER && c->options->own_namespaces & type)
			continue;
		record.path = writer_text(c->writer, namespace->path);
		WRITER_ADD(c->writer, JOIN, join, &record, compile_pointer(c, "/linux/namespaces/%u", i));
	}
}

int compile_join(struct compile *c)
{
	bool user_first = !facts_is_admin(c->facts);

	if (user_first)
		add(c, PLAN_NS_USER);
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		add(c, order[i]);
	if (!facts_may_visit(c->facts) || compile_forks_late(c))
		add(c, PLAN_NS_PID);
	if (!user_first)
		add(c, PLAN_NS_USER);
	return 0;
}
