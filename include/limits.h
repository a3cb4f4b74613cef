/* Limits of the plan and of the messages. Reasons: README, "Limits". Shared by both programs. */
#ifndef OCIRUN_LIMITS_H
#define OCIRUN_LIMITS_H

#define PLAN_MAX_SIZE (16u << 20)    /* bytes; args and env end at 6 MiB in the kernel */
#define PLAN_MAX_RECORDS 65535u      /* far above any config; bounds the checker */
#define PLAN_MAX_LIST_SLOTS 1048576u /* slots of 8 bytes in the list area */
#define PLAN_MAX_STRING 131071u      /* bytes without NUL: one string in args or env (MAX_ARG_STRLEN) */
#define PLAN_MAX_PATH 4095u          /* bytes without NUL (PATH_MAX) */
#define PLAN_MAX_TEXT 65535u         /* bytes: a value written to a file of /proc or a cgroup */
#define PLAN_MAX_BPF 32768u          /* bytes: 4096 instructions (BPF_MAXINSNS) of 8 */
#define PLAN_MAX_IDMAP 4095u         /* bytes: a map is one write below a page */
#define PLAN_MAX_SLOTS 32u           /* descriptors sent with PLAN beside the plan itself */
#define PLAN_MAX_TREES 4096u         /* detached mount trees held at once by the shim */
#define PLAN_MAX_NODE 1023u          /* NUMA node: the kernel's MAX_NUMNODES is 1024 at most */
#define PLAN_MAX_NET_DEVICES 64u     /* moved into one container */
#define PLAN_ARGV_SPARE 4u           /* free list slots behind each ARGV: NULL, HOME, LISTEN_PID */
#define PLAN_NONE 0xffffffffu        /* "no tree", "no slot" */

#define MESSAGE_MAX 4096u /* bytes of one datagram */
#define FAULT_PAGE 4096u  /* bytes: the fault also goes through one page shared with `start` */

#endif
