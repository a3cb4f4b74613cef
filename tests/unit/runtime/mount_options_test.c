/* mount_options.c: how the words of mounts[].options add up. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plan.h"
#include "spec/spec.h"
#include "spec/words.h"

#define ATIME 0x70u

static struct arena arena;
static struct spec spec;
static struct error error;

/* A config with one mount of these options (the text between the brackets). */
static int parse(const char *type, const char *options)
{
	static char text[4096];

	snprintf(text, sizeof text,
		 "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"r\"},"
		 "\"process\":{\"args\":[\"x\"],\"cwd\":\"/\"},"
		 "\"mounts\":[{\"destination\":\"/d\",\"type\":\"%s\",\"source\":\"/s\",\"options\":[%s]}]}",
		 type, options);
	arena_free(&arena);
	memset(&error, 0, sizeof error);
	return spec_parse(&arena, text, strlen(text), &spec, &error);
}

static const struct spec_mount *one(const char *options)
{
	assert_int_equal(parse("tmpfs", options), 0);
	assert_int_equal(spec.mount_count, 1);
	return &spec.mounts[0];
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void lists_add_up(void **state)
{
	const struct {
		const char *options;
		uint64_t set, clear;
		uint32_t super_set, super_clear;
	} rows[] = {
		{ "", 0, 0, 0, 0 },
		{ "\"defaults\",\"\"", 0, 0, 0, 0 },
		{ "\"ro\"", PLAN_ATTR_RDONLY, 0, PLAN_SUPER_RDONLY, 0 },
		{ "\"ro\",\"rw\"", 0, PLAN_ATTR_RDONLY, 0, PLAN_SUPER_RDONLY },
		{ "\"rw\",\"ro\"", PLAN_ATTR_RDONLY, 0, PLAN_SUPER_RDONLY, 0 },
		{ "\"nosuid\",\"noexec\",\"nodev\"", 0xe, 0, 0, 0 },
		{ "\"nosuid\",\"suid\",\"dev\"", 0, PLAN_ATTR_NOSUID | PLAN_ATTR_NODEV, 0, 0 },
		{ "\"noatime\"", PLAN_ATTR_NOATIME, ATIME, 0, 0 },
		{ "\"noatime\",\"strictatime\"", PLAN_ATTR_STRICTATIME, ATIME, 0, 0 },
		{ "\"noatime\",\"relatime\"", 0, ATIME, 0, 0 },
		{ "\"atime\"", 0, 0, 0, 0 },
		{ "\"noatime\",\"atime\"", 0, 0, 0, 0 },
		{ "\"relatime\",\"atime\"", 0, ATIME, 0, 0 },
		{ "\"relatime\",\"norelatime\"", 0, 0, 0, 0 },
		{ "\"noatime\",\"norelatime\"", PLAN_ATTR_NOATIME, ATIME, 0, 0 },
		{ "\"strictatime\",\"atime\"", PLAN_ATTR_STRICTATIME, ATIME, 0, 0 },
		{ "\"strictatime\",\"nostrictatime\"", 0, 0, 0, 0 },
		{ "\"norelatime\"", 0, 0, 0, 0 },
		{ "\"nodiratime\",\"diratime\"", 0, 0, 0, 0 },
		{ "\"noatime\",\"nodiratime\",\"diratime\"", PLAN_ATTR_NOATIME, ATIME, 0, 0 },
		{ "\"nosymfollow\"", PLAN_ATTR_NOSYMFOLLOW, 0, 0, 0 },
		{ "\"sync\",\"dirsync\",\"lazytime\"", 0, 0,
		  PLAN_SUPER_SYNC | PLAN_SUPER_DIRSYNC | PLAN_SUPER_LAZYTIME, 0 },
		{ "\"sync\",\"async\",\"silent\",\"loud\"", 0, 0, 0, PLAN_SUPER_SYNC | PLAN_SUPER_SILENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct spec_mount *mount = one(rows[i].options);

		assert_int_equal(mount->attr_set, rows[i].set);
		assert_int_equal(mount->attr_clear, rows[i].clear);
		assert_int_equal(mount->super_set, rows[i].super_set);
		assert_int_equal(mount->super_clear, rows[i].super_clear);
		assert_int_equal(mount->rec_set | mount->rec_clear, 0);
		assert_int_equal(mount->data.count, 0);
	}
}

static void recursive_words_are_kept_apart(void **state)
{
	(void)state;
	const struct spec_mount *mount = one("\"rro\",\"rnoatime\",\"rsuid\",\"nodev\"");

	assert_int_equal(mount->rec_set, PLAN_ATTR_RDONLY | PLAN_ATTR_NOATIME);
	assert_int_equal(mount->rec_clear, PLAN_ATTR_NOSUID | ATIME);
	assert_int_equal(mount->attr_set, PLAN_ATTR_NODEV);
	assert_int_equal(mount->attr_clear, 0);
	mount = one("\"rnorelatime\"");
	assert_int_equal(mount->rec_set, 0);
	assert_int_equal(mount->rec_clear, ATIME);
}

static void propagation_keeps_its_order(void **state)
{
	(void)state;
	const struct spec_mount *mount = one("\"rslave\",\"shared\"");

	assert_int_equal(mount->propagation_count, 2);
	assert_int_equal(mount->propagation[0], PLAN_PROP_SLAVE | PLAN_PROP_RECURSIVE);
	assert_int_equal(mount->propagation[1], PLAN_PROP_SHARED);
}

static void binds_are_known_by_option_or_type(void **state)
{
	(void)state;
	assert_true(one("\"bind\"")->bind);
	assert_false(one("\"bind\"")->recursive);
	assert_true(one("\"rbind\"")->bind && one("\"rbind\"")->recursive);
	assert_int_equal(parse("bind", "\"ro\""), 0);
	assert_true(spec.mounts[0].bind);
	assert_int_equal(parse("bind", "\"size=1k\""), -EINVAL);
	assert_true(one("\"remount\"")->remount);
	assert_true(one("\"tmpcopyup\"")->copy_up);
}

static void the_rest_is_data(void **state)
{
	(void)state;
	const struct spec_mount *mount =
		one("\"nosuid\",\"mode=755\",\"z\",\"U\",\"relabel=shared\",\"size=1k\"");

	assert_int_equal(mount->data.count, 2);
	assert_string_equal(mount->data.items[0], "mode=755");
	assert_string_equal(mount->data.items[1], "size=1k");
	assert_null(mount->data.items[2]);
}

/* MNT-21 to MNT-95: no word of the map falls through to the file system. */
static void no_row_is_data(void **state)
{
	char quoted[64];

	(void)state;
	for (const struct mount_option *option = mount_options; option->word; option++) {
		snprintf(quoted, sizeof quoted, "\"%s\"", option->word);
		assert_int_equal(parse("bind", quoted), 0);
		assert_int_equal(spec.mounts[0].data.count, 0);
		assert_int_equal(spec.warnings.count, option->action == MOUNT_OPTION_IGNORED);
	}
}

/* MNT-87 */
static void idmap_takes_ranges(void **state)
{
	(void)state;
	assert_int_equal(parse("bind", "\"idmap=uids=0-1-10#10-11-5;gids=@3-4-1\""), 0);
	const struct spec_mount *mount = &spec.mounts[0];

	assert_true(mount->idmap);
	assert_false(mount->idmap_recursive);
	assert_int_equal(mount->uid_maps.count, 2);
	assert_int_equal(mount->uid_maps.items[1].container_id, 10);
	assert_int_equal(mount->uid_maps.items[1].host_id, 11);
	assert_int_equal(mount->uid_maps.items[1].size, 5);
	assert_false(mount->uid_maps.items[1].relative);
	assert_int_equal(mount->gid_maps.count, 1);
	assert_true(mount->gid_maps.items[0].relative);
	assert_int_equal(parse("bind", "\"ridmap=gids=0-1-4294967294;uids=4294967293-0-1\""), 0);
	assert_true(spec.mounts[0].idmap_recursive);
}

static void idmap_refuses_nonsense(void **state)
{
	static const char *const values[] = {
		"",
		"uids=0-1-1",
		"uids=;gids=0-0-1",
		"uids=0-1;gids=0-0-1",
		"uids=0-0-0;gids=0-0-1",
		"uids=0-0-1#;gids=0-0-1",
		"uids=0-0-1;uids=0-0-1",
		"uids=0-0-1,gids=0-0-1",
		"uids=4294967295-0-1;gids=0-0-1",
		"uids=99999999999-0-1;gids=0-0-1",
		"uids=0-0-2#1-5-1;gids=0-0-1",
		"uids=@@0-0-1;gids=0-0-1",
		"uids= 0-0-1;gids=0-0-1",
		"uid",
	};
	char quoted[128];

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		snprintf(quoted, sizeof quoted, "\"idmap=%s\"", values[i]);
		assert_int_equal(parse("bind", quoted), -EINVAL);
		assert_string_equal(error.pointer, "/mounts/0/options/0");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(lists_add_up, teardown),
		cmocka_unit_test_teardown(recursive_words_are_kept_apart, teardown),
		cmocka_unit_test_teardown(propagation_keeps_its_order, teardown),
		cmocka_unit_test_teardown(binds_are_known_by_option_or_type, teardown),
		cmocka_unit_test_teardown(the_rest_is_data, teardown),
		cmocka_unit_test_teardown(no_row_is_data, teardown),
		cmocka_unit_test_teardown(idmap_takes_ranges, teardown),
		cmocka_unit_test_teardown(idmap_refuses_nonsense, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
