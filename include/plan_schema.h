/* The setup plan, written once. From these tables come the structs and ids (plan.h), the rows for
 * checker, encoder and dump (plan_shape.h) and the format's hash. To add a field, add one line.
 *
 *   PLAN_ROWS    the pipeline, in order. A record names the row (pass) that executes it.
 *   PLAN_ENUMS   words of each ENUM field; values count from 0.
 *   PLAN_BITSETS words of each BITS field; any other bit is refused.
 *   PLAN_RECORDS every record kind: struct, the rows it may stand in, its fields.
 *
 * Field kinds, 8 bytes each: NUM (limit: greatest value) INT (greatest absolute value)
 * ENUM BITS (limit: name of the word set) CAPS (bit n is capability n) SLOT (index of a
 * descriptor sent with PLAN, or PLAN_NONE) TREE (index of a detached tree that the row `sources`
 * opened, or PLAN_NONE) STR (limit: greatest length; "" is absent) BLOB (greatest length)
 * STRS (list of strings; limit: greatest length of one) ARGV (STRS with PLAN_ARGV_SPARE free
 * slots behind, so that the shim makes it a char *[] in place) NUMS (list of numbers; limit:
 * greatest value).
 */
#ifndef OCIRUN_PLAN_SCHEMA_H
#define OCIRUN_PLAN_SCHEMA_H

#include "limits.h"

/* clang-format off */
/* R(id, name of the stage, half that executes it) */
#define PLAN_ROWS(R)                                                                               \
	R(CGROUP, "cgroup", HOST)       /* before the clone: groups, limits, device filter */          \
	R(RDT, "rdt", HOST)             /* before the clone: the resctrl group; the pid: after it */       \
	R(LAUNCH, "launch", HOST)       /* the clone itself: pid namespace */                          \
	R(CGROUP_JOIN, "cgroup", INIT)  /* v1: "0" into tasks; affinity */                             \
	R(SOURCES, "sources", INIT)     /* with the host's rights and view */                          \
	R(RAISE, "limits", INIT)        /* what asks for host capabilities before a user namespace */  \
	R(JOIN, "join", INIT)           /* namespaces by path */                                       \
	R(USERNS, "userns", INIT)       /* new user namespace, maps, become root inside */             \
	R(NAMESPACES, "namespaces", INIT)                                                              \
	R(NETWORK, "network", INIT)                                                                    \
	R(SOURCES_INSIDE, "sources", INIT) /* without rights over the host's view: in the namespaces' own */ \
	R(ROOTFS, "rootfs", INIT)                                                                      \
	R(MOUNTS, "mounts", INIT)                                                                      \
	R(DEVICES, "devices", INIT)                                                                    \
	R(HOST_NETWORK, "network", HOST) /* devices of the host's: moved when HOST_POINT asks */       \
	R(HOST_HOOKS, "hooks", HOST)    /* prestart, createRuntime: run when HOST_POINT asks */        \
	R(HOST_POINT, "hooks", INIT)    /* mounts and devices stand: asks HOST, waits for DONE */      \
	R(HOOKS, "hooks", INIT)         /* createContainer */                                          \
	R(PIVOT, "pivot", INIT)                                                                        \
	R(SYSTEM, "system", INIT)                                                                      \
	R(CONSOLE, "console", INIT)                                                                    \
	R(MASKS, "masks", INIT)                                                                        \
	R(SEAL, "seal", INIT)                                                                          \
	R(INHERIT, "limits", INIT)      /* written through the host's /proc, and kept over a fork */       \
	R(FORK, "namespaces", INIT)     /* into a pid namespace that others are in */                  \
	R(LIMITS, "limits", INIT)                                                                      \
	R(IDENTITY, "identity", INIT)                                                                  \
	R(PROGRAM, "program", INIT)                                                                    \
	R(LISTENER, "seccomp", INIT)    /* a filter with a listener: while the host side still lives */ \
	R(GATE, "gate", INIT)                                                                          \
	R(START_HOOKS, "hooks", INIT)   /* startContainer */                                           \
	R(SECCOMP, "seccomp", INIT)     /* the last call before execve */                              \
	R(EXEC, "exec", INIT)

#define PLAN_ENUMS(E)                                                                              \
	E(cgroup_version) E(source_what) E(map_writer) E(mount_how) E(device_how) E(hook_kind)         \
	E(pivot_how) E(lsm) E(gate_kind) E(sched_policy) E(io_class) E(memory_mode)

