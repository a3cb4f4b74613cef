/* Row HOST_NETWORK: devices of the host's that move into the container's network namespace when the shim
 * asks HOST. Each is looked at before the first is touched; a device is named in `moved` before its request
 * goes out, so that whatever fails then, it can be brought back. Who does not bring it back leaves it to the
 * kernel: with a namespace that nobody holds any more, physical devices return to the initial one, virtual
 * ones end.
 */
#include <linux/sched.h>
#include <string.h>

#include "host.h"
#include "number.h"
#include "procfs.h"

#define DEVICE(record) ((const struct plan_net_device *)(const void *)(record))

static int failed(struct fault *fault, enum fault_op op, int error, const char *name, const char *note)
{
	int r = fault_set(fault, op, error, name);

	if (note)
		fault_note(fault, note);
	return r;
}

/* Every record, with its number in the fault when it fails. */
static int each_record(const struct plan *plan, struct host_network *network,
		       int (*each)(const struct plan *plan, const struct plan_net_device *record,
				   struct host_network *network, struct fault *fault),
		       struct fault *fault)
{
	uint32_t number = 0;

	plan_each(plan, record) {
		if (record->kind == PLAN_KIND_net_device) {
			int r = each(plan, DEVICE(record), network, fault);

			if (r < 0) {
				fault->row = record->row;
				fault->record = number;
				return r;
			}
		}
		number++;
	}
	return 0;
}

/* ---- looking ------------------------------------------------------------------------------------------ */

static int find_here(struct netlink *here, const char *name, struct netlink_device *ret, struct fault *fault)
{
	int r = netlink_device(here, 0, name, ret);

	if (r < 0)
		return failed(fault, FAULT_MOVE_DEVICE, r, name,
			      r == -ENODEV ? "the runtime's network namespace has none of this name" : NULL);
	if (ret->immovable)
		return failed(fault, FAULT_MOVE_DEVICE, EINVAL, name, "it belongs to its network namespace");
	return 0;
}

static int look_here(const struct plan *plan, const struct plan_net_device *record,
		     struct host_network *network, struct fault *fault)
{
	struct netlink_device device;

	return find_here(&network->here, plan_text(plan, record->host), &device, fault);
}

int host_network_check(const struct plan *plan, struct fault *fault)
{
	struct host_network network = { .own = -1, .container = -1, .there = { .sock = -1 } };
	int r;

	if (!plan_find(plan, PLAN_KIND_net_device))
		return 0;
	r = netlink_open(&network.here);
	if (r < 0)
		return failed(fault, FAULT_OPEN, r, "a netlink socket", NULL);
	r = each_record(plan, &network, look_here, fault);
	netlink_close(&network.here);
	return r;
}

/* A name that is taken is found before anything is moved (the kernel may move first, and then complain). */
static int look_there(const struct plan *plan, const struct plan_net_device *record,
		      struct host_network *network, struct fault *fault)
{
	const char *host = plan_text(plan, record->host), *name = plan_text(plan, record->name);
	struct netlink_device device;
	int r = find_here(&network->here, host, &device, fault);

	if (r < 0 || strchr(name, '%'))
		return r;
	r = netlink_device(&network->there, 0, name, &device);
	if (r == 0)
		r = -EEXIST;
	if (r == -ENODEV)
		return 0;
	return failed(fault, FAULT_MOVE_DEVICE, r, host,
		      r == -EEXIST ? "the container's network namespace has a device of this name" : NULL);
}

/* ---- both namespaces ---------------------------------------------------------------------------------- */

/* "PID/ns/net" of the host's /proc. */
static int open_namespace(int proc, int64_t pid)
{
	char path[NUMBER_TEXT + 8];

	number_text(path, (uint64_t)pid);
	memcpy(path + strlen(path), "/ns/net", sizeof "/ns/net");
	return sys_openat(proc, path, O_RDONLY, 0);
}

/* A socket belongs to the namespace in which it was made: go there and back. */
static int open_there(struct host_network *network)
{
	int r = sys_setns(network->container, CLONE_NEWNET), back;

	if (r < 0)
		return r;
	r = netlink_open(&network->there);
	back = sys_setns(network->own, CLONE_NEWNET);
	return back < 0 ? back : r;
}

static int open_both(struct host_network *network, int64_t pid, struct fault *fault)
{
	FD_AUTO proc = procfs_open();
	int r = proc < 0 ? proc : 0;

	*network = (struct host_network){
		.open = true, .own = -1, .container = -1, .here = { .sock = -1 }, .there = { .sock = -1 }
	};
	if (r == 0)
		r = network->own = sys_openat(proc, "self/ns/net", O_RDONLY, 0);
	if (r >= 0)
		r = network->container = open_namespace(proc, pid);
	if (r >= 0)
		r = netlink_open(&network->here);
	if (r >= 0)
		r = open_there(network);
	if (r < 0)
		return failed(fault, FAULT_OPEN, r, "the container's network namespace", NULL);
	netlink_be_strict(&network->here);
	netlink_be_strict(&network->there);
	return 0;
}

void host_network_close(struct host_network *network)
{
	if (!network->open)
		return;
	netlink_close(&network->here);
	netlink_close(&network->there);
	fd_close_at(&network->own);
	fd_close_at(&network->container);
	network->open = false;
}

