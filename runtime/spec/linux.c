/* `linux`: the rows of config-linux.md, each with its reader; the small ones are read here. */
#include <string.h>

#include "objects.h"

#define AT(member) offsetof(struct spec_linux, member)

static int read_propagation(struct reader *reader, const struct json_node *node, void *member)
{
	const struct word *word = NULL;
	int r = node->length ? read_word(reader, node, words_propagation, "propagation", &word) : 0;

	if (word)
		*(uint64_t *)member = word->value;
	return r;
}

static int read_domain(struct reader *reader, const struct json_node *node, void *member)
{
	const struct word *word = NULL;
	int r = read_word(reader, node, words_personalities, "personality", &word);

	if (r == 0)
		*(uint32_t *)member = (uint32_t)word->value;
	return r;
}

static int read_personality_flags(struct reader *reader, const struct json_node *node, void *member)
{
	(void)member;
	if (node->count)
		spec_warn(reader, "ignoring unsupported personality flags: config-linux.md names none");
	return 0;
}

static int read_personality(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("domain", JSON_STRING, read_domain, AT(personality)),
		KEY("flags", JSON_ARRAY, read_personality_flags, 0),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

int read_linux(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY("namespaces", JSON_ARRAY, read_namespaces, 0),
		KEY("uidMappings", JSON_ARRAY, read_id_maps, AT(uid_maps)),
		KEY("gidMappings", JSON_ARRAY, read_id_maps, AT(gid_maps)),
		KEY("timeOffsets", JSON_OBJECT, read_time_offsets, 0),
		KEY("devices", JSON_ARRAY, read_devices, 0),
		KEY("netDevices", JSON_OBJECT, read_net_devices, 0),
		KEY("cgroupsPath", JSON_STRING, read_optional, AT(cgroups_path)),
		KEY("resources", JSON_OBJECT, read_resources, AT(resources)),
		KEY("rootfsPropagation", JSON_STRING, read_propagation, AT(rootfs_propagation)),
		KEY("seccomp", JSON_OBJECT, read_seccomp, AT(seccomp)),
		KEY("sysctl", JSON_OBJECT, read_sysctl, 0),
		KEY("maskedPaths", JSON_ARRAY, read_absolutes, AT(masked_paths)),
		KEY("readonlyPaths", JSON_ARRAY, read_absolutes, AT(readonly_paths)),
		KEY("mountLabel", JSON_STRING, read_optional, AT(mount_label)),
		KEY("intelRdt", JSON_OBJECT, read_intel_rdt, AT(intel_rdt)),
		KEY("memoryPolicy", JSON_OBJECT, read_memory_policy, AT(memory_policy)),
		KEY_FLAG("personality", JSON_OBJECT, read_personality, 0, AT(has_personality)),
		{ 0 },
	};

	return read_object(reader, node, keys, *(struct spec_linux **)member);
}
