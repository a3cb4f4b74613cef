/* Every word table of config.json, once: what is parsed is what `ocirun features` prints. */
#ifndef OCIRUN_WORDS_H
#define OCIRUN_WORDS_H

#include <stdint.h>

struct word {
	const char *word;
	uint64_t value;
};

/* Each ends with a NULL word. */
extern const struct word words_namespaces[];        /* "pid" ... -> PLAN_NS_* */
extern const struct word words_capabilities[];      /* "CAP_CHOWN" ... -> number */
extern const struct word words_rlimits[];           /* "RLIMIT_NOFILE" ... -> RLIMIT_* */
extern const struct word words_signals[];           /* "TERM" ... -> number, and RTMIN+n */
extern const struct word words_propagation[];       /* rootfsPropagation: "rslave" ... -> MS_* */
extern const struct word words_hooks[];             /* "prestart" ... -> PLAN_HOOK_* */
extern const struct word words_seccomp_actions[];   /* "SCMP_ACT_ALLOW" ... -> SCMP_ACT_* of libseccomp */
extern const struct word words_seccomp_operators[]; /* "SCMP_CMP_EQ" ... */
extern const struct word words_seccomp_archs[];     /* "SCMP_ARCH_X86_64" ... -> SCMP_ARCH_* */
extern const struct word words_seccomp_flags[];     /* "SECCOMP_FILTER_FLAG_LOG" ... -> bits */
extern const struct word words_personalities[];     /* "LINUX" "LINUX32" */
extern const struct word words_sched_policies[];    /* "SCHED_OTHER" ... -> PLAN_SCHED_* */
extern const struct word words_sched_flags[];       /* "SCHED_FLAG_RECLAIM" ... -> PLAN_SCHED_* bits */
extern const struct word words_io_classes[];        /* "IOPRIO_CLASS_RT" ... -> PLAN_IO_* */
extern const struct word words_memory_modes[];      /* "MPOL_BIND" ... -> PLAN_MEMORY_* */
extern const struct word words_memory_flags[];      /* "MPOL_F_STATIC_NODES" ... -> PLAN_MEMORY_* bits */

/* The annotations of config.json that change what the runtime does, sorted, up to NULL: `features` warns of
 * them (FJS-14). One that ends in '.' stands for all that begin so. */
extern const char *const words_annotations[];

/* The row of `word`, or NULL. */
const struct word *words_find(const struct word *table, const char *word);
/* The word of `value`, or NULL. */
const char *words_name(const struct word *table, uint64_t value);

/* Mount options: one row a word (spec/mount_options.c). */
struct mount_option {
	const char *word;
	uint64_t attr_set, attr_clear; /* PLAN_ATTR_* */
	uint64_t attr_undo;            /* takes an earlier word back, and changes nothing of a mount */
	uint64_t rec_set, rec_clear;
	uint32_t super_set, super_clear;
	uint32_t propagation; /* MS_* */
	uint8_t action;       /* MOUNT_OPTION_* */
};
enum {
	MOUNT_OPTION_FLAG,
	MOUNT_OPTION_BIND,
	MOUNT_OPTION_RBIND,
	MOUNT_OPTION_REMOUNT,
	MOUNT_OPTION_COPY_UP,
	MOUNT_OPTION_IGNORED, /* with a warning: the manager's own */
	MOUNT_OPTION_IDMAP,
	MOUNT_OPTION_RIDMAP,
	MOUNT_OPTION_COPY_SYMLINK,
	MOUNT_OPTION_SOURCE_NOFOLLOW,
	MOUNT_OPTION_DESTINATION_NOFOLLOW
};
extern const struct mount_option mount_options[]; /* ends with a NULL word */

#endif
