/* Row NETWORK: the loopback interface of a new network namespace. Everything else in there is the business of
 * whoever made the namespace's other end (CNI, netavark), or of netDevices on the host side.
 */
#include "netlink.h"
#include "stage.h"

static int loopback(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	int r = STAGE_RECORD(loopback, record)->up ? netlink_loopback_up() : 0;

	(void)shim;
	return r < 0 ? fault_set(fault, FAULT_NETWORK, r, "lo") : 0;
}

const struct stage stage_network = {
	.name = "network",
	.kinds = { { PLAN_KIND_loopback, loopback } },
};
