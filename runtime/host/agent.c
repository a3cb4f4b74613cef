/* See agent.h. The protocol is that of config-linux.md: one connection a container, one JSON object
 * (ContainerProcessState) with the descriptor beside its first byte; nothing is answered.
 */
#include "agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "cmd/cmd.h"
#include "fd.h"
#include "json_out.h"

/* {"ociVersion":...,"fds":["seccompFd"],"pid":PID,"metadata":...,"state":HEAD PID TAIL} */
static void prepare(struct arena *arena, const struct spec *spec, const struct compile_options *options,
		    struct agent *agent)
{
	const char *metadata = spec->linux_->seccomp->listener_metadata, *state_head, *state_tail;
	char *text = NULL;
	size_t size = 0, head, before;
	struct json_out out = { .file = open_memstream(&text, &size) };

	if (!out.file) {
		fprintf(stderr, "ocirun: out of memory\n");
		exit(1);
	}
	json_out_open(&out, '{');
	json_out_member(&out, "ociVersion", ocirun_spec_version);
	json_out_key(&out, "fds");
	json_out_open(&out, '[');
	json_out_string(&out, "seccompFd");
	json_out_close(&out, ']');
	json_out_key(&out, "pid");
	fflush(out.file);
	head = size;
	json_out_unsigned(&out, 0);
	fflush(out.file);
	before = size;
	if (metadata)
		json_out_member(&out, "metadata", metadata);
	json_out_key(&out, "state");
	fclose(out.file);
	compile_state_text(arena, spec, options, "creating", &state_head, &state_tail);
	agent->head = arena_copy(arena, text, head);
	agent->middle = arena_format(arena, "%s%s", text + before, state_head);
	agent->tail = arena_format(arena, "%s}", state_tail);
	free(text);
}

static bool notifies(const struct spec_seccomp *seccomp)
{
	for (uint32_t i = 0; seccomp && i < seccomp->rule_count; i++)
		if (strcmp(seccomp->rules[i].action, "SCMP_ACT_NOTIFY") == 0)
			return true;
	return false;
}

int agent_connect(struct arena *arena, const struct spec *spec, const struct compile_options *options,
		  struct agent *ret, struct error *error)
{
	const struct spec_seccomp *seccomp = spec->linux_->seccomp;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path;

	*ret = (struct agent){ .sock = -1 };
	if (!notifies(seccomp))
		return 0;
	path = seccomp->listener_path;
	if (strlen(path) >= sizeof address.sun_path)
		return error_set(error, ENAMETOOLONG,
				 "failed to connect with seccomp agent: its path is longer than %zu bytes",
				 sizeof address.sun_path - 1);
	memcpy(address.sun_path, path, strlen(path)); /* its length was looked at just now, the rest is 0 */
	FD_AUTO sock = sys_socket(AF_UNIX, SOCK_STREAM, 0);
	if (sock < 0)
		return error_errno(error, sock, "cannot make a socket");
	if (connect(sock, (const struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(error, -errno, "failed to connect with seccomp agent at %s", path);
	prepare(arena, spec, options, ret);
	ret->sock = fd_take(&sock);
	return 0;
}

/* All of it: a stream may take it in pieces. The descriptor goes with the first. */
static int send_all(int sock, const char *text, size_t length, int listener)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .head = { CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	size_t done = 0;

	memcpy(CMSG_DATA(&control.head), &listener, sizeof listener);
	while (done < length) {
		struct iovec part = { (void *)(uintptr_t)(text + done), length - done };
		struct msghdr message = { .msg_iov = &part,
					  .msg_iovlen = 1,
					  .msg_control = done ? NULL : &control,
					  .msg_controllen = done ? 0 : sizeof control };
		ssize_t sent = sys_sendmsg(sock, &message, MSG_NOSIGNAL);

		if (sent < 0 && sent != -EINTR)
			return (int)sent;
		done += sent > 0 ? (size_t)sent : 0;
	}
	return 0;
}

int agent_send(const struct agent *agent, int64_t pid, int listener, struct error *error)
{
	struct arena arena = { NULL };
	const char *text = arena_format(&arena, "%s%lld%s%lld%s", agent->head, (long long)pid, agent->middle,
					(long long)pid, agent->tail);
	int r = send_all(agent->sock, text, strlen(text), listener);

	arena_free(&arena);
	return r < 0 ? error_errno(error, r, "cannot send the container's state to the seccomp agent") : 0;
}
