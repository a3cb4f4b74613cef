/* `process`: what runs, as whom, with which limits (config.md, "Process"). Texts in quotes that clients and
 * the peers' users know are kept: CRE-18, PRC-09, PRC-17.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"

#define AT(member) offsetof(struct spec_process, member)

static int read_umask(struct reader *reader, const struct json_node *node, void *member)
{
	uint64_t mask;
	int r = read_unsigned(reader, node, 0777, &mask);

	if (r == 0)
		*(uint32_t *)member = (uint32_t)mask;
	return r;
}

static int read_groups(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_process *process = member;
	void *items;
	int r = read_array(reader, node, JSON_NUMBER, read_id, sizeof(uint32_t), &items,
			   &process->additional_gid_count);

	process->additional_gids = r < 0 ? NULL : items;
	return r;
}

static int read_user(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY("uid", JSON_NUMBER, read_id, AT(uid)),
		KEY("gid", JSON_NUMBER, read_id, AT(gid)),
		KEY_FLAG("umask", JSON_NUMBER, read_umask, AT(umask), AT(has_umask)),
		KEY("additionalGids", JSON_ARRAY, read_groups, 0),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

static int read_console_size(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("height", JSON_NUMBER, read_u32, AT(console_height)),
		KEY_REQUIRED("width", JSON_NUMBER, read_u32, AT(console_width)),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

/* config.md: "Runtimes MUST ignore consoleSize if terminal is false or unset". The kernel's struct winsize
 * has 16 bits; both 0: whatever the terminal has (PRC-02). */
static int check_console_size(struct reader *reader, struct spec_process *process)
{
	uint32_t height = process->console_height, width = process->console_width;

	if (process->terminal && (height > UINT16_MAX || width > UINT16_MAX))
		return error_in(reader->error, spec_refuse(reader, "height and width must be at most 65535"),
				"consoleSize");
	process->has_console_size = process->terminal && height && width;
	return 0;
}

static int read_command_line(struct reader *reader, const struct json_node *node, void *member)
{
	(void)member;
	return node->length ? spec_refuse(reader, "is for Windows: use args") : 0;
}

static int read_cwd(struct reader *reader, const struct json_node *node, void *member)
{
	if (node->length && node->text[0] != '/') /* CRE-18: the words that clients know */
		return spec_refuse(reader, "Cwd must be an absolute path, not \"%.*s\"", (int)node->length,
				   node->text);
	return node->length ? read_string(reader, node, member) : 0;
}

/* Absent, null and empty are the same mistake and get the same text. */
static int check(struct reader *reader, struct spec_process *process)
{
	if (!process->args.count)
		return error_in(reader->error, spec_refuse(reader, "args must not be empty"), "args");
	if (!process->cwd)
		return error_in(reader->error, spec_refuse(reader, "Cwd property must not be empty"), "cwd");
	return check_console_size(reader, process);
}

struct variable {
	const char *text;
	size_t name_length;
	uint32_t index;
};

static int compare_variables(const void *a, const void *b)
{
	const struct variable *one = a, *two = b;

	if (one->name_length != two->name_length)
		return one->name_length < two->name_length ? -1 : 1;
	int order = memcmp(one->text, two->text, one->name_length);
	return order ? order : (one->index > two->index) - (one->index < two->index);
}

static bool same_name(const struct variable *one, const struct variable *two)
{
	return one->name_length == two->name_length && !memcmp(one->text, two->text, one->name_length);
}

/* Each name once, with its last value, where its last value stands (BAT-53). Sorted by name for that, so
 * that ten thousand variables of a cluster's services cost no square. */
static void drop_overridden(struct reader *reader, struct spec_strings *env)
{
	struct variable *sorted = arena_alloc(reader->arena, (env->count + 1) * sizeof *sorted);
	uint32_t kept = 0;

	for (uint32_t i = 0; i < env->count; i++) {
		const char *text = env->items[i];

		sorted[i] = (struct variable){ text, (size_t)(strchr(text, '=') - text), i };
	}
	qsort(sorted, env->count, sizeof *sorted, compare_variables);
	for (uint32_t i = 1; i < env->count; i++)
		if (same_name(&sorted[i - 1], &sorted[i]))
			env->items[sorted[i - 1].index] = NULL;
	for (uint32_t i = 0; i < env->count; i++)
		if (env->items[i])
			env->items[kept++] = env->items[i];
	env->items[kept] = NULL;
	env->count = kept;
}

static int read_env(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_strings *env = member;
	int r = read_strings(reader, node, env);

	for (uint32_t i = 0; r == 0 && i < env->count; i++) {
		const char *equals = strchr(env->items[i], '=');

		if (!equals)
			r = spec_refuse(reader, "invalid environment variable: missing '='");
		else if (equals == env->items[i])
			r = spec_refuse(reader, "invalid environment variable: name cannot be empty");
		error_at(reader->error, r, i);
	}
	if (r == 0)
		drop_overridden(reader, env);
	return r;
}

