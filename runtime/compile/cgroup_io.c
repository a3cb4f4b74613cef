/* blockIO, hugepageLimits, network and rdma as files of cgroup v1 and v2 (LIM-26 to LIM-38). Which of two
 * schedulers weighs I/O is seen only when the files are there: both ways go into the plan.
 */
#include "compile/rows.h"

#include <string.h>

#include "cgroup/path.h"

#define BLOCK_IO RESOURCES "/blockIO"

/* Where the files of a controller are, or a refusal. */
static int find(struct compile *c, const char *v1, const char *v2, uint32_t *ret_group, const char *pointer)
{
	bool unified = c->facts->cgroup_mode == CGROUP_MODE_V2;

	*ret_group = 0;
	if (unified ? v2 && cgroup_has_word(c->facts->v2_controllers, v2) : compile_group(c, v1, ret_group))
		return 0;
	if (unified && !v2)
		return compile_refuse(c, pointer, "cannot be set: cgroup v2 has no controller \"%s\"", v1);
	return compile_refuse(c, pointer, "cannot be set: controller \"%s\" not available",
			      unified ? v2 : v1);
}

/* BFQ's 10..1000 to io.weight's 1..10000 (LIM-26). */
uint32_t compile_io_weight(uint32_t weight)
{
	return 1 + (weight - 10) * 9999 / 990;
}

/* `prefix`: "" or "major:minor ". */
static void weight(struct compile *c, uint32_t group, const char *prefix, uint32_t value, const char *pointer)
{
	bool v2 = c->facts->cgroup_mode == CGROUP_MODE_V2;
	const char *text = arena_format(c->arena, "%s%u", prefix, value);
	struct plan_cgroup_write record = { .group = group, .value = writer_text(c->writer, text) };

	if (v2) {
		record.file = writer_text(c->writer, "io.bfq.weight");
		record.other_file = writer_text(c->writer, "io.weight");
		text = arena_format(c->arena, "%s%u", prefix, compile_io_weight(value));
		record.other_value = writer_text(c->writer, text);
	} else {
		record.file =
			writer_text(c->writer, *prefix ? "blkio.bfq.weight_device" : "blkio.bfq.weight");
		record.other_file = writer_text(c->writer, *prefix ? "blkio.weight_device" : "blkio.weight");
		record.other_value = record.value;
	}
	WRITER_ADD(c->writer, CGROUP, cgroup_write, &record, pointer);
}

/* The scheduler that knew leaves, CFQ, went with Linux 5.0, and was never in v2. */
static int leaf_weight(struct compile *c, uint32_t group, const char *file, const char *value,
		       const char *pointer)
{
	if (c->facts->cgroup_mode == CGROUP_MODE_V2)
		return compile_refuse(c, pointer, "cannot be set: cgroup v2 has no weight of leaves");
	compile_write(c, group, file, value, 0, pointer);
	return 0;
}

static int weights(struct compile *c, uint32_t group, const struct spec_block_io *io)
{
	int r = 0;

	if (io->weight)
		weight(c, group, "", io->weight, BLOCK_IO "/weight");
	if (io->leaf_weight)
		r = leaf_weight(c, group, "blkio.leaf_weight", compile_number(c, io->leaf_weight),
				BLOCK_IO "/leafWeight");
	for (uint32_t i = 0; i < io->weights.count && r == 0; i++) {
		const struct spec_io_device *device = &io->weights.items[i];
		const char *pointer = compile_pointer(c, BLOCK_IO "/weightDevice/%u", i);
		const char *prefix = arena_format(c->arena, "%u:%u ", device->major, device->minor);

		if (device->weight)
			weight(c, group, prefix, device->weight, pointer);
		if (device->leaf_weight)
			r = leaf_weight(c, group, "blkio.leaf_weight_device",
					arena_format(c->arena, "%s%u", prefix, device->leaf_weight), pointer);
	}
	return r;
}

/* By index in spec_block_io.throttle. */
static const struct throttle {
	const char *key, *v1, *v2;
} throttles[] = {
	{ "throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps" },
	{ "throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps" },
	{ "throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops" },
	{ "throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops" },
};

