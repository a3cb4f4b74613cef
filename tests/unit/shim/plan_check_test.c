/* The verifier: a small valid plan, every flip and truncation of it, and one case a rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "plan_build.h"

static struct plan_build build;
static struct plan_refusal why;

/* Where the records of the plan lie, to be spoiled before build_finish. */
static struct {
	struct plan_source *source;
	struct plan_userns *userns;
	struct plan_mount *mount;
	struct plan_hook *hook;
	struct plan_oom_score_adj *oom;
	struct plan_identity *identity;
	struct plan_seccomp *seccomp;
	struct plan_gate *gate;
} at;

/* One record of each field kind, lists of each kind, two descriptors. */
static int make(void **state)
{
	static const char *const options[] = { "size=1m", "mode=755", NULL };
	static const char *const args[] = { "/bin/hook", "x", NULL }, *const env[] = { NULL };
	static const uint64_t propagation[] = { 0x40000 }, groups[] = { 1, 0xfffffffe };
	static const uint64_t filter[] = { 0x06, 0x7fff000000000006 };
	struct plan_list list, list2;
	struct plan_build *b = &build;

	(void)state;
	build_start(b);
	at.source = BUILD_ADD(b, SOURCES, source, .tree = 7, .path = build_text(b, "/src"), .flags = 3);
	at.userns = BUILD_ADD(b, USERNS, userns, .uid_map = build_text(b, "0 0 1\n"));
	list = build_strings(b, options, 0);
	list2 = build_numbers(b, propagation, 1);
	at.mount = BUILD_ADD(b, MOUNTS, mount, .how = PLAN_MOUNT_FILESYSTEM, .tree = PLAN_NONE,
			     .target = build_text(b, "/tmp"), .options = list, .propagation = list2);
	list = build_argv(b, args);
	list2 = build_argv(b, env);
	at.hook = BUILD_ADD(b, HOOKS, hook, .kind = PLAN_HOOK_CREATE_CONTAINER, .args = list, .env = list2);
	at.oom = BUILD_ADD(b, LIMITS, oom_score_adj, .value = -1000);
	list = build_numbers(b, groups, 2);
	at.identity = BUILD_ADD(b, IDENTITY, identity, .groups = list, .bounding = (1ull << 63) - 1);
	at.gate = BUILD_ADD(b, GATE, gate, .kind = PLAN_GATE_FIFO, .fifo = 1, .fault = 0);
	at.seccomp = BUILD_ADD(b, SECCOMP, seccomp, .filter = build_blob(b, filter, sizeof filter));
	at.seccomp->head.source = build_text(b, "/linux/seccomp");
	b->header.slot_count = 2;
	return 0;
}

static int check(size_t length)
{
	struct plan plan;

	return plan_check(build.bytes, length, &plan, &why);
}

/* The plan is refused for this reason, in this field. */
static void refused(const char *what, const char *field)
{
	assert_int_equal(check(build_finish(&build)), -EINVAL);
	assert_string_equal(why.what, what);
	assert_string_equal(why.field, field);
}

/* The same after a change of the finished header. */
static void header_refused(const char *what)
{
	build_sum(&build);
	assert_int_equal(check(((struct plan_header *)(void *)build.bytes)->total), -EINVAL);
	assert_string_equal(why.what, what);
}

static struct plan_header *finished(void)
{
	build_finish(&build);
	return (struct plan_header *)(void *)build.bytes;
}

static void accepts_a_valid_plan(void **state)
{
	struct plan plan;
	size_t length = build_finish(&build);

	(void)state;
	assert_int_equal(plan_check(build.bytes, length, &plan, &why), 0);
	assert_string_equal(plan_text(&plan, at.source->path), "/src");
	assert_int_equal(plan_number(&plan, at.identity->groups, 1), 0xfffffffe);
}

static void accepts_an_empty_plan(void **state)
{
	(void)state;
	build_start(&build);
	assert_int_equal(check(build_finish(&build)), 0);
}

static void refuses_every_flip(void **state)
{
	size_t length = build_finish(&build);

	(void)state;
	for (size_t i = 0; i < length; i++)
		for (int bit = 0; bit < 8; bit++) {
			build.bytes[i] = (char)(build.bytes[i] ^ 1 << bit);
			assert_int_equal(check(length), -EINVAL);
			build.bytes[i] = (char)(build.bytes[i] ^ 1 << bit);
		}
	assert_int_equal(check(length), 0);
}

/* With the checksum made good again most flips are harmless numbers: the verifier must survive them all, and
 * the sanitizers see it read nothing outside. */
static void survives_every_flip(void **state)
{
	size_t length = build_finish(&build);

	(void)state;
	for (size_t i = 0; i < length; i++)
		for (int bit = 0; bit < 8; bit++) {
			char old = build.bytes[i];

			build.bytes[i] = (char)(old ^ 1 << bit);
			if (((struct plan_header *)(void *)build.bytes)->total == length)
				build_sum(&build);
			check(length);
			build.bytes[i] = old;
		}
}

