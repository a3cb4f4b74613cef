/* Row `console`: standard input and output. Without a terminal: the host's /dev/null behind them becomes the
 * container's, the others change owner so that the user may open them again through /proc/self/fd (DEV-18).
 * With one: how it is to be.
 */
#include "compile/rows.h"

/* The terminal of the person in front of it, else what config.json says (PRC-02). */
static void set_size(const struct compile *c, struct plan_console *record)
{
	const struct spec_process *process = c->spec->process;

	record->rows = c->options->console.rows;
	record->columns = c->options->console.columns;
	if (record->rows || record->columns || !process->has_console_size)
		return;
	record->rows = process->console_height;
	record->columns = process->console_width;
}

int compile_console(struct compile *c)
{
	const struct spec_process *process = c->spec->process;
	struct plan_console console = { .uid = process->uid };
	struct plan_stdio stdio = { .uid = process->uid };

	if (!process->terminal) {
		WRITER_ADD(c->writer, CONSOLE, stdio, &stdio, "");
		return 0;
	}
	set_size(c, &console);
	if (c->options->console.relayed)
		console.flags |= PLAN_CONSOLE_RELAYED;
	/* that of `exec` is not the container's own; without a mount namespace it would be the host's */
	if (c->options->gate != PLAN_GATE_NONE && c->has_mount_namespace) {
		console.flags |= PLAN_CONSOLE_BIND;
		if (!compile_brings_dev(c))
			console.flags |= PLAN_CONSOLE_MAKE;
	}
	WRITER_ADD(c->writer, CONSOLE, console, &console, "/process/terminal");
	return 0;
}
