/* The words of mounts[].options, one row a word (MNT-21 to MNT-95; config.md, "Linux mount options"), and
 * how a list of them adds up. What is no word of ours is data for the file system. The stage that executes
 * the result knows no words.
 */
#include <string.h>

#include "objects.h"
#include "plan.h"

/* The access-time group of the kernel is one value, not bits: relatime is 0, and mount_setattr(2) wants the
 * whole mask cleared when any of it changes. A row clears what its word denies; mount_option_read widens
 * that to the group. */
#define ATIME (PLAN_ATTR_NOATIME | PLAN_ATTR_STRICTATIME | PLAN_ATTR_ATIME_OTHER)

#define RELATIME PLAN_ATTR_ATIME_OTHER /* stands for it in a row: no bit does */

#define SET(attr) .attr_set = (attr)
#define CLEAR(attr) .attr_clear = (attr)
#define REC_SET(attr) .rec_set = (attr)
#define REC_CLEAR(attr) .rec_clear = (attr)
#define UNDO(attr) .attr_undo = (attr)
#define ATIME_SET(attr) .attr_set = (attr), .attr_clear = ATIME
#define REC_ATIME_SET(attr) .rec_set = (attr), .rec_clear = ATIME

const struct mount_option mount_options[] = {
	{ .word = "async", .super_clear = PLAN_SUPER_SYNC },
	/* a mount keeps its access times unless a word names another mode (mount(2), MS_REMOUNT): the four
	 * words that deny one (atime, diratime, norelatime, nostrictatime) only take that back */
	{ .word = "atime", UNDO(PLAN_ATTR_NOATIME) },
	{ .word = "bind", .action = MOUNT_OPTION_BIND },
	{ .word = "defaults" },
	{ .word = "dev", CLEAR(PLAN_ATTR_NODEV) },
	{ .word = "diratime", UNDO(PLAN_ATTR_NODIRATIME) },
	{ .word = "dirsync", .super_set = PLAN_SUPER_DIRSYNC },
	{ .word = "exec", CLEAR(PLAN_ATTR_NOEXEC) },
	{ .word = "idmap", .action = MOUNT_OPTION_IDMAP },
	{ .word = "iversion", .super_set = PLAN_SUPER_IVERSION },
	{ .word = "lazytime", .super_set = PLAN_SUPER_LAZYTIME },
	{ .word = "loud", .super_clear = PLAN_SUPER_SILENT },
	{ .word = "mand", .super_set = PLAN_SUPER_MAND },
	{ .word = "noatime", ATIME_SET(PLAN_ATTR_NOATIME) },
	{ .word = "nodev", SET(PLAN_ATTR_NODEV) },
	{ .word = "nodiratime", SET(PLAN_ATTR_NODIRATIME) },
	{ .word = "noexec", SET(PLAN_ATTR_NOEXEC) },
	{ .word = "noiversion", .super_clear = PLAN_SUPER_IVERSION },
	{ .word = "nolazytime", .super_clear = PLAN_SUPER_LAZYTIME },
	{ .word = "nomand", .super_clear = PLAN_SUPER_MAND },
	{ .word = "norelatime", UNDO(RELATIME) },
	{ .word = "nostrictatime", UNDO(PLAN_ATTR_STRICTATIME) },
	{ .word = "nosuid", SET(PLAN_ATTR_NOSUID) },
	{ .word = "nosymfollow", SET(PLAN_ATTR_NOSYMFOLLOW) },
	{ .word = "private", .propagation = PLAN_PROP_PRIVATE },
	{ .word = "ratime", REC_CLEAR(PLAN_ATTR_NOATIME) },
	{ .word = "rbind", .action = MOUNT_OPTION_RBIND },
	{ .word = "rdev", REC_CLEAR(PLAN_ATTR_NODEV) },
	{ .word = "rdiratime", REC_CLEAR(PLAN_ATTR_NODIRATIME) },
	{ .word = "relatime", ATIME_SET(0) },
	{ .word = "remount", .action = MOUNT_OPTION_REMOUNT },
	{ .word = "rexec", REC_CLEAR(PLAN_ATTR_NOEXEC) },
	{ .word = "ridmap", .action = MOUNT_OPTION_RIDMAP },
	{ .word = "rnoatime", REC_ATIME_SET(PLAN_ATTR_NOATIME) },
	{ .word = "rnodev", REC_SET(PLAN_ATTR_NODEV) },
	{ .word = "rnodiratime", REC_SET(PLAN_ATTR_NODIRATIME) },
	{ .word = "rnoexec", REC_SET(PLAN_ATTR_NOEXEC) },
	/* clears the group although no bit stands for relatime (MNT-75) */
	{ .word = "rnorelatime", REC_CLEAR(PLAN_ATTR_ATIME_OTHER) },
	{ .word = "rnostrictatime", REC_CLEAR(PLAN_ATTR_STRICTATIME) },
	{ .word = "rnosuid", REC_SET(PLAN_ATTR_NOSUID) },
	{ .word = "rnosymfollow", REC_SET(PLAN_ATTR_NOSYMFOLLOW) },
	/* of the mount and, for a new file system, of its super block: mount(2)'s MS_RDONLY */
	{ .word = "ro", SET(PLAN_ATTR_RDONLY), .super_set = PLAN_SUPER_RDONLY },
	{ .word = "rprivate", .propagation = PLAN_PROP_PRIVATE | PLAN_PROP_RECURSIVE },
	{ .word = "rrelatime", REC_ATIME_SET(0) },
	{ .word = "rro", REC_SET(PLAN_ATTR_RDONLY) },
	{ .word = "rrw", REC_CLEAR(PLAN_ATTR_RDONLY) },
	{ .word = "rshared", .propagation = PLAN_PROP_SHARED | PLAN_PROP_RECURSIVE },
	{ .word = "rslave", .propagation = PLAN_PROP_SLAVE | PLAN_PROP_RECURSIVE },
	{ .word = "rstrictatime", REC_ATIME_SET(PLAN_ATTR_STRICTATIME) },
	{ .word = "rsuid", REC_CLEAR(PLAN_ATTR_NOSUID) },
	{ .word = "rsymfollow", REC_CLEAR(PLAN_ATTR_NOSYMFOLLOW) },
	{ .word = "runbindable", .propagation = PLAN_PROP_UNBINDABLE | PLAN_PROP_RECURSIVE },
	{ .word = "rw", CLEAR(PLAN_ATTR_RDONLY), .super_clear = PLAN_SUPER_RDONLY },
	{ .word = "shared", .propagation = PLAN_PROP_SHARED },
	{ .word = "silent", .super_set = PLAN_SUPER_SILENT },
	{ .word = "slave", .propagation = PLAN_PROP_SLAVE },
	{ .word = "strictatime", ATIME_SET(PLAN_ATTR_STRICTATIME) },
	{ .word = "suid", CLEAR(PLAN_ATTR_NOSUID) },
	{ .word = "symfollow", CLEAR(PLAN_ATTR_NOSYMFOLLOW) },
	{ .word = "sync", .super_set = PLAN_SUPER_SYNC },
	{ .word = "tmpcopyup", .action = MOUNT_OPTION_COPY_UP },
	{ .word = "unbindable", .propagation = PLAN_PROP_UNBINDABLE },

	{ .word = "copy-symlink", .action = MOUNT_OPTION_COPY_SYMLINK },
	{ .word = "dest-nofollow", .action = MOUNT_OPTION_DESTINATION_NOFOLLOW },
	{ .word = "src-nofollow", .action = MOUNT_OPTION_SOURCE_NOFOLLOW },

	/* crun's recursive forms of what belongs to a super block, and so to no tree: as without the r */
	{ .word = "rasync", .super_clear = PLAN_SUPER_SYNC },
	{ .word = "rdirsync", .super_set = PLAN_SUPER_DIRSYNC },
	{ .word = "rmand", .super_set = PLAN_SUPER_MAND },
	{ .word = "rnomand", .super_clear = PLAN_SUPER_MAND },
	{ .word = "rsync", .super_set = PLAN_SUPER_SYNC },

	/* done by the manager before the runtime is called; no file system knows them */
	{ .word = "U", .action = MOUNT_OPTION_IGNORED },
	{ .word = "Z", .action = MOUNT_OPTION_IGNORED },
	{ .word = "z", .action = MOUNT_OPTION_IGNORED },
	{ .word = NULL },
};

