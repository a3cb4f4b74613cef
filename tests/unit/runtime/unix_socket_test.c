/* Sockets by paths of every length, and by abstract names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"
#include "scratch.h"
#include "unix_socket.h"

static void paths_of_every_length(void **state)
{
	(void)state;
	char path[600], scratch[64];
	size_t length = strlen(scratch_make(scratch));

	/* around sun_path's 107 bytes, and the longest name of a directory */
	static const size_t lengths[] = { 90, 106, 107, 108, 109, 250 };
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		if (lengths[i] <= length + 2)
			continue;
		char name[256] = "";
		memset(name, 'n', lengths[i] - length - 1);
		FD_AUTO dir = sys_openat(AT_FDCWD, scratch, O_PATH | O_DIRECTORY, 0);
		FD_AUTO bound = unix_bind_datagram(dir, "s");
		assert_true(bound >= 0);
		snprintf(path, sizeof path, "%s/%s", scratch, name);
		assert_int_equal(sys_renameat2(dir, "s", dir, name, 0), 0);
		FD_AUTO sock = unix_connect(path, SOCK_DGRAM);
		assert_true(sock >= 0);
		assert_int_equal(send(sock, "x", 1, 0), 1);
		assert_int_equal(recv(bound, path, 1, MSG_DONTWAIT), 1);
	}
	scratch_remove(scratch);
}

static void binding_takes_the_place_of_what_was_there(void **state)
{
	(void)state;
	char scratch[64];
	FD_AUTO dir = sys_openat(AT_FDCWD, scratch_make(scratch), O_PATH | O_DIRECTORY, 0);
	FD_AUTO first = unix_bind_datagram(dir, "s");
	FD_AUTO second = unix_bind_datagram(dir, "s");

	assert_true(first >= 0 && second >= 0);
	assert_int_equal(unix_bind_datagram(dir, "no/s"), -ENOENT);
	scratch_remove(scratch);
}

static void abstract_names(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char name[64], longest[200];
	FD_AUTO bound = sys_socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)state;
	snprintf(name, sizeof name, "@ocirun-unit-%d", getpid());
	memcpy(address.sun_path, name, strlen(name));
	address.sun_path[0] = 0;
	assert_int_equal(bind(bound, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
			 0);
	FD_AUTO sock = unix_connect(name, SOCK_DGRAM);
	assert_true(sock >= 0);
	assert_int_equal(unix_connect("@ocirun-unit-nobody", SOCK_DGRAM), -ECONNREFUSED);
	assert_int_equal(unix_connect("@", SOCK_DGRAM), -EINVAL);
	memset(longest, '@', sizeof longest - 1);
	longest[sizeof longest - 1] = 0;
	assert_int_equal(unix_connect(longest, SOCK_DGRAM), -ENAMETOOLONG);
	assert_int_equal(unix_connect("", SOCK_DGRAM), -ENOENT);
	/* who may not write to it is not told what it is */
	assert_int_equal(unix_connect("/", SOCK_STREAM), access("/", W_OK) == 0 ? -ECONNREFUSED : -EACCES);
}

static void a_descriptor_beside_the_text(void **state)
{
	int ends[2];
	char text[16];
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { text, sizeof text };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
	};

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(unix_send_fd(ends[0], "standard", 8, ends[0]), 0);
	assert_int_equal(recvmsg(ends[1], &message, 0), 8);
	assert_int_equal(control.head.cmsg_len, CMSG_LEN(sizeof(int)));
	close(ends[1]);
	assert_int_equal(unix_send_fd(ends[0], "standard", 8, ends[0]), -EPIPE);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_of_every_length),
		cmocka_unit_test(binding_takes_the_place_of_what_was_there),
		cmocka_unit_test(abstract_names),
		cmocka_unit_test(a_descriptor_beside_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
