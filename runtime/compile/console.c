/* Row `console`: standard input and output. The host's /dev/null behind them becomes the container's, the
 * others change owner so that the user may open them again through /proc/self/fd (DEV-18).
 */
#include "compile/rows.h"

int compile_console(struct compile *c)
{
	struct plan_stdio record = { .uid = c->spec->process->uid };

	WRITER_ADD(c->writer, CONSOLE, stdio, &record, "");
	return 0;
}
