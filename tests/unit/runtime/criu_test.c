/* criu's messages: what an option becomes (CHK, RES), and that a cut or hostile answer is an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "criu/hierarchy.h"
#include "criu/images.h"
#include "criu/request.h"
#include "fd.h"

static uint8_t bytes[CRIU_MESSAGE];

/* The field `number` of the options of a request, or one that has number 0. */
static struct criu_field option(const struct criu_options *options, uint32_t number)
{
	struct criu_out out = { .bytes = bytes, .room = sizeof bytes };
	struct criu_field field = { 0 }, found = { 0 };

	assert_int_equal(criu_request(&out, CRIU_DUMP, options), 0);
	struct criu_in in = { bytes, bytes + out.length };
	assert_int_equal(criu_next(&in, &field), 1);
	assert_int_equal(field.number, 1);
	assert_int_equal(field.value, CRIU_DUMP);
	assert_int_equal(criu_next(&in, &field), 1);
	assert_int_equal(field.number, 2);
	assert_ptr_equal(in.at, in.end);
	struct criu_in within = { field.bytes, field.bytes + field.length };
	while (criu_next(&within, &field) == 1)
		if (field.number == number)
			found = field;
	assert_ptr_equal(within.at, within.end);
	return found;
}

/* Numbers as in criu's rpc.proto, written here a second time (CHK-06, CHK-07, CHK-08, CHK-09, CHK-10, CHK-14,
 * CHK-18, RES-09..12, RES-16). */
static void each_option_has_its_field(void **state)
{
	static const struct {
		uint32_t number;
		size_t offset;
	} flags[] = {
		{ 3, offsetof(struct criu_options, leave_running) },
		{ 4, offsetof(struct criu_options, external_sockets) },
		{ 5, offsetof(struct criu_options, tcp_established) },
		{ 7, offsetof(struct criu_options, shell_job) },
		{ 8, offsetof(struct criu_options, file_locks) },
		{ 12, offsetof(struct criu_options, notify) },
		{ 15, offsetof(struct criu_options, track_memory) },
		{ 16, offsetof(struct criu_options, auto_dedup) },
		{ 18, offsetof(struct criu_options, link_remap) },
		{ 26, offsetof(struct criu_options, sibling) },
		{ 30, offsetof(struct criu_options, external_masters) },
		{ 46, offsetof(struct criu_options, tcp_skip_in_flight) },
		{ 50, offsetof(struct criu_options, orphan_terminal) },
		{ 52, offsetof(struct criu_options, tcp_close) },
	};
	struct criu_options options;

	(void)state;
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		criu_options_init(&options);
		assert_int_equal(option(&options, flags[i].number).number, 0);
		*(bool *)((char *)&options + flags[i].offset) = true;
		assert_int_equal(option(&options, flags[i].number).value, 1);
	}
}

static void texts_and_numbers_are_sent_when_they_are_given(void **state)
{
	struct criu_options options;

	(void)state;
	criu_options_init(&options);
	assert_int_equal(option(&options, 34).value, CRIU_CGROUP_SOFT); /* CHK-16: the default */
	assert_int_equal(option(&options, 1).number, 0);
	assert_int_equal(option(&options, 11).number, 0);
	assert_int_equal(option(&options, 38).number, 0);
	options.images = 300;
	options.log_file = "dump.log";
	options.cgroup_mode = CRIU_CGROUP_IGNORE;
	options.page_address = "192.0.2.1";
	options.page_port = 27;
	assert_int_equal(option(&options, 1).value, 300);
	assert_int_equal(option(&options, 34).number, 34); /* 0 is a mode, too */
	assert_int_equal(option(&options, 34).value, CRIU_CGROUP_IGNORE);
	struct criu_field field = option(&options, 10);
	assert_int_equal(field.length, 8);
	assert_memory_equal(field.bytes, "dump.log", 8);
	field = option(&options, 11);
	assert_memory_equal(field.bytes,
			    "\x0a\x09"
			    "192.0.2.1"
			    "\x10\x1b",
			    field.length);
}

static void pairs_are_paths_descriptors_or_keys(void **state)
{
	struct arena arena = { 0 };
	struct criu_options options;

	(void)state;
	criu_options_init(&options);
	for (int i = 0; i < 100; i++)
		criu_pairs_add(&arena, &options.mounts, "/a", "/b", 0);
	criu_pairs_add(&arena, &options.inherited, "pipe:[1]", NULL, 2);
	criu_pairs_add(&arena, &options.external, "net[1]:x", NULL, 0);
	criu_pairs_add(&arena, &options.cgroup_roots, "", "/g", 0);
	assert_int_equal(options.mounts.count, 100);
	assert_memory_equal(option(&options, 23).bytes, "\x0a\x02/a\x12\x02/b", 8);
	assert_memory_equal(option(&options, 27).bytes, "\x0a\x08pipe:[1]\x10\x02", 12);
	assert_memory_equal(option(&options, 37).bytes, "net[1]:x", 8);
	assert_memory_equal(option(&options, 25).bytes, "\x0a\x00\x12\x02/g", 6);
	arena_free(&arena);
}