/* Words that carry a value: any option that begins so. */
static const struct {
	const char *prefix;
	uint8_t action;
} prefixes[] = {
	{ "idmap=", MOUNT_OPTION_IDMAP },
	{ "ridmap=", MOUNT_OPTION_RIDMAP },
	{ "relabel=", MOUNT_OPTION_IGNORED },
};

static const struct mount_option *find(const struct json_node *node)
{
	for (const struct mount_option *option = mount_options; option->word; option++)
		if (json_is(node, option->word))
			return option;
	return NULL;
}

static int action_of(const struct json_node *node)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
		size_t length = strlen(prefixes[i].prefix);

		if (node->length >= length && !memcmp(prefixes[i].prefix, node->text, length))
			return prefixes[i].action;
	}
	return -1;
}

/* A later word undoes an earlier one that says the opposite. */
static void add_attributes(uint64_t *set, uint64_t *clear, uint64_t row_set, uint64_t row_clear)
{
	*set = (*set & ~row_clear) | row_set;
	*clear = (*clear & ~row_set) | row_clear;
	if ((*set | *clear) & ATIME)
		*clear |= ATIME;
}

/* `bits` as if no word had named them: what the source has of them stays. */
static void undo_attributes(struct spec_mount *mount, uint64_t bits)
{
	bool relatime = mount->attr_clear & ATIME && !(mount->attr_set & ATIME);
	bool named = mount->attr_set & bits & ATIME || (relatime && bits & RELATIME);

	mount->attr_set &= ~bits;
	if (named)
		mount->attr_clear &= ~(uint64_t)ATIME;
}