/* 0 is v1's word for no limit; v2's is "max". */
static void throttle(struct compile *c, uint32_t group, const struct throttle *kind,
		     const struct spec_io_device *device, const char *pointer)
{
	const char *rate = arena_format(c->arena, "%llu", (unsigned long long)device->rate);

	if (c->facts->cgroup_mode == CGROUP_MODE_V2)
		compile_write(c, group, "io.max",
			      arena_format(c->arena, "%u:%u %s=%s", device->major, device->minor, kind->v2,
					   device->rate ? rate : "max"),
			      0, pointer);
	else
		compile_write(c, group, kind->v1,
			      arena_format(c->arena, "%u:%u %s", device->major, device->minor, rate), 0,
			      pointer);
}

static int block_io(struct compile *c, const struct spec_block_io *io)
{
	uint32_t group, wanted = io->weight + io->leaf_weight + io->weights.count;
	int r;

	for (size_t k = 0; k < SPEC_THROTTLES; k++)
		wanted += io->throttle[k].count;
	if (!wanted)
		return 0;
	r = find(c, "blkio", "io", &group, BLOCK_IO);
	if (r == 0)
		r = weights(c, group, io);
	for (size_t k = 0; k < SPEC_THROTTLES && r == 0; k++)
		for (uint32_t i = 0; i < io->throttle[k].count; i++)
			throttle(c, group, &throttles[k], &io->throttle[k].items[i],
				 compile_pointer(c, BLOCK_IO "/%s/%u", throttles[k].key, i));
	return r;
}

/* The reservation's limit (5.7) holds already when pages are mapped, not only when they are used. */
static int hugepages(struct compile *c, const struct spec_resources *s)
{
	const char *tail = c->facts->cgroup_mode == CGROUP_MODE_V2 ? "max" : "limit_in_bytes";
	uint32_t group;

	for (uint32_t i = 0; i < s->hugepage_count; i++) {
		const struct spec_hugepages *pages = &s->hugepages[i];
		const char *pointer = compile_pointer(c, RESOURCES "/hugepageLimits/%u", i);
		const char *limit = arena_format(c->arena, "%llu", (unsigned long long)pages->limit);
		int r = find(c, "hugetlb", "hugetlb", &group, pointer);

		if (r < 0)
			return r;
		compile_write(c, group, arena_format(c->arena, "hugetlb.%s.%s", pages->size, tail), limit, 0,
			      pointer);
		compile_write(c, group, arena_format(c->arena, "hugetlb.%s.rsvd.%s", pages->size, tail),
			      limit, PLAN_WRITE_MISSING_OK, pointer);
	}
	return 0;
}

/* v2 has neither: there BPF programs mark packets. */
static int network(struct compile *c, const struct spec_resources *s)
{
	uint32_t group;
	int r = 0;

	if (s->net_class) {
		r = find(c, "net_cls", NULL, &group, RESOURCES "/network/classID");
		if (r == 0)
			compile_write(c, group, "net_cls.classid", compile_number(c, s->net_class), 0,
				      RESOURCES "/network/classID");
	}
	for (uint32_t i = 0; i < s->net_priority_count && r == 0; i++) {
		const struct spec_net_priority *priority = &s->net_priorities[i];
		const char *pointer = compile_pointer(c, RESOURCES "/network/priorities/%u", i);

		r = find(c, "net_prio", NULL, &group, pointer);
		if (r == 0)
			compile_write(c, group, "net_prio.ifpriomap",
				      arena_format(c->arena, "%s %u", priority->name, priority->priority), 0,
				      pointer);
	}
	return r;
}

static int rdma(struct compile *c, const struct spec_resources *s)
{
	uint32_t group;

	for (uint32_t i = 0; i < s->rdma_count; i++) {
		const struct spec_rdma *limit = &s->rdma[i];
		const char *pointer = compile_pointer(c, RESOURCES "/rdma/%s", limit->device);
		const char *text = limit->device;
		int r = find(c, "rdma", "rdma", &group, pointer);

		if (r < 0)
			return r;
		if (limit->has_handles)
			text = arena_format(c->arena, "%s hca_handle=%u", text, limit->handles);
		if (limit->has_objects)
			text = arena_format(c->arena, "%s hca_object=%u", text, limit->objects);
		compile_write(c, group, "rdma.max", text, 0, pointer);
	}
	return 0;
}

int compile_limits_io(struct compile *c)
{
	const struct spec_resources *s = c->spec->linux_->resources;
	int r = s ? block_io(c, &s->block_io) : 0;

	if (s && r == 0)
		r = hugepages(c, s);
	if (s && r == 0)
		r = network(c, s);
	return s && r == 0 ? rdma(c, s) : r;
}
