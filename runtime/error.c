/* The one error value of ocirun: see error.h. */
#include "error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "errno_text.h"

static int set(struct error *error, int code, const char *format, va_list arguments)
{
	if (code < 0)
		code = -code;
	if (code == 0)
		code = EINVAL;
	if (error->code)
		return -error->code;
	error->code = code;
	error->pointer[0] = 0;
	vsnprintf(error->text, sizeof error->text, format, arguments);
	for (char *c = error->text; *c; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' '; /* managers show the last line: there is only one */
	return -code;
}

int error_set(struct error *error, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int r = set(error, code, format, arguments);
	va_end(arguments);
	return r;
}

int error_errno(struct error *error, int code, const char *format, ...)
{
	int was_set = error->code;
	va_list arguments;

	va_start(arguments, format);
	int r = set(error, code, format, arguments);
	va_end(arguments);
	if (!was_set) {
		size_t used = strlen(error->text);

		snprintf(error->text + used, sizeof error->text - used, ": %s", errno_text(code));
	}
	return r;
}

int error_in(struct error *error, int r, const char *step)
{
	size_t length = strlen(step), used = strlen(error->pointer);

	if (r >= 0 || length + used + 2 > sizeof error->pointer)
		return r;
	memmove(error->pointer + length + 1, error->pointer, used + 1);
	error->pointer[0] = '/';
	memcpy(error->pointer + 1, step, length);
	return r;
}

int error_at(struct error *error, int r, unsigned index)
{
	char step[16];

	snprintf(step, sizeof step, "%u", index);
	return error_in(error, r, step);
}
