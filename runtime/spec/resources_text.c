/* Resources as JSON, for state.json: what resources.c reads, one row a member. Members that say nothing are
 * left out, so the text is as long as what was asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "json_out.h"
#include "spec.h"

#define AT(member) offsetof(struct spec_resources, member)

enum kind { SIGNED, UNSIGNED, FLAG, TEXT };
struct row {
	const char *key;
	enum kind kind;
	size_t at, has; /* TEXT: there when it is not NULL; FLAG without `has` (0): when it is true */
};
#define NUMBER(key, kind, member)                       \
	{                                               \
		key, kind, AT(member), AT(has_##member) \
	}

static const struct row memory_rows[] = {
	NUMBER("limit", SIGNED, memory_limit),
	NUMBER("reservation", SIGNED, memory_reservation),
	NUMBER("swap", SIGNED, memory_swap),
	NUMBER("swappiness", UNSIGNED, memory_swappiness),
	NUMBER("disableOOMKiller", FLAG, disable_oom_killer),
	{ "checkBeforeUpdate", FLAG, AT(check_before_update), AT(check_before_update) },
	{ 0 },
};
static const struct row cpu_rows[] = {
	{ "shares", UNSIGNED, AT(cpu_shares), AT(has_shares) },
	{ "quota", SIGNED, AT(cpu_quota), AT(has_quota) },
	{ "period", UNSIGNED, AT(cpu_period), AT(has_period) },
	{ "burst", UNSIGNED, AT(cpu_burst), AT(has_burst) },
	{ "realtimeRuntime", SIGNED, AT(cpu_rt_runtime), AT(has_rt_runtime) },
	{ "realtimePeriod", UNSIGNED, AT(cpu_rt_period), AT(has_rt_period) },
	{ "cpus", TEXT, AT(cpus), 0 },
	{ "mems", TEXT, AT(mems), 0 },
	{ "idle", SIGNED, AT(cpu_idle), AT(has_idle) },
	{ 0 },
};
static const struct row pids_rows[] = { NUMBER("limit", SIGNED, pids_limit), { 0 } };

static const void *member(const struct spec_resources *resources, size_t at)
{
	return (const char *)resources + at;
}

static bool is_there(const struct spec_resources *resources, const struct row *row)
{
	if (row->kind == TEXT)
		return *(const char *const *)member(resources, row->at) != NULL;
	return *(const bool *)member(resources, row->has);
}

static void write_row(struct json_out *out, const struct spec_resources *resources, const struct row *row)
{
	const void *at = member(resources, row->at);

	json_out_key(out, row->key);
	if (row->kind == SIGNED)
		json_out_signed(out, *(const int64_t *)at);
	else if (row->kind == UNSIGNED)
		json_out_unsigned(out, *(const uint64_t *)at);
	else if (row->kind == FLAG)
		json_out_bool(out, *(const bool *)at);
	else
		json_out_string(out, *(const char *const *)at);
}

static void write_rows(struct json_out *out, const char *key, const struct spec_resources *resources,
		       const struct row *rows)
{
	bool opened = false;

	for (const struct row *row = rows; row->key; row++) {
		if (!is_there(resources, row))
			continue;
		if (!opened) {
			json_out_key(out, key);
			json_out_open(out, '{');
			opened = true;
		}
		write_row(out, resources, row);
	}
	if (opened)
		json_out_close(out, '}');
}

static void number(struct json_out *out, const char *key, uint64_t value)
{
	json_out_key(out, key);
	json_out_unsigned(out, value);
}

/* A member that says nothing when it is 0. */
static void weight(struct json_out *out, const char *key, uint32_t value)
{
	if (value)
		number(out, key, value);
}

static void write_devices(struct json_out *out, const char *key, const struct spec_io_devices *devices,
			  bool rates)
{
	if (!devices->count)
		return;
	json_out_key(out, key);
	json_out_open(out, '[');
	for (uint32_t i = 0; i < devices->count; i++) {
		const struct spec_io_device *device = &devices->items[i];

		json_out_open(out, '{');
		number(out, "major", device->major);
		number(out, "minor", device->minor);
		if (rates)
			number(out, "rate", device->rate);
		weight(out, "weight", device->weight);
		weight(out, "leafWeight", device->leaf_weight);
		json_out_close(out, '}');
	}
	json_out_close(out, ']');
}

static bool has_block_io(const struct spec_block_io *io)
{
	uint32_t count = io->weight + io->leaf_weight + io->weights.count;

	for (size_t i = 0; i < SPEC_THROTTLES; i++)
		count += io->throttle[i].count;
	return count != 0;
}

static void write_block_io(struct json_out *out, const struct spec_block_io *io)
{
	static const char *const throttles[SPEC_THROTTLES] = {
		"throttleReadBpsDevice",
		"throttleWriteBpsDevice",
		"throttleReadIOPSDevice",
		"throttleWriteIOPSDevice",
	};

	if (!has_block_io(io))
		return;
	json_out_key(out, "blockIO");
	json_out_open(out, '{');
	weight(out, "weight", io->weight);
	weight(out, "leafWeight", io->leaf_weight);
	write_devices(out, "weightDevice", &io->weights, false);
	for (size_t i = 0; i < SPEC_THROTTLES; i++)
		write_devices(out, throttles[i], &io->throttle[i], true);
	json_out_close(out, '}');
}

static void write_hugepages(struct json_out *out, const struct spec_resources *resources)
{
	if (!resources->hugepage_count)
		return;
	json_out_key(out, "hugepageLimits");
	json_out_open(out, '[');
	for (uint32_t i = 0; i < resources->hugepage_count; i++) {
		json_out_open(out, '{');
		json_out_member(out, "pageSize", resources->hugepages[i].size);
		number(out, "limit", resources->hugepages[i].limit);
		json_out_close(out, '}');
	}
	json_out_close(out, ']');
}

static void write_network(struct json_out *out, const struct spec_resources *resources)
{
	if (!resources->net_class && !resources->net_priority_count)
		return;
	json_out_key(out, "network");
	json_out_open(out, '{');
	weight(out, "classID", resources->net_class);
	json_out_key(out, "priorities");
	json_out_open(out, '[');
	for (uint32_t i = 0; i < resources->net_priority_count; i++) {
		json_out_open(out, '{');
		json_out_member(out, "name", resources->net_priorities[i].name);
		number(out, "priority", resources->net_priorities[i].priority);
		json_out_close(out, '}');
	}
	json_out_close(out, ']');
	json_out_close(out, '}');
}

static void write_rdma(struct json_out *out, const struct spec_resources *resources)
{
	if (!resources->rdma_count)
		return;
	json_out_key(out, "rdma");
	json_out_open(out, '{');
	for (uint32_t i = 0; i < resources->rdma_count; i++) {
		const struct spec_rdma *rdma = &resources->rdma[i];

		json_out_key(out, rdma->device);
		json_out_open(out, '{');
		if (rdma->has_handles)
			number(out, "hcaHandles", rdma->handles);
		if (rdma->has_objects)
			number(out, "hcaObjects", rdma->objects);
		json_out_close(out, '}');
	}
	json_out_close(out, '}');
}

static void write_unified(struct json_out *out, const struct spec_pairs *unified)
{
	if (!unified->count)
		return;
	json_out_key(out, "unified");
	json_out_open(out, '{');
	for (uint32_t i = 0; i < unified->count; i++)
		json_out_member(out, unified->items[i].key, unified->items[i].value);
	json_out_close(out, '}');
}

const char *spec_resources_text(struct arena *arena, const struct spec_resources *resources)
{
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);
	struct json_out out = { .file = file };

	if (!file)
		return NULL;
	json_out_open(&out, '{');
	write_rows(&out, "memory", resources, memory_rows);
	write_rows(&out, "cpu", resources, cpu_rows);
	write_rows(&out, "pids", resources, pids_rows);
	write_block_io(&out, &resources->block_io);
	write_hugepages(&out, resources);
	write_network(&out, resources);
	write_rdma(&out, resources);
	write_unified(&out, &resources->unified);
	json_out_close(&out, '}');
	const char *copy = fclose(file) == 0 ? arena_copy(arena, text, length) : NULL;
	free(text);
	return copy;
}
