#!/usr/bin/env bats
# linux.netDevices: rows DEV-19, PRO-36. The host is a network namespace of the test's own, with a veth pair.

load lib

test_setup() {
	needs_root
	HOST=$(namespace)
	host ip link set lo up
	host ip link add one type veth peer name peer
	host ip link set peer up
	new_bundle
}

test_teardown() {
	local pid
	for pid in $(cat "$DIR"/ns.* 2>/dev/null); do kill "$pid"; done
}

# A process that holds a network namespace: its number.
namespace() {
	local pid
	unshare -n sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
	pid=$!
	echo "$pid" >"$DIR/ns.$pid"
	wait_for own_network "$pid"
	echo "$pid"
}
own_network() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ] && [ "$(cat "/proc/$1/comm")" = sleep ]; }
within() { nsenter -t "$1" -n "${@:2}"; }
host() { within "$HOST" "$@"; }
# The runtime in the test's host; `run` with a script in the container.
there() { host "$OCIRUN" --root "$ROOT" "$@"; }
inside() { set_args sh -c "$1"; run_ok there run --bundle "$BUNDLE" "$ID"; }
gone() { ! "$@" >/dev/null 2>&1; }
device() { [ "$(host ip -j link show dev "$1" 2>/dev/null | jq -r '.[0].ifname')" = "$1" ]; }

@test "DEV-19 PRO-36 BAT-69 a device moves, gets its new name, is up, and has left the host" {
	host ip link set one mtu 1404 address 02:11:22:33:44:55
	config '.linux.netDevices = {one: {name: "inner0"}}'
	inside 'ip -o link show; cat /sys/class/net/inner0/mtu /sys/class/net/inner0/address'
	has 02:11:22:33:44:55
	has 'inner0@'
	has ',UP'
	has 1404
	lacks 'one'
	# a virtual one dies with its namespace, and takes its peer along
	wait_for gone device peer
}

@test "DEV-19 without a name, and with an empty object or null, it keeps the host's" {
	host ip link add two type veth peer name other
	config '.linux.netDevices = {one: {}, two: null}'
	inside 'ip -o link show'
	has ' one@'
	has ' two@'
}

@test "DEV-19 BAT-69 permanent addresses of global scope go along, the others do not" {
	host ip address add 10.9.0.2/24 broadcast 10.9.0.255 dev one
	host ip address add 10.9.0.3/24 dev one label one:web
	host ip address add 10.9.9.9 peer 10.9.9.8/32 dev one preferred_lft 0
	host ip address add 10.77.0.3/24 dev one valid_lft 1000 preferred_lft 900
	host ip address add 10.78.0.3/24 dev one scope link
	host ip address add fd00:9::2/64 dev one nodad
	host ip address add fd00:7::2/64 dev one valid_lft 1000 preferred_lft 900
	host ip link set one up
	config '.linux.netDevices = {one: {name: "web0"}}'
	set_args sleep 1000
	host "$OCIRUN" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$DIR/err" || { cat "$DIR/err" >&2; false; }
	within "$(pid_of)" ip -j address show dev web0 >"$DIR/a"
	[ "$(jq -r '[.[0].addr_info[] | select(.scope == "global") | .local] | join(" ")' "$DIR/a")" = \
		"10.9.0.2 10.9.9.9 10.9.0.3 fd00:9::2" ]
	jq -e '.[0].addr_info[0] | .broadcast == "10.9.0.255" and .prefixlen == 24 and .label == "web0"' "$DIR/a"
	jq -e '.[0].addr_info[1] | .address == "10.9.9.8" and .deprecated' "$DIR/a"
	jq -e '.[0].addr_info[2] | .secondary and .label == "web0:web"' "$DIR/a"
	jq -e '.[0].addr_info[3] | .nodad and .prefixlen == 64' "$DIR/a"
	jq -e '.[0].flags | index("UP")' "$DIR/a"
}

@test "DEV-19 routes that were set by hand go along" {
	host ip address add 10.9.0.2/24 dev one
	host ip address add 10.77.0.3/24 dev one valid_lft 1000 preferred_lft 900
	host ip address add fd00:9::2/64 dev one nodad
	host ip link set one up
	host ip route add default via 10.9.0.1
	host ip route add 10.50.0.0/16 dev one metric 7 mtu 1300
	host ip route add 10.51.0.0/16 via 10.9.0.7 proto static src 10.9.0.2
	host ip route add 10.52.0.0/16 via 10.9.0.7 proto dhcp
	host ip route add 10.53.0.0/16 dev one table 77
	host ip route add 10.60.0.0/16 via 10.77.0.1
	host ip route add fd00:50::/32 via fd00:9::1 metric 5
	config '.linux.netDevices = {one: {name: "web0"}}'
	set_args sleep 1000
	there create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null
	within "$(pid_of)" ip -j route show table all >"$DIR/r"
	jq -e 'map(select(.dst == "default" and .gateway == "10.9.0.1" and .dev == "web0")) | length == 1' "$DIR/r"
	jq -e 'map(select(.dst == "10.50.0.0/16" and .metric == 7 and .metrics[0].mtu == 1300)) | length == 1' "$DIR/r"
	jq -e 'map(select(.dst == "10.51.0.0/16" and .protocol == "static" and .prefsrc == "10.9.0.2")) | length == 1' "$DIR/r"
	# of a lease, of another table, through an address that did not come along
	jq -e 'map(select(.dst == "10.52.0.0/16" or .dst == "10.53.0.0/16" or .dst == "10.60.0.0/16")) | length == 0' "$DIR/r"
	within "$(pid_of)" ip -6 -j route show >"$DIR/r6"
	jq -e 'map(select(.dst == "fd00:50::/32" and .gateway == "fd00:9::1" and .metric == 5)) | length == 1' "$DIR/r6"
}

