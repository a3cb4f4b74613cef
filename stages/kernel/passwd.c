/* The container's /etc/passwd: see passwd.h. Its text may be hostile: any length of line, any byte, no end.
 * Read piece by piece through a state machine that keeps a number and one home directory, nothing else.
 */
#include "passwd.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "fd.h"

#define MOST_BYTES (1 << 20)

enum { FIELD_UID = 2, FIELD_HOME = 5 };

struct scan {
	uint32_t uid;    /* wanted */
	unsigned field;  /* of the line */
	uint64_t number; /* uid of the line so far */
	unsigned digits; /* of it; more than 10: no uid */
	bool matches;
	char *home;
	size_t size, used; /* used > size: does not fit */
};

static void begin_line(struct scan *scan)
{
	scan->field = scan->digits = 0;
	scan->number = 0;
	scan->used = 0;
	scan->matches = false;
}

static void add_byte(struct scan *scan, char c)
{
	if (scan->field == FIELD_UID) {
		scan->number = scan->number * 10 + (uint64_t)(unsigned char)c - '0';
		/* ten digits hold every uid: what is longer, or no number, matches none */
		scan->digits = c >= '0' && c <= '9' ? scan->digits + 1 : 11;
		if (scan->digits > 11)
			scan->digits = 11;
	} else if (scan->field == FIELD_HOME && scan->matches && scan->used <= scan->size) {
		if (scan->used < scan->size)
			scan->home[scan->used] = c;
		scan->used++;
	}
}

static void end_field(struct scan *scan)
{
	if (scan->field == FIELD_UID)
		scan->matches = scan->digits > 0 && scan->digits <= 10 && scan->number == scan->uid;
	scan->field++;
}

/* True when the line that ends here is the user's: the first one counts, as for getpwuid(3). */
static bool end_line(const struct scan *scan)
{
	return scan->matches && scan->field >= FIELD_HOME;
}

/* Feed one piece. True: the user's line is complete. */
static bool feed(struct scan *scan, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n') {
			if (end_line(scan))
				return true;
			begin_line(scan);
		} else if (bytes[i] == ':') {
			end_field(scan);
		} else {
			add_byte(scan, bytes[i]);
		}
	}
	return false;
}

static int open_beneath(int root, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)flags,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS,
	};
	FD_AUTO fd = sys_openat2(root, "/etc/passwd", &how);
	struct stat st;

	if (fd < 0)
		return fd;
	if (sys_fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EINVAL;
	return fd_take(&fd);
}

static bool find(int fd, struct scan *scan)
{
	char piece[4096];

	for (size_t total = 0; total < MOST_BYTES;) {
		ssize_t n = sys_read(fd, piece, sizeof piece);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n == 0 && end_line(scan); /* a last line without '\n' */
		if (feed(scan, piece, (size_t)n))
			return true;
		total += (size_t)n;
	}
	return false;
}

void passwd_home(int root, uint32_t uid, char *home, size_t size)
{
	struct scan scan = { .uid = uid, .home = home, .size = size };
	/* looked at before it is opened: opening a device or a fifo may do things */
	FD_AUTO look = open_beneath(root, O_PATH);
	FD_AUTO fd = look < 0 ? -1 : open_beneath(root, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	begin_line(&scan);
	if (fd >= 0 && find(fd, &scan) && scan.used > 0 && scan.used < size && home[0] == '/') {
		home[scan.used] = 0;
		/* a NUL inside would show another path than the file has */
		if (strlen(home) == scan.used)
			return;
	}
	memcpy(home, "/", size < 2 ? size : 2);
	if (size == 1)
		home[0] = 0;
}
