/* Row `cgroup`: the container's group in each hierarchy, what is written there, and how the shim gets in.
 * v2 (and the v2 tree of a hybrid host): born in it. v1: the shim writes itself into `tasks`, which takes
 * 0.05 ms where cgroup.procs takes an RCU wait of several.
 */
#include "compile/rows.h"

#include <string.h>

#include "cgroup/path.h"

#define FORCE_V1 "run.oci.systemd.force_cgroup_v1"

/* Clients read their statistics from these whether or not there is a limit (CLIENTS, rule 19). */
static const char *const always[] = { "cpu", "cpuset", "io", "memory", "pids" };

bool compile_rootless_cgroups(const struct compile *c)
{
	enum rootless rootless = c->options->rootless;

	return rootless == ROOTLESS_TRUE ||
	       (rootless == ROOTLESS_AUTO && (c->facts->uid != 0 || c->facts->in_user_namespace));
}

static bool limits_cpu(const struct spec_resources *r)
{
	return r->has_shares || r->has_quota || r->has_period || r->has_burst || r->has_idle ||
	       r->has_rt_runtime || r->has_rt_period || r->cpus || r->mems;
}

static bool limits_memory(const struct spec_resources *r)
{
	return r->has_memory_limit || r->has_memory_reservation || r->has_memory_swap ||
	       r->has_memory_swappiness || r->has_disable_oom_killer;
}

static bool limits_io(const struct spec_block_io *io)
{
	bool listed = io->weights.count > 0;

	for (size_t i = 0; i < SPEC_THROTTLES; i++)
		listed = listed || io->throttle[i].count;
	return listed || io->weight || io->leaf_weight;
}

bool compile_has_limits(const struct compile *c)
{
	const struct spec_resources *r = c->spec->linux_->resources;

	return r && (limits_cpu(r) || limits_memory(r) || limits_io(&r->block_io) || r->has_pids_limit ||
		     r->hugepage_count || r->net_class || r->net_priority_count || r->rdma_count ||
		     r->unified.count);
}

const char *compile_number(struct compile *c, int64_t value)
{
	return arena_format(c->arena, "%lld", (long long)value);
}

void compile_write(struct compile *c, uint32_t group, const char *file, const char *value, uint64_t flags,
		   const char *source)
{
	struct plan_cgroup_write record = {
		.group = group,
		.file = writer_text(c->writer, file),
		.value = writer_text(c->writer, value),
		.flags = flags,
	};

	WRITER_ADD(c->writer, CGROUP, cgroup_write, &record, source);
}

bool compile_group(const struct compile *c, const char *controller, uint32_t *ret)
{
	const struct facts_hierarchy *hierarchy = cgroup_hierarchy(c->facts, controller);

	if (hierarchy)
		*ret = (uint32_t)(hierarchy - c->facts->hierarchies);
	return hierarchy != NULL;
}

/* What set-up itself needs: some MiB for the shim and its page tables, a few tasks, a share of a processor
 * that is not milliseconds in each second. Tighter limits are written when the container is ready. */
uint64_t compile_starves_memory(int64_t limit)
{
	return limit >= 0 && limit < 8 << 20 ? PLAN_WRITE_LATE : 0;
}

uint64_t compile_starves_pids(int64_t limit)
{
	return limit >= 0 && limit < 8 ? PLAN_WRITE_LATE : 0;
}

uint64_t compile_starves_cpu(int64_t quota, uint64_t period)
{
	return quota > 0 && (uint64_t)quota < period / 10 ? PLAN_WRITE_LATE : 0;
}

/* The kernel judges a deadline by the processors there are (BAT-38): not now one way and now the other. */
uint64_t compile_cpuset_time(const struct compile *c)
{
	return c->spec->process->scheduler ? PLAN_WRITE_EARLY : 0;
}

/* All that the host has, as other runtimes enable them: what the container's own managers may want, too.
 * First those that clients read. */
struct plan_list compile_controllers(struct compile *c)
{
	const char *words = c->facts->v2_controllers ? c->facts->v2_controllers : "";
	const char **items =
		arena_alloc(c->arena, (sizeof always / sizeof always[0] + strlen(words)) * sizeof *items);
	uint32_t count = 0;

