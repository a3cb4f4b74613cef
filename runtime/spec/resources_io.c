/* The resources that few configs have: blockIO, hugepageLimits, network, rdma. As written; what cgroup v1 or
 * v2 makes of them is compile's business.
 */
#include <string.h>

#include "objects.h"

#define IO(member) offsetof(struct spec_block_io, member)
#define DEVICE(member) offsetof(struct spec_io_device, member)

/* The kernel's range; 0 says nothing, as in Go. */
static int read_weight(struct reader *reader, const struct json_node *node, void *member)
{
	uint64_t weight = 0;
	int r = read_unsigned(reader, node, 1000, &weight);

	if (r == 0 && weight > 0 && weight < 10)
		r = spec_refuse(reader, "must be from 10 to 1000, not %u", (unsigned)weight);
	if (r == 0)
		*(uint32_t *)member = (uint32_t)weight;
	return r;
}

static int read_weight_device(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("major", JSON_NUMBER, read_u32, DEVICE(major)),
		KEY_REQUIRED("minor", JSON_NUMBER, read_u32, DEVICE(minor)),
		KEY("weight", JSON_NUMBER, read_weight, DEVICE(weight)),
		KEY("leafWeight", JSON_NUMBER, read_weight, DEVICE(leaf_weight)),
		{ 0 },
	};

	const struct spec_io_device *device = member;
	int r = read_object(reader, node, keys, member);

	/* 0 is absent: what Go writes for a pointer that says nothing */
	if (r == 0 && !device->weight && !device->leaf_weight)
		r = spec_refuse(reader, "needs weight or leafWeight");
	return r;
}

static int read_throttle_device(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("major", JSON_NUMBER, read_u32, DEVICE(major)),
		KEY_REQUIRED("minor", JSON_NUMBER, read_u32, DEVICE(minor)),
		KEY_REQUIRED("rate", JSON_NUMBER, read_u64, DEVICE(rate)),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

static int read_devices_of(struct reader *reader, const struct json_node *node, json_parser *parse,
			   struct spec_io_devices *ret)
{
	void *items;
	int r = read_array(reader, node, JSON_OBJECT, parse, sizeof(struct spec_io_device), &items,
			   &ret->count);

	ret->items = r < 0 ? NULL : items;
	return r;
}

static int read_weight_devices(struct reader *reader, const struct json_node *node, void *member)
{
	return read_devices_of(reader, node, read_weight_device, member);
}

static int read_throttle_devices(struct reader *reader, const struct json_node *node, void *member)
{
	return read_devices_of(reader, node, read_throttle_device, member);
}

int read_block_io(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY("weight", JSON_NUMBER, read_weight, IO(weight)),
		KEY("leafWeight", JSON_NUMBER, read_weight, IO(leaf_weight)),
		KEY("weightDevice", JSON_ARRAY, read_weight_devices, IO(weights)),
		KEY("throttleReadBpsDevice", JSON_ARRAY, read_throttle_devices, IO(throttle[0])),
		KEY("throttleWriteBpsDevice", JSON_ARRAY, read_throttle_devices, IO(throttle[1])),
		KEY("throttleReadIOPSDevice", JSON_ARRAY, read_throttle_devices, IO(throttle[2])),
		KEY("throttleWriteIOPSDevice", JSON_ARRAY, read_throttle_devices, IO(throttle[3])),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

/* It becomes part of a file's name: "2MB", "1GB", and nothing else (config-linux.md). */
static int read_page_size(struct reader *reader, const struct json_node *node, void *member)
{
	uint32_t digits = 0;

	while (digits < node->length && node->text[digits] >= '0' && node->text[digits] <= '9')
		digits++;
	if (digits == 0 || digits > 20 || node->text[0] == '0' || node->length != digits + 2 ||
	    !strchr("KMG", node->text[digits]) || node->text[digits + 1] != 'B')
		return spec_refuse(reader, "must be a size like 64KB, 2MB or 1GB, not \"%.*s\"",
				   (int)node->length, node->text);
	return read_string(reader, node, member);
}

static int read_hugepage(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("pageSize", JSON_STRING, read_page_size, offsetof(struct spec_hugepages, size)),
		KEY_REQUIRED("limit", JSON_NUMBER, read_u64, offsetof(struct spec_hugepages, limit)),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

int read_hugepages(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_resources *resources = member;
	void *items;
	int r = read_array(reader, node, JSON_OBJECT, read_hugepage, sizeof(struct spec_hugepages), &items,
			   &resources->hugepage_count);

	resources->hugepages = r < 0 ? NULL : items;
	return r;
}

/* One line of net_prio.ifpriomap: no name of an interface has a blank or more than 15 bytes. */
static int read_interface(struct reader *reader, const struct json_node *node, void *member)
{
	for (uint32_t i = 0; i < node->length; i++)
		if (node->text[i] <= ' ' || node->text[i] == '/')
			return spec_refuse(reader, "must be the name of an interface");
	if (!node->length || node->length > 15)
		return spec_refuse(reader, "must be the name of an interface (1 to 15 bytes)");
	return read_string(reader, node, member);
}

static int read_net_priority(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("name", JSON_STRING, read_interface, offsetof(struct spec_net_priority, name)),
		KEY_REQUIRED("priority", JSON_NUMBER, read_u32, offsetof(struct spec_net_priority, priority)),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

static int read_net_priorities(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_resources *resources = member;
	void *items;
	int r = read_array(reader, node, JSON_OBJECT, read_net_priority, sizeof(struct spec_net_priority),
			   &items, &resources->net_priority_count);

	resources->net_priorities = r < 0 ? NULL : items;
	return r;
}

int read_network(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY("classID", JSON_NUMBER, read_u32, offsetof(struct spec_resources, net_class)),
		KEY("priorities", JSON_ARRAY, read_net_priorities, 0),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

#define RDMA(member) offsetof(struct spec_rdma, member)

/* The keys are names of devices; each begins a line of rdma.max. */
int read_rdma(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_FLAG("hcaHandles", JSON_NUMBER, read_u32, RDMA(handles), RDMA(has_handles)),
		KEY_FLAG("hcaObjects", JSON_NUMBER, read_u32, RDMA(objects), RDMA(has_objects)),
		{ 0 },
	};
	struct spec_resources *resources = member;
	const struct json_node *key = node + 1;

	resources->rdma = arena_alloc(reader->arena, (node->count + 1) * sizeof *resources->rdma);
	for (uint32_t i = 0; i < node->count; i++, key += 1 + key[1].span) {
		struct spec_rdma *rdma = &resources->rdma[i];
		int r = read_type(reader, key + 1, JSON_OBJECT);

		rdma->device = read_text(reader, key);
		if (r == 0 && (!*rdma->device || strpbrk(rdma->device, " \t\n/")))
			r = spec_refuse(reader, "must be the name of a device");
		if (r == 0)
			r = read_object(reader, key + 1, keys, rdma);
		if (r == 0 && !rdma->has_handles && !rdma->has_objects)
			r = spec_refuse(reader, "needs hcaHandles or hcaObjects");
		if (r < 0)
			return error_in_key(reader, r, rdma->device);
	}
	resources->rdma_count = node->count;
	return 0;
}