#define PLAN_ENUM_cgroup_version(W) W(PLAN_CGROUP_V1, "v1") W(PLAN_CGROUP_V2, "v2")
#define PLAN_ENUM_source_what(W)                                                                   \
	W(PLAN_SOURCE_TREE, "tree")     /* detached clone of the mount(s) at path */                   \
	W(PLAN_SOURCE_NULL, "null")     /* the same of a file verified to be the device 1:3 */         \
	W(PLAN_SOURCE_PROC, "procfs")   /* O_PATH of the host's /proc, verified: not a clone */
#define PLAN_ENUM_map_writer(W)                                                                    \
	W(PLAN_MAP_SELF, "self") W(PLAN_MAP_HOST, "host") W(PLAN_MAP_TOOL, "tool")
#define PLAN_ENUM_mount_how(W)                                                                     \
	W(PLAN_MOUNT_BIND, "bind")             /* attach a tree of `sources` */                        \
	W(PLAN_MOUNT_FILESYSTEM, "filesystem") /* a new file system: fsopen, fsmount */                \
	W(PLAN_MOUNT_CGROUP2, "cgroup2")       /* cgroup2; EPERM or EBUSY: `tree` instead */           \
	W(PLAN_MOUNT_REMOUNT, "remount")       /* new flags for what stands at target */               \
	W(PLAN_MOUNT_SYMLINK, "symlink")       /* a link at target to `device` (v1 merged controllers) */
#define PLAN_ENUM_device_how(W)                                                                    \
	W(PLAN_DEVICE_MKNOD, "mknod") W(PLAN_DEVICE_BIND, "bind")                                      \
	W(PLAN_DEVICE_LINK, "symlink") W(PLAN_DEVICE_DIRECTORY, "directory")
#define PLAN_ENUM_hook_kind(W)                                                                     \
	W(PLAN_HOOK_PRESTART, "prestart") W(PLAN_HOOK_CREATE_RUNTIME, "createRuntime")                 \
	W(PLAN_HOOK_CREATE_CONTAINER, "createContainer")                                               \
	W(PLAN_HOOK_START_CONTAINER, "startContainer")                                                 \
	W(PLAN_HOOK_POSTSTART, "poststart") W(PLAN_HOOK_POSTSTOP, "poststop")
#define PLAN_ENUM_pivot_how(W)                                                                     \
	W(PLAN_PIVOT_ROOT, "pivot_root")                                                               \
	W(PLAN_PIVOT_MOVE, "move")     /* --no-pivot: MS_MOVE and chroot */                            \
	W(PLAN_PIVOT_CHROOT, "chroot") /* no mount namespace of its own */
#define PLAN_ENUM_lsm(W)                                                                           \
	W(PLAN_LSM_APPARMOR, "apparmor") W(PLAN_LSM_SELINUX_EXEC, "selinux exec")                      \
	W(PLAN_LSM_SELINUX_KEY, "selinux keycreate")
#define PLAN_ENUM_gate_kind(W)                                                                     \
	W(PLAN_GATE_NONE, "none") /* exec: no GO */                                                    \
	W(PLAN_GATE_RUN, "run")   /* GO, then on: the socket closes at execve */                       \
	W(PLAN_GATE_FIFO, "fifo") /* create: GO, then one byte through the fifo */

/* SCHED_*, IOPRIO_CLASS_* and MPOL_* of the kernel, which count like this */
#define PLAN_ENUM_sched_policy(W)                                                                  \
	W(PLAN_SCHED_OTHER, "other") W(PLAN_SCHED_FIFO, "fifo") W(PLAN_SCHED_RR, "rr")                 \
	W(PLAN_SCHED_BATCH, "batch") W(PLAN_SCHED_ISO, "iso") W(PLAN_SCHED_IDLE, "idle")               \
	W(PLAN_SCHED_DEADLINE, "deadline")
#define PLAN_ENUM_io_class(W)                                                                      \
	W(PLAN_IO_NONE, "none") W(PLAN_IO_REALTIME, "realtime")                                      \
	W(PLAN_IO_BEST_EFFORT, "best-effort") W(PLAN_IO_IDLE, "idle")
#define PLAN_ENUM_memory_mode(W)                                                                   \
	W(PLAN_MEMORY_DEFAULT, "default") W(PLAN_MEMORY_PREFERRED, "preferred")                      \
	W(PLAN_MEMORY_BIND, "bind") W(PLAN_MEMORY_INTERLEAVE, "interleave")                          \
	W(PLAN_MEMORY_LOCAL, "local") W(PLAN_MEMORY_PREFERRED_MANY, "preferred-many")                \
	W(PLAN_MEMORY_WEIGHTED, "weighted-interleave")

#define PLAN_BITSETS(B)                                                                            \
	B(ns) B(source_flags) B(propagation) B(userns_flags) B(mount_attr) B(super_flags)              \
	B(mount_flags) B(write_flags) B(cgroup_flags) B(identity_flags) B(program_flags)               \
	B(filter_flags) B(rootfs_flags) B(device_flags) B(sched_flags) B(memory_flags)                 \
	B(console_flags) B(rdt_flags)

