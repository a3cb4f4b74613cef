/* The objects of config.json: which file reads which. Each is a parser for a row of the table one level up
 * (`member` is the struct or pointer named), and each `_check` holds the rules that join two members.
 */
#ifndef OCIRUN_OBJECTS_H
#define OCIRUN_OBJECTS_H

#include "dispatch.h"

json_parser read_process;       /* process.c: struct spec_process * */
json_parser read_capabilities;  /* capabilities.c: struct spec_capabilities * */
json_parser read_mounts;        /* mounts.c: struct spec */
json_parser read_hooks;         /* hooks.c: struct spec_hook_list[6] */
json_parser read_linux;         /* linux.c: struct spec_linux * */
json_parser read_namespaces;    /* namespaces.c: struct spec_linux */
json_parser read_id_maps;       /* namespaces.c: struct spec_id_maps */
json_parser read_time_offsets;  /* namespaces.c: struct spec_linux */
json_parser read_devices;       /* devices.c: struct spec_linux */
json_parser read_device_rules;  /* devices.c: struct spec_resources */
json_parser read_resources;     /* resources.c: struct spec_resources * */
json_parser read_seccomp;       /* seccomp.c: struct spec_seccomp * */
json_parser read_scheduler;     /* scheduling.c: struct spec_scheduler * */
json_parser read_io_priority;   /* scheduling.c: struct spec_io_priority * */
json_parser read_exec_affinity; /* scheduling.c: struct spec_process */
json_parser read_memory_policy; /* memory_policy.c: struct spec_memory_policy * */
json_parser read_block_io;      /* resources_io.c: struct spec_block_io */
json_parser read_hugepages;     /* resources_io.c: struct spec_resources */
json_parser read_network;       /* resources_io.c: struct spec_resources */
json_parser read_rdma;          /* resources_io.c: struct spec_resources */
json_parser read_net_devices;   /* netdevices.c: struct spec_linux */
json_parser read_intel_rdt;     /* rdt.c: struct spec_intel_rdt * */
json_parser read_sysctl;        /* sysctl.c: struct spec_linux */

/* namespaces.c: maps, offsets and names that need a namespace of the container's own. */
int namespaces_check(struct reader *reader);
/* sysctl.c: every key belongs to a namespace of the container's own. */
int sysctl_check(struct reader *reader);

/* mount_options.c: one option of `mount`; what is no known word goes to `data` (room for all). */
int mount_option_read(struct reader *reader, const struct json_node *node, struct spec_mount *mount);
/* mount_idmap.c: the value of an option idmap= or ridmap=, "uids=0-1000-10#10-2000-1;gids=@0-0-10". */
int mount_idmap_read(struct reader *reader, const char *value, struct spec_mount *mount);
/* namespaces.c: no two ranges of a map may overlap, on either side. */
int id_maps_check(struct reader *reader, const struct spec_id_maps *maps);

/* A key as a step of a JSON pointer: escaped as RFC 6901 wants it. In `arena`. */
const char *pointer_step(struct arena *arena, const char *key);
/* Put the object's key in front of an error's pointer. */
int error_in_key(struct reader *reader, int r, const char *key);

#endif
