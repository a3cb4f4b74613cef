/* `linux.memoryPolicy`: set_mempolicy(2) for the container's first process, which all others inherit. The
 * words in the messages are those that clients know (BAT-37). Which nodes this host has is the kernel's to
 * say.
 */
#include <string.h>

#include "limits.h"
#include "number_list.h"
#include "objects.h"
#include "plan.h"

#define AT(member) offsetof(struct spec_memory_policy, member)

static const struct word *find(const struct json_node *node, const struct word *table)
{
	for (; table->word; table++)
		if (strlen(table->word) == node->length && !memcmp(table->word, node->text, node->length))
			return table;
	return NULL;
}

static int read_mode(struct reader *reader, const struct json_node *node, void *member)
{
	const struct word *word = find(node, words_memory_modes);

	if (!word)
		return spec_refuse(reader, "invalid memory policy mode \"%.*s\"", (int)node->length,
				   node->text);
	*(uint32_t *)member = (uint32_t)word->value;
	return 0;
}

static int read_flag(struct reader *reader, const struct json_node *node, void *member)
{
	const struct word *word = find(node, words_memory_flags);

	if (!word)
		return spec_refuse(reader, "invalid memory policy flag \"%.*s\"", (int)node->length,
				   node->text);
	*(uint64_t *)member = word->value;
	return 0;
}

static int read_flags(struct reader *reader, const struct json_node *node, void *member)
{
	uint32_t count = 0;
	void *items;
	int r = read_array(reader, node, JSON_STRING, read_flag, sizeof(uint64_t), &items, &count);

	for (uint32_t i = 0; r == 0 && i < count; i++)
		*(uint64_t *)member |= ((const uint64_t *)items)[i];
	return r;
}

static int read_nodes(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_memory_policy *policy = member;
	struct number_set set;

	if (!number_list_parse(node->text, node->length, PLAN_MAX_NODE, &set))
		return spec_refuse(reader,
				   "invalid memory policy node list \"%.*s\" (0 to %u, like \"0-3,7\")",
				   (int)node->length, node->text, PLAN_MAX_NODE);
	policy->nodes = arena_alloc(reader->arena, (PLAN_MAX_NODE + 1) * sizeof *policy->nodes);
	for (uint32_t i = 0; i <= PLAN_MAX_NODE; i++)
		if (number_set_has(&set, i))
			policy->nodes[policy->node_count++] = i;
	return 0;
}

/* What the kernel answers with EINVAL (mm/mempolicy.c, mpol_new), in words. */
static int check(struct reader *reader, const struct spec_memory_policy *policy)
{
	bool none = policy->mode == PLAN_MEMORY_DEFAULT || policy->mode == PLAN_MEMORY_LOCAL;
	const uint64_t placed = PLAN_MEMORY_STATIC_NODES | PLAN_MEMORY_RELATIVE_NODES;

	if (!policy->has_mode) /* BAT-37 */
		return error_in(reader->error,
				spec_refuse(reader, "invalid memory policy mode: must be present"), "mode");
	if (none && policy->node_count)
		return error_in(reader->error,
				spec_refuse(reader, "mode requires 0 nodes but got %u", policy->node_count),
				"nodes");
	if (!none && policy->mode != PLAN_MEMORY_PREFERRED && !policy->node_count)
		return error_in(reader->error, spec_refuse(reader, "mode requires at least 1 node but got 0"),
				"nodes");
	if ((policy->flags & placed) == placed)
		return error_in(
			reader->error,
			spec_refuse(reader,
				    "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other"),
			"flags");
	if (policy->flags & placed && !policy->node_count)
		return error_in(reader->error, spec_refuse(reader, "flags on nodes need nodes"), "flags");
	return 0;
}

int read_memory_policy(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_FLAG("mode", JSON_STRING, read_mode, AT(mode), AT(has_mode)),
		KEY("nodes", JSON_STRING, read_nodes, 0),
		KEY("flags", JSON_ARRAY, read_flags, AT(flags)),
		{ 0 },
	};
	struct spec_memory_policy *policy = arena_alloc(reader->arena, sizeof *policy);

	*(struct spec_memory_policy **)member = policy;
	int r = read_object(reader, node, keys, policy);
	return r < 0 ? r : check(reader, policy);
}
