/* Old limits and a change to them: see update.h. One row a number; lists are keyed by what the kernel keys
 * them by, and the later entry wins.
 */
#include <string.h>

#include "cgroup/idle.h"
#include "cgroup/update.h"

#define ROW(member, flag, zero_counts)                                                                      \
	{                                                                                                   \
		offsetof(struct spec_resources, member), offsetof(struct spec_resources, flag), zero_counts \
	}

/* Numbers of 64 bits. Where zero does not count it means "leave it", as in Go. */
static const struct number_row {
	size_t at, has;
	bool zero_counts;
} numbers[] = {
	ROW(memory_limit, has_memory_limit, false),
	ROW(memory_reservation, has_memory_reservation, false),
	ROW(memory_swap, has_memory_swap, false),
	ROW(memory_swappiness, has_memory_swappiness, true),
	ROW(cpu_shares, has_shares, false),
	ROW(cpu_quota, has_quota, false),
	ROW(cpu_period, has_period, false),
	ROW(cpu_burst, has_burst, true),
	ROW(cpu_rt_runtime, has_rt_runtime, false),
	ROW(cpu_rt_period, has_rt_period, false),
	ROW(cpu_idle, has_idle, true),
	ROW(pids_limit, has_pids_limit, true),
};

static void take_number(struct spec_resources *to, const struct spec_resources *from,
			const struct number_row *row)
{
	const char *source = (const char *)from;
	char *target = (char *)to;
	uint64_t value;

	memcpy(&value, source + row->at, sizeof value);
	if (!*(const bool *)(source + row->has) || (value == 0 && !row->zero_counts))
		return;
	memcpy(target + row->at, &value, sizeof value);
	*(bool *)(target + row->has) = true;
}

static void take_numbers(struct spec_resources *to, const struct spec_resources *from)
{
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		take_number(to, from, &numbers[i]);
	if (from->has_disable_oom_killer) {
		to->has_disable_oom_killer = true;
		to->disable_oom_killer = from->disable_oom_killer;
	}
	if (from->check_before_update)
		to->check_before_update = true;
	if (from->cpus && *from->cpus)
		to->cpus = from->cpus;
	if (from->mems && *from->mems)
		to->mems = from->mems;
	if (from->net_class)
		to->net_class = from->net_class;
	if (from->unified.count) /* UPD-22: as a whole */
		to->unified = from->unified;
}

/* ---- lists ----------------------------------------------------------------------------------------------
 */

typedef bool same_key(const void *a, const void *b);
typedef void take_entry(void *to, const void *from);

static bool same_device(const void *a, const void *b)
{
	const struct spec_io_device *x = a, *y = b;

	return x->major == y->major && x->minor == y->minor;
}

static void take_weight(void *to, const void *from)
{
	struct spec_io_device *old = to;
	const struct spec_io_device *device = from;

	if (device->weight)
		old->weight = device->weight;
	if (device->leaf_weight)
		old->leaf_weight = device->leaf_weight;
}

static void take_rate(void *to, const void *from)
{
	((struct spec_io_device *)to)->rate = ((const struct spec_io_device *)from)->rate;
}

static bool same_size(const void *a, const void *b)
{
	return !strcmp(((const struct spec_hugepages *)a)->size, ((const struct spec_hugepages *)b)->size);
}

static void take_limit(void *to, const void *from)
{
	((struct spec_hugepages *)to)->limit = ((const struct spec_hugepages *)from)->limit;
}

static bool same_interface(const void *a, const void *b)
{
	const struct spec_net_priority *x = a, *y = b;

	return !strcmp(x->name, y->name);
}

static void take_priority(void *to, const void *from)
{
	((struct spec_net_priority *)to)->priority = ((const struct spec_net_priority *)from)->priority;
}

static bool same_rdma(const void *a, const void *b)
{
	return !strcmp(((const struct spec_rdma *)a)->device, ((const struct spec_rdma *)b)->device);
}

static void take_rdma(void *to, const void *from)
{
	struct spec_rdma *old = to;
	const struct spec_rdma *rdma = from;

	if (rdma->has_handles) {
		old->has_handles = true;
		old->handles = rdma->handles;
	}
	if (rdma->has_objects) {
		old->has_objects = true;
		old->objects = rdma->objects;
	}
}

/* A list as merging sees it. */
struct list {
	uint32_t *count;
	void **items;
	size_t size;
	same_key *same;
	take_entry *take;
};

