/* kernel/netlink*.c (DEV-19, PRO-36): conversations with a kernel that answers what the test says. With the
 * real one: tests/integration/netdevices.bats.
 */
#include "netlink_bench.h"

#define SOCK 50

static void put_address(uint32_t sequence, uint32_t index, unsigned flags, unsigned scope)
{
	struct ifaddrmsg address = {
		.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_scope = (uint8_t)scope, .ifa_index = index
	};
	const uint32_t local = 0x0209000a;
	struct ifa_cacheinfo lifetimes = { .ifa_prefered = UINT32_MAX, .ifa_valid = UINT32_MAX };

	put_message(RTM_NEWADDR, sequence, &address, sizeof address);
	put_attribute(IFA_ADDRESS, &local, sizeof local);
	put_attribute(IFA_LOCAL, &local, sizeof local);
	put_attribute(IFA_LABEL, "one:web", 8);
	put_attribute(IFA_FLAGS, &flags, sizeof flags);
	put_attribute(IFA_CACHEINFO, &lifetimes, sizeof lifetimes);
}

static void put_route(uint32_t sequence, uint32_t index, unsigned protocol, bool gateway)
{
	struct rtmsg route = { .rtm_family = AF_INET,
			       .rtm_table = RT_TABLE_MAIN,
			       .rtm_protocol = (uint8_t)protocol,
			       .rtm_type = RTN_UNICAST };
	const uint32_t address = 0x0109000a, table = RT_TABLE_MAIN;

	put_message(RTM_NEWROUTE, sequence, &route, sizeof route);
	put_attribute(RTA_TABLE, &table, sizeof table);
	if (gateway)
		put_attribute(RTA_GATEWAY, &address, sizeof address);
	put_attribute(RTA_OIF, &index, sizeof index);
}

static struct netlink netlink;
static struct netlink_settings settings;

static int setup(void **state)
{
	(void)state;
	fake_reset();
	memset(&datagram, 0, sizeof datagram);
	netlink = (struct netlink){ .sock = SOCK };
	return 0;
}

/* ---- the conversation --------------------------------------------------------------------------------- */

static void finds_a_device(void **state)
{
	struct netlink_device device;

	(void)state;
	answer_link(1, 7, "one", IFF_UP);
	assert_int_equal(netlink_device(&netlink, 0, "one", &device), 0);
	assert_int_equal(device.index, 7);
	assert_true(device.up);
	assert_false(device.immovable);
	assert_string_equal(device.name, "one");
	say(2, -ENODEV);
	assert_int_equal(netlink_device(&netlink, 0, "one", &device), -ENODEV);
}

/* An answer to another question, ours of before or nobody's, is none. */
static void looks_at_the_number(void **state)
{
	struct netlink_device device;

	(void)state;
	put_link(99, 3, "evil", 0);
	put_link(1, 7, "one", 0);
	send_it();
	say(98, -EPERM);
	say(1, 0);
	assert_int_equal(netlink_device(&netlink, 0, "one", &device), 0);
	assert_int_equal(device.index, 7);
}

static void refuses_nonsense(void **state)
{
	static const unsigned char cases[][20] = {
		{ 16, 0, 0, 0, 0 },      /* cut below a head: length */
		{ 15, 0, 0, 0, 16, 0 },  /* shorter than its head */
		{ 255, 0, 0, 0, 16, 0 }, /* longer than the datagram */
	};
	struct netlink_device device;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		setup(NULL);
		fake_message(cases[i], i == 0 ? 5 : 20, NULL, 0);
		assert_int_equal(netlink_device(&netlink, 0, "one", &device), -EPROTO);
	}
	setup(NULL); /* an acknowledgement alone */
	say(1, 0);
	assert_int_equal(netlink_device(&netlink, 0, "one", &device), -EPROTO);
	setup(NULL); /* an error that is none */
	say(1, 5);
	assert_int_equal(netlink_device(&netlink, 0, "one", &device), -EPROTO);
	setup(NULL); /* a device without a name */
	put_link(1, 7, "", 0);
	send_it();
	assert_int_equal(netlink_device(&netlink, 0, "one", &device), -EPROTO);
	setup(NULL); /* of another kind */
	put_address(1, 7, IFA_F_PERMANENT, 0);
	send_it();
	assert_int_equal(netlink_device(&netlink, 0, "one", &device), -EPROTO);
	setup(NULL); /* the end of the socket */
	assert_int_equal(netlink_device(&netlink, 0, "one", &device), -EPROTO);
}