/* ---- moving ------------------------------------------------------------------------------------------- */

/* A name in the container's namespace that nobody has, for a device that gets its own from a template: the
 * kernel says in no answer which one that was, but only a template's. */
static void passing_name(char name[NETLINK_NAME], int64_t pid, uint32_t number)
{
	char text[2 * NUMBER_TEXT + 8] = "oci";

	number_text(text + strlen(text), (uint64_t)(pid % 10000000));
	memcpy(text + strlen(text), "n", 2);
	number_text(text + strlen(text), number % 100);
	memcpy(name, text, strlen(text) + 1); /* at most 3 + 7 + 1 + 2 bytes */
}

/* From one namespace to the other, down, under `name`; the device as it is there. */
static int carry(struct netlink *from, struct netlink *to, int namespace, uint32_t index, const char *name,
		 struct netlink_device *ret)
{
	int r = netlink_move(from, index, namespace, name);

	return r < 0 ? r : netlink_device(to, 0, name, ret);
}

/* What it had, and up. */
static int furnish(struct netlink *netlink, const struct netlink_device *device, bool up,
		   struct netlink_settings *settings)
{
	int r = netlink_addresses_write(netlink, device, settings);

	if (r == 0 && up)
		r = netlink_up(netlink, device->index);
	return r == 0 && up ? netlink_routes_write(netlink, device, settings) : r;
}

static void note_moved(struct host_network *network, struct host_moved *moved,
		       const struct netlink_device *device, const char *passing)
{
	struct netlink_device other;

	*moved = (struct host_moved){ .up = device->up };
	memcpy(moved->name, device->name, sizeof moved->name);
	memcpy(moved->there, passing, sizeof moved->there);
	moved->free_there = netlink_device(&network->there, 0, moved->name, &other) == -ENODEV;
	network->count++;
}

static int move_device(struct host_network *network, const char *host, const char *name, struct fault *fault)
{
	struct host_moved *moved = &network->moved[network->count];
	struct netlink_settings settings;
	struct netlink_device device;
	char passing[NETLINK_NAME] = "";
	int r = find_here(&network->here, host, &device, fault);

	if (r < 0)
		return r;
	if (strchr(name, '%'))
		passing_name(passing, network->pid, network->count);
	else
		memcpy(passing, name, strlen(name) + 1);
	r = netlink_settings_read(&network->here, device.index, &settings);
	if (r < 0)
		return failed(fault, FAULT_SET_ADDRESS, r, host,
			      r == -E2BIG ? "it has more of them than can be kept" : NULL);
	note_moved(network, moved, &device, passing);
	r = carry(&network->here, &network->there, network->container, device.index, passing, &device);
	if (r == 0 && strchr(name, '%'))
		r = netlink_rename(&network->there, device.index, name);
	if (r == 0)
		r = netlink_device(&network->there, device.index, NULL, &device);
	if (r < 0)
		return failed(fault, FAULT_MOVE_DEVICE, r, host, NULL);
	memcpy(moved->there, device.name, sizeof moved->there);
	r = furnish(&network->there, &device, true, &settings);
	return r < 0 ? failed(fault, FAULT_SET_ADDRESS, r, host, NULL) : 0;
}

static int move_record(const struct plan *plan, const struct plan_net_device *record,
		       struct host_network *network, struct fault *fault)
{
	const char *host = plan_text(plan, record->host), *name = plan_text(plan, record->name);

	/* the plan bounds names, but not how many records there are */
	if (network->count == PLAN_MAX_NET_DEVICES || strlen(name) >= NETLINK_NAME)
		return failed(fault, FAULT_MOVE_DEVICE, E2BIG, host, NULL);
	return move_device(network, host, name, fault);
}

int host_network_move(const struct plan *plan, int64_t pid, struct host_network *ret, struct fault *fault)
{
	int r;

	if (!plan_find(plan, PLAN_KIND_net_device))
		return 0;
	r = open_both(ret, pid, fault);
	ret->pid = pid;
	if (r == 0)
		r = each_record(plan, ret, look_there, fault);
	return r == 0 ? each_record(plan, ret, move_record, fault) : r;
}

/* ---- bringing back ------------------------------------------------------------------------------------ */

static void bring_back(struct host_network *network, const struct host_moved *moved)
{
	struct netlink_settings settings;
	struct netlink_device device;

	if (netlink_device(&network->here, 0, moved->name, &device) == 0)
		return; /* never left */
	/* before Linux 6.7 a move whose new name was taken leaves it there under the old one */
	if (netlink_device(&network->there, 0, moved->there, &device) < 0 &&
	    (!moved->free_there || netlink_device(&network->there, 0, moved->name, &device) < 0))
		return;
	if (netlink_settings_read(&network->there, device.index, &settings) < 0)
		settings.addresses.used = settings.routes.used = settings.gateways.used = 0;
	if (carry(&network->there, &network->here, network->own, device.index, moved->name, &device) == 0)
		furnish(&network->here, &device, moved->up, &settings);
}

void host_network_undo(struct host_network *network)
{
	if (!network->open)
		return;
	while (network->count)
		bring_back(network, &network->moved[--network->count]);
	host_network_close(network);
}