static void refuses_every_truncation(void **state)
{
	size_t length = build_finish(&build);

	(void)state;
	for (size_t cut = 0; cut < length; cut++) {
		/* in a buffer of that size, so that a sanitizer sees a byte too far */
		char *copy = malloc(cut ? cut : 1);
		struct plan plan;

		memcpy(copy, build.bytes, cut);
		assert_int_equal(plan_check(copy, cut, &plan, &why), -EINVAL);
		free(copy);
	}
}

static void header_rules(void **state)
{
	(void)state;
	finished()->magic ^= 1;
	header_refused("magic");
	finished()->schema ^= 1;
	header_refused("written by another build");
	assert_int_equal(check(finished()->total + 8), -EINVAL);
	assert_string_equal(why.what, "length");
	finished()->checksum ^= 1;
	assert_int_equal(check(((struct plan_header *)(void *)build.bytes)->total), -EINVAL);
	assert_string_equal(why.what, "checksum");
	finished()->record_count = PLAN_MAX_RECORDS + 1;
	header_refused("too many records or list slots");
	finished()->list_count = PLAN_MAX_LIST_SLOTS + 1;
	header_refused("too many records or list slots");
	finished()->slot_count = PLAN_MAX_SLOTS + 1;
	header_refused("too many descriptors");
	finished()->list_offset += 8;
	header_refused("areas");
	finished()->list_count -= 1;
	header_refused("areas");
	finished()->pool_offset += 8;
	header_refused("areas");
	finished()->pool_length -= 8;
	header_refused("areas");
	finished()->list_offset = 0xfffffff8;
	header_refused("areas");
}

static void pool_begins_and_ends_with_nul(void **state)
{
	(void)state;
	build.pool[0] = 'x';
	refused("pool without NUL", "");
	build.pool[0] = 0;
	finished();
	build.bytes[((struct plan_header *)(void *)build.bytes)->total - 1] = 'x';
	header_refused("pool without NUL");
}

static void pool_is_not_empty(void **state)
{
	struct plan_header *header;

	(void)state;
	build_start(&build);
	header = finished();
	header->pool_length = 0;
	header->total = header->pool_offset;
	header_refused("no pool");
}

static void records_fill_their_area(void **state)
{
	(void)state;
	build.header.record_count--;
	refused("bytes behind the records", "");
	build.header.record_count += 2;
	refused("records outside of their area", "");
}

static void record_rules(void **state)
{
	(void)state;
	at.mount->head.kind = 0;
	refused("unknown record kind", "");
	assert_int_equal(why.record, 2);
	at.mount->head.kind = PLAN_KIND_MAX + 1;
	refused("unknown record kind", "");
	at.mount->head.kind = PLAN_KIND_mount;
	at.mount->head.size += 8;
	refused("wrong record size", "");
	at.mount->head.size -= 8;
	at.mount->head.row = PLAN_ROW_DEVICES;
	refused("record in a row that is not its own", "");
	at.mount->head.row = PLAN_ROW_COUNT;
	refused("record in a row that is not its own", "");
	at.mount->head.row = 0xffff;
	refused("record in a row that is not its own", "");
	at.mount->head.row = PLAN_ROW_MOUNTS;
	at.hook->head.row = PLAN_ROW_START_HOOKS; /* behind the row of what follows */
	refused("record out of order", "");
}

static void last_record_ends_with_its_area(void **state)
{
	(void)state;
	at.seccomp->head.kind = PLAN_KIND_identity; /* longer than what is left */
	at.seccomp->head.row = PLAN_ROW_IDENTITY;
	at.seccomp->head.size = sizeof(struct plan_identity);
	refused("wrong record size", "");
}

static void number_rules(void **state)
{
	(void)state;
	at.mount->mode = 010000;
	refused("number too great", "mode");
	at.mount->mode = 07777;
	at.oom->value = 1000;
	assert_int_equal(check(build_finish(&build)), 0);
	at.oom->value = 1001;
	refused("number too great", "value");
	at.oom->value = -1001;
	refused("number too great", "value");
	at.oom->value = INT64_MIN;
	refused("number too great", "value");
}

static void word_and_bit_rules(void **state)
{
	(void)state;
	at.mount->how = PLAN_COUNT_mount_how;
	refused("unknown word", "how");
	at.mount->how = 0;
	at.source->flags = 1ull << 40;
	refused("unknown bit", "flags");
	at.source->flags = 0;
	at.identity->bounding = 1ull << 63;
	refused("unknown bit", "bounding");
}

static void tree_rules(void **state)
{
	(void)state;
	at.source->tree = PLAN_MAX_TREES - 1;
	assert_int_equal(check(build_finish(&build)), 0);
	at.source->tree = PLAN_MAX_TREES;
	refused("unknown tree", "tree");
}

