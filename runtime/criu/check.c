/* What criu can do here, and what it says when it cannot: see rpc.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "criu/rpc.h"
#include "fd.h"

#define OLDEST 30000 /* 3.0: what is asked of it stands in no table of versions, as in runc */
#define LOG_MOST 262144

static int ask_once(struct arena *arena, enum criu_type type, struct criu_reply *ret, struct error *error)
{
	const struct criu_start start = { .passed = { -1 } };
	struct criu criu;
	int r = criu_begin(arena, &start, &criu, error);

	if (r == 0)
		r = criu_ask(&criu, type, NULL, NULL, NULL, ret, error);
	criu_end(&criu);
	return r;
}

int criu_check(struct arena *arena, bool tracking, struct error *error)
{
	struct criu_reply reply = { 0 };
	int r = ask_once(arena, CRIU_VERSION, &reply, error);

	if (r < 0)
		return r;
	if (reply.version < OLDEST)
		return error_set(error, ENOTSUP, "CRIU version is %lld, and it must be >= %d",
				 (long long)reply.version, OLDEST);
	if (!tracking)
		return 0;
	r = ask_once(arena, CRIU_FEATURES, &reply, error);
	if (r < 0)
		return r;
	if (!reply.memory_tracking)
		return error_set(error, ENOTSUP,
				 "CRIU is missing the feature mem_dirty_track, which --pre-dump needs");
	return 0;
}

/* ---- the log ------------------------------------------------------------------------------------------ */

/* What a log has of errors that are none: criu tries what the kernel can do, and runs programs to see. */
static bool is_noise(const char *line, size_t length)
{
	static const char *const words[] = { "exited, status=", "criu/tun.c" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (memmem(line, length, words[i], strlen(words[i])))
			return true;
	return false;
}

/* "(00.012345)   4711: Error (criu/x.c:1): why" without what stands before the word. Its length, or 0. */
static size_t first_error(const char *text, const char **ret)
{
	for (const char *found = strstr(text, "Error ("); found; found = strstr(found + 1, "Error (")) {
		size_t length = strcspn(found, "\n");

		*ret = found;
		if (!is_noise(found, length))
			return length;
	}
	return 0;
}

int criu_failed(struct arena *arena, const struct criu_log *log, const char *type,
		const struct criu_reply *reply, struct error *error)
{
	char *text = arena_alloc(arena, LOG_MOST);
	const char *why = reply->message ? reply->message : "no reason in its log", *found;
	size_t length = 0, cut = strlen(why);
	FD_AUTO fd = sys_openat(log->directory, log->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);

	if (fd >= 0 && fd_read_all(fd, text, LOG_MOST - 1, &length) == 0) {
		length = first_error(text, &found);
		why = length ? found : why;
		cut = length ? length : cut;
	}
	return error_set(error, EIO, "criu failed: type %s errno %lld: %.*s (log file: %s/%s)", type,
			 (long long)reply->errno_, (int)(cut > 1024 ? 1024 : cut), why, log->name, log->file);
}