/* CLONE_NEW* of the kernel (linux/sched.h); the words are those of config-linux.md */
#define PLAN_BITS_ns(W)                                                                            \
	W(PLAN_NS_TIME, 0x80, "time") W(PLAN_NS_MOUNT, 0x20000, "mount")                               \
	W(PLAN_NS_CGROUP, 0x2000000, "cgroup") W(PLAN_NS_UTS, 0x4000000, "uts")                        \
	W(PLAN_NS_IPC, 0x8000000, "ipc") W(PLAN_NS_USER, 0x10000000, "user")                           \
	W(PLAN_NS_PID, 0x20000000, "pid") W(PLAN_NS_NETWORK, 0x40000000, "network")
#define PLAN_BITS_source_flags(W)                                                                  \
	W(PLAN_SOURCE_RECURSIVE, 1, "recursive") /* with submounts (rbind) */                          \
	W(PLAN_SOURCE_NOFOLLOW, 2, "nofollow")   /* the last component may be a symlink itself */      \
	W(PLAN_SOURCE_RIDMAP, 4, "ridmap")       /* ids are mapped on the whole tree */                \
	W(PLAN_SOURCE_HOST_IDMAP, 8, "host-idmap") /* by the host side: the shim has no right to */
/* MS_* of the kernel (linux/mount.h) */
#define PLAN_BITS_propagation(W)                                                                   \
	W(PLAN_PROP_RECURSIVE, 0x4000, "rec") W(PLAN_PROP_UNBINDABLE, 0x20000, "unbindable")           \
	W(PLAN_PROP_PRIVATE, 0x40000, "private") W(PLAN_PROP_SLAVE, 0x80000, "slave")                  \
	W(PLAN_PROP_SHARED, 0x100000, "shared")
#define PLAN_BITS_userns_flags(W) W(PLAN_USERNS_DENY_SETGROUPS, 1, "deny-setgroups")
/* MOUNT_ATTR_* of the kernel (linux/mount.h); relatime is 0, atime_mask clears the group */
#define PLAN_BITS_mount_attr(W)                                                                    \
	W(PLAN_ATTR_RDONLY, 0x1, "ro") W(PLAN_ATTR_NOSUID, 0x2, "nosuid")                              \
	W(PLAN_ATTR_NODEV, 0x4, "nodev") W(PLAN_ATTR_NOEXEC, 0x8, "noexec")                            \
	W(PLAN_ATTR_NOATIME, 0x10, "noatime") W(PLAN_ATTR_STRICTATIME, 0x20, "strictatime")            \
	W(PLAN_ATTR_ATIME_OTHER, 0x40, "atime-mask") /* only ever in a "clear" field: 0x70 in all */   \
	W(PLAN_ATTR_NODIRATIME, 0x80, "nodiratime") W(PLAN_ATTR_NOSYMFOLLOW, 0x200000, "nosymfollow")
/* MS_* that belong to the super block */
#define PLAN_BITS_super_flags(W)                                                                   \
	W(PLAN_SUPER_RDONLY, 0x1, "ro") W(PLAN_SUPER_SYNC, 0x10, "sync")                               \
	W(PLAN_SUPER_MAND, 0x40, "mand") W(PLAN_SUPER_DIRSYNC, 0x80, "dirsync")                        \
	W(PLAN_SUPER_SILENT, 0x8000, "silent") W(PLAN_SUPER_IVERSION, 0x800000, "iversion")            \
	W(PLAN_SUPER_LAZYTIME, 0x2000000, "lazytime")
#define PLAN_BITS_mount_flags(W)                                                                   \
	W(PLAN_MOUNT_COPY_UP, 1, "tmpcopyup")                                                          \
	W(PLAN_MOUNT_PLAIN_DIRECTORY, 2, "plain-directory") /* proc, sysfs: no symlink at the target */ \
	W(PLAN_MOUNT_KEEP_MODE, 4, "keep-mode")   /* tmpfs: mode of the directory it covers */         \
	W(PLAN_MOUNT_DEST_NOFOLLOW, 8, "dest-nofollow")                                                \
	W(PLAN_MOUNT_COPY_SYMLINK, 16, "copy-symlink") /* of a tree that is a symlink: one like it */   \
	W(PLAN_MOUNT_KEEP_OWNER, 32, "keep-owner") /* tmpcopyup: owner of the directory it covers */   \
	W(PLAN_MOUNT_CLEAR_OTHERS, 64, "clear-others") /* bind: flags that no option names */           \
	W(PLAN_MOUNT_KEEP_LOCKABLE, 128, "keep-lockable") /* but those that a user namespace locks */
