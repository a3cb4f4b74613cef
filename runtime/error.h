/* One error of ocirun: what is printed after "ocirun: create web: ". Filled once, the first failure wins.
 * `pointer` is the JSON pointer of what the user wrote ("/mounts/3/options"), or "". Printed on one line:
 * POINTER: TEXT. Functions return 0 or -errno (never errno alone) and fill the error whenever they fail.
 */
#ifndef OCIRUN_ERROR_H
#define OCIRUN_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#define ERROR_POINTER 512
#define ERROR_TEXT 4096

struct error {
	int code; /* errno value, positive; 0: nothing failed */
	char pointer[ERROR_POINTER];
	char text[ERROR_TEXT];
	unsigned hint; /* where in the text a hint begins, " (...)"; 0: there is none */
	/* The program could not begin: stderr gets the text alone, as a shell would say it, without our name
	 * and the hint (BAT-13). Logs get all. */
	bool alone;
	bool inside; /* the shim failed: "error during container init" in runc's words (BAT-71) */
};

/* Set code (either sign) and text; returns -code (-EINVAL for 0). No newline at the end. */
int error_set(struct error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same, then ": " and the C library's text for the code, its first letter small. */
int error_errno(struct error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* For unwinding parsers: when r < 0 put "/step" before the pointer. Returns r. */
int error_in(struct error *error, int r, const char *step);
int error_at(struct error *error, int r, unsigned index);

#endif
