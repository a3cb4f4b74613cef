/* The top of config.json (config.md), and spec_parse: text, nodes, rows, then the rules between objects.
 * Objects of other platforms (vm, windows, solaris, zos, freebsd) and unknown keys have no row, so they are
 * ignored, as the specification wants.
 */
#include <errno.h>
#include <string.h>

#include "objects.h"

#define AT(member) offsetof(struct spec, member)
#define HOSTNAME_MAX 64 /* __NEW_UTS_LEN of the kernel, for both names */

/* "1", "10": one number of a version, without a leading zero. */
static const char *skip_number(const char *at)
{
	size_t digits = strspn(at, "0123456789");

	return !digits || (digits > 1 && *at == '0') ? NULL : at + digits;
}

/* semver.org 2.0.0: N.N.N, then -PRERELEASE and +BUILD as one has them. */
static bool is_version(const char *text)
{
	static const char letters[] = "0123456789-.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	for (int i = 0; i < 3; i++) {
		text = skip_number(text);
		if (!text || (i < 2 && *text++ != '.'))
			return false;
	}
	for (const char *mark = "-+"; *mark; mark++)
		if (*text == *mark) {
			size_t length = strspn(++text, letters);

			if (!length || text[0] == '.' || text[length - 1] == '.')
				return false;
			text += length;
		}
	return !*text;
}

static int read_version(struct reader *reader, const struct json_node *node, void *member)
{
	const char *version = read_text(reader, node);

	if (!is_version(version))
		return spec_refuse(
			reader,
			"must be a version of the form MAJOR.MINOR.PATCH, such as \"1.3.0\", not \"%s\"",
			version);
	if (strncmp(version, "1.", 2) != 0)
		spec_warn(reader, "ociVersion %s is not 1.x: read as 1.3", version);
	*(const char **)member = version;
	return 0;
}

static int read_root(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("path", JSON_STRING, read_nonempty, AT(root_path)),
		KEY("readonly", JSON_BOOL, read_bool, AT(root_readonly)),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

static int read_name(struct reader *reader, const struct json_node *node, void *member)
{
	if (node->length > HOSTNAME_MAX)
		return spec_refuse(reader, "must have at most %d bytes, not %u", HOSTNAME_MAX, node->length);
	return read_optional(reader, node, member);
}

static const struct key config_keys[] = {
	KEY_REQUIRED("ociVersion", JSON_STRING, read_version, AT(oci_version)),
	KEY("process", JSON_OBJECT, read_process, AT(process)),
	KEY_REQUIRED("root", JSON_OBJECT, read_root, 0),
	KEY("hostname", JSON_STRING, read_name, AT(hostname)),
	KEY("domainname", JSON_STRING, read_name, AT(domainname)),
	KEY("mounts", JSON_ARRAY, read_mounts, 0),
	KEY("hooks", JSON_OBJECT, read_hooks, AT(hooks)),
	KEY("annotations", JSON_OBJECT, read_pairs, AT(annotations)),
	KEY("linux", JSON_OBJECT, read_linux, AT(linux_)),
	{ 0 },
};

const char *spec_annotation(const struct spec *spec, const char *key)
{
	for (uint32_t i = 0; i < spec->annotations.count; i++)
		if (strcmp(spec->annotations.items[i].key, key) == 0)
			return spec->annotations.items[i].value;
	return NULL;
}

/* An empty linux object means the defaults, and an absent one too. */
static int check(struct reader *reader)
{
	if (!reader->spec->process)
		return error_in(reader->error, spec_refuse(reader, "process property must not be empty"),
				"process");
	int r = namespaces_check(reader);
	return r < 0 ? r : sysctl_check(reader);
}

int spec_parse(struct arena *arena, const char *text, size_t length, struct spec *ret, struct error *error)
{
	struct reader reader = { .spec = ret, .arena = arena, .error = error };
	const struct json_node *config;

	*ret = (struct spec){ 0 };
	int r = json_parse(reader.arena, text, length, &config, error);
	if (r < 0)
		return r;
	if (config->type == JSON_NULL)
		return error_set(error, EINVAL, "config cannot be null");
	if (config->type != JSON_OBJECT)
		return error_set(error, EINVAL, "the config must be an object, not %s",
				 json_type_name(config->type));
	ret->linux_ = arena_alloc(reader.arena, sizeof *ret->linux_);
	r = read_object(&reader, config, config_keys, ret);
	return r < 0 ? r : check(&reader);
}
