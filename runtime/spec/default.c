/* What `ocirun spec` writes: a config.json that starts a shell in ./rootfs. One text with holes; the
 * rootless form differs in the places that an unprivileged user cannot have (network namespace, cgroup
 * limits, a fresh sysfs, ids other than its own). Never read by the runtime itself.
 */
#include <string.h>

#include "spec.h"

/* clang-format off */
#define CAPS(set)                                                                                  \
	"\t\t\t\"" set "\": [\n"                                                                       \
	"\t\t\t\t\"CAP_AUDIT_WRITE\",\n"                                                               \
	"\t\t\t\t\"CAP_KILL\",\n"                                                                      \
	"\t\t\t\t\"CAP_NET_BIND_SERVICE\"\n"                                                           \
	"\t\t\t]"

static const char head[] =
	"{\n"
	"\t\"ociVersion\": \"1.2.0\",\n"
	"\t\"process\": {\n"
	"\t\t\"terminal\": true,\n"
	"\t\t\"user\": {\n"
	"\t\t\t\"uid\": 0,\n"
	"\t\t\t\"gid\": 0\n"
	"\t\t},\n"
	"\t\t\"args\": [\n"
	"\t\t\t\"sh\"\n"
	"\t\t],\n"
	"\t\t\"env\": [\n"
	"\t\t\t\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\n"
	"\t\t\t\"TERM=xterm\"\n"
	"\t\t],\n"
	"\t\t\"cwd\": \"/\",\n"
	"\t\t\"capabilities\": {\n"
	CAPS("bounding") ",\n"
	CAPS("effective") ",\n"
	CAPS("permitted") "\n"
	"\t\t},\n"
	"\t\t\"rlimits\": [\n"
	"\t\t\t{\n"
	"\t\t\t\t\"type\": \"RLIMIT_NOFILE\",\n"
	"\t\t\t\t\"hard\": 1024,\n"
	"\t\t\t\t\"soft\": 1024\n"
	"\t\t\t}\n"
	"\t\t],\n"
	"\t\t\"noNewPrivileges\": true\n"
	"\t},\n"
	"\t\"root\": {\n"
	"\t\t\"path\": \"rootfs\",\n"
	"\t\t\"readonly\": true\n"
	"\t},\n"
	"\t\"hostname\": \"ocirun\",\n"
	"\t\"mounts\": [\n";

struct default_mount {
	const char *destination, *type, *source;
	const char *options[7]; /* NULL-terminated */
};

static const struct default_mount mounts[] = {
	{ "/proc", "proc", "proc", { NULL } },
	{ "/dev", "tmpfs", "tmpfs", { "nosuid", "strictatime", "mode=755", "size=65536k" } },
	{ "/dev/pts", "devpts", "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" } },
	{ "/dev/shm", "tmpfs", "shm", { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" } },
	{ "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev" } },
	{ "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
	{ "/sys/fs/cgroup", "cgroup", "cgroup", { "nosuid", "noexec", "nodev", "relatime", "ro" } },
};
/* A fresh sysfs shows the network namespace, so it may be mounted only by who owns one. */
static const struct default_mount rootless_sys = {
	"/sys", "none", "/sys", { "rbind", "nosuid", "noexec", "nodev", "ro" }
};

static const char resources[] =
	"\t\t\"resources\": {\n"
	"\t\t\t\"devices\": [\n"
	"\t\t\t\t{\n"
	"\t\t\t\t\t\"allow\": false,\n"
	"\t\t\t\t\t\"access\": \"rwm\"\n"
	"\t\t\t\t}\n"
	"\t\t\t]\n"
	"\t\t},\n";

static const char tail[] =
	"\t\t\"maskedPaths\": [\n"
	"\t\t\t\"/proc/acpi\",\n"
	"\t\t\t\"/proc/asound\",\n"
	"\t\t\t\"/proc/kcore\",\n"
	"\t\t\t\"/proc/keys\",\n"
	"\t\t\t\"/proc/latency_stats\",\n"
	"\t\t\t\"/proc/timer_list\",\n"
	"\t\t\t\"/proc/timer_stats\",\n"
	"\t\t\t\"/proc/sched_debug\",\n"
	"\t\t\t\"/sys/firmware\",\n"
	"\t\t\t\"/proc/scsi\"\n"
	"\t\t],\n"
	"\t\t\"readonlyPaths\": [\n"
	"\t\t\t\"/proc/bus\",\n"
	"\t\t\t\"/proc/fs\",\n"
	"\t\t\t\"/proc/irq\",\n"
	"\t\t\t\"/proc/sys\",\n"
	"\t\t\t\"/proc/sysrq-trigger\"\n"
	"\t\t]\n"
	"\t}\n"
	"}\n";
/* clang-format on */

/* Options that name an id: the one-id map of a rootless container has only 0. */
static bool names_an_id(const char *option)
{
	return !strncmp(option, "uid=", 4) || !strncmp(option, "gid=", 4);
}

static const char *mount_text(struct arena *arena, const struct default_mount *mount, bool rootless)
{
	const char *options = "";

	for (const char *const *option = mount->options; *option; option++)
		if (!rootless || !names_an_id(*option))
			options = arena_format(arena, "%s%s\t\t\t\t\"%s\"", options, *options ? ",\n" : "",
					       *option);
	if (*options)
		options = arena_format(arena, ",\n\t\t\t\"options\": [\n%s\n\t\t\t]", options);
	return arena_format(arena,
			    "\t\t{\n\t\t\t\"destination\": \"%s\",\n\t\t\t\"type\": \"%s\",\n"
			    "\t\t\t\"source\": \"%s\"%s\n\t\t}",
			    mount->destination, mount->type, mount->source, options);
}

static const char *mounts_text(struct arena *arena, bool rootless)
{
	const char *text = "";

	for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
		const struct default_mount *mount = &mounts[i];

		if (rootless && !strcmp(mount->destination, rootless_sys.destination))
			mount = &rootless_sys;
		text = arena_format(arena, "%s%s%s", text, *text ? ",\n" : "",
				    mount_text(arena, mount, rootless));
	}
	return text;
}

static const char *namespaces_text(struct arena *arena, bool rootless, bool cgroup2)
{
	const char *const names[] = {
		"pid",
		rootless ? NULL : "network",
		"ipc",
		"uts",
		"mount",
		cgroup2 ? "cgroup" : NULL,
		rootless ? "user" : NULL,
	};
	const char *text = "";

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i])
			text = arena_format(arena, "%s%s\t\t\t{\n\t\t\t\t\"type\": \"%s\"\n\t\t\t}", text,
					    *text ? ",\n" : "", names[i]);
	return text;
}

static const char *map_text(struct arena *arena, const char *key, uint32_t id)
{
	return arena_format(arena,
			    "\t\t\"%s\": [\n\t\t\t{\n\t\t\t\t\"containerID\": 0,\n\t\t\t\t\"hostID\": %u,\n"
			    "\t\t\t\t\"size\": 1\n\t\t\t}\n\t\t],\n",
			    key, id);
}

const char *spec_default(struct arena *arena, bool rootless, bool cgroup2, uint32_t uid, uint32_t gid)
{
	const char *first = resources;

	if (rootless)
		first = arena_format(arena, "%s%s", map_text(arena, "uidMappings", uid),
				     map_text(arena, "gidMappings", gid));
	return arena_format(arena, "%s%s\n\t],\n\t\"linux\": {\n%s\t\t\"namespaces\": [\n%s\n\t\t],\n%s",
			    head, mounts_text(arena, rootless), first,
			    namespaces_text(arena, rootless, cgroup2), tail);
}
