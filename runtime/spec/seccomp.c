/* `linux.seccomp`: the words are checked here, the filter is libseccomp's work (compile/seccomp.c). Words
 * point into the tables, so that a rule with four hundred names allocates little else than the names.
 */
#include <seccomp.h>
#include <string.h>

#include "objects.h"

#define AT(member) offsetof(struct spec_seccomp, member)
#define RULE(member) offsetof(struct spec_seccomp_rule, member)
#define ARG(member) offsetof(struct spec_seccomp_arg, member)

static int read_action(struct reader *reader, const struct json_node *node, void *member)
{
	const struct word *word = NULL;
	int r = read_word(reader, node, words_seccomp_actions, "seccomp action", &word);

	if (r < 0)
		return r;
	*(const char **)member = word->word;
	return 0;
}

static int read_default_action(struct reader *reader, const struct json_node *node, void *member)
{
	static const char notify[] = "SCMP_ACT_NOTIFY";

	/* the agent that answers would itself wait for an answer (LNX-02) */
	if (node->length == sizeof notify - 1 && !memcmp(node->text, notify, node->length))
		return spec_refuse(reader, "%s cannot be used as default action", notify);
	return read_action(reader, node, member);
}

/* config-linux.md: an errnoRet that the action has no use for "MUST generate an error". */
static int check_errno(struct reader *reader, const char *action, uint32_t value, const char *key)
{
	bool is_errno = !strcmp(action, "SCMP_ACT_ERRNO"), is_trace = !strcmp(action, "SCMP_ACT_TRACE");
	/* the kernel's MAX_ERRNO is 4095, which libseccomp refuses; SECCOMP_RET_DATA has 16 bits */
	uint32_t greatest = is_errno ? 4094 : UINT16_MAX;
	int r = 0;

	if (!is_errno && !is_trace)
		r = spec_refuse(reader, "%s takes no errno (only SCMP_ACT_ERRNO and SCMP_ACT_TRACE)", action);
	else if (value > greatest)
		r = spec_refuse(reader, "must be from 0 to %u, not %u", greatest, value);
	return error_in(reader->error, r, key);
}

static int read_index(struct reader *reader, const struct json_node *node, void *member)
{
	uint64_t index;
	int r = read_unsigned(reader, node, 5, &index); /* six arguments has a system call */

	if (r == 0)
		*(uint32_t *)member = (uint32_t)index;
	return r;
}

static int read_operator(struct reader *reader, const struct json_node *node, void *member)
{
	const struct word *word = NULL;
	int r = read_word(reader, node, words_seccomp_operators, "seccomp operator", &word);

	if (r == 0)
		*(const char **)member = word->word;
	return r;
}

static int read_arg(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("index", JSON_NUMBER, read_index, ARG(index)),
		KEY_REQUIRED("value", JSON_NUMBER, read_u64, ARG(value)),
		KEY("valueTwo", JSON_NUMBER, read_u64, ARG(value_two)),
		KEY_REQUIRED("op", JSON_STRING, read_operator, ARG(op)),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

static int read_args(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_seccomp_rule *rule = member;
	void *items;
	int r = read_array(reader, node, JSON_OBJECT, read_arg, sizeof(struct spec_seccomp_arg), &items,
			   &rule->arg_count);

	rule->args = r < 0 ? NULL : items;
	return r;
}

static int read_names(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_strings *names = member;

	if (!node->count)
		return spec_refuse(reader, "must name at least one system call");
	int r = read_strings(reader, node, names);
	for (uint32_t i = 0; r == 0 && i < names->count; i++)
		if (!names->items[i][0])
			r = error_at(reader->error, spec_refuse(reader, "must not be empty"), i);
	return r;
}

static int read_rule(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("names", JSON_ARRAY, read_names, RULE(names)),
		KEY_REQUIRED("action", JSON_STRING, read_action, RULE(action)),
		KEY_FLAG("errnoRet", JSON_NUMBER, read_u32, RULE(errno_ret), RULE(has_errno)),
		KEY("args", JSON_ARRAY, read_args, 0),
		{ 0 },
	};
	const struct spec_seccomp_rule *rule = member;
	int r = read_object(reader, node, keys, member);

	return r == 0 && rule->has_errno ? check_errno(reader, rule->action, rule->errno_ret, "errnoRet") : r;
}