	for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
		if (cgroup_has_word(words, always[i]))
			items[count++] = always[i];
	for (words += strspn(words, " "); *words; words += strspn(words, " ")) {
		size_t length = strcspn(words, " ");
		const char *name = arena_copy(c->arena, words, length);
		bool known = false;

		for (uint32_t k = 0; k < count; k++)
			known = known || strcmp(items[k], name) == 0;
		if (!known)
			items[count++] = name;
		words += length;
	}
	return writer_strings(c->writer, count, items);
}

/* The container sees its group as the root of a tree that it may write to; ret_source: which mount. */
static bool is_writable(struct compile *c, const char **ret_source)
{
	const struct spec *spec = c->spec;

	if (!compile_is_new(c, PLAN_NS_CGROUP))
		return false;
	for (uint32_t i = 0; i < spec->mount_count; i++) {
		const struct spec_mount *mount = &spec->mounts[i];
		bool cgroup = mount->type && strncmp(mount->type, "cgroup", 6) == 0;

		*ret_source = compile_pointer(c, "/mounts/%u", i);
		if (cgroup && !mount->bind && !((mount->attr_set | mount->super_set) & PLAN_ATTR_RDONLY))
			return true;
	}
	return false;
}

/* The unit's own group, or the one below it that the container is in. */
static const char *unit_group(struct compile *c, const struct systemd_unit *unit)
{
	return unit->subgroup ? arena_format(c->arena, "%s/%s", unit->path, unit->subgroup) : unit->path;
}

static const char *path_source(const struct compile *c)
{
	return c->spec->linux_->cgroups_path ? "/linux/cgroupsPath" : "";
}

/* The container's own group, around those that are delegated: nobody asks for them and goes on without. */
static void add_outer(struct compile *c, struct plan_cgroup *record, const char *path)
{
	struct plan_cgroup outer;

	record->flags &= ~(uint64_t)PLAN_CGROUP_OPTIONAL;
	outer = *record;
	outer.flags = (outer.flags & ~(uint64_t)PLAN_CGROUP_BORN) | PLAN_CGROUP_OUTER;
	WRITER_ADD(c->writer, CGROUP, cgroup, &outer, path_source(c));
	compile_delegated_groups(c, record, path);
}

static const char *add_group(struct compile *c, const struct facts_hierarchy *hierarchy)
{
	const struct spec_linux *linux_ = c->spec->linux_;
	const char *ignored;
	const struct systemd_unit *systemd = c->result->systemd;
	const char *path =
		systemd ? unit_group(c, systemd)
			: cgroup_path(c->arena, c->facts, hierarchy, linux_->cgroups_path, c->options->id);
	bool v2 = hierarchy->controllers[0] == 0;
	struct plan_cgroup record = {
		.version = v2 ? PLAN_CGROUP_V2 : PLAN_CGROUP_V1,
		.mount = writer_text(c->writer, hierarchy->mount),
		.path = writer_text(c->writer, path),
		.name = writer_text(c->writer, hierarchy->controllers),
		/* systemd has made its group by then, with the shim in it */
		.flags = systemd ? 0 : PLAN_CGROUP_MUST_BE_EMPTY,
	};

	if (v2 && !systemd)
		record.flags |= PLAN_CGROUP_BORN;
	/* without a group of its own the root of a writable tree would be the caller's: its limits, its
	 * processes */
	if (compile_rootless_cgroups(c) && !linux_->cgroups_path && !systemd && !is_writable(c, &ignored))
		record.flags |= PLAN_CGROUP_OPTIONAL;
	if (v2 && c->facts->cgroup_mode == CGROUP_MODE_V2)
		record.enable = compile_controllers(c);
	if (c->delegate_levels)
		add_outer(c, &record, path);
	else
		WRITER_ADD(c->writer, CGROUP, cgroup, &record, path_source(c));
	c->result->cgroups_path = path;
	return arena_format(c->arena, "%s%s", hierarchy->mount, strcmp(path, "/") == 0 ? "" : path);
}

