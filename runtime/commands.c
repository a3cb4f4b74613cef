/* The tables of commands and of global options: see commands.h. */
#include "commands.h"

#include <string.h>

const struct command *const commands[] = {
	&command_check, &command_checkpoint, &command_create,  &command_delete, &command_events,
	&command_exec,  &command_features,   &command_kill,    &command_list,   &command_pause,
	&command_plan,  &command_ps,         &command_restore, &command_resume, &command_run,
	&command_spec,  &command_start,      &command_state,   &command_update, NULL,
};

#define GLOBAL(member) offsetof(struct global_values, globals.member)

const struct option global_options[] = {
	{ "root", 0, OPTION_STRING, "DIR", "directory of the containers' state", GLOBAL(root) },
	{ "log", 0, OPTION_STRING, "PATH", "file that messages are appended to", GLOBAL(log) },
	{ "log-format", 0, OPTION_STRING, "text|json", "form of the messages in the log (default: text)",
	  GLOBAL(log_format) },
	{ "log-level", 0, OPTION_STRING, "error|warning|debug", "least of the messages (default: warning)",
	  GLOBAL(log_level) },
	{ "debug", 0, OPTION_BOOL, NULL, "the same as --log-level debug", GLOBAL(debug) },
	{ "systemd-cgroup", 0, OPTION_BOOL, NULL, "let systemd make the cgroup", GLOBAL(systemd_cgroup) },
	{ "cgroup-manager", 0, OPTION_STRING, "cgroupfs|systemd|disabled",
	  "who makes the cgroup (default: cgroupfs)", GLOBAL(cgroup_manager) },
	{ "systemd-properties", 0, OPTION_STRING, "NAMES",
	  "the only unit properties that annotations may set, with commas", GLOBAL(systemd_properties) },
	{ "rootless", 0, OPTION_STRING, "true|false|auto", "ignore cgroup permission errors (default: auto)",
	  GLOBAL(rootless) },
	{ "version", 'v', OPTION_BOOL, NULL, "print the version", offsetof(struct global_values, version) },
	{ 0 },
};

const struct command *commands_find(const char *name)
{
	for (const struct command *const *command = commands; *command; command++)
		if (!strcmp((*command)->name, name))
			return *command;
	return NULL;
}
