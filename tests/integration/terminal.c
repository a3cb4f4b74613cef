/* The other side of a container's terminal.
 *
 *   terminal human [STEP...] -- CMD...   a person: CMD has a new pty as its controlling terminal
 *   terminal client SOCKET [STEP...] -- CMD...   a manager: CMD is given SOCKET as console socket; when it
 * has returned, one message with the master must be there terminal fds                         inside a
 * container: the open descriptors, one a line
 *
 * What the terminal shows goes to standard output. Steps, each with a deadline:
 *   expect:TEXT   TEXT is shown, behind what the last expect has found
 *   send:TEXT     keys; C escapes       sendfile:FILE  the same, from a file, reading meanwhile
 *   size:ROWSxCOLUMNS                   raw, cooked    wait for these modes (human)
 *   signal:N      to CMD (human)        do:COMMAND     by the shell, which must succeed
 *   idle:MS       nobody reads          slow           from now on reads are few and small
 *   close         hang up
 * Behind the last step the rest is read to the end. Status of `human`: that of CMD (128 + signal), or 98 when
 * a step failed, or 99 when CMD has left the terminal in other modes than it found; of `client`: 0 or 98.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 40000 /* milliseconds: a busy machine */
#define WINDOW (1 << 20)

struct side {
	int master, slave; /* slave: -1 for a client */
	int slow;
	pid_t child;
	int ended, status;    /* of the child */
	char shown[WINDOW];   /* the last of what was shown ... */
	size_t length, found; /* ... and how much of it the last expect has used up */
};

static void fail(const char *what, const char *detail)
{
	fprintf(stderr, "terminal: %s %s: %s\n", what, detail, strerror(errno));
	exit(98);
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void nap(long milliseconds)
{
	struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

/* ---- what is shown ----------------------------------------------------------------------------------------
 */

static void write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno != EINTR)
			fail("write", "to standard output");
		bytes += n > 0 ? n : 0;
		length -= n > 0 ? (size_t)n : 0;
	}
}

static void keep(struct side *side, const char *bytes, size_t length)
{
	write_all(1, bytes, length);
	if (side->length + length > WINDOW) { /* what is far behind is not searched any more */
		size_t gone = side->length / 2;

		memmove(side->shown, side->shown + gone, side->length - gone);
		side->length -= gone;
		side->found = side->found > gone ? side->found - gone : 0;
	}
	memcpy(side->shown + side->length, bytes, length);
	side->length += length;
}

static void look(struct side *side)
{
	char bytes[65536];
	ssize_t n;

	if (side->master < 0)
		return;
	if (side->slow)
		nap(1);
	n = read(side->master, bytes, side->slow ? 777 : sizeof bytes);
	if (n > 0)
		keep(side, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(side->master);
		side->master = -1;
	}
}

/* Read, and write when there is something, until a millisecond has passed or something has happened. */
static void turn(struct side *side, const char **bytes, size_t *length)
{
	struct pollfd end = { side->master, (short)(POLLIN | (length && *length ? POLLOUT : 0)), 0 };

	poll(&end, 1, 10);
	if (end.revents & ~POLLOUT)
		look(side);
	if (length && *length && end.revents & POLLOUT && side->master >= 0) {
		ssize_t n = write(side->master, *bytes, *length < 4096 ? *length : 4096);

		*bytes += n > 0 ? n : 0;
		*length -= n > 0 ? (size_t)n : 0;
	}
	if (side->child && !side->ended)
		side->ended = waitpid(side->child, &side->status, WNOHANG) == side->child;
}

/* ---- the steps --------------------------------------------------------------------------------------------
 */

static void unescape(char *text, size_t *ret_length)
{
	char *to = text;

	for (char *from = text; *from; from++) {
		if (*from != '\\') {
			*to++ = *from;
		} else if (from[1] == 'n' || from[1] == 'r') {
			*to++ = *++from == 'n' ? '\n' : '\r';
		} else {
			char *end;

			*to++ = (char)strtol(from + 1, &end, 8);
			from = end - 1;
		}
	}
	*ret_length = (size_t)(to - text);
	*to = 0;
}

