/* `linux.namespaces`, the id maps and the clock offsets, and the rules that join them: what a container may
 * change is only what it has of its own (config-linux.md, "Namespaces"). Runc's texts are kept where
 * clients or its tests know them (NSP-01, NSP-12, NSP-13, CFG-05).
 */
#include <string.h>

#include "objects.h"
#include "plan.h"

#define AT(member) offsetof(struct spec_linux, member)

static int read_namespace_type(struct reader *reader, const struct json_node *node, void *member)
{
	const struct word *word = NULL;
	int r = read_word(reader, node, words_namespaces, "namespace", &word);

	if (r == 0)
		*(uint64_t *)member = word->value;
	return r;
}

static int read_namespace_path(struct reader *reader, const struct json_node *node, void *member)
{
	return node->length ? read_absolute(reader, node, member) : 0;
}

static int read_namespace(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("type", JSON_STRING, read_namespace_type, offsetof(struct spec_namespace, type)),
		KEY("path", JSON_STRING, read_namespace_path, offsetof(struct spec_namespace, path)),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

int read_namespaces(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_linux *linux_ = member;
	uint64_t seen = 0;
	void *items;
	int r = read_array(reader, node, JSON_OBJECT, read_namespace, sizeof(struct spec_namespace), &items,
			   &linux_->namespace_count);

	if (r < 0)
		return r;
	linux_->namespaces = items;
	for (uint32_t i = 0; r == 0 && i < linux_->namespace_count; i++) {
		uint64_t type = linux_->namespaces[i].type;

		if (seen & type)
			r = spec_refuse(reader, "malformed spec file: duplicated ns %s",
					words_name(words_namespaces, type));
		seen |= type;
		error_at(reader->error, r, i);
	}
	return r;
}

static int read_id_map(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("containerID", JSON_NUMBER, read_u32,
			     offsetof(struct spec_id_map, container_id)),
		KEY_REQUIRED("hostID", JSON_NUMBER, read_u32, offsetof(struct spec_id_map, host_id)),
		KEY_REQUIRED("size", JSON_NUMBER, read_u32, offsetof(struct spec_id_map, size)),
		{ 0 },
	};
	const struct spec_id_map *map = member;
	int r = read_object(reader, node, keys, member);

	if (r < 0)
		return r;
	if (!map->size)
		return error_in(reader->error, spec_refuse(reader, "must be at least 1"), "size");
	if (map->container_id > UINT32_MAX - map->size || map->host_id > UINT32_MAX - map->size)
		return spec_refuse(reader, "the range of ids goes past 4294967294");
	return 0;
}

static bool overlap(uint32_t one, uint32_t one_size, uint32_t two, uint32_t two_size)
{
	return one < two + two_size && two < one + one_size;
}

int id_maps_check(struct reader *reader, const struct spec_id_maps *maps)
{
	for (uint32_t i = 1; i < maps->count; i++)
		for (uint32_t n = 0; n < i; n++) {
			const struct spec_id_map *a = &maps->items[n], *b = &maps->items[i];

			if (overlap(a->container_id, a->size, b->container_id, b->size) ||
			    (a->relative == b->relative && overlap(a->host_id, a->size, b->host_id, b->size)))
				return error_at(reader->error,
						spec_refuse(reader, "overlaps with entry %u", n), i);
		}
	return 0;
}

int read_id_maps(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_id_maps *maps = member;
	void *items;
	int r;

	if (node->count > 340) /* UID_GID_MAP_MAX_EXTENTS of user_namespaces(7): all go in with one write */
		return spec_refuse(reader, "more than 340 ranges, which the kernel refuses");
	r = read_array(reader, node, JSON_OBJECT, read_id_map, sizeof(struct spec_id_map), &items,
		       &maps->count);
	if (r < 0)
		return r;
	maps->items = items;
	return id_maps_check(reader, maps);
}

struct clock {
	int64_t secs;
	uint32_t nanosecs;
	bool present;
};

static int read_nanosecs(struct reader *reader, const struct json_node *node, void *member)
{
	uint64_t value;
	int r = read_unsigned(reader, node, 999999999, &value);

	if (r == 0)
		*(uint32_t *)member = (uint32_t)value;
	return r;
}

