/* cpu.idle and cpu.weight in an update: see idle.c. */
#ifndef OCIRUN_CGROUP_IDLE_H
#define OCIRUN_CGROUP_IDLE_H

#include "spec/spec.h"

/* Whether `change` asks for both, so that its weight is lost: to be said. */
bool idle_wins(const struct spec_resources *change);
/* Leave one of the two in `asked`: what has to be written over `saved`. */
void idle_settle(struct arena *arena, const struct spec_resources *saved, struct spec_resources *asked);

#endif