static void what_does_not_fit_is_an_error(void **state)
{
	struct criu_out out = { .bytes = bytes, .room = sizeof bytes };
	struct arena arena = { 0 };
	struct criu_options options;
	char *path = arena_alloc(&arena, 4096);

	(void)state;
	memset(path, 'x', 4095);
	criu_options_init(&options);
	for (int i = 0; i < 20; i++)
		criu_pairs_add(&arena, &options.mounts, path, path, 0);
	assert_int_equal(criu_request(&out, CRIU_DUMP, &options), -E2BIG);
	arena_free(&arena);
}

/* Every beginning of an answer, and every byte of it changed: read to its end or refused, never beyond. */
static void a_cut_or_changed_answer_is_read_within_its_bounds(void **state)
{
	static const uint8_t answer[] = { 8, 6, 16, 1, 42, 8, 10, 4, 'n', 'a', 'm', 'e', 16, 0xac, 2 };
	uint8_t copy[sizeof answer];
	struct criu_field field;

	(void)state;
	for (size_t length = 0; length <= sizeof answer; length++)
		for (unsigned value = 0; value < 256; value++) {
			memcpy(copy, answer, sizeof copy);
			if (length)
				copy[length - 1] = (uint8_t)value;
			struct criu_in in = { copy, copy + length };
			int r;

			while ((r = criu_next(&in, &field)) == 1)
				assert_true(!field.bytes || field.bytes + field.length <= copy + length);
			assert_true(r == 0 || r == -EBADMSG);
			assert_true(in.at <= in.end);
		}
}

static void numbers_have_an_end(void **state)
{
	static const uint8_t endless[] = { 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1 };
	struct criu_in in = { endless, endless + sizeof endless };
	struct criu_field field;

	(void)state;
	assert_int_equal(criu_next(&in, &field), -EBADMSG);
}

/* What a host's table of mounts says, targets and options in their places. */
static void the_hierarchy_is_found_with_its_options(void **state)
{
	static const struct {
		const char *line, *mount, *options;
	} rows[] = {
		{ "26 25 0:23 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,x",
		  "/sys/fs/cgroup", "nsdelegate,x" },
		{ "26 25 0:23 / /cg rw - cgroup2 none rw", "/cg", "" },
		{ "26 25 0:23 / /cg rw - cgroup cgroup rw,memory", NULL, "" },
		{ "26 25 - cgroup2 none rw", NULL, "" },
		{ "", NULL, "" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct hierarchy found;

		hierarchy_find(&arena,
			       arena_format(&arena, "1 0 8:1 / / rw - ext4 /dev/sda rw\n%s\n", rows[i].line),
			       &found);
		if (rows[i].mount)
			assert_string_equal(found.mount, rows[i].mount);
		else
			assert_null(found.mount);
		assert_string_equal(found.options, rows[i].options);
	}
	arena_free(&arena);
}

/* CHK-23, ANN-02: an annotation may come with an image, and the file names programs. */
static void a_file_of_options_is_taken_from_one_directory_only(void **state)
{
	static const struct {
		const char *value;
		int result;
	} rows[] = {
		{ "/etc/criu/web.conf", 0 },      { "", 0 },
		{ "/srv/rootfs/x.conf", -EPERM }, { "web.conf", -EPERM },
		{ "/etc/criu/../x", -EPERM },     { "/etc/criu", -EPERM },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct spec_pair pair = { "org.criu.config", rows[i].value };
		struct spec spec = { .annotations = { 1, &pair } };
		struct error error = { 0 };
		const char *file;

		assert_int_equal(criu_config(&spec, &file, &error), rows[i].result);
		if (rows[i].result == 0 && *rows[i].value)
			assert_string_equal(file, rows[i].value);
		else
			assert_null(file);
		if (rows[i].result < 0)
			assert_string_equal(error.pointer, "/annotations/org.criu.config");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_option_has_its_field),
		cmocka_unit_test(texts_and_numbers_are_sent_when_they_are_given),
		cmocka_unit_test(pairs_are_paths_descriptors_or_keys),
		cmocka_unit_test(what_does_not_fit_is_an_error),
		cmocka_unit_test(a_cut_or_changed_answer_is_read_within_its_bounds),
		cmocka_unit_test(numbers_have_an_end),
		cmocka_unit_test(the_hierarchy_is_found_with_its_options),
		cmocka_unit_test(a_file_of_options_is_taken_from_one_directory_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
