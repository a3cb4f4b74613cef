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

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>

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

	if (!spec->linux_)
		assert_int_equal(spec_parse(arena, profile, sizeof profile - 1, spec, &error), 0);
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
	arena_free(&arena);
}

static bool jumps(const struct sock_filter *at, uint32_t accumulator)
{
	switch (BPF_OP(at->code)) {
	case BPF_JEQ:
		return accumulator == at->k;
	case BPF_JGT:
		return accumulator > at->k;
	case BPF_JGE:
		return accumulator >= at->k;
	case BPF_JSET:
		return accumulator & at->k;
	default:
		return true;
	}
}

/* What the kernel does with a filter: the verdict, and how many instructions it took. */
static uint32_t judge(const struct compiled_filter *filter, const struct seccomp_data *data,
		      unsigned *ret_steps)
{
	const struct sock_filter *code = filter->bytes;
	uint32_t accumulator = 0;

	*ret_steps = 0;
	for (size_t at = 0; at < filter->length / sizeof *code; at++) {
		(*ret_steps)++;
		switch (BPF_CLASS(code[at].code)) {
		case BPF_LD:
			memcpy(&accumulator, (const char *)data + code[at].k, sizeof accumulator);
			break;
		case BPF_ALU:
			accumulator &= code[at].k; /* libseccomp's only one: MASKED_EQ */
			break;
		case BPF_JMP:
			if (BPF_OP(code[at].code) == BPF_JA)
				at += code[at].k;
			else
				at += jumps(&code[at], accumulator) ? code[at].jt : code[at].jf;
			break;
		case BPF_RET:
			return code[at].k;
		default:
			fail_msg("instruction %zu is none that a filter has", at);
		}
	}
	fail_msg("the filter ends without a verdict");
	return 0;
}

/* A profile that allows the first `count` calls that libseccomp knows, named as it names them. */
static char *profile_of(unsigned count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	fprintf(out,
		"{\"ociVersion\":\"1.3.0\",\"process\":{\"args\":[\"a\"],\"cwd\":\"/\"},\"root\":{\"path\":"
		"\"r\"},\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[");
	for (unsigned i = 0; i < count; i++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)i);

		if (!name) /* a gap in the numbers of this architecture */
			name = strdup("no_such_call");
		fprintf(out, "%s{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_ALLOW\"}", i ? "," : "", name);
		free(name);
	}
	fprintf(out, "]}}}");
	fclose(out);
	return text;
}

/* The greatest number of instructions that a call of the profile costs. */
static unsigned worst(unsigned count)
{
	char *text = profile_of(count);
	struct arena arena = { NULL };
	struct spec spec = { 0 };
	struct error error = { 0 };
	struct compiled_filter filter;
	unsigned steps, most = 0;

	if (spec_parse(&arena, text, strlen(text), &spec, &error) < 0)
		fail_msg("%s: %s", error.pointer, error.text);
	filter = compile(&arena, &spec, NULL);
	for (unsigned i = 0; i < count; i++) {
		struct seccomp_data data = { .nr = (int)i, .arch = seccomp_arch_native() };

		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)i);

		assert_int_equal(judge(&filter, &data, &steps),
				 name ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | 1);
		free(name);
		most = steps > most ? steps : most;
	}
	arena_free(&arena);
	free(text);
	return most;
}

/* LNX-17: above 32 names a call costs the logarithm of their number, not the number. */
static void test_tree(void **state)
{
	const struct scmp_version *library = seccomp_version();

	(void)state;
	assert_true(worst(30) > 20); /* one by one: so the count below means something */
	if (library->major == 2 && library->minor < 5)
		return; /* it has no tree: slower, not wrong */
	assert_true(worst(250) < 60);
	assert_true(worst(50) < 45);
}

int main(void)
{
	const struct CMUnitTest cases[] = { cmocka_unit_test(test_cache), cmocka_unit_test(test_tree) };

	return cmocka_run_group_tests(cases, NULL, NULL);
}
