/* Attaching of detached trees: see attach.h. Owns the rule that a tree of the host never mounts back:
 * a clone made in the host's view is a peer of the host's shared mounts until it is made private or
 * slave, whatever happens to "/" later. Never resolves a path.
 */
#include "attach.h"

#include "mount.h"
#include "path.h"

const struct plan_source *attach_source(const struct plan *plan, uint64_t tree)
{
	plan_each(plan, r) {
		if (r->kind != PLAN_KIND_source)
			continue;
		if (STAGE_RECORD(source, r)->tree == tree)
			return STAGE_RECORD(source, r);
	}
	return NULL;
}

int attach_change(int fd, const struct attach_attributes *change)
{
	int r = 0;

	/* the whole tree first: what is said of its top alone has the last word */
	if (change->rec_set | change->rec_clear)
		r = mount_change(fd, change->rec_set, change->rec_clear, 0, true);
	if (r >= 0 && (change->set | change->clear))
		r = mount_change(fd, change->set, change->clear, 0, false);
	return r;
}

int attach_propagation(int fd, uint64_t propagation)
{
	char text[PATH_FD_TEXT];
	uint64_t type = propagation & ~(uint64_t)MS_REC;
	int r = mount_change(fd, 0, 0, type, (propagation & MS_REC) != 0);

	if (!attach_must_wait(r))
		return r;
	return sys_mount(NULL, path_of_fd(text, fd), NULL, (unsigned long)propagation, NULL);
}

int attach_clone(int fd, bool attached, int target)
{
	int copy, r;

	if (!attached)
		return mount_attach(fd, target);
	copy = mount_clone(fd, "", AT_EMPTY_PATH, false);
	if (copy < 0)
		return copy;
	r = mount_attach(copy, target);
	fd_close(copy);
	return r;
}

int attach_settle(const struct shim *shim, uint64_t tree, int fd)
{
	const struct plan_source *source;

	if (!shim->unsettled)
		return 0;
	source = attach_source(shim->plan, tree);
	return source && source->propagation ? attach_propagation(fd, source->propagation | MS_REC) : 0;
}

int attach_shared(struct shim *shim, uint64_t tree, int target)
{
	int fd = shim_tree(shim, tree), r;
	uint64_t *word, bit;

	if (fd < 0)
		return -EBADF;
	word = &shim->attached[tree / 64];
	bit = 1ULL << tree % 64;
	r = attach_clone(fd, *word & bit, target);
	if (r < 0 || *word & bit)
		return r;
	*word |= bit;
	return attach_settle(shim, tree, fd);
}