/* Two sets of files for the same limits. */
int compile_resources(struct compile *c)
{
	int r = c->facts->cgroup_mode == CGROUP_MODE_V2 ? compile_limits_v2(c) : compile_limits_v1(c);

	return r < 0 ? r : compile_limits_io(c);
}

static int add_limits(struct compile *c)
{
	int r = 0;

	/* only the host's root may, in v1 and v2 */
	if (facts_is_admin(c->facts) && !c->facts->in_user_namespace)
		r = c->facts->cgroup_mode == CGROUP_MODE_V2 ? compile_devices_v2(c) : compile_devices_v1(c);
	return r < 0 ? r : compile_resources(c);
}

static void add_joins(struct compile *c)
{
	for (uint32_t i = 0; i < c->facts->hierarchy_count; i++) {
		struct plan_cgroup_join record = { .group = i };

		if (c->facts->hierarchies[i].controllers[0] == 0)
			continue; /* born there */
		record.tasks = writer_slot(c->writer);
		WRITER_ADD(c->writer, CGROUP_JOIN, cgroup_join, &record, "");
	}
}

/* The id on the host. A joined user namespace has maps that are the kernel's to know: false. */
static bool host_id(const struct compile *c, const struct spec_id_maps *maps, uint32_t id, uint64_t *ret)
{
	if (!compile_user_namespace(c)) {
		*ret = id;
		return true;
	}
	for (uint32_t i = 0; i < maps->count; i++) {
		const struct spec_id_map *map = &maps->items[i];

		if (id - map->container_id < map->size) {
			*ret = id - map->container_id + map->host_id;
			return true;
		}
	}
	return false;
}

/* CGR-09, ANN-13: then the program's user may make groups of its own below. */
static void add_owner(struct compile *c)
{
	const struct spec_process *process = c->spec->process;
	struct plan_cgroup_owner record = { .group = c->delegate_levels };
	const char *source = COMPILE_DELEGATE;

	if (c->facts->uid != 0 || c->facts->cgroup_mode != CGROUP_MODE_V2 ||
	    (!c->delegate_levels && !is_writable(c, &source)) ||
	    !host_id(c, &c->spec->linux_->uid_maps, process->uid, &record.uid) ||
	    !host_id(c, &c->spec->linux_->gid_maps, process->gid, &record.gid) || record.uid == 0)
		return;
	WRITER_ADD(c->writer, CGROUP, cgroup_owner, &record, source);
}

/* ANN-11: crun mounts a hierarchy of v1 there, which the administrator of a v2 host has set up. */
static int check_forced_v1(struct compile *c)
{
	const char *value = compile_annotation_value(c, FORCE_V1);

	if (!value || !*value || c->facts->cgroup_mode != CGROUP_MODE_V2)
		return 0;
	return compile_refuse(c, "/annotations/" FORCE_V1,
			      "no cgroup v1 is made for a container of a cgroup v2 host: an entry of mounts "
			      "can bind the host's own to %s",
			      value);
}

static int add_groups(struct compile *c)
{
	const char **dirs = arena_alloc(c->arena, (c->facts->hierarchy_count + 1u) * sizeof *dirs);
	int r = check_forced_v1(c);

	if (r == 0)
		r = compile_delegate(c);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < c->facts->hierarchy_count; i++)
		dirs[i] = add_group(c, &c->facts->hierarchies[i]);
	c->result->cgroup_dirs = (struct spec_strings){ c->facts->hierarchy_count, dirs };
	if (c->facts->hierarchy_count)
		r = add_limits(c);
	else if (c->spec->linux_->resources && (!compile_rootless_cgroups(c) || compile_has_limits(c)))
		r = compile_refuse(c, RESOURCES, "this host has no control groups for limits to be set in");
	if (r < 0)
		return r;
	add_owner(c);
	add_joins(c);
	return 0;
}

int compile_cgroup(struct compile *c)
{
	struct plan_affinity affinity = { .reset = 1 };
	int r = c->options->cgroupless ? compile_cgroupless(c) : add_groups(c);

	if (r == 0)
		WRITER_ADD(c->writer, CGROUP_JOIN, affinity, &affinity, "");
	return r;
}