#define PLAN_BITS_write_flags(W)                                                                   \
	W(PLAN_WRITE_LATE, 1, "late")           /* at READY: would starve set-up itself */             \
	W(PLAN_WRITE_MISSING_OK, 2, "missing-ok") /* the file may be absent (ENOENT) */                \
	W(PLAN_WRITE_BUSY_OK, 4, "retry-einval")  /* written again after the others when EINVAL */        \
	W(PLAN_WRITE_EARLY, 8, "early")          /* before the clone: half a list would stop the shim */
#define PLAN_BITS_cgroup_flags(W)                                                                  \
	W(PLAN_CGROUP_BORN, 1, "born")         /* v2: the shim is cloned into it */                    \
	W(PLAN_CGROUP_OPTIONAL, 2, "optional") /* rootless: go on without when it cannot be made */    \
	W(PLAN_CGROUP_MUST_BE_EMPTY, 4, "must-be-empty")                                               \
	W(PLAN_CGROUP_EXISTS, 8, "exists")     /* exec: joined as it is, never made */                 \
	W(PLAN_CGROUP_OUTER, 16, "outer")      /* the container is in a group below it */
#define PLAN_BITS_identity_flags(W)                                                                \
	W(PLAN_ID_SETGROUPS, 1, "setgroups") W(PLAN_ID_CAPS, 2, "caps")                                \
	W(PLAN_ID_NO_NEW_PRIVS, 4, "no-new-privs")                                                     \
	W(PLAN_ID_KEEP_ADMIN, 8, "keep-sys-admin") /* a filter must load without no_new_privs */       \
	W(PLAN_ID_GROUPS_OPTIONAL, 16, "groups-optional") /* an empty list where setgroups is denied */
#define PLAN_BITS_program_flags(W) W(PLAN_PROGRAM_HOME, 1, "home") /* HOME is absent or empty */
/* SECCOMP_FILTER_FLAG_* of the kernel (linux/seccomp.h); TSYNC never: one thread */
#define PLAN_BITS_filter_flags(W)                                                                  \
	W(PLAN_FILTER_LOG, 2, "log") W(PLAN_FILTER_SPEC_ALLOW, 4, "spec-allow")                        \
	W(PLAN_FILTER_NEW_LISTENER, 8, "new-listener")                                                 \
	W(PLAN_FILTER_WAIT_KILLABLE, 32, "wait-killable")
/* SCHED_FLAG_* (linux/sched.h) and MPOL_F_* (linux/mempolicy.h) of the kernel */
#define PLAN_BITS_sched_flags(W)                                                                   \
	W(PLAN_SCHED_RESET_ON_FORK, 1, "reset-on-fork") W(PLAN_SCHED_RECLAIM, 2, "reclaim")            \
	W(PLAN_SCHED_DL_OVERRUN, 4, "dl-overrun") W(PLAN_SCHED_KEEP_POLICY, 8, "keep-policy")          \
	W(PLAN_SCHED_KEEP_PARAMS, 0x10, "keep-params")                                                 \
	W(PLAN_SCHED_UTIL_CLAMP_MIN, 0x20, "util-clamp-min")                                           \
	W(PLAN_SCHED_UTIL_CLAMP_MAX, 0x40, "util-clamp-max")
#define PLAN_BITS_memory_flags(W)                                                                  \
	W(PLAN_MEMORY_NUMA_BALANCING, 0x2000, "numa-balancing")                                        \
	W(PLAN_MEMORY_RELATIVE_NODES, 0x4000, "relative-nodes")                                        \
	W(PLAN_MEMORY_STATIC_NODES, 0x8000, "static-nodes")
#define PLAN_BITS_console_flags(W)                                                                 \
	W(PLAN_CONSOLE_BIND, 1, "dev-console")  /* the terminal stands on /dev/console too */          \
	W(PLAN_CONSOLE_MAKE, 2, "make")         /* which is made when it is missing */                 \
	W(PLAN_CONSOLE_RELAYED, 4, "relayed")   /* the host's own terminal adds the \r to each \n */
#define PLAN_BITS_rdt_flags(W)                                                                     \
	W(PLAN_RDT_MUST_EXIST, 1, "must-exist") /* a class that somebody else has set up */            \
	W(PLAN_RDT_KEEP, 2, "keep")             /* the container's end is not the group's */
#define PLAN_BITS_rootfs_flags(W) W(PLAN_ROOTFS_NO_ATTACH, 1, "no-attach") /* no mount namespace */
#define PLAN_BITS_device_flags(W)                                                                  \
	W(PLAN_DEVICE_REPLACE, 1, "replace")     /* a link replaces what stands there */               \
	W(PLAN_DEVICE_EXIST_OK, 2, "exist-ok")   /* EEXIST is fine (default devices and links) */

