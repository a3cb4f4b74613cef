/* sd_notify(3) for containers (PRO-17..20): the container sends to a socket of ours in its state directory,
 * and what it says goes on to the service manager behind NOTIFY_SOCKET while `start` or `run` lives.
 */
#ifndef OCIRUN_NOTIFY_H
#define OCIRUN_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/cmd.h"
#include "signals.h"

/* In the state directory: closed to others of the host by the outer one, open to any user of the container by
 * the inner one, which is what is mounted there. */
#define NOTIFY_OUTER "notify"
#define NOTIFY_INNER "notify/socket"
#define NOTIFY_BYTES 4096 /* of a datagram: more is no notification to systemd either */

/* What the manager has been told, or will be by the pending text. */
enum notify_step { NOTIFY_LISTENS, NOTIFY_IS_READY, NOTIFY_HAS_PID, NOTIFY_HAS_TOLD };

struct notify {
	const struct globals *globals;
	int manager, bound; /* connected; what the container sends to. -1: none */
	int barrier;        /* a pipe: ended when the manager has read everything; -1 */
	int theirs;         /* its other end, on its way to the manager; -1 */
	int64_t main_pid;   /* the manager is told after READY=1 */
	enum notify_step step;
	char text[NOTIFY_BYTES]; /* waits to be sent ... */
	size_t length;           /* ... if not 0 */
	bool warned;
};

/* NOTIFY_SOCKET of our environment; NULL when it is not set or empty. */
const char *notify_wanted(void);
/* May it be an address of a manager? "/path" and "@abstract" are. 0, or -EINVAL with the error filled. */
int notify_check(const char *address, struct error *error);
/* No manager, nothing bound. */
void notify_init(struct notify *ret, const struct globals *globals);
/* The directories, for a container that is being made in `dir`. 0 or -errno. */
int notify_make(int dir, struct error *error);
/* Connect to the manager. 0 or -errno with the error filled. */
int notify_connect(struct notify *notify, const char *address, struct error *error);
/* Listen in the state directory `dir`. -ENOENT: the container was made without. */
int notify_bind(struct notify *notify, int dir, struct error *error);
/* Forward until READY=1, MAINPID and a barrier have been sent on and read, or until the process behind
 * `pidfd` (-1: it is dead) has ended. What cannot be sent is a warning. */
void notify_until_ready(struct notify *notify, int64_t main_pid, int pidfd);
/* For signals_wait: all states, for as long as the caller lives. */
struct side_work notify_side_work(struct notify *notify, int64_t main_pid);
/* The last words of a container that has ended, without waiting. */
void notify_drain(struct notify *notify);
void notify_close(struct notify *notify);

/* Take out of a datagram what is not the container's to say: processes, descriptors and rights of the host.
 * Returns the new length, 0 when nothing is left or it is no text. */
size_t notify_filter(char *text, size_t length, bool *ret_ready);

#endif
