/* Prints the header that holds the version of the plan's format: a number made of the text of its schema.
 * Taken at build time so that ociinit does not carry that text. FNV-1a; programs of different schemas refuse
 * each other.
 */
#include <inttypes.h>
#include <stdio.h>

#define PLAN_SCHEMA_TEXT
#include "plan_shape.h"

int main(void)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (const char *c = plan_schema_text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3ULL;
	printf("/* made by tools/plan-hash.c from include/plan_schema.h */\n"
	       "#define PLAN_SCHEMA_HASH 0x%016" PRIx64 "ULL\n",
	       hash);
	return 0;
}
