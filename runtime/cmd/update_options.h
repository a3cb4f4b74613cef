/* The options of `update` as resources. */
#ifndef OCIRUN_UPDATE_OPTIONS_H
#define OCIRUN_UPDATE_OPTIONS_H

#include "cmd/cmd.h"
#include "spec/spec.h"

struct update_values {
	const char *resources; /* file, "-": stdin */
	const char *blkio_weight, *cpu_period, *cpu_quota, *cpu_burst, *cpu_share, *cpu_rt_period;
	const char *cpu_rt_runtime, *cpu_idle, *cpuset_cpus, *cpuset_mems;
	const char *memory, *memory_reservation, *memory_swap, *kernel_memory, *kernel_memory_tcp;
	const char *pids_limit;
	const char *l3_cache_schema, *mem_bw_schema;
};
extern const struct option update_options[];

/* What the options ask for, --resources aside. -EINVAL: a value is none. An empty value says nothing. */
int update_from_options(const struct globals *globals, const struct update_values *values,
			struct spec_resources *ret, struct error *error);
/* One of those that --resources takes the place of was given. */
bool update_has_options(const struct update_values *values);

#endif