/* F(record, kind, member, limit) */
#define PLAN_FIELDS_cgroup(F)      /* one group to make; v1: one per hierarchy */                  \
	F(cgroup, ENUM, version, cgroup_version)                                                       \
	F(cgroup, STR, mount, PLAN_MAX_PATH)   /* mount point of the hierarchy on the host */          \
	F(cgroup, STR, path, PLAN_MAX_PATH)    /* below it, begins with / */                           \
	F(cgroup, STR, name, 255)              /* v1: "cpu,cpuacct", "name=systemd"; v2: "" */         \
	F(cgroup, STRS, enable, 64)            /* v2: controllers to enable on the way down */         \
	F(cgroup, BITS, flags, cgroup_flags)
#define PLAN_FIELDS_cgroup_write(F)                                                                \
	F(cgroup_write, NUM, group, 64)        /* index among the records `cgroup` */                  \
	F(cgroup_write, STR, file, 255)                                                                \
	F(cgroup_write, STR, value, PLAN_MAX_TEXT)                                                     \
	F(cgroup_write, BITS, flags, write_flags)                                                      \
	F(cgroup_write, STR, other_file, 255)  /* in place of `file` when that is absent, or "" */     \
	F(cgroup_write, STR, other_value, PLAN_MAX_TEXT)
#define PLAN_FIELDS_cgroup_device(F)   /* v2 device filter */                                      \
	F(cgroup_device, NUM, group, 64)                                                               \
	F(cgroup_device, BLOB, program, PLAN_MAX_BPF)  /* struct bpf_insn[] */
#define PLAN_FIELDS_cgroup_owner(F)    /* delegation: directory and the kernel's delegate list */  \
	F(cgroup_owner, NUM, group, 64) F(cgroup_owner, NUM, uid, 0xfffffffe)                          \
	F(cgroup_owner, NUM, gid, 0xfffffffe)
#define PLAN_FIELDS_rdt(F)             /* linux.intelRdt */                                        \
	F(rdt, STR, root, PLAN_MAX_PATH)       /* where resctrl is mounted */                          \
	F(rdt, STR, group, 255)                /* directory there, or "": the root itself */           \
	F(rdt, STR, compare, 4095)             /* lines that a group that exists must have already */  \
	F(rdt, STR, monitor, 255)              /* monitoring group to make in it, or "" */             \
	F(rdt, BITS, flags, rdt_flags)
#define PLAN_FIELDS_rdt_write(F) F(rdt_write, STR, value, 4095) /* to schemata, in one write */
#define PLAN_FIELDS_launch(F)                                                                      \
	F(launch, BITS, born, ns)              /* only pid: flag of the clone */                       \
	F(launch, STR, pid_path, PLAN_MAX_PATH) /* pid namespace by path: setns, clone, setns back */
#define PLAN_FIELDS_cgroup_join(F)     /* v1: write "0" to this descriptor of `tasks` */           \
	F(cgroup_join, NUM, group, 64) F(cgroup_join, SLOT, tasks, 0)
#define PLAN_FIELDS_affinity(F)        /* forget the caller's mask: all processors */              \
	F(affinity, NUM, reset, 1)                                                                     \
	F(affinity, NUMS, processors, 65535)   /* these alone, or none: execCPUAffinity.final */
#define PLAN_FIELDS_source(F)                                                                      \
	F(source, TREE, tree, 0)               /* where the descriptor is kept */                      \
	F(source, ENUM, what, source_what)                                                             \
	F(source, STR, path, PLAN_MAX_PATH)    /* on the host; in row MOUNTS: in the root */                \
	F(source, BITS, flags, source_flags)                                                           \
	F(source, BITS, propagation, propagation) /* private or slave, at once: never a host peer */   \
	F(source, STR, uid_map, PLAN_MAX_IDMAP)   /* idmap: "inside outside size\n"..., both or none */ \
	F(source, STR, gid_map, PLAN_MAX_IDMAP)                                                        \
	F(source, STR, user, PLAN_MAX_PATH)       /* idmap: or those of the user namespace there */
#define PLAN_FIELDS_lock(F)            /* trees pass through a mount namespace of the host's: locks */ \
	F(lock, STR, place, PLAN_MAX_PATH)     /* a directory to cover there */
#define PLAN_FIELDS_join(F)                                                                        \
	F(join, BITS, type, ns) F(join, STR, path, PLAN_MAX_PATH)