static int add_propagation(struct reader *reader, struct spec_mount *mount, uint32_t propagation)
{
	const uint32_t room = sizeof mount->propagation / sizeof mount->propagation[0];

	if (!propagation)
		return 0;
	if (mount->propagation_count == room)
		return spec_refuse(reader, "more than %u propagation options", room);
	mount->propagation[mount->propagation_count++] = propagation;
	return 0;
}

static int act(struct reader *reader, const struct json_node *node, struct spec_mount *mount, int action)
{
	const char *value = memchr(node->text, '=', node->length);

	mount->bind |= action == MOUNT_OPTION_BIND || action == MOUNT_OPTION_RBIND;
	mount->recursive |= action == MOUNT_OPTION_RBIND;
	mount->remount |= action == MOUNT_OPTION_REMOUNT;
	mount->copy_up |= action == MOUNT_OPTION_COPY_UP;
	mount->copy_symlink |= action == MOUNT_OPTION_COPY_SYMLINK;
	mount->source_nofollow |= action == MOUNT_OPTION_SOURCE_NOFOLLOW;
	mount->destination_nofollow |= action == MOUNT_OPTION_DESTINATION_NOFOLLOW;
	mount->idmap |= action == MOUNT_OPTION_IDMAP || action == MOUNT_OPTION_RIDMAP;
	mount->idmap_recursive |= action == MOUNT_OPTION_RIDMAP;
	if (action == MOUNT_OPTION_IGNORED)
		spec_warn(reader, "mount option \"%.*s\" on \"%s\" is for the container manager: ignored",
			  (int)node->length, node->text, mount->destination ? mount->destination : "");
	if (!value || (action != MOUNT_OPTION_IDMAP && action != MOUNT_OPTION_RIDMAP))
		return 0;
	return mount_idmap_read(reader, strchr(read_text(reader, node), '=') + 1, mount);
}

int mount_option_read(struct reader *reader, const struct json_node *node, struct spec_mount *mount)
{
	const struct mount_option *option = find(node);
	int action = option ? option->action : action_of(node);

	if (action < 0) {
		if (node->length) /* "" is what splitting an empty list gives */
			mount->data.items[mount->data.count++] = read_text(reader, node);
		return 0;
	}
	int r = act(reader, node, mount, action);
	if (r < 0 || !option)
		return r;
	add_attributes(&mount->attr_set, &mount->attr_clear, option->attr_set, option->attr_clear);
	undo_attributes(mount, option->attr_undo);
	mount->names_flag |= (option->attr_set | option->attr_clear | option->attr_undo) != 0;
	add_attributes(&mount->rec_set, &mount->rec_clear, option->rec_set, option->rec_clear);
	mount->super_set = (mount->super_set & ~option->super_clear) | option->super_set;
	mount->super_clear = (mount->super_clear & ~option->super_set) | option->super_clear;
	return add_propagation(reader, mount, option->propagation);
}
