/* What ocirun asks of criu: one struct, and one table (request.c) that names the field of criu's rpc.proto
 * for each member. Nothing but this knows those numbers; a member that is zero, NULL or CRIU_NONE is not
 * sent.
 */
#ifndef OCIRUN_CRIU_REQUEST_H
#define OCIRUN_CRIU_REQUEST_H

#include "arena.h"
#include "criu/wire.h"

#define CRIU_NONE (-1)
#define CRIU_MESSAGE 131072 /* bytes of a request: a datagram of a socket with default buffers takes it */

enum criu_type {
	CRIU_DUMP = 1,
	CRIU_RESTORE = 2,
	CRIU_PRE_DUMP = 4, /* criu then waits for another request: closing ends it */
	CRIU_NOTIFY = 6,
	CRIU_FEATURES = 9,
	CRIU_VERSION = 10
};

/* linux: criu_cg_mode */
enum criu_cgroup_mode { CRIU_CGROUP_IGNORE = 0, CRIU_CGROUP_SOFT = 3, CRIU_CGROUP_FULL, CRIU_CGROUP_STRICT };

/* A key with a path or a descriptor of criu's. */
struct criu_pair {
	const char *key, *value;
	int fd;
};
struct criu_pairs {
	uint32_t count, room;
	struct criu_pair *items;
};

struct criu_options {
	int64_t images, work; /* descriptors of ours: criu opens /proc/OUR PID/fd/N */
	int64_t pid;          /* to be dumped */
	int64_t log_level;
	const char *log_file;
	bool leave_running, external_sockets, tcp_established, tcp_skip_in_flight, tcp_close, shell_job,
		file_locks, link_remap, auto_dedup, track_memory;
	bool notify, sibling, orphan_terminal, external_masters;
	const char *parent;       /* images of an earlier pre-dump, relative to these */
	const char *root;         /* of what is restored; a mount point */
	int64_t cgroup_mode;      /* enum criu_cgroup_mode */
	const char *freeze;       /* group to be frozen while dumping */
	int64_t empty_namespaces; /* CLONE_NEW*; 0: none */
	const char *config;       /* file of criu's own options */
	const char *lsm_profile, *lsm_mount_context;
	const char *page_address; /* page server, or NULL */
	int64_t page_port;
	struct criu_pairs mounts;       /* external mounts: where in the container, what of the host */
	struct criu_pairs cgroup_roots; /* controller (NULL: all), path */
	struct criu_pairs inherited;    /* name in the images, descriptor of criu's process */
	struct criu_pairs external;     /* key alone: net[INODE]:NAME */
};

/* All members "not sent", cgroup mode soft. */
void criu_options_init(struct criu_options *ret);
/* Append; texts are borrowed. */
void criu_pairs_add(struct arena *arena, struct criu_pairs *pairs, const char *key, const char *value,
		    int fd);
/* The whole request in CRIU_MESSAGE bytes of `out`; -E2BIG when it does not fit. `options` NULL: none. */
int criu_request(struct criu_out *out, enum criu_type type, const struct criu_options *options);
/* The answer to a notification: go on, or give up. */
void criu_answer(struct criu_out *out, bool success);
/* Ask whether criu and this kernel can tell which memory has changed. */
void criu_ask_features(struct criu_out *out);

#endif
