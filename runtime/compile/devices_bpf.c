/* Device rules: their order settled once for both cgroup versions, and as the program of cgroup v2. For each
 * kind of access (mknod, read, write) the last rule that speaks of the device and of that access decides. */
#include "compile/rows.h"

#include <linux/bpf.h>
#include <string.h>

/* LIM-05: what no config can take away. mknod of anything makes a node that opens only what is allowed. */
/* clang-format off */
#define ALLOW(kind, mj, mn, r, w) { true, kind, mj, mn, r, w, true }
/* clang-format on */
static const struct spec_device_rule defaults[] = {
	{ true, 'c', -1, -1, false, false, true },
	{ true, 'b', -1, -1, false, false, true },
	ALLOW('c', 1, 3, true, true),    /* null */
	ALLOW('c', 1, 8, true, true),    /* random */
	ALLOW('c', 1, 7, true, true),    /* full */
	ALLOW('c', 5, 0, true, true),    /* tty */
	ALLOW('c', 1, 5, true, true),    /* zero */
	ALLOW('c', 1, 9, true, true),    /* urandom */
	ALLOW('c', 136, -1, true, true), /* pts */
	ALLOW('c', 5, 2, true, true),    /* ptmx */
	ALLOW('c', 10, 200, true, true), /* tun: clients relied on it when runc once left it out */
};
#undef ALLOW

static bool is_everything(const struct spec_device_rule *rule)
{
	return rule->type == 'a' && rule->major < 0 && rule->minor < 0 && rule->read && rule->write &&
	       rule->mknod;
}

struct device_rules compile_device_rules(struct arena *arena, const struct spec_resources *resources)
{
	const uint32_t extra = sizeof defaults / sizeof defaults[0];
	uint32_t first = 0, count = resources ? resources->device_count : 0;
	struct device_rules result = { .allow = false };

	for (uint32_t i = 0; i < count; i++)
		if (is_everything(&resources->devices[i])) {
			result.allow = resources->devices[i].allow;
			first = i + 1;
		}
	result.own = result.count = count - first;
	if (result.allow && result.count == 0)
		return result; /* all is allowed: nothing to add */
	result.rules = arena_alloc(arena, (result.count + extra) * sizeof *result.rules);
	if (result.count)
		memcpy(result.rules, resources->devices + first, result.count * sizeof *result.rules);
	memcpy(result.rules + result.count, defaults, sizeof defaults);
	result.count += extra;
	return result;
}

/* Registers: 1 the context, then 2 the type, 3 the accesses still undecided, 4 and 5 the numbers. */
struct assembly {
	struct bpf_insn *code;
	uint32_t count;
};

static void emit(struct assembly *a, int code, unsigned to, unsigned from, int16_t offset, int32_t value)
{
	a->code[a->count++] = (struct bpf_insn){
		.code = (uint8_t)code,
		.dst_reg = to & 15u,
		.src_reg = from & 15u,
		.off = offset,
		.imm = value,
	};
}

static void emit_return(struct assembly *a, bool allow)
{
	emit(a, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, allow);
	emit(a, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void emit_start(struct assembly *a)
{
	const int load = BPF_LDX | BPF_W | BPF_MEM;

	emit(a, load, BPF_REG_2, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
	emit(a, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
	emit(a, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff);
	emit(a, BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16);
	emit(a, load, BPF_REG_4, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, major), 0);
	emit(a, load, BPF_REG_5, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
}

static int32_t access_bits(const struct spec_device_rule *rule)
{
	return (rule->mknod ? BPF_DEVCG_ACC_MKNOD : 0) | (rule->read ? BPF_DEVCG_ACC_READ : 0) |
	       (rule->write ? BPF_DEVCG_ACC_WRITE : 0);
}

/* Jumps over the rule are patched when its end is known. */
static void emit_rule(struct assembly *a, const struct spec_device_rule *rule)
{
	const int unequal = BPF_JMP | BPF_JNE | BPF_K;
	uint32_t start = a->count, tests;

	if (rule->type != 'a')
		emit(a, unequal, BPF_REG_2, 0, 0,
		     rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	if (rule->major >= 0)
		emit(a, unequal, BPF_REG_4, 0, 0, (int32_t)rule->major);
	if (rule->minor >= 0)
		emit(a, unequal, BPF_REG_5, 0, 0, (int32_t)rule->minor);
	tests = a->count;
	if (rule->allow) {
		emit(a, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_3, 0, 0, ~access_bits(rule));
		emit(a, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_3, 0, 2, 0);
	} else {
		emit(a, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_0, BPF_REG_3, 0, 0);
		emit(a, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_0, 0, 0, access_bits(rule));
		emit(a, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0);
	}
	emit_return(a, rule->allow);
	for (uint32_t i = start; i < tests; i++)
		a->code[i].off = (int16_t)(a->count - i - 1);
}

/* A rule that everything later has decided already is no longer reached, but the verifier of old kernels
 * refuses dead code only behind an unconditional exit: there is none before the end. */
const void *compile_device_program(struct arena *arena, const struct device_rules *rules,
				   uint32_t *ret_length)
{
	struct assembly a = { .code = arena_alloc(arena, (rules->count * 8u + 16u) * sizeof *a.code) };

	emit_start(&a);
	for (uint32_t i = rules->count; i > 0; i--)
		emit_rule(&a, &rules->rules[i - 1]);
	emit_return(&a, rules->allow);
	*ret_length = a.count * (uint32_t)sizeof *a.code;
	return a.code;
}
