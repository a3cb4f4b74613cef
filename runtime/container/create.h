/* The steps of DESIGN's crash-window table, 1 to 9 and 10 to 11, shared by create, run and start. */
#ifndef OCIRUN_CREATE_H
#define OCIRUN_CREATE_H

#include "container/state.h"
#include "launch.h"
#include "listen.h"

struct globals;
struct image_options;

struct create_options {
	const char *id;
	const char *bundle;   /* NULL: the current directory */
	const char *config;   /* file of it; NULL: config.json */
	const char *pid_file; /* or NULL; relative to the original directory */
	const char *console_socket, *pidfd_socket;
	const char *notify_socket; /* NOTIFY_SOCKET of the environment, or NULL */
	bool no_pivot, no_new_keyring, foreground;
	bool plan_only;       /* nothing will be created: a terminal is no mistake */
	struct listen listen; /* what listen_check found */
	enum plan_gate_kind gate;
	const struct image_options *images; /* restore from these; NULL: begin the program */
};

/* Read, parse, compile: everything that can be refused is refused here, nothing is touched. */
struct prepared {
	struct spec spec;
	struct facts facts;
	struct compile_options options;
	struct compiled compiled;
	const char *text; /* of config.json */
	size_t length;
	const char *root; /* the state root, absolute */
};
int create_prepare(const struct globals *globals, const struct create_options *options, struct prepared *ret,
		   struct error *error);

/* The word of --rootless, which main has checked (GLB-16). */
enum rootless rootless_of(const struct globals *globals);

/* Steps 1 to 9. On failure everything is undone (poststop hooks run when a hook had begun). With gate fifo
 * the launch is over; with gate run `launch` goes on: the caller waits for execve and for the end. */
int create_container(const struct globals *globals, const struct create_options *options,
		     struct prepared *prepared, struct container *ret, struct launch *launch,
		     struct error *error);

/* Steps 10 and 11 for a created container: open the fifo, one byte, wait for the verdict, poststart. */
int container_start(const struct globals *globals, struct container *container, struct error *error);

/* The fifo has closed (or, for `run`, the socket): 0 when the program has begun, even if it has ended since;
 * else the fault that the shim left on its page, or how it died. `pidfd` of it, or -1. */
int container_verdict(const struct container *container, int pidfd, struct error *error);

/* Hooks that need no plan: poststart, poststop of state.json, run on the host side (host/hooks_state.c).
 * poststop: every hook runs, failures are warnings (HOK-11). */
int container_poststart(const struct globals *globals, const struct state *state, struct error *error);
void container_poststop(const struct globals *globals, const struct state *state);

#endif
