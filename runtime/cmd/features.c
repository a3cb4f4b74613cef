/* `ocirun features`: what this build can do, as JSON of the features schema (FEA, FJS). Printed from the very
 * tables that config.json is read with, so nothing is advertised that would then be refused; what a later
 * build will have is false until it has it. Looks at no container, needs no right, prints nothing on stderr
 * (CRI-O reads both streams as one).
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/features.h"
#include "compile/compile.h"
#include "json_out.h"
#include "spec/words.h"
#include "sys.h"

#define SPEC_OLDEST "1.0.0"
#ifdef NO_SYSTEMD /* built without ocirun-systemd */
#define SYSTEMD false
#else
#define SYSTEMD true
#endif
#define SECCOMP_SET_FILTER 1u    /* SECCOMP_SET_MODE_FILTER */
#define SECCOMP_WITH_LISTENER 8u /* SECCOMP_FILTER_FLAG_NEW_LISTENER */

static void words(struct json_out *out, const char *key, const struct word *table)
{
	json_out_key(out, key);
	json_out_open(out, '[');
	for (; table->word; table++)
		json_out_string(out, table->word);
	json_out_close(out, ']');
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* FJS-03: sorted; clients look for "rro". Id maps stand under mountExtensions, not here: there clients look
 * for them. */
static void print_mount_options(struct json_out *out, struct arena *arena)
{
	size_t count = 0, rows = 0;

	while (mount_options[rows].word)
		rows++;
	const char **sorted = arena_alloc(arena, (rows + 1) * sizeof *sorted);
	for (size_t i = 0; i < rows; i++)
		if (mount_options[i].action != MOUNT_OPTION_IDMAP &&
		    mount_options[i].action != MOUNT_OPTION_RIDMAP)
			sorted[count++] = mount_options[i].word;
	qsort(sorted, count, sizeof *sorted, by_text);
	json_out_key(out, "mountOptions");
	json_out_open(out, '[');
	for (size_t i = 0; i < count; i++)
		json_out_string(out, sorted[i]);
	json_out_close(out, ']');
}

/* Does the running kernel know this filter flag (FJS-08)? With no program, flags are judged first: a known
 * one ends as EFAULT, an unknown one as EINVAL, and nothing is ever loaded. WAIT_KILLABLE_RECV (5.19) is
 * valid only beside a listener. */
static bool flag_supported(uint64_t flag)
{
	unsigned flags = (unsigned)flag;

	return sys_seccomp(SECCOMP_SET_FILTER, flags, NULL) == -EFAULT ||
	       sys_seccomp(SECCOMP_SET_FILTER, flags | SECCOMP_WITH_LISTENER, NULL) == -EFAULT;
}

/* An older libseccomp does not know every architecture: -EINVAL. Other errors are of this machine's byte
 * order, not of what is known. */
static void print_archs(struct json_out *out)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	json_out_key(out, "archs");
	json_out_open(out, '[');
	for (const struct word *arch = words_seccomp_archs; filter && arch->word; arch++)
		if (seccomp_arch_add(filter, (uint32_t)arch->value) != -EINVAL)
			json_out_string(out, arch->word);
	json_out_close(out, ']');
	seccomp_release(filter);
}

static void print_seccomp(struct json_out *out)
{
	json_out_key(out, "seccomp");
	json_out_open(out, '{');
	json_out_flag(out, "enabled", true);
	words(out, "actions", words_seccomp_actions);
	words(out, "operators", words_seccomp_operators);
	print_archs(out);
	words(out, "knownFlags", words_seccomp_flags);
	json_out_key(out, "supportedFlags");
	json_out_open(out, '[');
	for (const struct word *flag = words_seccomp_flags; flag->word; flag++)
		if (flag_supported(flag->value))
			json_out_string(out, flag->word);
	json_out_close(out, ']');
	json_out_close(out, '}');
}