static void expect(struct side *side, char *text)
{
	size_t length;

	unescape(text, &length);
	for (long end = now() + PATIENCE;; turn(side, NULL, NULL)) {
		char *at = memmem(side->shown + side->found, side->length - side->found, text, length);

		if (at) {
			side->found = (size_t)(at - side->shown) + length;
			return;
		}
		errno = ETIMEDOUT;
		if (now() > end || (side->ended && side->master < 0))
			fail("expect", text);
	}
}

static void send_bytes(struct side *side, const char *bytes, size_t length)
{
	long end = now() + PATIENCE;

	while (length) {
		turn(side, &bytes, &length);
		errno = ETIMEDOUT;
		if (now() > end || side->master < 0)
			fail("send", "keys");
	}
}

static void send_text(struct side *side, char *text)
{
	size_t length;

	unescape(text, &length);
	send_bytes(side, text, length);
}

static void send_file(struct side *side, char *path)
{
	FILE *file = fopen(path, "r");
	struct stat st;

	if (!file || fstat(fileno(file), &st) < 0)
		fail("open", path);
	char *bytes = malloc((size_t)st.st_size);
	if (!bytes || fread(bytes, 1, (size_t)st.st_size, file) != (size_t)st.st_size)
		fail("read", path);
	fclose(file);
	send_bytes(side, bytes, (size_t)st.st_size);
	free(bytes);
}

static void set_size(struct side *side, char *text)
{
	struct winsize size = { 0 };

	if (sscanf(text, "%hux%hu", &size.ws_row, &size.ws_col) != 2 ||
	    ioctl(side->master, TIOCSWINSZ, &size) < 0)
		fail("size", text);
}

static void wait_modes(struct side *side, int raw)
{
	struct termios modes;

	for (long end = now() + PATIENCE; now() < end; turn(side, NULL, NULL))
		if (tcgetattr(side->slave, &modes) == 0 && raw == !(modes.c_lflag & (ICANON | ECHO | ISIG)))
			return;
	errno = ETIMEDOUT;
	fail("modes", raw ? "raw" : "cooked");
}

static void wait_raw(struct side *side, char *text)
{
	(void)text;
	wait_modes(side, 1);
}

static void wait_cooked(struct side *side, char *text)
{
	(void)text;
	wait_modes(side, 0);
}

static void send_signal(struct side *side, char *text)
{
	if (kill(side->child, atoi(text)) < 0)
		fail("signal", text);
}

static void do_command(struct side *side, char *text)
{
	(void)side;
	errno = 0;
	if (system(text) != 0)
		fail("do", text);
}

static void idle(struct side *side, char *text)
{
	(void)side;
	nap(atol(text));
}

static void be_slow(struct side *side, char *text)
{
	(void)text;
	side->slow = 1;
}

static void close_master(struct side *side, char *text)
{
	(void)text;
	close(side->master);
	side->master = -1;
}

static const struct {
	const char *name;
	void (*run)(struct side *, char *);
} steps[] = {
	{ "expect:", expect }, { "send:", send_text },    { "sendfile:", send_file }, { "size:", set_size },
	{ "raw", wait_raw },   { "cooked", wait_cooked }, { "signal:", send_signal }, { "do:", do_command },
	{ "idle:", idle },     { "slow", be_slow },       { "close", close_master },
};

static void run_step(struct side *side, char *word)
{
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		size_t length = strlen(steps[i].name);

		if (!strncmp(word, steps[i].name, length)) {
			steps[i].run(side, word + length);
			return;
		}
	}
	errno = EINVAL;
	fail("step", word);
}

/* ---- the sides --------------------------------------------------------------------------------------------
 */

