/* `linux.devices` (nodes to make) and `linux.resources.devices` (rules of the device cgroup): the two lists
 * that speak of types, major and minor numbers (config-linux.md).
 */
#include <string.h>

#include "objects.h"

#define AT(member) offsetof(struct spec_device, member)
#define MAJOR_MAX 0xfff   /* the kernel's dev_t: 12 bits major, */
#define MINOR_MAX 0xfffff /* 20 bits minor */

static int read_device_type(struct reader *reader, const struct json_node *node, void *member)
{
	if (node->length != 1 || !strchr("bcup", node->text[0]))
		return spec_refuse(reader, "unknown device type \"%.*s\" (allowed: b, c, u, p)",
				   (int)node->length, node->text);
	*(char *)member = node->text[0];
	return 0;
}

static int read_mode(struct reader *reader, const struct json_node *node, void *member)
{
	uint64_t mode;
	int r = read_unsigned(reader, node, UINT32_MAX, &mode);

	/* Podman writes the whole st_mode of a device of the host, type included: only permissions count */
	if (r == 0)
		*(uint32_t *)member = (uint32_t)mode & 07777;
	return r;
}

/* A wildcard (-1) has no meaning for a node: the row's bounds refuse it. */
static int read_major(struct reader *reader, const struct json_node *node, void *member)
{
	uint64_t number;
	int r = read_unsigned(reader, node, MAJOR_MAX, &number);

	if (r == 0)
		*(int64_t *)member = (int64_t)number;
	return r;
}

static int read_minor(struct reader *reader, const struct json_node *node, void *member)
{
	uint64_t number;
	int r = read_unsigned(reader, node, MINOR_MAX, &number);

	if (r == 0)
		*(int64_t *)member = (int64_t)number;
	return r;
}

struct raw_device {
	struct spec_device device;
	int64_t major, minor; /* -1: absent */
};

static int read_device(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("type", JSON_STRING, read_device_type, AT(type)),
		KEY_REQUIRED("path", JSON_STRING, read_absolute, AT(path)),
		KEY("major", JSON_NUMBER, read_major, offsetof(struct raw_device, major)),
		KEY("minor", JSON_NUMBER, read_minor, offsetof(struct raw_device, minor)),
		KEY_FLAG("fileMode", JSON_NUMBER, read_mode, AT(mode), AT(has_mode)),
		KEY("uid", JSON_NUMBER, read_id, AT(uid)),
		KEY("gid", JSON_NUMBER, read_id, AT(gid)),
		{ 0 },
	};
	struct raw_device raw = { .major = -1, .minor = -1 };
	int r = read_object(reader, node, keys, &raw);

	if (r < 0)
		return r;
	if (raw.device.type != 'p' && (raw.major < 0 || raw.minor < 0))
		return spec_refuse(reader, "a device of type \"%c\" needs major and minor", raw.device.type);
	raw.device.major = raw.major < 0 ? 0 : (uint32_t)raw.major;
	raw.device.minor = raw.minor < 0 ? 0 : (uint32_t)raw.minor;
	*(struct spec_device *)member = raw.device;
	return 0;
}

int read_devices(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_linux *linux_ = member;
	void *items;
	int r = read_array(reader, node, JSON_OBJECT, read_device, sizeof(struct spec_device), &items,
			   &linux_->device_count);

	linux_->devices = r < 0 ? NULL : items;
	return r;
}

/* "" and absent are "a", as in Go's zero value; the old way "rwm" of `spec` has no type at all. */
static int read_rule_type(struct reader *reader, const struct json_node *node, void *member)
{
	if (!node->length)
		return 0;
	if (node->length != 1 || !strchr("abc", node->text[0]))
		return spec_refuse(reader, "unknown device type \"%.*s\" (allowed: a, b, c)",
				   (int)node->length, node->text);
	*(char *)member = node->text[0];
	return 0;
}

static int read_access(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_device_rule *rule = member;

	for (uint32_t i = 0; i < node->length; i++) {
		rule->read |= node->text[i] == 'r';
		rule->write |= node->text[i] == 'w';
		rule->mknod |= node->text[i] == 'm';
		if (node->text[i] == 'a') /* runc's users write "rwa", and get what "rw" gives */
			spec_warn(reader, "the letter a in the access \"%.*s\" of a device rule is ignored",
				  (int)node->length, node->text);
		else if (!node->text[i] || !strchr("rwm", node->text[i]))
			return spec_refuse(reader, "must be made of the letters r, w and m, not \"%.*s\"",
					   (int)node->length, node->text);
	}
	return 0;
}

static int read_rule_number(struct reader *reader, const struct json_node *node, void *member)
{
	return read_signed(reader, node, -1, UINT32_MAX, member);
}

static int read_rule(struct reader *reader, const struct json_node *node, void *member)
{
#define RULE(field) offsetof(struct spec_device_rule, field)
	static const struct key keys[] = {
		KEY_REQUIRED("allow", JSON_BOOL, read_bool, RULE(allow)),
		KEY("type", JSON_STRING, read_rule_type, RULE(type)),
		KEY("major", JSON_NUMBER, read_rule_number, RULE(major)),
		KEY("minor", JSON_NUMBER, read_rule_number, RULE(minor)),
		KEY("access", JSON_STRING, read_access, 0),
		{ 0 },
	};
#undef RULE
	struct spec_device_rule *rule = member;

	*rule = (struct spec_device_rule){ .type = 'a', .major = -1, .minor = -1 };
	return read_object(reader, node, keys, rule);
}

int read_device_rules(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_resources *resources = member;
	void *items;
	int r = read_array(reader, node, JSON_OBJECT, read_rule, sizeof(struct spec_device_rule), &items,
			   &resources->device_count);

	if (r < 0)
		return r;
	resources->devices = items;
	for (uint32_t i = 0; r == 0 && i < resources->device_count; i++) {
		const struct spec_device_rule *rule = &resources->devices[i];

		if (!rule->read && !rule->write && !rule->mknod) /* LIM-01: runc's text */
			r = spec_refuse(reader, "device access at %u field cannot be empty", i);
		error_at(reader->error, r, i);
	}
	return r;
}
