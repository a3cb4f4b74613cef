/* Writing state.json: whole, under a temporary name, and renamed (reading: state_read.c). Keys that third
 * parties read in runc's file have the same names here (PRO-11). Knows nothing of processes: status is
 * derived (status.c).
 */
#include "container/state.h"
#include "container/state_file.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "json_out.h"

/* ---- write -------------------------------------------------------------------------------------------- */

static void write_strings(struct json_out *out, const char *key, const struct spec_strings *strings)
{
	json_out_key(out, key);
	json_out_open(out, '[');
	for (uint32_t i = 0; i < strings->count; i++)
		json_out_string(out, strings->items[i]);
	json_out_close(out, ']');
}

static void write_hooks(struct json_out *out, const char *key, const struct spec_hook_list *hooks)
{
	if (!hooks->count)
		return;
	json_out_key(out, key);
	json_out_open(out, '[');
	for (uint32_t i = 0; i < hooks->count; i++) {
		const struct spec_hook *hook = &hooks->items[i];

		json_out_open(out, '{');
		json_out_member(out, "path", hook->path);
		write_strings(out, "args", &hook->args);
		if (hook->has_env)
			write_strings(out, "env", &hook->env);
		json_out_key(out, "timeout");
		json_out_unsigned(out, hook->timeout);
		json_out_close(out, '}');
	}
	json_out_close(out, ']');
}

static void write_pairs(struct json_out *out, const struct state *state)
{
	json_out_key(out, "annotations");
	json_out_open(out, '{');
	for (uint32_t i = 0; i < state->annotations.count; i++)
		json_out_member(out, state->annotations.items[i].key, state->annotations.items[i].value);
	json_out_close(out, '}');
	json_out_key(out, "cgroup_paths");
	json_out_open(out, '{');
	for (uint32_t i = 0; i < state->cgroup_dirs.count; i++)
		json_out_member(out, state->cgroup_names.items[i], state->cgroup_dirs.items[i]);
	json_out_close(out, '}');
}

/* runc's names of the types. */
static void write_namespaces(struct json_out *out, int64_t pid)
{
	static const char *const rows[][2] = { { "NEWCGROUP", "cgroup" }, { "NEWIPC", "ipc" },
					       { "NEWNET", "net" },       { "NEWNS", "mnt" },
					       { "NEWPID", "pid" },       { "NEWTIME", "time" },
					       { "NEWUSER", "user" },     { "NEWUTS", "uts" } };
	char path[64];

	json_out_key(out, "namespace_paths");
	json_out_open(out, '{');
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		snprintf(path, sizeof path, "/proc/%lld/ns/%s", (long long)pid, rows[i][1]);
		json_out_member(out, rows[i][0], path);
	}
	json_out_close(out, '}');
}

static void optional(struct json_out *out, const char *key, const char *text)
{
	if (text)
		json_out_member(out, key, text);
}

static void write_document(struct json_out *out, const struct state *state)
{
	json_out_open(out, '{');
	json_out_key(out, "format");
	json_out_unsigned(out, STATE_FORMAT);
	optional(out, "ociVersion", state->oci_version);
	optional(out, "id", state->id);
	optional(out, "bundle", state->bundle);
	optional(out, "rootfs", state->rootfs);
	optional(out, "created", state->created);
	json_out_key(out, "owner");
	json_out_unsigned(out, state->owner_uid);
	optional(out, "boot_id", state->boot_id);
	json_out_key(out, "init_process_pid");
	json_out_signed(out, state->pid);
	json_out_key(out, "init_process_start");
	json_out_unsigned(out, state->start_time);
	optional(out, "cgroups_path", state->cgroups_path);
	optional(out, "cgroup_delegated", state->cgroup_delegated);
	if (state->scope) {
		json_out_member(out, "driver", "systemd");
		json_out_member(out, "scope", state->scope);
		optional(out, "slice", state->slice);
		json_out_flag(out, "scope_of_user", state->scope_of_user);
	}
	json_out_flag(out, "shared_pid_namespace", state->shared_pid_namespace);
	json_out_flag(out, "no_new_keyring", state->no_new_keyring);
	json_out_member(out, "gate", state->gate_fifo ? STATE_GATE_FIFO : STATE_GATE_RUN);
	json_out_flag(out, "rootless", state->owner_uid != 0);
	write_pairs(out, state);
	if (state->pid)
		write_namespaces(out, state->pid);
	write_strings(out, "external_descriptors", &state->external_descriptors);
	if (state->resources) {
		json_out_key(out, "resources");
		json_out_raw(out, state->resources);
	}
	optional(out, "intel_rdt_root", state->rdt_root);
	optional(out, "intel_rdt_path", state->rdt_path);
	optional(out, "intel_rdt_monitor", state->rdt_monitor);
	if (state->rdt_path)
		json_out_flag(out, "intel_rdt_made", state->rdt_made);
	write_hooks(out, "poststart", &state->poststart);
	write_hooks(out, "poststop", &state->poststop);
	json_out_close(out, '}');
	putc('\n', out->file);
}

/* The document as bytes to be freed; NULL when memory is out. */
static char *document(const struct state *state, size_t *ret_length)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, ret_length);

	if (!file)
		return NULL;
	struct json_out out = { .file = file };
	write_document(&out, state);
	bool failed = ferror(file) != 0;
	if (fclose(file) != 0 || failed) {
		free(text);
		return NULL;
	}
	return text;
}

/* On tmpfs there is nothing to be saved: a power cut takes the whole root (as it should, the processes are
 * gone too). Elsewhere an unsynced rename can leave an empty file. */
static int synchronise(int fd)
{
	if (sys_fs_magic(fd) == TMPFS_MAGIC)
		return 0;
	return fsync(fd) < 0 ? -errno : 0;
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t done = sys_write(fd, text, length);

		if (done == -EINTR)
			continue;
		if (done < 0)
			return (int)done;
		text += done;
		length -= (size_t)done;
	}
	return synchronise(fd);
}

/* `temporary` is taken from the caller's pid: one writer a process, and each process has its own. */
static int replace(int dir, const char *temporary, const char *name, const char *text, size_t length)
{
	FD_AUTO fd = sys_openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);

	if (fd == -EEXIST) { /* of a dead process with our number */
		sys_unlinkat(dir, temporary, 0);
		fd = sys_openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	}
	if (fd < 0)
		return fd;
	int r = write_all(fd, text, length);
	if (r == 0)
		r = sys_renameat2(dir, temporary, dir, name, 0);
	if (r < 0)
		sys_unlinkat(dir, temporary, 0);
	return r;
}

int state_write(int dir, const char *name, const struct state *state, struct error *error)
{
	char temporary[64];
	size_t length = 0;
	char *text = document(state, &length);

	if (!text)
		return error_errno(error, ENOMEM, "cannot write %s", name);
	snprintf(temporary, sizeof temporary, "@%s.%d", name, sys_getpid());
	int r = replace(dir, temporary, name, text, length);
	free(text);
	if (r == 0)
		r = synchronise(dir);
	return r < 0 ? error_errno(error, r, "cannot write %s", name) : 0;
}

int state_publish(int dir, struct error *error)
{
	int r = sys_renameat2(dir, "creating.json", dir, "state.json", 0);

	if (r == 0)
		r = synchronise(dir);
	return r < 0 ? error_errno(error, r, "cannot publish the container's state") : 0;
}
