/* What Debian's static libseccomp and libcap-ng expect of glibc and musl has under another name or not at
 * all. They are compiled with _FORTIFY_SOURCE, where printf and its kin are called __printf_chk; only texts
 * of failed checks and dumps, which nobody here asks for, come through these. And libcap-ng names getpwuid,
 * initgroups and syslog in functions that nobody here calls: these definitions keep the name service and its
 * files out of the binary (tools/check-layers looks). For unit tests, which are linked with glibc, this file
 * is empty.
 */
#include <features.h>

#ifdef __GLIBC__
typedef int library_abi_is_complete;
#else
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int __asprintf_chk(char **text, int flag, const char *format, ...);
int __fprintf_chk(FILE *file, int flag, const char *format, ...);
int __printf_chk(int flag, const char *format, ...);
int __snprintf_chk(char *text, size_t size, int flag, size_t room, const char *format, ...);
int __sprintf_chk(char *text, int flag, size_t room, const char *format, ...);
void __syslog_chk(int priority, int flag, const char *format, ...);

#define FORWARD(call)                \
	va_list arguments;           \
	(void)flag;                  \
	va_start(arguments, format); \
	int r = (call);              \
	va_end(arguments);           \
	return r

int __asprintf_chk(char **text, int flag, const char *format, ...)
{
	FORWARD(vasprintf(text, format, arguments));
}

int __fprintf_chk(FILE *file, int flag, const char *format, ...)
{
	FORWARD(vfprintf(file, format, arguments));
}

int __printf_chk(int flag, const char *format, ...)
{
	FORWARD(vprintf(format, arguments));
}

int __snprintf_chk(char *text, size_t size, int flag, size_t room, const char *format, ...)
{
	if (size > room)
		abort();
	FORWARD(vsnprintf(text, size, format, arguments));
}

int __sprintf_chk(char *text, int flag, size_t room, const char *format, ...)
{
	FORWARD(vsnprintf(text, room, format, arguments));
}

void __syslog_chk(int priority, int flag, const char *format, ...)
{
	(void)priority;
	(void)flag;
	(void)format;
}

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
#endif
