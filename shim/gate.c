/* The gate: READY up, GO down, then one byte through the fifo (DESIGN "The gate"). Owns the end of the
 * conversation and the fault page. Never closes the fifo: `start` waits until its last reader is gone, which
 * is when execve closes it or the shim dies, and no sooner.
 */
#include "gate.h"

#include <sys/mman.h>

#include "talk.h"

static int gate_slot(const struct shim *shim, uint64_t slot)
{
	return slot < PLAN_MAX_SLOTS ? shim->slots[slot] : -1;
}

/* One page of the state directory, written by stores alone: behind the filter no call can be relied on. */
static int gate_map_page(struct shim *shim, uint64_t slot, struct fault *fault)
{
	void *page;
	int fd = gate_slot(shim, slot), r;

	if (fd < 0)
		return 0;
	r = sys_mmap(fd, FAULT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, &page);
	if (r < 0)
		return fault_set(fault, FAULT_OPEN, r, "fault page");
	shim->page = page;
	fd_close_at(&shim->slots[slot]);
	return 0;
}

/* The writer opens it without blocking and writes once; a reader that is also a writer sees no EOF. */
static int gate_wait_start(int fifo, struct fault *fault)
{
	char byte;
	ssize_t r;

	do
		r = sys_read(fifo, &byte, 1);
	while (r == -EINTR);
	if (r < 0)
		return fault_set(fault, FAULT_READ, (int)r, "fifo");
	return r == 1 ? 0 : fault_set(fault, FAULT_READ, EPIPE, "fifo");
}

/* Who waits for `start` can be told to end (`kill ID`), and what tells is not always SIGKILL. The kernel
 * drops every other signal to the first process of a pid namespace that has no handler for it. */
static void gate_heed_signals(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };

	if (sys_getpid() != 1)
		return;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sys_sigexit(signals[i]);
}

static int gate_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_gate *gate = STAGE_RECORD(gate, record);
	int fifo = gate_slot(shim, gate->fifo), r;

	if (gate->kind == PLAN_GATE_FIFO && fifo < 0)
		return fault_set(fault, FAULT_CHECK_PLAN, EINVAL, "gate without its fifo");
	r = gate_map_page(shim, gate->fault, fault);
	if (r < 0)
		return r;
	if (gate->kind == PLAN_GATE_FIFO)
		gate_heed_signals();
	r = shim->talk->tell(shim, MESSAGE_READY, NULL, shim->master, fault);
	/* held here, it would keep the terminal alive after its user has gone */
	fd_close_at(&shim->master);
	if (r < 0 || gate->kind == PLAN_GATE_NONE)
		return r;
	r = talk_wait(shim, MESSAGE_GO, fault);
	if (r < 0 || gate->kind == PLAN_GATE_RUN)
		return r; /* the socket stays: its EOF tells the host side of execve */
	/* `create` ends here: from now on faults go through the page */
	shim->sock = fd_close(shim->sock);
	return gate_wait_start(fifo, fault);
}

const struct stage stage_gate = { "gate", { { PLAN_KIND_gate, gate_run } } };
