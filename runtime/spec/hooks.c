/* `hooks`: six lists, any of them absent or null (CFG-08), each entry a program on the host or, for
 * startContainer, in the container (config.md, "POSIX-platform Hooks").
 */
#include "objects.h"
#include "plan.h"

#define AT(member) offsetof(struct spec_hook, member)

static int read_timeout(struct reader *reader, const struct json_node *node, void *member)
{
	int64_t seconds;
	int r = read_signed(reader, node, INT64_MIN, INT64_MAX, &seconds);

	if (r == 0 && (seconds <= 0 || seconds > UINT32_MAX))
		r = spec_refuse(reader, "must be greater than zero and at most %u seconds, not %lld",
				UINT32_MAX, (long long)seconds);
	if (r == 0)
		*(uint32_t *)member = (uint32_t)seconds;
	return r;
}

static int read_hook(struct reader *reader, const struct json_node *node, void *member)
{
	static const struct key keys[] = {
		KEY_REQUIRED("path", JSON_STRING, read_absolute, AT(path)),
		KEY("args", JSON_ARRAY, read_strings, AT(args)),
		KEY_FLAG("env", JSON_ARRAY, read_strings, AT(env), AT(has_env)),
		KEY("timeout", JSON_NUMBER, read_timeout, AT(timeout)),
		{ 0 },
	};

	return read_object(reader, node, keys, member);
}

static int read_hook_list(struct reader *reader, const struct json_node *node, void *member)
{
	struct spec_hook_list *list = member;
	void *items;
	int r = read_array(reader, node, JSON_OBJECT, read_hook, sizeof(struct spec_hook), &items,
			   &list->count);

	list->items = r < 0 ? NULL : items;
	return r;
}

int read_hooks(struct reader *reader, const struct json_node *node, void *member)
{
#define LIST(word, kind) KEY(word, JSON_ARRAY, read_hook_list, kind * sizeof(struct spec_hook_list))
	static const struct key keys[] = {
		LIST("prestart", PLAN_HOOK_PRESTART),
		LIST("createRuntime", PLAN_HOOK_CREATE_RUNTIME),
		LIST("createContainer", PLAN_HOOK_CREATE_CONTAINER),
		LIST("startContainer", PLAN_HOOK_START_CONTAINER),
		LIST("poststart", PLAN_HOOK_POSTSTART),
		LIST("poststop", PLAN_HOOK_POSTSTOP),
		{ 0 },
	};
#undef LIST

	return read_object(reader, node, keys, member);
}
