/* The two clones between ocirun and the user's execve. */
#ifndef OCIRUN_CLONE_H
#define OCIRUN_CLONE_H

#include "sys.h"

/* CLONE_VM | CLONE_VFORK child with a stack of its own (a few lines of assembly per architecture;
 * elsewhere CLONE_VFORK alone): `child` runs with the parent's memory, the parent sleeps until it
 * execs or exits; its return value is the exit status. It may call sys_* and write what the parent
 * shows it, nothing more. flags: CLONE_NEW*, CLONE_PIDFD is added when ret_pidfd is not NULL;
 * cgroup: descriptor of a v2 group to be born in (CLONE_INTO_CGROUP), or -1. The exit signal is
 * SIGCHLD. Returns the child's pid, or a negative errno. */
int clone_vfork(uint64_t flags, int cgroup, int *ret_pidfd, int (*child)(void *), void *argument);
/* The caller goes on as a new process, its sibling (CLONE_PARENT, exit signal 0): 0 is returned in that one
 * alone, the caller has ended with status 0. The memory is copied: who traces the new process must not reach
 * the old one, which is in another pid namespace. A negative errno when there is no new process. flags:
 * CLONE_NEW*. */
int clone_sibling(uint64_t flags);

#endif
