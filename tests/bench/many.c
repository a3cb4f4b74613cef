/* bench-many COUNT PARALLEL COMMAND...: runs COMMAND so many times, so many at a time, its output thrown
 * away, and prints the median and the 99th percentile of what one took, in milliseconds. Fails when one did.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct one {
	pid_t pid;
	double begun;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int begin(struct one *one, const posix_spawn_file_actions_t *silent, char **command)
{
	one->begun = now();
	return posix_spawnp(&one->pid, command[0], silent, NULL, command, environ);
}

/* The next one that ends: what it took, or less than nothing when it has failed. */
static double end(struct one *running, int parallel)
{
	int status;
	pid_t pid = wait(&status);

	for (int i = 0; i < parallel; i++) {
		if (running[i].pid != pid)
			continue;
		running[i].pid = 0;
		return status == 0 ? now() - running[i].begun : -1;
	}
	return -1;
}

int main(int argc, char **argv)
{
	int count = argc > 3 ? atoi(argv[1]) : 0, parallel = argc > 3 ? atoi(argv[2]) : 0;
	posix_spawn_file_actions_t silent;
	int begun = 0, ended = 0, failed = 0;

	if (count < 1 || parallel < 1)
		return 2;
	double *took = calloc((size_t)count, sizeof *took);
	struct one *running = calloc((size_t)parallel, sizeof *running);
	if (!took || !running)
		return 1;
	posix_spawn_file_actions_init(&silent);
	for (int fd = 0; fd <= 2; fd++)
		posix_spawn_file_actions_addopen(&silent, fd, "/dev/null", O_RDWR, 0);
	while (ended < count) {
		for (int i = 0; i < parallel && begun < count; i++)
			if (running[i].pid == 0) {
				if (begin(&running[i], &silent, argv + 3) != 0)
					return 1;
				begun++;
			}
		took[ended] = end(running, parallel);
		failed += took[ended++] < 0;
	}
	qsort(took, (size_t)count, sizeof *took, by_size);
	printf("%.2f %.2f\n", took[count / 2], took[(count * 99 - 1) / 100]);
	return failed != 0;
}
