/* An idle group has no weight: the kernel refuses one for it (sched_group_set_shares() of
 * kernel/sched/fair.c). So of the two, asked for at once, cpu.idle wins; a weight alone ends idleness, as it
 * does with systemd, for which both are CPUWeight (BAT-46, UPD-12). In fields or in `unified`.
 */
#include <string.h>

#include "cgroup/idle.h"

static const char *unified(const struct spec_resources *resources, const char *file)
{
	for (uint32_t i = 0; i < resources->unified.count; i++)
		if (!strcmp(resources->unified.items[i].key, file))
			return resources->unified.items[i].value;
	return NULL;
}

static bool has_weight(const struct spec_resources *resources)
{
	return (resources->has_shares && resources->cpu_shares) || unified(resources, "cpu.weight");
}

static bool is_idle(const struct spec_resources *resources)
{
	const char *text = unified(resources, "cpu.idle");

	return text ? strcmp(text, "1") == 0 : resources->has_idle && resources->cpu_idle;
}

static bool says_idle(const struct spec_resources *resources)
{
	return resources->has_idle || unified(resources, "cpu.idle");
}

bool idle_wins(const struct spec_resources *change)
{
	return has_weight(change) && is_idle(change);
}

/* Into a copy: the list is the caller's. */
static void drop_weight(struct arena *arena, struct spec_pairs *pairs)
{
	struct spec_pair *copy = arena_alloc(arena, (pairs->count + 1) * sizeof *copy);
	uint32_t count = 0;

	for (uint32_t i = 0; i < pairs->count; i++)
		if (strcmp(pairs->items[i].key, "cpu.weight") != 0)
			copy[count++] = pairs->items[i];
	*pairs = (struct spec_pairs){ count, copy };
}

void idle_settle(struct arena *arena, const struct spec_resources *saved, struct spec_resources *asked)
{
	if (idle_wins(asked)) {
		drop_weight(arena, &asked->unified);
	} else if (has_weight(asked) && !says_idle(asked) && is_idle(saved)) {
		asked->has_idle = true;
		asked->cpu_idle = 0;
	}
}
