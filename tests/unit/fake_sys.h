/* The kernel of the tests of stages and shim: every function of sys.h, without a kernel. Each call becomes
 * one line of text, `name argument argument ...` (strings in quotes, flags in hex without close-on-exec),
 * and gives what a test has scripted, or else success:
 *   - calls that give a descriptor: 100, 101, ... (tracked until closed)
 *   - openat2 also prints its resolve word(s): in-root beneath no-xdev no-symlinks no-magiclinks
 *   - read, pread, recvmsg: 0 (end); write, pwrite, sendmsg: all of it; readlinkat: -EINVAL (no link)
 *   - fstat, fstatat: a directory 0755; fs_magic: procfs; fs_flags: 0; mount_id: a new number each time
 *   - poll: the first descriptor is readable; waitid: exit status that the clone_vm child returned, else 0
 *   - clone_vm runs the child at once in this process and gives pid 4242; clone3 gives 4242 (the parent)
 *   - ioctl: 0; of a terminal: number 7, modes ONLCR alone, and a descriptor for TIOCGPTPEER
 *   - execve, execveat return 0, which a real one never does
 *   - getcwd: "/"; getpid: 4243; getuid: 0; capget: all capabilities; prlimit: 1024, 4096
 * close, sigdefault and clock_ms never fail and are not counted (close is logged; the clock goes on by 1 ms
 * a call). All state is of one process: fake_reset() in each setup.
 */
#ifndef OCIRUN_FAKE_SYS_H
#define OCIRUN_FAKE_SYS_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Forget everything. */
void fake_reset(void);
/* Call number n (from 1, as fake_calls counts) fails with -error; 0 ends that. */
void fake_fail(unsigned n, int error);
/* The next call of `name` ("openat2", without sys_) that finds no earlier script gives value. Scripts of
 * one name are used in the order they were made. A value >= 0 of a call that gives a descriptor is that
 * descriptor, and tracked. */
void fake_return(const char *name, int64_t value);
/* The next call of `name` (read, pread, readlinkat, getdents, getcwd, mmap, fsetxattr: what fills memory)
 * gives these bytes, cut at the caller's size, and returns how many. */
void fake_bytes(const char *name, const void *bytes, size_t size);
/* The next recvmsg gives one datagram with these descriptors, which are tracked from then on. */
void fake_message(const void *bytes, size_t size, const int *fds, unsigned fd_count);
/* The next fstat or fstatat (in the order of the calls here) finds this. */
void fake_stat(mode_t mode, unsigned major, unsigned minor, uint64_t inode);
/* The next waitid finds this (CLD_EXITED, CLD_KILLED, CLD_DUMPED). */
void fake_wait(int code, int status);
/* sys_exit jumps there with status + 1; without it sys_exit aborts the test. NULL ends that. */
void fake_exit_to(jmp_buf *where);
/* All lines, each with '\n'; borrowed until the next call or reset. */
const char *fake_log(void);
/* Calls counted so far. */
unsigned fake_calls(void);
/* How many lines contain text. */
unsigned fake_count(const char *text);
/* Descriptors given and not closed; closes of what was not open come as -EBADF with the word BAD in the
 * log (numbers below 100 that a test made up itself are nobody's and close quietly). */
unsigned fake_open_fds(void);

#endif