/* What the program can do, not what this host has (FJS-09, FJS-10). */
struct ability {
	const char *object, *key;
	bool value;
};
static const struct ability cgroup_abilities[] = {
	{ "cgroup", "v1", true },         { "cgroup", "v2", true },
	{ "cgroup", "systemd", SYSTEMD }, { "cgroup", "systemdUser", SYSTEMD },
	{ "cgroup", "rdma", true },       { 0 },
};
static const struct ability other_abilities[] = {
	{ "apparmor", "enabled", true },
	{ "selinux", "enabled", true },
	{ "intelRdt", "enabled", true },
	{ "intelRdt", "schemata", true },
	{ "intelRdt", "monitoring", true },
	{ "netDevices", "enabled", true },
	{ 0 },
};

/* Rows of one object that stand together become one object. */
static void print_abilities(struct json_out *out, const struct ability *row)
{
	for (const char *object = NULL; row->object; row++) {
		if (!object || strcmp(object, row->object) != 0) {
			if (object)
				json_out_close(out, '}');
			object = row->object;
			json_out_key(out, object);
			json_out_open(out, '{');
		}
		json_out_flag(out, row->key, row->value);
		if (!row[1].object)
			json_out_close(out, '}');
	}
}

static void print_linux(struct json_out *out)
{
	json_out_key(out, "linux");
	json_out_open(out, '{');
	words(out, "namespaces", words_namespaces);
	words(out, "capabilities", words_capabilities);
	print_abilities(out, cgroup_abilities);
	print_seccomp(out);
	print_abilities(out, other_abilities);
	json_out_key(out, "memoryPolicy");
	json_out_open(out, '{');
	words(out, "modes", words_memory_modes);
	words(out, "flags", words_memory_flags);
	json_out_close(out, '}');
	json_out_key(out, "mountExtensions");
	json_out_open(out, '{');
	json_out_key(out, "idmap");
	json_out_open(out, '{');
	json_out_flag(out, "enabled", true);
	json_out_close(out, '}');
	json_out_close(out, '}');
	json_out_close(out, '}');
}

const char *seccomp_version_text(char text[SECCOMP_VERSION_TEXT])
{
	const struct scmp_version *library = seccomp_version();

	text[0] = 0;
	if (library)
		snprintf(text, SECCOMP_VERSION_TEXT, "%u.%u.%u", library->major, library->minor,
			 library->micro);
	return text;
}

static void print_annotations(struct json_out *out)
{
	char text[SECCOMP_VERSION_TEXT];

	json_out_key(out, "annotations");
	json_out_open(out, '{');
	json_out_member(out, "io.github.seccomp.libseccomp.version", seccomp_version_text(text));
	json_out_member(out, "org.opencontainers.runc.checkpoint.enabled", "true");
	/* FJS-15: a version of runc's would claim its faults and its fixes too */
	json_out_member(out, "run.oci.ocirun.commit", ocirun_commit);
	json_out_member(out, "run.oci.ocirun.version", ocirun_version);
	json_out_close(out, '}');
}

static int run(const struct globals *globals, const void *values, int count, char **arguments,
	       struct error *error)
{
	struct json_out out = { .file = stdout, .indent = "    " };

	(void)values;
	(void)count;
	(void)arguments;
	(void)error;
	json_out_open(&out, '{');
	json_out_member(&out, "ociVersionMin", SPEC_OLDEST);
	json_out_member(&out, "ociVersionMax", ocirun_spec_version);
	words(&out, "hooks", words_hooks);
	print_mount_options(&out, globals->arena);
	print_linux(&out);
	print_annotations(&out);
	json_out_key(&out, "potentiallyUnsafeConfigAnnotations");
	json_out_open(&out, '[');
	for (const char *const *name = words_annotations; *name; name++)
		json_out_string(&out, *name);
	json_out_close(&out, ']');
	json_out_close(&out, '}');
	putc('\n', stdout);
	return 0;
}

const struct command command_features = {
	.name = "features",
	.arguments = "",
	.summary = "print what this runtime supports as JSON",
	.least = 0,
	.most = 0,
	.run = run,
};
