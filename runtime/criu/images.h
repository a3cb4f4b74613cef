/* What images do not hold and both sides must agree on by name: mounts that come from the host, namespaces
 * that are somebody else's, the pipes of standard input and output. The names stand in the images, so they
 * never change: what runc calls them, since its images are restored too.
 */
#ifndef OCIRUN_CRIU_IMAGES_H
#define OCIRUN_CRIU_IMAGES_H

#include "criu/request.h"
#include "spec/spec.h"

#define CRIU_STANDARD 3 /* descriptors */

/* External mounts. `root`: descriptor of the container's root, in which targets are looked up (links). For a
 * dump a mount is its own value; for a restore, with `bundle`, what is to be mounted. */
void criu_mounts(struct arena *arena, const struct spec *spec, int root, const char *bundle,
		 struct criu_pairs *ret);
/* For a restore: mount points that the root file system lacks. What cannot be made is for criu to refuse. */
void criu_mount_points(struct arena *arena, const struct spec *spec, int root, const char *bundle);

/* Namespaces by path that criu leaves alone: PLAN_NS_* and its name. Ends with type 0. */
struct criu_namespace {
	uint64_t type;
	const char *key, *file; /* "net", of /proc/PID/ns; */
	const char *name;
};
extern const struct criu_namespace criu_namespaces[];

/* descriptors.json: what 0, 1 and 2 were. Write: 0 or -errno. Read: `ret` gets NULL for what is no pipe. */
int criu_descriptors_write(int images, const struct spec_strings *names, struct error *error);
int criu_descriptors_read(struct arena *arena, int images, const char *ret[CRIU_STANDARD],
			  struct error *error);

/* The file of options of criu's own: annotation org.criu.config (ANN-02), else /etc/criu/ocirun.conf or
 * runc.conf; *ret NULL: none. Only what stands in /etc/criu: such a file names programs that criu runs with
 * all rights, and annotations may come with an image. */
int criu_config(const struct spec *spec, const char **ret, struct error *error);

#endif
