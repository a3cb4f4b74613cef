/* The container's terminal in the foreground: its output to ours, our keys to it, while signals_wait waits.
 *
 * Nothing blocks: each direction has one bounded buffer and reads only when it is empty, so a slow reader
 * slows the container, and it alone. Nothing is lost: what the terminal holds when the container ends is
 * still written. The person's terminal is as it was before whenever the wait is over.
 */
#ifndef OCIRUN_CONSOLE_RELAY_H
#define OCIRUN_CONSOLE_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "signals.h"

#define RELAY_BYTES 16384

/* One direction. */
struct relay_stream {
	int from, to;
	bool from_socket, to_socket;
	bool ended;        /* nothing more comes */
	size_t begin, end; /* what is in `bytes` and not written yet */
	char bytes[RELAY_BYTES];
};

struct console_relay {
	int master;              /* owned, as the others; -1: hung up */
	int slave;               /* held open, so that the terminal never ends before the container */
	int terminal;            /* the person's, for its size; -1: none */
	bool keyboard;           /* standard input is a terminal ... */
	bool raw;                /* ... which hands on each key */
	bool middle;             /* the last byte sent in was not the end of a line */
	struct termios original; /* of the keyboard */
	int input;               /* standard input, borrowed: whose modes these are */
	struct relay_stream in, out;
};

/* Begin: the keyboard becomes raw, the container's terminal as large as ours. `master` becomes the relay's;
 * `input` and `output` are 0 and 1 but in tests. To be called behind signals_open. */
void relay_open(struct console_relay *ret, int master, int input, int output);
struct side_work relay_side_work(struct console_relay *relay);
/* Give the terminal back as it was, then write what is left until it is done or a signal among `signals` ends
 * it, then close all. */
void relay_close(struct console_relay *relay, int signals);

/* signals_wait with the terminal of `master` (taken; -1: none, signals_wait alone). */
int relay_wait(int signals, int64_t pid, int pidfd, int master, const struct side_work *side,
	       struct error *error);

#endif
