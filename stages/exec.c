/* The end of the shim: execve of what the row `program` found. By path and not by descriptor, which the
 * interpreter of a script could not open again. Mask and dispositions of signals were set at the start of the
 * shim: here the user's filter already stands, and only execve itself may meet it.
 */
#include "stage.h"

static const struct exec_note {
	int error;
	const char *note;
} notes[] = {
	{ ENOENT, "the interpreter named in its first line, or its loader, is missing" },
	{ ENOEXEC, "no #! line and not a binary for this machine" },
	{ E2BIG, "args and env together are too long" },
};

static int exec_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_exec *exec = STAGE_RECORD(exec, record);
	int r;

	if (!shim->path || exec->kept != shim->kept)
		return fault_set(fault, FAULT_CHECK_PLAN, EINVAL,
				 shim->path ? "another number of kept descriptors"
					    : "exec without a program");
	/* `start` sees only that the fifo has closed: this tells a shim killed before it from one that went
	 * through */
	if (shim->page)
		__atomic_store_n(&shim->page->executing, 1, __ATOMIC_RELEASE);
	r = sys_execve(shim->path, shim->args, shim->env);
	fault_set(fault, FAULT_EXEC, r, shim->path);
	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
		if (notes[i].error == -r)
			fault_note(fault, notes[i].note);
	return r;
}

const struct stage stage_exec = { "exec", { { PLAN_KIND_exec, exec_run } } };
