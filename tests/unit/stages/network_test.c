/* Host half HOST_NETWORK (DEV-19): a device moves, and comes back. */
#include "netlink_bench.h"

static int setup(void **state)
{
	(void)state;
	fake_reset();
	memset(&datagram, 0, sizeof datagram);
	return 0;
}

static struct plan_build build;
static struct plan plan;
static struct fault fault;
static struct host_network network;

static void make_plan(const char *name)
{
	build_start(&build);
	BUILD_ADD(&build, HOST_NETWORK, net_device, .host = build_text(&build, "one"),
		  .name = build_text(&build, name));
	core_plan(&build, &plan);
	memset(&fault, 0, sizeof fault);
	memset(&network, 0, sizeof network);
	setup(NULL);
	fake_stat(S_IFDIR | 0555, 0, 0, 1); /* /proc is the root of a procfs */
}

/* From "one" to "in0", or to a template's name. */
static void script(bool template)
{
	uint32_t there = template ? 1 : 2;

	answer_link(1, 7, "one", IFF_UP); /* look */
	if (!template)
		say(1, -ENODEV); /* free there */
	answer_link(2, 7, "one", IFF_UP);
	done(3);
	empty_routes(4);
	say(there++, -ENODEV); /* the old name is free there, too */
	say(6, 0);             /* move */
	answer_link(there++, 9, template ? "oci4242n0" : "in0", 0);
	if (template)
		say(there++, 0); /* rename */
	answer_link(there++, 9, "in0", 0);
	say(there, 0); /* up */
}

static void moves(void **state)
{
	(void)state;
	for (int template = 0; template <2; template ++) {
		make_plan(template ? "in%d" : "in0");
		script(template);
		assert_int_equal(host_network_move(&plan, 4242, &network, &fault), 0);
		assert_int_equal(network.count, 1);
		assert_string_equal(network.moved[0].name, "one");
		assert_string_equal(network.moved[0].there, "in0");
		assert_true(network.moved[0].up);
		/* there and back again, to the namespace that was opened first */
		assert_non_null(strstr(fake_log(), "setns 102 0x40000000\n"));
		assert_non_null(strstr(fake_log(), "setns 101 0x40000000\n"));
		host_network_close(&network);
		assert_int_equal(fake_open_fds(), 0);
	}
}

static void a_name_that_is_taken(void **state)
{
	(void)state;
	make_plan("in0");
	answer_link(1, 7, "one", IFF_UP);
	answer_link(1, 3, "in0", 0);
	assert_int_equal(host_network_move(&plan, 4242, &network, &fault), -EEXIST);
	assert_int_equal(network.count, 0);
	assert_int_equal(fault.row, PLAN_ROW_HOST_NETWORK);
	assert_int_equal(fault.record, 0);
	host_network_undo(&network);
	assert_int_equal(fake_open_fds(), 0);
}

static void brings_back(void **state)
{
	(void)state;
	make_plan("in0");
	script(false);
	assert_int_equal(host_network_move(&plan, 4242, &network, &fault), 0);
	say(7, -ENODEV);                  /* it is not here */
	answer_link(6, 9, "in0", IFF_UP); /* it is there */
	done(7);
	empty_routes(8);
	say(10, 0); /* move */
	answer_link(8, 7, "one", 0);
	say(9, 0); /* up */
	host_network_undo(&network);
	assert_int_equal(fake_open_fds(), 0);
	/* nothing was asked that had no answer */
	assert_int_equal(network.count, 0);
}

/* Whichever call fails: a fault or success, then undone, and no descriptor stays. */
static void every_call_may_fail(void **state)
{
	unsigned calls;

	(void)state;
	make_plan("in%d");
	script(true);
	assert_int_equal(host_network_move(&plan, 4242, &network, &fault), 0);
	calls = fake_calls();
	host_network_close(&network);
	for (unsigned n = 1; n <= calls; n++) {
		make_plan("in%d");
		script(true);
		fake_fail(n, EIO);
		int r = host_network_move(&plan, 4242, &network, &fault);
		if ((r < 0) != (fault.set != 0))
			fail_msg("call %u: %d, fault %u\n%s", n, r, fault.set, fake_log());
		host_network_undo(&network);
		if (fake_open_fds() || strstr(fake_log(), "BAD"))
			fail_msg("call %u:\n%s", n, fake_log());
	}
}

static void costs_nothing_when_unused(void **state)
{
	(void)state;
	build_start(&build);
	core_plan(&build, &plan);
	memset(&network, 0, sizeof network);
	fake_reset();
	assert_int_equal(host_network_check(&plan, &fault), 0);
	assert_int_equal(host_network_move(&plan, 4242, &network, &fault), 0);
	host_network_undo(&network);
	host_network_close(&network);
	assert_string_equal(fake_log(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(moves, setup),
		cmocka_unit_test_setup(a_name_that_is_taken, setup),
		cmocka_unit_test_setup(brings_back, setup),
		cmocka_unit_test_setup(every_call_may_fail, setup),
		cmocka_unit_test_setup(costs_nothing_when_unused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
