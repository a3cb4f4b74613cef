/* gen-man PAGE VERSION DATE <PROSE: a manual page in mdoc(7), on standard output. PAGE is `ocirun`, the name
 * of a command, or `ociinit`; PROSE is tools/man/PAGE. What the command line's tables know is written from
 * them: for a command NAME and SYNOPSIS, and everywhere these lines of the prose:
 *
 *   @OPTIONS    the options of the command; of `ocirun`: the global ones
 *   @COMMANDS   the commands
 *
 * The prose calls an option `.Fl Fl NAME`: a name that no table has is an error, and so is a prose without
 * its
 * @OPTIONS, so that neither can go away from the other.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

#define WIDTH 100 /* of a line of text in the page's source */

struct page {
	const char *name, *version, *date;
	const struct command *command; /* NULL: a page about a program */
	const struct option *options;  /* of the command, or the global ones; may be NULL */
	bool options_written;
};

/* Text lines, broken between words. A line that begins with a dot or an apostrophe would be a request. */
static void write_text(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (column && column + 1 + length > WIDTH) {
			putchar('\n');
			column = 0;
		} else if (column) {
			putchar(' ');
			column++;
		}
		if (!column && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		for (const char *c = text; c < text + length; c++)
			fputs(*c == '\\' ? "\\e" : (char[]){ *c, 0 }, stdout);
		column += length;
		text += length;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void write_option(const char *name, char letter, const char *value, const char *help)
{
	printf(".It");
	if (letter)
		printf(" Fl %c ,", letter);
	printf(" Fl Fl %s", name);
	if (value)
		printf(" Ar %s", value);
	putchar('\n');
	write_text(help);
}

static void write_options(struct page *page)
{
	printf(".Bl -tag -width Ds\n");
	for (const struct option *option = page->options; option && option->name; option++)
		write_option(option->name, option->letter, option->value, option->help);
	write_option("help", 'h', NULL, "show help");
	printf(".El\n");
	page->options_written = true;
}

static void write_commands(struct page *page)
{
	(void)page;
	printf(".Bl -tag -width Ds\n");
	for (const struct command *const *command = commands; *command; command++) {
		printf(".It Xr ocirun-%s 8\n", (*command)->name);
		write_text((*command)->summary);
	}
	printf(".El\n");
}

/* "<container-id> [signal]": a word in angle brackets must be there, one in square brackets may. */
static void write_arguments(const char *arguments)
{
	while (*arguments) {
		bool may = *arguments == '[';
		size_t length = strcspn(arguments + 1, may ? "]" : ">");

		printf("%s%.*s\n", may ? ".Op Ar " : ".Ar ", (int)length, arguments + 1);
		arguments += 1 + length;
		arguments += strspn(arguments, ">] ");
	}
}

static void write_head(const struct page *page)
{
	const char *prefix = page->command ? "OCIRUN-" : "";

	printf(".\\\" made by tools/gen-man.c from the tables of the command line and tools/man/%s\n",
	       page->name);
	printf(".Dd %s\n.Dt %s", page->date, prefix);
	for (const char *c = page->name; *c; c++)
		putchar(toupper((unsigned char)*c));
	printf(" 8\n.Os ocirun %s\n", page->version);
	if (!page->command)
		return;
	printf(".Sh NAME\n.Nm ocirun-%s\n.Nd ", page->name);
	write_text(page->command->summary);
	printf(".Sh SYNOPSIS\n.Nm ocirun\n.Op Ar global options\n.Cm %s\n.Op Ar options\n", page->name);
	if (page->command->arguments)
		write_arguments(page->command->arguments);
}

static bool has_option(const struct option *options, const char *name, size_t length)
{
	for (; options && options->name; options++)
		if (strlen(options->name) == length && !strncmp(options->name, name, length))
			return true;
	return length == strlen("help") && !strncmp(name, "help", length);
}

/* Options that the prose speaks of are there. */
static void check_options(const struct page *page, const char *line)
{
	while ((line = strstr(line, "Fl Fl "))) {
		line += strlen("Fl Fl ");
		size_t length = strcspn(line, " \n");
		if (has_option(page->options, line, length) || has_option(global_options, line, length))
			continue;
		fprintf(stderr, "gen-man: %s: there is no option --%.*s\n", page->name, (int)length, line);
		exit(1);
	}
}

static void write_prose(struct page *page)
{
	static const struct {
		const char *line;
		void (*write)(struct page *page);
	} tables[] = { { "@OPTIONS\n", write_options }, { "@COMMANDS\n", write_commands } };
	char line[1024];

	while (fgets(line, sizeof line, stdin)) {
		bool done = false;

		for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
			if (!strcmp(line, tables[i].line)) {
				tables[i].write(page);
				done = true;
			}
		check_options(page, line);
		if (!done)
			fputs(line, stdout);
	}
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: gen-man PAGE VERSION DATE <PROSE\n");
		return 1;
	}
	struct page page = { .name = argv[1], .version = argv[2], .date = argv[3] };
	bool program = !strncmp(page.name, "oci", 3);

	page.command = commands_find(page.name);
	if (!program && !page.command) {
		fprintf(stderr, "gen-man: there is no command %s\n", page.name);
		return 1;
	}
	page.options = page.command ? page.command->options : global_options;
	write_head(&page);
	write_prose(&page);
	if (!page.options_written && strcmp(page.name, "ociinit") != 0) {
		fprintf(stderr, "gen-man: %s: no @OPTIONS in its prose\n", page.name);
		return 1;
	}
	return fflush(stdout) == EOF || ferror(stdout);
}