static void a_long_name_is_cut(void **state)
{
	struct netlink_device device;

	(void)state;
	answer_link(1, 7, "abcdefghijklmno", 0);
	assert_int_equal(netlink_device(&netlink, 0, "x", &device), 0);
	assert_string_equal(device.name, "abcdefghijklmno");
	setup(NULL);
	put_link(1, 7, "abcdefghijklmnopqrstuvwxyz", 0);
	send_it();
	assert_int_equal(netlink_device(&netlink, 0, "x", &device), -EPROTO);
}

static void tells_what_cannot_move(void **state)
{
	const char yes = 1;
	struct netlink_device device;

	(void)state;
	put_link(1, 7, "br0", 0);
	put_attribute(68 /* IFLA_NETNS_IMMUTABLE */, &yes, 1);
	send_it();
	say(1, 0);
	assert_int_equal(netlink_device(&netlink, 0, "br0", &device), 0);
	assert_true(device.immovable);
}

/* ---- what a device has -------------------------------------------------------------------------------- */

static void keeps_permanent_global_addresses(void **state)
{
	struct netlink_device device = { .index = 12, .name = "in0" };

	(void)state;
	put_address(1, 7, IFA_F_PERMANENT | IFA_F_DEPRECATED, RT_SCOPE_UNIVERSE);
	put_address(1, 8, IFA_F_PERMANENT, RT_SCOPE_UNIVERSE); /* another's */
	put_address(1, 7, 0, RT_SCOPE_UNIVERSE);
	put_address(1, 7, IFA_F_PERMANENT, RT_SCOPE_LINK);
	send_it();
	done(1);
	empty_routes(2);
	assert_int_equal(netlink_settings_read(&netlink, 7, &settings), 0);
	const struct nlmsghdr *request = (const struct nlmsghdr *)(const void *)settings.addresses.bytes;
	assert_int_equal(request->nlmsg_len, settings.addresses.used); /* one */
	assert_int_equal(request->nlmsg_type, RTM_NEWADDR);
	say(4, 0);
	assert_int_equal(netlink_addresses_write(&netlink, &device, &settings), 0);
	const struct ifaddrmsg *address = (const struct ifaddrmsg *)(const void *)(request + 1);
	assert_int_equal(address->ifa_index, 12);
	uint32_t flags = 1;
	struct ifa_cacheinfo lifetimes = { .ifa_prefered = 1 };
	for (const struct rtattr *at = NULL; (at = netlink_attribute(request, sizeof *address, at));) {
		if (at->rta_type == IFA_LABEL)
			assert_string_equal(netlink_value(at), "in0:web");
		if (at->rta_type == IFA_FLAGS)
			netlink_take(at, &flags, sizeof flags);
		if (at->rta_type == IFA_CACHEINFO)
			netlink_take(at, &lifetimes, sizeof lifetimes);
	}
	assert_int_equal(flags, 0);
	assert_int_equal(lifetimes.ifa_valid, UINT32_MAX);
	assert_int_equal(lifetimes.ifa_prefered, 0); /* deprecated */
	/* a name that leaves no room for the label's end */
	memcpy(device.name, "fifteen-letters", 16);
	say(5, 0);
	assert_int_equal(netlink_addresses_write(&netlink, &device, &settings), 0);
	assert_string_equal((const char *)(address + 1) + RTA_LENGTH(0), "fifteen-letters");
	say(6, -EADDRNOTAVAIL);
	assert_int_equal(netlink_addresses_write(&netlink, &device, &settings), -EADDRNOTAVAIL);
}

static void keeps_routes_made_by_hand(void **state)
{
	const struct netlink_device device = { .index = 12, .name = "in0" };

	(void)state;
	done(1);
	put_route(2, 7, RTPROT_STATIC, true);
	put_route(2, 7, RTPROT_BOOT, false);
	put_route(2, 7, RTPROT_KERNEL, false);
	put_route(2, 7, RTPROT_DHCP, true);
	put_route(2, 8, RTPROT_BOOT, false);
	send_it();
	done(2);
	put_route(3, 7, RTPROT_BOOT, false); /* a kernel without IPv6 says the same again */
	send_it();
	done(3);
	assert_int_equal(netlink_settings_read(&netlink, 7, &settings), 0);
	assert_int_equal(((struct nlmsghdr *)(void *)settings.routes.bytes)->nlmsg_len, settings.routes.used);
	assert_int_equal(((struct nlmsghdr *)(void *)settings.gateways.bytes)->nlmsg_len,
			 settings.gateways.used);
	/* its ground has not come along: left out; anything else is told */
	say(4, -ENETUNREACH);
	say(5, -EEXIST);
	assert_int_equal(netlink_routes_write(&netlink, &device, &settings), 0);
	say(6, -EPERM);
	assert_int_equal(netlink_routes_write(&netlink, &device, &settings), -EPERM);
}

