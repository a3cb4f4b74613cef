/* How sys*.c call the kernel. For them alone: everybody else calls what sys.h names. */
#ifndef OCIRUN_SYS_RAW_H
#define OCIRUN_SYS_RAW_H

#include "sys.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's result: libc's syscall() hands it out through errno. */
static inline long sys_result(long value)
{
	return value == -1 ? -(long)errno : value;
}
#define CALL(...) sys_result(syscall(__VA_ARGS__))
#define CALL_INT(...) ((int)CALL(__VA_ARGS__))

#endif
