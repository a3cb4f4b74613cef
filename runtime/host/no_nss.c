/* capng_change_id() of libcap-ng, which nobody here calls, names getpwuid and initgroups: in a static binary
 * they drag in glibc's name service, which opens files and shared libraries at run time. These definitions
 * stand in their place and always fail, so that the binary has neither (tools/check-layers looks).
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>

struct passwd *getpwuid(uid_t uid)
{
	(void)uid;
	errno = ENOSYS;
	return NULL;
}

int initgroups(const char *user, gid_t group)
{
	(void)user;
	(void)group;
	errno = ENOSYS;
	return -1;
}
