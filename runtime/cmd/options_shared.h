/* Option rows that several commands have, written once. A command's values struct begins with one of these
 * structs, its table with the rows: COMMAND_OPTION counts from the struct's start.
 */
#ifndef OCIRUN_OPTIONS_SHARED_H
#define OCIRUN_OPTIONS_SHARED_H

#include "cmd/cmd.h"
#include "container/create.h"

/* Of every command that starts a process in a container: create, run, exec. */
struct process_values {
	const char *console_socket, *pidfd_socket, *pid_file;
	int preserve_fds;
	bool no_subreaper;
};
/* Of those that make the container: create, run. */
struct bundle_values {
	struct process_values process;
	const char *bundle, *config;
	bool no_pivot, no_new_keyring;
};

/* clang-format off */
#define PROCESS_VALUE(member) COMMAND_OPTION(process_values, member)
#define PROCESS_OPTIONS                                                                            \
	{ "console-socket", 0, OPTION_STRING, "PATH", "socket that the terminal's master is sent to",  \
	  PROCESS_VALUE(console_socket) },                                                             \
	{ "pidfd-socket", 0, OPTION_STRING, "PATH", "socket that a pidfd of the process is sent to",   \
	  PROCESS_VALUE(pidfd_socket) },                                                               \
	{ "pid-file", 0, OPTION_STRING, "PATH", "file that the process id is written to",              \
	  PROCESS_VALUE(pid_file) },                                                                   \
	{ "preserve-fds", 0, OPTION_NUMBER, "N",                                                       \
	  "pass N more descriptors, from 3 (behind LISTEN_FDS) on", PROCESS_VALUE(preserve_fds) },     \
	{ "no-subreaper", 0, OPTION_BOOL, NULL,                                                        \
	  "do not adopt orphans of the container; only a foreground command does",                     \
	  PROCESS_VALUE(no_subreaper) }

#define BUNDLE_VALUE(member) COMMAND_OPTION(bundle_values, member)
#define BUNDLE_OPTIONS                                                                             \
	{ "bundle", 'b', OPTION_STRING, "DIR", "directory of the bundle (default: the current one)",   \
	  BUNDLE_VALUE(bundle) },                                                                      \
	{ "config", 'f', OPTION_STRING, "FILE", "configuration, instead of config.json in the bundle", \
	  BUNDLE_VALUE(config) },                                                                      \
	PROCESS_OPTIONS,                                                                               \
	{ "no-pivot", 0, OPTION_BOOL, NULL,                                                            \
	  "MS_MOVE and chroot instead of pivot_root (for an initramfs)", BUNDLE_VALUE(no_pivot) },     \
	{ "no-new-keyring", 0, OPTION_BOOL, NULL, "keep the caller's session keyring",                 \
	  BUNDLE_VALUE(no_new_keyring) }
/* clang-format on */

/* What the rows say of container `id`, and which descriptors the caller passes. To be called first of all:
 * what is open then is the caller's. 0 or -errno. */
int options_of_bundle(const struct bundle_values *values, const char *id, struct create_options *ret,
		      struct error *error);

#endif
