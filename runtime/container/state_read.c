/* Reading state.json and creating.json. They are ours and in a root-only directory, yet read with bounds and
 * by the same strict parser as config.json: a torn or foreign file must be an error and no surprise. One row
 * a key; keys of a later build are ignored, a later format is refused.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "container/state.h"
#include "container/state_file.h"
#include "fd.h"
#include "spec/json.h"

#define STATE_BYTES JSON_MAX_LENGTH

struct key {
	const char *name;
	enum json_type type;
	int (*read)(struct arena *arena, const struct json_node *node, void *member);
	size_t offset;
};

static char *copy(struct arena *arena, const struct json_node *node)
{
	return arena_copy(arena, node->text, node->length);
}

static int read_text(struct arena *arena, const struct json_node *node, void *member)
{
	*(const char **)member = copy(arena, node);
	return 0;
}

/* A directory that may be removed: nothing but an absolute path will do. */
static int read_directory(struct arena *arena, const struct json_node *node, void *member)
{
	if (!node->length || node->text[0] != '/')
		return -EINVAL;
	return read_text(arena, node, member);
}

static int read_bool(struct arena *arena, const struct json_node *node, void *member)
{
	(void)arena;
	*(bool *)member = node->text[0] == 't';
	return 0;
}

/* The scanner has checked that it is a number; this, that it is a plain one. */
static int read_number(struct arena *arena, const struct json_node *node, uint64_t greatest, uint64_t *ret)
{
	char *text = copy(arena, node), *end;

	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno || *end || text[0] == '-' || value > greatest)
		return -EINVAL;
	*ret = value;
	return 0;
}

static int read_u64(struct arena *arena, const struct json_node *node, void *member)
{
	return read_number(arena, node, UINT64_MAX, member);
}

static int read_u32(struct arena *arena, const struct json_node *node, void *member)
{
	uint64_t value;
	int r = read_number(arena, node, UINT32_MAX, &value);

	if (r == 0)
		*(uint32_t *)member = (uint32_t)value;
	return r;
}

static int read_pid(struct arena *arena, const struct json_node *node, void *member)
{
	uint64_t value;
	int r = read_number(arena, node, INT32_MAX, &value);

	if (r == 0)
		*(int64_t *)member = (int64_t)value;
	return r;
}

static int read_format(struct arena *arena, const struct json_node *node, void *member)
{
	uint64_t value;

	(void)member;
	return read_number(arena, node, STATE_FORMAT, &value);
}

static int read_gate(struct arena *arena, const struct json_node *node, void *member)
{
	(void)arena;
	*(bool *)member = json_is(node, STATE_GATE_FIFO);
	return 0;
}

static int read_strings(struct arena *arena, const struct json_node *node, void *member)
{
	const char **items = arena_alloc(arena, (node->count + 1) * sizeof *items);
	const struct json_node *item = node + 1;

	for (uint32_t i = 0; i < node->count; i++, item += item->span) {
		if (item->type != JSON_STRING)
			return -EINVAL;
		items[i] = copy(arena, item);
	}
	*(struct spec_strings *)member = (struct spec_strings){ node->count, items };
	return 0;
}

static int read_pairs(struct arena *arena, const struct json_node *node, void *member)
{
	struct spec_pair *items = arena_alloc(arena, (node->count + 1) * sizeof *items);
	const struct json_node *key = node + 1;

	for (uint32_t i = 0; i < node->count; i++) {
		const struct json_node *value = key + key->span;

		if (value->type != JSON_STRING)
			return -EINVAL;
		items[i] = (struct spec_pair){ copy(arena, key), copy(arena, value) };
		key = value + value->span;
	}
	*(struct spec_pairs *)member = (struct spec_pairs){ node->count, items };
	return 0;
}

/* cgroup_paths: controllers -> directory, as two lists of one length. */
static int read_groups(struct arena *arena, const struct json_node *node, void *member)
{
	struct state *state = member;
	struct spec_pairs pairs;
	int r = read_pairs(arena, node, &pairs);

	if (r < 0)
		return r;
	const char **names = arena_alloc(arena, (pairs.count + 1) * sizeof *names);
	const char **dirs = arena_alloc(arena, (pairs.count + 1) * sizeof *dirs);
	for (uint32_t i = 0; i < pairs.count; i++) {
		names[i] = pairs.items[i].key;
		dirs[i] = pairs.items[i].value;
		/* these directories are emptied and removed: nothing but an absolute path will do */
		if (dirs[i][0] != '/')
			return -EINVAL;
	}
	state->cgroup_names = (struct spec_strings){ pairs.count, names };
	state->cgroup_dirs = (struct spec_strings){ pairs.count, dirs };
	return 0;
}

/* Every known member of an object; a null counts as absent. On failure *ret_key is the key to blame. */
static int read_members(struct arena *arena, const struct json_node *object, const struct key *keys,
			void *base, const char **ret_key)
{
	const struct json_node *name = object + 1;

	for (uint32_t i = 0; i < object->count; i++) {
		const struct json_node *value = name + name->span;
		const struct key *key = keys;

		while (key->name && !json_is(name, key->name))
			key++;
		if (key->name && value->type != JSON_NULL) {
			int r = value->type == key->type ? key->read(arena, value, (char *)base + key->offset)
							 : -EINVAL;
			if (r < 0) {
				*ret_key = key->name;
				return r;
			}
		}
		name = value + value->span;
	}
	return 0;
}

