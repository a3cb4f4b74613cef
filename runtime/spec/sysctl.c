/* `linux.sysctl`: names become paths below /proc/sys, and each must belong to a namespace that the container
 * has of its own, else it would change the host (LNX-01).
 */
#include <string.h>

#include "objects.h"
#include "plan.h"

/* What Linux 5.10 and later keep per namespace. A name that ends in '/' stands for all below it. */
static const struct {
	const char *path;
	uint64_t type;
} owners[] = {
	{ "net/", PLAN_NS_NETWORK },          { "fs/mqueue/", PLAN_NS_IPC },
	{ "kernel/msgmax", PLAN_NS_IPC },     { "kernel/msgmnb", PLAN_NS_IPC },
	{ "kernel/msgmni", PLAN_NS_IPC },     { "kernel/sem", PLAN_NS_IPC },
	{ "kernel/shmall", PLAN_NS_IPC },     { "kernel/shmmax", PLAN_NS_IPC },
	{ "kernel/shmmni", PLAN_NS_IPC },     { "kernel/shm_rmid_forced", PLAN_NS_IPC },
	{ "kernel/domainname", PLAN_NS_UTS }, { "user/", PLAN_NS_USER },
};

static uint64_t owner(const char *path)
{
	for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++) {
		size_t length = strlen(owners[i].path);
		bool prefix = owners[i].path[length - 1] == '/';

		if (prefix ? !strncmp(path, owners[i].path, length) : !strcmp(path, owners[i].path))
			return owners[i].type;
	}
	return 0;
}

/* As sysctl(8): whichever of '.' and '/' comes first separates; behind a '.' the two trade places, so that
 * net.ipv4.conf.eth0/100.forwarding names the interface eth0.100. */
static char *path_of(struct arena *arena, const char *name)
{
	char *path = arena_copy(arena, name, strlen(name));
	const char *first = strpbrk(path, "./");

	if (!first || *first == '/')
		return path;
	for (char *c = path; *c; c++)
		*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	return path;
}

/* Parts may not be empty, "." or "..": the path is opened below /proc/sys and must stay there. */
static bool is_clean(const char *path)
{
	for (;;) {
		size_t length = strcspn(path, "/");

		if (!length || (length == 1 && *path == '.') || (length == 2 && !memcmp(path, "..", 2)))
			return false;
		path += length;
		if (!*path++)
			return true;
	}
}

int read_sysctl(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_linux *linux_ = member;
	struct spec_pairs *pairs = &linux_->sysctl;
	int r = read_pairs(reader, node, pairs);

	linux_->sysctl_steps = arena_alloc(reader->arena, (node->count + 1) * sizeof *linux_->sysctl_steps);
	reader->sysctl_names = arena_alloc(reader->arena, (node->count + 1) * sizeof *reader->sysctl_names);
	for (uint32_t i = 0; r == 0 && i < pairs->count; i++) {
		const char *name = pairs->items[i].key;
		char *path = path_of(reader->arena, name);

		if (!is_clean(path) || strlen(path) > 255)
			return error_in_key(reader, spec_refuse(reader, "not the name of a sysctl"), name);
		reader->sysctl_names[i] = name;
		linux_->sysctl_steps[i] = pointer_step(reader->arena, name);
		pairs->items[i].key = path;
	}
	return r;
}

static const char *objection(const struct spec *spec, const char *path)
{
	if (!strcmp(path, "kernel/hostname"))
		return "is not allowed: use the property hostname";
	if (!strcmp(path, "kernel/domainname") && spec->domainname)
		return "conflicts with the property domainname";
	uint64_t type = owner(path);
	return type && spec_namespace(spec, type) ? NULL : "is not in a separate kernel namespace";
}

int sysctl_check(struct reader *reader)
{
	const struct spec_pairs *sysctl = &reader->spec->linux_->sysctl;

	for (uint32_t i = 0; i < sysctl->count; i++) {
		const char *why = objection(reader->spec, sysctl->items[i].key);
		const char *name = reader->sysctl_names[i];

		if (!why)
			continue;
		int r = spec_refuse(reader, "sysctl \"%s\" %s", name, why);
		error_in_key(reader, r, name);
		error_in(reader->error, r, "sysctl");
		return error_in(reader->error, r, "linux");
	}
	return 0;
}
