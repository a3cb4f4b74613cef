/* The files of compile/ among themselves: one function a row of the pipeline, and what they share. Only
 * compile/ includes this. Each row returns 0, or -errno with c->error filled.
 */
#ifndef OCIRUN_COMPILE_ROWS_H
#define OCIRUN_COMPILE_ROWS_H

#include "compile/writer.h"

typedef int compile_row(struct compile *c);

compile_row compile_systemd;    /* result->systemd, with its driver */
compile_row compile_cgroup;     /* groups, limits, device filter, joins; fills result->cgroup_dirs */
compile_row compile_cgroupless; /* instead, for a container without a group of its own */
compile_row compile_rdt;        /* the resctrl group */
compile_row compile_launch;     /* namespaces.c: launch */
compile_row compile_join;       /* join.c: namespaces by path */
compile_row compile_userns;
compile_row compile_namespaces; /* the new ones, and lo */
compile_row compile_rootfs;
compile_row compile_mounts;
compile_row compile_devices;
compile_row compile_net_devices;
compile_row compile_hooks;
compile_row compile_pivot;
compile_row compile_system;
compile_row compile_console;
compile_row compile_masks;
compile_row compile_seal;
compile_row compile_limits;
compile_row compile_identity;
compile_row compile_program;
compile_row compile_filter; /* seccomp.c: the record, around compile_seccomp */

