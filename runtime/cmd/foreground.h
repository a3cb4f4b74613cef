/* A command that stays as long as its container: run, restore. */
#ifndef OCIRUN_FOREGROUND_H
#define OCIRUN_FOREGROUND_H

#include "container/create.h"
#include "notify.h"

/* Remove a container that has ended, or never began, and run its poststop hooks. 0 or -errno. */
int foreground_clean_up(const struct globals *globals, struct container *container, struct error *error);
/* Wait for its end with its terminal and signals (`signals`: of signals_open), tell a service manager what it
 * says (`notify`: or NULL), remove it unless `keep`. Its exit status, or -errno. Closes `launch`. */
int foreground_wait(const struct globals *globals, bool keep, int signals, struct container *container,
		    struct launch *launch, struct notify *notify, struct error *error);

#endif
