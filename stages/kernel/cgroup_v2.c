/* cgroup v2: see cgroup_v2.h. Waits by poll on cgroup.events, never by pauses. */
#include "cgroup_v2.h"

#include <errno.h>
#include <string.h>

#include "cgroup.h"
#include "fd.h"

#define CONTROL_TEXT 512 /* "+cpuset +cpu +io ...": there are about ten controllers */

/* Whether `word` is one of the words of a line. */
static bool has_word(const char *line, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = line; (at = strstr(at, word)); at += length)
		if ((at == line || at[-1] == ' ') && (at[length] == ' ' || at[length] == 0))
			return true;
	return false;
}

int cgroup_v2_offers(int dir, const char *controller)
{
	char line[CONTROL_TEXT];
	ssize_t r = cgroup_read(dir, "cgroup.controllers", line, sizeof line);

	return r < 0 ? (int)r : has_word(line, controller);
}

bool cgroup_v2_has(int dir, const struct plan *plan, struct plan_list controllers)
{
	char line[CONTROL_TEXT];

	if (controllers.count == 0)
		return true;
	if (cgroup_read(dir, "cgroup.controllers", line, sizeof line) < 0)
		return false;
	for (uint32_t i = 0; i < controllers.count; i++)
		if (!has_word(line, plan_item(plan, controllers, i)))
			return false;
	return true;
}

/* Append " +name". False when it does not fit. */
static bool add_word(char line[CONTROL_TEXT], const char *name)
{
	size_t used = strlen(line), length = strlen(name);

	if (used + length + 3 > CONTROL_TEXT)
		return false;
	line[used] = ' ';
	line[used + 1] = '+';
	memcpy(line + used + 2, name, length + 1);
	return true;
}

/* cgroup-v2.rst, "No Internal Process Constraint": what holds processes cannot divide memory, but cpu and
 * pids it can, and becomes the domain of threaded groups by that: those below it take no process from then
 * on. The real root has no type and may do all. */
static bool would_be_threaded(int dir)
{
	char text[32];

	return cgroup_read(dir, "cgroup.type", text, sizeof text) >= 0 && strcmp(text, "domain") == 0 &&
	       cgroup_read(dir, "cgroup.procs", text, sizeof text) > 0;
}

void cgroup_v2_enable(int dir, const struct plan *plan, struct plan_list controllers)
{
	char line[CONTROL_TEXT] = "";
	bool whole = true;

	if (would_be_threaded(dir))
		return;
	for (uint32_t i = 0; i < controllers.count; i++)
		whole = add_word(line, plan_item(plan, controllers, i)) && whole;
	if (whole && cgroup_put(dir, "cgroup.subtree_control", line) == 0)
		return;
	/* One that is missing or not allowed (in a threaded group) refuses all. */
	for (uint32_t i = 0; i < controllers.count; i++) {
		line[0] = 0;
		if (add_word(line, plan_item(plan, controllers, i)))
			cgroup_put(dir, "cgroup.subtree_control", line);
	}
}

int cgroup_v2_kill(int dir)
{
	return cgroup_put(dir, "cgroup.kill", "1");
}

int cgroup_v2_freeze(int dir, bool frozen, int milliseconds)
{
	int r = cgroup_put(dir, "cgroup.freeze", frozen ? "1" : "0");

	return r < 0 ? r : cgroup_v2_wait(dir, "frozen", frozen, milliseconds);
}

int cgroup_v2_frozen(int dir)
{
	char text[8];

	return cgroup_read(dir, "cgroup.freeze", text, sizeof text) == 1 && text[0] == '1';
}

int cgroup_v2_wait(int dir, const char *key, uint64_t value, int milliseconds)
{
	int64_t end = sys_clock_ms() + milliseconds;
	FD_AUTO events = sys_openat(dir, "cgroup.events", O_RDONLY | O_NOFOLLOW, 0);

	if (events < 0)
		return events == -ENOENT || events == -ENODEV ? 0 : events;
	for (;;) {
		struct pollfd poll = { .fd = events, .events = POLLPRI };
		char text[256] = "";
		/* kernfs counts events by open file: reading this one arms the poll */
		ssize_t length = sys_pread(events, text, sizeof text - 1, 0);
		uint64_t now;
		int64_t left;
		int r;

		if (length == -ENODEV || length == -ENOENT)
			return 0;
		r = length < 0 ? (int)length : cgroup_find_key(text, key, &now);
		if (r < 0 || now == value)
			return r;
		left = end - sys_clock_ms();
		if (left <= 0)
			return -ETIMEDOUT;
		r = sys_poll(&poll, 1, (int)left);
		if (r < 0 && r != -EINTR)
			return r;
	}
}
