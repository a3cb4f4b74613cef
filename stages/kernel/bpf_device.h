/* The device filter of a cgroup v2 group: one BPF program that the kernel asks at each open and mknod of a
 * device. The instructions come from the plan; nothing here knows a rule.
 */
#ifndef OCIRUN_BPF_DEVICE_H
#define OCIRUN_BPF_DEVICE_H

#include <stdbool.h>

#include "sys.h"

/* Load `length` bytes of struct bpf_insn and attach them to the group `dir`. With `replace`, programs of
 * ours that are attached there go away without a moment in which none is in force: BPF_F_REPLACE (5.6) for
 * one, attach then detach for more; those of others (systemd) stay. 0 or -errno. */
int bpf_device_attach(int dir, const void *program, size_t length, bool replace);

#endif