#define PLAN_FIELDS_enter(F)           /* exec: the namespaces of a process, in one call */            \
	F(enter, SLOT, pidfd, 0)                                                                       \
	F(enter, BITS, types, ns)              /* those that differ from ours; pid: `fork` follows */  \
	F(enter, SLOT, root, 0)                /* its root, where the mount namespace is the same */
#define PLAN_FIELDS_userns(F)                                                                      \
	F(userns, ENUM, writer, map_writer)                                                            \
	F(userns, STR, uid_map, PLAN_MAX_IDMAP)  /* "inside outside size\n"... */                      \
	F(userns, STR, gid_map, PLAN_MAX_IDMAP)                                                        \
	F(userns, BITS, flags, userns_flags)
#define PLAN_FIELDS_namespaces(F)                                                                  \
	F(namespaces, BITS, unshare, ns)       /* in one call; time: entered by setns afterwards */    \
	F(namespaces, BITS, born, ns)          /* pid: second clone (CLONE_PARENT), FORKED */          \
	F(namespaces, NUM, fork, 1)            /* the same clone, into a pid namespace just joined */  \
	F(namespaces, STR, time_offsets, 255)  /* text for /proc/self/timens_offsets, or "" */
#define PLAN_FIELDS_loopback(F) F(loopback, NUM, up, 1)
#define PLAN_FIELDS_rootfs(F)                                                                      \
	F(rootfs, STR, path, PLAN_MAX_PATH)    /* where the tree is attached */                        \
	F(rootfs, TREE, tree, 0)                                                                       \
	F(rootfs, BITS, view, propagation)     /* first, for the whole view of the new namespace */    \
	F(rootfs, BITS, flags, rootfs_flags)
#define PLAN_FIELDS_mount(F)                                                                       \
	F(mount, ENUM, how, mount_how)                                                                 \
	F(mount, STR, target, PLAN_MAX_PATH)   /* inside the root, absolute */                         \
	F(mount, TREE, tree, 0)                /* bind; cgroup2: fall-back */                          \
	F(mount, STR, type, 255)               /* file system */                                       \
	F(mount, STR, device, PLAN_MAX_PATH)   /* its source */                                        \
	F(mount, STRS, options, PLAN_MAX_TEXT) /* "key=value" or "flag", for the file system */        \
	F(mount, BITS, super, super_flags)                                                             \
	F(mount, BITS, attr_set, mount_attr) F(mount, BITS, attr_clear, mount_attr)                    \
	F(mount, BITS, rec_set, mount_attr) F(mount, BITS, rec_clear, mount_attr) /* whole tree */     \
	F(mount, NUMS, propagation, 0x3fffff)  /* MS_* values, applied in this order */                \
	F(mount, BITS, flags, mount_flags)                                                             \
	F(mount, NUM, mode, 07777)             /* of a target that has to be made; 0: 0755 */              \
	F(mount, STR, label, PLAN_MAX_PATH)    /* SELinux label of its root, where no option takes it */
#define PLAN_FIELDS_device(F)                                                                      \
	F(device, ENUM, how, device_how)                                                               \
	F(device, STR, path, PLAN_MAX_PATH)                                                            \
	F(device, NUM, mode, 0177777)          /* S_IFCHR, S_IFBLK, S_IFIFO | permissions */           \
	F(device, NUM, major, 0xfffff) F(device, NUM, minor, 0xfffff)                                  \
	F(device, NUM, uid, 0xfffffffe) F(device, NUM, gid, 0xfffffffe)                                \
	F(device, STR, target, PLAN_MAX_PATH)  /* of a link */                                         \
	F(device, TREE, tree, 0)               /* bind: clone of the host's node */                    \
	F(device, BITS, flags, device_flags)
#define PLAN_FIELDS_net_device(F)      /* of the host's network namespace, to the container's */   \
	F(net_device, STR, host, 15)                                                                   \
	F(net_device, STR, name, 15)           /* there; may be a template, "eth%d" */
#define PLAN_FIELDS_host_point(F) F(host_point, NUM, ask, 1)
#define PLAN_FIELDS_hook(F)                                                                        \
	F(hook, ENUM, kind, hook_kind)                                                                 \
	F(hook, NUM, index, 65535)             /* in its array, for messages */                        \
	F(hook, STR, path, PLAN_MAX_PATH)                                                              \
	F(hook, ARGV, args, PLAN_MAX_STRING) F(hook, ARGV, env, PLAN_MAX_STRING)                       \
	F(hook, NUM, inherit, 1)               /* START_HOOKS: the program's environment, HOME and all */ \
	F(hook, NUM, timeout, 0xffffffff)      /* seconds; 0: none */                                  \
	F(hook, STR, cwd, PLAN_MAX_PATH)       /* "": leave */                                         \
	F(hook, STR, state_head, PLAN_MAX_STRING) /* state: head, decimal pid, tail, on stdin */          \
	F(hook, STR, state_tail, PLAN_MAX_STRING)                                                      \
	F(hook, STR, out_file, PLAN_MAX_PATH)  /* its output is appended there too, or "" */           \
	F(hook, STR, err_file, PLAN_MAX_PATH)