@test "DEV-19 a template: the kernel numbers" {
	host ip link add two type veth peer name other
	config '.linux.netDevices = {one: {name: "net%d"}, two: {name: "net%d"}}'
	inside 'ip -o link show'
	has ' net0@'
	has ' net1@'
	lacks 'oci'
}

@test "DEV-19 a namespace by path: the device stays in it behind the container" {
	local other
	other=$(namespace)
	config "(.linux.namespaces[] | select(.type == \"network\")).path = \"/proc/$other/ns/net\"" '.linux.netDevices = {one: {name: "inner0"}}'
	inside 'ip -o link show dev inner0'
	within "$other" ip link show dev inner0
	gone device one
}

@test "DEV-19 a name that is taken in the namespace: an error, and nothing has been touched" {
	local other
	other=$(namespace)
	within "$other" ip link add taken type veth peer name end
	host ip link add two type veth peer name other
	host ip address add 10.9.0.2/24 dev one
	host ip link set one up
	config "(.linux.namespaces[] | select(.type == \"network\")).path = \"/proc/$other/ns/net\"" \
		'.linux.netDevices = {one: {name: "free0"}, two: {name: "taken"}}'
	set_args true
	run_fail there run --bundle "$BUNDLE" "$ID"
	has "/linux/netDevices/two: cannot move the network device two: file exists (the container's network namespace has a device of this name)"
	device one && device two
	run_ok host ip -o -4 address show dev one
	has 10.9.0.2/24
	gone within "$other" ip link show dev free0
	[ ! -e "$ROOT/$ID" ]
}

@test "DEV-19 CRE-23 a hook fails: every device is back as it was" {
	host ip address add 10.9.0.2/24 dev one label one:web
	host ip address add fd00:9::2/64 dev one nodad
	host ip link set one up
	host ip route add 10.50.0.0/16 via 10.9.0.1
	host ip link add two type veth peer name other
	config '.linux.netDevices = {one: {name: "in%d"}, two: {name: "b"}}' \
		".hooks.createRuntime = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"nsenter -t \$(jq .pid) -n ip -o link >$DIR/seen; exit 3\"], env: [\"PATH=$PATH\"]}]"
	set_args true
	run_fail there run --bundle "$BUNDLE" "$ID"
	# the hook saw them in the container
	grep ' in0@' "$DIR/seen"
	grep ' b@' "$DIR/seen"
	device one && device two && device peer && device other
	run_ok host ip -o address show dev one
	has '10.9.0.2/24'
	has 'one:web'
	has 'fd00:9::2/64'
	run_ok host ip -o link show dev one
	has ',UP'
	run_ok host ip route show 10.50.0.0/16
	has 'via 10.9.0.1 dev one'
	run_ok host ip -o link show dev two
	lacks ',UP'
}

@test "DEV-19 a device that is not there is told before anything is made" {
	config '.linux.netDevices = {nowhere: {}}'
	set_args true
	run_fail host strace -f -e trace=mkdir,mkdirat,clone,clone3 -o "$DIR/calls" "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	has "/linux/netDevices/nowhere: cannot move the network device nowhere: no such device (the runtime's network namespace has none of this name)"
	gone grep -E '@new|clone' "$DIR/calls"
}

@test "DEV-19 refused: the host's network, by absence or by path, and rootless" {
	config '.linux.netDevices = {one: {}}'
	set_args true
	config '(.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/net"'
	run_fail there run --bundle "$BUNDLE" "$ID"
	has '/linux/netDevices: unable to move network devices without a NET namespace'
	config '.linux.namespaces |= map(select(.type != "network"))'
	run_fail there run --bundle "$BUNDLE" "$ID"
	has '/linux/netDevices: unable to move network devices without a NET namespace'
	device one
}

@test "DEV-19 a container with a user namespace gets it, too" {
	config '.linux.netDevices = {one: {name: "inner0"}}' '.linux.namespaces += [{type: "user"}]' \
		'.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]' \
		'.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 711 "$DIR" "$BUNDLE"
	inside 'ip -o link show dev inner0'
	has ',UP'
}

@test "DEV-19 a config without netDevices makes no netlink request of the runtime's" {
	set_args true
	run_ok host strace -e trace=socket,setns -o "$DIR/calls" "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gone grep -E 'NETLINK|setns' "$DIR/calls"
}