static void upsert_one(const struct list *list, const void *entry)
{
	char *items = *list->items;

	for (uint32_t i = 0; i < *list->count; i++)
		if (list->same(items + i * list->size, entry)) {
			list->take(items + i * list->size, entry);
			return;
		}
	memcpy(items + (*list->count)++ * list->size, entry, list->size);
}

/* Into a copy with room for all: the old list is the caller's. */
static void upsert(struct arena *arena, const struct list *list, uint32_t count, const void *entries)
{
	char *copy;

	if (!count)
		return;
	copy = arena_alloc(arena, (*list->count + count) * list->size);
	if (*list->count)
		memcpy(copy, *list->items, *list->count * list->size);
	*list->items = copy;
	for (uint32_t i = 0; i < count; i++)
		upsert_one(list, (const char *)entries + i * list->size);
}

static void upsert_devices(struct arena *arena, struct spec_io_devices *to,
			   const struct spec_io_devices *from, take_entry *take)
{
	void *items = to->items;
	const struct list list = { &to->count, &items, sizeof *to->items, same_device, take };

	upsert(arena, &list, from->count, from->items);
	to->items = items;
}

static void take_lists(struct arena *arena, struct spec_resources *to, const struct spec_resources *from)
{
	void *pages = to->hugepages, *priorities = to->net_priorities, *rdma = to->rdma;
	const struct list lists[] = {
		{ &to->hugepage_count, &pages, sizeof *to->hugepages, same_size, take_limit },
		{ &to->net_priority_count, &priorities, sizeof *to->net_priorities, same_interface,
		  take_priority },
		{ &to->rdma_count, &rdma, sizeof *to->rdma, same_rdma, take_rdma },
	};

	upsert(arena, &lists[0], from->hugepage_count, from->hugepages);
	upsert(arena, &lists[1], from->net_priority_count, from->net_priorities);
	upsert(arena, &lists[2], from->rdma_count, from->rdma);
	to->hugepages = pages;
	to->net_priorities = priorities;
	to->rdma = rdma;
	if (from->block_io.weight)
		to->block_io.weight = from->block_io.weight;
	if (from->block_io.leaf_weight)
		to->block_io.leaf_weight = from->block_io.leaf_weight;
	upsert_devices(arena, &to->block_io.weights, &from->block_io.weights, take_weight);
	for (size_t i = 0; i < SPEC_THROTTLES; i++)
		upsert_devices(arena, &to->block_io.throttle[i], &from->block_io.throttle[i], take_rate);
}

/* ---- what goes together ---------------------------------------------------------------------------------
 */

static void tie(bool *has, int64_t *value, bool all_has, int64_t all)
{
	*has = all_has;
	*value = all;
}

/* v2 has quota and period in one file (UPD-04), and swap without memory, so both numbers are needed for it.
 */
static void add_ties(struct spec_resources *asked, const struct spec_resources *all)
{
	if (asked->has_memory_limit || asked->has_memory_swap) {
		tie(&asked->has_memory_limit, &asked->memory_limit, all->has_memory_limit, all->memory_limit);
		tie(&asked->has_memory_swap, &asked->memory_swap, all->has_memory_swap, all->memory_swap);
	}
	if (asked->has_quota || asked->has_period) {
		tie(&asked->has_quota, &asked->cpu_quota, all->has_quota, all->cpu_quota);
		asked->has_period = all->has_period;
		asked->cpu_period = all->cpu_period;
	}
	/* UPD-12: an idle group takes no shares, and one that is idle no longer has lost them */
	if (asked->has_idle || asked->has_shares) {
		tie(&asked->has_idle, &asked->cpu_idle, all->has_idle, all->cpu_idle);
		asked->has_shares = all->has_shares;
		asked->cpu_shares = all->cpu_shares;
	}
}

void resources_merge(struct arena *arena, const struct spec_resources *saved,
		     const struct spec_resources *change, struct spec_resources *ret_all,
		     struct spec_resources *ret_asked)
{
	struct spec_resources all = *saved, asked = { 0 };

	all.device_count = 0;
	all.devices = NULL;
	take_numbers(&asked, change);
	take_lists(arena, &asked, change);
	/* UPD-13: no limit for memory alone would leave it at the one for memory and swap together */
	if (asked.has_memory_limit && asked.memory_limit < 0 && !asked.has_memory_swap)
		tie(&asked.has_memory_swap, &asked.memory_swap, true, -1);
	idle_settle(arena, saved, &asked);
	take_numbers(&all, &asked);
	take_lists(arena, &all, change);
	add_ties(&asked, &all);
	asked.check_before_update = all.check_before_update;
	*ret_all = all;
	*ret_asked = asked;
}
