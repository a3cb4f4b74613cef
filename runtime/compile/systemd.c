/* The systemd driver: the unit that the container's group belongs to, and the properties that it is made with
 * (CGR-03..05). Which limits become which properties stands in systemd_limits.c. No record of the plan comes
 * from here: the unit is made by systemd on the host, before the shim gets its plan.
 */
#include "compile/rows.h"

#include <math.h>
#include <string.h>

#include "cgroup/path.h"
#include "cgroup/unit.h"
#include "systemd-helper/value.h"

#define PREFIX "org.systemd.property."
#define SUBGROUP "run.oci.systemd.subgroup"

static void put(struct compile *c, const char *name, const char *value)
{
	systemd_put(c->arena, &c->result->systemd->properties, name, value);
}

/* ---- what every unit gets ------------------------------------------------------------------------------ */

static bool has_annotation(const struct compile *c, const char *start)
{
	for (uint32_t i = 0; i < c->spec->annotations.count; i++)
		if (strncmp(c->spec->annotations.items[i].key, start, strlen(start)) == 0)
			return true;
	return false;
}

static void put_basics(struct compile *c)
{
	const struct systemd_unit *unit = c->result->systemd;
	bool slice = unit_is_slice(unit->name), v2 = c->facts->cgroup_mode == CGROUP_MODE_V2;

	put(c, "Description",
	    systemd_value_quote(c->arena, arena_format(c->arena, "ocirun container %s", c->options->id)));
	if (!slice) {
		put(c, "Slice", systemd_value_quote(c->arena, unit->slice));
		/* the groups below are the container's: systemd leaves them alone */
		put(c, "Delegate", "true");
		/* a failed scope would be in the way of the next one of its name. Whoever limits the run
		 * time wants to see that it was exceeded: until `delete` then */
		if (!has_annotation(c, PREFIX "RuntimeMax"))
			put(c, "CollectMode", "'inactive-or-failed'");
	} else if (strcmp(unit->slice, unit->name) != 0) {
		put(c, "Wants", arena_format(c->arena, "[%s]", systemd_value_quote(c->arena, unit->slice)));
	}
	put(c, "DefaultDependencies", "false");
	put(c, "MemoryAccounting", "true");
	put(c, "CPUAccounting", "true");
	put(c, v2 ? "IOAccounting" : "BlockIOAccounting", "true");
	put(c, "TasksAccounting", "true");
}

/* ---- annotations (ANN-01) ------------------------------------------------------------------------------ */

/* Those that are ocirun's own. With the first two an annotation could take processes of the host into the
 * container; the others would undo the config. */
static const char *const reserved[] = {
	"PIDs",
	"PIDFDs",
	"Slice",
	"Delegate",
	"DelegateControllers",
	"DelegateSubgroup",
	"DevicePolicy",
	"DeviceAllow",
	"DefaultDependencies",
};

static int check_name(struct compile *c, const char *name, const char *pointer)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (strlen(name) < 3)
		return compile_refuse(c, pointer, "the name of a systemd property is too short: \"%s\"",
				      name);
	if (name[strspn(name, letters)])
		return compile_refuse(c, pointer, "the name of a systemd property has letters alone: \"%s\"",
				      name);
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
		if (strcmp(name, reserved[i]) == 0)
			return compile_refuse(c, pointer, "systemd property %s is not for annotations to set",
					      name);
	if (c->options->systemd_allowed && !cgroup_has_word(c->options->systemd_allowed, name))
		return compile_refuse(c, pointer, "systemd property %s is not in --systemd-properties", name);
	return 0;
}

/* Seconds as microseconds, the unit of D-Bus: XSec is set as XUSec. */
static int to_microseconds(struct compile *c, const struct systemd_value *value, const char *pointer,
			   const char **ret)
{
	const struct systemd_node *node = value->nodes;
	double seconds = node->type == 'd' ? node->real : 0;

	if (!strchr("ynqiuxtd", node->type))
		return compile_refuse(c, pointer, "a number of seconds is expected");
	if (node->type == 'd' ? seconds < 0 || seconds > 1e12
			      : node->number > UINT64_MAX / 1000000) /* negative ones, too */
		return compile_refuse(c, pointer, "not a number of seconds that systemd takes");
	*ret = arena_format(c->arena, "uint64 %llu",
			    node->type == 'd' ? (unsigned long long)llround(seconds * 1e6)
					      : (unsigned long long)node->number * 1000000);
	return 0;
}

