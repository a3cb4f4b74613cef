/* config.json, parsed and validated: what compile/ works from. Strings and arrays live in spec->arena and
 * never hold NUL bytes. Absent objects are NULL, absent strings NULL, absent arrays count 0; a member
 * `has_x` tells 0 from absent where it matters. Names are those of runtime-spec 1.3.
 * Every array element knows its place by its index: its JSON pointer is "/mounts/3".
 */
#ifndef OCIRUN_SPEC_H
#define OCIRUN_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"

struct spec_strings {
	uint32_t count;
	const char **items; /* NULL-terminated too */
};

struct spec_pair {
	const char *key, *value;
};
struct spec_pairs {
	uint32_t count;
	struct spec_pair *items;
};

struct spec_rlimit {
	int resource; /* RLIMIT_* */
	uint64_t soft, hard;
};

struct spec_capabilities { /* bit n: capability n of the kernel's headers */
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

struct spec_scheduler {
	uint32_t policy; /* PLAN_SCHED_* */
	int32_t nice;
	uint32_t priority;
	uint64_t flags, runtime, deadline, period; /* flags: PLAN_SCHED_RESET_ON_FORK... */
};
struct spec_io_priority {
	uint32_t class, level; /* PLAN_IO_*, 0 to 7 */
};

struct spec_process {
	bool terminal;
	bool has_console_size;
	uint32_t console_height, console_width;
	uint32_t uid, gid;
	bool has_umask;
	uint32_t umask;
	uint32_t additional_gid_count;
	uint32_t *additional_gids;
	struct spec_strings args, env; /* env: last of duplicates wins, duplicates removed */
	const char *cwd;
	struct spec_capabilities *capabilities; /* NULL: absent */
	uint32_t rlimit_count;
	struct spec_rlimit *rlimits;
	bool no_new_privileges;
	const char *apparmor_profile, *selinux_label;
	bool has_oom_score_adj;
	int32_t oom_score_adj;
	struct spec_scheduler *scheduler;
	struct spec_io_priority *io_priority;
	const char *affinity_initial, *affinity_final; /* of execCPUAffinity: for `exec` alone */
};

struct spec_id_map {
	uint32_t container_id, host_id, size;
	bool relative; /* only in idmap=: host_id is an id inside the container's user namespace */
};
struct spec_id_maps {
	uint32_t count;
	struct spec_id_map *items;
};

struct spec_mount {
	const char *destination; /* absolute (a relative one was taken from "/") */
	const char *type;        /* or NULL */
	const char *source;      /* or NULL; not yet made absolute */
	/* options, sorted out by spec/mount_options.c: */
	bool bind, recursive, remount, copy_up;
	bool names_flag; /* some word is one for a flag of the mount, if only to take another back */
	bool copy_symlink, source_nofollow, destination_nofollow;
	bool idmap, idmap_recursive;            /* with no maps: those of the container's user namespace */
	struct spec_id_maps uid_maps, gid_maps; /* both or none */
	struct spec_id_maps option_uid_maps, option_gid_maps; /* of idmap=: moved there by spec/mounts.c */
	uint64_t attr_set, attr_clear;                        /* PLAN_ATTR_* */
	uint64_t rec_set, rec_clear;
	uint32_t super_set, super_clear; /* PLAN_SUPER_* */
	uint32_t propagation_count;
	uint32_t propagation[8];  /* MS_* values in the order written */
	struct spec_strings data; /* the others, for the file system */
};

struct spec_namespace {
	uint64_t type;    /* one PLAN_NS_* */
	const char *path; /* NULL: new */
};

struct spec_device {
	const char *path;
	char type; /* b c u p */
	uint32_t major, minor;
	bool has_mode;
	uint32_t mode, uid, gid;
};

struct spec_device_rule {
	bool allow;
	char type;            /* a b c */
	int64_t major, minor; /* -1: any */
	bool read, write, mknod;
};

struct spec_io_device {
	uint32_t major, minor;
	uint32_t weight, leaf_weight; /* of weightDevice; 0: absent */
	uint64_t rate;                /* of the throttles */
};
struct spec_io_devices {
	uint32_t count;
	struct spec_io_device *items;
};
#define SPEC_THROTTLES 4 /* read bytes, write bytes, read operations, write operations */
struct spec_block_io {
	uint32_t weight, leaf_weight; /* 0: absent */
	struct spec_io_devices weights, throttle[SPEC_THROTTLES];
};
struct spec_hugepages {
	const char *size; /* "2MB" */
	uint64_t limit;
};
struct spec_net_priority {
	const char *name;
	uint32_t priority;
};
struct spec_rdma {
	const char *device;
	bool has_handles, has_objects;
	uint32_t handles, objects;
};

struct spec_resources {
	uint32_t device_count;
	struct spec_device_rule *devices;
	bool has_memory_limit, has_memory_reservation, has_memory_swap, has_memory_swappiness;
	int64_t memory_limit, memory_reservation, memory_swap;
	uint64_t memory_swappiness;
	bool has_disable_oom_killer, disable_oom_killer, check_before_update;
	bool has_shares, has_quota, has_period, has_burst, has_idle;
	uint64_t cpu_shares, cpu_period, cpu_burst;
	int64_t cpu_quota, cpu_idle;
	bool has_rt_runtime, has_rt_period;
	int64_t cpu_rt_runtime;
	uint64_t cpu_rt_period;
	const char *cpus, *mems;
	bool has_pids_limit;
	int64_t pids_limit;
	struct spec_block_io block_io;
	uint32_t hugepage_count;
	struct spec_hugepages *hugepages;
	uint32_t net_class; /* 0: absent */
	uint32_t net_priority_count;
	struct spec_net_priority *net_priorities;
	uint32_t rdma_count;
	struct spec_rdma *rdma;
	struct spec_pairs unified;
};

struct spec_seccomp_arg {
	uint32_t index;
	uint64_t value, value_two;
	const char *op; /* SCMP_CMP_* */
};
struct spec_seccomp_rule {
	struct spec_strings names;
	const char *action; /* SCMP_ACT_* */
	bool has_errno;
	uint32_t errno_ret;
	uint32_t arg_count;
	struct spec_seccomp_arg *args;
};
struct spec_seccomp {
	const char *default_action;
	bool has_default_errno;
	uint32_t default_errno;
	struct spec_strings architectures; /* SCMP_ARCH_* */
	bool has_flags;
	struct spec_strings flags; /* SECCOMP_FILTER_FLAG_* */
	const char *listener_path, *listener_metadata;
	uint32_t rule_count;
	struct spec_seccomp_rule *rules;
	const char *text; /* the object as it stands in config.json: the cache's key */
	uint32_t text_length;
};

struct spec_hook {
	const char *path;
	struct spec_strings args, env;
	bool has_env;
	uint32_t timeout; /* seconds, 0: none */
};
struct spec_hook_list {
	uint32_t count;
	struct spec_hook *items;
};

struct spec_memory_policy {
	bool has_mode;
	uint32_t mode;  /* PLAN_MEMORY_DEFAULT... */
	uint64_t flags; /* PLAN_MEMORY_STATIC_NODES... */
	uint32_t node_count;
	uint64_t *nodes;
};

struct spec_net_device {
	const char *host, *name; /* there, and in the container: the same when nothing was said, or with %d */
};

struct spec_intel_rdt {
	const char *clos_id; /* NULL: the container's id; "/": the root */
	const char *l3_cache_schema, *mem_bw_schema;
	struct spec_strings schemata;
	bool enable_monitoring;
};

struct spec_linux {
	uint32_t namespace_count;
	struct spec_namespace *namespaces;
	struct spec_id_maps uid_maps, gid_maps;
	bool has_monotonic_offset, has_boottime_offset;
	int64_t monotonic_secs, boottime_secs;
	uint32_t monotonic_nanosecs, boottime_nanosecs;
	uint32_t device_count;
	struct spec_device *devices;
	const char *cgroups_path;
	struct spec_resources *resources;
	uint64_t rootfs_propagation; /* MS_* with MS_REC, or 0 */
	struct spec_seccomp *seccomp;
	struct spec_pairs sysctl;  /* keys with '/' between the parts */
	const char **sysctl_steps; /* of their JSON pointers: as written, escaped */
	struct spec_strings masked_paths, readonly_paths;
	const char *mount_label;
	struct spec_memory_policy *memory_policy;
	uint32_t net_device_count;
	struct spec_net_device *net_devices;
	struct spec_intel_rdt *intel_rdt; /* NULL: absent; an empty object is none */
	bool has_personality;
	uint32_t personality;
};

struct spec {
	const char *oci_version;
	const char *root_path; /* as written */
	bool root_readonly;
	const char *hostname, *domainname;
	struct spec_process *process;
	uint32_t mount_count;
	struct spec_mount *mounts;
	/* by enum plan_hook_kind */
	struct spec_hook_list hooks[6];
	struct spec_pairs annotations;
	struct spec_strings warnings; /* the user should hear them, nothing depends on them */
	struct spec_linux *linux_;    /* never NULL after parsing: an absent object is empty */
};

/* Parse and validate `text` (`length` bytes of config.json, need not end with NUL; borrowed only while
 * this runs, except spec->linux_->seccomp->text, which points into it). 0, or -EINVAL (-EFBIG) with a
 * pointer. All of it lives in `arena`. */
int spec_parse(struct arena *arena, const char *text, size_t length, struct spec *ret, struct error *error);
/* The same for a process object alone (`exec --process`); all of it lives in `arena`. */
int spec_parse_process(struct arena *arena, const char *text, size_t length, struct spec_process **ret,
		       struct error *error);
/* The same for a resources object (`update --resources`, state.json), whose device rules are left out: update
 * never touches them. */
int spec_parse_resources(struct arena *arena, const char *text, size_t length, struct spec_resources *ret,
			 struct spec_strings *ret_warnings, struct error *error);
/* Resources as the JSON object that this reader takes, device rules left out; NULL when memory is out. */
const char *spec_resources_text(struct arena *arena, const struct spec_resources *resources);
/* What stands in the config that needs the host to be judged (root exists, a namespace list against the
 * rules, ids mapped) belongs to compile/. */

/* The value of an annotation, or NULL. */
const char *spec_annotation(const struct spec *spec, const char *key);
/* The namespaces of a type: NULL when the container shares the runtime's. */
const struct spec_namespace *spec_namespace(const struct spec *spec, uint64_t type);
/* Has the process a label or a profile of an LSM? */
static inline bool spec_process_labelled(const struct spec_process *process)
{
	return process->apparmor_profile || process->selinux_label;
}

/* Text of the default config.json (`spec`): tab-indented, newline at its end, in `arena`. */
const char *spec_default(struct arena *arena, bool rootless, bool cgroup2, uint32_t uid, uint32_t gid);

#endif
