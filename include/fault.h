/* One value for every failure below the command line: where (row, record), what (verb, object), why
 * (errno, reason), hint. It crosses the socketpair or the fault page as it is: no pointers, one
 * size. The host side finds the JSON pointer in the plan (record number) and prints ONE line:
 *   ocirun: create web: /mounts/3: cannot mount overlay on /data: invalid argument (note)
 * First failure wins; filling a fault never allocates and never fails.
 */
#ifndef OCIRUN_FAULT_H
#define OCIRUN_FAULT_H

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "limits.h"

/* F(id, phrase behind "cannot ") */
/* clang-format off */
#define FAULT_OPS(F)                                                                               \
	F(NONE, "do") F(OPEN, "open") F(READ, "read") F(WRITE, "write") F(STAT, "stat")                \
	F(MAKE_DIRECTORY, "make directory") F(MAKE_FILE, "make file") F(MAKE_NODE, "make device")      \
	F(MAKE_LINK, "make symlink") F(REMOVE, "remove") F(CHANGE_OWNER, "change the owner of")        \
	F(CHANGE_MODE, "change the mode of") F(MOUNT, "mount") F(CLONE_TREE, "clone the mount at")     \
	F(SET_FLAGS, "set mount flags of") F(SET_PROPAGATION, "set the propagation of")                \
	F(UNMOUNT, "unmount") F(PIVOT, "change the root to") F(CHDIR, "change to the directory")       \
	F(UNSHARE, "create namespaces") F(JOIN, "join namespace") F(CLONE, "clone a process")          \
	F(MAP_IDS, "map ids") F(SET_UID, "set uid") F(SET_GID, "set gid") F(SET_GROUPS, "set groups")  \
	F(SET_CAPS, "set capabilities") F(SET_NAME, "set") F(SET_LIMIT, "set limit")                   \
	F(KEYRING, "join session keyring") F(LABEL, "set label") F(FILTER, "load the seccomp filter")  \
	F(NETWORK, "bring up the interface") F(CGROUP, "join cgroup")                                        \
	F(DEVICE_FILTER, "load the device filter of")                                                  \
	F(HOOK, "run hook") F(RECEIVE, "receive") F(SEND, "send") F(CHECK_PLAN, "accept the plan:")    \
	F(EXEC, "exec") F(VERIFY, "trust") F(FIND, "find executable") F(PRCTL, "set process attribute")  \
	F(TERMINAL, "set up the terminal:") \
	F(MOVE_DEVICE, "move the network device") F(SET_ADDRESS, "keep the addresses and routes of")
/* clang-format on */

#define FAULT_X(id, phrase) FAULT_##id,
enum fault_op { FAULT_OPS(FAULT_X) FAULT_OP_COUNT };
#undef FAULT_X

#define FAULT_NO_RECORD 0xffffffffu
#define FAULT_OBJECT 2048
#define FAULT_NOTE 1536

struct fault {
	uint32_t set;              /* 0: nothing failed */
	uint32_t row;              /* enum plan_row, or PLAN_ROW_COUNT: outside any row */
	uint32_t record;           /* number of the record in the plan, or FAULT_NO_RECORD */
	uint32_t op;               /* enum fault_op */
	int32_t error;             /* errno, positive; 0: the object says it all */
	uint32_t executing;        /* on the fault page: the shim stands right before execve */
	char object[FAULT_OBJECT]; /* NUL-terminated, may be cut */
	char note[FAULT_NOTE];     /* NUL-terminated, may be "" */
};
_Static_assert(sizeof(struct fault) + 8 <= FAULT_PAGE, "a fault goes through one page and one datagram");

/* Append text, cut at the end of the buffer of `size` bytes. */
static inline void fault_append(char *buffer, size_t size, const char *text)
{
	size_t used = strnlen(buffer, size - 1), room = size - 1 - used, length = strnlen(text, room);

	memcpy(buffer + used, text, length);
	buffer[used + length] = 0;
}

/* Note the failure of `op` on `object` (NULL: none). `error` is an errno value of either sign. A
 * fault that is set stays as it is. Returns -|error|, or -EIO for 0: what the caller hands on.
 */
static inline int fault_set(struct fault *fault, enum fault_op op, int error, const char *object)
{
	if (error < 0)
		error = -error;
	if (!fault->set) {
		fault->set = 1;
		fault->op = (uint32_t)op;
		fault->error = error;
		fault->object[0] = fault->note[0] = 0;
		if (object)
			fault_append(fault->object, sizeof fault->object, object);
	}
	return error ? -error : -EIO;
}

/* The same with a second part, joined by `between`: ("proc", " on ", "/proc"). */
static inline int fault_set2(struct fault *fault, enum fault_op op, int error, const char *object,
			     const char *between, const char *second)
{
	int was_set = fault->set != 0, r = fault_set(fault, op, error, object);

	if (!was_set) {
		fault_append(fault->object, sizeof fault->object, between);
		fault_append(fault->object, sizeof fault->object, second);
	}
	return r;
}

/* Add a hint to a fault that was just set; printed in parentheses. */
static inline void fault_note(struct fault *fault, const char *text)
{
	fault_append(fault->note, sizeof fault->note, text);
}

#endif
