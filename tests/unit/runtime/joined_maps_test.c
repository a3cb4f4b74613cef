/* Id maps as /proc shows them, and when two are the same (NSP-11). The check itself needs a namespace: see
 * tests/integration/rules.bats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "joined_maps.h"

static void reads_what_the_kernel_prints(void **state)
{
	struct arena arena = { 0 };
	struct spec_id_maps maps;

	(void)state;
	assert_int_equal(
		joined_maps_parse(&arena,
				  "         0     100000      65536\n     65536 4294967295          1\n",
				  &maps),
		0);
	assert_int_equal(maps.count, 2);
	assert_int_equal(maps.items[0].container_id, 0);
	assert_int_equal(maps.items[0].host_id, 100000);
	assert_int_equal(maps.items[0].size, 65536);
	assert_int_equal(maps.items[1].host_id, UINT32_MAX); /* an id that we do not have */
	assert_int_equal(joined_maps_parse(&arena, "", &maps), 0);
	assert_int_equal(maps.count, 0);
	arena_free(&arena);
}

static void refuses_what_is_no_map(void **state)
{
	static const char *const texts[] = {
		"0 1", "0 1 2", "0 1 2 3\n", "a 1 2\n", "0 1 4294967296\n", "\n"
	};
	struct arena arena = { 0 };
	struct spec_id_maps maps;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_int_equal(joined_maps_parse(&arena, texts[i], &maps), -EINVAL);
	arena_free(&arena);
}

static void compares_what_is_mapped_and_not_how(void **state)
{
	static const struct {
		const char *left, *right;
		bool same;
	} rows[] = {
		{ "0 100000 65536\n", "0 100000 65536\n", true },
		{ "0 100000 65536\n", "0 100000 65535\n", false },
		{ "0 100000 65536\n", "0 100001 65536\n", false },
		{ "0 100000 65536\n", "1 100000 65536\n", false },
		{ "0 100000 65536\n", "", false },
		/* other order */
		{ "0 1000 1\n1 100000 10\n", "1 100000 10\n0 1000 1\n", true },
		/* one extent in two pieces; two that only touch inside are not one */
		{ "0 100000 30\n", "10 100010 20\n0 100000 10\n", true },
		{ "0 100000 20\n", "0 100000 10\n10 100011 10\n", false },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct spec_id_maps left, right;

		assert_int_equal(joined_maps_parse(&arena, rows[i].left, &left), 0);
		assert_int_equal(joined_maps_parse(&arena, rows[i].right, &right), 0);
		assert_int_equal(joined_maps_same(&arena, &left, &right), rows[i].same);
		assert_int_equal(joined_maps_same(&arena, &right, &left), rows[i].same);
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_the_kernel_prints),
		cmocka_unit_test(refuses_what_is_no_map),
		cmocka_unit_test(compares_what_is_mapped_and_not_how),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
