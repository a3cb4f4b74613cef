/* A seccomp agent for the tests. agent SOCKET OUT: listens, takes one container's message, writes its JSON to
 * OUT, then answers every notification with errno ENOMEDIUM (123). With a third word: "gone" leaves at once
 * when it has the message, so that nobody answers; "hold" answers nothing, "continue" lets every call happen.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof address) < 0 || listen(sock, 1) < 0)
		return -1;
	return accept(sock, NULL, NULL);
}

/* The message up to the end of the stream; the descriptor beside it. */
static int take(int sock, FILE *out)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char text[65536];
	int fd = -1;

	for (;;) {
		struct iovec part = { text, sizeof text };
		struct msghdr message = { .msg_iov = &part,
					  .msg_iovlen = 1,
					  .msg_control = &control,
					  .msg_controllen = sizeof control };
		ssize_t got = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
		struct cmsghdr *head = got < 0 ? NULL : CMSG_FIRSTHDR(&message);

		if (head && head->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(head), sizeof fd);
		if (got <= 0)
			break;
		fwrite(text, 1, (size_t)got, out);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct seccomp_notif notification;
	struct seccomp_notif_resp answer;
	int sock = argc < 3 ? -1 : listen_at(argv[1]);
	FILE *out = sock < 0 ? NULL : fopen(argv[2], "w");
	int fd = out ? take(sock, out) : -1;

	if (fd < 0 || fclose(out) != 0)
		return 1;
	const char *how = argc > 3 ? argv[3] : "";
	if (!strcmp(how, "gone"))
		return 0;
	while (!strcmp(how, "hold"))
		pause();
	for (;;) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };

		/* POLLHUP alone: nobody is left whom the filter binds */
		if (poll(&ready, 1, -1) > 0 && !(ready.revents & POLLIN))
			return 0;
		memset(&notification, 0, sizeof notification);
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &notification) < 0) {
			if (errno == EINTR || errno == ENOENT)
				continue;
			return 0;
		}
		memset(&answer, 0, sizeof answer);
		answer.id = notification.id;
		if (!strcmp(how, "continue"))
			answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		else
			answer.error = -ENOMEDIUM;
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}
