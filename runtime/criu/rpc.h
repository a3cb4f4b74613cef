/* One `criu swrk`: a child of ours that serves the single request that comes through its socket, calls back,
 * and ends. It runs with all our rights, so: it is found in absolute parts of PATH alone, gets an environment
 * of one variable, no descriptor but the socket and those that are named, and every message is bounded.
 */
#ifndef OCIRUN_CRIU_RPC_H
#define OCIRUN_CRIU_RPC_H

#include "criu/hierarchy.h"
#include "criu/request.h"
#include "error.h"

#define CRIU_FIRST_FD 4 /* in criu: 0 to 2 are ours, 3 is the socket, then what `passed` says */
#define CRIU_PASSED 4

/* What a failure of criu_end is told as: a format for the options. */
#define CRIU_HIERARCHY_LOST "criu has changed the options of the host's cgroup hierarchy, which were \"%s\""

struct criu {
	struct arena *arena;
	int sock;                /* owned */
	int64_t pid;             /* 0: not started */
	int pidfd;               /* owned */
	uint8_t *bytes;          /* CRIU_MESSAGE, of the arena */
	struct hierarchy before; /* what it leaves otherwise is put right by criu_end */
};

/* How criu is to be started. */
struct criu_start {
	const char
		*root; /* a private mount namespace, in which this directory is a mount point; NULL: ours */
	bool new_keyring;        /* what it makes does not have our session keyring */
	int passed[CRIU_PASSED]; /* become CRIU_FIRST_FD and so on; -1: end */
};

/* What criu says. */
struct criu_reply {
	enum criu_type type;
	bool success;
	int64_t pid;    /* of the restored init */
	int64_t errno_; /* criu's cr_errno */
	const char *message;
	bool memory_tracking;
	int64_t version; /* 31701 for 3.17.1 */
};

/* A notification while criu works: its name, the pid of init when it comes with one, a descriptor (borrowed;
 * -1: none). 0 to go on; else criu gives up, and the error that was filled is told. */
typedef int criu_notified(void *context, const char *script, int64_t pid, int fd, struct error *error);

/* 0, -ENOENT when there is no criu. All zero before; criu_end in any case. */
int criu_begin(struct arena *arena, const struct criu_start *start, struct criu *ret, struct error *error);
/* One request. 0 with the reply filled: success or not; -errno when criu was not understood or has died. */
int criu_ask(struct criu *criu, enum criu_type type, const struct criu_options *options,
	     criu_notified *notified, void *context, struct criu_reply *ret, struct error *error);
/* Close, wait for its end (killed when it does not come), reap. -errno: the host's cgroup hierarchy has lost
 * its options. */
int criu_end(struct criu *criu);

/* Is there a criu of version 3.0 or later? `tracking`: that can tell which memory has changed. */
int criu_check(struct arena *arena, bool tracking, struct error *error);

/* Where criu writes its log: a directory, open and by name. */
struct criu_log {
	int directory;
	const char *name, *file;
};
/* What a failed request is told as: the first error of the log, or what criu said, and where the log is.
 * Returns -code. */
int criu_failed(struct arena *arena, const struct criu_log *log, const char *type,
		const struct criu_reply *reply, struct error *error);

#endif
