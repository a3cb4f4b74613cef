/* The pieces of the seccomp filter among themselves. Only compile/seccomp*.c include this. */
#ifndef OCIRUN_COMPILE_FILTER_H
#define OCIRUN_COMPILE_FILTER_H

#include <linux/filter.h>

#include "compile/compile.h"

#define FILTER_ARCHS 24 /* architectures of one profile */

/* seccomp_enosys.c: instructions that go before the filter: ENOSYS for calls newer than all that the profile
 * knows. `archs` are libseccomp's tokens. Returns their number, at most FILTER_ENOSYS. */
#define FILTER_ENOSYS (1u + FILTER_ARCHS * 10u)
uint32_t filter_enosys(const struct spec_seccomp *seccomp, const uint32_t *archs, uint32_t arch_count,
		       struct sock_filter *ret);

/* seccomp_cache.c: the filter that was compiled from this very text, if there is one. Never fails: a broken
 * or foreign file is no entry. */
bool filter_cache_read(struct arena *arena, const char *directory, const struct spec_seccomp *seccomp,
		       const struct facts *facts, struct compiled_filter *ret);
void filter_cache_write(struct arena *arena, const char *directory, const struct spec_seccomp *seccomp,
			const struct facts *facts, const struct compiled_filter *filter);

#endif
