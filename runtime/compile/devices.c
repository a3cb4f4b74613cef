/* Row `devices`: the default nodes and links of /dev, the config's own nodes, the working directory. */
#include "compile/rows.h"

#include <string.h>
#include <sys/stat.h>

#include "lexical.h"

struct node {
	const char *path;
	uint32_t major, minor;
};
static const struct node nodes[] = {
	{ "/dev/null", 1, 3 }, { "/dev/random", 1, 8 }, { "/dev/full", 1, 7 },
	{ "/dev/tty", 5, 0 },  { "/dev/zero", 1, 5 },   { "/dev/urandom", 1, 9 },
};

struct link {
	const char *path, *target;
};
static const struct link links[] = {
	{ "/dev/fd", "/proc/self/fd" },
	{ "/dev/stdin", "/proc/self/fd/0" },
	{ "/dev/stdout", "/proc/self/fd/1" },
	{ "/dev/stderr", "/proc/self/fd/2" },
};
static const struct link core = { "/dev/core", "/proc/kcore" };

/* mknod is not for user namespaces, not even for their root: the host's node is bound there. */
static void add_node(struct compile *c, struct plan_device *record, const char *path, const char *source)
{
	record->how = PLAN_DEVICE_MKNOD;
	record->path = writer_text(c->writer, path);
	record->tree = PLAN_NONE;
	if (compile_user_namespace(c) || c->facts->in_user_namespace) {
		record->how = PLAN_DEVICE_BIND;
		record->tree = compile_tree(c, path, 0, PLAN_PROP_PRIVATE | PLAN_PROP_RECURSIVE, source);
	}
	WRITER_ADD(c->writer, DEVICES, device, record, source);
}

static void add_link(struct compile *c, const struct link *link, uint64_t flags)
{
	struct plan_device record = {
		.how = PLAN_DEVICE_LINK,
		.path = writer_text(c->writer, link->path),
		.tree = PLAN_NONE,
		.target = writer_text(c->writer, link->target),
		.flags = flags,
	};

	WRITER_ADD(c->writer, DEVICES, device, &record, "");
}

static mode_t type_bits(char type)
{
	if (type == 'b')
		return S_IFBLK;
	return type == 'p' ? S_IFIFO : S_IFCHR;
}

bool compile_brings_dev(const struct compile *c)
{
	for (uint32_t i = 0; i < c->spec->mount_count; i++) {
		const struct spec_mount *mount = &c->spec->mounts[i];

		if (mount->bind && strcmp(lexical_join(c->arena, "/", mount->destination), "/dev") == 0)
			return true;
	}
	return false;
}

static bool is_listed(const struct compile *c, const char *path)
{
	for (uint32_t i = 0; i < c->spec->linux_->device_count; i++)
		if (strcmp(lexical_join(c->arena, "/", c->spec->linux_->devices[i].path), path) == 0)
			return true;
	return false;
}

static void add_default_nodes(struct compile *c)
{
	for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++) {
		struct plan_device record = { .mode = S_IFCHR | 0666,
					      .major = nodes[i].major,
					      .minor = nodes[i].minor,
					      .flags = PLAN_DEVICE_EXIST_OK };

		if (!is_listed(c, nodes[i].path))
			add_node(c, &record, nodes[i].path, "");
	}
}

static void add_listed_nodes(struct compile *c)
{
	for (uint32_t i = 0; i < c->spec->linux_->device_count; i++) {
		const struct spec_device *device = &c->spec->linux_->devices[i];
		const char *path = lexical_join(c->arena, "/", device->path);
		struct plan_device record = {
			.mode = type_bits(device->type) | (device->has_mode ? device->mode & 07777 : 0666),
			.major = device->major,
			.minor = device->minor,
			.uid = device->uid,
			.gid = device->gid,
		};

		/* the link to devpts takes its place in the end, and cannot take that of a bind */
		if (strcmp(path, "/dev/ptmx") != 0)
			add_node(c, &record, path, compile_pointer(c, "/linux/devices/%u", i));
	}
}

static void add_links(struct compile *c)
{
	static const struct link ptmx = { "/dev/ptmx", "pts/ptmx" };

	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
		add_link(c, &links[i], PLAN_DEVICE_EXIST_OK);
	if (c->facts->has_kcore)
		add_link(c, &core, PLAN_DEVICE_EXIST_OK);
	add_link(c, &ptmx, PLAN_DEVICE_REPLACE);
}

/* PRC-10: a working directory that the image does not have. */
static void add_cwd(struct compile *c)
{
	const char *cwd = c->spec->process->cwd;
	struct plan_device record = {
		.how = PLAN_DEVICE_DIRECTORY,
		.mode = 0755,
		.tree = PLAN_NONE,
		.flags = PLAN_DEVICE_EXIST_OK,
	};

	if (!cwd || strcmp(lexical_join(c->arena, "/", cwd), "/") == 0)
		return;
	record.path = writer_text(c->writer, cwd);
	WRITER_ADD(c->writer, DEVICES, device, &record, "/process/cwd");
}

int compile_devices(struct compile *c)
{
	if (!compile_brings_dev(c)) {
		add_default_nodes(c);
		add_listed_nodes(c);
		add_links(c);
	}
	add_cwd(c);
	return 0;
}
