/* The table of criu's options: see request.h. Field numbers are those of criu_opts in criu's
 * images/rpc.proto, which may grow but keeps what it has (criu 3.0 to 4.2 agree on these).
 */
#include "criu/request.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

enum kind { FLAG, NUMBER, TEXT, PATHS, DESCRIPTORS, KEYS };

#define ROW(number, kind, member)                                   \
	{                                                           \
		number, kind, offsetof(struct criu_options, member) \
	}
static const struct row {
	uint32_t number;
	enum kind kind;
	size_t offset;
} rows[] = {
	ROW(1, NUMBER, images),
	ROW(2, NUMBER, pid),
	ROW(3, FLAG, leave_running),
	ROW(4, FLAG, external_sockets),
	ROW(5, FLAG, tcp_established),
	ROW(7, FLAG, shell_job),
	ROW(8, FLAG, file_locks),
	ROW(9, NUMBER, log_level),
	ROW(10, TEXT, log_file),
	ROW(12, FLAG, notify),
	ROW(13, TEXT, root),
	ROW(14, TEXT, parent),
	ROW(15, FLAG, track_memory),
	ROW(16, FLAG, auto_dedup),
	ROW(17, NUMBER, work),
	ROW(18, FLAG, link_remap),
	ROW(23, PATHS, mounts),
	ROW(25, PATHS, cgroup_roots),
	ROW(26, FLAG, sibling),
	ROW(27, DESCRIPTORS, inherited),
	ROW(30, FLAG, external_masters),
	ROW(34, NUMBER, cgroup_mode),
	ROW(37, KEYS, external),
	ROW(38, NUMBER, empty_namespaces),
	ROW(44, TEXT, freeze),
	ROW(46, FLAG, tcp_skip_in_flight),
	ROW(50, FLAG, orphan_terminal),
	ROW(51, TEXT, config),
	ROW(52, FLAG, tcp_close),
	ROW(53, TEXT, lsm_profile),
	ROW(63, TEXT, lsm_mount_context),
};

#define REQUEST_TYPE 1
#define REQUEST_OPTIONS 2
#define REQUEST_NOTIFY_SUCCESS 3
#define REQUEST_FEATURES 5
#define OPTIONS_PAGE_SERVER 11
#define PAIR_MOST 8448 /* bytes of one pair: two paths */

void criu_options_init(struct criu_options *ret)
{
	*ret = (struct criu_options){ .images = CRIU_NONE,
				      .work = CRIU_NONE,
				      .pid = CRIU_NONE,
				      .log_level = CRIU_NONE,
				      .cgroup_mode = CRIU_CGROUP_SOFT,
				      .empty_namespaces = CRIU_NONE };
}

void criu_pairs_add(struct arena *arena, struct criu_pairs *pairs, const char *key, const char *value, int fd)
{
	if (pairs->count == pairs->room) {
		struct criu_pair *items = arena_alloc(arena, (2 * pairs->room + 16) * sizeof *items);

		if (pairs->count)
			memcpy(items, pairs->items, pairs->count * sizeof *items);
		pairs->items = items;
		pairs->room = 2 * pairs->room + 16;
	}
	pairs->items[pairs->count++] = (struct criu_pair){ key, value, fd };
}

static void put_pair(struct criu_out *out, uint32_t number, const struct criu_pair *pair)
{
	uint8_t bytes[PAIR_MOST];
	struct criu_out inner = { .bytes = bytes, .room = sizeof bytes };

	if (pair->key)
		criu_put_text(&inner, 1, pair->key);
	if (pair->value)
		criu_put_text(&inner, 2, pair->value);
	else
		criu_put_number(&inner, 2, (uint64_t)pair->fd);
	out->overflow |= inner.overflow;
	criu_put_bytes(out, number, bytes, inner.length);
}

static void put_pairs(struct criu_out *out, const struct row *row, const struct criu_pairs *pairs)
{
	for (uint32_t i = 0; i < pairs->count; i++)
		if (row->kind == KEYS)
			criu_put_text(out, row->number, pairs->items[i].key);
		else
			put_pair(out, row->number, &pairs->items[i]);
}

static void put_row(struct criu_out *out, const struct row *row, const struct criu_options *options)
{
	const void *member = (const char *)options + row->offset;
	const char *text;
	int64_t number;

	switch (row->kind) {
	case FLAG:
		if (*(const bool *)member)
			criu_put_number(out, row->number, 1);
		break;
	case NUMBER:
		number = *(const int64_t *)member;
		if (number != CRIU_NONE)
			criu_put_number(out, row->number, (uint64_t)number);
		break;
	case TEXT:
		text = *(const char *const *)member;
		if (text)
			criu_put_text(out, row->number, text);
		break;
	case PATHS:
	case DESCRIPTORS:
	case KEYS:
		put_pairs(out, row, member);
		break;
	}
}

static void put_page_server(struct criu_out *out, const struct criu_options *options)
{
	uint8_t bytes[512];
	struct criu_out inner = { .bytes = bytes, .room = sizeof bytes };

	if (!options->page_address)
		return;
	criu_put_text(&inner, 1, options->page_address);
	criu_put_number(&inner, 2, (uint64_t)options->page_port);
	out->overflow |= inner.overflow;
	criu_put_bytes(out, OPTIONS_PAGE_SERVER, bytes, inner.length);
}

int criu_request(struct criu_out *out, enum criu_type type, const struct criu_options *options)
{
	/* the options are a message in the message: written behind, then moved to where they belong */
	struct criu_out inner = { .room = CRIU_MESSAGE / 2 };

	criu_put_number(out, REQUEST_TYPE, (uint64_t)type);
	if (!options)
		return out->overflow ? -E2BIG : 0;
	if (out->room < CRIU_MESSAGE)
		return -E2BIG;
	inner.bytes = out->bytes + CRIU_MESSAGE / 2;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		put_row(&inner, &rows[i], options);
	put_page_server(&inner, options);
	if (inner.overflow || inner.length + 32 > CRIU_MESSAGE / 2)
		return -E2BIG;
	criu_put_bytes(out, REQUEST_OPTIONS, inner.bytes, inner.length);
	return out->overflow ? -E2BIG : 0;
}

void criu_answer(struct criu_out *out, bool success)
{
	criu_put_number(out, REQUEST_TYPE, CRIU_NOTIFY);
	criu_put_number(out, REQUEST_NOTIFY_SUCCESS, success);
}

void criu_ask_features(struct criu_out *out)
{
	static const uint8_t tracking[] = { 1 << 3, 1 }; /* mem_track */

	criu_put_number(out, REQUEST_TYPE, CRIU_FEATURES);
	criu_put_bytes(out, REQUEST_FEATURES, tracking, sizeof tracking);
}