/* Who notifies of the calls that hand the listener over would wait for an agent that has nothing yet. write:
 * what other runtimes need for it (BAT-41). */
static int check_notify(struct reader *reader, const struct spec_seccomp_rule *rule)
{
	static const char *const needed[] = { "write", "sendmsg" };

	if (strcmp(rule->action, "SCMP_ACT_NOTIFY") != 0)
		return 0;
	for (uint32_t i = 0; i < rule->names.count; i++)
		for (size_t k = 0; k < sizeof needed / sizeof needed[0]; k++)
			if (strcmp(rule->names.items[i], needed[k]) == 0)
				return spec_refuse(reader,
						   "SCMP_ACT_NOTIFY cannot be used for the %s syscall",
						   needed[k]);
	return 0;
}

/* LNX-07. That somebody listens where a rule notifies is for compile/seccomp.c to see: an annotation or the
 * environment may name the socket too. */
static int check_listener(struct reader *reader, const struct spec_seccomp *seccomp)
{
	int r = 0;

	if (seccomp->listener_metadata && !seccomp->listener_path)
		return error_in(reader->error, spec_refuse(reader, "needs a listenerPath"),
				"listenerMetadata");
	for (uint32_t i = 0; i < seccomp->rule_count && r == 0; i++) {
		const struct spec_seccomp_rule *rule = &seccomp->rules[i];

		r = check_notify(reader, rule);
		error_in(reader->error, error_at(reader->error, r, i), "syscalls");
	}
	return r;
}

static int read_rules(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_seccomp *seccomp = member;
	void *items;
	int r = read_array(reader, node, JSON_OBJECT, read_rule, sizeof(struct spec_seccomp_rule), &items,
			   &seccomp->rule_count);

	seccomp->rules = r < 0 ? NULL : items;
	return r;
}

static int read_words(struct reader *reader, const struct json_node *node, const struct word *table,
		      const char *what, struct spec_strings *ret)
{
	const struct json_node *element = node + 1;

	ret->items = arena_alloc(reader->arena, (node->count + 1) * sizeof *ret->items);
	for (uint32_t i = 0; i < node->count; i++, element += element->span) {
		const struct word *word = NULL;
		int r = read_word(reader, element, table, what, &word);
		if (r < 0)
			return error_at(reader->error, r, i);
		ret->items[i] = word->word;
	}
	ret->count = node->count;
	return 0;
}

static int read_archs(struct reader *reader, const struct json_node *node, void *member)
{
	return read_words(reader, node, words_seccomp_archs, "seccomp architecture", member);
}

static int read_flags(struct reader *reader, const struct json_node *node, void *member)
{
	return read_words(reader, node, words_seccomp_flags, "seccomp flag", member);
}

int read_seccomp(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("defaultAction", JSON_STRING, read_default_action, AT(default_action)),
		KEY_FLAG("defaultErrnoRet", JSON_NUMBER, read_u32, AT(default_errno), AT(has_default_errno)),
		KEY("architectures", JSON_ARRAY, read_archs, AT(architectures)),
		KEY_FLAG("flags", JSON_ARRAY, read_flags, AT(flags), AT(has_flags)),
		KEY("listenerPath", JSON_STRING, read_optional, AT(listener_path)),
		KEY("listenerMetadata", JSON_STRING, read_optional, AT(listener_metadata)),
		KEY("syscalls", JSON_ARRAY, read_rules, 0),
		{ 0 },
	};
	struct spec_seccomp *seccomp = arena_alloc(reader->arena, sizeof *seccomp);
	int r = read_object(reader, node, keys, seccomp);

	*(struct spec_seccomp **)member = seccomp;
	seccomp->text = node->text;
	seccomp->text_length = node->length;
	if (r == 0 && seccomp->has_default_errno)
		r = check_errno(reader, seccomp->default_action, seccomp->default_errno, "defaultErrnoRet");
	return r == 0 ? check_listener(reader, seccomp) : r;
}