static bool is_seconds(const char *name)
{
	size_t length = strlen(name);

	/* "USec" is in microseconds already */
	return length > 3 && strcmp(name + length - 3, "Sec") == 0 && name[length - 4] >= 'a' &&
	       name[length - 4] <= 'z';
}

static int put_annotation(struct compile *c, const struct spec_pair *annotation)
{
	const char *name = annotation->key + strlen(PREFIX), *text = annotation->value;
	const char *pointer = compile_pointer(c, "/annotations/%s", annotation->key);
	struct error why = { 0 };
	struct systemd_value value;
	int r = check_name(c, name, pointer);

	if (r < 0)
		return r;
	if (systemd_value_parse(c->arena, text, &value, &why) < 0)
		return compile_refuse(c, pointer, "not a value of a systemd property: %s", why.text);
	if (is_seconds(name)) {
		name = arena_format(c->arena, "%.*sUSec", (int)strlen(name) - 3, name);
		r = to_microseconds(c, &value, pointer, &text);
	}
	if (r == 0)
		put(c, name, text);
	return r;
}

static int put_annotations(struct compile *c)
{
	int r = 0;

	for (uint32_t i = 0; i < c->spec->annotations.count && r == 0; i++)
		if (strncmp(c->spec->annotations.items[i].key, PREFIX, strlen(PREFIX)) == 0)
			r = put_annotation(c, &c->spec->annotations.items[i]);
	return r;
}

/* ---- the unit ------------------------------------------------------------------------------------------ */

/* ANN-12. Without the annotation the container is in the unit's own group, as with runc: one group less to be
 * made, and managers find the limits where the processes are. */
static int find_subgroup(struct compile *c, const char **ret)
{
	const char *name = compile_annotation_value(c, SUBGROUP);

	*ret = name && *name ? name : NULL;
	if (!*ret)
		return 0;
	if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..") || strlen(name) > 255)
		return compile_refuse(c, "/annotations/" SUBGROUP, "must be the name of one group");
	return 0;
}

int compile_systemd(struct compile *c)
{
	const struct spec_resources *resources = c->spec->linux_->resources;
	const char *root = c->options->systemd_root;
	struct systemd_unit *unit;
	struct unit_name name;
	struct error why = { 0 };
	int r;

	if (!c->options->systemd_cgroup)
		return 0;
	if (c->facts->hierarchy_count == 0)
		return compile_refuse(c, "", "this host has no control groups for systemd to make");
	if (unit_name(c->arena, c->spec->linux_->cgroups_path, c->options->id, root != NULL, root ? root : "",
		      &name, &why) < 0)
		return compile_refuse(c, "/linux/cgroupsPath", "%s", why.text);
	unit = arena_alloc(c->arena, sizeof *unit);
	*unit = (struct systemd_unit){
		.name = name.unit, .slice = name.slice, .path = name.path, .user = root != NULL
	};
	c->result->systemd = unit;
	r = find_subgroup(c, &unit->subgroup);
	if (r < 0)
		return r;
	put_basics(c);
	if (!unit->user) /* a user's systemd can load no filter */
		systemd_devices(c->arena, resources, &unit->properties);
	if (resources)
		r = systemd_limits(c->arena, resources, c->facts->cgroup_mode, &unit->properties, c->error);
	return r < 0 ? r : put_annotations(c);
}

void systemd_dump_text(const struct systemd_unit *unit, FILE *out)
{
	fprintf(out, "systemd unit=%s slice=%s bus=%s path=%s\n", unit->name, unit->slice,
		unit->user ? "user" : "system", unit->path);
	for (uint32_t i = 0; i < unit->properties.count; i++) {
		const struct systemd_property *property = &unit->properties.items[i];

		fprintf(out, "systemd property %s=%s", property->name, property->value);
		if (property->since)
			fprintf(out, " since=%u", property->since);
		fprintf(out, "%s\n", property->late ? " late" : "");
	}
}
