/* The id maps of a user namespace that is joined by path, against those of the config (NSP-11): who asks for
 * both means the same, and what is chowned or delegated by the config's would else belong to somebody else.
 */
#ifndef OCIRUN_JOINED_MAPS_H
#define OCIRUN_JOINED_MAPS_H

#include "error.h"
#include "spec/spec.h"

/* The text of a map file of /proc as extents; ret->items in the arena. -EINVAL: it is no such text. */
int joined_maps_parse(struct arena *arena, const char *text, struct spec_id_maps *ret);
/* Do both map the same ids to the same? Order and cuts do not count. */
bool joined_maps_same(struct arena *arena, const struct spec_id_maps *a, const struct spec_id_maps *b);

/* Looks by a short-lived process inside; nothing is done for a config that does not have both. A namespace
 * that cannot be entered is the shim's to refuse. 0, or -EINVAL with the pointer of the map. */
int joined_maps_check(struct arena *arena, const struct spec *spec, struct error *error);

#endif
