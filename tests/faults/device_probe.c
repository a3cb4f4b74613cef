/* What a container may do with devices that nobody answers for: for each type, major and minor number a node
 * is made in /tmp and opened for reading, for writing and for both. A line each: "c 120 7 mrwb", with "-" for
 * what is refused with EPERM. Majors 120 and 121 are the kernel's numbers for local use: an open that the
 * rules let through ends in ENXIO.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static char try_open(const char *path, int flags, char letter)
{
	int fd = open(path, flags | O_NONBLOCK);

	if (fd < 0 && errno == ENXIO)
		return letter;
	if (fd < 0 && errno == EPERM)
		return '-';
	printf("open: %d\n", fd < 0 ? errno : 0);
	exit(1);
}

int main(void)
{
	static const struct {
		char letter;
		mode_t type;
	} types[] = { { 'c', S_IFCHR }, { 'b', S_IFBLK } };
	static const unsigned minors[] = { 0, 1, 7 };

	for (int t = 0; t < 2; t++)
		for (unsigned major = 120; major <= 121; major++)
			for (int m = 0; m < 3; m++) {
				int r = mknod("/tmp/node", types[t].type | 0600, makedev(major, minors[m]));

				if (r < 0 && errno != EPERM)
					return 1;
				printf("%c %u %u %c%c%c%c\n", types[t].letter, major, minors[m],
				       r < 0 ? '-' : 'm', try_open("/tmp/node", O_RDONLY, 'r'),
				       try_open("/tmp/node", O_WRONLY, 'w'),
				       try_open("/tmp/node", O_RDWR, 'b'));
				unlink("/tmp/node");
			}
	return 0;
}