static void slot_rules(void **state)
{
	(void)state;
	at.gate->fifo = 2;
	refused("unknown descriptor slot", "fifo");
	at.gate->fifo = 0x100000000ull;
	refused("unknown descriptor slot", "fifo");
	at.gate->fifo = 0;
	refused("descriptor slot used twice", "fault");
	at.gate->fifo = PLAN_NONE;
	refused("descriptor without a record", "");
	build.header.slot_count = 1;
	assert_int_equal(check(build_finish(&build)), 0);
}

static void string_rules(void **state)
{
	struct plan_str good = at.source->path;

	(void)state;
	at.source->path = (struct plan_str){ 0, 0 }; /* absent */
	assert_int_equal(check(build_finish(&build)), 0);
	at.source->path = (struct plan_str){ good.offset, good.length - 1 };
	refused("string without NUL", "path");
	at.source->path = (struct plan_str){ good.offset, good.length + 2 };
	refused("NUL inside of a string", "path");
	at.source->path = (struct plan_str){ good.offset, PLAN_MAX_PATH + 1 };
	refused("string too long", "path");
	at.source->path = (struct plan_str){ build.header.pool_length + 8, 0 };
	refused("string outside of the pool", "path");
	at.source->path = (struct plan_str){ 0xffffffff, 1 };
	refused("string outside of the pool", "path");
	at.source->path = good;
	at.mount->head.source = (struct plan_str){ 0xffffff, 0 };
	refused("string outside of the pool", "source");
}

static void blob_rules(void **state)
{
	struct plan_str good = at.seccomp->filter;

	(void)state;
	at.seccomp->filter = (struct plan_str){ good.offset + 1, 8 };
	refused("blob not aligned", "filter");
	at.seccomp->filter = (struct plan_str){ good.offset, 4 };
	refused("blob not aligned", "filter");
	at.seccomp->filter = (struct plan_str){ good.offset, PLAN_MAX_BPF + 8 };
	refused("blob too long", "filter");
	at.seccomp->filter = (struct plan_str){ 0xfffffff8, 16 };
	refused("blob outside of the pool", "filter");
}

static void list_rules(void **state)
{
	struct plan_list good = at.mount->options;

	(void)state;
	at.mount->options.first++;
	refused("list out of order", "options");
	at.mount->options = good;
	at.mount->propagation = good; /* shared with another */
	refused("list out of order", "propagation");
	at.mount->propagation = (struct plan_list){ good.first + good.count, 0xffffffff };
	refused("list outside of its area", "propagation");
	at.mount->propagation = (struct plan_list){ 0, 0 }; /* its slot is now nobody's */
	refused("list out of order", "args");
}

static void list_area_is_filled(void **state)
{
	(void)state;
	build.header.list_count++;
	refused("list slots without a record", "");
}

static void list_items_are_checked(void **state)
{
	(void)state;
	build.slots[at.mount->options.first + 1].str.length++;
	refused("NUL inside of a string", "options");
	build.slots[at.mount->options.first + 1].str.length--;
	build.slots[at.identity->groups.first].num = 0xffffffff;
	refused("number too great", "groups");
}

static void argv_has_its_spare_slots(void **state)
{
	(void)state;
	build.slots[at.hook->args.first + at.hook->args.count + PLAN_ARGV_SPARE - 1].num = 1;
	refused("spare slot in use", "args");
	build.slots[at.hook->args.first + at.hook->args.count + PLAN_ARGV_SPARE - 1].num = 0;
	at.identity->groups = (struct plan_list){ 0, 0 };
	build.header.list_count = at.hook->env.first + PLAN_ARGV_SPARE - 1;
	refused("list outside of its area", "env");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(accepts_a_valid_plan, make),
		cmocka_unit_test_setup(accepts_an_empty_plan, make),
		cmocka_unit_test_setup(refuses_every_flip, make),
		cmocka_unit_test_setup(survives_every_flip, make),
		cmocka_unit_test_setup(refuses_every_truncation, make),
		cmocka_unit_test_setup(header_rules, make),
		cmocka_unit_test_setup(pool_begins_and_ends_with_nul, make),
		cmocka_unit_test_setup(pool_is_not_empty, make),
		cmocka_unit_test_setup(records_fill_their_area, make),
		cmocka_unit_test_setup(record_rules, make),
		cmocka_unit_test_setup(last_record_ends_with_its_area, make),
		cmocka_unit_test_setup(number_rules, make),
		cmocka_unit_test_setup(word_and_bit_rules, make),
		cmocka_unit_test_setup(tree_rules, make),
		cmocka_unit_test_setup(slot_rules, make),
		cmocka_unit_test_setup(string_rules, make),
		cmocka_unit_test_setup(blob_rules, make),
		cmocka_unit_test_setup(list_rules, make),
		cmocka_unit_test_setup(list_area_is_filled, make),
		cmocka_unit_test_setup(list_items_are_checked, make),
		cmocka_unit_test_setup(argv_has_its_spare_slots, make),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
