/* Row `system`: what belongs to the new namespaces and is not a file of the container. That a sysctl is
 * namespaced, so that the host's own is not changed, is judged here, by the namespaces of the config.
 */
#include "compile/rows.h"

#include <string.h>

/* Sysctls of one namespace: exact, or a prefix when it ends in '/' or '*' (LNX-01, sysctl(5)). */
struct sysctl_rule {
	const char *name;
	uint64_t namespace;
};
static const struct sysctl_rule sysctls[] = {
	{ "kernel/msgmax", PLAN_NS_IPC },     { "kernel/msgmnb", PLAN_NS_IPC },
	{ "kernel/msgmni", PLAN_NS_IPC },     { "kernel/sem", PLAN_NS_IPC },
	{ "kernel/shmall", PLAN_NS_IPC },     { "kernel/shmmax", PLAN_NS_IPC },
	{ "kernel/shmmni", PLAN_NS_IPC },     { "kernel/shm_rmid_forced", PLAN_NS_IPC },
	{ "fs/mqueue/", PLAN_NS_IPC },        { "net/", PLAN_NS_NETWORK },
	{ "kernel/domainname", PLAN_NS_UTS }, { "user/", PLAN_NS_USER },
};

static bool sysctl_matches(const struct sysctl_rule *rule, const char *key)
{
	size_t length = strlen(rule->name);

	if (rule->name[length - 1] == '/')
		return strncmp(key, rule->name, length) == 0;
	return strcmp(key, rule->name) == 0;
}

/* Parts like ".." would leave the place that the rules above speak of. */
static bool plain_path(const char *key)
{
	for (const char *part = key; *part;) {
		size_t length = strcspn(part, "/");

		if (length == 0 || (part[0] == '.' && (length == 1 || (length == 2 && part[1] == '.'))))
			return false;
		part += length;
		if (*part == '/' && !*++part)
			return false;
	}
	return *key != 0;
}

static int check_sysctl(struct compile *c, const char *key, const char *pointer)
{
	if (!plain_path(key))
		return compile_refuse(c, pointer, "sysctl \"%s\" is not a name", key);
	if (strcmp(key, "kernel/hostname") == 0)
		return compile_refuse(c, pointer, "sysctl \"%s\" conflicts with the member hostname", key);
	for (size_t i = 0; i < sizeof sysctls / sizeof sysctls[0]; i++)
		if (sysctl_matches(&sysctls[i], key) && compile_has(c, sysctls[i].namespace))
			return 0;
	return compile_refuse(c, pointer, "sysctl \"%s\" is not in a separate kernel namespace", key);
}

static int add_sysctls(struct compile *c, const struct spec_pairs *pairs)
{
	int r = 0;

	for (uint32_t i = 0; i < pairs->count && r >= 0; i++) {
		const struct spec_pair *pair = &pairs->items[i];
		const char *pointer =
			compile_pointer(c, "/linux/sysctl/%s", c->spec->linux_->sysctl_steps[i]);
		struct plan_sysctl record = { .path = writer_text(c->writer, pair->key),
					      .value = writer_text(c->writer, pair->value) };

		r = check_sysctl(c, pair->key, pointer);
		if (r >= 0)
			WRITER_ADD(c->writer, SYSTEM, sysctl, &record, pointer);
		compile_proc(c);
	}
	return r;
}

int compile_system(struct compile *c)
{
	const struct spec *spec = c->spec;
	struct plan_hostname hostname = { .name = writer_text(c->writer, spec->hostname) };
	struct plan_domainname domainname = { .name = writer_text(c->writer, spec->domainname) };
	struct plan_personality personality = { .domain = spec->linux_->personality };

	if (hostname.name.length && !compile_has(c, PLAN_NS_UTS))
		return compile_refuse(c, "/hostname",
				      "unable to set hostname without a private UTS namespace");
	if (domainname.name.length && !compile_has(c, PLAN_NS_UTS))
		return compile_refuse(c, "/domainname",
				      "unable to set domainname without a private UTS namespace");
	if (hostname.name.length)
		WRITER_ADD(c->writer, SYSTEM, hostname, &hostname, "/hostname");
	if (domainname.name.length)
		WRITER_ADD(c->writer, SYSTEM, domainname, &domainname, "/domainname");
	if (spec->linux_->has_personality)
		WRITER_ADD(c->writer, SYSTEM, personality, &personality, "/linux/personality");
	return add_sysctls(c, &spec->linux_->sysctl);
}