static void a_torn_dump_is_read_again(void **state)
{
	(void)state;
	put_address(1, 7, IFA_F_PERMANENT, RT_SCOPE_UNIVERSE);
	((struct nlmsghdr *)(void *)datagram.bytes)->nlmsg_flags = NLM_F_DUMP_INTR;
	send_it();
	done(1);
	put_address(2, 7, IFA_F_PERMANENT, RT_SCOPE_UNIVERSE);
	send_it();
	done(2);
	empty_routes(3);
	assert_int_equal(netlink_settings_read(&netlink, 7, &settings), 0);
	assert_int_equal(((struct nlmsghdr *)(void *)settings.addresses.bytes)->nlmsg_len,
			 settings.addresses.used);
}

static void too_many_addresses_are_refused(void **state)
{
	(void)state;
	for (int n = 0; n < 200; n++)
		put_address(1, 7, IFA_F_PERMANENT, RT_SCOPE_UNIVERSE);
	send_it();
	assert_int_equal(netlink_settings_read(&netlink, 7, &settings), -E2BIG);
}

/* Every byte of an answer changed, in three ways: whatever is said then, all stays within its bounds. */
static void survives_any_changed_byte(void **state)
{
	static const unsigned char changes[] = { 0xff, 0x80, 0x01 };
	struct netlink_device device = { .index = 12, .name = "in0" };
	static char good[2048];
	size_t length;

	(void)state;
	put_address(1, 7, IFA_F_PERMANENT, RT_SCOPE_UNIVERSE);
	put_route(2, 7, RTPROT_BOOT, true);
	put_link(3, 7, "one", 0);
	length = datagram.used;
	assert_true(length < sizeof good);
	memcpy(good, datagram.bytes, length);
	for (size_t at = 0; at < length * sizeof changes; at++) {
		setup(NULL);
		good[at / sizeof changes] ^= (char)changes[at % sizeof changes];
		for (int n = 0; n < 6; n++)
			fake_message(good, length, NULL, 0);
		good[at / sizeof changes] ^= (char)changes[at % sizeof changes];
		netlink_settings_read(&netlink, 7, &settings);
		assert_true(settings.addresses.used <= NETLINK_SETTINGS &&
			    settings.routes.used <= NETLINK_SETTINGS &&
			    settings.gateways.used <= NETLINK_SETTINGS);
		netlink_addresses_write(&netlink, &device, &settings);
		netlink_routes_write(&netlink, &device, &settings);
		netlink.sequence = 2;
		netlink_device(&netlink, 0, "one", &device);
		device.name[NETLINK_NAME - 1] = 0;
	}
}

/* Attributes of a message that ends with its memory: the sanitizer sees a read behind it. */
static void walks_no_further_than_the_message(void **state)
{
	(void)state;
	put_link(1, 7, "one", 0);
	put_attribute(IFLA_MTU, "abc", 3);
	for (size_t cut = sizeof(struct nlmsghdr) + sizeof(struct ifinfomsg); cut <= datagram.used; cut++)
		for (unsigned change = 0; change < 256; change += 5) {
			size_t at = sizeof(struct nlmsghdr) + sizeof(struct ifinfomsg);
			struct nlmsghdr *message = malloc(cut);

			assert_non_null(message);
			memcpy(message, datagram.bytes, cut);
			message->nlmsg_len = (uint32_t)cut;
			if (cut > at)
				((unsigned char *)message)[at] = (unsigned char)change;
			for (const struct rtattr *a = NULL;
			     (a = netlink_attribute(message, sizeof(struct ifinfomsg), a));)
				assert_true((const char *)netlink_value(a) + netlink_length(a) <=
					    (const char *)message + cut);
			free(message);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(finds_a_device, setup),
		cmocka_unit_test_setup(looks_at_the_number, setup),
		cmocka_unit_test_setup(refuses_nonsense, setup),
		cmocka_unit_test_setup(a_long_name_is_cut, setup),
		cmocka_unit_test_setup(tells_what_cannot_move, setup),
		cmocka_unit_test_setup(keeps_permanent_global_addresses, setup),
		cmocka_unit_test_setup(keeps_routes_made_by_hand, setup),
		cmocka_unit_test_setup(a_torn_dump_is_read_again, setup),
		cmocka_unit_test_setup(too_many_addresses_are_refused, setup),
		cmocka_unit_test_setup(survives_any_changed_byte, setup),
		cmocka_unit_test_setup(walks_no_further_than_the_message, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
