/* Option rows that checkpoint and restore share. A values struct of theirs begins with `struct
 * image_options`.
 */
#ifndef OCIRUN_OPTIONS_IMAGES_H
#define OCIRUN_OPTIONS_IMAGES_H

#include "cmd/cmd.h"
#include "container/images.h"

/* clang-format off */
#define IMAGE_VALUE(member) COMMAND_OPTION(image_options, member)
#define IMAGE_OPTIONS                                                                                  \
	{ "image-path", 0, OPTION_STRING, "DIR", "directory of the images (default: ./checkpoint)",        \
	  IMAGE_VALUE(image_path) },                                                                       \
	{ "work-path", 0, OPTION_STRING, "DIR", "directory of criu's log (default: that of the images)",   \
	  IMAGE_VALUE(work_path) },                                                                        \
	{ "tcp-established", 0, OPTION_BOOL, NULL, "allow open TCP connections",                           \
	  IMAGE_VALUE(tcp_established) },                                                                  \
	{ "ext-unix-sk", 0, OPTION_BOOL, NULL, "allow UNIX sockets whose other end is outside",            \
	  IMAGE_VALUE(external_sockets) },                                                                 \
	{ "shell-job", 0, OPTION_BOOL, NULL, "allow a session and terminal from outside",                  \
	  IMAGE_VALUE(shell_job) },                                                                        \
	{ "file-locks", 0, OPTION_BOOL, NULL, "handle file locks", IMAGE_VALUE(file_locks) },              \
	{ "manage-cgroups-mode", 0, OPTION_STRING, "soft|full|strict|ignore",                              \
	  "what criu does with control groups (default: soft)", IMAGE_VALUE(cgroups_mode) },               \
	{ "empty-ns", 0, OPTION_LIST, "network", "make this namespace, but nothing in it",                 \
	  IMAGE_VALUE(empty_namespaces) },                                                                 \
	{ "auto-dedup", 0, OPTION_BOOL, NULL, "drop pages of images that later ones or memory hold",       \
	  IMAGE_VALUE(auto_dedup) }
/* clang-format on */

#endif
