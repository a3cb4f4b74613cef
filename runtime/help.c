/* Help from the same rows that the parser reads, so it lists what is accepted. The first two lines are read
 * by test suites (BAT-03, BAT-04) and the whole by clients that look for an option's name (BAT-07).
 */
#include <stdio.h>
#include <string.h>

#include "options.h"

#define HELP_COLUMN 34

static void print_option(const char *name, char letter, const char *value, const char *help)
{
	int used = printf("   --%s", name);

	if (value)
		used += printf(" %s", value);
	if (letter)
		used += value ? printf(", -%c %s", letter, value) : printf(", -%c", letter);
	printf("%*s%s\n", used < HELP_COLUMN ? HELP_COLUMN - used : 1, "", help);
}

static void print_options(const struct option *options)
{
	for (const struct option *option = options; option && option->name; option++)
		print_option(option->name, option->letter, option->value, option->help);
	print_option("help", 'h', NULL, "show help");
}

void help_program(const char *program, const struct option *globals, const struct command *const *commands)
{
	printf("NAME:\n   %s - Open Container Initiative runtime\n\n", program);
	printf("USAGE:\n   %s [global options] command [command options] [arguments...]\n\n", program);
	printf("COMMANDS:\n");
	for (; *commands; commands++)
		printf("   %-12s%s\n", (*commands)->name, (*commands)->summary);
	printf("   %-12s%s\n", "help, h", "show this list, or the help of one command");
	printf("\nGLOBAL OPTIONS:\n");
	print_options(globals);
}

void help_command(const char *program, const struct command *command)
{
	printf("NAME:\n   %s %s - %s\n\n", program, command->name, command->summary);
	printf("USAGE:\n   %s %s [command options]%s%s\n\n", program, command->name,
	       command->arguments && *command->arguments ? " " : "",
	       command->arguments ? command->arguments : "");
	if (command->details)
		printf("DESCRIPTION:\n   %s\n\n", command->details);
	printf("OPTIONS:\n");
	print_options(command->options);
}
