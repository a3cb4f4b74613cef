/* A hostile program of a container that has CAP_SYS_PTRACE: it looks, without a pause, at each process that
 * is about to appear in its pid namespace, and says when one of them leads to the file that it was given,
 * which is the host's, or may do what it was told to look for, by the capability's number.
 * spin /path/on/the/host CAPABILITY
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The last pid that was given in this namespace: the last word of /proc/loadavg. */
static int last_pid(void)
{
	char text[200];
	int fd = open("/proc/loadavg", O_RDONLY);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	close(fd);
	if (got <= 0)
		return getpid();
	text[got] = 0;
	return atoi(strrchr(text, ' ') + 1);
}

static void look_at_rights(int pid, int capability)
{
	char text[4096];

	snprintf(text, sizeof text, "/proc/%d/status", pid);
	int fd = open(text, O_RDONLY);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	close(fd);
	text[got > 0 ? got : 0] = 0;
	char *line = strstr(text, "\nCapPrm:\t");
	if (line && strtoull(line + 9, NULL, 16) >> capability & 1)
		printf("CAPABLE is process %d\n", pid);
}

static void look_at(int pid, const char *file, int capability)
{
	char path[64];

	look_at_rights(pid, capability);

	snprintf(path, sizeof path, "/proc/%d/root", pid);
	int root = open(path, O_PATH | O_DIRECTORY);

	if (root < 0)
		return;
	if (faccessat(root, file, F_OK, 0) == 0)
		printf("ESCAPE by process %d\n", pid);
	close(root);
	/* the host's /proc, where everything may be written that is masked or read-only in ours */
	for (int fd = 3; fd < 40; fd++) {
		snprintf(path, sizeof path, "/proc/%d/fd/%d/sys/kernel/core_pattern", pid, fd);
		if (faccessat(AT_FDCWD, path, W_OK, 0) == 0)
			printf("ESCAPE by descriptor %d of process %d\n", fd, pid);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("looking");
	for (int last = last_pid();; last = last_pid())
		for (int turn = 0; turn < 1000; turn++)
			for (int pid = last + 1; pid < last + 5; pid++)
				look_at(pid, argv[1] + 1, atoi(argv[2]));
}