#define PLAN_FIELDS_pivot(F)                                                                       \
	F(pivot, ENUM, how, pivot_how)                                                                 \
	F(pivot, BITS, propagation, propagation) /* linux.rootfsPropagation, or 0 */
#define PLAN_FIELDS_hostname(F) F(hostname, STR, name, 64)
#define PLAN_FIELDS_domainname(F) F(domainname, STR, name, 64)
#define PLAN_FIELDS_sysctl(F)                                                                      \
	F(sysctl, STR, path, 255)              /* below /proc/sys, '/' between the parts */            \
	F(sysctl, STR, value, 4095)
#define PLAN_FIELDS_personality(F) F(personality, NUM, domain, 0xffffffff)
#define PLAN_FIELDS_stdio(F)           /* 0-2 that are the host's /dev/null: the container's */    \
	F(stdio, NUM, uid, 0xfffffffe)         /* the others: owner becomes uid where allowed */
#define PLAN_FIELDS_console(F)         /* 0-2 are a new terminal; its master goes with READY */    \
	F(console, NUM, uid, 0xfffffffe)       /* owner of the terminal */                             \
	F(console, NUM, rows, 65535) F(console, NUM, columns, 65535) /* both 0: as the kernel has it */ \
	F(console, BITS, flags, console_flags)
#define PLAN_FIELDS_readonly_path(F) F(readonly_path, STR, path, PLAN_MAX_PATH)
#define PLAN_FIELDS_masked_path(F)                                                                 \
	F(masked_path, STR, path, PLAN_MAX_PATH)                                                       \
	F(masked_path, TREE, null, 0)          /* clone of the host's verified /dev/null */
#define PLAN_FIELDS_seal(F)                                                                        \
	F(seal, STR, path, PLAN_MAX_PATH)      /* "/" is the root */                                   \
	F(seal, BITS, attr, mount_attr)                                                                \
	F(seal, BITS, propagation, propagation) /* unbindable: what `masks` had to clone before */
#define PLAN_FIELDS_oom_score_adj(F)                                                               \
	F(oom_score_adj, INT, value, 1000)                                                             \
	F(oom_score_adj, NUM, optional, 1)     /* go on when lowering it is refused */
#define PLAN_FIELDS_rlimit(F)                                                                      \
	F(rlimit, NUM, resource, 15)           /* RLIMIT_* of the kernel */                            \
	F(rlimit, NUM, soft, UINT64_MAX) F(rlimit, NUM, hard, UINT64_MAX)
#define PLAN_FIELDS_umask(F) F(umask, NUM, mask, 0777)
#define PLAN_FIELDS_keyring(F)                                                                     \
	F(keyring, STR, name, 1040)            /* new session keyring */                               \
	F(keyring, STR, label, PLAN_MAX_PATH)  /* SELinux label of the key, or "" */
#define PLAN_FIELDS_label(F)                                                                       \
	F(label, ENUM, lsm, lsm) F(label, STR, value, PLAN_MAX_PATH)
#define PLAN_FIELDS_scheduler(F)       /* sched_setattr(2) */                                          \
	F(scheduler, ENUM, policy, sched_policy) F(scheduler, BITS, flags, sched_flags)                \
	F(scheduler, INT, nice, 20) F(scheduler, NUM, priority, 99)                                    \
	F(scheduler, NUM, runtime, INT64_MAX)  /* of deadline, in nanoseconds */                       \
	F(scheduler, NUM, deadline, INT64_MAX) F(scheduler, NUM, period, INT64_MAX)                    \
	F(scheduler, NUM, cpuset, 1)           /* processors are limited: what EPERM then means */
#define PLAN_FIELDS_io_priority(F)                                                                 \
	F(io_priority, ENUM, class, io_class) F(io_priority, NUM, level, 7)
#define PLAN_FIELDS_memory_policy(F)                                                               \
	F(memory_policy, ENUM, mode, memory_mode) F(memory_policy, BITS, flags, memory_flags)          \
	F(memory_policy, NUMS, nodes, PLAN_MAX_NODE)
#define PLAN_FIELDS_identity(F)                                                                    \
	F(identity, NUM, uid, 0xfffffffe) F(identity, NUM, gid, 0xfffffffe)                            \
	F(identity, NUMS, groups, 0xfffffffe)                                                          \
	F(identity, CAPS, bounding, 0) F(identity, CAPS, effective, 0)                                 \
	F(identity, CAPS, permitted, 0) F(identity, CAPS, inheritable, 0)                              \
	F(identity, CAPS, ambient, 0)                                                                  \
	F(identity, BITS, flags, identity_flags)                                                       \
	F(identity, STR, cwd, PLAN_MAX_PATH)
