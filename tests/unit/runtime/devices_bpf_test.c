/* Device rules: the last rule that speaks of a device and of an access decides. The program is run here by
 * an interpreter of the few instructions that it uses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <linux/bpf.h>

#include "compile/rows.h"

static uint64_t step(const struct bpf_insn *i, uint64_t *r, const uint32_t *context)
{
	uint64_t operand = BPF_SRC(i->code) == BPF_X ? r[i->src_reg] : (uint64_t)(int64_t)i->imm;

	if (BPF_CLASS(i->code) == BPF_LDX)
		r[i->dst_reg] = context[i->off / 4];
	else if (BPF_CLASS(i->code) == BPF_ALU64 && BPF_OP(i->code) == BPF_MOV)
		r[i->dst_reg] = operand;
	else if (BPF_CLASS(i->code) == BPF_ALU64 && BPF_OP(i->code) == BPF_AND)
		r[i->dst_reg] &= operand;
	else if (BPF_CLASS(i->code) == BPF_ALU64 && BPF_OP(i->code) == BPF_RSH)
		r[i->dst_reg] >>= operand;
	else if (BPF_OP(i->code) == BPF_JNE && r[i->dst_reg] != operand)
		return (uint64_t)i->off;
	else if (BPF_OP(i->code) == BPF_JEQ && r[i->dst_reg] == operand)
		return (uint64_t)i->off;
	return 0;
}

static bool allowed(const struct spec_resources *resources, uint32_t type, uint32_t major, uint32_t minor,
		    uint32_t access)
{
	const uint32_t context[] = { access << 16 | type, major, minor };
	struct arena arena = { NULL };
	struct device_rules rules = compile_device_rules(&arena, resources);
	uint32_t length;
	const struct bpf_insn *code = compile_device_program(&arena, &rules, &length), *i = code;
	uint64_t r[11] = { 0 };

	while (i->code != (BPF_JMP | BPF_EXIT)) {
		i += 1 + step(i, r, context);
		assert_true(i < code + length / sizeof *code);
	}
	arena_free(&arena);
	return r[0] != 0;
}

#define R BPF_DEVCG_ACC_READ
#define W BPF_DEVCG_ACC_WRITE
#define M BPF_DEVCG_ACC_MKNOD
#define CHAR BPF_DEVCG_DEV_CHAR
#define BLOCK BPF_DEVCG_DEV_BLOCK

static void test_rules(void **state)
{
	struct spec_device_rule rules[] = {
		{ true, 'b', 8, -1, true, true, true }, /* undone by the next */
		{ false, 'a', -1, -1, true, true, true }, { true, 'c', 10, 229, true, true, false },
		{ true, 'b', 9, -1, true, true, false },  { false, 'b', 9, 1, false, true, false },
		{ false, 'c', 1, 3, true, true, true }, /* in vain: LIM-05 */
	};
	struct spec_resources s = { .device_count = 6, .devices = rules };

	(void)state;
	assert_true(allowed(&s, CHAR, 10, 229, R | W));
	assert_true(allowed(&s, CHAR, 10, 229, R | W | M)); /* M by default */
	assert_false(allowed(&s, CHAR, 10, 228, R));
	assert_false(allowed(&s, BLOCK, 10, 229, R));
	assert_false(allowed(&s, BLOCK, 8, 0, R));
	assert_true(allowed(&s, BLOCK, 8, 0, M));
	assert_true(allowed(&s, BLOCK, 9, 0, R | W));
	assert_true(allowed(&s, BLOCK, 9, 1, R));
	assert_false(allowed(&s, BLOCK, 9, 1, R | W));
	assert_true(allowed(&s, CHAR, 1, 3, R | W));
	assert_true(allowed(NULL, CHAR, 136, 7, R | W));
	assert_false(allowed(NULL, BLOCK, 8, 0, R));
}

static void test_everything(void **state)
{
	struct spec_device_rule rules[] = { { true, 'a', -1, -1, true, true, true },
					    { false, 'b', 8, 0, true, true, true } };
	struct spec_resources s = { .device_count = 2, .devices = rules };

	(void)state;
	assert_false(allowed(&s, BLOCK, 8, 0, R));
	assert_true(allowed(&s, BLOCK, 8, 1, R | W));
	assert_true(allowed(&s, CHAR, 99, 0, R | W));
}

int main(void)
{
	const struct CMUnitTest cases[] = { cmocka_unit_test(test_rules), cmocka_unit_test(test_everything) };

	return cmocka_run_group_tests(cases, NULL, NULL);
}
