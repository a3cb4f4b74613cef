/* Facts from a file instead of this host: plans for another device, and golden plans that are the same on
 * every machine. Its members are those of struct facts; an unknown one is refused, so that a misspelt fact
 * is not a silent default.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "spec/json.h"

enum kind { NUMBER32, NUMBER64, FLAG, TEXT, MODE, HIERARCHIES };

struct member {
	const char *name;
	enum kind kind;
	size_t offset;
};
/* clang-format off */
#define MEMBER(name, kind) { #name, kind, offsetof(struct facts, name) }
static const struct member members[] = {
	MEMBER(uid, NUMBER32),		    MEMBER(gid, NUMBER32),
	MEMBER(capabilities, NUMBER64),	    MEMBER(last_capability, NUMBER32),
	MEMBER(kernel_major, NUMBER32),	    MEMBER(kernel_minor, NUMBER32),
	MEMBER(audit_arch, NUMBER32),	    MEMBER(machine, TEXT),
	MEMBER(in_user_namespace, FLAG),    MEMBER(owns_mounts, FLAG),
	MEMBER(setgroups_denied, FLAG),	    MEMBER(cgroup_mode, MODE),
	MEMBER(hierarchies, HIERARCHIES),   MEMBER(v2_controllers, TEXT),
	MEMBER(apparmor, FLAG),		    MEMBER(selinux, FLAG),
	MEMBER(clone_into_cgroup, FLAG),    MEMBER(has_kcore, FLAG),
	MEMBER(cgroup_namespaces, FLAG),    MEMBER(time_namespaces, FLAG),
	MEMBER(resctrl, TEXT),		    MEMBER(resctrl_info, TEXT),
};
/* clang-format on */
static const char *const modes[] = { "none", "v1", "hybrid", "v2" }; /* by enum cgroup_mode */

struct facts_reader {
	struct arena *arena;
	struct facts *facts;
	struct error *error;
};

static bool is_text(const struct json_node *node, const char *text)
{
	return node->length == strlen(text) && memcmp(node->text, text, node->length) == 0;
}

static int wrong(struct facts_reader *reader, const struct json_node *key, const char *want)
{
	return error_set(reader->error, -EINVAL, "host facts: \"%.*s\" must be %s", (int)key->length,
			 key->text, want);
}

static const char *copy(struct facts_reader *reader, const struct json_node *node)
{
	return arena_copy(reader->arena, node->text, node->length);
}

static int read_hierarchy(struct facts_reader *reader, const struct json_node *key,
			  const struct json_node *object, struct facts_hierarchy *ret)
{
	const struct json_node *node = object + 1;

	*ret = (struct facts_hierarchy){ "", "", "/" };
	if (object->type != JSON_OBJECT)
		return wrong(reader, key, "a list of objects");
	for (uint32_t i = 0; i < object->count; i++) {
		const struct json_node *value = node + 1;

		if (value->type != JSON_STRING)
			return wrong(reader, node, "a string");
		if (is_text(node, "mount"))
			ret->mount = copy(reader, value);
		else if (is_text(node, "controllers"))
			ret->controllers = copy(reader, value);
		else if (is_text(node, "own"))
			ret->own = copy(reader, value);
		else
			return wrong(reader, node, "mount, controllers or own");
		node = value + value->span;
	}
	return ret->mount[0] == '/' ? 0 : wrong(reader, key, "a list of hierarchies with an absolute mount");
}

static int read_hierarchies(struct facts_reader *reader, const struct json_node *key,
			    const struct json_node *list)
{
	const struct json_node *node = list + 1;
	struct facts_hierarchy *items;
	int r = 0;

	if (list->type != JSON_ARRAY)
		return wrong(reader, key, "a list");
	items = arena_alloc(reader->arena, (list->count + 1u) * sizeof *items);
	for (uint32_t i = 0; i < list->count && r >= 0; i++) {
		r = read_hierarchy(reader, key, node, &items[i]);
		node += node->span;
	}
	reader->facts->hierarchies = items;
	reader->facts->hierarchy_count = list->count;
	return r;
}

static int read_number(struct facts_reader *reader, const struct json_node *key,
		       const struct json_node *value, uint64_t greatest, uint64_t *ret)
{
	char *end;
	unsigned long long number;
	const char *text = copy(reader, value);

	errno = 0;
	number = strtoull(text, &end, 10);
	if (value->type != JSON_NUMBER || errno || *end || *text == '-' || number > greatest)
		return wrong(reader, key, "a whole number in range");
	*ret = number;
	return 0;
}

static int read_mode(struct facts_reader *reader, const struct json_node *key, const struct json_node *value)
{
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
		if (value->type == JSON_STRING && is_text(value, modes[i])) {
			reader->facts->cgroup_mode = (enum cgroup_mode)i;
			return 0;
		}
	return wrong(reader, key, "none, v1, hybrid or v2");
}

static int read_member(struct facts_reader *reader, const struct member *member, const struct json_node *key,
		       const struct json_node *value)
{
	void *at = (char *)reader->facts + member->offset;
	uint64_t number = 0;
	int r = 0;

	switch (member->kind) {
	case NUMBER32:
	case NUMBER64:
		r = read_number(reader, key, value, member->kind == NUMBER32 ? UINT32_MAX : UINT64_MAX,
				&number);
		if (r >= 0 && member->kind == NUMBER32)
			*(uint32_t *)at = (uint32_t)number;
		else if (r >= 0)
			*(uint64_t *)at = number;
		return r;
	case FLAG:
		*(bool *)at = is_text(value, "true");
		return value->type == JSON_BOOL ? 0 : wrong(reader, key, "true or false");
	case TEXT:
		*(const char **)at = copy(reader, value);
		return value->type == JSON_STRING ? 0 : wrong(reader, key, "a string");
	case MODE:
		return read_mode(reader, key, value);
	case HIERARCHIES:
		return read_hierarchies(reader, key, value);
	}
	return r;
}

static int read_any(struct facts_reader *reader, const struct json_node *key, const struct json_node *value)
{
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		if (is_text(key, members[i].name))
			return read_member(reader, &members[i], key, value);
	return error_set(reader->error, -EINVAL, "host facts: unknown member \"%.*s\"", (int)key->length,
			 key->text);
}

int facts_parse(struct arena *arena, const char *text, size_t length, struct facts *ret, struct error *error)
{
	struct facts facts = { .machine = "", .v2_controllers = "" };
	struct facts_reader reader = { arena, &facts, error };
	const struct json_node *root, *key;
	int r = json_parse(arena, text, length, &root, error);

	if (r < 0)
		return r;
	if (root->type != JSON_OBJECT)
		return error_set(error, -EINVAL, "host facts must be an object");
	key = root + 1;
	for (uint32_t i = 0; i < root->count && r >= 0; i++) {
		r = read_any(&reader, key, key + 1);
		key += 1 + key[1].span;
	}
	if (r >= 0)
		*ret = facts;
	return r;
}