#define PLAN_FIELDS_program(F)                                                                     \
	F(program, ARGV, args, PLAN_MAX_STRING) F(program, ARGV, env, PLAN_MAX_STRING)                 \
	F(program, BITS, flags, program_flags)
#define PLAN_FIELDS_seccomp(F)                                                                     \
	F(seccomp, BLOB, filter, PLAN_MAX_BPF) /* struct sock_filter[] */                              \
	F(seccomp, BITS, flags, filter_flags)
#define PLAN_FIELDS_gate(F)                                                                        \
	F(gate, ENUM, kind, gate_kind) F(gate, SLOT, fifo, 0) F(gate, SLOT, fault, 0)
#define PLAN_FIELDS_exec(F)                                                                        \
	F(exec, NUM, kept, 65535)              /* descriptors 3.. that the program keeps */

/* R(id on the wire, record, rows it may stand in). Ids are never used again. */
#define PLAN_RECORDS(R)                                                                            \
	R(1, cgroup, PLAN_AT(CGROUP)) R(2, cgroup_write, PLAN_AT(CGROUP))                              \
	R(3, cgroup_device, PLAN_AT(CGROUP)) R(4, cgroup_owner, PLAN_AT(CGROUP))                       \
	R(5, launch, PLAN_AT(LAUNCH)) R(6, cgroup_join, PLAN_AT(CGROUP_JOIN))                          \
	R(7, affinity, PLAN_AT(CGROUP_JOIN))                                                          \
	R(8, source, PLAN_AT(SOURCES) | PLAN_AT(SOURCES_INSIDE) | PLAN_AT(MOUNTS))                     \
	R(9, join, PLAN_AT(JOIN)) R(10, userns, PLAN_AT(USERNS))                                       \
	R(11, namespaces, PLAN_AT(NAMESPACES) | PLAN_AT(FORK)) R(12, loopback, PLAN_AT(NETWORK))       \
	R(13, rootfs, PLAN_AT(ROOTFS)) R(14, mount, PLAN_AT(MOUNTS))                                   \
	R(15, device, PLAN_AT(DEVICES)) R(16, host_point, PLAN_AT(HOST_POINT))                         \
	R(17, hook, PLAN_AT(HOST_HOOKS) | PLAN_AT(HOOKS) | PLAN_AT(START_HOOKS))                       \
	R(18, pivot, PLAN_AT(PIVOT)) R(19, hostname, PLAN_AT(SYSTEM))                                  \
	R(20, domainname, PLAN_AT(SYSTEM)) R(21, sysctl, PLAN_AT(SYSTEM))                              \
	R(22, personality, PLAN_AT(SYSTEM)) R(23, stdio, PLAN_AT(CONSOLE))                             \
	R(24, readonly_path, PLAN_AT(MASKS)) R(25, masked_path, PLAN_AT(MASKS))                        \
	R(26, seal, PLAN_AT(SEAL)) R(27, oom_score_adj, PLAN_AT(RAISE) | PLAN_AT(INHERIT) | PLAN_AT(LIMITS)) \
	R(28, rlimit, PLAN_AT(RAISE) | PLAN_AT(LIMITS)) R(29, umask, PLAN_AT(LIMITS))                  \
	R(30, keyring, PLAN_AT(INHERIT) | PLAN_AT(LIMITS)) R(31, label, PLAN_AT(INHERIT) | PLAN_AT(LIMITS))\
	R(32, identity, PLAN_AT(IDENTITY)) R(33, program, PLAN_AT(PROGRAM))                            \
	R(34, seccomp, PLAN_AT(LISTENER) | PLAN_AT(SECCOMP)) R(35, gate, PLAN_AT(GATE))                \
	R(36, exec, PLAN_AT(EXEC)) R(37, scheduler, PLAN_AT(RAISE) | PLAN_AT(LIMITS))                  \
	R(38, io_priority, PLAN_AT(RAISE) | PLAN_AT(LIMITS)) R(39, memory_policy, PLAN_AT(LIMITS))      \
	R(44, enter, PLAN_AT(JOIN)) R(45, lock, PLAN_AT(SOURCES))                                      \
	R(46, console, PLAN_AT(CONSOLE))                                                               \
	R(50, net_device, PLAN_AT(HOST_NETWORK)) R(51, rdt, PLAN_AT(RDT)) R(52, rdt_write, PLAN_AT(RDT))

/* clang-format on */
#endif
