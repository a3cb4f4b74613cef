/* Row `seal`: the root, /dev and tmpfs mounts that config.json wants read-only become so, after the last
 * stage that makes anything inside. Other flags of a mount stay as they are. And what is to be unbindable,
 * after the last stage that clones a part of it.
 */
#include "attach.h"
#include "mount.h"
#include "path.h"
#include "stage.h"

#define BUSY_TRIES 10 /* MNT-102: someone, a hook say, still has a file open for writing */
#define BUSY_WAIT 10  /* milliseconds between them */

static int seal_mount(int fd, uint64_t attr)
{
	int r = mount_change(fd, attr, 0, 0, false);

	for (int i = 1; r == -EBUSY && i < BUSY_TRIES; i++) {
		sys_poll(NULL, 0, BUSY_WAIT);
		r = mount_change(fd, attr, 0, 0, false);
	}
	return r;
}

static int seal_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_seal *seal = STAGE_RECORD(seal, record);
	const char *path = plan_text(shim->plan, seal->path);
	int r = path_open(shim->root, path, O_PATH);

	if (r >= 0) {
		FD_AUTO fd = r;
		r = seal_mount(fd, seal->attr);
		if (r >= 0 && seal->propagation) {
			r = attach_propagation(fd, seal->propagation);
			if (r < 0)
				return fault_set(fault, FAULT_SET_PROPAGATION, r, path);
		}
	}
	if (r >= 0)
		return 0;
	fault_set(fault, FAULT_SET_FLAGS, r, path);
	if (r == -EBUSY)
		fault_note(fault, "a file on it is open for writing");
	return r;
}

const struct stage stage_seal = { "seal", { { PLAN_KIND_seal, seal_run } } };
