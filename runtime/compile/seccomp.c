/* linux.seccomp to a BPF program, by libseccomp (LNX-02..17). Names that the library does not know are
 * skipped, as every client expects of profiles that are newer than the host. The program is built here, on
 * the host side: the shim only loads bytes.
 */
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compile/filter.h"
#include "compile/rows.h"
#include "spec/words.h"

#define TREE_FROM 32 /* names from which the binary tree is worth its longer build (LNX-17) */
#define SECCOMP "/linux/seccomp"

struct build {
	struct arena *arena;
	const struct spec_seccomp *seccomp;
	struct error *error;
	scmp_filter_ctx filter;
	uint32_t default_action;
	uint32_t archs[FILTER_ARCHS], arch_count;
	bool no_tree;
};

static int refuse(struct build *b, int code, const char *pointer, const char *what)
{
	snprintf(b->error->pointer, sizeof b->error->pointer, SECCOMP "%s", pointer);
	return error_errno(b->error, code, "seccomp: %s", what);
}

/* The number of an action with its errno or trace value. */
static uint32_t action_number(const char *word, bool has_errno, uint32_t value)
{
	const struct word *row = words_find(words_seccomp_actions, word);

	if (strcmp(word, "SCMP_ACT_ERRNO") == 0)
		return SCMP_ACT_ERRNO(has_errno ? value : EPERM);
	if (strcmp(word, "SCMP_ACT_TRACE") == 0)
		return SCMP_ACT_TRACE(has_errno ? value : EPERM);
	return row ? (uint32_t)row->value : SCMP_ACT_KILL_PROCESS;
}

static void note_arch(struct build *b, uint32_t arch)
{
	for (uint32_t i = 0; i < b->arch_count; i++)
		if (b->archs[i] == arch)
			return;
	if (b->arch_count < FILTER_ARCHS)
		b->archs[b->arch_count++] = arch;
}

static int add_archs(struct build *b)
{
	const struct spec_strings *names = &b->seccomp->architectures;

	note_arch(b, seccomp_arch_native()); /* always there, listed or not */
	for (uint32_t i = 0; i < names->count; i++) {
		const struct word *word = words_find(words_seccomp_archs, names->items[i]);
		int r = word ? seccomp_arch_add(b->filter, (uint32_t)word->value) : -EINVAL;

		if (r < 0 && r != -EEXIST)
			return refuse(b, r, "/architectures",
				      arena_format(b->arena, "cannot add architecture %s", names->items[i]));
		note_arch(b, (uint32_t)word->value);
	}
	return 0;
}

