/* The value of a mount option idmap= or ridmap=, a syntax of crun's that podman passes on (MNT-87):
 *   uids=RANGE[#RANGE...];gids=RANGE[#RANGE...]    RANGE: [@]ID-HOST-SIZE
 * ID is what the file system holds, HOST what the mount shows, on the host; behind a "@" it is an id inside
 * the container's user namespace, which only the compiler can say more about.
 */
#include <string.h>

#include "objects.h"

struct cursor {
	const char *at, *end;
};

static bool skip(struct cursor *text, char c)
{
	if (text->at == text->end || *text->at != c)
		return false;
	text->at++;
	return true;
}

/* Digits of one id or size. */
static bool number(struct cursor *text, uint32_t *ret)
{
	const char *first = text->at;
	uint64_t value = 0;

	while (text->at < text->end && *text->at >= '0' && *text->at <= '9' && value <= UINT32_MAX)
		value = value * 10 + (uint64_t)(*text->at++ - '0');
	*ret = (uint32_t)value;
	return text->at > first && value <= UINT32_MAX;
}

static bool range(struct cursor *text, struct spec_id_map *map)
{
	map->relative = skip(text, '@');
	return number(text, &map->container_id) && skip(text, '-') && number(text, &map->host_id) &&
	       skip(text, '-') && number(text, &map->size) && map->size &&
	       map->container_id <= UINT32_MAX - map->size && map->host_id <= UINT32_MAX - map->size;
}

/* The ranges of one list, `end` being where it ends. */
static int read_ranges(struct reader *reader, struct cursor text, struct spec_id_maps *ret)
{
	const struct cursor whole = text;
	uint32_t room = 1;

	for (const char *c = text.at; c < text.end; c++)
		room += *c == '#';
	ret->items = arena_alloc(reader->arena, room * sizeof *ret->items);
	for (ret->count = 0; ret->count < room; ret->count++) {
		if (ret->count && !skip(&text, '#'))
			break;
		if (!range(&text, &ret->items[ret->count]))
			return spec_refuse(reader,
					   "\"%.*s\" is no range of ids (0-1000-10: id, id on the host, how "
					   "many; a \"#\" before the next)",
					   (int)(whole.end - whole.at), whole.at);
	}
	if (text.at != text.end)
		return spec_refuse(reader, "\"%.*s\": what is this behind the ranges?",
				   (int)(text.end - text.at), text.at);
	int r = id_maps_check(reader, ret);
	if (r < 0)
		reader->error->pointer[0] = 0; /* entries of a string have no pointer */
	return r;
}

int mount_idmap_read(struct reader *reader, const char *value, struct spec_mount *mount)
{
	while (*value) {
		size_t length = strcspn(value, ";");
		struct cursor text = { value + 5, value + length };
		struct spec_id_maps *maps = NULL;
		int r;

		if (length >= 5 && strncmp(value, "uids=", 5) == 0)
			maps = &mount->option_uid_maps;
		if (length >= 5 && strncmp(value, "gids=", 5) == 0)
			maps = &mount->option_gid_maps;
		if (!maps || maps->count)
			return spec_refuse(reader, "an id map is uids=RANGES;gids=RANGES, not \"%s\"", value);
		r = read_ranges(reader, text, maps);
		if (r < 0)
			return r;
		value += length;
		value += *value == ';';
	}
	if (!mount->option_uid_maps.count || !mount->option_gid_maps.count)
		return spec_refuse(reader, "an id map needs both: uids=RANGES;gids=RANGES");
	return 0;
}