static int read_rlimit_type(struct reader *reader, const struct json_node *node, void *member)
{
	char name[64];

	if (node->length < sizeof name) {
		memcpy(name, node->text, node->length);
		name[node->length] = 0;
		const struct word *word = words_find(words_rlimits, name);
		if (word) {
			*(int *)member = (int)word->value;
			return 0;
		}
	}
	return spec_refuse(reader, "wrong rlimit value: %.*s", (int)node->length, node->text);
}

static int read_rlimit(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("type", JSON_STRING, read_rlimit_type, offsetof(struct spec_rlimit, resource)),
		KEY_REQUIRED("soft", JSON_NUMBER, read_u64, offsetof(struct spec_rlimit, soft)),
		KEY_REQUIRED("hard", JSON_NUMBER, read_u64, offsetof(struct spec_rlimit, hard)),
		{ 0 },
	};
	const struct spec_rlimit *limit = member;
	int r = read_object(reader, node, keys, member);

	if (r == 0 && limit->soft > limit->hard) /* EINVAL of prlimit(2), but with the numbers */
		r = spec_refuse(reader, "soft limit %llu is greater than the hard limit %llu",
				(unsigned long long)limit->soft, (unsigned long long)limit->hard);
	return r;
}

static int read_rlimits(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_process *process = member;
	uint32_t seen = 0;
	void *items;
	int r = read_array(reader, node, JSON_OBJECT, read_rlimit, sizeof(struct spec_rlimit), &items,
			   &process->rlimit_count);

	if (r < 0)
		return r;
	process->rlimits = items;
	for (uint32_t i = 0; r == 0 && i < process->rlimit_count; i++) {
		int resource = process->rlimits[i].resource;

		if (seen >> resource & 1) /* config.md: "the runtime MUST generate an error" */
			r = spec_refuse(reader, "duplicate rlimit %s",
					words_name(words_rlimits, (uint64_t)resource));
		seen |= 1u << resource;
		error_at(reader->error, r, i);
	}
	return r;
}

static int read_oom_score_adj(struct reader *reader, const struct json_node *node, void *member)
{
	int64_t value;
	int r = read_signed(reader, node, -1000, 1000, &value);

	if (r == 0)
		*(int32_t *)member = (int32_t)value;
	return r;
}

static int new_capabilities(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_capabilities *capabilities = arena_alloc(reader->arena, sizeof *capabilities);

	*(struct spec_capabilities **)member = capabilities;
	return read_capabilities(reader, node, capabilities);
}

int read_process(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY("terminal", JSON_BOOL, read_bool, AT(terminal)),
		KEY("consoleSize", JSON_OBJECT, read_console_size, 0),
		KEY("user", JSON_OBJECT, read_user, 0),
		KEY("args", JSON_ARRAY, read_strings, AT(args)),
		KEY("commandLine", JSON_STRING, read_command_line, 0),
		KEY("env", JSON_ARRAY, read_env, AT(env)),
		KEY("cwd", JSON_STRING, read_cwd, AT(cwd)),
		KEY("capabilities", JSON_OBJECT, new_capabilities, AT(capabilities)),
		KEY("rlimits", JSON_ARRAY, read_rlimits, 0),
		KEY("noNewPrivileges", JSON_BOOL, read_bool, AT(no_new_privileges)),
		KEY("apparmorProfile", JSON_STRING, read_optional, AT(apparmor_profile)),
		KEY("selinuxLabel", JSON_STRING, read_optional, AT(selinux_label)),
		KEY_FLAG("oomScoreAdj", JSON_NUMBER, read_oom_score_adj, AT(oom_score_adj),
			 AT(has_oom_score_adj)),
		KEY("scheduler", JSON_OBJECT, read_scheduler, AT(scheduler)),
		KEY("ioPriority", JSON_OBJECT, read_io_priority, AT(io_priority)),
		KEY("execCPUAffinity", JSON_OBJECT, read_exec_affinity, 0),
		{ 0 },
	};
	struct spec_process *process = arena_alloc(reader->arena, sizeof *process);

	*(struct spec_process **)member = process;
	int r = read_object(reader, node, keys, process);
	return r < 0 ? r : check(reader, process);
}

int spec_parse_process(struct arena *arena, const char *text, size_t length, struct spec_process **ret,
		       struct error *error)
{
	struct spec spec = { 0 }; /* takes warnings, of which a process has none */
	struct reader reader = { .spec = &spec, .arena = arena, .error = error };
	struct spec_process *process = NULL;
	const struct json_node *object;
	int r = json_parse(arena, text, length, &object, error);

	if (r < 0)
		return r;
	if (object->type != JSON_OBJECT)
		return error_set(error, EINVAL, "the process must be an object, not %s",
				 json_type_name(object->type));
	r = read_process(&reader, object, &process);
	if (r == 0)
		*ret = process;
	return r;
}