static int add_attributes(struct build *b)
{
	uint32_t names = 0;
	int r;

	for (uint32_t i = 0; i < b->seccomp->rule_count; i++)
		names += b->seccomp->rules[i].names.count;
	/* ours to decide (identity), and never threads: the shim has one */
	r = seccomp_attr_set(b->filter, SCMP_FLTATR_CTL_NNP, 0);
	if (r >= 0)
		r = seccomp_attr_set(b->filter, SCMP_FLTATR_CTL_TSYNC, 0);
	/* a libseccomp before 2.5 has no tree: slower, not wrong */
	if (r >= 0 && names > TREE_FROM && !b->no_tree)
		seccomp_attr_set(b->filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return r < 0 ? refuse(b, r, "", "cannot prepare the filter") : 0;
}

static struct scmp_arg_cmp comparison(const struct spec_seccomp_arg *arg)
{
	const struct word *op = words_find(words_seccomp_operators, arg->op);

	return (struct scmp_arg_cmp){
		.arg = arg->index,
		.op = op ? (enum scmp_compare)op->value : SCMP_CMP_EQ,
		.datum_a = arg->value,
		.datum_b = arg->value_two,
	};
}

/* libseccomp takes one condition an argument; several on the same one are alternatives (LNX-11). */
static bool repeats_argument(const struct spec_seccomp_rule *rule)
{
	for (uint32_t i = 0; i < rule->arg_count; i++)
		for (uint32_t k = 0; k < i; k++)
			if (rule->args[i].index == rule->args[k].index)
				return true;
	return false;
}

static int add_call(struct build *b, const struct spec_seccomp_rule *rule, uint32_t action, int number)
{
	struct scmp_arg_cmp all[6];
	int r = 0;

	if (repeats_argument(rule)) {
		for (uint32_t i = 0; i < rule->arg_count && r >= 0; i++) {
			all[0] = comparison(&rule->args[i]);
			r = seccomp_rule_add_array(b->filter, action, number, 1, all);
		}
		return r;
	}
	for (uint32_t i = 0; i < rule->arg_count; i++) /* at most 6: one each, checked just now */
		all[i] = comparison(&rule->args[i]);
	return seccomp_rule_add_array(b->filter, action, number, rule->arg_count, all);
}

static int add_rule(struct build *b, uint32_t index)
{
	const struct spec_seccomp_rule *rule = &b->seccomp->rules[index];
	uint32_t action = action_number(rule->action, rule->has_errno, rule->errno_ret);

	if (action == b->default_action)
		return 0; /* libseccomp refuses what says nothing */
	for (uint32_t i = 0; i < rule->names.count; i++) {
		int number = seccomp_syscall_resolve_name(rule->names.items[i]);
		int r = number == __NR_SCMP_ERROR ? 0 : add_call(b, rule, action, number);

		if (r < 0)
			return refuse(b, r, arena_format(b->arena, "/syscalls/%u", index),
				      arena_format(b->arena, "cannot add a rule for %s",
						   rule->names.items[i]));
	}
	return 0;
}

/* libseccomp 2.5 can only write to a descriptor. */
static int export(struct build *b, struct compiled_filter *ret)
{
	struct sock_filter newer[FILTER_ENOSYS];
	uint32_t head = filter_enosys(b->seccomp, b->archs, b->arch_count, newer) * (uint32_t)sizeof newer[0];
	int fd = memfd_create("seccomp", MFD_CLOEXEC), r = fd < 0 ? -errno : 0;
	off_t length = 0;
	char *bytes;

	if (r >= 0)
		r = seccomp_export_bpf(b->filter, fd);
	if (r >= 0)
		length = lseek(fd, 0, SEEK_END);
	if (r >= 0 && (length <= 0 || (uint64_t)length + head > PLAN_MAX_BPF))
		r = -E2BIG;
	if (r >= 0) {
		bytes = arena_alloc(b->arena, head + (size_t)length);
		memcpy(bytes, newer, head);
		if (pread(fd, bytes + head, (size_t)length, 0) != (ssize_t)length)
			r = -EIO;
		*ret = (struct compiled_filter){ bytes, head + (uint32_t)length, 0 };
	}
	if (fd >= 0)
		close(fd);
	return r < 0 ? refuse(b, r, "",
			      r == -E2BIG
				      ? "the filter has more than the 4096 instructions that the kernel takes"
				      : "cannot compile the filter")
		     : 0;
}

static int build_once(struct build *b, struct compiled_filter *ret)
{
	int r;

	b->default_action = action_number(b->seccomp->default_action, b->seccomp->has_default_errno,
					  b->seccomp->default_errno);
	b->filter = seccomp_init(b->default_action);
	if (!b->filter)
		return refuse(b, EINVAL, "/defaultAction", "the library refuses the default action");
	r = add_archs(b);
	if (r >= 0)
		r = add_attributes(b);
	for (uint32_t i = 0; i < b->seccomp->rule_count && r >= 0; i++)
		r = add_rule(b, i);
	if (r >= 0)
		r = export(b, ret);
	seccomp_release(b->filter);
	return r;
}

/* A tree is about a tenth longer than a list: what fits the kernel's 4096 instructions only as one is loaded
 * as one. */
static int build(struct build *b, struct compiled_filter *ret)
{
	int r = build_once(b, ret);

	if (r != -E2BIG)
		return r;
	b->no_tree = true;
	memset(b->error, 0, sizeof *b->error);
	return build_once(b, ret);
}

static bool notifies(const struct spec_seccomp *seccomp)
{
	for (uint32_t i = 0; i < seccomp->rule_count; i++)
		if (strcmp(seccomp->rules[i].action, "SCMP_ACT_NOTIFY") == 0)
			return true;
	return false;
}

#define RECEIVER "run.oci.seccomp.receiver"

const char *compile_receiver(const struct spec *spec, const struct compile_options *options,
			     const char **ret_pointer)
{
	const struct spec_seccomp *seccomp = spec->linux_->seccomp;
	const char *path = NULL;

	*ret_pointer = SECCOMP "/listenerPath";
	if (!seccomp || !notifies(seccomp))
		return NULL;
	if (seccomp->listener_path)
		return seccomp->listener_path;
	for (uint32_t i = 0; i < spec->annotations.count; i++)
		if (strcmp(spec->annotations.items[i].key, RECEIVER) == 0)
			path = spec->annotations.items[i].value;
	*ret_pointer = path ? "/annotations/" RECEIVER : "";
	return path ? path : options->receiver;
}

/* LNX-06: somebody must listen, at a path that means the same for everybody. */
static int check_receiver(struct compile *c, const struct spec_seccomp *seccomp)
{
	const char *pointer, *path = compile_receiver(c->spec, c->options, &pointer);

	if (!notifies(seccomp))
		return 0;
	if (!path || !*path)
		return compile_refuse(c, SECCOMP, "SCMP_ACT_NOTIFY needs linux.seccomp.listenerPath");
	if (path[0] != '/')
		return compile_refuse(c, pointer, "the seccomp receiver \"%s\" is not an absolute path",
				      path);
	return 0;
}

/* Absent flags mean SPEC_ALLOW, as in runc (LNX-05): the mitigation costs and protects only the container
 * from itself. An empty list means none. */
static uint32_t filter_flags(const struct spec_seccomp *seccomp)
{
	uint32_t flags = seccomp->has_flags ? 0 : PLAN_FILTER_SPEC_ALLOW;

	for (uint32_t i = 0; i < seccomp->flags.count; i++) {
		const struct word *word = words_find(words_seccomp_flags, seccomp->flags.items[i]);

		flags |= word ? (uint32_t)word->value & PLAN_ALL_filter_flags : 0;
	}
	/* the kernel refuses WAIT_KILLABLE where nothing waits */
	if (notifies(seccomp))
		flags |= PLAN_FILTER_NEW_LISTENER;
	else
		flags &= ~(uint32_t)PLAN_FILTER_WAIT_KILLABLE;
	return flags;
}

int compile_seccomp(struct arena *arena, const struct spec_seccomp *seccomp, const struct facts *facts,
		    const char *cache, struct compiled_filter *ret, struct error *error)
{
	struct build b = { .arena = arena, .seccomp = seccomp, .error = error };
	struct compiled_filter filter = { NULL, 0, 0 };
	bool keep = cache && seccomp->text && seccomp->text_length;
	int r = 0;

	if (!keep || !filter_cache_read(arena, cache, seccomp, facts, &filter)) {
		r = build(&b, &filter);
		if (r >= 0 && keep)
			filter_cache_write(arena, cache, seccomp, facts, &filter);
	}
	if (r < 0)
		return r;
	filter.flags = filter_flags(seccomp);
	*ret = filter;
	return 0;
}

/* ANN-07: a name that this libseccomp does not know is left out, unless the config says otherwise. */
static int check_names(struct compile *c, const struct spec_seccomp *seccomp)
{
	if (!compile_annotation(c, "run.oci.seccomp_fail_unknown_syscall"))
		return 0;
	for (uint32_t i = 0; i < seccomp->rule_count; i++)
		for (uint32_t k = 0; k < seccomp->rules[i].names.count; k++)
			if (seccomp_syscall_resolve_name(seccomp->rules[i].names.items[k]) == __NR_SCMP_ERROR)
				return compile_refuse(
					c, compile_pointer(c, SECCOMP "/syscalls/%u/names/%u", i, k),
					"unknown syscall \"%s\"", seccomp->rules[i].names.items[k]);
	return 0;
}

#define RAW_FILTER "run.oci.seccomp_bpf_data"

bool compile_has_filter(const struct compile *c)
{
	return c->spec->linux_->seccomp || compile_annotation_value(c, RAW_FILTER);
}

/* Base64 with its padding (RFC 4648). The bytes, or -1: something else. */
static int64_t decode(const char *text, size_t length, unsigned char *bytes)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t digits = length, count = 0;
	uint32_t bits = 0;

	while (digits && text[digits - 1] == '=' && length - digits < 2)
		digits--;
	if (length % 4 != 0)
		return -1;
	for (size_t i = 0; i < digits; i++) {
		const char *digit = strchr(alphabet, text[i]);

		if (!digit)
			return -1;
		bits = bits << 6 | (uint32_t)(digit - alphabet);
		if (i % 4 != 0)
			bytes[count++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	return (int64_t)count;
}

/* ANN-08: a filter that somebody else has compiled, instead of the section; the flags are still its. What is
 * no filter the kernel refuses when it is loaded. */
static int raw_filter(struct compile *c, const char *text)
{
	const struct spec_seccomp *seccomp = c->spec->linux_->seccomp;
	size_t length = strlen(text);
	unsigned char *bytes = arena_alloc(c->arena, length + 1);
	int64_t count = decode(text, length, bytes);
	struct plan_seccomp record = { .flags = seccomp ? filter_flags(seccomp) : 0 };

	if (count <= 0 || count % (int64_t)sizeof(struct sock_filter) || count > PLAN_MAX_BPF)
		return compile_refuse(c, "/annotations/" RAW_FILTER,
				      "must be base64 of 1 to 4096 filter instructions");
	if (record.flags & PLAN_FILTER_NEW_LISTENER)
		return compile_refuse(c, "/annotations/" RAW_FILTER,
				      "cannot stand beside a section with SCMP_ACT_NOTIFY");
	record.filter = writer_blob(c->writer, bytes, (uint32_t)count);
	WRITER_ADD(c->writer, SECCOMP, seccomp, &record, "/annotations/" RAW_FILTER);
	return 0;
}

int compile_filter(struct compile *c)
{
	const char *raw = compile_annotation_value(c, RAW_FILTER);
	const struct spec_seccomp *seccomp = c->spec->linux_->seccomp;
	struct compiled_filter filter;
	struct plan_seccomp record;
	int r;

	if (raw)
		return raw_filter(c, raw);
	if (!seccomp)
		return 0;
	r = check_receiver(c, seccomp);
	if (r >= 0)
		r = check_names(c, seccomp);
	if (r < 0)
		return r;
	r = compile_seccomp(c->arena, seccomp, c->facts, c->options->cache, &filter, c->error);
	if (r < 0)
		return r;
	record = (struct plan_seccomp){ .flags = filter.flags,
					.filter = writer_blob(c->writer, filter.bytes, filter.length) };
	if (filter.flags & PLAN_FILTER_NEW_LISTENER)
		WRITER_ADD(c->writer, LISTENER, seccomp, &record, SECCOMP);
	else
		WRITER_ADD(c->writer, SECCOMP, seccomp, &record, SECCOMP);
	return 0;
}
