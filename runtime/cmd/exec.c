/* `ocirun exec`: one more process in a running container (EXE-01..35). Here stand the
 * options and what they make of the container's process; the doing is container/exec.c's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/options_shared.h"
#include "console.h"
#include "container/exec.h"
#include "number.h"
#include "spec/words.h"
#include "text_file.h"

#define EXIT_EXEC 255           /* of any failure of ours: 1 is what a program ends with (EXE-23) */
#define ID_GREATEST 4294967294u /* 2^32-1 means "leave it" to setuid(2) */

struct values {
	struct process_values shared;
	const char *process, *cwd, *user, *label, *apparmor;
	struct option_list env, groups, caps, cgroups;
	bool tty, detach, no_new_privs, ignore_paused;
};
#define VALUE(member) COMMAND_OPTION(values, member)

static const struct option options[] = {
	PROCESS_OPTIONS,
	{ "process", 'p', OPTION_STRING, "FILE", "process object to run, instead of a command",
	  VALUE(process) },
	{ "cwd", 0, OPTION_STRING, "DIR", "working directory", VALUE(cwd) },
	{ "env", 'e', OPTION_LIST, "NAME=VALUE", "environment variable; may be given again", VALUE(env) },
	{ "user", 'u', OPTION_STRING, "UID[:GID]", "user, and group", VALUE(user) },
	{ "additional-gids", 'g', OPTION_LIST, "GID", "one more group; may be given again", VALUE(groups) },
	{ "cap", 'c', OPTION_LIST, "CAP", "one more capability; may be given again", VALUE(caps) },
	{ "no-new-privs", 0, OPTION_BOOL, NULL, "no privileges by execve", VALUE(no_new_privs) },
	{ "process-label", 0, OPTION_STRING, "LABEL", "SELinux label", VALUE(label) },
	{ "apparmor", 0, OPTION_STRING, "PROFILE", "AppArmor profile", VALUE(apparmor) },
	{ "cgroup", 0, OPTION_LIST, "[CONTROLLER,...:]PATH",
	  "existing group below the container's; may be given again", VALUE(cgroups) },
	{ "detach", 'd', OPTION_BOOL, NULL, "do not wait for the process", VALUE(detach) },
	{ "ignore-paused", 0, OPTION_BOOL, NULL, "exec in a paused container: begins when it is resumed",
	  VALUE(ignore_paused) },
	{ "tty", 't', OPTION_BOOL, NULL, "a terminal for the process", VALUE(tty) },
	{ 0 },
};

/* ---- the options ----------------------------------------------------------------------------------------
 */

/* Digits and nothing else: what is not wholly a number must not become one (CVE-2026-30892). */
static int read_id(const char *what, const char *text, uint32_t *ret, struct error *error)
{
	uint64_t id;

	if (number_parse(text, ID_GREATEST, &id) < 0)
		return error_set(error, EINVAL, "bad %s: \"%s\" is not a number from 0 to %u", what, text,
				 ID_GREATEST);
	*ret = (uint32_t)id;
	return 0;
}

/* Without a group the container's stays, as in runc. */
static int set_user(struct arena *arena, struct spec_process *process, const char *text, struct error *error)
{
	const char *colon;

	if (!text)
		return 0;
	colon = strchr(text, ':');
	const char *uid = arena_copy(arena, text, colon ? (size_t)(colon - text) : strlen(text));
	int r = read_id("uid", uid, &process->uid, error);
	return r < 0 || !colon ? r : read_id("gid", colon + 1, &process->gid, error);
}

static int add_groups(struct arena *arena, struct spec_process *process, const struct option_list *list,
		      struct error *error)
{
	uint32_t count = process->additional_gid_count;
	uint32_t *groups = arena_alloc(arena, (count + (size_t)list->count + 1) * sizeof *groups);

	if (count)
		memcpy(groups, process->additional_gids, count * sizeof *groups);
	for (int i = 0; i < list->count; i++) {
		int r = read_id("gid", list->words[i], &groups[count++], error);

		if (r < 0)
			return r;
	}
	process->additional_gids = groups;
	process->additional_gid_count = count;
	return 0;
}