/* Refuse: pointer (a format for compile_pointer's result, "" for none) and text. Always -EINVAL. */
int compile_refuse(struct compile *c, const char *pointer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* namespaces.c: the pid namespace is one with other processes in it, which are to see no more of us than the
 * program: it is entered last (row FORK). */
bool compile_forks_late(const struct compile *c);

/* cgroupless.c: device rules that no group keeps: no node of the root file system may be opened. */
bool compile_shuts_devices(const struct compile *c);

/* The container has a namespace of this type that is not the runtime's; and: a new one. */
bool compile_has(const struct compile *c, uint64_t type);
bool compile_is_new(const struct compile *c, uint64_t type);
/* A user namespace, new or joined: host capabilities end there. */
bool compile_user_namespace(const struct compile *c);
/* userns.c: nobody in the container's user namespace will ever be able to change groups. */
bool compile_denies_setgroups(const struct compile *c);
/* cgroup.c: permissions that are missing for control groups are no failure as long as no limit depends on
 * them
 * (--rootless; auto: an ordinary user's, or root's of a user namespace). */
bool compile_rootless_cgroups(const struct compile *c);
/* The config limits something, device rules aside: those need rights that an ordinary user never has. */
bool compile_has_limits(const struct compile *c);
/* In a user namespace whose root may change mounts, the host's mount flags must be locked (stages/lock.c). */
bool compile_locks(const struct compile *c);

/* The value of an annotation, or NULL. */
const char *compile_annotation_value(const struct compile *c, const char *key);
/* A filter will be loaded: linux.seccomp, or ready-made in an annotation (ANN-08). */
bool compile_has_filter(const struct compile *c);
/* An annotation that switches something on: there, and neither empty nor "0" nor "false". */
bool compile_annotation(const struct compile *c, const char *key);

/* devices.c: a bind over /dev is the user's own: nothing of ours goes in (DEV-17). */
bool compile_brings_dev(const struct compile *c);

/* sources.c: a tree of `path` on the host, flags PLAN_SOURCE_*, propagation PLAN_PROP_* (0: stays a peer). */
uint32_t compile_tree(struct compile *c, const char *path, uint64_t flags, uint64_t propagation,
		      const char *source);
/* The same with ids mapped: a map's two texts, or the path of a user namespace. */
struct tree_map {
	struct plan_str uid_map, gid_map, user;
};
uint32_t compile_mapped_tree(struct compile *c, const char *path, uint64_t flags, uint64_t propagation,
			     const struct tree_map *map, const char *source);
/* The same for what stands in the container's root by then: opened there, at its turn among the mounts. */
uint32_t compile_inner_tree(struct compile *c, const char *path, uint64_t flags, uint64_t propagation,
			    const struct tree_map *map, const char *source);
/* mounts_inside.c: where in the container's root a mount's destination is. */
const char *compile_target(struct compile *c, const struct spec_mount *mount);
/* The same of its source on the host (`path`) when an earlier mount has a part in what will be seen there;
 * NULL: it is the host's own, or no earlier mount comes near it. */
const char *compile_inner_source(struct compile *c, const struct spec_mount *mount, const char *path);
/* idmap.c: the map of a mount with idmap: its own, or the container's user namespace. */
int compile_idmap(struct compile *c, const struct spec_mount *mount, struct tree_map *ret,
		  const char *source);
/* compile.c: before Linux 5.12, which has no mount_setattr and so no flags for a whole tree. */
bool compile_is_old(const struct compile *c);
/* userns.c: does the map give the container this id? */
bool compile_maps_hold(const struct spec_id_maps *maps, uint32_t id);
/* userns.c: a map as the text that the kernel takes. */
int compile_map_text(struct compile *c, const struct spec_id_maps *maps, const char *pointer,
		     struct plan_str *ret);
/* What a clone becomes when the config says nothing else about it. */
uint64_t compile_propagation(const struct compile *c);

/* mounts_cgroup.c: a mount of type cgroup on this host's layout. */
int compile_cgroup_mount(struct compile *c, const struct spec_mount *mount, const char *target,
			 const char *source);

/* cgroup_v1.c, cgroup_v2.c: the resources object as writes to the groups. */
compile_row compile_limits_v1;
compile_row compile_limits_v2;
compile_row compile_limits_io; /* cgroup_io.c: block I/O, huge pages, network, rdma, for both */
compile_row compile_devices_v1, compile_devices_v2; /* device rules */
compile_row compile_resources; /* cgroup.c: all but device rules; for create and update */
/* cgroup_delegate.c (ANN-13): result->cgroup_delegated, and the records of those groups: like `outer`, which
 * is the container's at `outer_path`, with the flags that it would have without them. */
compile_row compile_delegate;
void compile_delegated_groups(struct compile *c, const struct plan_cgroup *outer, const char *outer_path);
/* cgroup.c: the v2 controllers that the group must have. */
struct plan_list compile_controllers(struct compile *c);
/* One write to a file of group number `group`. */
void compile_write(struct compile *c, uint32_t group, const char *file, const char *value, uint64_t flags,
		   const char *source);
/* Group of a v1 controller; false when this host does not have it. */
bool compile_group(const struct compile *c, const char *controller, uint32_t *ret);
/* LATE when the limit is so tight that setting up the container would fail under it, else 0. */
uint64_t compile_starves_memory(int64_t limit);
uint64_t compile_starves_pids(int64_t limit);
uint64_t compile_starves_cpu(int64_t quota, uint64_t period);
/* EARLY when the shim asks the scheduler for something that depends on its processors. */
uint64_t compile_cpuset_time(const struct compile *c);
/* cpu.weight of shares, io.weight of a BFQ weight (LIM-16, LIM-26). */
int64_t compile_cpu_weight(uint64_t shares);
uint32_t compile_io_weight(uint32_t weight);
/* The number as text, in the arena. */
const char *compile_number(struct compile *c, int64_t value);

/* devices_bpf.c: rules as they count: those before the last "everything" are gone, what the runtime always
 * allows stands at the end (LIM-05). */
struct device_rules {
	bool allow;          /* what no rule decides */
	uint32_t count, own; /* rules; the first `own` are the user's */
	struct spec_device_rule *rules;
};
struct device_rules compile_device_rules(struct arena *arena, const struct spec_resources *resources);
/* struct bpf_insn[] of BPF_PROG_TYPE_CGROUP_DEVICE. ret_length in bytes. */
const void *compile_device_program(struct arena *arena, const struct device_rules *rules,
				   uint32_t *ret_length);

/* caps.c: the sets of the config as the kernel will take them. */
int compile_capabilities(struct compile *c, struct plan_identity *identity);

/* Text pieces shared with the cgroup files. */
#define RESOURCES "/linux/resources"

#endif