static int read_env(struct arena *arena, const struct json_node *node, void *member)
{
	struct spec_hook *hook = member;

	hook->has_env = true;
	return read_strings(arena, node, &hook->env);
}

#define HOOK(member) offsetof(struct spec_hook, member)
static const struct key hook_keys[] = {
	{ "path", JSON_STRING, read_text, HOOK(path) },
	{ "args", JSON_ARRAY, read_strings, HOOK(args) },
	{ "env", JSON_ARRAY, read_env, 0 },
	{ "timeout", JSON_NUMBER, read_u32, HOOK(timeout) },
	{ 0 },
};

static int read_hooks(struct arena *arena, const struct json_node *node, void *member)
{
	struct spec_hook *items = arena_alloc(arena, (node->count + 1) * sizeof *items);
	const struct json_node *item = node + 1;
	const char *key;

	for (uint32_t i = 0; i < node->count; i++, item += item->span) {
		if (item->type != JSON_OBJECT || read_members(arena, item, hook_keys, &items[i], &key) < 0)
			return -EINVAL;
		if (!items[i].path)
			return -EINVAL;
	}
	*(struct spec_hook_list *)member = (struct spec_hook_list){ node->count, items };
	return 0;
}

#define STATE(member) offsetof(struct state, member)
static const struct key state_keys[] = {
	{ "format", JSON_NUMBER, read_format, 0 }, /* written first, so a newer file is told as such */
	{ "ociVersion", JSON_STRING, read_text, STATE(oci_version) },
	{ "id", JSON_STRING, read_text, STATE(id) },
	{ "bundle", JSON_STRING, read_text, STATE(bundle) },
	{ "rootfs", JSON_STRING, read_text, STATE(rootfs) },
	{ "created", JSON_STRING, read_text, STATE(created) },
	{ "owner", JSON_NUMBER, read_u32, STATE(owner_uid) },
	{ "boot_id", JSON_STRING, read_text, STATE(boot_id) },
	{ "init_process_pid", JSON_NUMBER, read_pid, STATE(pid) },
	{ "init_process_start", JSON_NUMBER, read_u64, STATE(start_time) },
	{ "cgroups_path", JSON_STRING, read_text, STATE(cgroups_path) },
	{ "cgroup_delegated", JSON_STRING, read_directory, STATE(cgroup_delegated) },
	{ "scope", JSON_STRING, read_text, STATE(scope) },
	{ "slice", JSON_STRING, read_text, STATE(slice) },
	{ "scope_of_user", JSON_BOOL, read_bool, STATE(scope_of_user) },
	{ "shared_pid_namespace", JSON_BOOL, read_bool, STATE(shared_pid_namespace) },
	{ "no_new_keyring", JSON_BOOL, read_bool, STATE(no_new_keyring) },
	{ "gate", JSON_STRING, read_gate, STATE(gate_fifo) },
	{ "annotations", JSON_OBJECT, read_pairs, STATE(annotations) },
	{ "cgroup_paths", JSON_OBJECT, read_groups, 0 },
	{ "external_descriptors", JSON_ARRAY, read_strings, STATE(external_descriptors) },
	{ "resources", JSON_OBJECT, read_text, STATE(resources) }, /* as written: update reads it */
	{ "intel_rdt_root", JSON_STRING, read_directory, STATE(rdt_root) },
	{ "intel_rdt_path", JSON_STRING, read_directory, STATE(rdt_path) },
	{ "intel_rdt_monitor", JSON_STRING, read_directory, STATE(rdt_monitor) },
	{ "intel_rdt_made", JSON_BOOL, read_bool, STATE(rdt_made) },
	{ "poststart", JSON_ARRAY, read_hooks, STATE(poststart) },
	{ "poststop", JSON_ARRAY, read_hooks, STATE(poststop) },
	{ 0 },
};

/* The whole file. */
static int read_file(struct arena *arena, int dir, const char *name, char **ret, size_t *ret_length)
{
	FD_AUTO fd = sys_openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	struct stat about;

	if (fd < 0)
		return fd;
	int r = sys_fstat(fd, &about);
	if (r < 0)
		return r;
	if (!S_ISREG(about.st_mode) || about.st_size > (off_t)STATE_BYTES)
		return -EFBIG;
	size_t size = (size_t)about.st_size;
	char *text = arena_alloc(arena, size + 1);
	r = fd_read_all(fd, text, size, ret_length);
	if (r == 0)
		*ret = text;
	return r;
}

int state_read(struct arena *arena, int dir, const char *name, struct state *ret, struct error *error)
{
	const struct json_node *document;
	struct state state = { 0 };
	size_t length = 0;
	struct error why = { 0 };
	const char *key = "";
	char *text = NULL;
	int r = read_file(arena, dir, name, &text, &length);

	if (r < 0)
		return error_errno(error, r, "cannot read %s", name);
	r = json_parse(arena, text, length, &document, &why);
	if (r < 0)
		return error_set(error, r, "%s: %s", name, why.text);
	if (document->type != JSON_OBJECT)
		return error_set(error, EINVAL, "%s is not an object", name);
	r = read_members(arena, document, state_keys, &state, &key);
	if (r < 0 && !strcmp(key, "format"))
		return error_set(error, r, "%s was written by a newer ocirun", name);
	if (r < 0)
		return error_set(error, r, "%s: \"%s\" has a wrong value", name, key);
	*ret = state;
	return 0;
}
