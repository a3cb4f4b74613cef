/* Device rules as the list of cgroup v1: what holds by default, and exceptions of the other kind. The rules
 * are settled to the exceptions that are left of them here, since the kernel, given them one by one, drops
 * without a word what its list cannot hold (dev_exception_rm takes back only the very same numbers).
 */
#include "compile/rows.h"

#include <string.h>

#define EXCEPTIONS_MAX 8192 /* the kernel's list is searched one by one at every open */

struct settled {
	struct compile *c;
	bool allow; /* what holds by default; the exceptions are of the other kind */
	uint32_t count, room;
	struct spec_device_rule *items;
};

static bool has_access(const struct spec_device_rule *rule)
{
	return rule->read || rule->write || rule->mknod;
}

static bool numbers_meet(int64_t a, int64_t b)
{
	return a < 0 || b < 0 || a == b;
}

/* Is there a device that both speak of? */
static bool rules_meet(const struct spec_device_rule *a, const struct spec_device_rule *b)
{
	return a->type == b->type && numbers_meet(a->major, b->major) && numbers_meet(a->minor, b->minor);
}

/* Does `wide` speak of every device of `narrow`? */
static bool covers(const struct spec_device_rule *wide, const struct spec_device_rule *narrow)
{
	return rules_meet(wide, narrow) && (wide->major < 0 || wide->major == narrow->major) &&
	       (wide->minor < 0 || wide->minor == narrow->minor);
}

static bool access_meets(const struct spec_device_rule *a, const struct spec_device_rule *b)
{
	return (a->read && b->read) || (a->write && b->write) || (a->mknod && b->mknod);
}

/* Crossings may be many more than the rules. */
static bool enlarge(struct settled *settled)
{
	struct spec_device_rule *items;

	if (settled->room >= EXCEPTIONS_MAX)
		return false;
	items = arena_alloc(settled->c->arena, 2ul * settled->room * sizeof *items);
	memcpy(items, settled->items, settled->count * sizeof *items);
	settled->items = items;
	settled->room *= 2;
	return true;
}

/* More access for these numbers. False: the list is full. */
static bool add(struct settled *settled, const struct spec_device_rule *rule)
{
	struct spec_device_rule *items = settled->items;

	for (uint32_t i = 0; i < settled->count; i++)
		if (covers(&items[i], rule) && covers(rule, &items[i])) {
			items[i].read |= rule->read;
			items[i].write |= rule->write;
			items[i].mknod |= rule->mknod;
			return true;
		}
	if (settled->count == settled->room && !enlarge(settled))
		return false;
	settled->items[settled->count++] = *rule;
	return true;
}

/* Back to the default, for exceptions that the rule covers. False: it would make a hole in a wider one. */
static bool take_back(struct settled *settled, const struct spec_device_rule *rule)
{
	for (uint32_t i = 0; i < settled->count; i++) {
		struct spec_device_rule *item = &settled->items[i];

		if (!rules_meet(rule, item) || !access_meets(rule, item))
			continue;
		if (!covers(rule, item))
			return false;
		item->read &= !rule->read;
		item->write &= !rule->write;
		item->mknod &= !rule->mknod;
	}
	return true;
}

/* The kernel wants one exception that allows all of a request: where one allows to read and another to write,
 * the devices of both get one for an open that does both. */
static bool add_crossings(struct settled *settled)
{
	for (uint32_t i = 0; i < settled->count; i++)
		for (uint32_t j = 0; j < i; j++) {
			const struct spec_device_rule a = settled->items[i], b = settled->items[j];
			struct spec_device_rule both = { .allow = true, .type = a.type };

			if (!rules_meet(&a, &b) || (a.read && a.write) || (b.read && b.write) ||
			    !(a.read || b.read) || !(a.write || b.write))
				continue;
			both.major = a.major < 0 ? b.major : a.major;
			both.minor = a.minor < 0 ? b.minor : a.minor;
			both.read = both.write = true;
			if (!add(settled, &both))
				return false;
		}
	return true;
}

/* `own`: the user's, by its place in the config; else the runtime's, which come last. */
static int settle_rule(struct settled *settled, const struct spec_device_rule *rule, bool own, uint32_t place)
{
	if (rule->allow != settled->allow) {
		if (!add(settled, rule))
			return compile_refuse(settled->c, RESOURCES "/devices",
					      "too many rules for cgroup v1");
		return 0;
	}
	if (take_back(settled, rule))
		return 0;
	if (own)
		return compile_refuse(settled->c, compile_pointer(settled->c, RESOURCES "/devices/%u", place),
				      "cgroup v1 cannot make an exception from a wider rule before it");
	return compile_refuse(
		settled->c, RESOURCES "/devices",
		"cgroup v1 cannot make exceptions for the default devices (null, zero, tty ...) "
		"from a wider rule that denies them");
}

/* 'a' is block and character devices, which have numbers of their own. */
static int settle(struct settled *settled, const struct device_rules *rules, uint32_t first)
{
	int r = 0;

	for (uint32_t i = 0; i < rules->count && r == 0; i++)
		for (const char *type = "bc"; *type && r == 0; type++) {
			struct spec_device_rule rule = rules->rules[i];

			if (rule.type != 'a' && rule.type != *type)
				continue;
			rule.type = *type;
			r = settle_rule(settled, &rule, i < rules->own, first + i);
		}
	if (r == 0 && !settled->allow && !add_crossings(settled))
		r = compile_refuse(settled->c, RESOURCES "/devices", "too many rules for cgroup v1");
	return r;
}

static const char *number_or_any(struct compile *c, int64_t number)
{
	return number < 0 ? "*" : compile_number(c, number);
}

static void write_exceptions(const struct settled *settled, uint32_t group, const char *pointer)
{
	struct compile *c = settled->c;

	for (uint32_t i = 0; i < settled->count; i++) {
		const struct spec_device_rule *rule = &settled->items[i];

		if (!has_access(rule))
			continue;
		compile_write(c, group, settled->allow ? "devices.deny" : "devices.allow",
			      arena_format(c->arena, "%c %s:%s %s%s%s", rule->type,
					   number_or_any(c, rule->major), number_or_any(c, rule->minor),
					   rule->read ? "r" : "", rule->write ? "w" : "",
					   rule->mknod ? "m" : ""),
			      PLAN_WRITE_EARLY, pointer);
	}
}

int compile_devices_v1(struct compile *c)
{
	const struct spec_resources *s = c->spec->linux_->resources;
	const struct device_rules rules = compile_device_rules(c->arena, s);
	const char *pointer = s ? RESOURCES "/devices" : "";
	uint32_t group, room = 2 * rules.count;
	struct settled settled = { .c = c, .allow = rules.allow, .room = room };
	int r;

	if (rules.allow && rules.count == 0)
		return 0; /* as the parent, then: to write "a" would be refused below a stricter one */
	if (!compile_group(c, "devices", &group))
		return compile_refuse(c, pointer,
				      "device rules cannot be set: controller \"devices\" not available");
	settled.items = arena_alloc(c->arena, room * sizeof *settled.items);
	r = settle(&settled, &rules, s ? s->device_count - rules.own : 0);
	if (r < 0)
		return r;
	/* "a" empties the list and sets what holds by default */
	if (!rules.allow)
		compile_write(c, group, "devices.deny", "a", PLAN_WRITE_EARLY, pointer);
	write_exceptions(&settled, group, pointer);
	return 0;
}
