/* The shim's last word. Before the gate it goes through the socket; behind it the socket may be closed and
 * a filter may forbid write, so it also goes into the page shared with `start`, by plain stores.
 * Never waits, never fails: what cannot be told is lost and the exit status says the rest.
 */
#include "talk.h"

/* `set` last and released: whoever sees it sees the rest. */
static void page_store(struct fault *page, const struct fault *fault)
{
	struct fault copy = *fault;

	copy.set = 0;
	*page = copy;
	__atomic_store_n(&page->set, 1, __ATOMIC_RELEASE);
}

_Noreturn void talk_last(struct shim *shim, const struct fault *fault)
{
	struct fault ignored = { 0 };

	if (shim->page)
		page_store(shim->page, fault);
	if (shim->sock >= 0)
		shim->talk->tell(shim, MESSAGE_FAULT, fault, -1, &ignored);
	sys_exit(1);
}