static int read_clock(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY("secs", JSON_NUMBER, read_i64, offsetof(struct clock, secs)),
		KEY("nanosecs", JSON_NUMBER, read_nanosecs, offsetof(struct clock, nanosecs)),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

int read_time_offsets(struct reader *reader, const struct json_node *node, void *member)
{
#define CLOCK(i) (i) * sizeof(struct clock)
	static const struct key keys[] = {
		KEY_FLAG("monotonic", JSON_OBJECT, read_clock, CLOCK(0),
			 CLOCK(0) + offsetof(struct clock, present)),
		KEY_FLAG("boottime", JSON_OBJECT, read_clock, CLOCK(1),
			 CLOCK(1) + offsetof(struct clock, present)),
		{ 0 },
	};
#undef CLOCK
	struct spec_linux *linux_ = member;
	struct clock clocks[2] = { { 0 } };
	int r = read_object(reader, node, keys, clocks);

	linux_->has_monotonic_offset = clocks[0].present;
	linux_->monotonic_secs = clocks[0].secs;
	linux_->monotonic_nanosecs = clocks[0].nanosecs;
	linux_->has_boottime_offset = clocks[1].present;
	linux_->boottime_secs = clocks[1].secs;
	linux_->boottime_nanosecs = clocks[1].nanosecs;
	return r;
}

const struct spec_namespace *spec_namespace(const struct spec *spec, uint64_t type)
{
	for (uint32_t i = 0; i < spec->linux_->namespace_count; i++)
		if (spec->linux_->namespaces[i].type == type)
			return &spec->linux_->namespaces[i];
	return NULL;
}

static int wrong(struct reader *reader, const char *object, const char *member, const char *text)
{
	int r = spec_refuse(reader, "%s", text);

	error_in(reader->error, r, member);
	return object ? error_in(reader->error, r, object) : r;
}

static int check_user(struct reader *reader)
{
	const struct spec_linux *linux_ = reader->spec->linux_;
	const struct spec_namespace *user = spec_namespace(reader->spec, PLAN_NS_USER);
	uint32_t uids = linux_->uid_maps.count, gids = linux_->gid_maps.count;

	if (!user && (uids || gids))
		return wrong(
			reader, "linux", uids ? "uidMappings" : "gidMappings",
			"user namespace mappings specified, but user namespace isn't enabled in the config");
	if (user && !user->path && !uids && !gids)
		return wrong(reader, "linux", "namespaces",
			     "user namespaces enabled, but no namespace path to join nor mappings to apply "
			     "specified");
	if (user && !user->path && !(uids && gids)) /* ids of one kind alone: all others are "nobody" */
		return wrong(reader, "linux", uids ? "gidMappings" : "uidMappings",
			     "must be present: a new user namespace needs both maps");
	return 0;
}

static int check_time(struct reader *reader)
{
	const struct spec_linux *linux_ = reader->spec->linux_;
	const struct spec_namespace *time = spec_namespace(reader->spec, PLAN_NS_TIME);

	if (!linux_->has_monotonic_offset && !linux_->has_boottime_offset)
		return 0;
	if (!time)
		return wrong(
			reader, "linux", "timeOffsets",
			"time namespace offsets specified, but time namespace isn't enabled in the config");
	if (time->path) /* written before the first process enters, or never (time_namespaces(7)) */
		return wrong(
			reader, "linux", "timeOffsets",
			"time namespace offsets cannot be given for a time namespace that is joined by path");
	return 0;
}

static int check_mount(struct reader *reader)
{
	const struct spec_linux *linux_ = reader->spec->linux_;

	if (spec_namespace(reader->spec, PLAN_NS_MOUNT))
		return 0;
	if (linux_->masked_paths.count || linux_->readonly_paths.count)
		return wrong(reader, "linux", linux_->masked_paths.count ? "maskedPaths" : "readonlyPaths",
			     "unable to restrict sys entries without a private MNT namespace");
	return 0;
}

int namespaces_check(struct reader *reader)
{
	const struct spec *spec = reader->spec;
	bool uts = spec_namespace(spec, PLAN_NS_UTS);
	int r = check_user(reader);

	if (r == 0)
		r = check_time(reader);
	if (r == 0)
		r = check_mount(reader);
	if (r == 0 && spec->hostname && !uts)
		r = wrong(reader, NULL, "hostname", "unable to set hostname without a private UTS namespace");
	if (r == 0 && spec->domainname && !uts)
		r = wrong(reader, NULL, "domainname",
			  "unable to set domainname without a private UTS namespace");
	return r;
}