/* The later of two with one name counts, in the place of the earlier. */
static void put_variable(struct spec_strings *env, const char *text)
{
	size_t length = strcspn(text, "=") + 1;

	for (uint32_t i = 0; i < env->count; i++)
		if (!strncmp(env->items[i], text, length)) {
			env->items[i] = text;
			return;
		}
	env->items[env->count++] = text;
}

static int add_env(struct arena *arena, struct spec_process *process, const struct option_list *list,
		   struct error *error)
{
	size_t room = process->env.count + (size_t)list->count + 1;
	struct spec_strings env = { .items = arena_alloc(arena, room * sizeof(char *)) };

	for (uint32_t i = 0; i < process->env.count; i++)
		env.items[env.count++] = process->env.items[i];
	for (int i = 0; i < list->count; i++) {
		const char *text = list->words[i], *equals = strchr(text, '=');

		if (!equals || equals == text)
			return error_set(error, EINVAL,
					 "invalid environment variable \"%s\": must be NAME=VALUE", text);
		put_variable(&env, text);
	}
	process->env = env;
	return 0;
}

static const struct word *find_capability(const char *text)
{
	for (const struct word *word = words_capabilities; word->word; word++)
		if (!strcasecmp(word->word, text) || !strcasecmp(word->word + strlen("CAP_"), text))
			return word;
	return NULL;
}

/* Never inheritable: a file with inheritable capabilities would give them to any user of the container
 * (CVE-2022-29162). Ambient only where the config has it inheritable already. */
static int add_caps(struct arena *arena, struct spec_process *process, const struct option_list *list,
		    struct error *error)
{
	struct spec_capabilities *sets = arena_alloc(arena, sizeof *sets);

	if (!process->capabilities) /* the sets stay as they are: nothing can be added */
		return 0;
	*sets = *process->capabilities;
	for (int i = 0; i < list->count; i++) {
		const struct word *word = find_capability(list->words[i]);

		if (!word)
			return error_set(error, EINVAL, "unknown capability \"%s\"", list->words[i]);
		uint64_t bit = 1ull << word->value;
		sets->bounding |= bit;
		sets->permitted |= bit;
		sets->effective |= bit;
		sets->ambient |= bit & sets->inheritable;
	}
	process->capabilities = sets;
	return 0;
}

/* ---- the process ------------------------------------------------------------------------------------------
 */

/* The container's own with what the options say. */
static int from_options(struct arena *arena, const struct values *values, int count, char **words,
			struct spec_process *process, struct error *error)
{
	const char **arguments = arena_alloc(arena, ((size_t)count + 1) * sizeof *arguments);

	if (count == 0 || (count == 1 && !words[0][0]))
		return error_set(error, EINVAL, "exec args cannot be empty");
	for (int i = 0; i < count; i++)
		arguments[i] = words[i];
	process->args = (struct spec_strings){ (uint32_t)count, arguments };
	process->terminal = values->tty; /* only when asked for (EXE-08) */
	if (values->cwd && values->cwd[0] != '/')
		return error_set(error, EINVAL, "Cwd must be an absolute path, not \"%s\"", values->cwd);
	if (values->cwd)
		process->cwd = values->cwd;
	if (values->no_new_privs)
		process->no_new_privileges = true;
	if (values->label)
		process->selinux_label = values->label;
	if (values->apparmor)
		process->apparmor_profile = values->apparmor;
	int r = set_user(arena, process, values->user, error);
	if (r == 0)
		r = add_groups(arena, process, &values->groups, error);
	if (r == 0)
		r = add_env(arena, process, &values->env, error);
	return r == 0 ? add_caps(arena, process, &values->caps, error) : r;
}

/* EXE-29: what the file leaves out is the container's. */
static void fall_back(struct spec_process *process, const struct spec_process *own)
{
	if (!process->capabilities)
		process->capabilities = own->capabilities;
	if (!process->rlimit_count) {
		process->rlimits = own->rlimits;
		process->rlimit_count = own->rlimit_count;
	}
	if (!process->apparmor_profile)
		process->apparmor_profile = own->apparmor_profile;
	if (!process->selinux_label)
		process->selinux_label = own->selinux_label;
	if (!process->scheduler)
		process->scheduler = own->scheduler;
	if (!process->io_priority)
		process->io_priority = own->io_priority;
	if (!process->affinity_initial && !process->affinity_final) {
		process->affinity_initial = own->affinity_initial;
		process->affinity_final = own->affinity_final;
	}
	if (!process->has_umask) {
		process->umask = own->umask;
		process->has_umask = own->has_umask;
	}
	if (!process->has_oom_score_adj) {
		process->oom_score_adj = own->oom_score_adj;
		process->has_oom_score_adj = own->has_oom_score_adj;
	}
}

