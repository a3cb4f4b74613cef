/* `linux.netDevices`: devices of the host that move into the container's network namespace. What the kernel
 * would refuse of a name (dev_valid_name, dev_alloc_name) is refused here, before anything is touched. That
 * the device exists, and that the new name is free, can only be asked where it is done
 * (stages/host/network.c).
 */
#include <string.h>

#include "limits.h"
#include "objects.h"

#define NAME_BYTES 16 /* IFNAMSIZ of the kernel, NUL included */

/* Directories of /proc/sys/net/ipv4/conf: the kernel refuses devices of these names. */
static const char *const reserved[] = { ".", "..", "all", "default" };

static bool is_reserved(const char *name)
{
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
		if (!strcmp(name, reserved[i]))
			return true;
	return false;
}

static int check_name(struct reader *reader, const char *name)
{
	/* what isspace means to the kernel: a no-break space of Latin 1 too */
	if (!*name || strlen(name) >= NAME_BYTES || strpbrk(name, "/: \t\n\v\f\r\xa0") || is_reserved(name))
		return spec_refuse(reader,
				   "invalid network device name \"%s\" (1 to %d bytes, no blank, '/' or ':')",
				   name, NAME_BYTES - 1);
	if (!strcmp(name, "lo"))
		return spec_refuse(reader, "the loopback device belongs to its namespace: no other may have "
					   "its name, and it cannot be moved");
	return 0;
}

/* "eth%d": the kernel takes one %d, and puts the first number there that is free. */
static int read_name(struct reader *reader, const struct json_node *node, void *member)
{
	const char *name = read_text(reader, node), *mark = strchr(name, '%');

	if (!*name)
		return 0; /* absent: the host's name */
	if (mark && (mark[1] != 'd' || strchr(mark + 1, '%')))
		return spec_refuse(reader,
				   "invalid network device name \"%s\" (a template has one %%d, and no other "
				   "%%)",
				   name);
	*(const char **)member = name;
	return check_name(reader, name);
}

static int read_device(struct reader *reader, const struct json_node *key, struct spec_net_device *device)
{
	static const struct key keys[] = {
		KEY("name", JSON_STRING, read_name, offsetof(struct spec_net_device, name)),
		{ 0 },
	};
	int r = 0;

	device->host = read_text(reader, key);
	r = strchr(device->host, '%')
		    ? spec_refuse(reader, "invalid network device name \"%s\"", device->host)
		    : check_name(reader, device->host);
	if (r == 0 && key[1].type != JSON_NULL)
		r = read_type(reader, key + 1, JSON_OBJECT);
	if (r == 0 && key[1].type == JSON_OBJECT)
		r = read_object(reader, key + 1, keys, device);
	if (!device->name)
		device->name = device->host;
	return r;
}

/* Two that would have one name: the second could only fail. Of templates the kernel makes two names. */
static int check_twice(struct reader *reader, const struct spec_linux *linux_, uint32_t last)
{
	const struct spec_net_device *devices = linux_->net_devices;

	for (uint32_t i = 0; i < last && !strchr(devices[last].name, '%'); i++)
		if (!strcmp(devices[i].name, devices[last].name))
			return spec_refuse(reader, "\"%s\" is the name of \"%s\" in the container, too",
					   devices[last].name, devices[i].host);
	return 0;
}

int read_net_devices(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_linux *linux_ = member;
	const struct json_node *key = node + 1;
	int r = 0;

	if (node->count > PLAN_MAX_NET_DEVICES)
		return spec_refuse(reader, "more than %u network devices", PLAN_MAX_NET_DEVICES);
	linux_->net_devices = arena_alloc(reader->arena, (node->count + 1u) * sizeof *linux_->net_devices);
	for (uint32_t i = 0; r == 0 && i < node->count; i++, key += 1 + key[1].span) {
		struct spec_net_device *device = &linux_->net_devices[i];

		r = read_device(reader, key, device);
		if (r == 0)
			r = check_twice(reader, linux_, i);
		error_in_key(reader, r, device->host);
	}
	linux_->net_device_count = node->count;
	return r;
}
