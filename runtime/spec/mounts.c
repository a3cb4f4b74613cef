/* `mounts`: destination, type, source and the options as mount_options.c sorts them (config.md, "Mounts").
 * Whether a source exists is for the host to say, not for the parser.
 */
#include <string.h>

#include "objects.h"

#define AT(member) offsetof(struct spec_mount, member)

static int read_options(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_mount *mount = member;
	const struct json_node *option = node + 1;

	mount->data.items = arena_alloc(reader->arena, (node->count + 1) * sizeof *mount->data.items);
	for (uint32_t i = 0; i < node->count; i++, option += option->span) {
		int r = read_type(reader, option, JSON_STRING);
		if (r == 0)
			r = mount_option_read(reader, option, mount);
		if (r < 0)
			return error_at(reader->error, r, i);
	}
	return 0;
}

/* config.md: "This value MUST be an absolute path. For compatibility with old tools and configurations, it
 * may be a relative path, in which case it MUST be interpreted as relative to "/"" */
static int read_destination(struct reader *reader, const struct json_node *node, void *member)
{
	if (!node->length)
		return spec_refuse(reader, "must not be empty");
	if (node->text[0] == '/')
		return read_string(reader, node, member);
	spec_warn(reader, "mount destination \"%.*s\" is not absolute: taken from /", (int)node->length,
		  node->text);
	*(const char **)member = arena_format(reader->arena, "/%.*s", (int)node->length, node->text);
	return 0;
}

static int wrong(struct reader *reader, const char *key, const char *text)
{
	return error_in(reader->error, spec_refuse(reader, "%s", text), key);
}

/* MNT-05, MNT-06, MNT-85 to MNT-87. Maps without the option count as well: "options SHOULD contain" it. */
static int check_idmap(struct reader *reader, struct spec_mount *mount)
{
	bool uids = mount->uid_maps.count, gids = mount->gid_maps.count;

	if (uids != gids)
		return wrong(reader, uids ? "gidMappings" : "uidMappings",
			     "must be present: an id-mapped mount has both maps or none");
	if (uids && mount->option_uid_maps.count)
		return wrong(reader, "options", "idmap=: the mount has uidMappings and gidMappings already");
	if (mount->option_uid_maps.count) {
		mount->uid_maps = mount->option_uid_maps;
		mount->gid_maps = mount->option_gid_maps;
	}
	mount->idmap |= uids;
	if (mount->idmap && (!mount->bind || mount->remount))
		return wrong(reader, uids ? "uidMappings" : "options", "only bind mounts can be id-mapped");
	return 0;
}

static int check_links(struct reader *reader, struct spec_mount *mount)
{
	if ((mount->copy_symlink || mount->source_nofollow) && (!mount->bind || mount->remount))
		return wrong(reader, "options", "copy-symlink and src-nofollow are for bind mounts");
	return 0;
}

/* The type "bind" of old configs means the option (MNT-31); a bind takes no data (MNT-07). */
static int check(struct reader *reader, struct spec_mount *mount)
{
	if (mount->type && !strcmp(mount->type, "bind"))
		mount->bind = true;
	if (mount->bind && !mount->source && !mount->remount)
		return error_in(reader->error, spec_refuse(reader, "a bind mount needs a source"), "source");
	if (mount->bind && mount->data.count)
		return error_in(reader->error,
				spec_refuse(reader,
					    "a bind mount takes no file system options, such as \"%s\"",
					    mount->data.items[0]),
				"options");
	if (!mount->bind && !mount->remount && !mount->type)
		return error_in(reader->error,
				spec_refuse(reader, "must be present unless the mount is a bind"), "type");
	int r = check_idmap(reader, mount);
	return r < 0 ? r : check_links(reader, mount);
}

static int read_mount(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("destination", JSON_STRING, read_destination, AT(destination)),
		KEY("type", JSON_STRING, read_optional, AT(type)),
		KEY("source", JSON_STRING, read_optional, AT(source)),
		KEY("options", JSON_ARRAY, read_options, 0),
		KEY("uidMappings", JSON_ARRAY, read_id_maps, AT(uid_maps)),
		KEY("gidMappings", JSON_ARRAY, read_id_maps, AT(gid_maps)),
		{ 0 },
	};
	int r = read_object(reader, node, keys, member);

	return r < 0 ? r : check(reader, member);
}

int read_mounts(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec *spec = member;
	void *items;
	int r = read_array(reader, node, JSON_OBJECT, read_mount, sizeof(struct spec_mount), &items,
			   &spec->mount_count);

	spec->mounts = r < 0 ? NULL : items;
	return r;
}
