/* The trust boundary: nothing of a plan is looked at before the descriptor is known to be sealed and the
 * verifier has passed it. The one file of the shim that has the schema's tables.
 */
#include "plan_load.h"

#include <linux/audit.h>
#include <sys/mman.h>

#include "number.h"
#include "plan_check.h"

/* A filter compiled for another machine would load and mean something else. */
#if defined(__x86_64__)
#define PLAN_LOAD_ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define PLAN_LOAD_ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define PLAN_LOAD_ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define PLAN_LOAD_ARCH AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define PLAN_LOAD_ARCH AUDIT_ARCH_RISCV64
#elif defined(__riscv)
#define PLAN_LOAD_ARCH AUDIT_ARCH_RISCV32
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PLAN_LOAD_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define PLAN_LOAD_ARCH AUDIT_ARCH_S390X
#elif defined(__mips64) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PLAN_LOAD_ARCH AUDIT_ARCH_MIPSEL64
#elif defined(__loongarch64)
#define PLAN_LOAD_ARCH (258u | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE) /* EM_LOONGARCH, 5.19 */
#else
#error "name this machine's AUDIT_ARCH"
#endif

#define PLAN_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

uint64_t plan_load_schema(void)
{
	return PLAN_SCHEMA_HASH;
}

/* The one control message that may come: descriptors. Returns how many, or -1 for anything else. */
static int rights(struct msghdr *message, int *ret_fds)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	size_t bytes;

	if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
		return -1;
	bytes = control->cmsg_len - CMSG_LEN(0);
	if (bytes > (1 + PLAN_MAX_SLOTS) * sizeof(int) || message->msg_controllen > CMSG_SPACE(bytes))
		return -1;
	memcpy(ret_fds, CMSG_DATA(control), bytes);
	return (int)(bytes / sizeof(int));
}

/* PLAN: no body, the plan's memfd, the slots. Returns the count of descriptors. */
static int receive(int sock, int fds[1 + PLAN_MAX_SLOTS], struct fault *fault)
{
	struct message_head head = { 0 };
	struct iovec part = { &head, sizeof head };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE((1 + PLAN_MAX_SLOTS) * sizeof(int))];
	} control;
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
	};
	ssize_t got;
	int count;

	do
		got = sys_recvmsg(sock, &message, 0);
	while (got == -EINTR);
	if (got == 0 || got == -ECONNRESET)
		sys_exit(1); /* whoever started us is gone: nobody to tell */
	if (got < 0)
		return fault_set(fault, FAULT_RECEIVE, (int)got, "plan");
	count = rights(&message, fds);
	if (got != (ssize_t)sizeof head || head.type != MESSAGE_PLAN || head.length || count < 1 ||
	    message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return fault_set(fault, FAULT_RECEIVE, EBADMSG, "plan");
	return count;
}

/* Sealed: what is checked cannot change afterwards, whoever else holds the memfd. Private: lists are made
 * pointers in place. */
static int map(int fd, void **ret, size_t *ret_length, struct fault *fault)
{
	struct stat st;
	int r = sys_fcntl(fd, F_GET_SEALS, 0);

	if (r >= 0 && (r & PLAN_SEALS) != PLAN_SEALS)
		r = -EPERM;
	if (r < 0) {
		fault_set(fault, FAULT_VERIFY, r, "the plan's descriptor");
		fault_note(fault, "not a sealed memfd");
		return r;
	}
	r = sys_fstat(fd, &st);
	if (r >= 0 && (st.st_size < (off_t)sizeof(struct plan_header) || st.st_size > (off_t)PLAN_MAX_SIZE))
		r = -EFBIG;
	if (r >= 0) {
		*ret_length = (size_t)st.st_size;
		r = sys_mmap(fd, *ret_length, PROT_READ | PROT_WRITE, MAP_PRIVATE, ret);
	}
	if (r < 0)
		fault_set(fault, FAULT_READ, r, "plan");
	return r;
}

static int refuse(const struct plan_refusal *why, struct fault *fault)
{
	char number[NUMBER_TEXT];
	int r = fault_set(fault, FAULT_CHECK_PLAN, EINVAL, why->what);

	if (why->record != FAULT_NO_RECORD) {
		number_text(number, why->record);
		fault_note(fault, "record ");
		fault_note(fault, number);
		fault_note(fault, " ");
		fault_note(fault, why->field);
	}
	return r;
}

/* What the checker cannot know: this machine, and what came along. */
static int check_fits(const struct plan *plan, uint32_t slots, struct fault *fault)
{
	if (plan->header->slot_count != slots)
		return fault_set(fault, FAULT_CHECK_PLAN, EINVAL, "wrong number of descriptors");
	if (plan->header->arch != PLAN_LOAD_ARCH && plan_find(plan, PLAN_KIND_seccomp))
		return fault_set(fault, FAULT_CHECK_PLAN, EINVAL, "filters for another machine");
	return 0;
}

/* Trees are numbered without gaps as the rows ask for them; a hostile numbering costs no more than memory. */
static uint32_t count_trees(const struct plan *plan)
{
	uint64_t count = 0;

	plan_each(plan, record) {
		const struct plan_source *source = STAGE_RECORD(source, record); /* if it is one */

		if (record->kind == PLAN_KIND_source && source->tree != PLAN_NONE && source->tree >= count)
			count = source->tree + 1;
	}
	return (uint32_t)count;
}

int plan_load(struct shim *shim, struct plan *plan, struct fault *fault)
{
	struct plan_refusal why;
	int fds[1 + PLAN_MAX_SLOTS] = { -1 }, count = receive(shim->sock, fds, fault), r;
	void *bytes = NULL;
	size_t length = 0;

	if (count < 0)
		return count;
	memcpy(shim->slots, fds + 1, (size_t)(count - 1) * sizeof *fds);
	r = map(fds[0], &bytes, &length, fault);
	fd_close(fds[0]);
	if (r < 0)
		return r;
	if (plan_check(bytes, length, plan, &why) < 0)
		return refuse(&why, fault);
	shim->plan = plan;
	shim->tree_count = count_trees(plan);
	memset(shim->trees, 0xff, shim->tree_count * sizeof *shim->trees); /* 0 is a descriptor */
	return check_fits(plan, (uint32_t)count - 1, fault);
}
