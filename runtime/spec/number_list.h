/* Lists of processors or memory nodes as the kernel writes them: "0-3,7" (cpuset(7), "List format"). */
#ifndef OCIRUN_NUMBER_LIST_H
#define OCIRUN_NUMBER_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_LIST_MAX 8191u /* processors: the kernel's NR_CPUS ends at 8192 */
struct number_set {
	uint64_t words[(NUMBER_LIST_MAX + 1) / 64];
};

/* Numbers up to `greatest` (at most NUMBER_LIST_MAX) of the list, as bits. "" is the empty set. False: not
 * such a list. */
bool number_list_parse(const char *text, size_t length, uint32_t greatest, struct number_set *ret);

static inline bool number_set_has(const struct number_set *set, uint32_t number)
{
	return set->words[number / 64] >> number % 64 & 1;
}

#endif
