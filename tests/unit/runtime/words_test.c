/* words.c: the tables are complete and say one thing each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <signal.h>
#include <sys/resource.h>

#include "plan.h"
#include "spec/words.h"

static size_t size(const struct word *table)
{
	size_t count = 0;

	while (table[count].word)
		count++;
	return count;
}

static void no_word_stands_twice(void **state)
{
	const struct word *const tables[] = {
		words_namespaces,    words_capabilities,  words_rlimits,         words_signals,
		words_propagation,   words_hooks,         words_seccomp_actions, words_seccomp_operators,
		words_seccomp_archs, words_seccomp_flags, words_personalities,   words_sched_policies,
		words_sched_flags,   words_io_classes,    words_memory_modes,    words_memory_flags,
	};

	(void)state;
	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
		for (const struct word *word = tables[t]; word->word; word++)
			assert_ptr_equal(words_find(tables[t], word->word), word);
	for (const struct mount_option *a = mount_options; a->word; a++)
		for (const struct mount_option *b = mount_options; b < a; b++)
			assert_string_not_equal(a->word, b->word);
}

static void counts_are_those_of_the_kernel(void **state)
{
	(void)state;
	assert_int_equal(size(words_capabilities), 41);
	assert_int_equal(size(words_rlimits), RLIM_NLIMITS);
	assert_int_equal(size(words_namespaces), 8);
	assert_int_equal(size(words_hooks), PLAN_COUNT_hook_kind);
	assert_int_equal(size(words_seccomp_actions), 9);
	assert_int_equal(size(words_seccomp_operators), 7);
	assert_int_equal(size(words_seccomp_archs), 18);
	assert_int_equal(size(words_propagation), 8);
}

static void every_number_has_a_word(void **state)
{
	(void)state;
	for (uint64_t number = 0; number <= CAP_CHECKPOINT_RESTORE; number++)
		assert_non_null(words_name(words_capabilities, number));
	for (uint64_t number = 0; number < RLIM_NLIMITS; number++)
		assert_non_null(words_name(words_rlimits, number));
	for (uint64_t number = 1; number <= 64; number++)
		if (number != 32 && number != 33) /* the C library's own */
			assert_non_null(words_name(words_signals, number));
	for (uint64_t bit = 1; bit <= PLAN_ALL_ns; bit <<= 1)
		if (bit & PLAN_ALL_ns)
			assert_non_null(words_name(words_namespaces, bit));
}

static void words_mean_their_numbers(void **state)
{
	(void)state;
	assert_int_equal(words_find(words_signals, "TERM")->value, SIGTERM);
	assert_int_equal(words_find(words_signals, "RTMIN+3")->value, 37);
	assert_int_equal(words_find(words_signals, "RTMAX-1")->value, 63);
	assert_string_equal(words_name(words_signals, SIGCHLD), "CHLD");
	assert_string_equal(words_name(words_signals, SIGABRT), "ABRT");
	assert_int_equal(words_find(words_capabilities, "CAP_SYS_ADMIN")->value, CAP_SYS_ADMIN);
	assert_int_equal(words_find(words_seccomp_archs, "SCMP_ARCH_LOONGARCH64")->value, 0xc0000102u);
	assert_int_equal(words_find(words_hooks, "poststop")->value, PLAN_HOOK_POSTSTOP);
	assert_null(words_find(words_signals, "SIGTERM"));
	assert_null(words_find(words_capabilities, "cap_chown"));
	assert_null(words_name(words_rlimits, 99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_word_stands_twice),
		cmocka_unit_test(counts_are_those_of_the_kernel),
		cmocka_unit_test(every_number_has_a_word),
		cmocka_unit_test(words_mean_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
