/* `linux.resources`: numbers for the cgroup, as written. What they become in v1 or v2 is compile's business;
 * what no supported kernel has (kernel memory) is accepted without effect, as the specification's 1.3 says.
 */
#include <errno.h>
#include <string.h>

#include "objects.h"

#define AT(member) offsetof(struct spec_resources, member)
#define I64(key, member) KEY_FLAG(key, JSON_NUMBER, read_i64, AT(member), AT(has_##member))

/* Limits of kernel memory: Linux 5.4 deprecated them, 5.16 took them away. */
static int read_kernel_memory(struct reader *reader, const struct json_node *node, void *member)
{
	int64_t ignored;
	int r = read_signed(reader, node, INT64_MIN, INT64_MAX, &ignored);

	(void)member;
	if (r == 0)
		spec_warn(reader, "limits of kernel memory are ignored: the kernel has none any more");
	return r;
}

/* Always so since Linux 5.11, and in v2. */
static int read_hierarchy(struct reader *reader, const struct json_node *node, void *member)
{
	bool wanted;
	int r = read_bool(reader, node, &wanted);

	(void)member;
	if (r == 0 && !wanted)
		spec_warn(reader,
			  "memory.useHierarchy false is ignored: the limits of a group hold for those "
			  "below it, too");
	return r;
}

/* The kernel's range since Linux 5.8. */
static int read_swappiness(struct reader *reader, const struct json_node *node, void *member)
{
	return read_unsigned(reader, node, 200, member);
}

static int read_memory(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		I64("limit", memory_limit),
		I64("reservation", memory_reservation),
		I64("swap", memory_swap),
		KEY("kernel", JSON_NUMBER, read_kernel_memory, 0),
		KEY("kernelTCP", JSON_NUMBER, read_kernel_memory, 0),
		KEY_FLAG("swappiness", JSON_NUMBER, read_swappiness, AT(memory_swappiness),
			 AT(has_memory_swappiness)),
		KEY_FLAG("disableOOMKiller", JSON_BOOL, read_bool, AT(disable_oom_killer),
			 AT(has_disable_oom_killer)),
		KEY("useHierarchy", JSON_BOOL, read_hierarchy, 0),
		KEY("checkBeforeUpdate", JSON_BOOL, read_bool, AT(check_before_update)),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

static int read_idle(struct reader *reader, const struct json_node *node, void *member)
{
	return read_signed(reader, node, 0, 1, member);
}

/* What the kernel would refuse with EINVAL, whichever of the two were written first. */
static int check_cpu(struct reader *reader, const struct spec_resources *resources)
{
	if (resources->has_quota && resources->has_burst && resources->cpu_quota > 0 &&
	    resources->cpu_burst > (uint64_t)resources->cpu_quota)
		return error_in(reader->error, spec_refuse(reader, "must not be greater than the quota"),
				"burst");
	if (resources->has_rt_runtime && resources->has_rt_period && resources->cpu_rt_runtime > 0 &&
	    resources->cpu_rt_period && (uint64_t)resources->cpu_rt_runtime > resources->cpu_rt_period)
		return error_in(reader->error, spec_refuse(reader, "must not be greater than realtimePeriod"),
				"realtimeRuntime");
	return 0;
}

static int read_cpu(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_FLAG("shares", JSON_NUMBER, read_u64, AT(cpu_shares), AT(has_shares)),
		KEY_FLAG("quota", JSON_NUMBER, read_i64, AT(cpu_quota), AT(has_quota)),
		KEY_FLAG("period", JSON_NUMBER, read_u64, AT(cpu_period), AT(has_period)),
		KEY_FLAG("burst", JSON_NUMBER, read_u64, AT(cpu_burst), AT(has_burst)),
		KEY_FLAG("realtimeRuntime", JSON_NUMBER, read_i64, AT(cpu_rt_runtime), AT(has_rt_runtime)),
		KEY_FLAG("realtimePeriod", JSON_NUMBER, read_u64, AT(cpu_rt_period), AT(has_rt_period)),
		KEY("cpus", JSON_STRING, read_optional, AT(cpus)),
		KEY("mems", JSON_STRING, read_optional, AT(mems)),
		KEY_FLAG("idle", JSON_NUMBER, read_idle, AT(cpu_idle), AT(has_idle)),
		{ 0 },
	};

	int r = read_object(reader, node, keys, member);
	return r < 0 ? r : check_cpu(reader, member);
}

static int read_pids(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = { I64("limit", pids_limit), { 0 } };

	return read_object(reader, node, keys, member);
}

/* A key is the name of a file in the container's group: CONTROLLER.PARAMETER, never a path (LIM-39). */
static int read_unified(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_pairs *pairs = member;
	int r = read_pairs(reader, node, member);

	for (uint32_t i = 0; r == 0 && i < pairs->count; i++) {
		const char *key = pairs->items[i].key;

		if (strchr(key, '/'))
			r = spec_refuse(reader, "unified resource \"%s\" must be a file name (no slashes)",
					key);
		else if (!strchr(key, '.') || key[0] == '.')
			r = spec_refuse(reader,
					"unified resource \"%s\" must be in the form CONTROLLER.PARAMETER",
					key);
		error_in_key(reader, r, key);
	}
	return r;
}

static const struct key resource_keys[] = {
	KEY("devices", JSON_ARRAY, read_device_rules, 0),
	KEY("memory", JSON_OBJECT, read_memory, 0),
	KEY("cpu", JSON_OBJECT, read_cpu, 0),
	KEY("pids", JSON_OBJECT, read_pids, 0),
	KEY("unified", JSON_OBJECT, read_unified, AT(unified)),
	KEY("blockIO", JSON_OBJECT, read_block_io, AT(block_io)),
	KEY("hugepageLimits", JSON_ARRAY, read_hugepages, 0),
	KEY("network", JSON_OBJECT, read_network, 0),
	KEY("rdma", JSON_OBJECT, read_rdma, 0),
	{ 0 },
};

int read_resources(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_resources *resources = arena_alloc(reader->arena, sizeof *resources);

	*(struct spec_resources **)member = resources;
	return read_object(reader, node, resource_keys, resources);
}

int spec_parse_resources(struct arena *arena, const char *text, size_t length, struct spec_resources *ret,
			 struct spec_strings *ret_warnings, struct error *error)
{
	struct spec spec = { 0 }; /* takes the warnings */
	struct reader reader = { .spec = &spec, .arena = arena, .error = error };
	const struct json_node *object;
	int r = json_parse(arena, text, length, &object, error);

	if (r < 0)
		return r;
	*ret = (struct spec_resources){ 0 };
	if (object->type != JSON_OBJECT)
		return error_set(error, EINVAL, "the resources must be an object, not %s",
				 json_type_name(object->type));
	r = read_object(&reader, object, resource_keys + 1, ret); /* without device rules */
	*ret_warnings = spec.warnings;
	return r;
}
