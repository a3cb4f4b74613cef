/* See agent.h. The protocol is that of config-linux.md: one connection a container, one JSON object
 * (ContainerProcessState) with the descriptor beside its first byte; nothing is answered.
 */
#include "agent.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cmd/cmd.h"
#include "json_out.h"
#include "unix_socket.h"

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
	compile_state_text(arena, spec, options, agent->status, &state_head, &state_tail);
	agent->head = arena_copy(arena, text, head);
	agent->middle = arena_format(arena, "%s%s", text + before, state_head);
	agent->tail = arena_format(arena, "%s}", state_tail);
	free(text);
}

int agent_connect(struct arena *arena, const struct spec *spec, const struct compile_options *options,
		  struct agent *ret, struct error *error)
{
	const char *pointer, *path = compile_receiver(spec, options, &pointer);

	ret->sock = -1;
	if (!path)
		return 0;
	int sock = unix_connect(path, SOCK_STREAM);
	if (sock < 0)
		return error_errno(error, sock, "failed to connect with seccomp agent at %s", path);
	prepare(arena, spec, options, ret);
	ret->sock = sock;
	return 0;
}

int agent_send(const struct agent *agent, int64_t pid, int listener, struct error *error)
{
	struct arena arena = { NULL };
	const char *text = arena_format(&arena, "%s%lld%s%lld%s", agent->head, (long long)pid, agent->middle,
					(long long)(agent->init ? agent->init : pid), agent->tail);
	int r = unix_send_fd(agent->sock, text, strlen(text), listener);

	arena_free(&arena);
	return r < 0 ? error_errno(error, r, "cannot send the container's state to the seccomp agent") : 0;
}