/* EXE-03: the file is the whole process. Whoever gives both should know what counts. */
static void warn_ignored(const struct globals *globals, const struct values *values, int count)
{
	const struct {
		bool given;
		const char *what;
	} rows[] = {
		{ count > 0, "the command" },       { values->cwd, "--cwd" },
		{ values->user, "--user" },         { values->label, "--process-label" },
		{ values->apparmor, "--apparmor" }, { values->no_new_privs, "--no-new-privs" },
		{ values->env.count, "--env" },     { values->groups.count, "--additional-gids" },
		{ values->caps.count, "--cap" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].given)
			log_warning(globals, "%s is ignored: --process names the whole process",
				    rows[i].what);
}

/* What is wrong stands in another file than config.json: say in which. */
static int name_file(struct error *error, int r, const char *file)
{
	char place[1024];
	int added =
		snprintf(place, sizeof place, "%s: %s%s", file, error->pointer, *error->pointer ? ": " : "");

	if (added > 0 && (size_t)added < sizeof place) {
		memmove(error->text + added, error->text, sizeof error->text - 1 - (size_t)added);
		memcpy(error->text, place, (size_t)added);
		error->hint += error->hint ? (unsigned)added : 0;
		error->pointer[0] = 0;
	}
	return r;
}

static int from_file(struct arena *arena, const char *file, const struct spec_process *own,
		     struct spec_process *ret, struct error *error)
{
	struct spec_process *process = NULL;
	const char *text;
	size_t length;
	int r = text_file_read(arena, file, false, file, &text, &length, error);

	if (r < 0)
		return r;
	r = spec_parse_process(arena, text, length, &process, error);
	if (r < 0 || !process)
		return r < 0 ? name_file(error, r, file)
			     : error_set(error, EINVAL, "%s holds no process", file);
	fall_back(process, own);
	*ret = *process;
	return 0;
}

static int check(const struct globals *globals, const struct values *values,
		 const struct spec_process *process, struct error *error)
{
	return console_check(globals->program, process->terminal, values->shared.console_socket != NULL,
			     !values->detach, error);
}

static int run_in(const struct globals *globals, const struct values *values, struct exec_target *target,
		  struct exec_request *request, int count, char **words, struct error *error)
{
	struct spec_process *process = arena_alloc(globals->arena, sizeof *process);
	int r;

	*process = *target->spec.process;
	if (values->process) {
		warn_ignored(globals, values, count);
		r = from_file(globals->arena, values->process, target->spec.process, process, error);
	} else {
		r = from_options(globals->arena, values, count, words, process, error);
	}
	if (r == 0)
		r = check(globals, values, process, error);
	request->process = process;
	return r == 0 ? exec_run(globals, target, request, error) : r;
}

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct values *values = given;
	struct exec_request request = { .cgroups = values->cgroups,
					.pid_file = values->shared.pid_file,
					.pidfd_socket = values->shared.pidfd_socket,
					.console_socket = values->shared.console_socket,
					.detach = values->detach };
	struct exec_target target;
	/* first of all: what is open now is the caller's */
	int r = listen_check(values->shared.preserve_fds, &request.listen, error);

	if (r < 0)
		return r;
	r = exec_open(globals, arguments[0], values->ignore_paused, &target, error);
	if (r == 0)
		r = run_in(globals, values, &target, &request, count - 1, arguments + 1, error);
	exec_close(&target);
	return r;
}

const struct command command_exec = {
	.name = "exec",
	.arguments = "<container-id> <command> [arguments]",
	.summary = "run one more process in a running container",
	.statuses = "created running",
	.options = options,
	.size = sizeof(struct values),
	.failure = EXIT_EXEC,
	.least = 1,
	.most = -1,
	.run = run,
};
