/* gen-completion <TEMPLATE: what the Tab key completes, written on standard output. The template's line
 * @TABLES is replaced by the command line's tables as assignments to arrays of bash: so it offers what is
 * accepted. `ocirun` stands for the global options. The template is tools/completion.bash.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"

static void write_values(const char *command, const struct option *options)
{
	for (; options && options->name; options++) {
		if (options->value)
			printf("\tvalue['%s --%s']='%s'\n", command, options->name, options->value);
		if (options->value && options->letter)
			printf("\tvalue['%s -%c']='%s'\n", command, options->letter, options->value);
	}
}

static void write_options(const char *command, const struct option *options)
{
	printf("\toptions[%s]='--help -h", command);
	for (const struct option *option = options; option && option->name; option++) {
		printf(" --%s", option->name);
		if (option->letter)
			printf(" -%c", option->letter);
	}
	printf("'\n");
	write_values(command, options);
}

static void write_command(const struct command *command)
{
	write_options(command->name, command->options);
	printf("\targuments[%s]='%s'\n", command->name, command->arguments ? command->arguments : "");
	if (command->statuses)
		printf("\tcontainers[%s]='%s'\n", command->name, command->statuses);
	if (command->most < 0)
		printf("\tforeign[%s]=1\n", command->name);
}

int main(void)
{
	char line[1024];

	while (fgets(line, sizeof line, stdin)) {
		if (strcmp(line, "@TABLES\n") != 0) {
			fputs(line, stdout);
			continue;
		}
		write_options("ocirun", global_options);
		for (const struct command *const *command = commands; *command; command++)
			write_command(*command);
	}
	return fflush(stdout) == EOF || ferror(stdout);
}
