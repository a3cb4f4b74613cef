/* The seccomp compiler and its cache: what comes back from the cache is what was compiled, and a file that
 * others could have written is no entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compile/compile.h"

static const char profile[] =
	"{\"ociVersion\":\"1.2.0\","
	"\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"a\"],\"cwd\":\"/\"},"
	"\"root\":{\"path\":\"r\"},"
	"\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{"
	"\"names\":[\"read\",\"openat2\",\"no_such_call\"],\"action\":\"SCMP_ACT_ALLOW\"}]}}}";

static struct compiled_filter compile(struct arena *arena, struct spec *spec, const char *cache)
{
	struct facts facts = { .uid = geteuid(), .audit_arch = 0xc000003e };
	struct compiled_filter filter = { NULL, 0, 0 };
	struct error error = { 0 };

	if (!spec->arena.blocks)
		assert_int_equal(spec_parse(profile, sizeof profile - 1, spec, &error), 0);
	assert_int_equal(compile_seccomp(arena, spec->linux_->seccomp, &facts, cache, &filter, &error), 0);
	return filter;
}

/* Changes the mode of the only entry, so that it is no longer trusted; removes it when mode is 0. */
static void entries(const char *cache, mode_t mode)
{
	DIR *dir = opendir(cache);

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			assert_int_equal(mode ? fchmodat(dirfd(dir), entry->d_name, mode, 0)
					      : unlinkat(dirfd(dir), entry->d_name, 0),
					 0);
	closedir(dir);
}

static void test_cache(void **state)
{
	char cache[] = "/tmp/ocirun-seccomp-XXXXXX";
	struct arena arena = { NULL };
	struct spec spec = { 0 };
	struct compiled_filter fresh, again, open_to_all;

	(void)state;
	assert_non_null(mkdtemp(cache));
	fresh = compile(&arena, &spec, cache);
	again = compile(&arena, &spec, cache);
	entries(cache, 0666);
	open_to_all = compile(&arena, &spec, cache);
	entries(cache, 0);
	rmdir(cache);
	assert_true(fresh.length >= 8 && fresh.length % 8 == 0);
	assert_int_equal(again.length, fresh.length);
	assert_memory_equal(again.bytes, fresh.bytes, fresh.length);
	assert_int_equal(open_to_all.length, fresh.length);
	assert_int_equal(fresh.flags, PLAN_FILTER_SPEC_ALLOW);
	arena_free(&spec.arena);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest cases[] = { cmocka_unit_test(test_cache) };

	return cmocka_run_group_tests(cases, NULL, NULL);
}