static void be_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void spawn(struct side *side, char **command)
{
	side->child = fork();
	if (side->child < 0)
		fail("fork", "");
	if (side->child > 0)
		return;
	if (side->slave >= 0) {
		setsid();
		if (ioctl(side->slave, TIOCSCTTY, 0) < 0)
			_exit(97);
		for (int fd = 0; fd <= 2; fd++)
			dup2(side->slave, fd);
	}
	execvp(command[0], command);
	_exit(97);
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int same(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && !memcmp(a->c_cc, b->c_cc, sizeof a->c_cc);
}

static int human(struct side *side, char **words, char **command)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	struct termios before, after;

	side->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	grantpt(side->master);
	unlockpt(side->master);
	side->slave = open(ptsname(side->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (side->slave < 0 || tcgetattr(side->slave, &before) < 0)
		fail("open", "a terminal");
	if (getenv("TERMINAL_BINARY")) { /* no \r */
		before.c_oflag &= ~(tcflag_t)OPOST;
		tcsetattr(side->slave, TCSANOW, &before);
	}
	ioctl(side->master, TIOCSWINSZ, &size);
	be_nonblocking(side->master);
	spawn(side, command);
	for (; *words; words++)
		run_step(side, *words);
	for (long end = now() + PATIENCE; !side->ended; turn(side, NULL, NULL)) {
		errno = ETIMEDOUT;
		if (now() > end)
			fail("end of", command[0]);
	}
	/* cut off, it is nobody's any more */
	int cut = side->master < 0,
	    restored = cut || (tcgetattr(side->slave, &after) == 0 && same(&before, &after));
	for (struct pollfd more = { side->master, POLLIN, 0 }; !cut && poll(&more, 1, 0) > 0;)
		look(side);
	if (!restored)
		fprintf(stderr, "terminal: its modes have changed\n");
	return restored ? status_of(side->status) : 99;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char *copy = strdup(path), *slash = strrchr(copy, '/');
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*slash = 0;
	int dir = open(*copy ? copy : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dir, slash + 1);
	if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof address) < 0 || listen(sock, 1) < 0)
		fail("listen", path);
	free(copy);
	close(dir);
	return sock;
}

/* Without waiting: it must have come before the command returned (PRO-03). */
static int take_master(int listener)
{
	char text[256];
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec part = { text, sizeof text };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
	};
	int master;

	be_nonblocking(listener);
	int sock = accept(listener, NULL, NULL);
	if (sock < 0)
		fail("accept", "");
	be_nonblocking(sock);
	ssize_t n = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
	if (n <= 0)
		fail("receive", "the master");
	if (control.head.cmsg_len != CMSG_LEN(sizeof master) || control.head.cmsg_type != SCM_RIGHTS)
		fail("receive", "one descriptor");
	memcpy(&master, CMSG_DATA(&control.head), sizeof master);
	if (recv(sock, text, sizeof text, 0) != 0) /* one message, then the end */
		fail("receive", "the end");
	close(sock);
	return master;
}

static int client(struct side *side, const char *path, char **words, char **command)
{
	int listener = listen_at(path), status;

	side->slave = -1;
	spawn(side, command);
	if (waitpid(side->child, &status, 0) < 0 || status != 0) {
		errno = 0;
		fail("status of", command[0]);
	}
	side->child = 0;
	side->master = take_master(listener);
	be_nonblocking(side->master);
	for (; *words; words++)
		run_step(side, *words);
	for (long end = now() + PATIENCE; side->master >= 0; turn(side, NULL, NULL)) {
		errno = ETIMEDOUT;
		if (now() > end)
			fail("end of", "the terminal");
	}
	return 0;
}

static int fds(void)
{
	char link[64], target[4096];

	for (int fd = 0; fd < 1024; fd++) {
		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		ssize_t n = readlink(link, target, sizeof target);

		if (fcntl(fd, F_GETFD) >= 0)
			dprintf(1, "%d %.*s\n", fd, (int)(n > 0 ? n : 0), target);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct side side;
	int first = argc > 1 && !strcmp(argv[1], "client") ? 3 : 2, dashes = first;

	if (argc == 2 && !strcmp(argv[1], "fds"))
		return fds();
	while (dashes < argc && strcmp(argv[dashes], "--"))
		dashes++;
	if (dashes + 1 >= argc || argc < 4) {
		fprintf(stderr, "usage: terminal human|client SOCKET|fds [STEP...] -- CMD...\n");
		return 98;
	}
	argv[dashes] = NULL;
	signal(SIGPIPE, SIG_IGN);
	return first == 2 ? human(&side, argv + first, argv + dashes + 1)
			  : client(&side, argv[2], argv + first, argv + dashes + 1);
}
