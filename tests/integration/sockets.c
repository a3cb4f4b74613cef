/* The other ends of ocirun's sockets, for the tests; static, so that it runs inside a container too.
 *
 *   sockets receive PATH           take one connection and one message: its text, its descriptors, the pid of
 * a pidfd sockets manage ADDRESS [keep]  a service manager: one line a datagram, '|' for a new line;
 * descriptors are closed, or kept sockets say TEXT...            to $NOTIFY_SOCKET; "barrier" waits for the
 * answer, "store" passes a descriptor of /, "long" is more than a datagram may be, "zero" holds a zero byte,
 * "flood" is 5,000 sockets fds                    every open descriptor but its own of /proc
 *   sockets answer                 a server that was given its listening socket (LISTEN_FDS): a line to each
 * connection, then the end of it
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static socklen_t fill(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	strncpy(address->sun_path, path, sizeof address->sun_path - 1);
	if (path[0] != '@')
		return sizeof *address;
	address->sun_path[0] = 0;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
}

static int serve(const char *path, int type)
{
	struct sockaddr_un address;
	char *slash = path[0] == '@' ? NULL : strrchr(path, '/');

	if (slash) { /* a long path: from its directory */
		*slash = 0;
		if (chdir(path) < 0)
			return -1;
		path = slash + 1;
	}
	int sock = socket(AF_UNIX, type, 0);
	socklen_t length = fill(&address, path);
	if (bind(sock, (struct sockaddr *)&address, length) < 0 ||
	    (type == SOCK_STREAM && listen(sock, 1) < 0))
		return -1;
	return sock;
}

/* One message, up to 8 descriptors. */
static ssize_t take(int sock, char *text, size_t size, int *fds, int *count)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct iovec part = { text, size };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
	};
	ssize_t got = recvmsg(sock, &message, 0);
	struct cmsghdr *head = got < 0 ? NULL : CMSG_FIRSTHDR(&message);

	*count = 0;
	if (head && head->cmsg_type == SCM_RIGHTS) {
		*count = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(head), (size_t)*count * sizeof(int));
	}
	return got;
}

static int receive(const char *path)
{
	char text[256], line[256];
	int fds[8], count;
	int listener = serve(path, SOCK_STREAM);
	int sock = listener < 0 ? -1 : accept(listener, NULL, NULL);
	ssize_t got = sock < 0 ? -1 : take(sock, text, sizeof text - 1, fds, &count);

	if (got < 0)
		return 1;
	text[got] = 0;
	printf("text=%s fds=%d", text, count);
	if (count == 1) {
		snprintf(line, sizeof line, "/proc/self/fdinfo/%d", fds[0]);
		FILE *info = fopen(line, "r");
		while (info && fgets(line, sizeof line, info))
			if (!strncmp(line, "Pid:", 4))
				printf(" pid=%d", atoi(line + 4));
	}
	printf(" then=%zd\n", recv(sock, text, sizeof text, 0));
	return 0;
}

static int manage(const char *address, int keep)
{
	char text[8192];
	int fds[8], count;
	int sock = serve(address, SOCK_DGRAM);

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (;;) {
		ssize_t got = sock < 0 ? -1 : take(sock, text, sizeof text - 1, fds, &count);

		if (got < 0)
			return 1;
		for (ssize_t i = 0; i < got; i++)
			putchar(text[i] == '\n' ? '|' : text[i] == '\r' ? '_' : text[i]);
		printf(count ? " fds=%d\n" : "\n", count);
		for (int i = 0; i < count && !keep; i++)
			close(fds[i]);
	}
}

static int send_with(int sock, const void *text, size_t length, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .head = { CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { (void *)text, length };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = fd < 0 ? NULL : &control,
				  .msg_controllen = fd < 0 ? 0 : sizeof control };

	memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
	if (sendmsg(sock, &message, MSG_NOSIGNAL) < 0) {
		perror("send");
		return 1;
	}
	return 0;
}

static int say_barrier(int sock)
{
	int ends[2];

	if (pipe(ends) < 0 || send_with(sock, "BARRIER=1", 9, ends[1]) != 0)
		return 1;
	close(ends[1]);
	struct pollfd end = { .fd = ends[0], .events = POLLIN };
	int r = poll(&end, 1, 20000);
	printf("barrier %s\n", r == 1 && end.revents & POLLHUP ? "passed" : "stuck");
	fflush(stdout);
	return r != 1;
}

static int say_one(int sock, const char *text)
{
	char large[5000];

	memset(large, 'x', sizeof large);
	memcpy(large, "STATUS=", 7);
	if (!strcmp(text, "barrier"))
		return say_barrier(sock);
	if (!strcmp(text, "store"))
		return send_with(sock, "FDSTORE=1\nFDNAME=evil", 21, open("/", O_RDONLY));
	if (!strcmp(text, "long"))
		return send_with(sock, large, sizeof large, -1);
	if (!strcmp(text, "zero"))
		return send_with(sock, "STATUS=a\0MAINPID=1", 18, -1);
	if (strcmp(text, "flood") != 0)
		return send_with(sock, text, strlen(text), -1);
	for (int i = 0, n; i < 5000; i++) {
		n = snprintf(large, sizeof large, "STATUS=%d", i);
		if (send_with(sock, large, (size_t)n, -1) != 0)
			return 1;
	}
	return 0;
}

static int say(int count, char **texts)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	int sock = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (!path || connect(sock, (struct sockaddr *)&address, fill(&address, path)) < 0) {
		perror("connect");
		return 1;
	}
	for (int i = 0; i < count; i++)
		if (say_one(sock, texts[i]) != 0)
			return 1;
	return 0;
}

static int list_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");

	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(dir))
			printf("%s ", entry->d_name);
	printf("\n");
	return !dir;
}

static int answer(void)
{
	const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID"),
		   *names = getenv("LISTEN_FDNAMES");
	char line[256];

	if (!count || strcmp(count, "1") != 0 || !pid || atoi(pid) != getpid())
		return 3;
	for (int number = 1;; number++) {
		int sock = accept(3, NULL, NULL);
		int length = snprintf(line, sizeof line, "answer %d by process %d, names %s\n", number,
				      getpid(), names ? names : "none");

		if (sock < 0 || write(sock, line, (size_t)length) != length)
			return 1;
		close(sock);
	}
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	signal(SIGALRM, SIG_DFL); /* whatever the harness has made of it */
	alarm(60);
	if (!strcmp(mode, "receive") && argc == 3)
		return receive(argv[2]);
	if (!strcmp(mode, "manage") && argc > 2)
		return manage(argv[2], argc > 3);
	if (!strcmp(mode, "say"))
		return say(argc - 2, argv + 2);
	if (!strcmp(mode, "answer"))
		return answer();
	if (!strcmp(mode, "fds"))
		return list_fds();
	return 2;
}
