/* What the caller's descriptors become: see listen.h. The environment is read here and nowhere else for
 * LISTEN_*; the shim writes LISTEN_PID for the program.
 */
#include "listen.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fd.h"
#include "limits.h"
#include "number.h"

#define KEPT_MAX 65535u         /* limit of the plan's field */
#define RANGE_CLOEXEC (1u << 2) /* CLOSE_RANGE_CLOEXEC, 5.11 */

void listen_fill(void)
{
	for (int fd = 0; fd <= 2; fd++)
		/* the lowest free number is what open gives, and those below are taken by now */
		if (sys_fcntl(fd, F_GETFD, 0) == -EBADF && open("/dev/null", O_RDWR) < 0)
			return; /* no /dev/null: what needs a descriptor says so */
}

/* sd_listen_fds(3): the variables are for the process whose pid LISTEN_PID is, and only for it (PRO-14). */
static uint64_t listening(const char **ret_text)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint64_t number;

	*ret_text = NULL;
	if (!pid || !fds || number_parse(pid, INT32_MAX, &number) < 0 || number != (uint64_t)getpid())
		return 0;
	if (number_parse(fds, KEPT_MAX, &number) < 0 || number == 0)
		return 0;
	*ret_text = fds;
	return number;
}

static void mark_above(unsigned first)
{
	if (sys_close_range(first, ~0u, RANGE_CLOEXEC) == 0)
		return;
	/* 5.10: one by one. An open descriptor above the soft limit stays for the shim, which closes all */
	long limit = sysconf(_SC_OPEN_MAX);
	for (long fd = (long)first; fd < (limit > 0 ? limit : 1024); fd++)
		sys_fcntl((int)fd, F_SETFD, FD_CLOEXEC);
}

int listen_check(int preserve, struct listen *ret, struct error *error)
{
	struct listen listen;
	uint64_t count = listening(&listen.text);

	if (preserve < 0 || count + (uint64_t)preserve > KEPT_MAX)
		return error_set(error, EINVAL, "invalid number of preserved file descriptors: %d", preserve);
	listen.names = listen.text ? getenv("LISTEN_FDNAMES") : NULL;
	listen.kept = (uint32_t)count + (uint32_t)preserve;
	for (uint32_t i = 0; i < listen.kept; i++)
		if (sys_fcntl((int)i + 3, F_GETFD, 0) != 0)
			return error_set(error, EBADF, "unable to stat preserved-fd %u (of %u)", i,
					 listen.kept);
	mark_above(listen.kept + 3);
	*ret = listen;
	return 0;
}
