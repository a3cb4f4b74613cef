/* checkpoint and restore: what their options say, and the work. Processes are saved and made by criu
 * (runtime/criu); directories, groups, state and hooks are ours, as in create and delete.
 */
#ifndef OCIRUN_CONTAINER_IMAGES_H
#define OCIRUN_CONTAINER_IMAGES_H

#include "cmd/cmd.h"
#include "container/state.h"
#include "criu/request.h"

/* As the command line has it. */
struct image_options {
	const char *image_path; /* NULL: "checkpoint" in the current directory */
	const char *work_path;  /* of the log and criu's own files; NULL: image_path */
	const char *parent_path, *page_server, *cgroups_mode;
	const char *lsm_profile, *lsm_mount_context;
	struct option_list empty_namespaces;
	bool leave_running, pre_dump, auto_dedup;
	bool tcp_established, tcp_skip_in_flight, tcp_close, external_sockets, shell_job, file_locks,
		link_remap;
};

/* The two directories, open. */
struct image_directories {
	int images, work; /* owned; -1 */
	const char *work_name;
};

/* What both commands give to criu, but for the directories: everything that can be refused without a look at
 * the container is refused here, nothing is touched. */
int images_check(struct arena *arena, const struct image_options *options, const struct spec *spec,
		 struct criu_options *ret, struct error *error);
/* Open the directories, for a dump (`make`) made. `ret_dirs` is to be closed in any case. */
int images_open(const struct image_options *options, bool make, struct image_directories *ret_dirs,
		struct criu_options *ret, struct error *error);
void images_close(struct image_directories *dirs);

/* Can this be restored here? Before anything is made: the options, criu, the directory of the images. */
int restore_check(struct arena *arena, const struct image_options *options, const struct spec *spec,
		  struct error *error);
/* Save a running container; without --leave-running and --pre-dump it is gone afterwards. Its lock is held.
 */
int container_checkpoint(const struct globals *globals, struct container *container,
			 const struct image_options *options, struct error *error);

#endif
