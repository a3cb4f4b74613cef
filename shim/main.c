/* ociinit: becomes the container. `ociinit SOCK KEPT`: descriptor of the socket to the host side, number of
 * descriptors from 3 up that the program keeps. First all other descriptors are closed, then the plan is
 * received, verified and executed, record by record. Owns the shim's state. Reads no file, no environment.
 */
#include <sys/prctl.h>

#include "number.h"
#include "order.h"
#include "plan_load.h"
#include "talk.h"

#define DESCRIPTOR_MAX 0x7fffffffu

static void print(int fd, const char *text)
{
	sys_write(fd, text, strlen(text));
}

static int usage(void)
{
	print(2, "ociinit: started by ocirun; usage: ociinit SOCKET KEPT | ociinit --version\n");
	return 1;
}

/* The schema's hash is what decides whether a plan is accepted. */
static int version(void)
{
	char text[] = "ociinit ################\n", *digit = strchr(text, '\n');

	for (uint64_t hash = plan_load_schema(); *--digit == '#'; hash >>= 4)
		*digit = "0123456789abcdef"[hash & 15];
	print(1, text);
	return 0;
}

/* A closed 0, 1 or 2 would be taken by the next descriptor opened, a socket or a tree, and be handed to the
 * program as its output. */
static int fill_stdio(struct fault *fault)
{
	int fd, r;

	for (fd = 0; fd <= 2; fd++) {
		if (sys_fcntl(fd, F_GETFD, 0) >= 0)
			continue;
		r = sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0); /* the lowest free one: fd */
		if (r >= 0)
			r = sys_fcntl(r, F_SETFD, 0);
		if (r < 0)
			return fault_set(fault, FAULT_OPEN, r, "/dev/null");
	}
	return 0;
}

/* --preserve-fds promised them: a missing number would be filled with one of ours (runc#5474). */
static int check_kept(uint32_t kept, struct fault *fault)
{
	char text[NUMBER_TEXT];
	int r = 0;

	for (uint32_t fd = 3; fd < 3 + kept && r >= 0; fd++) {
		r = sys_fcntl((int)fd, F_GETFD, 0);
		if (r > 0) /* close-on-exec: it is to survive execve */
			r = sys_fcntl((int)fd, F_SETFD, 0);
		if (r < 0) {
			number_text(text, fd);
			fault_set2(fault, FAULT_VERIFY, r, "kept descriptor ", text, "");
		}
	}
	return r;
}

/* CVE-2024-21626: nothing of the host's that happens to be open reaches the container. */
static int close_others(uint32_t sock, uint32_t kept, struct fault *fault)
{
	int r = 0;

	if (sock > 3 + kept)
		r = sys_close_range(3 + kept, sock - 1, 0);
	if (r >= 0)
		r = sys_close_range(sock + 1, DESCRIPTOR_MAX, 0);
	if (r >= 0)
		r = sys_fcntl((int)sock, F_SETFD, FD_CLOEXEC);
	return r < 0 ? fault_set(fault, FAULT_VERIFY, r, "inherited descriptors") : 0;
}

/* CVE-2016-9962: whoever sees us, by a shared pid namespace or as root of the host's, could trace us once we
 * are in a user namespace that his id has made. A shim that has to write its own maps or clock offsets there
 * must stay dumpable until then: those files are the host root's otherwise. */
static int hide(const struct plan *plan, struct fault *fault)
{
	const struct plan_userns *userns = plan_find(plan, PLAN_KIND_userns);
	const struct plan_namespaces *namespaces = plan_find(plan, PLAN_KIND_namespaces);
	int r;

	if (userns && (userns->writer == PLAN_MAP_SELF || (namespaces && namespaces->time_offsets.length)))
		return 0;
	r = sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return r < 0 ? fault_set(fault, FAULT_PRCTL, r, "not dumpable") : 0;
}

static int run(struct shim *shim, struct plan *plan, struct fault *fault)
{
	int r = fill_stdio(fault);

	if (r >= 0)
		r = check_kept(shim->kept, fault);
	if (r >= 0)
		r = close_others((uint32_t)shim->sock, shim->kept, fault);
	if (r < 0)
		return r;
	/* The program starts with no signal blocked, and SIGPIPE not ignored as parents in Python or Go have
	 * it. Here and not before execve, where the user's filter stands. */
	sys_sigprocmask(SIG_SETMASK, &(uint64_t){ 0 }, NULL);
	sys_sigdefault(SIGPIPE);
	sys_sigdefault(SIGXFSZ); /* ocirun ignores it */
	/* `start` and the status look for this name in /proc/PID/stat */
	sys_prctl(PR_SET_NAME, (unsigned long)(uintptr_t) "ociinit", 0, 0, 0);
	sys_umask(0); /* modes of what is made are those of the plan */
	r = plan_load(shim, plan, fault);
	if (r >= 0)
		r = hide(plan, fault);
	return r < 0 ? r : order_run(shim, fault);
}

int main(int argc, char **argv)
{
	/* not on the stack: 16 KiB of trees */
	static struct shim shim; /* in .bss: an initializer would put 25 KiB of it into the image */
	struct fault fault = { .row = PLAN_ROW_COUNT, .record = FAULT_NO_RECORD };
	struct plan plan;
	uint64_t sock, kept;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return version();
	if (argc != 3 || number_parse(argv[1], DESCRIPTOR_MAX - 1, &sock) < 0 ||
	    number_parse(argv[2], 65535, &kept) < 0 || sock < 3 + kept)
		return usage();
	shim.talk = &shim_talk;
	shim.proc = shim.root = shim.master = -1;
	shim.sock = (int)sock;
	shim.kept = (uint32_t)kept;
	memset(shim.slots, 0xff, sizeof shim.slots);
	memset(shim.joins, 0xff, sizeof shim.joins);
	if (run(&shim, &plan, &fault) < 0)
		talk_last(&shim, &fault);
	return 0; /* a plan without `exec`: everything is done */
}
