/* See foreground.h. */
#include "cmd/foreground.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "console_relay.h"
#include "container/destroy.h"
#include "container/root.h"
#include "fd.h"

#define END_MILLISECONDS 10000

/* Remove what is left, then the hooks (HOK-06). Somebody else may have deleted it meanwhile: all the
 * better. */
int foreground_clean_up(const struct globals *globals, struct container *container, struct error *error)
{
	int r = container_lock(container, LOCK_EXCLUSIVE, END_MILLISECONDS, error);

	if (r == -ENOENT) {
		memset(error, 0, sizeof *error);
		return 0;
	}
	if (r == 0)
		r = container_destroy(container, END_MILLISECONDS, error);
	if (r == 0)
		container_poststop(globals, &container->state);
	return r;
}

int foreground_wait(const struct globals *globals, bool keep, int signals, struct container *container,
		    struct launch *launch, struct notify *notify, struct error *error)
{
	struct error late = { 0 };
	bool tells = notify && notify->manager >= 0;
	const struct side_work news = tells ? notify_side_work(notify, getpid()) : (struct side_work){ 0 };
	int status = relay_wait(signals, launch->pid, launch->pidfd, fd_take(&launch->master),
				tells ? &news : NULL, error);

	if (tells)
		notify_drain(notify);
	launch_close(launch);
	/* the status is the container's, whatever becomes of the removal */
	if (!keep && foreground_clean_up(globals, container, &late) < 0)
		log_warning(globals, "%s", late.text);
	return status;
}
