/* Start ociinit for a plan and converse with it until it waits at the gate. */
#ifndef OCIRUN_LAUNCH_H
#define OCIRUN_LAUNCH_H

#include "agent.h"
#include "cmd/cmd.h"
#include "compile/compile.h"
#include "host.h"

struct launch {
	const struct compiled *compiled;
	struct host_cgroups groups;
	struct host_rdt rdt;
	struct host_network network;   /* devices that were moved; the caller undoes or closes */
	struct agent agent;            /* of seccomp: connected by the caller, closed here */
	int receiver;                  /* who gets the pidfd at READY, or -1: as the agent */
	const char *kind;              /* the text beside it */
	const struct globals *globals; /* whose log hears of each step with --debug, or NULL */
	int sock;                      /* host's end */
	int64_t pid;                   /* of the process that becomes the container, as the host sees it */
	int pidfd;                     /* of it */
	int64_t helper;                /* first process when a second clone made init: to be reaped; 0 none */
	bool forked;                   /* FORKED has come */
	uint32_t idmapped;             /* IDMAP has come as often */
	/* With it PLAN is not queued before the clone, but sent when this has come back: the shim waits, as
	 * `pid`, for systemd to make its unit around it. The slots may be filled here. Or NULL. */
	int (*before_plan)(void *context, struct error *error);
	int console; /* socket that the terminal's master is sent to at READY, or -1: as the agent */
	int master;  /* of the terminal, when it was not sent; -1 */
	/* What the host has to do while the shim works, or NULL: called once in launch_serve, but behind the
	 * answer to MAP when the plan asks for maps: the shim sleeps until that comes. */
	int (*meanwhile)(void *context, struct error *error);
	/* called when FORKED has changed `pid`, or NULL: whoever kills the container has to find the new
	 * one */
	int (*on_forked)(void *context, struct error *error);
	void *context;
	bool killed;       /* the shim died of SIGKILL before READY */
	bool not_executed; /* all was set up, and execve itself failed */
	bool hooks_began;  /* a hook may have run before the start: poststop is due */
};

/* Before anything else: no descriptor, nobody to tell. */
void launch_init(struct launch *ret, const struct compiled *compiled);
/* Seal the plan in a memfd, queue PLAN, clone and exec the embedded (sealed memfd) ociinit. `agent`,
 * `receiver`, `console` and `groups` are set by the caller, the other members here. `slots` are the plan's
 * descriptors (kept by the caller). `init`: path of another ociinit, or NULL. */
int launch_start(struct launch *launch, const int *slots, uint32_t slot_count, const char *init,
		 struct error *error);
/* A step on the container's groups has failed with r, which is returned when they are there. One that has
 * gone, as a scope of systemd's does when it is empty, says that the shim has ended: then what that one said
 * last, or how it died, is the error, not our step that found nothing. Waits a second for it at most. */
int launch_last_word(struct launch *launch, int r, struct error *error);
/* Serve MAP, HOST, FORKED, LISTENER until READY. Faults become errors with the record's JSON pointer. A
 * shim that dies without a word: "signal 9" and, when oom_kill rose, the out-of-memory text (CRE-24). */
int launch_serve(struct launch *launch, struct error *error);
/* Send GO. */
int launch_go(struct launch *launch, struct error *error);
/* gate `run`: wait for EOF (execve has happened) or FAULT. */
int launch_wait_exec(struct launch *launch, struct error *error);
/* Kill what was started, reap, close. */
void launch_abort(struct launch *launch);
void launch_close(struct launch *launch);

/* host/fault_text.c: the error that a fault prints as, with the phrases that clients match. */
void fault_error(const struct plan *plan, const struct fault *fault, struct error *error);

#endif
