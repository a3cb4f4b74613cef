/* libcap-ng names getpwuid and initgroups (in capng_change_id(), which nobody here calls) and syslog (where
 * it complains of a misuse). In a static binary they drag in glibc's name service, which opens files and
 * shared libraries at run time, and its time zones. These definitions stand in their place and do nothing, so
 * that the binary has none of it (tools/check-layers looks).
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

/* what syslog() becomes when a library is compiled with _FORTIFY_SOURCE */
void __syslog_chk(int priority, int flag, const char *format, ...);
void __syslog_chk(int priority, int flag, const char *format, ...)
{
	(void)priority;
	(void)flag;
	(void)format;
}
